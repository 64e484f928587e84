"""Who is written to: for each cell its recipients, in sequences of one email, in waves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from db.models import Contact, EmailAccount, SequenceEmailAccount
from db.secrets import SecretBox
from tests.e2e.faults.cells import MATRIX, SENDERS, Cell, Fault, Phase
from tests.factories import Tenant, email_step, make_mailbox, make_sequence, make_tenant

SHARED_TENANTS = 6
SHARED_MAILBOXES = 10
"""In each tenant; any cell's sends go from any of them."""
OWN_SENDS = 6
"""From each mailbox that is a cell's own: all at once, so that all meet the answer by which it is stopped."""
PASSWORD = "correct horse"
BODY = "Hello {{ contact.email }},\n\n" + "We have something that will interest you, as it does everybody. " * 30


@dataclass(frozen=True, slots=True)
class Batch:
    """Contacts that are enrolled in a sequence at once."""

    tenant: Tenant
    sequence_id: UUID
    contact_ids: tuple[UUID, ...]


@dataclass(slots=True)
class Scenario:
    """Batches by wave, and the addresses that a mailbox of its own writes to."""

    waves: list[list[Batch]]
    own: dict[str, set[str]] = field(default_factory=dict)
    """Mailbox → recipients, where the server knows the mailbox alone when the fault happens."""
    sends: int = 0


async def make_scenario(
    sessions: async_sessionmaker[AsyncSession], box: SecretBox, *, smtp_port: int, per_cell: int, waves: int
) -> Scenario:
    """``per_cell`` recipients for each cell, spread over the waves; those whose client dies come first in each."""
    scenario = Scenario([[] for _ in range(waves)])
    async with sessions.begin() as session:
        maker = _Maker(session, box.encrypt(PASSWORD), smtp_port, scenario)
        shared = [cell for cell in MATRIX if not cell.needs_own_mailbox]
        doomed = [cell for cell in shared if cell.fault is Fault.KILL]
        sequences = [await maker.shared_sequence(number) for number in range(SHARED_TENANTS)]
        for cells in (doomed, [cell for cell in shared if cell not in doomed]):
            # Number by number, so that each wave has all cells.
            addresses = [cell.address(number) for number in range(per_cell) for cell in cells]
            for wave, part in enumerate(_parts(addresses, waves)):
                for number, some in enumerate(_parts(part, SHARED_TENANTS)):
                    await maker.batch(wave, *sequences[number], some)
        for cell in MATRIX:
            if cell.needs_own_mailbox:
                await maker.own(cell, per_cell, waves)
    return scenario


@dataclass(frozen=True, slots=True)
class _Maker:
    session: AsyncSession
    password: bytes
    smtp_port: int
    scenario: Scenario

    async def batch(self, wave: int, tenant: Tenant, sequence_id: UUID, addresses: Sequence[str]) -> None:
        if not addresses:
            return
        whose = {"customer_id": tenant.customer_id, "workspace_id": tenant.workspace_id}
        ids = tuple(uuid4() for _ in addresses)
        rows = [{"id": id, "email": address, **whose} for id, address in zip(ids, addresses, strict=True)]
        await self.session.execute(insert(Contact), rows)
        self.scenario.waves[wave].append(Batch(tenant, sequence_id, ids))
        self.scenario.sends += len(rows)

    async def shared_sequence(self, number: int) -> tuple[Tenant, UUID]:
        tenant = await make_tenant(self.session)
        sequence_id = await self._sequence(tenant, None)
        for one in range(SHARED_MAILBOXES):
            mailbox = await self._mailbox(tenant, f"shared-{number}-{one:04d}@{SENDERS}")
            self.session.add(
                SequenceEmailAccount(
                    sequence_id=sequence_id, email_account_id=mailbox.id, customer_id=tenant.customer_id
                )
            )
        return tenant, sequence_id

    async def own(self, cell: Cell, per_cell: int, waves: int) -> None:
        """A tenant for the cell, and in it sequences of a few contacts, each with a mailbox of its own."""
        tenant = await make_tenant(self.session)
        parts = _parts([cell.address(number) for number in range(per_cell)], -(-per_cell // OWN_SENDS))
        for number, part in enumerate(parts):
            mailbox = await self._mailbox(tenant, cell.mailbox(number), login=cell.phase is Phase.AUTH)
            await self.batch(number % waves, tenant, await self._sequence(tenant, mailbox), part)
            if cell.of_mailbox:
                self.scenario.own[mailbox.email] = set(part)

    async def _sequence(self, tenant: Tenant, mailbox: EmailAccount | None) -> UUID:
        return (await make_sequence(self.session, tenant, [email_step("Hello", BODY)], mailbox=mailbox)).id

    async def _mailbox(self, tenant: Tenant, address: str, *, login: bool = True) -> EmailAccount:
        credentials: Mapping[str, object] = {"smtp_username": address, "smtp_password_encrypted": self.password}
        return await make_mailbox(
            self.session, tenant, email=address, smtp_port=self.smtp_port, **(credentials if login else {})
        )


def _parts(items: Sequence[str], number: int) -> list[Sequence[str]]:
    """``number`` parts that differ by one at most, in order."""
    size, more = divmod(len(items), number)
    ends = [0]
    for part in range(number):
        ends.append(ends[-1] + size + (part < more))
    return [items[start:end] for start, end in pairwise(ends)]
