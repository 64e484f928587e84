"""Contacts that are one person become one: nothing is lost, nothing counted twice, nobody mailed who may not be."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Row

from db import contact_merging, lists, statistics
from db.contact_changes import Author
from db.models import Contact
from domain.errors import Invalid, NotFound
from domain.profiles.address_hashes import AddressHashes
from domain.vocabulary import ContactStatus, MembershipSource, TimezoneSource
from tests.db.conftest import HOUR, NOW, Scene
from tests.factories import email_step

HASHES = AddressHashes("0123456789abcdef")


async def merged(scene: Scene, survivor: Contact, *duplicates: Contact, now: Any = NOW) -> Row[Any]:
    author = Author(
        customer_id=scene.tenant.customer_id,
        workspace_id=scene.tenant.workspace_id,
        user_id=scene.tenant.user_id,
        hashes=HASHES,
    )
    async with scene.sessions.begin() as session:
        return await contact_merging.merge(
            session, author, survivor_id=survivor.id, duplicate_ids=[one.id for one in duplicates], now=now
        )


async def drift(scene: Scene) -> Sequence[Any]:
    async with scene.sessions() as session:
        return await statistics.drift(session, customer_id=scene.tenant.customer_id)


async def test_the_survivor_keeps_what_it_has_and_gets_what_it_lacks(scene: Scene) -> None:
    zone = {"timezone": "Europe/Berlin", "timezone_source": TimezoneSource.DERIVED}
    survivor = await scene.contact(first_name="Bob", last_name=None, custom_fields={"plan": "pro"})
    better = await scene.contact(first_name="Rob", last_name="Ray", phone="+34600000000", custom_fields={"plan": "x"})
    worse = await scene.contact(last_name="Roe", city="Bonn", custom_fields={"seats": 3}, **zone)
    row = await merged(scene, survivor, better, worse)
    assert (row.full_name, row.phone, row.city, row.timezone) == ("Bob Ray", "+34600000000", "Bonn", "Europe/Berlin")
    assert row.custom_fields == {"plan": "pro", "seats": 3}
    assert row.email == survivor.email
    assert row.enrichment_score > 0
    left = await scene.column("SELECT id FROM contacts WHERE customer_id = :customer_id")
    assert left == [survivor.id]


@pytest.mark.parametrize("stricter", [ContactStatus.BOUNCED, ContactStatus.UNSUBSCRIBED, ContactStatus.DO_NOT_CONTACT])
async def test_the_stricter_status_wins(scene: Scene, stricter: ContactStatus) -> None:
    survivor, duplicate = await scene.contact(), await scene.contact(status=stricter)
    assert (await merged(scene, survivor, duplicate)).status is stricter
    survivor, duplicate = await scene.contact(status=stricter), await scene.contact()
    assert (await merged(scene, survivor, duplicate)).status is stricter


async def test_messages_and_activities_are_the_survivors_and_counts_equal_a_recount(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"), email_step("Again", delay_days=1))
    survivor, duplicate, other = await scene.contacts(3)
    for contact in (survivor, duplicate, other):
        [enrollment] = await scene.enroll(sequence, contact)
        await scene.sent(enrollment)
    another = await scene.sequence(email_step("Other"))
    [moving] = await scene.enroll(another, duplicate)
    await scene.sent(moving)
    assert await drift(scene) == []
    row = await merged(scene, survivor, duplicate)
    assert await drift(scene) == []
    assert row.total_emails_received == 3
    messages = await scene.column("SELECT contact_id FROM email_messages WHERE customer_id = :customer_id")
    assert sorted(messages) == sorted([survivor.id] * 3 + [other.id])
    enrolled = await scene.column("SELECT total_enrolled FROM sequences WHERE id = :id", id=sequence.id)
    assert enrolled == [2]


async def test_an_enrollment_goes_on_and_sends_to_the_survivor(scene: Scene) -> None:
    survivor, duplicate = await scene.contacts(2)
    [enrollment] = await scene.enroll(await scene.sequence(email_step("Hello", delay_hours=2)), duplicate)
    await merged(scene, survivor, duplicate, now=NOW + HOUR)
    row = await scene.enrollment(enrollment)
    assert (row.contact_id, row.status, row.next_step_scheduled_at) == (survivor.id, "active", NOW + 2 * HOUR)
    assert await scene.letters(enrollment) == ["enrollment.resume"]
    slots = await scene.column("SELECT contact_id FROM send_slots WHERE enrollment_id = :id", id=enrollment)
    assert set(slots) == {survivor.id}
    message = await scene.sent(enrollment, now=NOW + 2 * HOUR)
    assert (message.to_address, message.contact_id) == (survivor.email, survivor.id)
    assert await drift(scene) == []


async def test_where_both_are_enrolled_the_duplicates_enrollment_is_stopped(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    survivor, duplicate = await scene.contacts(2)
    kept, stopped = await scene.enroll(sequence, survivor, duplicate)
    await merged(scene, survivor, duplicate)
    rows = await scene.column("SELECT id FROM sequence_enrollments WHERE sequence_id = :id", id=sequence.id)
    assert rows == [kept]
    assert await scene.letters(stopped) == ["enrollment.stop"]
    assert await drift(scene) == []


async def test_of_two_duplicates_in_a_sequence_the_open_enrollment_goes_on(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    survivor, first, second = await scene.contacts(3)
    ended, kept = await scene.enroll(sequence, first, second)
    await scene.execute("UPDATE sequence_enrollments SET status = 'completed' WHERE id = :id", id=ended)
    await merged(scene, survivor, first, second)
    rows = await scene.column("SELECT id FROM sequence_enrollments WHERE contact_id = :id", id=survivor.id)
    assert rows == [kept]


async def test_the_survivor_is_on_the_lists_that_people_put_the_duplicates_on(scene: Scene) -> None:
    survivor, duplicate = await scene.contacts(2)
    tenant = {"customer_id": scene.tenant.customer_id, "user_id": scene.tenant.user_id}
    async with scene.sessions.begin() as session:
        fields = {"name": f"Trials {uuid4()}"}
        workspace_id = scene.tenant.workspace_id
        trials = await lists.create(session, workspace_id=workspace_id, fields=fields, now=NOW, **tenant)
        await lists.add_contacts(
            session, list_id=trials.id, contact_ids=[duplicate.id], source=MembershipSource.API, now=NOW, **tenant
        )
    await merged(scene, survivor, duplicate)
    members = "SELECT contact_id FROM contact_list_memberships WHERE list_id = :id"
    assert await scene.column(members, id=trials.id) == [survivor.id]
    assert await drift(scene) == []


async def test_strangers_and_those_who_are_gone_are_no_duplicates(scene: Scene, other: Scene) -> None:
    survivor, theirs = await scene.contact(), await other.contact()
    with pytest.raises(Invalid) as problem:
        await merged(scene, survivor, theirs)
    assert [one.pointer for one in problem.value.fields] == ["/duplicate_ids/0"]
    with pytest.raises(NotFound):
        await merged(scene, theirs, survivor)


async def test_two_merges_at_once_in_either_direction_leave_one_contact(scene: Scene) -> None:
    one, other = await scene.contacts(2)
    await asyncio.gather(merged(scene, one, other), merged(scene, other, one), return_exceptions=True)
    assert len(await scene.column("SELECT id FROM contacts WHERE customer_id = :customer_id")) == 1
