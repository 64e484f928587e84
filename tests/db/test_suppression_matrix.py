"""What may be sent and what not: every type of entry, expired or not, for an address, a domain or by a list."""

import asyncio
from datetime import datetime, timedelta
from itertools import product
from typing import NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import text

from db import suppressions
from db.enrolling import Verdict
from db.models import ContactList, ContactListMembership
from domain.profiles.address_hashes import AddressHashes
from domain.vocabulary import ListType, SuppressionType
from tests.db.conftest import DAY, NOW, Scene
from tests.factories import email_step

HASHES = AddressHashes("0123456789abcdef")
SECOND = timedelta(seconds=1)
ENDS = {"no end": None, "later": NOW + SECOND, "now": NOW, "earlier": NOW - DAY}
NAMES = {
    "bob@mail.{}": True,
    "@mail.{}": True,
    "@{}": True,
    "bob@{}": False,
    "ann@mail.{}": False,
    "@post.mail.{}": False,
    "@l.{}": False,
}
"""Entries, and whether they are about bob@mail.{}."""


class Case(NamedTuple):
    type: SuppressionType
    end: str
    name: str

    @property
    def may_be_sent(self) -> bool:
        passing = self.type is SuppressionType.SOFT_BOUNCE
        in_force = self.end == "later" or (self.end == "no end" and not passing)
        return not (in_force and NAMES[self.name])


CASES = [Case(*case) for case in product(SuppressionType, ENDS, NAMES)]


async def test_a_send_is_claimed_and_a_contact_enrolled_exactly_where_no_entry_is_in_force(scene: Scene) -> None:
    """Each case has a domain of its own; the entries are made after the enrollments."""
    domains = [f"case{place}.example" for place in range(len(CASES))]
    contacts = [await scene.contact(email=f"bob@mail.{domain}") for domain in domains]
    first, second = await scene.sequence(email_step("Hello")), await scene.sequence(email_step("Hello"))
    ids = await scene.enroll(first, *contacts)
    for case, domain in zip(CASES, domains, strict=True):
        await scene.suppress(case.name.format(domain), kind=case.type, expires_at=ENDS[case.end])
    claimed = [await scene.claim(id) for id in ids]
    verdicts = await scene.verdicts(second, *(contact.id for contact in contacts))
    enrolled = [one.verdict is Verdict.ENROLLED for one in verdicts]
    expected = [case.may_be_sent for case in CASES]
    assert dict(zip(CASES, claimed, strict=True)) == dict(zip(CASES, expected, strict=True))
    assert enrolled == expected


async def test_what_is_suppressed_for_a_time_is_claimed_when_that_is_over(scene: Scene) -> None:
    contact, sequence = await scene.contact(), await scene.sequence(email_step("Hello"))
    (id,) = await scene.enroll(sequence, contact)
    await scene.suppress(contact.email, kind="temporary", expires_at=NOW + DAY)
    assert not await scene.claim(id, now=NOW + DAY - SECOND)
    assert await scene.claim(id, now=NOW + DAY)


@pytest.mark.parametrize("type", list(ListType))
async def test_members_of_suppression_lists_alone_are_not_mailed(scene: Scene, type: ListType) -> None:
    contact, sequence = await scene.contact(), await scene.sequence(email_step("Hello"))
    (id,) = await scene.enroll(sequence, contact)
    async with scene.sessions.begin() as session:
        whose = {"customer_id": scene.tenant.customer_id, "workspace_id": scene.tenant.workspace_id}
        row = ContactList(**whose, name="Some", type=type, created_by=scene.tenant.user_id)
        session.add(row)
        await session.flush()
        session.add(ContactListMembership(list_id=row.id, contact_id=contact.id, customer_id=scene.tenant.customer_id))
    assert await scene.claim(id) is (type is not ListType.SUPPRESSION)


async def test_an_entry_of_another_customer_stops_no_send(scene: Scene, other: Scene) -> None:
    contact, sequence = await scene.contact(email="bob@shared.example"), await scene.sequence(email_step("Hello"))
    (id,) = await scene.enroll(sequence, contact)
    await other.suppress("bob@shared.example")
    await other.suppress("@shared.example")
    assert await scene.claim(id)


# --- at the same moment --------------------------------------------------------------------------------------------


async def add(scene: Scene, email: str, now: datetime = NOW) -> UUID:
    async with scene.sessions.begin() as session:
        entry = await suppressions.add(
            session,
            hashes=HASHES,
            customer_id=scene.tenant.customer_id,
            workspace_id=scene.tenant.workspace_id,
            user_id=scene.tenant.user_id,
            fields={"email": email, "suppression_type": SuppressionType.MANUAL},
            now=now,
        )
    assert isinstance(entry.id, UUID)
    return entry.id


async def test_a_suppression_that_was_acknowledged_before_the_claim_began_is_always_seen(scene: Scene) -> None:
    contacts, sequence = await scene.contacts(120), await scene.sequence(email_step("Hello"))
    ids = await scene.enroll(sequence, *contacts)

    async def race(turn: int, id: UUID, email: str) -> tuple[bool, bool]:
        adding = asyncio.create_task(add(scene, email))
        await asyncio.sleep(turn % 12 * 0.001)
        acknowledged = adding.done()
        claimed = await scene.claim(id)
        await adding
        return acknowledged, claimed

    outcomes = []
    for start in range(0, 120, 6):
        some = zip(ids[start : start + 6], contacts[start : start + 6], strict=True)
        outcomes += await asyncio.gather(*(race(start + n, id, one.email) for n, (id, one) in enumerate(some)))
    assert (True, True) not in outcomes
    assert {claimed for _, claimed in outcomes} == {True, False}


async def test_a_claim_that_waits_for_an_import_sees_a_domain_block_that_was_added_meanwhile(scene: Scene) -> None:
    contact, sequence = await scene.contact(email="bob@acme.example"), await scene.sequence(email_step("Hello"))
    (id,) = await scene.enroll(sequence, contact)
    async with scene.sessions.begin() as importing:
        await importing.execute(text("SELECT FROM contacts WHERE id = :id FOR UPDATE"), {"id": contact.id})
        claiming = asyncio.create_task(scene.claim(id))
        await asyncio.sleep(0.1)
        await add(scene, "@acme.example")
        assert not claiming.done()
    assert not await claiming
