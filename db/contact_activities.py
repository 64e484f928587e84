"""ContactActivities: what happened with a contact, recorded, listed and counted."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, Select, Table, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import engagements, enrollments, reported_emails, tenancy
from db.engagements import Engagement
from db.models import Contact, ContactActivity, EmailAccount, Sequence, SequenceEnrollment, SequenceStep
from domain.errors import Conflict, FieldError, Invalid
from domain.lifecycle import OPEN_ENROLLMENT, reason_of_reply
from domain.vocabulary import ActivityType, EnrollmentStatus

_TABLE = cast(Table, ContactActivity.__table__)
COLUMNS = tuple(_TABLE.columns)
_OF_EMAIL = frozenset({*engagements.KINDS, *reported_emails.SENT, ActivityType.EMAIL_UNSUBSCRIBED})
_SEND = text(
    """SELECT id, left(message_id, 255) AS email_message_id, sequence_id, enrollment_id, sequence_step_id
       FROM email_messages WHERE contact_id = :contact_id AND (
         left(message_id, 255) = :message_id OR provider_message_id = :message_id
         OR CAST(:message_id AS text) IS NULL AND enrollment_id = :enrollment_id
            AND (sequence_step_id = :step_id
                 OR CAST(:step_id AS uuid) IS NULL AND :latest AND status IN ('sending', 'sent', 'unknown')))
       ORDER BY sent_at DESC NULLS LAST, claimed_at DESC, id LIMIT 1"""
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An activity's row, and whether it was there before."""

    row: Row[Any]
    known: bool


async def note(
    session: AsyncSession,
    contact_id: UUID,
    customer_id: UUID,
    kind: ActivityType,
    details: dict[str, Any],
    now: datetime,
) -> None:
    """Record what the product itself did with a contact; ``details`` become the metadata."""
    await note_all(session, [contact_id], customer_id, kind, details, now)


async def note_all(
    session: AsyncSession,
    contact_ids: Collection[UUID],
    customer_id: UUID,
    kind: ActivityType,
    details: dict[str, Any],
    now: datetime,
) -> None:
    """``note`` for many contacts in one statement."""
    if not contact_ids:
        return
    statement = text(
        """INSERT INTO contact_activities (contact_id, customer_id, activity_type, metadata, occurred_at, created_at)
           SELECT id, :customer_id, CAST(:kind AS activity_type_enum), CAST(:details AS jsonb), :now, :now
           FROM unnest(CAST(:ids AS uuid[])) AS id"""
    )
    values = {"ids": list(contact_ids), "customer_id": customer_id, "kind": kind, "now": now}
    await session.execute(statement, values | {"details": json.dumps(details)})


def listing(
    *, customer_id: UUID, contact_id: UUID | None = None, activity_type: ActivityType | None = None
) -> Select[Any]:
    """The customer's activities that fit the filters, as rows."""
    statement = select(*COLUMNS).where(ContactActivity.customer_id == customer_id)
    if contact_id is not None:
        statement = statement.where(ContactActivity.contact_id == contact_id)
    if activity_type is not None:
        statement = statement.where(ContactActivity.activity_type == activity_type)
    return statement


async def record(session: AsyncSession, *, customer_id: UUID, fields: Mapping[str, Any], now: datetime) -> Recorded:
    """Record an activity that a client reports, with its counts and what follows for its enrollment.

    The same ``external_id`` again gives the row of the first time and counts nothing. A reply ends an enrollment
    whose sequence stops on replies; any other activity of an enrollment is told to its workflow. Raises
    ``Invalid`` for references to what does not exist, ``Conflict`` for an ``external_id`` of another activity.
    """
    known = await _known(session, customer_id, fields)
    if known is not None:
        return Recorded(known, known=True)
    await _check_references(session, customer_id, fields)
    values = dict(fields)
    values |= {"customer_id": customer_id, "created_at": now, "occurred_at": fields.get("occurred_at") or now}
    send = await _send_of(session, values) if values.get("email_message_id") else None
    if send is not None:
        values |= _named(values, send)
    # Rows are locked in the order enrollment, contact, message, sequence, step.
    gone = send is not None and send.enrollment_id is None
    enrollment = None if gone else await _enrollment_of(session, customer_id, values)
    if enrollment is not None:
        values |= {"enrollment_id": enrollment.id, "sequence_id": enrollment.sequence_id}
        send = send or await _send_of(session, values)
    await _count(session, values, send)
    statement = insert(_TABLE).values(**values).returning(*COLUMNS)
    row = (await session.execute(statement)).one()
    if enrollment is not None:
        await _follow(session, enrollment, row, now)
    return Recorded(row, known=False)


async def summary(
    session: AsyncSession,
    *,
    customer_id: UUID,
    since: datetime,
    until: datetime,
    contact_id: UUID | None = None,
    sequence_id: UUID | None = None,
) -> tuple[dict[ActivityType, int], int]:
    """How many activities of each type there are from ``since`` (in) to ``until`` (out), and of how many contacts."""
    chosen = select(ContactActivity.activity_type, ContactActivity.contact_id).where(
        ContactActivity.customer_id == customer_id,
        ContactActivity.occurred_at >= since,
        ContactActivity.occurred_at < until,
    )
    if contact_id is not None:
        chosen = chosen.where(ContactActivity.contact_id == contact_id)
    if sequence_id is not None:
        chosen = chosen.where(ContactActivity.sequence_id == sequence_id)
    part = chosen.subquery()
    by_type = select(part.c.activity_type, func.count().label("number")).group_by(part.c.activity_type)
    counts = dict.fromkeys(ActivityType, 0)
    counts |= {row.activity_type: row.number for row in await session.execute(by_type)}
    contacts = await session.scalar(select(func.count(part.c.contact_id.distinct())))
    return counts, contacts or 0


async def _known(session: AsyncSession, customer_id: UUID, fields: Mapping[str, Any]) -> Row[Any] | None:
    external_id = fields.get("external_id")
    if external_id is None:
        return None
    # The partitions allow no unique key on external_id alone: whoever records it holds this lock until the commit.
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
    await session.execute(lock, {"name": f"activity:{customer_id}:{external_id}"})
    found = listing(customer_id=customer_id).where(ContactActivity.external_id == external_id)
    row: Row[Any] | None = (await session.execute(found.limit(1))).one_or_none()
    if row is None:
        return None
    if (row.contact_id, row.activity_type) != (fields["contact_id"], fields["activity_type"]):
        raise Conflict("activity.external_id", f"The external_id {external_id} is that of another activity.")
    return row


async def _check_references(session: AsyncSession, customer_id: UUID, fields: Mapping[str, Any]) -> None:
    wrong = []
    for name, model in _REFERENCES.items():
        id = fields.get(name)
        if id is not None and not await tenancy.existing(session, model, [id], customer_id):
            noun = name.removesuffix("_id").replace("_", " ")
            wrong.append(FieldError(f"/{name}", "not_found", f"There is no {noun} with id {id}."))
    if wrong:
        raise Invalid("reference.not_found", "The activity refers to something that does not exist.", tuple(wrong))


_REFERENCES = {
    "contact_id": Contact,
    "sequence_id": Sequence,
    "sequence_step_id": SequenceStep,
    "email_account_id": EmailAccount,
    "enrollment_id": SequenceEnrollment,
}


async def _enrollment_of(session: AsyncSession, customer_id: UUID, fields: Mapping[str, Any]) -> Row[Any] | None:
    """The enrollment that the activity speaks of, locked: the one it names, else the contact's in its sequence."""
    id, sequence_id = fields.get("enrollment_id"), fields.get("sequence_id")
    if id is None and sequence_id is None:
        return None
    mine = select(SequenceEnrollment.id).where(SequenceEnrollment.contact_id == fields["contact_id"])
    if id is not None:
        mine = mine.where(SequenceEnrollment.id == id)
    if sequence_id is not None:
        mine = mine.where(SequenceEnrollment.sequence_id == sequence_id)
    found = await session.scalar(mine)
    if found is None and id is not None:
        wrong = FieldError("/enrollment_id", "mismatch", "is not this contact's, or not of this sequence")
        raise Invalid("activity.enrollment", "The enrollment is another contact's or sequence's.", (wrong,))
    return None if found is None else await enrollments.lock(session, found, customer_id)


async def _send_of(session: AsyncSession, values: Mapping[str, Any]) -> Row[Any] | None:
    """The send of ours that the activity speaks of.

    That is the one with its ``email_message_id`` (ours or the provider's), else that of its step in its enrollment,
    else, for what happens to emails, the enrollment's latest.
    """
    if values["activity_type"] not in _OF_EMAIL:
        return None
    found = await session.execute(
        _SEND,
        {
            "contact_id": values["contact_id"],
            "message_id": values.get("email_message_id"),
            "enrollment_id": values.get("enrollment_id"),
            "step_id": values.get("sequence_step_id"),
            "latest": values["activity_type"] not in reported_emails.SENT,
        },
    )
    return found.one_or_none()


def _named(values: Mapping[str, Any], send: Row[Any]) -> dict[str, Any]:
    """What a send says of its activity. Raises ``Invalid`` where the activity says another thing."""
    for name in ("enrollment_id", "sequence_id"):
        if None not in {values.get(name), send._mapping[name]} and values[name] != send._mapping[name]:
            wrong = FieldError(f"/{name}", "mismatch", "is not that of the email")
            raise Invalid("activity.email", "The email is of another enrollment or sequence.", (wrong,))
    step_id = values.get("sequence_step_id") or send.sequence_step_id
    return {"enrollment_id": send.enrollment_id, "sequence_id": send.sequence_id, "sequence_step_id": step_id}


async def _count(session: AsyncSession, values: dict[str, Any], send: Row[Any] | None) -> None:
    """Count the activity before it is inserted; from then on it names its email as we do."""
    if values["activity_type"] not in _OF_EMAIL:
        return
    if send is None:
        await reported_emails.count(session, values)
        return
    values["email_message_id"] = send.email_message_id
    event = Engagement(send, values["activity_type"], values["occurred_at"], values.get("activity_subtype"))
    await engagements.lock(session, [send.id])
    await engagements.count(session, [event])


async def _follow(session: AsyncSession, enrollment: Row[Any], row: Row[Any], now: datetime) -> None:
    """End the enrollment or tell its workflow; one that has ended stays as it is."""
    if EnrollmentStatus(enrollment.status) not in OPEN_ENROLLMENT:
        return
    if row.activity_type is ActivityType.EMAIL_REPLIED:
        sequence = await session.get_one(Sequence, enrollment.sequence_id)
        if sequence.stop_on_reply:
            reason = reason_of_reply(sequence.goal_type)
            await enrollments.end(session, [enrollment], now=now, status=EnrollmentStatus.COMPLETED, reason=reason)
            return
    step = await session.get(SequenceStep, row.sequence_step_id) if row.sequence_step_id else None
    await enrollments.tell_event(session, enrollment, row.activity_type.value, step.step_order if step else None)
