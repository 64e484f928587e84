"""Hits that were recorded and are classed again: by what was seen after them, or by rules that are better now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import statistics
from domain.tracking.hit_classes import LINGER, Hit, HitClass, HitKind, Surroundings, Verdict, classify
from domain.vocabulary import ActivityType

IMPLIED: Mapping[str, Any] = {"reason": "click", "implied_by": "click"}
"""The metadata of an open that nobody saw, but that a person's click shows."""

_KIND_OF = {ActivityType.EMAIL_OPENED: HitKind.OPEN, ActivityType.EMAIL_CLICKED: HitKind.CLICK}
_HIT = """activity.id, activity.occurred_at, activity.activity_type, activity.activity_subtype, activity.user_agent,
          host(activity.ip_address) AS ip, activity.metadata->>'method' AS method,
          activity.metadata->>'reason' AS reason, CAST(activity.metadata->>'link_id' AS bigint) AS link_id,
          activity.contact_id, message.id AS message_id, coalesce(message.sent_at, message.sending_at) AS sent_at"""
_IS_HIT = """activity.activity_subtype IN ('human', 'machine', 'unknown')
          AND activity.metadata ?& ARRAY['method', 'reason']
          AND coalesce(activity.metadata->>'link_id', '0') ~ '^[0-9]{1,18}$'"""
"""What clients of the API report is what they say it is, and never classed."""
MOST_OF_ONE = 100
"""Clicks of one email that are looked at around a hit: the latest."""
_STORED_CLICKS = text(
    f"""SELECT {_HIT} FROM email_messages AS message
        CROSS JOIN LATERAL (
          SELECT * FROM contact_activities AS activity
          WHERE activity.contact_id = message.contact_id AND activity.activity_type = 'email_clicked'
            AND activity.email_message_id = left(message.message_id, 255)
            AND activity.occurred_at BETWEEN :since AND :until AND {_IS_HIT}
          ORDER BY activity.occurred_at DESC LIMIT {MOST_OF_ONE}) AS activity
        WHERE message.id = ANY(:ids)"""
)
_TRACKED = f"""contact_activities AS activity
        JOIN email_messages AS message
          ON message.message_id = activity.email_message_id AND message.contact_id = activity.contact_id
        WHERE activity.activity_type IN ('email_opened', 'email_clicked') AND {_IS_HIT}"""
_COUNT = text(f"SELECT count(*) FROM {_TRACKED} AND activity.occurred_at >= :since")
_NEXT = text(
    f"""SELECT {_HIT} FROM {_TRACKED}
          AND (activity.occurred_at, activity.id) > (:at, :id)
        ORDER BY activity.occurred_at, activity.id LIMIT :limit"""
)
_CLICKS_AROUND = text(
    f"""SELECT {_HIT} FROM {_TRACKED} AND activity.activity_type = 'email_clicked'
          AND activity.occurred_at BETWEEN :since AND :until"""
)
_RECLASS = text(
    """UPDATE contact_activities AS activity
       SET activity_subtype = verdict.subtype,
           metadata = activity.metadata || jsonb_build_object('reason', verdict.reason)
       FROM unnest(CAST(:ids AS uuid[]), CAST(:instants AS timestamptz[]), CAST(:subtypes AS text[]),
                   CAST(:reasons AS text[])) AS verdict (id, occurred_at, subtype, reason)
       WHERE activity.id = verdict.id AND activity.occurred_at = verdict.occurred_at"""
)
_UNIMPLY = text(
    """DELETE FROM contact_activities AS activity USING email_messages AS message
       WHERE message.id = ANY(:ids) AND activity.contact_id = message.contact_id
         AND activity.email_message_id = left(message.message_id, 255) AND activity.activity_type = 'email_opened'
         AND activity.metadata->>'implied_by' = 'click'"""
)
_IMPLY = text(
    """INSERT INTO contact_activities
         (contact_id, customer_id, activity_type, activity_subtype, sequence_id, sequence_step_id, email_account_id,
          email_message_id, enrollment_id, occurred_at, metadata, ip_address, user_agent, created_at)
       SELECT DISTINCT ON (message.id) click.contact_id, click.customer_id, 'email_opened', 'human', click.sequence_id,
              click.sequence_step_id, click.email_account_id, click.email_message_id, click.enrollment_id,
              click.occurred_at, '{"reason": "click", "implied_by": "click"}', click.ip_address, click.user_agent, :now
       FROM email_messages AS message
       JOIN contact_activities AS click
         ON click.contact_id = message.contact_id AND click.email_message_id = left(message.message_id, 255)
        AND click.activity_type = 'email_clicked' AND click.activity_subtype = 'human' AND click.metadata ? 'method'
       WHERE message.id = ANY(:ids) AND NOT EXISTS (
         SELECT FROM contact_activities AS open
         WHERE open.contact_id = message.contact_id AND open.email_message_id = left(message.message_id, 255)
           AND open.activity_type = 'email_opened' AND coalesce(open.activity_subtype, 'human') = 'human')
       ORDER BY message.id, click.occurred_at"""
)


@dataclass(frozen=True, slots=True)
class Stored:
    """A hit as it was recorded, and its class."""

    id: UUID
    contact_id: UUID
    hit: Hit
    sent_at: datetime | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the classing has come: the last hit that was looked at, how many were, and how many changed."""

    at: datetime
    id: UUID
    seen: int = 0
    changed: int = 0


Changes = Sequence[tuple[Stored, Verdict]]


async def stored_clicks(session: AsyncSession, message_ids: Collection[UUID], near: Sequence[Hit]) -> list[Stored]:
    """The recorded clicks on links of the sends, a minute around the hits ``near``."""
    if not message_ids:
        return []
    since, until = min(hit.at for hit in near) - LINGER, max(hit.at for hit in near) + LINGER
    rows = await session.execute(_STORED_CLICKS, {"ids": list(message_ids), "since": since, "until": until})
    return [_stored(row) for row in rows]


def changes(stored: Sequence[Stored], around: Surroundings) -> Changes:
    """The hits whose class, or the reason for it, is another one now."""
    judged = ((one, classify(one.hit, sent_at=one.sent_at, around=around)) for one in stored)
    return [(one, verdict) for one, verdict in judged if verdict != one.verdict]


async def revise(session: AsyncSession, changed: Changes, *, now: datetime) -> None:
    """Write the new classes and count again whatever the emails are counted in."""
    if not changed:
        return
    reclassed = {
        "ids": [one.id for one, _ in changed],
        "instants": [one.hit.at for one, _ in changed],
        "subtypes": [verdict.subtype for _, verdict in changed],
        "reasons": [verdict.reason for _, verdict in changed],
    }
    moved = [one for one, verdict in changed if verdict.subtype is not one.verdict.subtype]
    emails = {"ids": sorted({one.hit.message_id for one in moved})}
    async with statistics.changing(session, {one.contact_id for one in moved}):
        await session.execute(_RECLASS, reclassed)
        await session.execute(_UNIMPLY, emails)
        await session.execute(_IMPLY, {**emails, "now": now})


def beginning(since: datetime) -> Progress:
    """Before the first hit since then."""
    return Progress(since, UUID(int=0))


async def tracked(session: AsyncSession, since: datetime) -> int:
    """How many hits were recorded since then that can be classed again."""
    return int(await session.scalar(_COUNT, {"since": since}) or 0)


async def reclassify(session: AsyncSession, before: Progress, *, now: datetime, limit: int = 1000) -> Progress | None:
    """Class the next ``limit`` hits by the rules of today; None when there are no more."""
    page = {"at": before.at, "id": before.id, "limit": limit}
    stored = [_stored(row) for row in await session.execute(_NEXT, page)]
    if not stored:
        return None
    first, last = stored[0], stored[-1]
    window = {"since": first.hit.at - LINGER, "until": last.hit.at + LINGER}
    around = Surroundings([_stored(row).hit for row in await session.execute(_CLICKS_AROUND, window)])
    changed = changes(stored, around)
    await revise(session, changed, now=now)
    return Progress(last.hit.at, last.id, before.seen + len(stored), before.changed + len(changed))


def _stored(row: Row[Any]) -> Stored:
    hit = Hit(
        kind=_KIND_OF[ActivityType(row.activity_type)],
        message_id=row.message_id,
        at=row.occurred_at,
        method=row.method,
        user_agent=row.user_agent or "",
        ip=row.ip,
        link_id=row.link_id,
    )
    return Stored(row.id, row.contact_id, hit, row.sent_at, Verdict(HitClass(row.activity_subtype), row.reason))
