"""Opening the task of a step: its texts are the step's templates, filled for the contact."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.sending import templates
from domain.vocabulary import StepType, TaskType

_TYPES = {StepType.TASK: TaskType.TASK, StepType.LINKEDIN: TaskType.LINKEDIN, StepType.CALL: TaskType.CALL}


async def open_task(session: AsyncSession, *, enrollment_id: UUID, step_id: UUID, now: datetime) -> TaskType:
    """Open the task of the step for the enrollment and record it, unless it is open already; answers its type."""
    row = (
        await session.execute(
            text(
                """SELECT step.*, sequence.workspace_id, sequence.owner_id, sequence.name AS sequence_name,
                          e.customer_id AS tenant_id, e.contact_id, to_jsonb(contact) AS contact
                   FROM sequence_enrollments AS e
                   JOIN contacts AS contact ON contact.id = e.contact_id
                   JOIN sequences AS sequence ON sequence.id = e.sequence_id
                   JOIN sequence_steps AS step ON step.id = :step_id
                   WHERE e.id = :enrollment_id"""
            ),
            {"enrollment_id": enrollment_id, "step_id": step_id},
        )
    ).one()
    task_type = _TYPES[StepType(row.step_type)]
    values = {"contact": row.contact, "sequence": {"name": row.sequence_name}}
    action = f"LinkedIn: {str(row.linkedin_action or 'message').replace('_', ' ')}"
    title = row.task_title or (action if task_type is TaskType.LINKEDIN else str(row.step_type).capitalize())
    opened = await session.execute(
        text(
            """INSERT INTO tasks
                 (customer_id, workspace_id, enrollment_id, sequence_step_id, contact_id, task_type, title, description,
                  linkedin_action, assignee_id, due_at, created_at)
               VALUES (:customer_id, :workspace_id, :enrollment_id, :step_id, :contact_id, :task_type, :title,
                       :description, :linkedin_action, :assignee_id,
                       CAST(:now AS timestamptz) + make_interval(days => :due_days), :now)
               ON CONFLICT (enrollment_id, sequence_step_id) DO NOTHING RETURNING id"""
        ),
        {
            "customer_id": row.tenant_id,
            "workspace_id": row.workspace_id,
            "enrollment_id": enrollment_id,
            "step_id": step_id,
            "contact_id": row.contact_id,
            "task_type": task_type,
            "title": _filled(title, values),
            "description": _filled(row.linkedin_message or row.task_description or "", values) or None,
            "linkedin_action": row.linkedin_action,
            "assignee_id": row.task_assignee_id or row.owner_id,
            "due_days": row.task_due_days or 0,
            "now": now,
        },
    )
    task_id = opened.scalar_one_or_none()
    if task_id is not None:
        await _record_opened(session, row.contact_id, enrollment_id, step_id, task_id, now)
    return task_type


def _filled(template: str, values: Mapping[str, object]) -> str:
    """The text for a person; one that cannot be filled is shown as it was written, braces and all."""
    try:
        return templates.render(template, values)
    except (templates.MissingVariable, templates.TemplateProblem):
        return template


async def _record_opened(
    session: AsyncSession, contact_id: UUID, enrollment_id: UUID, step_id: UUID, task_id: UUID, now: datetime
) -> None:
    await session.execute(
        text(
            """INSERT INTO contact_activities
                 (contact_id, customer_id, activity_type, activity_subtype, sequence_id, sequence_step_id,
                  enrollment_id, metadata, occurred_at)
               SELECT :contact_id, tasks.customer_id, 'task_created', task_type, sequence_id, :step_id, :enrollment_id,
                      jsonb_build_object('task_id', tasks.id), :now
               FROM tasks JOIN sequence_steps AS step ON step.id = tasks.sequence_step_id
               WHERE tasks.id = :task_id"""
        ),
        {
            "contact_id": contact_id,
            "enrollment_id": enrollment_id,
            "step_id": step_id,
            "task_id": task_id,
            "now": now,
        },
    )
