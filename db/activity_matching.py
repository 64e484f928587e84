"""What reported activities speak of: one that was recorded before, a send of ours, an enrollment, which is locked."""

import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import engagements, enrollments, reported_emails, tenancy
from db.contact_activities import COLUMNS
from db.models import Contact, EmailAccount, SequenceEnrollment, SequenceStep
from db.models import Sequence as SequenceRow
from db.partitions import EVERY_ACTIVITY
from domain.errors import Conflict, FieldError, Invalid, OpenDoorsError
from domain.vocabulary import ActivityType

_OF_EMAIL = frozenset({*engagements.KINDS, *reported_emails.SENT, ActivityType.EMAIL_UNSUBSCRIBED})
_REFERENCES = {
    "contact_id": Contact,
    "sequence_id": SequenceRow,
    "sequence_step_id": SequenceStep,
    "email_account_id": EmailAccount,
    "enrollment_id": SequenceEnrollment,
}
_LOCKS = 64
"""External ids of a customer share so many locks: a batch of any size takes no more of them."""
_LOCK_IDS = text("SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) FROM unnest(CAST(:names AS text[])) AS name")
_KNOWN = text(
    f"SELECT * FROM {EVERY_ACTIVITY} AS every WHERE customer_id = :customer_id AND external_id = ANY(:external_ids)"
).columns(*COLUMNS)
_ENROLLMENTS = text(
    """SELECT report.place, enrollment.id
       FROM unnest(CAST(:places AS int[]), CAST(:contact_ids AS uuid[]), CAST(:enrollment_ids AS uuid[]),
                   CAST(:sequence_ids AS uuid[])) AS report (place, contact_id, enrollment_id, sequence_id)
       JOIN sequence_enrollments AS enrollment ON enrollment.contact_id = report.contact_id
        AND (report.enrollment_id IS NULL OR enrollment.id = report.enrollment_id)
        AND (report.sequence_id IS NULL OR enrollment.sequence_id = report.sequence_id)"""
)
_SENDS = text(
    """SELECT report.place, send.*
       FROM unnest(CAST(:places AS int[]), CAST(:contact_ids AS uuid[]), CAST(:message_ids AS text[]),
                   CAST(:enrollment_ids AS uuid[]), CAST(:step_ids AS uuid[]), CAST(:latest AS boolean[]))
            AS report (place, contact_id, message_id, enrollment_id, step_id, latest)
       CROSS JOIN LATERAL (
         SELECT id, left(message_id, 255) AS email_message_id, sequence_id, enrollment_id, sequence_step_id
         FROM email_messages AS message WHERE message.contact_id = report.contact_id AND (
           left(message.message_id, 255) = report.message_id OR message.provider_message_id = report.message_id
           OR report.message_id IS NULL AND message.enrollment_id = report.enrollment_id
              AND (message.sequence_step_id = report.step_id OR report.step_id IS NULL AND report.latest
                   AND message.status IN ('sending', 'sent', 'unknown')))
         ORDER BY sent_at DESC NULLS LAST, claimed_at DESC, id LIMIT 1) AS send"""
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An activity's row, and whether it was there before."""

    row: Row[Any]
    known: bool


Outcome = Recorded | OpenDoorsError


@dataclass(slots=True)
class Report:
    """One report on its way: what is to be inserted, what it speaks of, and what became of it."""

    place: int
    values: dict[str, Any]
    id: UUID = field(default_factory=uuid4)
    send: Row[Any] | None = None
    enrollment: Row[Any] | None = None
    outcome: Outcome | None = None

    @property
    def of_email(self) -> bool:
        return self.values["activity_type"] in _OF_EMAIL


def values_of(fields: Mapping[str, Any], customer_id: UUID, now: datetime) -> dict[str, Any]:
    """The columns of a report; what it does not say is NULL, and it occurred ``now`` unless it says when."""
    names = ("external_id", "email_message_id", "activity_subtype", *_REFERENCES)
    occurred_at = fields.get("occurred_at") or now
    always = {"customer_id": customer_id, "created_at": now, "occurred_at": occurred_at}
    return {**dict.fromkeys(names), **fields, **always}


def still_open(reports: Sequence[Report]) -> list[Report]:
    """Those of which nothing has become so far."""
    return [one for one in reports if one.outcome is None]


async def find_known(session: AsyncSession, customer_id: UUID, reports: Sequence[Report]) -> None:
    """Settle the reports whose external id was recorded before.

    Whoever records one holds its lock until the commit: partitions allow no unique key on it alone.
    """
    ids = {one.values["external_id"] for one in reports} - {None}
    if not ids:
        return
    locks = sorted({zlib.crc32(id.encode()) % _LOCKS for id in ids})
    await session.execute(_LOCK_IDS, {"names": [f"activities:{customer_id}:{lock}" for lock in locks]})
    rows = await session.execute(_KNOWN, {"customer_id": customer_id, "external_ids": list(ids)})
    known = {row.external_id: row for row in rows}
    for one in reports:
        row = known.get(one.values["external_id"])
        if row is not None:
            one.outcome = same(one, row)


def same(report: Report, row: Row[Any]) -> Outcome:
    """What becomes of a report whose external id is that of ``row``: the row, or ``Conflict`` if it is of another."""
    wanted = report.values
    if (row.contact_id, row.activity_type) == (wanted["contact_id"], wanted["activity_type"]):
        return Recorded(row, known=True)
    return Conflict("activity.external_id", f"The external_id {row.external_id} is that of another activity.")


async def check_references(session: AsyncSession, customer_id: UUID, reports: Sequence[Report]) -> None:
    """Refuse the reports that name what does not exist for the customer."""
    wrong: defaultdict[int, list[FieldError]] = defaultdict(list)
    for name, model in _REFERENCES.items():
        ids = {one.values[name] for one in reports} - {None}
        existing = await tenancy.existing(session, model, ids, customer_id)
        for one in reports:
            id = one.values[name]
            if id is not None and id not in existing:
                noun = name.removesuffix("_id").replace("_", " ")
                wrong[one.place].append(FieldError(f"/{name}", "not_found", f"There is no {noun} with id {id}."))
    for one in reports:
        if one.place in wrong:
            detail = "The activity refers to something that does not exist."
            one.outcome = Invalid("reference.not_found", detail, tuple(wrong[one.place]))


async def find_sends(session: AsyncSession, reports: Sequence[Report]) -> None:
    """The send of ours that each speaks of.

    That is the one with its ``email_message_id`` (ours or the provider's), else that of its step in its enrollment,
    else, for what happens to emails, the enrollment's latest.
    """
    if not reports:
        return
    asked = {
        "places": [one.place for one in reports],
        "contact_ids": [one.values["contact_id"] for one in reports],
        "message_ids": [one.values["email_message_id"] for one in reports],
        "enrollment_ids": [one.values["enrollment_id"] for one in reports],
        "step_ids": [one.values["sequence_step_id"] for one in reports],
        "latest": [one.values["activity_type"] not in reported_emails.SENT for one in reports],
    }
    sends = {row.place: row for row in await session.execute(_SENDS, asked)}
    for one in reports:
        one.send = sends.get(one.place)
        if one.send is not None and one.enrollment is None:
            _take_over(one, one.send)


def _take_over(report: Report, send: Row[Any]) -> None:
    """The enrollment, sequence and step are those of the send; an activity that says another thing is invalid."""
    values = report.values
    for name in ("enrollment_id", "sequence_id"):
        if None not in {values[name], send._mapping[name]} and values[name] != send._mapping[name]:
            wrong = FieldError(f"/{name}", "mismatch", "is not that of the email")
            report.outcome = Invalid("activity.email", "The email is of another enrollment or sequence.", (wrong,))
            return
    step_id = values["sequence_step_id"] or send.sequence_step_id
    values |= {"enrollment_id": send.enrollment_id, "sequence_id": send.sequence_id, "sequence_step_id": step_id}


async def find_enrollments(session: AsyncSession, reports: Sequence[Report]) -> None:
    """The enrollment that each speaks of, locked: the one it names, else the contact's in its sequence."""
    gone = {one.place for one in reports if one.send is not None and one.send.enrollment_id is None}
    asking = [
        one
        for one in reports
        if one.place not in gone and (one.values["enrollment_id"] or one.values["sequence_id"]) is not None
    ]
    if not asking:
        return
    asked = {
        f"{name}s": [one.values[name] for one in asking] for name in ("contact_id", "enrollment_id", "sequence_id")
    }
    found = await session.execute(_ENROLLMENTS, {"places": [one.place for one in asking], **asked})
    ids = {row.place: row.id for row in found}
    locked = {row.id: row for row in await enrollments.lock_all(session, set(ids.values()))}
    for one in asking:
        one.enrollment = locked.get(ids.get(one.place))
        if one.enrollment is not None:
            one.values |= {"enrollment_id": one.enrollment.id, "sequence_id": one.enrollment.sequence_id}
        elif one.values["enrollment_id"] is not None:
            wrong = FieldError("/enrollment_id", "mismatch", "is not this contact's, or not of this sequence")
            one.outcome = Invalid("activity.enrollment", "The enrollment is another contact's or sequence's.", (wrong,))
