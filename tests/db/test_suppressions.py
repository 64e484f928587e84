"""The suppression list's rows: written, written anew, made unreadable by an erasure and known again after it."""

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, delete, event

from db import inbound, suppressions, unsubscribes
from db.models import Contact
from domain.errors import Conflict
from domain.profiles.address_hashes import AddressHashes
from domain.vocabulary import SuppressionType
from tests.db.conftest import DAY, NOW, Scene
from tests.factories import email_step, make_contact

HASHES = AddressHashes("0123456789abcdef")
BOB = "bob@acme.example"
UNSUBSCRIBE = SuppressionType.UNSUBSCRIBE


async def ensure(scene: Scene, email: str = BOB, **given: Any) -> None:
    fields: dict[str, Any] = {"suppression_type": UNSUBSCRIBE, "source": "link", "reason": "Asked", "now": NOW, **given}
    async with scene.sessions.begin() as session:
        await suppressions.ensure(
            session,
            customer_id=scene.tenant.customer_id,
            workspace_id=scene.tenant.workspace_id,
            email=email,
            **fields,
        )


async def add(scene: Scene, email: str = BOB, *, now: datetime = NOW, **fields: Any) -> Row[Any]:
    async with scene.sessions.begin() as session:
        return await suppressions.add(
            session,
            hashes=HASHES,
            customer_id=scene.tenant.customer_id,
            workspace_id=scene.tenant.workspace_id,
            user_id=scene.tenant.user_id,
            fields={"email": email, "suppression_type": SuppressionType.TEMPORARY, **fields},
            now=now,
        )


async def erase(scene: Scene, *emails: str, hashes: AddressHashes = HASHES) -> None:
    """Erase the contacts of addresses."""
    async with scene.sessions.begin() as session:
        await session.execute(
            delete(Contact).where(Contact.customer_id == scene.tenant.customer_id, Contact.email.in_(emails))
        )
        await suppressions.anonymise(
            session, hashes=hashes, customer_id=scene.tenant.customer_id, emails=emails, now=NOW
        )


async def recognise(scene: Scene, emails: Collection[str] = (BOB,), hashes: AddressHashes = HASHES) -> set[str]:
    async with scene.sessions.begin() as session:
        return await suppressions.recognise(session, hashes=hashes, customer_id=scene.tenant.customer_id, emails=emails)


async def entries(scene: Scene) -> list[Row[Any]]:
    async with scene.sessions() as session:
        found = await session.execute(suppressions.listing(customer_id=scene.tenant.customer_id))
        return sorted(found.all(), key=lambda row: (row.email, row.suppression_type))


async def entry(scene: Scene) -> Row[Any]:
    (row,) = await entries(scene)
    return row


# --- writing ---------------------------------------------------------------------------------------------------------


async def test_an_entry_that_has_expired_is_written_anew(scene: Scene) -> None:
    first = await add(scene, expires_at=NOW + DAY, notes="Ticket 1", reason="Moving house")
    with pytest.raises(Conflict):
        await add(scene, expires_at=NOW + 9 * DAY, now=NOW + DAY - timedelta(seconds=1))
    again = await add(scene, expires_at=NOW + 9 * DAY, now=NOW + DAY)
    assert (again.id, again.expires_at, again.suppressed_at) == (first.id, NOW + 9 * DAY, NOW + DAY)
    assert (again.notes, again.reason) == (None, None)


async def test_what_the_product_writes_says_why_in_a_text_of_bounded_size(scene: Scene) -> None:
    await ensure(scene, reason="x" * 5000)
    row = await entry(scene)
    assert (len(row.reason), row.source, row.added_by, row.domain) == (1000, "link", None, "acme.example")


async def test_an_entry_for_good_stays_as_it_was_and_one_with_an_end_gets_the_new_one(scene: Scene) -> None:
    await ensure(scene, reason="first", expires_at=NOW + DAY)
    await ensure(scene, reason="second", expires_at=NOW + 2 * DAY)
    assert ((await entry(scene)).reason, (await entry(scene)).expires_at) == ("second", NOW + 2 * DAY)
    await ensure(scene, reason="third")
    await ensure(scene, reason="fourth", expires_at=NOW + 3 * DAY)
    assert ((await entry(scene)).reason, (await entry(scene)).expires_at) == ("third", None)


@pytest.mark.parametrize("origin", list(unsubscribes.Source))
async def test_every_unsubscribe_says_where_it_came_from_and_why(scene: Scene, origin: unsubscribes.Source) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    async with scene.sessions.begin() as session:
        await unsubscribes.unsubscribe(session, message_id=message.id, now=NOW, source=origin)
    row = await entry(scene)
    kind = SuppressionType.COMPLAINT if origin is unsubscribes.Source.COMPLAINT else UNSUBSCRIBE
    assert (row.suppression_type, row.source, row.email) == (kind, origin, message.to_address)
    assert row.reason


async def test_a_hard_bounce_keeps_the_words_of_the_server(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    async with scene.sessions.begin() as session:
        await inbound.record_bounce(session, message, hard=True, reason="550 5.1.1 no such user", now=NOW)
    row = await entry(scene)
    assert (row.suppression_type, row.source) == (SuppressionType.HARD_BOUNCE, "bounce")
    assert (row.reason, row.expires_at) == ("550 5.1.1 no such user", None)


# --- erasure ---------------------------------------------------------------------------------------------------------


async def test_an_erasure_leaves_a_keyed_hash_and_nothing_that_names_anybody(scene: Scene) -> None:
    await scene.contact(email=BOB)
    before = await add(scene, expires_at=NOW + DAY, reason="Bob asked", notes="Bob's number", source="phone")
    await erase(scene, BOB)
    row = await entry(scene)
    assert row.email == HASHES.of(scene.tenant.customer_id, BOB)
    assert (row.domain, row.reason, row.notes, row.erased_at) == (None, None, None, NOW)
    assert (row.id, row.source, row.expires_at) == (before.id, "phone", NOW + DAY)


async def test_an_erased_address_that_comes_back_is_suppressed_as_before(scene: Scene) -> None:
    await scene.contact(email=BOB)
    await ensure(scene)
    await erase(scene, BOB)
    bob = await scene.contact(email=BOB)
    assert await recognise(scene, [BOB, "ann@acme.example"]) == {BOB}
    row = await entry(scene)
    assert (row.email, row.domain, row.erased_at, row.suppression_type) == (BOB, "acme.example", None, UNSUBSCRIBE)
    [verdict] = await scene.verdicts(await scene.sequence(email_step("Hello")), bob.id)
    assert verdict.verdict == "suppressed"


async def test_every_type_of_entry_comes_back_and_domains_stay_legible(scene: Scene) -> None:
    for kind in SuppressionType:
        await scene.suppress(BOB, kind=kind, expires_at=NOW + DAY)
    await scene.suppress("@acme.example")
    before = [(row.id, row.email, row.suppression_type, row.expires_at) for row in await entries(scene)]
    await erase(scene, BOB)
    assert "@acme.example" in {row.email for row in await entries(scene)}
    await recognise(scene)
    assert [(row.id, row.email, row.suppression_type, row.expires_at) for row in await entries(scene)] == before


async def test_an_erased_address_of_another_customer_is_unknown(scene: Scene, other: Scene) -> None:
    await ensure(scene)
    await erase(scene, BOB)
    assert await recognise(other) == set()
    assert HASHES.of(scene.tenant.customer_id, BOB) != HASHES.of(other.tenant.customer_id, BOB)


async def test_an_address_is_known_again_as_long_as_the_key_of_its_hash_is_there(scene: Scene) -> None:
    await ensure(scene)
    await erase(scene, BOB, hashes=AddressHashes("the old key, sixteen"))
    assert await recognise(scene, hashes=AddressHashes("another secret key")) == set()
    assert await recognise(scene, hashes=AddressHashes("a newer secret key,the old key, sixteen")) == {BOB}


async def test_of_entries_that_become_the_same_the_one_that_lasts_longest_stays(scene: Scene) -> None:
    """The address is suppressed again while its hash is kept, and erased again: there is one entry of each type."""
    await scene.suppress(BOB, kind="temporary", expires_at=NOW + 9 * DAY)
    await erase(scene, BOB)
    await scene.suppress(BOB, kind="temporary", expires_at=NOW + DAY)
    await scene.suppress(BOB, kind="manual")
    await erase(scene, BOB)
    hash = HASHES.of(scene.tenant.customer_id, BOB)
    found = [(row.email, row.suppression_type, row.expires_at) for row in await entries(scene)]
    assert found == [(hash, "manual", None), (hash, "temporary", NOW + 9 * DAY)]
    await scene.suppress(BOB, kind="temporary", expires_at=None)
    await recognise(scene)
    found = [(row.email, row.suppression_type, row.expires_at) for row in await entries(scene)]
    assert found == [(BOB, "manual", None), (BOB, "temporary", None)]


async def test_hashes_of_two_keys_become_one_entry(scene: Scene) -> None:
    for key in ("the old key, sixteen", "a newer secret key"):
        await ensure(scene)
        await erase(scene, BOB, hashes=AddressHashes(key))
    assert len(await entries(scene)) == 2
    assert await recognise(scene, hashes=AddressHashes("a newer secret key,the old key, sixteen")) == {BOB}
    assert (await entry(scene)).email == BOB


async def test_an_address_that_another_contact_has_by_now_stays_legible(scene: Scene) -> None:
    """A former address of the contact that is erased."""
    await ensure(scene)
    await scene.contact(email=BOB)
    async with scene.sessions.begin() as session:
        await suppressions.anonymise(
            session, hashes=HASHES, customer_id=scene.tenant.customer_id, emails=[BOB], now=NOW
        )
    assert (await entry(scene)).email == BOB


async def test_where_nothing_was_erased_two_queries_are_asked_however_many_addresses_there_are(scene: Scene) -> None:
    await ensure(scene)
    asked: list[str] = []
    async with scene.sessions.begin() as session:
        connection = (await session.connection()).sync_connection
        assert connection is not None
        event.listen(connection, "before_cursor_execute", lambda *said: asked.append(said[2]))
        emails = [f"{n}@acme.example" for n in range(10_000)]
        await suppressions.recognise(session, hashes=HASHES, customer_id=scene.tenant.customer_id, emails=emails)
    assert len(asked) == 2


async def test_an_address_is_known_again_among_more_erased_ones_than_are_fetched(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suppressions, "_FEW", 3)
    emails = [f"{n}@acme.example" for n in range(5)]
    for email in emails:
        await ensure(scene, email)
    await erase(scene, *emails)
    assert await recognise(scene, [*emails[:2], "ann@acme.example"]) == set(emails[:2])
    assert await recognise(scene, emails) == set(emails[2:])


# --- at the same moment --------------------------------------------------------------------------------------------


async def test_an_import_that_meets_an_erasure_under_way_knows_the_address_again(scene: Scene) -> None:
    """The contact's own address: the new row waits for the old one to go."""
    await scene.contact(email=BOB)
    await ensure(scene)
    async with scene.sessions.begin() as erasing:
        await erasing.execute(delete(Contact).where(Contact.email == BOB))
        importing = asyncio.create_task(_import(scene, BOB))
        await asyncio.sleep(0.1)
        assert not importing.done()
        await suppressions.anonymise(
            erasing, hashes=HASHES, customer_id=scene.tenant.customer_id, emails=[BOB], now=NOW
        )
    assert await importing == {BOB}
    assert (await entry(scene)).email == BOB


async def test_an_import_of_a_former_address_waits_for_the_erasure_and_knows_it_again(scene: Scene) -> None:
    """Nothing but the lock of erasures stands between them: no contact has the address at that moment."""
    await ensure(scene)
    async with scene.sessions.begin() as erasing:
        await suppressions.anonymise(
            erasing, hashes=HASHES, customer_id=scene.tenant.customer_id, emails=[BOB], now=NOW
        )
        importing = asyncio.create_task(_import(scene, BOB))
        await asyncio.sleep(0.1)
        assert not importing.done()
    assert await importing == {BOB}
    assert (await entry(scene)).email == BOB


async def test_an_erasure_that_comes_after_an_import_waits_for_it_and_leaves_its_address(scene: Scene) -> None:
    await ensure(scene)
    async with scene.sessions.begin() as importing:
        await make_contact(importing, scene.tenant, email=BOB)
        await suppressions.recognise(importing, hashes=HASHES, customer_id=scene.tenant.customer_id, emails=[BOB])
        erasing = asyncio.create_task(_erase_former(scene, BOB))
        await asyncio.sleep(0.1)
        assert not erasing.done()
    await erasing
    assert (await entry(scene)).email == BOB


async def test_after_any_number_of_erasures_and_imports_at_once_no_contact_is_without_its_entry(scene: Scene) -> None:
    emails = [f"{n}@acme.example" for n in range(12)]
    for email in emails:
        await ensure(scene, email)

    async def back_and_forth(email: str) -> None:
        for _ in range(4):
            await _import(scene, email)
            await erase(scene, email)
        await _import(scene, email)

    await asyncio.gather(*(back_and_forth(email) for email in emails))
    assert [row.email for row in await entries(scene)] == sorted(emails)


async def _import(scene: Scene, email: str) -> set[str]:
    async with scene.sessions.begin() as session:
        await make_contact(session, scene.tenant, email=email)
        return await suppressions.recognise(
            session, hashes=HASHES, customer_id=scene.tenant.customer_id, emails=[email]
        )


async def _erase_former(scene: Scene, email: str) -> None:
    async with scene.sessions.begin() as session:
        await suppressions.anonymise(
            session, hashes=HASHES, customer_id=scene.tenant.customer_id, emails=[email], now=NOW
        )


def test_a_hash_tells_nothing_without_its_key_and_fits_the_column() -> None:
    customer = UUID(int=1)
    hash = HASHES.of(customer, BOB)
    assert hash.startswith("hmac-sha256:")
    assert (len(hash), "acme" in hash) == (76, False)
    assert HASHES.each(customer, BOB) == [hash]
    assert AddressHashes("another secret key").of(customer, BOB) != hash
    with pytest.raises(ValueError, match="empty"):
        AddressHashes(" , ")
