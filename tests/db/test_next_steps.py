"""What comes next: a way that goes as planned keeps its slots, and one that does not gets new ones."""

from datetime import time, timedelta
from typing import Any
from uuid import UUID

import pytest_asyncio

from db import enrollments
from domain.vocabulary import EnrollmentStatus, SequenceStatus, StepOutcome, StepType, WaitingReason
from tests.db import plans
from tests.db.conftest import DAY, HOUR, NOW, Scene
from tests.db.plans import change_sequence, claim, complete, pace, plan, put_off, replan, send, slots_of, told
from tests.factories import email_step, make_mailbox

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
OPENED = {"conditions": [{"field": "email_opened", "operator": "equals", "value": True}]}
TASK = {"step_type": StepType.TASK, "task_title": "Read"}
MORNINGS = [["09:00", "12:00"]]
ALL_DAY = [["09:00", "17:00"]]
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@pytest_asyncio.fixture(autouse=True)
async def _no_letters(scene: Scene) -> None:
    await scene.execute("DELETE FROM outbox")


def hours(ranges: list[list[str]]) -> dict[str, Any]:
    """The same hours every day."""
    return dict.fromkeys(WEEK, ranges)


async def slot_ids(scene: Scene, id: UUID) -> list[UUID]:
    """The rows of the slots still to come."""
    return await scene.column(
        "SELECT id FROM send_slots WHERE enrollment_id = :id AND used_at IS NULL ORDER BY slot_at", id=id
    )


# --- as planned --------------------------------------------------------------------------------------------------


async def test_all_emails_of_a_way_have_slots_from_the_first(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), TASK, email_step(delay_days=3), email_step(delay_days=2))
    assert (await plan(scene))[id] == [NOW, NOW + 3 * DAY, NOW + 5 * DAY]


async def test_emails_behind_what_a_person_must_do_have_none_yet(scene: Scene) -> None:
    call = {"step_type": StepType.CALL, "task_title": "Call"}
    id = await scene.enrolled(email_step("One"), call, email_step(delay_days=3))
    assert (await plan(scene))[id] == [NOW]
    await send(scene, id, NOW)
    _, second, _ = await scene.steps(id)
    await complete(scene, id, second, NOW + HOUR)
    assert (await plan(scene))[id] == [NOW + HOUR + 3 * DAY]


async def test_a_way_without_emails_takes_no_room(scene: Scene) -> None:
    id = await scene.enrolled(TASK, {"step_type": StepType.DELAY, "delay_days": 1})
    assert await plan(scene) == {}
    assert (await scene.enrollment(id)).next_step_scheduled_at == NOW


async def test_a_punctual_email_leaves_the_slots_behind_it_as_they_are(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step(delay_days=1), email_step(delay_days=1))
    before = await slot_ids(scene, id)
    standing = await send(scene, id, NOW + 3 * SECOND)
    assert standing.plan is not None
    assert standing.plan.due_at == NOW + DAY
    assert await slot_ids(scene, id) == before[1:]


async def test_a_punctual_task_leaves_the_slots_behind_it_as_they_are(scene: Scene) -> None:
    id = await scene.enrolled(TASK, email_step("One", delay_days=1))
    before = await slot_ids(scene, id)
    first, _ = await scene.steps(id)
    await complete(scene, id, first, NOW + 3 * SECOND)
    assert await slot_ids(scene, id) == before
    assert await slots_of(scene, id) == [NOW + DAY]


async def test_a_late_email_moves_the_slots_behind_it(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step(delay_days=1), email_step(delay_days=1))
    await send(scene, id, NOW + 5 * MINUTE)
    assert (await plan(scene))[id] == [NOW + DAY + 5 * MINUTE, NOW + 2 * DAY + 5 * MINUTE]


async def test_in_a_paused_sequence_contacts_are_planned_like_in_an_active_one(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("One"), email_step(delay_days=1), status=SequenceStatus.PAUSED)
    (id,) = await scene.enroll(sequence, await scene.contact())
    assert (await plan(scene))[id] == [NOW, NOW + DAY]


# --- ways that turn out otherwise --------------------------------------------------------------------------------


async def test_what_a_branch_leaps_over_is_offered_to_those_who_wait(scene: Scene) -> None:
    await pace(scene, daily_limit=1)
    ways = {**OPENED, "on_true": {"go_to_step": 4}}
    conditional = {"step_type": StepType.CONDITIONAL, "conditions": ways}
    steps = email_step("One"), conditional, email_step("No", delay_days=1), email_step("Yes", delay_days=5)
    (leaps,) = await scene.enroll(await scene.sequence(*steps), await scene.contact())
    await send(scene, leaps, NOW)
    (waits,) = await scene.enroll(await scene.sequence(email_step("Hello", delay_days=1)), await scene.contact())
    assert (await slots_of(scene, waits))[0].date() == (NOW + 2 * DAY).date()
    _, second, *_ = await scene.steps(leaps)
    await complete(scene, leaps, second, NOW + SECOND, branch=True)
    assert (await plan(scene))[leaps] == [NOW + 5 * DAY]
    assert await told(scene) == set()
    await replan(scene, NOW + MINUTE)
    assert (await slots_of(scene, waits))[0].date() == (NOW + DAY).date()
    assert await told(scene) == {waits}


async def test_where_the_first_email_is_skipped_the_next_one_keeps_the_hours_of_first_emails(scene: Scene) -> None:
    await pace(scene, min_gap_seconds=6 * 3600)
    await scene.enrolled(email_step("Hello", delay_days=1))
    sequence = await scene.sequence(
        email_step("One", conditions=OPENED),
        email_step("Two", delay_days=1),
        sending_hours=hours(MORNINGS),
        follow_up_hours=hours(ALL_DAY),
    )
    (id,) = await scene.enroll(sequence, await scene.contact())
    # The mailbox is busy until the afternoon, which is for follow-ups alone.
    assert (await plan(scene))[id] == [NOW, NOW + DAY + 6 * HOUR]
    first, _ = await scene.steps(id)
    await complete(scene, id, first, NOW, outcome=StepOutcome.SKIPPED)
    assert await slots_of(scene, id) == [NOW + 2 * DAY]


async def test_a_first_email_that_was_put_off_keeps_the_hours_of_first_emails(scene: Scene) -> None:
    sequence = await scene.sequence(
        email_step("One"), sending_hours=hours(MORNINGS), follow_up_hours=hours(ALL_DAY), throttle_delay_minutes=0
    )
    (id,) = await scene.enroll(sequence, await scene.contact(), now=NOW + 2 * HOUR)
    token = await claim(scene, id, NOW + 2 * HOUR)
    standing = await put_off(scene, id, token, NOW + 2 * HOUR, NOW + 4 * HOUR)
    assert standing.waiting_reason is WaitingReason.RETRY
    assert await slots_of(scene, id) == [NOW + DAY]


async def test_a_retry_gives_its_slot_up_for_a_later_one(scene: Scene) -> None:
    await pace(scene, daily_limit=1)
    sequence = await scene.sequence(email_step("One"))
    retried, waiting = await scene.enroll(sequence, *await scene.contacts(2))
    token = await claim(scene, retried, NOW)
    standing = await put_off(scene, retried, token, NOW + SECOND, NOW + 2 * HOUR)
    assert standing.plan is not None
    assert standing.plan.due_at == NOW + 2 * HOUR
    # The room of today is still its own.
    assert await slots_of(scene, retried, waiting) == [NOW + 2 * HOUR, (NOW + DAY).replace(hour=0)]


# --- edits -------------------------------------------------------------------------------------------------------


async def test_a_step_that_was_executed_and_moved_behind_is_not_repeated(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("One"), email_step("Two", delay_days=1))
    (id,) = await scene.enroll(sequence, await scene.contact())
    await send(scene, id, NOW)
    await plans.change_step(scene, sequence, 1, step_order=7)
    standing = await send(scene, id, NOW + DAY)
    assert standing.status is EnrollmentStatus.COMPLETED


async def test_a_resume_behind_the_last_step_finishes(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("One"), email_step("Two", delay_days=1))
    (id,) = await scene.enroll(sequence, await scene.contact())
    await send(scene, id, NOW)
    await plans.pause(scene, id)
    await plans.change_step(scene, sequence, 1, step_order=7)
    await plans.resume(scene, id)
    row = await scene.enrollment(id)
    assert (row.status, row.completion_reason) == ("completed", "finished")
    # A workflow that sleeps has to hear of it.
    assert (await scene.letters(id))[-1] == "enrollment.event"


async def test_a_mailbox_that_is_chosen_late_stays_with_the_thread(scene: Scene) -> None:
    async with scene.sessions.begin() as session:
        second = await make_mailbox(session, scene.tenant, email="bob@sender.example")
    sequence = await scene.sequence({**TASK, "delay_days": 1}, mailbox=None)
    first, later = await scene.enroll(sequence, *await scene.contacts(2))
    assert (await scene.enrollment(first)).email_account_id is None
    await change_sequence(scene, sequence, email_account_ids=[scene.mailbox.id, second.id])
    await plans.add_step(
        scene, sequence, step_type=StepType.EMAIL, subject_template="Hello", body_template="Hello", delay_days=1
    )
    await replan(scene)
    for id in (first, later):
        (account_id,) = await scene.column("SELECT email_account_id FROM send_slots WHERE enrollment_id = :id", id=id)
        assert (await scene.enrollment(id)).email_account_id == account_id


# --- pauses ------------------------------------------------------------------------------------------------------


async def test_an_enrollment_that_lacks_a_variable_keeps_no_slots_until_it_is_resumed(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step(delay_days=1), sending_window_start=time(9))
    async with scene.sessions.begin() as session:
        reason = WaitingReason.MISSING_VARIABLE
        await enrollments.pause(session, enrollment_id=id, now=NOW, reason=reason, error="no value", tell=False)
    assert await plan(scene) == {}
    await plans.resume(scene, id, NOW + HOUR)
    assert (await plan(scene))[id] == [NOW + HOUR, NOW + HOUR + DAY]


async def test_what_is_sent_during_a_pause_reserves_nothing_behind_it(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step(delay_days=1))
    await claim(scene, id, NOW)
    await plans.pause(scene, id)
    first, _ = await scene.steps(id)
    await complete(scene, id, first, NOW)
    assert await plan(scene) == {}
    await plans.resume(scene, id, NOW + 5 * DAY)
    assert await slots_of(scene, id) == [NOW + 6 * DAY]
