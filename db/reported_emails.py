"""Emails that API clients report without a send of ours: told apart, and counted as ours are."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db import engagements
from db.counters import Moves
from db.engagements import KINDS
from db.partitions import EVERY_ACTIVITY
from db.recounting import COUNTING, FOREIGN
from domain.tracking.email_counts import EmailFacts, in_contact, in_sequence, moved
from domain.vocabulary import ActivityType

SENT = frozenset({ActivityType.EMAIL_SENT, ActivityType.EMAIL_DELIVERED})
"""Either report says that the email was sent."""
_EARLIER = text(
    f"""SELECT DISTINCT every.contact_id, asked.key, activity_type, sequence_id, enrollment_id
        FROM unnest(CAST(:contact_ids AS uuid[]), CAST(:keys AS text[])) AS asked (contact_id, key)
        JOIN {EVERY_ACTIVITY} AS every ON every.contact_id = asked.contact_id AND {FOREIGN} = asked.key
        WHERE {COUNTING}"""
)
_Email = tuple[UUID, str]
"""What tells an email apart: its contact, and its ``email_message_id``, else its enrollment."""


class _Known(NamedTuple):
    """A report of an email that was made before."""

    kind: ActivityType
    sequence_id: UUID | None
    enrollment_id: UUID | None


async def gather(session: AsyncSession, moves: Moves, reports: Sequence[Mapping[str, Any]]) -> set[tuple[UUID, UUID]]:
    """What activities that are to be inserted move, in their order; answers who unsubscribed in which sequence.

    Their enrollments and contacts are locked, so that of two reports of one email the later sees the first. An email is
    told apart by ``email_message_id``, else by its enrollment, else nothing tells it from any other.
    """
    counted = [one for one in reports if _counts(one)]
    earlier = await _earlier(session, {email for one in counted if (email := _email(one))})
    for values in counted:
        email = _email(values)
        known = earlier[email] if email else []
        _gather(moves, values, known)
        known.append(_Known(values["activity_type"], values.get("sequence_id"), values.get("enrollment_id")))
    return {
        (values["contact_id"], values["sequence_id"])
        for values in reports
        if values["activity_type"] is ActivityType.EMAIL_UNSUBSCRIBED and values.get("sequence_id") is not None
    }


def _counts(values: Mapping[str, Any]) -> bool:
    kind = values["activity_type"]
    return kind in SENT | KINDS.keys() and engagements.counts(kind, values.get("activity_subtype"))


def _email(values: Mapping[str, Any]) -> _Email | None:
    key = values.get("email_message_id") or values.get("enrollment_id")
    return (values["contact_id"], str(key)) if key else None


async def _earlier(session: AsyncSession, emails: Collection[_Email]) -> defaultdict[_Email, list[_Known]]:
    known: defaultdict[_Email, list[_Known]] = defaultdict(list)
    if not emails:
        return known
    asked = {"contact_ids": [contact_id for contact_id, _ in emails], "keys": [key for _, key in emails]}
    for row in await session.execute(_EARLIER, asked):
        report = _Known(ActivityType(row.activity_type), row.sequence_id, row.enrollment_id)
        known[row.contact_id, row.key].append(report)
    return known


def _gather(moves: Moves, values: Mapping[str, Any], earlier: Collection[_Known]) -> None:
    """What the activity adds to what was reported of the same email: in all, in its sequence, in its enrollment."""
    kind, at = values["activity_type"], values["occurred_at"]
    contact_id: UUID = values["contact_id"]
    sequence_id: UUID | None = values.get("sequence_id")
    enrollment_id: UUID | None = values.get("enrollment_id")
    known = {one.kind for one in earlier}
    moves.contacts[contact_id].update(moved(in_contact(_facts(known)), in_contact(_facts(known | {kind}))))
    if sequence_id is not None:
        known = {one.kind for one in earlier if one.sequence_id == sequence_id}
        moves.sequences[sequence_id].update(moved(in_sequence(_facts(known)), in_sequence(_facts(known | {kind}))))
    if enrollment_id is not None:
        known = {one.kind for one in earlier if one.enrollment_id == enrollment_id}
        moves.enrollments[enrollment_id]["total_emails_sent"] += int(kind in SENT and not known & SENT)
    engagements.gather_event(moves, contact_id, enrollment_id, kind, at)
    if kind in SENT:
        moves.saw(contact_id, "last_contacted_at", at)


def _facts(known: Collection[ActivityType]) -> EmailFacts:
    return EmailFacts(
        sent=not SENT.isdisjoint(known),
        opened=ActivityType.EMAIL_OPENED in known,
        clicked=ActivityType.EMAIL_CLICKED in known,
        replied=ActivityType.EMAIL_REPLIED in known,
        bounced=ActivityType.EMAIL_BOUNCED in known,
    )
