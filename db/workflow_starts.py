"""From what row a workflow is started: the enrollment's plan and the ids for its search attributes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.enrollments import standing_of
from domain.enrollments import EnrollmentStart

_SELECT = """
    SELECT e.id, e.customer_id, e.sequence_id, e.email_account_id, e.status, e.waiting_reason, e.resume_at,
           e.completion_reason, e.current_step_id, e.next_step_scheduled_at, e.delay_until,
           e.last_step_completed_at,
           step.step_order, step.step_type, step.conditions IS NOT NULL AS conditional,
           (SELECT blocker FROM send_slots
            WHERE enrollment_id = e.id AND sequence_step_id = e.current_step_id) AS blocker
    FROM sequence_enrollments AS e LEFT JOIN sequence_steps AS step ON step.id = e.current_step_id"""


@dataclass(frozen=True, slots=True)
class WorkflowStart:
    """``start`` is None when the enrollment has ended; ``not_begun`` when no step of it was done yet."""

    enrollment_id: UUID
    start: EnrollmentStart | None
    customer_id: UUID
    sequence_id: UUID
    email_account_id: UUID | None
    not_begun: bool


async def load(session: AsyncSession, enrollment_ids: Sequence[UUID]) -> Mapping[UUID, WorkflowStart]:
    """The starts of those of the enrollments that exist."""
    rows = await session.execute(text(f"{_SELECT} WHERE e.id = ANY(:ids)"), {"ids": list(enrollment_ids)})
    return {row.id: _start(row) for row in rows}


async def overdue(
    session: AsyncSession, *, now: datetime, by: timedelta, after: UUID | None, limit: int
) -> list[WorkflowStart]:
    """Active enrollments whose step was due ``by`` ago and that wait for nothing: their workflow may be lost.

    In the order of their ids, from the one ``after``.
    """
    rows = await session.execute(
        text(
            f"""{_SELECT} WHERE e.status = 'active' AND e.next_step_scheduled_at < :limit_at
                AND (e.waiting_reason IS NULL OR e.waiting_reason = 'retry')
                AND (CAST(:after AS uuid) IS NULL OR e.id > :after)
                ORDER BY e.id LIMIT :limit"""
        ),
        {"limit_at": now - by, "after": after, "limit": limit},
    )
    return [_start(row) for row in rows]


async def open_among(session: AsyncSession, enrollment_ids: Sequence[UUID]) -> list[WorkflowStart]:
    """Those of the enrollments that are open."""
    starts = await load(session, enrollment_ids)
    return [start for start in starts.values() if start.start is not None]


async def mailboxes(session: AsyncSession) -> Sequence[Row[Any]]:
    """The mailboxes that are to be watched: id and customer."""
    return (await session.execute(text("SELECT id, customer_id FROM email_accounts WHERE imap_host IS NOT NULL"))).all()


def _start(row: Row[Any]) -> WorkflowStart:
    standing = standing_of(row)
    start = None if standing.ended or standing.plan is None else EnrollmentStart(row.id, standing.plan)
    return WorkflowStart(
        enrollment_id=row.id,
        start=start,
        customer_id=row.customer_id,
        sequence_id=row.sequence_id,
        email_account_id=row.email_account_id,
        not_begun=row.last_step_completed_at is None,
    )
