"""Emails that API clients report without a send of ours: told apart, and counted as ours are."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import counters, engagements
from db.counters import Moves
from db.engagements import KINDS
from db.recounting import COUNTING, FOREIGN
from domain.email_counts import EmailFacts, in_contact, in_sequence, moved
from domain.vocabulary import ActivityType

SENT = frozenset({ActivityType.EMAIL_SENT, ActivityType.EMAIL_DELIVERED})
"""Either report says that the email was sent."""
_EARLIER = text(
    f"""SELECT DISTINCT activity_type, sequence_id, enrollment_id FROM contact_activities
        WHERE contact_id = :contact_id AND {COUNTING} AND {FOREIGN} = :key"""
)


async def count(session: AsyncSession, values: dict[str, Any]) -> None:
    """Move the counts for the activity that is to be inserted with ``values``; its enrollment is locked already.

    The activity's email is told apart by ``email_message_id``, else by its enrollment, else nothing tells it from any
    other and it counts as one of its own. The contact is locked here, so that of two reports of one email the later
    sees the first.
    """
    contact_id: UUID = values["contact_id"]
    sequence_id: UUID | None = values.get("sequence_id")
    locked = text("SELECT id FROM contacts WHERE id = :id FOR NO KEY UPDATE")
    await session.execute(locked, {"id": contact_id})
    moves, kind = Moves(), values["activity_type"]
    if kind is ActivityType.EMAIL_UNSUBSCRIBED and sequence_id is not None:
        if (contact_id, sequence_id) not in await engagements.unsubscribed(session, [contact_id]):
            moves.sequences[sequence_id]["total_unsubscribed"] += 1
    elif kind in SENT | KINDS.keys() and engagements.counts(kind, values.get("activity_subtype")):
        key = values.get("email_message_id") or values.get("enrollment_id")
        known = await session.execute(_EARLIER, {"contact_id": contact_id, "key": str(key)}) if key else ()
        _gather(moves, values, list(known))
    await counters.apply(session, moves)


def _gather(moves: Moves, values: dict[str, Any], earlier: Collection[Row[Any]]) -> None:
    """What the activity adds to what was reported of the same email: in all, in its sequence, in its enrollment."""
    kind, at = values["activity_type"], values["occurred_at"]
    contact_id: UUID = values["contact_id"]
    sequence_id: UUID | None = values.get("sequence_id")
    enrollment_id: UUID | None = values.get("enrollment_id")
    known = {ActivityType(row.activity_type) for row in earlier}
    moves.contacts[contact_id].update(moved(in_contact(_facts(known)), in_contact(_facts(known | {kind}))))
    if sequence_id is not None:
        known = {ActivityType(row.activity_type) for row in earlier if row.sequence_id == sequence_id}
        moves.sequences[sequence_id].update(moved(in_sequence(_facts(known)), in_sequence(_facts(known | {kind}))))
    if enrollment_id is not None:
        known = {ActivityType(row.activity_type) for row in earlier if row.enrollment_id == enrollment_id}
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
