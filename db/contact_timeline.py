"""Everything that happened with a contact as one feed, the newest first."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession


class EventKind(StrEnum):
    """What an entry of a timeline is of."""

    ACTIVITY = "activity"
    MESSAGE_SENT = "message_sent"
    MESSAGE_RECEIVED = "message_received"
    TASK = "task"
    ENROLLED = "enrolled"
    ENROLLMENT_ENDED = "enrollment_ended"
    LIST_JOINED = "list_joined"
    LIST_LEFT = "list_left"


_ACTIVITY = """'type', activity_type, 'subtype', activity_subtype, 'sequence_id', sequence_id, 'enrollment_id',
    enrollment_id, 'sequence_step_id', sequence_step_id, 'email_message_id', email_message_id, 'metadata', metadata"""
_ENROLLMENT = """'sequence_id', sequence_id, 'status', status, 'completion_reason', completion_reason,
    'enrollment_source', enrollment_source"""
_LIST = "'list_id', list_id, 'source', source, 'changed_by', changed_by"
# Kind, table, the instant, a further condition and what is told: only that of it which the feed needs.
_SOURCES = (
    (EventKind.ACTIVITY, "contact_activities", "occurred_at", "true", _ACTIVITY),
    (
        EventKind.MESSAGE_SENT,
        "email_messages",
        "coalesce(sent_at, claimed_at)",
        "true",
        """'status', status, 'subject', subject, 'sequence_id', sequence_id, 'enrollment_id', enrollment_id,
           'opened_at', opened_at, 'clicked_at', clicked_at, 'replied_at', replied_at, 'bounced_at', bounced_at""",
    ),
    (
        EventKind.MESSAGE_RECEIVED,
        "inbound_messages",
        "received_at",
        "true",
        "'kind', kind, 'subject', subject, 'from_address', from_address, 'email_message_id', email_message_id",
    ),
    (
        EventKind.TASK,
        "tasks",
        "created_at",
        "true",
        """'type', task_type, 'title', title, 'status', status, 'outcome', outcome, 'due_at', due_at,
           'completed_at', completed_at, 'enrollment_id', enrollment_id""",
    ),
    (EventKind.ENROLLED, "sequence_enrollments", "enrolled_at", "true", _ENROLLMENT),
    (EventKind.ENROLLMENT_ENDED, "sequence_enrollments", "completed_at", "completed_at IS NOT NULL", _ENROLLMENT),
    (EventKind.LIST_JOINED, "contact_list_changes", "changed_at", "joined", _LIST),
    (EventKind.LIST_LEFT, "contact_list_changes", "changed_at", "NOT joined", _LIST),
)


def _part(kind: EventKind, table: str, at: str, condition: str, told: str) -> str:
    """The newest entries of a table behind a place, so that each is read no further than the page goes."""
    return f"""(
      SELECT CAST('{kind}' AS text) AS kind, {at} AS at, id, jsonb_build_object({told}) AS data
      FROM {table}
      WHERE contact_id = :contact_id AND customer_id = :customer_id AND {condition}
        AND (CAST(:at AS timestamptz) IS NULL OR {at} <= :at)
        AND (CAST(:at AS timestamptz) IS NULL OR ({at}, CAST('{kind}' AS text), id) < (:at, :kind, :id))
      ORDER BY {at} DESC, id DESC LIMIT :limit)"""


_FEED = text(
    " UNION ALL ".join(_part(*source) for source in _SOURCES) + " ORDER BY at DESC, kind DESC, id DESC LIMIT :limit"
)


async def read(
    session: AsyncSession,
    *,
    customer_id: UUID,
    contact_id: UUID,
    limit: int,
    after: tuple[datetime, str, UUID] | None = None,
) -> Sequence[Row[Any]]:
    """The newest entries behind ``after``, the instant, kind and id of one: ``kind``, ``at``, ``id`` and ``data``."""
    at, kind, id = after or (None, None, None)
    place = {"at": at, "kind": kind, "id": id, "limit": limit}
    return (await session.execute(_FEED, {"contact_id": contact_id, "customer_id": customer_id, **place})).all()
