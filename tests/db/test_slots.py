"""Rows of the slot ledger: used at their time and never before, given back while unused, counted for ever."""

from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import Row

from db import contact_erasure, enrollments, slots
from domain.scheduling.schedule import seconds
from domain.vocabulary import StepOutcome
from tests.db import plans
from tests.db.conftest import DAY, HOUR, NOW, Scene, current_step
from tests.db.lists import author
from tests.db.plans import claim, pace, plan, put_off
from tests.factories import email_step

SECOND = timedelta(seconds=1)


async def use(scene: Scene, id: UUID, now: datetime) -> bool:
    async with scene.sessions.begin() as session:
        return await slots.use(session, id, await current_step(session, id), now)


async def rows(scene: Scene, id: UUID) -> list[Row[tuple[object, ...]]]:
    """The slots of the enrollment, in their order."""
    async with scene.sessions() as session:
        found = await session.execute(plans.SLOTS, {"id": id})
        return list(found.all())


async def last_used(scene: Scene, sequence_id: UUID, now: datetime, *, but: UUID) -> tuple[object, object]:
    async with scene.sessions.begin() as session:
        step_id = await current_step(session, but)
        return await slots.last_used(session, scene.mailbox.id, sequence_id, now, but=(but, step_id))


# --- used --------------------------------------------------------------------------------------------------------


async def test_a_slot_is_used_at_its_time_and_not_before(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello", delay_days=1))
    assert not await use(scene, id, NOW + DAY - SECOND)
    assert await use(scene, id, NOW + DAY)
    (slot,) = await rows(scene, id)
    assert (slot.used_at, slot.begun) == (NOW + DAY, True)


async def test_the_first_use_begins_the_whole_chain(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step(delay_days=1), email_step(delay_days=1))
    assert [slot.begun for slot in await rows(scene, id)] == [False, False, False]
    await use(scene, id, NOW)
    assert [(slot.begun, slot.used_at is not None) for slot in await rows(scene, id)] == [
        (True, True),
        (True, False),
        (True, False),
    ]


async def test_a_slot_holds_until_its_window_closes_or_a_day_that_counts_it_ends(scene: Scene) -> None:
    async def open_until(**columns: object) -> datetime:
        (slot,) = await rows(scene, await scene.enrolled(email_step("Hello"), **columns))
        until = slot.open_until
        assert isinstance(until, datetime)
        return until

    assert await open_until() == datetime(2026, 11, 24, tzinfo=UTC)
    assert await open_until(sending_window_start=time(8), sending_window_end=time(12)) == NOW + 3 * HOUR
    # The sequence's day ends earlier in Tokyo, and so does the workspace's, once it is there.
    assert await open_until(sending_timezone="Asia/Tokyo") == datetime(2026, 11, 23, 15, tzinfo=UTC)
    await scene.execute("UPDATE workspaces SET timezone = 'Asia/Kolkata' WHERE customer_id = :customer_id")
    assert await open_until() == datetime(2026, 11, 23, 18, 30, tzinfo=UTC)


async def test_the_last_use_is_that_of_others_and_of_the_past_as_workers_clocks_have_it(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    mine, theirs = await scene.enroll(sequence, *await scene.contacts(2))
    elsewhere = await scene.enrolled(email_step("Hello"))
    assert await last_used(scene, sequence.id, NOW, but=mine) == (None, None)
    await use(scene, theirs, NOW)
    await use(scene, elsewhere, NOW + HOUR)
    await use(scene, mine, NOW + 2 * HOUR)
    assert await last_used(scene, sequence.id, NOW + 2 * HOUR, but=mine) == (NOW + HOUR, NOW)
    # Another worker's clock is a little ahead: its send is one as well.
    assert await last_used(scene, sequence.id, NOW + HOUR - 4 * SECOND, but=mine) == (NOW + HOUR, NOW)
    assert await last_used(scene, sequence.id, NOW + HOUR - 6 * SECOND, but=mine) == (NOW, NOW)


# --- given back --------------------------------------------------------------------------------------------------


async def test_what_is_still_to_come_is_given_back_and_what_was_used_stays(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step(delay_days=1), email_step(delay_days=1))
    await use(scene, id, NOW)
    async with scene.sessions.begin() as session:
        given_back = await slots.give_back(session, [id])
    assert sorted(row.slot_at for row in given_back) == [NOW + DAY, NOW + 2 * DAY]
    assert [slot.slot_at for slot in await rows(scene, id)] == [NOW]


async def test_a_removed_enrollment_gives_its_slots_back_and_what_it_sent_still_counts(scene: Scene) -> None:
    await pace(scene, daily_limit=1)
    sequence = await scene.sequence(email_step("One"), email_step(delay_days=1))
    (id,) = await scene.enroll(sequence, await scene.contact())
    await plans.send(scene, id, NOW)
    async with scene.sessions.begin() as session:
        await enrollments.remove(session, customer_id=scene.tenant.customer_id, enrollment_id=id, now=NOW)
    assert await plan(scene) == {}
    assert await scene.count("send_slots") == 1
    (following,) = await scene.enroll(sequence, await scene.contact(), now=NOW + HOUR)
    assert (await plan(scene))[following][0].date() == (NOW + DAY).date()


async def test_an_erased_contact_gives_its_slots_back_and_what_it_was_sent_still_counts(scene: Scene) -> None:
    contact = await scene.contact()
    (id,) = await scene.enroll(await scene.sequence(email_step("One"), email_step(delay_days=1)), contact)
    await plans.send(scene, id, NOW)
    async with scene.sessions.begin() as session:
        await contact_erasure.erase(session, author(scene), contact_id=contact.id, now=NOW)
    row = await scene.one("SELECT * FROM send_slots WHERE customer_id = :customer_id")
    assert (row.used_at, row.enrollment_id, row.contact_id) == (NOW, None, None)


async def test_a_stopped_sequence_keeps_no_slots(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("One"), email_step(delay_days=1))
    await scene.enroll(sequence, *await scene.contacts(3))
    async with scene.sessions.begin() as session:
        await enrollments.stop_all(session, sequence_id=sequence.id, now=NOW)
    assert await plan(scene) == {}
    payloads = await scene.column("SELECT payload FROM outbox WHERE subject_id = :id", id=scene.mailbox.id)
    assert payloads == [{"count": 6}]


async def test_a_skipped_email_gives_its_slot_back(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step("Two", delay_days=1))
    (first, second) = await scene.steps(id)
    await plans.complete(scene, id, first, NOW, outcome=StepOutcome.SKIPPED)
    assert [slot.sequence_step_id for slot in await rows(scene, id)] == [second]


async def test_a_slot_that_was_claimed_in_vain_by_one_who_was_stopped_meanwhile_is_given_back(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step(delay_days=1))
    token = await claim(scene, id, NOW)
    await plans.stop(scene, id)
    assert len(await rows(scene, id)) == 1
    standing = await put_off(scene, id, token, NOW + SECOND, NOW + HOUR)
    assert standing.ended
    assert await rows(scene, id) == []


# --- written -----------------------------------------------------------------------------------------------------


async def test_pending_slots_come_in_their_order_and_used_ones_do_not(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step(delay_days=1), email_step(delay_days=1))
    await use(scene, id, NOW)
    async with scene.sessions() as session:
        pending = await slots.pending(session, [id])
    assert [(slot.step_order, slot.at, slot.follow_up) for slot in pending[id]] == [
        (2, seconds(NOW + DAY), True),
        (3, seconds(NOW + 2 * DAY), True),
    ]


async def test_a_slot_knows_its_days_by_the_zones_of_workspace_and_sequence(scene: Scene) -> None:
    await scene.execute("UPDATE workspaces SET timezone = 'Asia/Tokyo' WHERE customer_id = :customer_id")
    evening = datetime(2026, 11, 23, 22, tzinfo=UTC)
    sequence = await scene.sequence(email_step("Hello"), sending_timezone="America/New_York")
    (id,) = await scene.enroll(sequence, await scene.contact(), now=evening)
    (slot,) = await rows(scene, id)
    assert (slot.day.isoformat(), slot.sequence_day.isoformat()) == ("2026-11-24", "2026-11-23")
