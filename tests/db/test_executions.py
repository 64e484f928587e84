"""Steps: begun, held, put off, recorded once, and the next one planned, whatever a person does meanwhile."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from db import enrollments, executions, task_opening
from domain.enrollments import Standing
from domain.vocabulary import (
    CompletionReason,
    EnrollmentStatus,
    LinkedinAction,
    SequenceStatus,
    StepOutcome,
    StepType,
    TaskType,
    WaitingReason,
)
from tests.db.conftest import DAY, HOUR, NOW, Scene
from tests.factories import email_step

OPENED = {"conditions": [{"field": "email_opened", "operator": "equals", "value": True}]}
CALL, TASK = {"step_type": StepType.CALL, "task_title": "Call {{ contact.first_name }}"}, {"step_type": StepType.TASK}
LINKEDIN = {"step_type": StepType.LINKEDIN, "linkedin_action": LinkedinAction.CONNECT}


async def complete(scene: Scene, id: UUID, step_id: UUID, **how: Any) -> Standing:
    async with scene.sessions.begin() as session:
        return await executions.complete_step(
            session, **{"enrollment_id": id, "step_id": step_id, "now": NOW + HOUR, **how}
        )


async def begin(scene: Scene, id: UUID, step_id: UUID) -> Standing | None:
    async with scene.sessions.begin() as session:
        return await executions.begin_step(session, id, step_id)


async def pause(scene: Scene, id: UUID) -> None:
    async with scene.sessions.begin() as session:
        await enrollments.pause(session, enrollment_id=id, now=NOW)


async def stop(scene: Scene, id: UUID) -> None:
    async with scene.sessions.begin() as session:
        await enrollments.stop(session, enrollment_id=id, now=NOW)


async def outcomes(scene: Scene, id: UUID) -> dict[int, str]:
    """What is recorded of each step, by its order."""
    pairs = await scene.column(
        """SELECT ARRAY[step_order::text, outcome::text] FROM sequence_step_executions AS execution
           JOIN sequence_steps AS step ON step.id = execution.sequence_step_id WHERE enrollment_id = :id""",
        id=id,
    )
    return {int(order): outcome for order, outcome in pairs}


async def times_executed(scene: Scene, id: UUID) -> list[int]:
    return await scene.column(
        """SELECT times_executed FROM sequence_steps AS step JOIN sequence_enrollments AS e USING (sequence_id)
           WHERE e.id = :id ORDER BY step_order""",
        id=id,
    )


# --- a step is completed -----------------------------------------------------------------------------------------


async def test_a_completed_step_is_recorded_counted_and_the_next_is_planned(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step(delay_days=3))
    first, second = await scene.steps(id)
    standing = await complete(scene, id, first)
    assert standing.plan is not None
    assert (standing.plan.step_id, standing.plan.due_at) == (second, NOW + HOUR + 3 * DAY)
    row = await scene.enrollment(id)
    assert (row.current_step_id, row.last_step_completed_at) == (second, NOW + HOUR)
    assert await outcomes(scene, id) == {1: "executed"}
    assert await times_executed(scene, id) == [1, 0]


async def test_completing_a_step_twice_changes_nothing(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step(delay_days=3))
    first, _ = await scene.steps(id)
    standing = await complete(scene, id, first)
    assert await complete(scene, id, first, now=NOW + 2 * DAY, outcome=StepOutcome.SKIPPED) == standing
    assert await outcomes(scene, id) == {1: "executed"}
    assert await times_executed(scene, id) == [1, 0]


async def test_completing_a_step_ten_times_at_once_counts_it_once(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step(delay_days=3))
    first, _ = await scene.steps(id)
    standings = await asyncio.gather(*(complete(scene, id, first) for _ in range(10)))
    assert len(set(standings)) == 1
    assert await times_executed(scene, id) == [1, 0]


async def test_a_skipped_step_is_recorded_and_not_counted(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step())
    first, second = await scene.steps(id)
    standing = await complete(scene, id, first, outcome=StepOutcome.SKIPPED)
    assert standing.plan is not None
    assert standing.plan.step_id == second
    assert await outcomes(scene, id) == {1: "skipped"}
    assert await times_executed(scene, id) == [0, 0]


async def test_the_last_step_finishes_the_enrollment_and_the_sequence_is_completed_once(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"))
    (only,) = await scene.steps(id)
    for _ in range(2):
        standing = await complete(scene, id, only)
        assert (standing.status, standing.completion_reason) == (EnrollmentStatus.COMPLETED, CompletionReason.FINISHED)
    row = await scene.enrollment(id)
    assert (row.completed_at, row.last_step_completed_at) == (NOW + HOUR, NOW + HOUR)
    completed = (
        "SELECT count(*) FROM contact_activities WHERE activity_type = 'sequence_completed' AND enrollment_id = :id"
    )
    assert await scene.column(completed, id=id) == [1]
    assert await scene.letters(id) == []


async def test_a_finish_leaves_plain_tasks_open(scene: Scene) -> None:
    id = await scene.enrolled(TASK)
    (only,) = await scene.steps(id)
    async with scene.sessions.begin() as session:
        assert await task_opening.open_task(session, enrollment_id=id, step_id=only, now=NOW) is TaskType.TASK
    await complete(scene, id, only)
    assert await scene.column("SELECT status FROM tasks WHERE enrollment_id = :id", id=id) == ["open"]


async def test_delays_that_were_added_to_a_step_are_recorded_with_it(scene: Scene) -> None:
    delay = {"step_type": StepType.DELAY, "delay_days": 1}
    id = await scene.enrolled(email_step("One"), delay, delay, email_step())
    first, _, _, last = await scene.steps(id)
    standing = await complete(scene, id, first)
    assert standing.plan is not None
    assert (standing.plan.step_id, standing.plan.due_at) == (last, NOW + HOUR + 2 * DAY)
    assert await outcomes(scene, id) == {1: "executed"}
    await complete(scene, id, last)
    assert await outcomes(scene, id) == {1: "executed", 2: "executed", 3: "executed", 4: "executed"}
    assert await times_executed(scene, id) == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("branch", "after", "recorded"),
    [
        (True, 4, {1: "executed", 2: "skipped", 3: "skipped"}),
        (False, None, {1: "executed"}),
    ],
)
async def test_a_branch_leads_on_and_what_it_leaps_over_is_skipped(
    scene: Scene, branch: bool, after: int | None, recorded: dict[int, str]
) -> None:
    ways = {**OPENED, "on_true": {"go_to_step": 4}, "on_false": {"finish": True}}
    conditional = {"step_type": StepType.CONDITIONAL, "conditions": ways}
    id = await scene.enrolled(conditional, email_step("No"), {"step_type": StepType.DELAY}, email_step("Yes"))
    (first, *_) = await scene.steps(id)
    standing = await complete(scene, id, first, branch=branch)
    assert (standing.plan.step_order if standing.plan else None) == after
    assert standing.ended is (after is None)
    assert await outcomes(scene, id) == recorded
    branches = "SELECT branch FROM sequence_step_executions WHERE enrollment_id = :id AND sequence_step_id = :step"
    assert await scene.column(branches, id=id, step=first) == [branch]


async def test_a_leapt_over_delay_stays_skipped_when_the_step_behind_it_is_done(scene: Scene) -> None:
    conditional = {"step_type": StepType.CONDITIONAL, "conditions": {**OPENED, "on_true": {"go_to_step": 3}}}
    id = await scene.enrolled(conditional, {"step_type": StepType.DELAY, "delay_days": 1}, email_step("Yes"))
    first, _, last = await scene.steps(id)
    await complete(scene, id, first, branch=True)
    await complete(scene, id, last)
    assert await outcomes(scene, id) == {1: "executed", 2: "skipped", 3: "executed"}


async def test_the_next_step_is_due_by_the_contacts_zone(scene: Scene) -> None:
    sequence = await scene.sequence(
        email_step("One"), email_step(delay_days=1), use_contact_timezone=True, sending_window_start=time(9)
    )
    (id,) = await scene.enroll(sequence, await scene.contact(timezone="America/New_York"))
    first, _ = await scene.steps(id)
    standing = await complete(scene, id, first, now=datetime(2026, 11, 24, 3, tzinfo=UTC))
    assert standing.plan is not None
    assert standing.plan.due_at == datetime(2026, 11, 25, 3, tzinfo=UTC)


# --- while a person intervenes -----------------------------------------------------------------------------------


async def test_a_step_that_was_done_during_a_pause_is_recorded_and_the_new_delay_is_frozen(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step(delay_days=3))
    first, second = await scene.steps(id)
    await pause(scene, id)
    standing = await complete(scene, id, first)
    assert (standing.status, standing.waiting_reason) == (EnrollmentStatus.PAUSED, WaitingReason.PAUSED)
    assert await outcomes(scene, id) == {1: "executed"}
    async with scene.sessions.begin() as session:
        await enrollments.resume(session, enrollment_id=id, now=NOW + 10 * DAY)
    row = await scene.enrollment(id)
    assert (row.current_step_id, row.next_step_scheduled_at) == (second, NOW + 13 * DAY)


async def test_a_step_that_was_done_after_a_stop_is_recorded_and_the_stop_stays(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step(delay_days=3))
    first, _ = await scene.steps(id)
    await stop(scene, id)
    standing = await complete(scene, id, first)
    assert (standing.status, standing.completion_reason) == (EnrollmentStatus.STOPPED, CompletionReason.MANUAL_STOP)
    assert await outcomes(scene, id) == {1: "executed"}
    assert await times_executed(scene, id) == [1, 0]


async def test_a_step_of_an_enrollment_that_is_gone_is_no_step(scene: Scene) -> None:
    gone, step_id = uuid4(), uuid4()
    assert (await complete(scene, gone, step_id)).ended
    begun = await begin(scene, gone, step_id)
    assert begun is not None
    assert begun.ended


async def test_a_step_begins_only_while_it_is_the_current_one_of_an_active_enrollment(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step())
    first, second = await scene.steps(id)
    assert await begin(scene, id, first) is None
    early = await begin(scene, id, second)
    assert early is not None
    assert early.plan is not None
    assert early.plan.step_id == first
    await pause(scene, id)
    paused = await begin(scene, id, first)
    assert paused is not None
    assert paused.status is EnrollmentStatus.PAUSED


@pytest.mark.parametrize("status", [SequenceStatus.PAUSED, SequenceStatus.STOPPED])
async def test_a_step_of_a_sequence_that_is_not_active_is_parked(scene: Scene, status: SequenceStatus) -> None:
    id = await scene.enrolled(email_step("One"))
    await scene.execute("UPDATE sequences SET status = :status WHERE customer_id = :customer_id", status=status)
    (step_id,) = await scene.steps(id)
    parked = await begin(scene, id, step_id)
    assert parked is not None
    assert (parked.waiting_reason, parked.held) == (WaitingReason.SEQUENCE_PAUSED, True)


# --- held and put off --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("intervene", [pause, stop])
async def test_what_was_paused_or_ended_is_neither_held_nor_put_off(scene: Scene, intervene: Any) -> None:
    id = await scene.enrolled(email_step("One"))
    await intervene(scene, id)
    before = await scene.enrollment(id)
    async with scene.sessions.begin() as session:
        await executions.hold(session, id, WaitingReason.MAILBOX_ERROR, "535")
        await executions.reschedule(session, id, now=NOW, until=NOW + DAY, error="451")
        await executions.postpone(session, await enrollments.lock(session, id), NOW + DAY)
    assert await scene.enrollment(id) == before


async def test_an_email_that_a_server_put_off_is_due_later_and_says_why(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"))
    async with scene.sessions.begin() as session:
        standing = await executions.reschedule(session, id, now=NOW, until=NOW + HOUR, error="451")
    assert standing.plan is not None
    assert (standing.plan.due_at, standing.waiting_reason, standing.held) == (NOW + HOUR, WaitingReason.RETRY, False)
    (step_id,) = await scene.steps(id)
    await complete(scene, id, step_id)
    assert (await scene.enrollment(id)).waiting_reason is None


async def test_a_late_linkedin_step_waits_for_its_window_and_an_open_one_runs(scene: Scene) -> None:
    sequence = await scene.sequence(LINKEDIN, sending_window_start=time(9), sending_window_end=time(17))
    (id,) = await scene.enroll(sequence, await scene.contact())
    (step_id,) = await scene.steps(id)

    async def wait(now: datetime, grace: timedelta = timedelta(0)) -> Standing | None:
        async with scene.sessions.begin() as session:
            return await executions.wait_for_window(session, id, step_id, now, grace)

    evening = datetime(2026, 11, 23, 20, tzinfo=UTC)
    assert await wait(NOW) is None
    assert await wait(evening, grace=evening - NOW) is None
    standing = await wait(evening)
    assert standing is not None
    assert standing.plan is not None
    assert standing.plan.due_at == datetime(2026, 11, 24, 9, tzinfo=UTC)


async def test_a_task_waits_for_no_window(scene: Scene) -> None:
    sequence = await scene.sequence(TASK, sending_window_start=time(9), sending_window_end=time(17))
    (id,) = await scene.enroll(sequence, await scene.contact())
    (step_id,) = await scene.steps(id)
    evening = datetime(2026, 11, 23, 20, tzinfo=UTC)
    async with scene.sessions.begin() as session:
        assert await executions.wait_for_window(session, id, step_id, evening, timedelta(0)) is None


# --- steps that a person does ------------------------------------------------------------------------------------


async def test_a_task_is_opened_once_with_its_texts_filled(scene: Scene) -> None:
    id = await scene.enrolled({**CALL, "task_description": "{{ contact.job_title }}?", "task_due_days": 2})
    (step_id,) = await scene.steps(id)
    for _ in range(2):
        async with scene.sessions.begin() as session:
            opened = await task_opening.open_task(session, enrollment_id=id, step_id=step_id, now=NOW)
            assert opened is TaskType.CALL
    task = await scene.one("SELECT * FROM tasks WHERE enrollment_id = :id", id=id)
    assert (task.title, task.description) == ("Call Grace", "{{ contact.job_title }}?")
    assert (task.due_at, task.assignee_id, task.status) == (NOW + 2 * DAY, scene.tenant.user_id, "open")
    created = "SELECT count(*) FROM contact_activities WHERE activity_type = 'task_created' AND enrollment_id = :id"
    assert await scene.column(created, id=id) == [1]


async def test_a_task_that_is_done_goes_on_and_tells_the_workflow_once(scene: Scene) -> None:
    id = await scene.enrolled(CALL, email_step("One", delay_days=1))
    first, second = await scene.steps(id)
    for _ in range(2):
        async with scene.sessions.begin() as session:
            await executions.hold(session, id, WaitingReason.TASK)
            await executions.complete_awaited(
                session, enrollment_id=id, step_id=first, now=NOW, outcome=StepOutcome.EXECUTED
            )
    row = await scene.enrollment(id)
    assert (row.current_step_id, row.next_step_scheduled_at) == (second, NOW + DAY)
    assert await scene.letters(id) == ["enrollment.event"]


async def test_a_plain_task_is_not_waited_for(scene: Scene) -> None:
    id = await scene.enrolled(TASK, email_step("One"))
    (first, _) = await scene.steps(id)
    async with scene.sessions.begin() as session:
        await executions.complete_awaited(
            session, enrollment_id=id, step_id=first, now=NOW, outcome=StepOutcome.EXECUTED
        )
    assert (await scene.enrollment(id)).current_step_id == first
    assert await scene.letters(id) == []
