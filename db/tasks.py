"""Tasks that steps ask of people: listed, completed and skipped; the enrollment that waits for one goes on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import enrollments, executions
from db.models import ContactActivity, SequenceEnrollment, SequenceStep, Task
from db.tenancy import require
from domain.lifecycle import OPEN_ENROLLMENT, move_task
from domain.vocabulary import (
    ActivityType,
    EnrollmentStatus,
    LinkedinAction,
    StepOutcome,
    TaskStatus,
    TaskType,
)


def listing(
    *,
    customer_id: UUID,
    status: TaskStatus | None = None,
    task_type: TaskType | None = None,
    assignee_id: UUID | None = None,
    contact_id: UUID | None = None,
    enrollment_id: UUID | None = None,
    sequence_id: UUID | None = None,
) -> Select[Task]:
    """The customer's tasks that fit every filter that is given."""
    wanted = {
        Task.status: status,
        Task.task_type: task_type,
        Task.assignee_id: assignee_id,
        Task.contact_id: contact_id,
        Task.enrollment_id: enrollment_id,
    }
    statement = select(Task).where(Task.customer_id == customer_id)
    statement = statement.where(*(column == value for column, value in wanted.items() if value is not None))
    if sequence_id is not None:
        enrolled = select(SequenceEnrollment.id).where(SequenceEnrollment.sequence_id == sequence_id)
        statement = statement.where(Task.enrollment_id.in_(enrolled))
    return statement


async def finish(
    session: AsyncSession,
    *,
    customer_id: UUID,
    task_id: UUID,
    user_id: UUID,
    target: TaskStatus,
    outcome: str | None = None,
    notes: str | None = None,
    now: datetime,
) -> Task:
    """Complete or skip an open task and let its enrollment go on.

    A completed call or LinkedIn action is recorded as an activity of the contact. Raises ``NotFound`` and
    ``Conflict``.
    """
    task = await require(session, Task, task_id, customer_id, "task")
    # Rows are locked in the order enrollment, task: an enrollment that ends cancels its tasks.
    enrollment = await enrollments.lock(session, task.enrollment_id, customer_id)
    task = await require(session, Task, task_id, customer_id, "task", lock=True)
    task.status = move_task(task.status, target)
    task.completed_at, task.completed_by = now, user_id
    task.outcome, task.notes = outcome, notes
    if target is TaskStatus.COMPLETED:
        _record(session, task, enrollment, now)
    await session.flush()
    await _go_on(session, task, enrollment, now)
    return task


async def _go_on(session: AsyncSession, task: Task, enrollment: Row[Any], now: datetime) -> None:
    if task.sequence_step_id is None:
        return
    if task.task_type is TaskType.TASK:
        # Nobody waits for a plain task itself, but conditions may speak of it.
        if EnrollmentStatus(enrollment.status) in OPEN_ENROLLMENT:
            order = await session.scalar(
                select(SequenceStep.step_order).where(SequenceStep.id == task.sequence_step_id)
            )
            await enrollments.tell_event(session, enrollment, f"task_{task.status}", order)
        return
    outcome = StepOutcome.EXECUTED if task.status is TaskStatus.COMPLETED else StepOutcome.SKIPPED
    await executions.complete_awaited(
        session,
        enrollment_id=task.enrollment_id,
        step_id=task.sequence_step_id,
        now=now,
        outcome=outcome,
    )


def _record(session: AsyncSession, task: Task, enrollment: Row[Any], now: datetime) -> None:
    kind = _activity_of(task)
    if kind is not None:
        session.add(
            ContactActivity(
                contact_id=task.contact_id,
                customer_id=task.customer_id,
                activity_type=kind,
                activity_subtype=task.outcome,
                sequence_id=enrollment.sequence_id,
                sequence_step_id=task.sequence_step_id,
                enrollment_id=task.enrollment_id,
                occurred_at=now,
                metadata_={"task_id": str(task.id)},
            )
        )


def _activity_of(task: Task) -> ActivityType | None:
    """What the completed task is to the contact; a plain task and a LinkedIn message have no activity type."""
    if task.task_type is TaskType.CALL:
        return ActivityType.CALL_COMPLETED
    if task.task_type is TaskType.LINKEDIN:
        return {
            LinkedinAction.CONNECT: ActivityType.LINKEDIN_CONNECTED,
            LinkedinAction.VIEW_PROFILE: ActivityType.LINKEDIN_VIEWED,
        }.get(task.linkedin_action or LinkedinAction.MESSAGE)
    return None
