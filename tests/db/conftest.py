"""A database for each module with a fresh tenant for each test, and short ways to arrange and to look."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from db import enrolling, messages
from db.engine import create_engine, session_factory
from db.enrolling import EnrollVerdict
from db.models import Contact, EmailAccount
from db.models import Sequence as SequenceRow
from domain.vocabulary import EnrollmentSource
from settings import Settings
from tests.conftest import new_migrated_database
from tests.factories import MONDAY_MORNING, Tenant, make_contact, make_mailbox, make_sequence, make_tenant

NOW = MONDAY_MORNING
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Scene:
    """One tenant with a mailbox; every method is a transaction of its own.

    Statements may name ``:customer_id``: other tests leave their rows in the same tables.
    """

    sessions: async_sessionmaker[AsyncSession]
    tenant: Tenant
    mailbox: EmailAccount

    async def sequence(self, *steps: Mapping[str, Any], **columns: Any) -> SequenceRow:
        async with self.sessions.begin() as session:
            return await make_sequence(session, self.tenant, steps, **{"mailbox": self.mailbox, **columns})

    async def contact(self, **columns: Any) -> Contact:
        async with self.sessions.begin() as session:
            return await make_contact(session, self.tenant, **columns)

    async def contacts(self, count: int) -> list[Contact]:
        async with self.sessions.begin() as session:
            return [await make_contact(session, self.tenant) for _ in range(count)]

    async def verdicts(self, sequence: SequenceRow, *contact_ids: UUID, now: datetime = NOW) -> list[EnrollVerdict]:
        """What enrolling the contacts at ``now`` answers."""
        async with self.sessions.begin() as session:
            return await enrolling.enroll(
                session,
                customer_id=self.tenant.customer_id,
                sequence_id=sequence.id,
                contact_ids=contact_ids,
                enrolled_by=self.tenant.user_id,
                source=EnrollmentSource.MANUAL,
                now=now,
            )

    async def enroll(self, sequence: SequenceRow, *contacts: Contact, now: datetime = NOW) -> list[UUID]:
        """The enrollments of the contacts, who all can be enrolled; their start letters are told."""
        made = await self.verdicts(sequence, *(contact.id for contact in contacts), now=now)
        ids = [one.enrollment_id for one in made if one.enrollment_id is not None]
        assert len(ids) == len(contacts)
        await self.execute("DELETE FROM outbox WHERE subject_id = ANY(:ids)", ids=ids)
        return ids

    async def enrolled(self, *steps: Mapping[str, Any], **columns: Any) -> UUID:
        """The enrollment of a new contact in a new sequence."""
        (id,) = await self.enroll(await self.sequence(*steps, **columns), await self.contact())
        return id

    async def steps(self, enrollment_id: UUID) -> list[UUID]:
        """The ids of the steps of the enrollment's sequence, in their order."""
        return await self.column(
            """SELECT step.id FROM sequence_steps AS step JOIN sequence_enrollments AS e USING (sequence_id)
               WHERE e.id = :id ORDER BY step_order""",
            id=enrollment_id,
        )

    async def claim(self, enrollment_id: UUID, *, token: UUID | None = None, now: datetime = NOW) -> bool:
        """Claim the send of the enrollment's current step."""
        async with self.sessions.begin() as session:
            return await claim_current(session, enrollment_id, self.mailbox.id, token=token, now=now)

    async def sent(self, enrollment_id: UUID, *, now: datetime = NOW) -> Row[Any]:
        """The ledger's row of the current step's send, which was claimed and sent."""
        assert await self.claim(enrollment_id, now=now)
        async with self.sessions.begin() as session:
            id = messages.claim_id(enrollment_id, await current_step(session, enrollment_id))
            await messages.record_sent(session, id, now)
            return await messages.get(session, id)

    async def enrollment(self, id: UUID) -> Row[Any]:
        return await self.one("SELECT * FROM sequence_enrollments WHERE id = :id", id=id)

    async def letters(self, subject_id: UUID) -> list[str]:
        """The topics of the letters about the subject, oldest first."""
        return await self.column("SELECT topic FROM outbox WHERE subject_id = :id ORDER BY id", id=subject_id)

    async def one(self, statement: str, **parameters: Any) -> Row[Any]:
        async with self.sessions() as session:
            return (await session.execute(text(statement), self._scoped(statement, parameters))).one()

    async def column(self, statement: str, **parameters: Any) -> list[Any]:
        async with self.sessions() as session:
            return list((await session.execute(text(statement), self._scoped(statement, parameters))).scalars())

    async def execute(self, statement: str, **parameters: Any) -> None:
        async with self.sessions.begin() as session:
            await session.execute(text(statement), self._scoped(statement, parameters))

    async def count(self, table: str) -> int:
        """How many rows of the table belong to the tenant."""
        (count,) = await self.column(f"SELECT count(*) FROM {table} WHERE customer_id = :customer_id")
        assert isinstance(count, int)
        return count

    def _scoped(self, statement: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        if ":customer_id" not in statement:
            return parameters
        return {"customer_id": self.tenant.customer_id, **parameters}

    async def suppress(self, email: str, **columns: Any) -> None:
        """An entry of the suppression list; ``kind`` and ``expires_at`` may be given."""
        given = {"kind": "manual", "expires_at": None, **columns}
        await self.execute(
            """INSERT INTO contact_suppression_lists (customer_id, workspace_id, suppression_type, email, expires_at)
               VALUES (:customer_id, :workspace_id, CAST(:kind AS suppression_type_enum), :email, :expires_at)""",
            workspace_id=self.tenant.workspace_id,
            email=email,
            **given,
        )


async def claim_current(
    session: AsyncSession, enrollment_id: UUID, account_id: UUID, *, token: UUID | None = None, now: datetime = NOW
) -> bool:
    """Claim the send of the enrollment's current step in this session."""
    step_id = await current_step(session, enrollment_id)
    return await messages.claim(
        session,
        enrollment_id=enrollment_id,
        step_id=step_id,
        account_id=account_id,
        message_id=f"<{messages.claim_id(enrollment_id, step_id).hex}@sender.example>",
        token=token or uuid4(),
        subject="Hello",
        body_text="Hello",
        body_html="<p>Hello</p>",
        in_reply_to=None,
        now=now,
    )


async def current_step(session: AsyncSession, enrollment_id: UUID) -> UUID:
    step_id = await session.scalar(
        text("SELECT current_step_id FROM sequence_enrollments WHERE id = :id"), {"id": enrollment_id}
    )
    assert isinstance(step_id, UUID)
    return step_id


@pytest_asyncio.fixture(scope="module")
async def sessions(postgres_url: str) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    url = await new_migrated_database(postgres_url)
    engine = create_engine(Settings(database_url=SecretStr(url), database_pool_size=20))
    yield session_factory(engine)
    await engine.dispose()


@pytest_asyncio.fixture
async def scene(sessions: async_sessionmaker[AsyncSession]) -> Scene:
    async with sessions.begin() as session:
        tenant = await make_tenant(session)
        return Scene(sessions, tenant, await make_mailbox(session, tenant))


@pytest_asyncio.fixture
async def other(sessions: async_sessionmaker[AsyncSession]) -> Scene:
    """Another customer on the same database."""
    async with sessions.begin() as session:
        tenant = await make_tenant(session)
        return Scene(sessions, tenant, await make_mailbox(session, tenant))
