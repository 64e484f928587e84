"""Enrolling contacts in a sequence: set-based, one transaction, a verdict for each contact."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import definitions, outbox
from db.eligibility import SUPPRESSED
from db.outbox import Topic
from domain.enrollments import Plan
from domain.errors import Conflict, NotFound
from domain.schedule import TimeScale
from domain.sequences import Sequence as SequenceDefinition
from domain.sequences import first_mailbox, next_plan
from domain.vocabulary import ContactStatus, EnrollmentSource, SequenceStatus

ACCEPTING = frozenset({SequenceStatus.ACTIVE, SequenceStatus.PAUSED})
"""Sequences that take contacts; in a paused one, what comes due waits."""


class Verdict(StrEnum):
    ENROLLED = "enrolled"
    ALREADY_ENROLLED = "already_enrolled"
    SUPPRESSED = "suppressed"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class EnrollVerdict:
    """What became of one contact that was to be enrolled."""

    contact_id: UUID
    verdict: Verdict
    enrollment_id: UUID | None = None


async def enroll(
    session: AsyncSession,
    *,
    customer_id: UUID,
    sequence_id: UUID,
    contact_ids: Sequence[UUID],
    enrolled_by: UUID | None,
    source: EnrollmentSource,
    now: datetime,
    scale: TimeScale,
) -> list[EnrollVerdict]:
    """Enroll the contacts, each once, in the order given; ids that are named twice count once.

    Raises ``NotFound`` for the sequence and ``Conflict`` ``sequence.not_active`` when it takes no contacts.
    """
    sequence = await _accepting(session, sequence_id, customer_id)
    wanted = list(dict.fromkeys(contact_ids))
    found = await _candidates(session, customer_id, sequence_id, wanted, now)
    verdicts = {id: _verdict(found.get(id)) for id in wanted}
    able = [found[id] for id, verdict in verdicts.items() if verdict is Verdict.ENROLLED]
    made = await _insert(session, sequence, able, customer_id, enrolled_by, source, now, scale)
    return [
        EnrollVerdict(id, _after_insert(verdict, id in made), made.get(id) or _existing(found.get(id)))
        for id, verdict in verdicts.items()
    ]


async def enroll_list(
    session: AsyncSession, *, customer_id: UUID, list_id: UUID, sequence_id: UUID, **how: Any
) -> list[EnrollVerdict]:
    """``enroll`` for the members of a list, in the order in which they joined it; raises ``NotFound`` for the list."""
    owned = text("SELECT 1 FROM contact_lists WHERE id = :id AND customer_id = :customer_id")
    if (await session.execute(owned, {"id": list_id, "customer_id": customer_id})).one_or_none() is None:
        raise NotFound("list", list_id)
    members = await session.execute(
        text("SELECT contact_id FROM contact_list_memberships WHERE list_id = :id ORDER BY added_at, id"),
        {"id": list_id},
    )
    return await enroll(
        session, customer_id=customer_id, sequence_id=sequence_id, contact_ids=list(members.scalars()), **how
    )


async def _accepting(session: AsyncSession, sequence_id: UUID, customer_id: UUID) -> SequenceDefinition:
    status = (
        await session.execute(
            # The count of this row is moved below: a share lock would make two enrolls wait for each other.
            text("SELECT status FROM sequences WHERE id = :id AND customer_id = :customer_id FOR NO KEY UPDATE"),
            {"id": sequence_id, "customer_id": customer_id},
        )
    ).scalar_one_or_none()
    if status is None:
        raise NotFound("sequence", sequence_id)
    if SequenceStatus(status) not in ACCEPTING:
        raise Conflict("sequence.not_active", f"The sequence is {status}; activate it before contacts are enrolled.")
    return await definitions.load(session, sequence_id)


async def _candidates(
    session: AsyncSession, customer_id: UUID, sequence_id: UUID, ids: Sequence[UUID], now: datetime
) -> Mapping[UUID, Row[Any]]:
    rows = await session.execute(
        text(
            f"""SELECT contact.id, contact.status, contact.do_not_contact, contact.timezone, e.id AS enrollment_id,
                       {SUPPRESSED} AS suppressed
                FROM contacts AS contact
                LEFT JOIN sequence_enrollments AS e ON e.contact_id = contact.id AND e.sequence_id = :sequence_id
                WHERE contact.id = ANY(:ids) AND contact.customer_id = :customer_id"""
        ),
        {"ids": list(ids), "customer_id": customer_id, "sequence_id": sequence_id, "now": now},
    )
    return {row.id: row for row in rows}


def _verdict(row: Row[Any] | None) -> Verdict:
    if row is None:
        return Verdict.NOT_FOUND
    if row.enrollment_id is not None:
        return Verdict.ALREADY_ENROLLED
    if row.status == ContactStatus.UNSUBSCRIBED:
        return Verdict.UNSUBSCRIBED
    if row.status == ContactStatus.BOUNCED:
        return Verdict.BOUNCED
    if row.suppressed or row.do_not_contact or row.status == ContactStatus.DO_NOT_CONTACT:
        return Verdict.SUPPRESSED
    return Verdict.ENROLLED


def _after_insert(verdict: Verdict, inserted: bool) -> Verdict:
    """A contact that another request enrolled at this moment is enrolled already."""
    return Verdict.ALREADY_ENROLLED if verdict is Verdict.ENROLLED and not inserted else verdict


def _existing(row: Row[Any] | None) -> UUID | None:
    return row.enrollment_id if row is not None else None


def _plans(
    sequence: SequenceDefinition, timezones: Iterable[str | None], now: datetime, scale: TimeScale
) -> Mapping[str | None, Plan]:
    """The first plan for each zone: contacts of one zone share it."""
    plans = {
        timezone: next_plan(sequence, after=0, completed_at=now, contact_timezone=timezone, scale=scale)
        for timezone in set(timezones)
    }
    return {timezone: plan for timezone, plan in plans.items() if plan is not None}


async def _insert(
    session: AsyncSession,
    sequence: SequenceDefinition,
    contacts: Sequence[Row[Any]],
    customer_id: UUID,
    enrolled_by: UUID | None,
    source: EnrollmentSource,
    now: datetime,
    scale: TimeScale,
) -> Mapping[UUID, UUID]:
    """Contact id → enrollment id of those that were inserted, with their activities, letters and the count."""
    if not contacts:
        return {}
    plans = _plans(sequence, (contact.timezone for contact in contacts), now, scale)
    inserted = await session.execute(
        text(
            """INSERT INTO sequence_enrollments
                 (customer_id, sequence_id, contact_id, enrolled_at, enrolled_by, enrollment_source,
                  current_step_id, next_step_scheduled_at, email_account_id)
               SELECT :customer_id, :sequence_id, contact_id, :now, :enrolled_by, :source, :step_id, due, :account_id
               FROM unnest(CAST(:contact_ids AS uuid[]), CAST(:dues AS timestamptz[]))
                 WITH ORDINALITY AS wanted (contact_id, due, place)
               ORDER BY place
               ON CONFLICT (sequence_id, contact_id) DO NOTHING RETURNING id, contact_id"""
        ),
        {
            "customer_id": customer_id,
            "sequence_id": sequence.id,
            "now": now,
            "enrolled_by": enrolled_by,
            "source": source,
            "step_id": next(iter(plans.values())).step_id,
            "account_id": first_mailbox(sequence),
            "contact_ids": [contact.id for contact in contacts],
            "dues": [plans[contact.timezone].due_at for contact in contacts],
        },
    )
    made = {row.contact_id: row.id for row in inserted}
    if made:
        await _record_enrolled(session, sequence.id, customer_id, made, now)
    return made


async def _record_enrolled(
    session: AsyncSession, sequence_id: UUID, customer_id: UUID, made: Mapping[UUID, UUID], now: datetime
) -> None:
    await session.execute(
        text(
            """INSERT INTO contact_activities
                 (contact_id, customer_id, activity_type, sequence_id, enrollment_id, occurred_at)
               SELECT contact_id, :customer_id, 'sequence_enrolled', :sequence_id, enrollment_id, :now
               FROM unnest(CAST(:contacts AS uuid[]), CAST(:enrollments AS uuid[]))
                 AS made (contact_id, enrollment_id)"""
        ),
        {
            "customer_id": customer_id,
            "sequence_id": sequence_id,
            "now": now,
            "contacts": list(made),
            "enrollments": list(made.values()),
        },
    )
    await outbox.put_all(
        session, customer_id=customer_id, topic=Topic.ENROLLMENT_START, subject_ids=list(made.values())
    )
    await session.execute(
        text("UPDATE sequences SET total_enrolled = total_enrolled + :count WHERE id = :id"),
        {"id": sequence_id, "count": len(made)},
    )
