"""Who joins a list with ``enroll_sequence_id`` is enrolled there, once, by whoever works off those who wait.

A join marks the membership in its own transaction, so that no crash loses it; who leaves before waits no longer, and
who was on the list before it had a sequence was never marked. Who may not be enrolled is refused as anywhere.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import enrolling
from domain.vocabulary import EnrollmentSource

BATCH = 1_000
"""Members that are enrolled in one transaction."""

_WAITING = text(
    """SELECT list.id, list.customer_id, list.enroll_sequence_id AS sequence_id
       FROM contact_lists AS list JOIN sequences AS sequence ON sequence.id = list.enroll_sequence_id
       WHERE list.enroll_sequence_id IS NOT NULL AND sequence.status = ANY(CAST(:accepting AS sequence_status_enum[]))
         AND EXISTS (SELECT FROM contact_list_memberships WHERE list_id = list.id AND awaits_enrollment)"""
)
_NEXT = text(
    """SELECT membership.contact_id
       FROM contact_list_memberships AS membership JOIN contact_lists AS list ON list.id = membership.list_id
       WHERE list.id = :id AND list.enroll_sequence_id = :sequence_id AND membership.awaits_enrollment
       ORDER BY membership.added_at, membership.id LIMIT :limit"""
)
_DONE = text(
    """UPDATE contact_list_memberships SET awaits_enrollment = false
       WHERE list_id = :id AND contact_id = ANY(:contact_ids)"""
)
_FORGET = text(
    "UPDATE contact_list_memberships SET awaits_enrollment = false WHERE list_id = :id AND awaits_enrollment"
)


async def waiting(session: AsyncSession) -> Sequence[Row[Any]]:
    """The lists with members to enroll in a sequence that takes contacts: id, customer_id, sequence_id."""
    accepting = [str(status) for status in enrolling.ACCEPTING]
    return (await session.execute(_WAITING, {"accepting": accepting})).all()


async def enroll_next(session: AsyncSession, list: Row[Any], *, now: datetime) -> int:
    """Enroll the members of one of ``waiting`` who have waited longest; answers how many wait no longer.

    Raises as ``enrolling.enroll``.
    """
    which = {"id": list.id, "sequence_id": list.sequence_id, "limit": BATCH}
    contact_ids = (await session.execute(_NEXT, which)).scalars().all()
    await enrolling.enroll(
        session,
        customer_id=list.customer_id,
        sequence_id=list.sequence_id,
        contact_ids=contact_ids,
        enrolled_by=None,
        source=EnrollmentSource.AUTOMATION,
        now=now,
    )
    # Only now: whoever takes members out holds the list, and may wait for those who wait for the sequence.
    await session.execute(_DONE, {"id": list.id, "contact_ids": contact_ids})
    return len(contact_ids)


async def forget_waiting(session: AsyncSession, list_id: UUID) -> None:
    """Nobody who is on the list now is to be enrolled: it has another sequence, or none."""
    await session.execute(_FORGET, {"id": list_id})
