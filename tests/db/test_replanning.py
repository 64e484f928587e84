"""Planning again: a change moves exactly those whom it concerns, and tells them and nobody else."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest_asyncio
from sqlalchemy import text

from db import enrolling, enrollments, executions, slots
from db.models import Sequence as SequenceRow
from domain.vocabulary import EmailAccountStatus, EnrollmentSource, SequenceStatus, StepOutcome, WaitingReason
from tests.db import plans
from tests.db.conftest import DAY, HOUR, NOW, Scene
from tests.db.plans import (
    change_mailbox,
    change_sequence,
    change_step,
    change_workspace,
    claim,
    hold,
    move_sequence,
    moved,
    pace,
    plan,
    put_off,
    replan,
    send,
    slots_of,
    told,
)
from tests.factories import email_step, make_mailbox

MINUTE = timedelta(minutes=1)
TOMORROW = email_step("Hello", delay_days=1)
NINE_TO_FIVE = {"sending_window_start": time(9), "sending_window_end": time(17)}


@pytest_asyncio.fixture(autouse=True)
async def _no_letters(scene: Scene) -> None:
    """Other tests leave letters of customers that are no longer looked at."""
    await scene.execute("DELETE FROM outbox")


async def queue(scene: Scene, count: int, *, daily_limit: int, **columns: object) -> tuple[SequenceRow, list[UUID]]:
    """Contacts whose only email is due tomorrow, on a mailbox with so much room a day."""
    await pace(scene, daily_limit=daily_limit)
    sequence = await scene.sequence(TOMORROW, **columns)
    ids = await scene.enroll(sequence, *await scene.contacts(count))
    await scene.execute("DELETE FROM outbox")
    return sequence, ids


def days(moments: list[datetime]) -> list[int]:
    """How many days after the present each is, by the calendar in UTC."""
    return [(moment.date() - NOW.date()).days for moment in moments]


# --- room that is given back -------------------------------------------------------------------------------------


async def test_the_slot_of_a_paused_enrollment_goes_to_who_waits_longest(scene: Scene) -> None:
    _, ids = await queue(scene, 5, daily_limit=2)
    assert days(await slots_of(scene, *ids)) == [1, 1, 2, 2, 3]
    before = await plan(scene)
    await plans.pause(scene, ids[0])
    await replan(scene)
    after = await plan(scene)
    assert moved(before, after) == {ids[0], ids[4]}
    assert ids[0] not in after
    assert days(after[ids[4]]) == [1]
    assert await told(scene) == {ids[4]}
    assert (await scene.enrollment(ids[4])).next_step_scheduled_at == after[ids[4]][0]


async def test_a_resumed_enrollment_is_placed_behind_those_who_wait_and_moves_nobody(scene: Scene) -> None:
    _, ids = await queue(scene, 5, daily_limit=2)
    await plans.pause(scene, ids[0])
    await replan(scene)
    await told(scene)
    before = await plan(scene)
    await plans.resume(scene, ids[0])
    await replan(scene)
    after = await plan(scene)
    assert moved(before, after) == {ids[0]}
    assert days(after[ids[0]]) == [3]
    assert await told(scene) == set()


async def test_every_slot_of_a_stopped_chain_is_used_again(scene: Scene) -> None:
    await pace(scene, daily_limit=1)
    sequence = await scene.sequence(TOMORROW, email_step(delay_days=1))
    first, second, third = await scene.enroll(sequence, *await scene.contacts(3))
    assert [days((await plan(scene))[id]) for id in (first, second, third)] == [[1, 2], [3, 4], [5, 6]]
    await plans.stop(scene, first)
    await replan(scene)
    after = await plan(scene)
    # Moving one is enough: whoever is moved is woken.
    assert days(after[third]) == [1, 2]
    assert days(after[second]) == [3, 4]
    assert await told(scene) == {third}


async def test_a_follow_up_that_waits_moves_up_before_a_first_email(scene: Scene) -> None:
    await pace(scene, daily_limit=1)
    sequence = await scene.sequence(email_step("Hello"), email_step(delay_days=1))
    (under_way,) = await scene.enroll(sequence, await scene.contact())
    await send(scene, under_way, NOW)
    await plans.pause(scene, under_way, NOW + HOUR)
    (blocking,) = await scene.enroll(await scene.sequence(email_step("Two", delay_days=1)), await scene.contact())
    await scene.execute("UPDATE send_slots SET begun = true WHERE enrollment_id = :id", id=blocking)
    await plans.resume(scene, under_way, NOW + HOUR)
    (first_email,) = await scene.enroll(await scene.sequence(email_step("Three", delay_days=1)), await scene.contact())
    await replan(scene, NOW + HOUR)
    await told(scene)
    assert days(await slots_of(scene, blocking, under_way, first_email)) == [1, 2, 3]
    await plans.stop(scene, blocking, NOW + HOUR)
    await replan(scene, NOW + HOUR)
    assert days(await slots_of(scene, under_way, first_email)) == [1, 3]
    assert await told(scene) == {under_way}


async def test_room_goes_to_the_next_in_line_when_the_first_cannot_use_it(scene: Scene) -> None:
    await pace(scene, daily_limit=1)
    tuesdays = [False, True, False, False, False, False, False]
    one, two = await scene.sequence(TOMORROW), await scene.sequence(TOMORROW)
    only_tuesdays = await scene.sequence(TOMORROW, sending_days=tuesdays)
    (today,) = await scene.enroll(one, await scene.contact())
    (wednesday,) = await scene.enroll(two, await scene.contact())
    (tuesday,) = await scene.enroll(only_tuesdays, await scene.contact())
    (thursday,) = await scene.enroll(one, await scene.contact())
    assert days(await slots_of(scene, today, wednesday, tuesday, thursday)) == [1, 2, 8, 3]
    await plans.stop(scene, wednesday)
    await replan(scene)
    assert days(await slots_of(scene, today, tuesday, thursday)) == [1, 8, 2]
    assert await told(scene) == {thursday}


async def test_room_goes_to_who_is_free_and_waits_for_those_who_are_held_by_another_transaction(scene: Scene) -> None:
    _, ids = await queue(scene, 3, daily_limit=1)
    await plans.stop(scene, ids[0])
    async with scene.sessions.begin() as session:
        for id in ids[1:]:
            await enrollments.lock(session, id)
        await replan(scene)
        assert days(await slots_of(scene, *ids[1:])) == [2, 3]
    assert await scene.letters(scene.mailbox.id) == ["plan.fill"]
    async with scene.sessions.begin() as session:
        await enrollments.lock(session, ids[2])
        await replan(scene, NOW + MINUTE)
    assert days(await slots_of(scene, *ids[1:])) == [1, 3]
    assert await told(scene) == {ids[1]}
    assert await scene.letters(scene.mailbox.id) == []


async def test_the_room_of_a_skipped_email_is_used_again_the_same_day(scene: Scene) -> None:
    await pace(scene, daily_limit=1)
    never = {"conditions": [{"field": "email_opened", "operator": "equals", "value": True}]}
    (skipped,) = await scene.enroll(await scene.sequence(email_step("Hello", conditions=never)), await scene.contact())
    (waiting,) = await scene.enroll(await scene.sequence(email_step("Hello")), await scene.contact())
    assert days(await slots_of(scene, skipped, waiting)) == [0, 1]
    async with scene.sessions.begin() as session:
        (step_id,) = await scene.steps(skipped)
        await executions.complete_step(
            session, enrollment_id=skipped, step_id=step_id, now=NOW, outcome=StepOutcome.SKIPPED
        )
    await replan(scene, NOW + MINUTE)
    assert await slots_of(scene, waiting) == [NOW + MINUTE]
    assert await told(scene) == {waiting}


# --- edits -------------------------------------------------------------------------------------------------------


async def test_a_changed_delay_moves_exactly_those_who_sleep_on_it(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("One"), email_step("Two", delay_days=3), email_step("3", delay_days=3))
    on_first, on_second, on_third, frozen = await scene.enroll(sequence, *await scene.contacts(4))
    bystander = await scene.enrolled(TOMORROW)
    for id in (on_second, on_third, frozen):
        await send(scene, id, NOW)
    await send(scene, on_third, NOW + 3 * DAY)
    await plans.pause(scene, frozen)
    before = await plan(scene)
    await change_step(scene, sequence, 2, delay_days=5)
    await replan(scene)
    after = await plan(scene)
    assert after[on_second] == [NOW + 5 * DAY, NOW + 8 * DAY]
    assert await told(scene) == {on_second}
    # The first email goes when it went; only what is reserved behind it has moved.
    assert after[on_first] == [NOW, NOW + 5 * DAY, NOW + 8 * DAY]
    assert moved(before, after) == {on_first, on_second}
    assert (await scene.enrollment(on_second)).next_step_scheduled_at == NOW + 5 * DAY
    assert (await scene.enrollment(on_first)).next_step_scheduled_at == NOW
    assert (await scene.enrollment(bystander)).next_step_scheduled_at == NOW + DAY


async def test_a_delay_that_was_made_so_short_that_it_is_over_is_over_now(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("One", delay_days=5))
    (id,) = await scene.enroll(sequence, await scene.contact())
    later = NOW + 3 * DAY
    await change_step(scene, sequence, 1, now=later, delay_days=1)
    await replan(scene, later)
    assert await slots_of(scene, id) == [later]
    assert await told(scene) == {id}


async def test_a_step_that_is_put_before_the_next_one_comes_first(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("One", step_order=5, delay_days=3))
    (id,) = await scene.enroll(sequence, await scene.contact())
    await plans.add_step(scene, sequence, step_type="email", step_order=2, body_template="New", subject_template="New")
    await replan(scene)
    row = await scene.enrollment(id)
    assert row.current_step_id == (await scene.steps(id))[0]
    assert (await plan(scene))[id] == [NOW, NOW + 3 * DAY]
    assert await told(scene) == {id}


async def test_a_changed_window_moves_exactly_those_who_are_outside_of_it(scene: Scene) -> None:
    sequence = await scene.sequence(TOMORROW, **NINE_TO_FIVE)
    (at_ten,) = await scene.enroll(sequence, await scene.contact(), now=NOW + HOUR)
    (at_three,) = await scene.enroll(sequence, await scene.contact(), now=NOW + 6 * HOUR)
    await change_sequence(scene, sequence, sending_window_end=time(12))
    await replan(scene)
    assert await slots_of(scene, at_ten, at_three) == [NOW + DAY + HOUR, NOW + 2 * DAY]
    assert await told(scene) == {at_three}


async def test_a_window_that_closes_earlier_closes_earlier_for_those_who_stay(scene: Scene) -> None:
    sequence = await scene.sequence(TOMORROW, **NINE_TO_FIVE)
    (id,) = await scene.enroll(sequence, await scene.contact(), now=NOW + HOUR)
    await change_sequence(scene, sequence, sending_window_end=time(12))
    await replan(scene)
    (until,) = await scene.column("SELECT open_until FROM send_slots WHERE enrollment_id = :id", id=id)
    assert until == NOW + DAY + 3 * HOUR
    assert await told(scene) == set()


async def test_a_holiday_of_the_sequence_moves_exactly_those_with_a_slot_on_it(scene: Scene) -> None:
    sequence = await scene.sequence(TOMORROW)
    other = await scene.enrolled(TOMORROW)
    (on_it,) = await scene.enroll(sequence, await scene.contact())
    (after_it,) = await scene.enroll(sequence, await scene.contact(), now=NOW + DAY)
    await change_sequence(scene, sequence, holiday_dates=[date(2026, 11, 24)])
    await replan(scene)
    midnight = datetime(2026, 11, 25, tzinfo=UTC)
    assert await slots_of(scene, on_it, after_it, other) == [midnight, NOW + 2 * DAY, NOW + DAY]
    assert await told(scene) == {on_it}


async def test_a_holiday_of_the_workspace_moves_those_of_every_sequence(scene: Scene, other: Scene) -> None:
    one, two = await scene.enrolled(TOMORROW), await scene.enrolled(TOMORROW)
    later = await scene.enrolled(email_step("Hello", delay_days=2))
    bystander = await other.enrolled(TOMORROW)
    await change_workspace(scene, holiday_dates=[date(2026, 11, 24)])
    await replan(scene)
    assert days(await slots_of(scene, one, two, later)) == [2, 2, 2]
    assert await told(scene) == {one, two}
    assert await slots_of(other, bystander) == [NOW + DAY]
    assert await told(other) == set()


# --- caps and gaps -----------------------------------------------------------------------------------------------


async def test_a_cap_that_is_lowered_moves_those_who_no_longer_fit_and_raised_again_those_who_wait(
    scene: Scene,
) -> None:
    sequence, ids = await queue(scene, 4, daily_limit=100, max_emails_per_day=4)
    assert days(await slots_of(scene, *ids)) == [1, 1, 1, 1]
    await change_sequence(scene, sequence, max_emails_per_day=2)
    await replan(scene)
    lowered = dict(zip(ids, days(await slots_of(scene, *ids)), strict=True))
    assert sorted(lowered.values()) == [1, 1, 2, 2]
    assert await told(scene) == {id for id, day in lowered.items() if day == 2}
    await change_sequence(scene, sequence, max_emails_per_day=3)
    await replan(scene)
    assert sorted(days(await slots_of(scene, *ids))) == [1, 1, 1, 2]
    assert len(await told(scene)) == 1


async def test_a_mailbox_limit_moves_those_of_all_its_sequences_and_of_no_other_mailbox(scene: Scene) -> None:
    async with scene.sessions.begin() as session:
        second = await make_mailbox(session, scene.tenant, email="bob@sender.example")
    _, (first,) = await queue(scene, 1, daily_limit=3)
    later = NOW + MINUTE
    (of_other,) = await scene.enroll(await scene.sequence(TOMORROW), await scene.contact(), now=later)
    (elsewhere,) = await scene.enroll(await scene.sequence(TOMORROW, mailbox=second), await scene.contact(), now=later)
    await change_mailbox(scene, daily_limit=1)
    await replan(scene)
    assert days(await slots_of(scene, first, of_other, elsewhere)) == [1, 2, 1]
    assert await told(scene) == {of_other}


async def test_equals_keep_the_order_in_which_they_were_enrolled(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"), **NINE_TO_FIVE)
    night = NOW - 3 * HOUR
    ids = []
    for number in range(4):
        ids += await scene.enroll(sequence, await scene.contact(), now=night + number * MINUTE)
    assert await slots_of(scene, *ids) == [NOW] * 4
    await change_mailbox(scene, now=night + HOUR, min_gap_seconds=60)
    await replan(scene, night + HOUR)
    assert await slots_of(scene, *ids) == [NOW + number * MINUTE for number in range(4)]


async def test_a_gap_moves_apart_who_were_together(scene: Scene) -> None:
    _, ids = await queue(scene, 3, daily_limit=100)
    await change_mailbox(scene, min_gap_seconds=600)
    await replan(scene)
    start = NOW + DAY
    assert sorted(await slots_of(scene, *ids)) == [start, start + 10 * MINUTE, start + 20 * MINUTE]
    assert len(await told(scene)) == 2


async def test_away_days_of_a_mailbox_move_exactly_those_on_them(scene: Scene) -> None:
    sequence = await scene.sequence(TOMORROW)
    (on_tuesday,) = await scene.enroll(sequence, await scene.contact())
    (on_thursday,) = await scene.enroll(sequence, await scene.contact(), now=NOW + 2 * DAY)
    await change_mailbox(scene, away_from=date(2026, 11, 24), away_until=date(2026, 11, 25))
    await replan(scene)
    back = datetime(2026, 11, 26, tzinfo=UTC)
    assert await slots_of(scene, on_tuesday, on_thursday) == [back, NOW + 3 * DAY]
    assert await told(scene) == {on_tuesday}
    blockers = "SELECT blocker FROM send_slots WHERE enrollment_id = :id"
    assert await scene.column(blockers, id=on_tuesday) == ["mailbox_away"]


# --- time zones --------------------------------------------------------------------------------------------------


async def test_the_zone_of_a_sequence_moves_its_windows(scene: Scene) -> None:
    sequence = await scene.sequence(TOMORROW, **NINE_TO_FIVE)
    ids = await scene.enroll(sequence, *await scene.contacts(2))
    await change_sequence(scene, sequence, sending_timezone="America/New_York")
    await replan(scene)
    assert await slots_of(scene, *ids) == [NOW + DAY + 5 * HOUR] * 2
    assert await told(scene) == set(ids)


async def test_another_zone_of_the_workspace_counts_planned_and_past_sends_by_its_days(scene: Scene) -> None:
    await pace(scene, daily_limit=2)
    sequence = await scene.sequence(email_step("Hello"))
    night = datetime(2026, 11, 23, 23, tzinfo=UTC)
    sent, _ = await scene.enroll(sequence, *await scene.contacts(2), now=night)
    await send(scene, sent, night)
    # It is Tuesday already in Tokyo.
    await change_workspace(scene, timezone="Asia/Tokyo")
    await replan(scene, night)
    column = "SELECT day FROM send_slots WHERE customer_id = :customer_id"
    assert set(await scene.column(column)) == {date(2026, 11, 24)}
    (third,) = await scene.enroll(sequence, await scene.contact(), now=night + HOUR)
    assert await slots_of(scene, third) == [datetime(2026, 11, 24, 15, tzinfo=UTC)]


async def test_another_zone_of_a_sequence_counts_its_past_sends_by_its_days(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"), max_emails_per_day=1)
    night = datetime(2026, 11, 23, 23, tzinfo=UTC)
    (sent,) = await scene.enroll(sequence, await scene.contact(), now=night)
    await send(scene, sent, night)
    await change_sequence(scene, sequence, sending_timezone="Asia/Tokyo")
    await replan(scene, night)
    (second,) = await scene.enroll(sequence, await scene.contact(), now=night + HOUR)
    assert await slots_of(scene, second) == [datetime(2026, 11, 24, 15, tzinfo=UTC)]


# --- held enrollments --------------------------------------------------------------------------------------------


async def test_those_who_wait_for_a_sequence_go_when_it_is_resumed_and_nobody_else_is_told(scene: Scene) -> None:
    sequence = await scene.sequence(TOMORROW)
    parked, sleeping, paused, task = await scene.enroll(sequence, *await scene.contacts(4))
    elsewhere = await scene.enrolled(TOMORROW)
    await plans.pause(scene, paused)
    await move_sequence(scene, sequence, SequenceStatus.PAUSED)
    for id in (parked, elsewhere):
        await hold(scene, id, WaitingReason.SEQUENCE_PAUSED)
    await hold(scene, task, WaitingReason.TASK)
    await replan(scene)
    assert await told(scene) == set()
    later = NOW + HOUR
    before = await plan(scene)
    await move_sequence(scene, sequence, SequenceStatus.ACTIVE, later)
    await replan(scene, later)
    assert await told(scene) == {parked}
    assert moved(before, await plan(scene)) == set()
    assert (await scene.enrollment(parked)).waiting_reason is None
    assert (await scene.enrollment(task)).waiting_reason == "task"
    assert (await scene.enrollment(paused)).waiting_reason == "paused"
    assert (await scene.enrollment(elsewhere)).waiting_reason == "sequence_paused"
    assert (await scene.enrollment(sleeping)).next_step_scheduled_at == NOW + DAY


async def test_what_came_due_in_a_paused_sequence_goes_by_windows_and_capacity(scene: Scene) -> None:
    await pace(scene, daily_limit=1)
    sequence = await scene.sequence(email_step("Hello"), **NINE_TO_FIVE)
    first, second = await scene.enroll(sequence, *await scene.contacts(2))
    await move_sequence(scene, sequence, SequenceStatus.PAUSED)
    for id in (first, second):
        await hold(scene, id, WaitingReason.SEQUENCE_PAUSED)
    evening = NOW + 3 * DAY + 12 * HOUR
    await move_sequence(scene, sequence, SequenceStatus.ACTIVE, evening)
    await replan(scene, evening)
    assert await slots_of(scene, first, second) == [NOW + 4 * DAY, NOW + 5 * DAY]
    assert await told(scene) == {first, second}


async def test_while_its_sequence_is_paused_nothing_wakes_or_moves_who_is_parked(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"), **NINE_TO_FIVE)
    (parked,) = await scene.enroll(sequence, await scene.contact())
    await move_sequence(scene, sequence, SequenceStatus.PAUSED)
    await hold(scene, parked, WaitingReason.SEQUENCE_PAUSED)
    before = await plan(scene)
    await change_sequence(scene, sequence, now=NOW + DAY, sending_window_end=time(12))
    await change_mailbox(scene, now=NOW + DAY, daily_limit=7)
    await replan(scene, NOW + DAY)
    assert await told(scene) == set()
    assert moved(before, await plan(scene)) == set()


async def test_a_mended_mailbox_sends_what_it_held_in_order_at_its_pace(scene: Scene) -> None:
    await pace(scene, min_gap_seconds=600)
    sequence = await scene.sequence(email_step("Hello"))
    ids = []
    for number in range(3):
        ids += await scene.enroll(sequence, await scene.contact(), now=NOW + number * MINUTE)
    tomorrow = await scene.enrolled(email_step("Hello", delay_days=2))
    await change_mailbox(scene, status=EmailAccountStatus.ERROR)
    for id in ids:
        await hold(scene, id, WaitingReason.MAILBOX_ERROR, "535 no")
    later = NOW + DAY
    before = await plan(scene)
    await change_mailbox(scene, now=later, status=EmailAccountStatus.ACTIVE)
    await replan(scene, later)
    assert await slots_of(scene, *ids) == [later, later + 10 * MINUTE, later + 20 * MINUTE]
    assert await told(scene) == set(ids)
    assert moved(before, await plan(scene)) == set(ids)
    assert await slots_of(scene, tomorrow) == [NOW + 2 * DAY]
    row = await scene.enrollment(ids[0])
    assert (row.waiting_reason, row.last_error) == (None, None)


async def test_a_mailbox_that_is_still_broken_keeps_what_it_holds(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    (held,) = await scene.enroll(sequence, await scene.contact())
    await change_mailbox(scene, status=EmailAccountStatus.ERROR)
    await hold(scene, held, WaitingReason.MAILBOX_ERROR, "535 no")
    await change_mailbox(scene, now=NOW + DAY, daily_limit=5)
    await change_sequence(scene, sequence, now=NOW + DAY, sending_window_end=time(12))
    await replan(scene, NOW + DAY)
    assert await told(scene) == set()
    row = await scene.enrollment(held)
    assert (row.waiting_reason, row.last_error) == ("mailbox_error", "535 no")


async def test_those_without_a_slot_get_one_when_there_is_room(scene: Scene) -> None:
    await pace(scene, daily_limit=0)
    sequence = await scene.sequence(email_step("Hello"))
    (id,) = await scene.enroll(sequence, await scene.contact())
    assert await plan(scene) == {}
    async with scene.sessions.begin() as session:
        standing = await executions.reschedule(session, id, now=NOW)
    assert (standing.waiting_reason, standing.held) == (WaitingReason.NO_SLOT, True)
    await change_sequence(scene, sequence, sending_window_start=time(9))
    await replan(scene)
    assert await told(scene) == set()
    assert (await scene.enrollment(id)).waiting_reason == "no_slot"
    await change_mailbox(scene, now=NOW + HOUR, daily_limit=5)
    await replan(scene, NOW + HOUR)
    assert await slots_of(scene, id) == [NOW + HOUR]
    assert await told(scene) == {id}
    assert (await scene.enrollment(id)).waiting_reason is None


# --- busy rows ---------------------------------------------------------------------------------------------------


async def test_a_row_that_is_held_is_left_out_and_planned_a_little_later(scene: Scene) -> None:
    sequence, ids = await queue(scene, 2, daily_limit=100)
    await change_sequence(scene, sequence, holiday_dates=[date(2026, 11, 24)])
    async with scene.sessions.begin() as session:
        await enrollments.lock(session, ids[0])
        await replan(scene)
        assert await told(scene) == {ids[1]}
        assert days(await slots_of(scene, *ids)) == [1, 2]
    assert await scene.letters(sequence.id) == ["plan.sequence"]
    await replan(scene)
    assert await told(scene) == set()
    await replan(scene, NOW + 2 * MINUTE)
    assert await told(scene) == {ids[0]}
    assert days(await slots_of(scene, *ids)) == [2, 2]
    assert await scene.letters(sequence.id) == []


async def test_an_email_that_is_on_the_wire_is_no_business_of_the_replanner(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("One"), email_step("Two", delay_days=1))
    (id,) = await scene.enroll(sequence, await scene.contact())
    token = await claim(scene, id, NOW)
    await change_step(scene, sequence, 2, delay_days=2)
    await replan(scene)
    assert await told(scene) == set()
    assert (await scene.enrollment(id)).next_step_scheduled_at == NOW
    await put_off(scene, id, token, NOW, NOW + HOUR)
    await replan(scene, NOW + MINUTE)
    assert (await plan(scene))[id] == [NOW + HOUR, NOW + HOUR + 2 * DAY]
    assert await scene.letters(sequence.id) == []


async def test_who_is_enrolled_by_the_old_settings_meanwhile_is_planned_by_the_new_ones(scene: Scene) -> None:
    """The re-planner waits for an enrolling that began before the change, and sees whom it enrolled."""
    sequence, ids = await queue(scene, 1, daily_limit=3)
    contacts = await scene.contacts(2)
    async with scene.sessions.begin() as session:
        await slots.lock_planning(session, scene.tenant.customer_id)
        await change_mailbox(scene, daily_limit=1)
        replanning = asyncio.create_task(replan(scene))
        await asyncio.sleep(0.2)
        made = await enrolling.enroll(
            session,
            customer_id=scene.tenant.customer_id,
            sequence_id=sequence.id,
            contact_ids=[contact.id for contact in contacts],
            enrolled_by=None,
            source=EnrollmentSource.API,
            now=NOW,
        )
        # As one would have placed them who had read the settings before they were changed.
        of_them = {"ids": [one.enrollment_id for one in made], "at": NOW + DAY, "day": (NOW + DAY).date()}
        await session.execute(
            text("UPDATE send_slots SET slot_at = :at, day = :day WHERE enrollment_id = ANY(:ids)"), of_them
        )
        assert not replanning.done()
    await replanning
    ids += [one.enrollment_id for one in made if one.enrollment_id]
    assert sorted(days(await slots_of(scene, *ids))) == [1, 2, 3]
