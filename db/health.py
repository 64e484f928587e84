"""The health of a sequence: the facts that its rules look at, and the pause that too many bounces bring about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from db import definitions
from db.models import Contact
from domain.scheduling.zones import UTC as UTC_ZONE
from domain.scheduling.zones import date_of, zone
from domain.sequences import Sequence
from domain.tracking import bounce_rate
from domain.tracking.health import health
from domain.tracking.health_facts import (
    MOST_ENROLLMENTS,
    Health,
    HealthFacts,
    MailboxFacts,
    Variable,
    emails,
    mailboxes_of,
    needed_variables,
)
from domain.vocabulary import EmailAccountStatus

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_SEQUENCE = text(
    """SELECT running_since, pause_reason, sending_hours IS NOT NULL AS weekly_ranges, workspace.timezone
       FROM sequences AS sequence JOIN workspaces AS workspace ON workspace.id = sequence.workspace_id
       WHERE sequence.id = :id"""
)
_WAITING = text(
    """SELECT coalesce(step.email_account_id, e.email_account_id, sequence.default_email_account_id) AS account_id,
              count(*) AS enrollments
       FROM sequence_enrollments AS e
       JOIN sequences AS sequence ON sequence.id = e.sequence_id
       LEFT JOIN sequence_steps AS step ON step.id = e.current_step_id
       WHERE e.sequence_id = :id AND e.status = 'active' GROUP BY 1"""
)
_MAILBOXES = text(
    """SELECT id, email, status, daily_limit, min_gap_seconds, away_until,
              coalesce(CAST(:today AS date) BETWEEN away_from AND coalesce(away_until, 'infinity'), false) AS away
       FROM email_accounts WHERE id = ANY(:ids) ORDER BY email, id"""
)
_QUEUE = text(
    """SELECT count(*) AS queued, max(slot_at) AS ends FROM send_slots
       WHERE sequence_id = :id AND sequence_day >= :today AND used_at IS NULL AND NOT begun AND NOT follow_up"""
)
# A bounce counts only where its email was sent in the time that is counted: those of before the sequence was mended
# and resumed go on coming in for days. One that the server refused was never sent, and counts as a send all the same.
_BOUNCES = text(
    """WITH activity AS (
         SELECT activity_type, activity_subtype, email_message_id FROM contact_activities
         WHERE sequence_id = :id AND occurred_at >= :since AND activity_type IN ('email_sent', 'email_bounced')),
       bounced AS (
         SELECT DISTINCT message.id, message.status
         FROM activity JOIN email_messages AS message ON message.message_id = activity.email_message_id
         WHERE activity_type = 'email_bounced' AND activity_subtype = 'hard'
           AND coalesce(message.sent_at, message.claimed_at) >= :since)
       SELECT (SELECT count(*) FROM activity WHERE activity_type = 'email_sent')
                + (SELECT count(*) FROM bounced WHERE status <> 'sent') AS sends,
              (SELECT count(*) FROM bounced) AS hard_bounces"""
)
_COLUMNS = Contact.__table__.columns
_PROPERTIES = frozenset({"size", "first", "last"})
"""What Liquid knows of a value beside what is in it."""


@dataclass(frozen=True, slots=True)
class _Bounces:
    sends: int
    hard: int
    since: datetime | None


async def of_sequence(session: AsyncSession, sequence_id: UUID, *, now: datetime) -> Health:
    """The sequence's health at ``now``; raises ``NotFound``."""
    return health(await gather(session, sequence_id, now=now))


async def gather(session: AsyncSession, sequence_id: UUID, *, now: datetime) -> HealthFacts:
    """Everything that the rules look at, in a fixed number of statements; raises ``NotFound``."""
    sequence = await definitions.load(session, sequence_id)
    row = (await session.execute(_SEQUENCE, {"id": sequence_id})).one()
    waiting = await _waiting(session, sequence_id)
    queue = await _queue(session, sequence, now)
    bounces = await _bounces(session, sequence_id, row.running_since)
    return HealthFacts(
        sequence=sequence,
        now=now,
        waiting=sum(waiting.values()),
        mailboxes=await _mailboxes(session, sequence, waiting, timezone=row.timezone, now=now),
        lacking=await _lacking(session, sequence),
        queued=queue.queued,
        queue_ends=queue.ends,
        sends=bounces.sends,
        hard_bounces=bounces.hard,
        counted_from=bounces.since,
        pause_reason=row.pause_reason,
        weekly_ranges=row.weekly_ranges,
    )


async def pause_if_bouncing(session: AsyncSession, sequence_id: UUID, *, now: datetime) -> bool:
    """Pause an active sequence of which too much has bounced since it runs; answers whether it was paused now.

    The caller holds the lock of the sequence's row and has recorded the bounce before it took it, so of two that come
    together the later sees both. What comes due waits, as when a person pauses the sequence.
    """
    active = text("SELECT running_since FROM sequences WHERE id = :id AND status = 'active'")
    row = (await session.execute(active, {"id": sequence_id})).one_or_none()
    if row is None:
        return False
    bounces = await _bounces(session, sequence_id, row.running_since)
    if not bounce_rate.must_pause(bounces.sends, bounces.hard):
        return False
    numbers = bounce_rate.sentence(bounces.sends, bounces.hard, bounces.since)
    reason = f"{numbers}; above {bounce_rate.PAUSE_PERCENT} % a sequence pauses itself."
    await session.execute(
        text("UPDATE sequences SET status = 'paused', pause_reason = :reason, updated_at = :now WHERE id = :id"),
        {"id": sequence_id, "reason": reason, "now": now},
    )
    return True


async def _waiting(session: AsyncSession, sequence_id: UUID) -> Mapping[UUID | None, int]:
    """Active enrollments by the mailbox from which they are to be mailed next; None: it is not known yet."""
    rows = (await session.execute(_WAITING, {"id": sequence_id})).all()
    return {row.account_id: row.enrollments for row in rows}


async def _mailboxes(
    session: AsyncSession, sequence: Sequence, waiting: Mapping[UUID | None, int], *, timezone: str, now: datetime
) -> tuple[MailboxFacts, ...]:
    """The mailboxes that the sequence names and those that enrollments wait for, in the order of their addresses."""
    ids = {id for _, step in emails(sequence) for id in mailboxes_of(sequence, step)} | {id for id in waiting if id}
    today = date_of((zone(timezone) or UTC_ZONE).day(int(now.timestamp())))
    rows = (await session.execute(_MAILBOXES, {"ids": list(ids), "today": today})).all()
    return tuple(
        MailboxFacts(
            id=row.id,
            address=row.email,
            status=EmailAccountStatus(row.status),
            daily_limit=row.daily_limit,
            min_gap_seconds=row.min_gap_seconds,
            away=row.away,
            away_until=row.away_until,
            enrollments=waiting.get(row.id, 0),
        )
        for row in rows
    )


async def _queue(session: AsyncSession, sequence: Sequence, now: datetime) -> Row[Any]:
    today = date_of((zone(sequence.sending_timezone) or UTC_ZONE).day(int(now.timestamp())))
    return (await session.execute(_QUEUE, {"id": sequence.id, "today": today})).one()


async def _bounces(session: AsyncSession, sequence_id: UUID, since: datetime | None) -> _Bounces:
    row = (await session.execute(_BOUNCES, {"id": sequence_id, "since": since or _EVER})).one()
    return _Bounces(row.sends, row.hard_bounces, since)


async def _lacking(session: AsyncSession, sequence: Sequence) -> Mapping[Variable, int]:
    """How many contacts lack each variable that an email still before them prints.

    Of the enrollments that are active, or paused for that very reason; of the first ``MOST_ENROLLMENTS`` of them.
    """
    variables = needed_variables(sequence)
    if not variables:
        return {}
    counted = [_count_of(number, variable) for number, variable in enumerate(variables)]
    counts = ", ".join(sql for sql, _ in counted)
    bound = {name: value for _, values in counted for name, value in values.items()}
    statement = text(
        f"""SELECT {counts}
            FROM (SELECT contact_id, current_step_id FROM sequence_enrollments
                  WHERE sequence_id = :id AND status IN ('active', 'paused')
                    AND (status = 'active' OR waiting_reason = 'missing_variable') LIMIT :most) AS e
            JOIN contacts AS contact ON contact.id = e.contact_id
            LEFT JOIN sequence_steps AS step ON step.id = e.current_step_id"""
    )
    row = (await session.execute(statement, {"id": sequence.id, "most": MOST_ENROLLMENTS, **bound})).one()
    return dict(zip(variables, row, strict=True))


def _count_of(number: int, variable: Variable) -> tuple[str, dict[str, Any]]:
    """SQL: how many contacts have no value for the variable, and an email before them that prints it."""
    missing, bound = _is_missing(f"path_{number}", variable.path)
    sql = f"count(*) FILTER (WHERE coalesce(step.step_order, 0) <= :order_{number} AND {missing})"
    return sql, {f"order_{number}": variable.last_order, **bound}


def _is_missing(parameter: str, path: tuple[str, ...]) -> tuple[str, dict[str, Any]]:
    """SQL: whether the contact has nothing but blanks there; names are those of columns, all else is bound."""
    column = _COLUMNS.get(path[0])
    if column is None:
        return "true", {}
    json = isinstance(column.type, JSONB)
    # The size of a value, its first and its last are there if the value is.
    inner = path[1:-1] if path[-1] in _PROPERTIES and len(path) > 1 + json else path[1:]
    if not inner:
        return rf"coalesce(CAST(contact.{column.name} AS text), '') !~ '\S'", {}
    if not json:
        return "true", {}
    return rf"coalesce(contact.{column.name} #>> CAST(:{parameter} AS text[]), '') !~ '\S'", {parameter: list(inner)}
