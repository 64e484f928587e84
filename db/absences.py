"""Absences of contacts: their enrollments are paused until the day after, and go on by themselves."""

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import enrollments
from db.contact_zones import KNOWN_ZONE
from domain.scheduling.schedule import moment
from domain.scheduling.zones import day_number, step_zone
from domain.vocabulary import EnrollmentStatus, WaitingReason

LONGEST = timedelta(days=366)
"""A date that is further away is believed as little as none."""

_OPEN = text(
    f"""SELECT e.id, e.customer_id, e.status, e.waiting_reason, e.resume_at, {KNOWN_ZONE} AS timezone,
              sequence.sending_timezone, workspace.out_of_office_days
       FROM sequence_enrollments AS e
       JOIN contacts AS contact ON contact.id = e.contact_id
       JOIN sequences AS sequence ON sequence.id = e.sequence_id
       JOIN workspaces AS workspace ON workspace.id = sequence.workspace_id
       WHERE e.contact_id = :contact_id AND sequence.workspace_id = :workspace_id AND e.status IN ('active', 'paused')
       ORDER BY e.id FOR UPDATE OF e"""
)
_EXTEND = text("UPDATE sequence_enrollments SET resume_at = :resume_at WHERE id = :id")


async def pause_for(session: AsyncSession, message: Row[Any], until: date | None, now: datetime) -> None:
    """The recipient of ``message`` is away: pause what is active of theirs in its workspace, and no more.

    ``until`` is the last day away; None, or one too far to be believed: the workspace's days from now. A pause for an
    earlier absence is extended if this one ends later; one by a person stays as it is. An absence that is over already
    pauses nothing.
    """
    rows = await session.execute(_OPEN, {"contact_id": message.contact_id, "workspace_id": message.workspace_id})
    for row in rows.all():
        back = _back(row, until, now)
        if back <= now:
            continue
        if row.status == EnrollmentStatus.ACTIVE:
            reason = WaitingReason.OUT_OF_OFFICE
            await enrollments.pause(session, enrollment_id=row.id, now=now, resume_at=back, reason=reason)
        elif row.waiting_reason == WaitingReason.OUT_OF_OFFICE and (row.resume_at is None or row.resume_at < back):
            await session.execute(_EXTEND, {"id": row.id, "resume_at": back})
            await enrollments.tell_event(session, row, "out_of_office", None)


def _back(row: Row[Any], until: date | None, now: datetime) -> datetime:
    """The first instant of the day after the absence where the contact is, else where the sequence is sent from."""
    if until is None or until > (now + LONGEST).date():
        return now + timedelta(days=row.out_of_office_days)
    zone = step_zone(row.timezone, row.sending_timezone, of_contact=True)
    return moment(zone.day_start(day_number(until) + 1))
