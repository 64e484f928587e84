"""What happens in the middle of a delay: pauses freeze it, events end a conditional's waiting."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from db import enrollments
from domain.enrollments import Progress
from domain.vocabulary import EnrollmentStatus, StepType
from tests.factories import column, email_step
from tests.workflows.conftest import World
from tests.workflows.test_steps import OPENED, arrange, outcomes


async def waiting_for(world: World, enrollment_id: UUID, order: int) -> Progress:
    return await world.until(enrollment_id, lambda progress: progress.due_at is not None, order=order)


async def test_a_pause_freezes_what_is_left_of_the_delay(still_world: World) -> None:
    world = still_world
    sequence, contact = await arrange(world, [email_step("One"), email_step(delay_days=3)])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        due = (await waiting_for(world, id, 2)).due_at
        assert due is not None
        paused_at = due - timedelta(days=2)
        async with world.sessions.begin() as session:
            await enrollments.pause(session, enrollment_id=id, now=paused_at)
        await world.settle()
        await world.until(id, lambda progress: progress.status is EnrollmentStatus.PAUSED)
        resumed_at = paused_at + timedelta(days=10)
        async with world.sessions.begin() as session:
            await enrollments.resume(session, enrollment_id=id, now=resumed_at)
        await world.settle()
        progress = await world.until(id, lambda progress: progress.status is EnrollmentStatus.ACTIVE)
        assert progress.due_at == resumed_at + timedelta(days=2)
        await world.skip(timedelta(days=14))
        await world.result(id)
    assert len(world.received_by(contact)) == 2


async def test_an_event_ends_a_conditionals_waiting_at_that_moment(still_world: World) -> None:
    world = still_world
    conditional = {
        "step_type": StepType.CONDITIONAL,
        "delay_days": 30,
        "conditions": {**OPENED, "on_false": {"finish": True}},
    }
    sequence, contact = await arrange(world, [email_step("One"), conditional, email_step("Two")])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await waiting_for(world, id, 2)
        await record_open(world, id, world.resources.clock())
        await world.result(id)
    assert await outcomes(world, id) == {1: "executed", 2: "executed", 3: "executed"}
    async with world.sessions() as session:
        (span,) = await column(
            session,
            """SELECT completed_at - (SELECT min(sent_at) FROM email_messages)
               FROM sequence_enrollments WHERE id = :id""",
            id=id,
        )
    assert span < timedelta(days=1)


async def record_open(world: World, enrollment_id: UUID, now: datetime) -> None:
    """An open of the first email, as a tracking pixel would record it."""
    async with world.sessions.begin() as session:
        await session.execute(
            text(
                """INSERT INTO contact_activities
                     (contact_id, customer_id, activity_type, sequence_id, sequence_step_id, enrollment_id, occurred_at)
                   SELECT contact_id, customer_id, 'email_opened', sequence_id, sequence_step_id, enrollment_id, :now
                   FROM email_messages WHERE enrollment_id = :id"""
            ),
            {"id": enrollment_id, "now": now},
        )
        row = await enrollments.lock(session, enrollment_id)
        await enrollments.tell_event(session, row, "email_opened", 1)
    await world.settle()


async def test_weeks_pass_on_the_server_with_one_clock_too(still_world: World) -> None:
    world = still_world
    sequence, contact = await arrange(world, [email_step("One"), email_step(delay_days=7)])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await waiting_for(world, id, 2)
        await world.skip(timedelta(days=8))
        await world.result(id)
    assert len(world.received_by(contact)) == 2
