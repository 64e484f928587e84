"""ContactActivities: what happened with a contact, recorded, listed and counted."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Row, Select, Table, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import enrollments, tenancy
from db.models import Contact, ContactActivity, EmailAccount, Sequence, SequenceEnrollment, SequenceStep
from domain.errors import Conflict, FieldError, Invalid
from domain.lifecycle import OPEN_ENROLLMENT
from domain.vocabulary import ActivityType, CompletionReason, EnrollmentStatus, GoalType

_TABLE = cast(Table, ContactActivity.__table__)
COLUMNS = tuple(_TABLE.columns)
_ENGAGEMENT: Mapping[ActivityType, tuple[str, str, str]] = {
    ActivityType.EMAIL_OPENED: ("total_emails_opened", "last_opened_at", "total_opens"),
    ActivityType.EMAIL_CLICKED: ("total_links_clicked", "last_clicked_at", "total_clicks"),
    ActivityType.EMAIL_REPLIED: ("total_replies", "last_replied_at", "total_replies"),
}
"""What an engagement counts in: a contact's counter and instant, and an enrollment's counter."""
SEQUENCE_COUNTERS: Mapping[ActivityType, str] = {
    ActivityType.EMAIL_DELIVERED: "total_delivered",
    ActivityType.EMAIL_OPENED: "total_opened",
    ActivityType.EMAIL_CLICKED: "total_clicked",
    ActivityType.EMAIL_REPLIED: "total_replied",
    ActivityType.EMAIL_BOUNCED: "total_bounced",
    ActivityType.EMAIL_UNSUBSCRIBED: "total_unsubscribed",
}
"""The column of a sequence that counts its activities of a type."""


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
    # Rows are locked in the order enrollment, contact, sequence.
    enrollment = await _enrollment_of(session, customer_id, fields)
    values = dict(fields)
    if enrollment is not None:
        values |= {"enrollment_id": enrollment.id, "sequence_id": enrollment.sequence_id}
    values |= {"customer_id": customer_id, "created_at": now, "occurred_at": fields.get("occurred_at") or now}
    statement = insert(_TABLE).values(**values).returning(*COLUMNS)
    row = (await session.execute(statement)).one()
    await _count(session, row)
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


async def _count(session: AsyncSession, row: Row[Any]) -> None:
    """Count the activity in its enrollment, its contact and its sequence: the order in which rows are locked."""
    if row.activity_type in _ENGAGEMENT:
        counter, last, of_enrollment = _ENGAGEMENT[row.activity_type]
        await session.execute(
            text(f"UPDATE sequence_enrollments SET {of_enrollment} = {of_enrollment} + 1 WHERE id = :id"),
            {"id": row.enrollment_id},
        )
        await session.execute(
            text(f"UPDATE contacts SET {counter} = {counter} + 1, {last} = greatest({last}, :at) WHERE id = :id"),
            {"id": row.contact_id, "at": row.occurred_at},
        )
    if row.activity_type in SEQUENCE_COUNTERS:
        counter = SEQUENCE_COUNTERS[row.activity_type]
        await session.execute(
            text(f"UPDATE sequences SET {counter} = {counter} + 1 WHERE id = :id"), {"id": row.sequence_id}
        )


async def _follow(session: AsyncSession, enrollment: Row[Any], row: Row[Any], now: datetime) -> None:
    """End the enrollment or tell its workflow; one that has ended stays as it is."""
    if EnrollmentStatus(enrollment.status) not in OPEN_ENROLLMENT:
        return
    if row.activity_type is ActivityType.EMAIL_REPLIED:
        sequence = await session.get_one(Sequence, enrollment.sequence_id)
        if sequence.stop_on_reply:
            met = sequence.goal_type is GoalType.REPLIES
            reason = CompletionReason.GOAL_ACHIEVED if met else CompletionReason.REPLIED
            await enrollments.end(session, [enrollment], now=now, status=EnrollmentStatus.COMPLETED, reason=reason)
            return
    step = await session.get(SequenceStep, row.sequence_step_id) if row.sequence_step_id else None
    await enrollments.tell_event(session, enrollment, row.activity_type.value, step.step_order if step else None)
