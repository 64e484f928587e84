"""Pause, resume, stop and remove: the row moves by the table of states, and the workflow is told."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from db import enrollments, executions, task_opening
from domain.enrollments import Standing
from domain.errors import Conflict, NotFound
from domain.vocabulary import CompletionReason, EnrollmentStatus, StepType, WaitingReason
from tests.db.conftest import DAY, HOUR, NOW, Scene
from tests.factories import email_step

OPENED = {"conditions": [{"field": "email_opened", "operator": "equals", "value": True}]}
CALL = {"step_type": StepType.CALL, "task_title": "Call"}


async def pause(scene: Scene, id: UUID, **how: Any) -> None:
    async with scene.sessions.begin() as session:
        await enrollments.pause(session, **{"enrollment_id": id, "now": NOW, **how})


async def resume(scene: Scene, id: UUID, **how: Any) -> None:
    async with scene.sessions.begin() as session:
        await enrollments.resume(session, **{"enrollment_id": id, "now": NOW, **how})


async def stop(scene: Scene, id: UUID, **how: Any) -> None:
    async with scene.sessions.begin() as session:
        await enrollments.stop(session, **{"enrollment_id": id, "now": NOW, **how})


async def wait_for_call(scene: Scene, id: UUID) -> None:
    """The enrollment waits for the task of its current step."""
    async with scene.sessions.begin() as session:
        (step_id, *_) = await scene.steps(id)
        await task_opening.open_task(session, enrollment_id=id, step_id=step_id, now=NOW)
        await executions.hold(session, id, WaitingReason.TASK)


async def test_a_row_that_was_waited_for_is_read_with_the_step_that_it_has_then(scene: Scene) -> None:
    id = await scene.enrolled(CALL, email_step("Hello", conditions=OPENED))
    first, second = await scene.steps(id)

    async def read() -> Standing:
        async with scene.sessions.begin() as session:
            return enrollments.standing_of(await enrollments.lock(session, id))

    async with scene.sessions.begin() as session:
        await executions.complete_step(session, enrollment_id=id, step_id=first, now=NOW)
        reading = asyncio.create_task(read())
        await asyncio.sleep(0.05)
        assert not reading.done()
    plan = (await reading).plan
    assert plan is not None
    assert (plan.step_id, plan.step_order, plan.step_type, plan.conditional) == (second, 2, StepType.EMAIL, True)


# --- pause and resume --------------------------------------------------------------------------------------------


async def test_a_pause_freezes_what_is_left_and_a_resume_goes_on_with_exactly_that(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello", delay_days=2))
    moment = NOW + timedelta(hours=5, minutes=7, seconds=11, microseconds=123_457)
    await pause(scene, id, now=moment)
    row = await scene.enrollment(id)
    assert (row.status, row.waiting_reason, row.paused_at) == ("paused", "paused", moment)
    await resume(scene, id, now=moment + 40 * DAY)
    row = await scene.enrollment(id)
    assert (row.status, row.waiting_reason, row.paused_at, row.remaining_seconds) == ("active", None, None, None)
    assert row.next_step_scheduled_at == NOW + 42 * DAY
    assert await scene.letters(id) == ["enrollment.pause", "enrollment.resume"]


async def test_a_second_pause_freezes_what_was_left_of_the_rest(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello", delay_days=2))
    await pause(scene, id, now=NOW + DAY)
    await resume(scene, id, now=NOW + 10 * DAY)
    await pause(scene, id, now=NOW + 10 * DAY + HOUR)
    await resume(scene, id, now=NOW + 20 * DAY)
    assert (await scene.enrollment(id)).next_step_scheduled_at == NOW + 21 * DAY - HOUR


async def test_nothing_is_left_of_a_delay_that_was_over(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello"))
    await pause(scene, id, now=NOW + DAY)
    assert (await scene.enrollment(id)).remaining_seconds == 0
    await resume(scene, id, now=NOW + 2 * DAY)
    assert (await scene.enrollment(id)).next_step_scheduled_at == NOW + 2 * DAY


async def test_a_resume_at_once_gives_up_the_rest_of_the_delay(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello", delay_days=2))
    await pause(scene, id)
    await resume(scene, id, now=NOW + HOUR, at_once=True)
    assert (await scene.enrollment(id)).next_step_scheduled_at == NOW + HOUR


async def test_a_pause_may_name_its_end_reason_and_error(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello"))
    await pause(scene, id, resume_at=NOW + DAY, reason=WaitingReason.MISSING_VARIABLE, error="No value", tell=False)
    row = await scene.enrollment(id)
    assert (row.resume_at, row.waiting_reason, row.last_error) == (NOW + DAY, "missing_variable", "No value")
    assert await scene.letters(id) == []
    async with scene.sessions() as session:
        standing = await enrollments.standing(session, id)
    assert (standing.status, standing.resume_at, standing.held) == (EnrollmentStatus.PAUSED, NOW + DAY, True)
    await resume(scene, id)
    row = await scene.enrollment(id)
    assert (row.resume_at, row.last_error) == (None, None)


async def test_what_is_paused_cannot_be_paused_and_what_runs_cannot_be_resumed(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello"))
    with pytest.raises(Conflict) as raised:
        await resume(scene, id)
    assert raised.value.code == "enrollment.wrong_state"
    await pause(scene, id)
    with pytest.raises(Conflict, match="is paused and cannot become paused"):
        await pause(scene, id, now=NOW + DAY)
    assert (await scene.enrollment(id)).paused_at == NOW
    assert await scene.letters(id) == ["enrollment.pause"]


async def test_a_resumed_enrollment_still_waits_for_its_open_task(scene: Scene) -> None:
    id = await scene.enrolled(CALL, email_step("Hello"))
    await wait_for_call(scene, id)
    await pause(scene, id)
    assert (await scene.enrollment(id)).waiting_reason == "paused"
    await resume(scene, id)
    assert (await scene.enrollment(id)).waiting_reason == "task"


async def test_a_resumed_enrollment_does_not_wait_for_a_task_that_is_closed(scene: Scene) -> None:
    id = await scene.enrolled(CALL, email_step("Hello"))
    await wait_for_call(scene, id)
    await pause(scene, id)
    await scene.execute("UPDATE tasks SET status = 'completed' WHERE enrollment_id = :id", id=id)
    await resume(scene, id)
    assert (await scene.enrollment(id)).waiting_reason is None


# --- stop and remove ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("paused", [False, True])
async def test_a_stop_ends_an_open_enrollment_and_cancels_what_it_waits_for(scene: Scene, paused: bool) -> None:
    id = await scene.enrolled(CALL, email_step("Hello"))
    await wait_for_call(scene, id)
    if paused:
        await pause(scene, id, resume_at=NOW + DAY)
    await stop(scene, id, now=NOW + HOUR)
    row = await scene.enrollment(id)
    assert (row.status, row.completion_reason, row.completed_at) == ("stopped", "manual_stop", NOW + HOUR)
    assert (row.next_step_scheduled_at, row.waiting_reason, row.resume_at, row.paused_at) == (None, None, None, None)
    assert await scene.column("SELECT status FROM tasks WHERE enrollment_id = :id", id=id) == ["cancelled"]
    assert (await scene.letters(id))[-1] == "enrollment.stop"


@pytest.mark.parametrize("deed", [pause, resume, stop])
async def test_what_has_ended_stays_as_it_ended(scene: Scene, deed: Callable[[Scene, UUID], Awaitable[None]]) -> None:
    id = await scene.enrolled(email_step("Hello"))
    await stop(scene, id)
    before = await scene.enrollment(id)
    with pytest.raises(Conflict, match="is stopped"):
        await deed(scene, id)
    assert await scene.enrollment(id) == before


@pytest.mark.parametrize("deed", [pause, resume, stop])
async def test_an_enrollment_of_another_customer_does_not_exist(
    scene: Scene, other: Scene, deed: Callable[..., Awaitable[None]]
) -> None:
    id = await scene.enrolled(email_step("Hello"))
    with pytest.raises(NotFound):
        await deed(scene, id, customer_id=other.tenant.customer_id)
    with pytest.raises(NotFound):
        await deed(scene, uuid4())
    assert (await scene.enrollment(id)).status == "active"


async def test_a_removed_enrollment_is_stopped_and_gone_and_its_messages_stay(scene: Scene) -> None:
    sequence, contact = await scene.sequence(email_step("Hello")), await scene.contact()
    (id,) = await scene.enroll(sequence, contact)
    message = await scene.sent(id)
    async with scene.sessions.begin() as session:
        await enrollments.remove(session, customer_id=scene.tenant.customer_id, enrollment_id=id, now=NOW)
    assert await scene.column("SELECT id FROM sequence_enrollments WHERE id = :id", id=id) == []
    assert await scene.column("SELECT total_enrolled FROM sequences WHERE id = :id", id=sequence.id) == [0]
    assert await scene.column("SELECT status FROM email_messages WHERE id = :id", id=message.id) == ["sent"]
    assert await scene.letters(id) == ["enrollment.stop"]
    async with scene.sessions() as session:
        assert (await enrollments.standing(session, id)).ended
    assert len(await scene.enroll(sequence, contact)) == 1


async def test_an_ended_enrollment_is_removed_without_a_letter(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello"))
    await stop(scene, id)
    async with scene.sessions.begin() as session:
        with pytest.raises(NotFound):
            await enrollments.remove(session, customer_id=uuid4(), enrollment_id=id, now=NOW)
        await enrollments.remove(session, customer_id=scene.tenant.customer_id, enrollment_id=id, now=NOW)
    assert await scene.letters(id) == ["enrollment.stop"]


# --- many at once ------------------------------------------------------------------------------------------------


async def test_stopping_all_of_a_sequence_ends_the_open_ones_and_tells_each(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    ids = await scene.enroll(sequence, *await scene.contacts(4))
    bystander = await scene.enrolled(email_step("Hello"))
    await pause(scene, ids[0])
    await stop(scene, ids[1])
    async with scene.sessions.begin() as session:
        assert await enrollments.stop_all(session, sequence_id=sequence.id, now=NOW) == 3
        assert await enrollments.stop_all(session, sequence_id=sequence.id, now=NOW) == 0
    assert {(await scene.enrollment(id)).status for id in ids} == {"stopped"}
    assert [(await scene.letters(id)).count("enrollment.stop") for id in ids] == [1, 1, 1, 1]
    assert (await scene.enrollment(bystander)).status == "active"


@pytest.mark.parametrize("flag", ["always", "stop_on_reply", "stop_on_bounce", "stop_on_unsubscribe"])
async def test_ending_for_a_contact_heeds_the_flag_of_each_sequence(scene: Scene, flag: str) -> None:
    contact = await scene.contact()
    columns = {} if flag == "always" else {flag: False}
    (set_,) = await scene.enroll(await scene.sequence(email_step("Hello")), contact)
    (unset,) = await scene.enroll(await scene.sequence(email_step("Hello"), **columns), contact)
    bystander = await scene.enrolled(email_step("Hello"))
    async with scene.sessions.begin() as session:
        ended = await enrollments.end_among(
            session,
            await enrollments.lock_of_contact(session, contact.id),
            now=NOW,
            status=EnrollmentStatus.UNSUBSCRIBED,
            reason=CompletionReason.UNSUBSCRIBED,
            only_if=flag,
        )
    assert ended == (2 if flag == "always" else 1)
    row = await scene.enrollment(set_)
    assert (row.status, row.completion_reason) == ("unsubscribed", "unsubscribed")
    assert (await scene.enrollment(unset)).status == ("unsubscribed" if flag == "always" else "active")
    assert (await scene.enrollment(bystander)).status == "active"
    assert await scene.letters(set_) == ["enrollment.event"]


async def test_a_flag_that_there_is_not_is_an_error(scene: Scene) -> None:
    async with scene.sessions() as session:
        with pytest.raises(ValueError, match="only_if"):
            await enrollments.end_among(
                session,
                [],
                now=NOW,
                status=EnrollmentStatus.STOPPED,
                reason=CompletionReason.MANUAL_STOP,
                only_if="true; DROP TABLE contacts",
            )
