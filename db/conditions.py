"""The facts that a step's conditions ask for, read at the moment they are evaluated."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.filtering.conditions import Facts, by_machine

_FIELDS = {
    "email_opened": "email_opened",
    "email_clicked": "email_clicked",
    "email_replied": "email_replied",
    "email_bounced": "email_bounced",
    "linkedin_connected": "linkedin_connected",
}
"""Activity types and the condition fields that they make true."""


async def facts(session: AsyncSession, enrollment_id: UUID, *, now: datetime) -> Facts | None:
    """What is known of the enrollment at ``now``; None when it is gone."""
    row = (
        await session.execute(
            text(
                """SELECT to_jsonb(contact) AS contact,
                          extract(epoch FROM CAST(:now AS timestamptz) - contact.last_contacted_at) / 86400 AS days
                   FROM sequence_enrollments AS e JOIN contacts AS contact ON contact.id = e.contact_id
                   WHERE e.id = :id"""
            ),
            {"id": enrollment_id, "now": now},
        )
    ).one_or_none()
    if row is None:
        return None
    engagement = {**await _activities(session, enrollment_id), **await _tasks(session, enrollment_id)}
    return Facts(row.contact, engagement, None if row.days is None else float(row.days))


async def _activities(session: AsyncSession, enrollment_id: UUID) -> Mapping[tuple[str, int | None], Any]:
    rows = await session.execute(
        text(
            """SELECT DISTINCT activity.activity_type, step.step_order,
                      activity.activity_type IN ('email_opened', 'email_clicked')
                        AND coalesce(activity.activity_subtype, 'human') <> 'human' AS by_machine
               FROM sequence_enrollments AS e
               JOIN contact_activities AS activity
                 ON activity.contact_id = e.contact_id AND activity.sequence_id = e.sequence_id
                AND activity.occurred_at >= e.enrolled_at
               LEFT JOIN sequence_steps AS step ON step.id = activity.sequence_step_id
               WHERE e.id = :id AND activity.activity_type = ANY(CAST(:types AS activity_type_enum[]))"""
        ),
        {"id": enrollment_id, "types": list(_FIELDS)},
    )
    engaged: dict[tuple[str, int | None], Any] = {}
    for row in rows:
        field = _FIELDS[row.activity_type]
        name = by_machine(field) if row.by_machine else field
        engaged[name, row.step_order] = engaged[name, None] = True
    return engaged


async def _tasks(session: AsyncSession, enrollment_id: UUID) -> Mapping[tuple[str, int | None], Any]:
    rows = await session.execute(
        text(
            """SELECT task.task_type, task.outcome, step.step_order
               FROM tasks AS task LEFT JOIN sequence_steps AS step ON step.id = task.sequence_step_id
               WHERE task.enrollment_id = :id AND task.status = 'completed' ORDER BY task.completed_at"""
        ),
        {"id": enrollment_id},
    )
    done: dict[tuple[str, int | None], Any] = {}
    for row in rows:
        for order in (row.step_order, None):
            done["task_completed", order] = True
            done["call_outcome" if row.task_type == "call" else "task_outcome", order] = row.outcome
    return done
