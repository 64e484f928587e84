"""Records the histories that test_replay replays: `pytest tests/workflows/record_histories.py`.

Run it when a workflow has changed on purpose; keep the old files as long as such workflows may still run.
"""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from db import enrollments
from domain.vocabulary import EnrollmentStatus, StepType, WaitingReason
from tests.factories import email_step
from tests.workflows.conftest import World
from tests.workflows.test_steps import OPENED, arrange, complete_open_task

HISTORIES = Path(__file__).with_name("histories")


async def record(world: World, enrollment_id: UUID, name: str) -> None:
    history = await world.workflow(enrollment_id).fetch_history()
    (HISTORIES / f"{name}.json").write_text(history.to_json() + "\n", encoding="utf-8")


async def test_record_emails_over_weeks(world: World) -> None:
    steps = [email_step("One"), {"step_type": StepType.DELAY, "delay_days": 2}, email_step(delay_days=7)]
    sequence, contact = await arrange(world, steps)
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await world.result(id)
    await record(world, id, "emails_over_weeks")


async def test_record_branches_and_skips(world: World) -> None:
    conditional = {
        "step_type": StepType.CONDITIONAL,
        "delay_days": 3,
        "conditions": {**OPENED, "on_false": {"go_to_step": 4}},
    }
    steps = [email_step("One"), conditional, email_step("Two"), email_step(conditions=OPENED), {"step_type": "task"}]
    sequence, contact = await arrange(world, steps)
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await world.result(id)
    await record(world, id, "branches_and_skips")


async def test_record_tasks_pause_and_resume(world: World) -> None:
    linkedin = {"step_type": StepType.LINKEDIN, "linkedin_action": "connect"}
    sequence, contact = await arrange(world, [linkedin, {"step_type": StepType.CALL}, email_step("Hello")])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await world.until(id, lambda p: p.waiting_reason is WaitingReason.TASK, order=1)
        now = world.resources.clock()
        async with world.sessions.begin() as session:
            await enrollments.pause(session, enrollment_id=id, now=now, resume_at=now + timedelta(days=30))
        await world.settle()
        await world.until(id, lambda p: p.status is EnrollmentStatus.ACTIVE, order=1)
        await complete_open_task(world, id)
        await world.until(id, lambda p: p.waiting_reason is WaitingReason.TASK, order=2)
        await complete_open_task(world, id)
        await world.result(id)
    await record(world, id, "tasks_pause_and_resume")


async def test_record_stop_before_it_began(world: World) -> None:
    sequence, contact = await arrange(world, [email_step("One", delay_days=30)])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        async with world.sessions.begin() as session:
            await enrollments.stop(session, enrollment_id=id, now=world.resources.clock())
        await world.settle()
        await world.result(id)
    await record(world, id, "stop_before_it_began")


async def test_record_cancel(world: World) -> None:
    sequence, contact = await arrange(world, [{"step_type": StepType.CALL}, email_step("One")])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await world.until(id, lambda p: p.waiting_reason is WaitingReason.TASK)
        await world.workflow(id).cancel()
        await world.result(id)
    await record(world, id, "cancel")
