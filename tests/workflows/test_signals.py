"""Pause, resume and stop, from the API and from the Temporal UI; and what brings row and workflow together."""

from temporalio.client import WorkflowExecutionStatus

from db import enrollments, sequences
from domain.vocabulary import CompletionReason, EnrollmentStatus, SequenceStatus, StepType, WaitingReason
from tests.factories import column, email_step, make_contact, make_sequence
from tests.workflows.conftest import World
from tests.workflows.test_steps import arrange
from workflows.client import CUSTOMER, MAILBOX, SEQUENCE
from workflows.enrollment import EnrollmentWorkflow
from workflows.reconciler import Reconciler

CALL_THEN_EMAIL = [{"step_type": StepType.CALL}, email_step("Hello")]
"""The call holds the enrollment without a timer, so that skipped time stands still until the test goes on."""


async def status_of(world: World, enrollment_id: object) -> str:
    async with world.sessions() as session:
        (status,) = await column(session, "SELECT status FROM sequence_enrollments WHERE id = :id", id=enrollment_id)
    return str(status)


async def test_a_stop_during_the_start_delay_ends_the_workflow_at_once(world: World) -> None:
    sequence, contact = await arrange(world, [email_step("Hello", delay_days=30)])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        async with world.sessions.begin() as session:
            await enrollments.stop(session, enrollment_id=id, now=world.resources.clock())
        await world.settle()
        result = await world.result(id)
    assert (result.status, result.completion_reason) == (EnrollmentStatus.STOPPED, CompletionReason.MANUAL_STOP)
    assert world.received_by(contact) == []


async def test_a_stop_that_was_acknowledged_beats_a_send_even_while_no_worker_is_up(world: World) -> None:
    sequence, contact = await arrange(world, [email_step("Hello")])
    (id,) = await world.enroll(sequence, contact)
    async with world.sessions.begin() as session:
        await enrollments.stop(session, enrollment_id=id, now=world.resources.clock())
    async with world.working():
        await world.result(id)
    assert world.received_by(contact) == []


async def test_a_paused_enrollment_sends_nothing_until_it_is_resumed(world: World) -> None:
    sequence, contact = await arrange(world, [email_step("Hello")])
    (id,) = await world.enroll(sequence, contact)
    async with world.sessions.begin() as session:
        await enrollments.pause(session, enrollment_id=id, now=world.resources.clock())
    async with world.working():
        await world.settle()
        await world.until(id, lambda p: p.status is EnrollmentStatus.PAUSED)
        assert world.received_by(contact) == []
        await world.resume(id)
        await world.result(id)
    assert len(world.received_by(contact)) == 1


async def test_a_pause_with_an_end_resumes_by_itself(world: World) -> None:
    sequence, contact = await arrange(world, [email_step("Hello")])
    (id,) = await world.enroll(sequence, contact)
    now = world.resources.clock()
    async with world.sessions.begin() as session:
        await enrollments.pause(session, enrollment_id=id, now=now, resume_at=now.replace(year=now.year + 1))
    async with world.working():
        await world.result(id)
    async with world.sessions() as session:
        (sent_at,) = await column(session, "SELECT sent_at FROM email_messages")
    assert sent_at.year == now.year + 1


async def test_pause_resume_and_stop_from_the_temporal_ui_move_the_row(world: World) -> None:
    sequence, contact = await arrange(world, CALL_THEN_EMAIL)
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        handle = world.workflow(id)
        await world.until(id, lambda p: p.waiting_reason is WaitingReason.TASK)
        await handle.signal(EnrollmentWorkflow.pause)
        await world.until(id, lambda p: p.status is EnrollmentStatus.PAUSED)
        assert await status_of(world, id) == "paused"
        await handle.signal(EnrollmentWorkflow.resume)
        await world.until(id, lambda p: p.status is EnrollmentStatus.ACTIVE)
        assert await status_of(world, id) == "active"
        await handle.signal(EnrollmentWorkflow.stop)
        result = await world.result(id)
    assert result.completion_reason is CompletionReason.MANUAL_STOP
    assert await status_of(world, id) == "stopped"
    assert world.received_by(contact) == []


async def test_a_cancel_from_the_temporal_ui_stops_the_enrollment(world: World) -> None:
    sequence, contact = await arrange(world, CALL_THEN_EMAIL)
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await world.until(id, lambda p: p.waiting_reason is WaitingReason.TASK)
        await world.workflow(id).cancel()
        result = await world.result(id)
    assert result.status is EnrollmentStatus.STOPPED
    assert await status_of(world, id) == "stopped"


async def test_an_enrollment_of_a_paused_sequence_parks_and_goes_on_when_it_is_resumed(world: World) -> None:
    async with world.sessions.begin() as session:
        sequence = await make_sequence(
            session, world.tenant, [email_step("Hello")], mailbox=world.mailbox, status=SequenceStatus.PAUSED
        )
        contact = await make_contact(session, world.tenant)
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await world.until(id, lambda p: p.waiting_reason is WaitingReason.SEQUENCE_PAUSED)
        async with world.sessions.begin() as session:
            await sequences.resume(
                session,
                customer_id=world.tenant.customer_id,
                sequence_id=sequence.id,
                user_id=world.tenant.user_id,
                now=world.resources.clock(),
            )
        await world.settle()
        await world.result(id)
    assert len(world.received_by(contact)) == 1


async def test_a_workflow_that_was_terminated_is_started_again_and_sends_nothing_twice(world: World) -> None:
    steps = [email_step("Hello"), {"step_type": StepType.CALL}, email_step("Bye")]
    sequence, contact = await arrange(world, steps)
    reconciler = Reconciler(world.sessions, world.client, world.resources.clock, world.resources.scale)
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await world.until(id, lambda p: p.waiting_reason is WaitingReason.TASK)
        await world.workflow(id).terminate("by mistake")
        while (await world.workflow(id).describe()).status is WorkflowExecutionStatus.RUNNING:
            pass
        for _ in range(50):
            if await reconciler.reconcile():
                break
        await world.until(id, lambda p: p.waiting_reason is WaitingReason.TASK)
    assert len(world.received_by(contact)) == 1


async def test_ops_find_an_enrollment_by_customer_sequence_and_mailbox(world: World) -> None:
    sequence, contact = await arrange(world, CALL_THEN_EMAIL)
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await world.until(id, lambda p: p.waiting_reason is WaitingReason.TASK)
        description = await world.workflow(id).describe()
    attributes = description.typed_search_attributes
    assert attributes[CUSTOMER] == str(world.tenant.customer_id)
    assert attributes[SEQUENCE] == str(sequence.id)
    assert attributes[MAILBOX] == str(world.mailbox.id)
