"""What happened to sent emails, recorded with every count that it moves, in the caller's transaction.

An *email* is counted once in its contact and in its sequence, however often it is opened: ``opened_at``,
``clicked_at``, ``replied_at`` and ``bounced_at`` of ``email_messages`` say that it was. An enrollment counts every
open, click and reply. What machines did, or may have done, is recorded and not counted. ``db.statistics`` says what
each column is, and counts it again.

Rows are locked in one order everywhere: enrollment, contact, message, sequence, step, each in the order of ids.
Whoever changes what counts of an email holds its contact's row, so nobody else does at that moment.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import counters
from db.counters import Moves
from db.partitions import EVERY_ACTIVITY
from domain.tracking.email_counts import EmailFacts, in_contact, in_sequence, moved
from domain.vocabulary import ActivityType, EmailMessageStatus

_LOCK = text(
    """WITH message AS (SELECT enrollment_id, contact_id FROM email_messages WHERE id = ANY(:ids)),
       enrollment AS (
         SELECT id FROM sequence_enrollments WHERE id IN (SELECT enrollment_id FROM message)
         ORDER BY id FOR NO KEY UPDATE)
       SELECT id FROM contacts
       -- The count is there to have the enrollments locked before the first contact.
       WHERE id IN (SELECT contact_id FROM message) AND (SELECT count(*) FROM enrollment) >= 0
       ORDER BY id FOR NO KEY UPDATE"""
)
_READ = text(
    """SELECT id, contact_id, enrollment_id, sequence_id, sequence_step_id, status, opened_at, clicked_at, replied_at,
              bounced_at, EXISTS (
                SELECT FROM sequence_step_executions AS execution
                WHERE execution.enrollment_id = message.enrollment_id AND execution.outcome = 'executed'
                  AND execution.sequence_step_id = message.sequence_step_id) AS executed
       FROM email_messages AS message WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE"""
)
_FLAG = text(
    """UPDATE email_messages AS message
       SET opened_at = first.opened_at, clicked_at = first.clicked_at, replied_at = first.replied_at,
           bounced_at = first.bounced_at
       FROM unnest(CAST(:ids AS uuid[]), CAST(:opened_at AS timestamptz[]), CAST(:clicked_at AS timestamptz[]),
                   CAST(:replied_at AS timestamptz[]), CAST(:bounced_at AS timestamptz[]))
         AS first (id, opened_at, clicked_at, replied_at, bounced_at)
       WHERE message.id = first.id"""
)
_UNSUBSCRIBED = text(
    f"""SELECT DISTINCT contact_id, sequence_id FROM {EVERY_ACTIVITY} AS every
       WHERE contact_id = ANY(:contact_ids) AND activity_type = 'email_unsubscribed' AND sequence_id IS NOT NULL"""
)
_INSERT = text(
    """INSERT INTO contact_activities
         (contact_id, customer_id, activity_type, activity_subtype, sequence_id, sequence_step_id, email_account_id,
          email_message_id, enrollment_id, occurred_at, metadata, ip_address, user_agent, created_at)
       SELECT message.contact_id, message.customer_id, event.type, event.subtype, message.sequence_id,
              message.sequence_step_id, message.email_account_id, left(message.message_id, 255), message.enrollment_id,
              event.at, CAST(event.metadata AS jsonb), CAST(event.ip_address AS inet), event.user_agent, :now
       FROM unnest(CAST(:ids AS uuid[]), CAST(:types AS activity_type_enum[]), CAST(:subtypes AS text[]),
                   CAST(:instants AS timestamptz[]), CAST(:metadata AS text[]), CAST(:addresses AS text[]),
                   CAST(:agents AS text[])) WITH ORDINALITY
         AS event (id, type, subtype, at, metadata, ip_address, user_agent, place)
       JOIN email_messages AS message ON message.id = event.id ORDER BY place"""
)


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of event counts: the email's first of it, and the columns of whom it is counted in."""

    first: str
    of_enrollment: str | None = None
    last: str | None = None


KINDS: Mapping[ActivityType, Kind] = {
    ActivityType.EMAIL_OPENED: Kind("opened_at", "total_opens", "last_opened_at"),
    ActivityType.EMAIL_CLICKED: Kind("clicked_at", "total_clicks", "last_clicked_at"),
    ActivityType.EMAIL_REPLIED: Kind("replied_at", "total_replies", "last_replied_at"),
    ActivityType.EMAIL_BOUNCED: Kind("bounced_at"),
}
_FIRSTS = tuple(kind.first for kind in KINDS.values())
_CLASSED = frozenset({ActivityType.EMAIL_OPENED, ActivityType.EMAIL_CLICKED})
HUMAN = "human"


@dataclass(frozen=True, slots=True)
class Engagement:
    """What happened to one sent email, or was done with it.

    Of ``message``, a row of the ledger, only the ``id`` is read: the rest is taken as it is when this is recorded.
    ``subtype`` is ``human``, ``machine`` or ``unknown`` for opens and clicks, ``hard`` or ``soft`` for bounces, and
    where it came from for unsubscribes.
    """

    message: Row[Any]
    activity_type: ActivityType
    occurred_at: datetime
    subtype: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    ip_address: str | None = None
    user_agent: str | None = None


def counts(activity_type: ActivityType, subtype: str | None) -> bool:
    """Whether an event counts: opens and clicks do when a human did them, or nothing says who did."""
    return activity_type not in _CLASSED or subtype in {None, HUMAN}


async def record(session: AsyncSession, engagements: Sequence[Engagement], *, now: datetime) -> None:
    """Insert the activities and move every count, in the order of events given; ``now`` is when it was learnt.

    Emails whose contacts were erased are left out. At most eight statements, however many events there are. A caller
    that ends an enrollment locks it before.
    """
    if not engagements:
        return
    await lock(session, {one.message.id for one in engagements})
    await count(session, engagements)
    await session.execute(
        _INSERT,
        {
            "ids": [one.message.id for one in engagements],
            "types": [one.activity_type for one in engagements],
            "subtypes": [one.subtype for one in engagements],
            "instants": [one.occurred_at for one in engagements],
            "metadata": [json.dumps(dict(one.metadata)) for one in engagements],
            "addresses": [one.ip_address for one in engagements],
            "agents": [one.user_agent for one in engagements],
            "now": now,
        },
    )


async def lock(session: AsyncSession, message_ids: Collection[UUID]) -> None:
    """Hold the enrollments of the sends, then their contacts, until the transaction ends."""
    await session.execute(_LOCK, {"ids": list(message_ids)})


async def count(session: AsyncSession, engagements: Sequence[Engagement]) -> None:
    """Move the counts for events of emails that are locked, before their activities are inserted."""
    moves = Moves()
    unsubscribes = await gather(session, moves, engagements)
    await gather_unsubscribes(session, moves, unsubscribes)
    await counters.apply(session, moves)


async def gather(session: AsyncSession, moves: Moves, engagements: Sequence[Engagement]) -> set[tuple[UUID, UUID]]:
    """What events of locked emails move; answers who unsubscribed in which sequence. The emails' firsts are written."""
    events: defaultdict[UUID, list[Engagement]] = defaultdict(list)
    for one in engagements:
        events[one.message.id].append(one)
    emails = (await session.execute(_READ, {"ids": list(events)})).all() if events else []
    changed = {}
    for email in emails:
        before = {name: email._mapping[name] for name in _FIRSTS}
        after = _firsts(before, events[email.id])
        if after != before:
            changed[email.id] = after
        _gather(moves, email, before, after)
        _gather_each(moves, email, events[email.id])
    if changed:
        firsts = {name: [after[name] for after in changed.values()] for name in _FIRSTS}
        await session.execute(_FLAG, {"ids": list(changed), **firsts})
    return {
        (email.contact_id, email.sequence_id)
        for email in emails
        if email.sequence_id is not None
        and any(event.activity_type is ActivityType.EMAIL_UNSUBSCRIBED for event in events[email.id])
    }


def _firsts(before: Mapping[str, datetime | None], events: Sequence[Engagement]) -> dict[str, datetime | None]:
    """When an email was opened, clicked, answered and bounced first, by what was known and by the events."""
    after = dict(before)
    for event in events:
        kind = KINDS.get(event.activity_type)
        if kind is not None and counts(event.activity_type, event.subtype):
            after[kind.first] = min(event.occurred_at, after[kind.first] or event.occurred_at)
    return after


def _facts(email: Row[Any], firsts: Mapping[str, datetime | None]) -> EmailFacts:
    known = {name.removesuffix("_at"): at is not None for name, at in firsts.items()}
    return EmailFacts(sent=email.status == EmailMessageStatus.SENT, **known)


def _gather(
    moves: Moves, email: Row[Any], before: Mapping[str, datetime | None], after: Mapping[str, datetime | None]
) -> None:
    """What the email counts as more than before, in its contact, its step and its sequence."""
    old, new = _facts(email, before), _facts(email, after)
    if old == new:
        return
    moves.contacts[email.contact_id].update(moved(in_contact(old), in_contact(new)))
    if email.sequence_id is not None:
        moves.sequences[email.sequence_id].update(moved(in_sequence(old), in_sequence(new)))
    if new.bounced and not old.bounced and email.executed:
        moves.steps[email.sequence_step_id]["times_bounced"] += 1


def _gather_each(moves: Moves, email: Row[Any], events: Sequence[Engagement]) -> None:
    for event in events:
        if counts(event.activity_type, event.subtype):
            gather_event(moves, email.contact_id, email.enrollment_id, event.activity_type, event.occurred_at)


def gather_event(
    moves: Moves, contact_id: UUID, enrollment_id: UUID | None, activity_type: ActivityType, at: datetime
) -> None:
    """What counts each time that it happens, and when it happened last, of an event that counts."""
    kind = KINDS.get(activity_type)
    if kind is None or kind.last is None or kind.of_enrollment is None:
        return
    moves.saw(contact_id, kind.last, at)
    moves.saw(contact_id, "last_seen_at", at)
    if enrollment_id is not None:
        moves.enrollments[enrollment_id][kind.of_enrollment] += 1


async def gather_unsubscribes(session: AsyncSession, moves: Moves, wanted: set[tuple[UUID, UUID]]) -> None:
    """A sequence counts each contact that unsubscribed in it once; ``wanted`` are the ids of both."""
    if wanted:
        known = await unsubscribed(session, {contact_id for contact_id, _ in wanted})
        for _, sequence_id in wanted - known:
            moves.sequences[sequence_id]["total_unsubscribed"] += 1


async def unsubscribed(session: AsyncSession, contact_ids: Collection[UUID]) -> set[tuple[UUID, UUID]]:
    """In which sequences contacts have unsubscribed: the ids of both."""
    rows = await session.execute(_UNSUBSCRIBED, {"contact_ids": list(contact_ids)})
    return {(row.contact_id, row.sequence_id) for row in rows}
