"""Enrolling contacts in a sequence: set-based, one transaction, a verdict for each contact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import definitions, outbox
from db.contact_zones import KNOWN_ZONE
from db.eligibility import SUPPRESSED
from db.next_steps import next_of
from db.outbox import Topic
from db.planning import WHOLE_FROM, Desk
from domain.errors import Conflict, NotFound
from domain.scheduling.chains import Chain
from domain.scheduling.ledger import Enrollee
from domain.scheduling.schedule import seconds
from domain.sequences import Sequence as SequenceDefinition
from domain.vocabulary import ContactStatus, EnrollmentSource, SequenceStatus

ACCEPTING = frozenset({SequenceStatus.ACTIVE, SequenceStatus.PAUSED})
"""Sequences that take contacts; in a paused one, what comes due waits."""


_INSERT = text(
    """INSERT INTO sequence_enrollments
         (id, customer_id, sequence_id, contact_id, enrolled_at, enrolled_by, enrollment_source, current_step_id,
          next_step_scheduled_at, email_account_id, delay_from, delay_until)
       SELECT id, :customer_id, :sequence_id, contact_id, :now, :enrolled_by, :source, :step_id, due, account_id, :now,
              delay_until
       FROM unnest(CAST(:ids AS uuid[]), CAST(:contact_ids AS uuid[]), CAST(:account_ids AS uuid[]),
                   CAST(:dues AS timestamptz[]), CAST(:delays_until AS timestamptz[]))
         WITH ORDINALITY AS wanted (id, contact_id, account_id, due, delay_until, place)
       ORDER BY place
       ON CONFLICT (sequence_id, contact_id) DO NOTHING RETURNING id, contact_id"""
)


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
) -> list[EnrollVerdict]:
    """Enroll the contacts, each once, in the order given; ids that are named twice count once.

    Raises ``NotFound`` for the sequence and ``Conflict`` ``sequence.not_active`` when it takes no contacts.
    """
    sequence = await _accepting(session, sequence_id, customer_id)
    wanted = list(dict.fromkeys(contact_ids))
    found = await _candidates(session, customer_id, sequence_id, wanted, now)
    verdicts = {id: _verdict(found.get(id)) for id in wanted}
    able = [found[id] for id, verdict in verdicts.items() if verdict is Verdict.ENROLLED]
    made = await _insert(session, sequence, able, customer_id, enrolled_by, source, now)
    return [
        EnrollVerdict(id, _after_insert(verdict, id in made), made.get(id) or _existing(found.get(id)))
        for id, verdict in verdicts.items()
    ]


async def enroll_list(
    session: AsyncSession, *, customer_id: UUID, list_id: UUID, sequence_id: UUID, **how: Any
) -> list[EnrollVerdict]:
    """``enroll`` for the members of a list, in the order in which they joined it; raises ``NotFound`` for the list."""
    contact_ids = await members(session, customer_id=customer_id, list_id=list_id)
    return await enroll(session, customer_id=customer_id, sequence_id=sequence_id, contact_ids=contact_ids, **how)


async def members(session: AsyncSession, *, customer_id: UUID, list_id: UUID) -> list[UUID]:
    """Who is on a list, in the order in which they joined it; raises ``NotFound`` for the list."""
    owned = text("SELECT 1 FROM contact_lists WHERE id = :id AND customer_id = :customer_id")
    if (await session.execute(owned, {"id": list_id, "customer_id": customer_id})).one_or_none() is None:
        raise NotFound("list", list_id)
    members = await session.execute(
        text("SELECT contact_id FROM contact_list_memberships WHERE list_id = :id ORDER BY added_at, id"),
        {"id": list_id},
    )
    return list(members.scalars())


async def able(
    session: AsyncSession, *, customer_id: UUID, sequence_id: UUID, contact_ids: Sequence[UUID], now: datetime
) -> list[Row[Any]]:
    """Those of the contacts that ``enroll`` would enroll, in the order given, each once: id, timezone and domain."""
    wanted = list(dict.fromkeys(contact_ids))
    found = await _candidates(session, customer_id, sequence_id, wanted, now)
    return [found[id] for id in wanted if _verdict(found.get(id)) is Verdict.ENROLLED]


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
            f"""SELECT contact.id, contact.status, contact.do_not_contact, {KNOWN_ZONE} AS timezone,
                       split_part(contact.email, '@', 2) AS domain, e.id AS enrollment_id,
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


async def _insert(
    session: AsyncSession,
    sequence: SequenceDefinition,
    contacts: Sequence[Row[Any]],
    customer_id: UUID,
    enrolled_by: UUID | None,
    source: EnrollmentSource,
    now: datetime,
) -> Mapping[UUID, UUID]:
    """Contact id → enrollment id of those that were inserted, with their slots, activities, letters and the count."""
    if not contacts:
        return {}
    desk = await Desk.open(session, sequence.id, now, whole=len(contacts) > WHOLE_FROM)
    chains = await _planned(desk, sequence, contacts, now)
    steps = [next_of(chain, delay_from=now) for chain in chains]
    inserted = await session.execute(
        _INSERT,
        {
            "customer_id": customer_id,
            "sequence_id": sequence.id,
            "now": now,
            "enrolled_by": enrolled_by,
            "source": source,
            "step_id": steps[0].step_id,
            "ids": [chain.enrollee.enrollment_id for chain in chains],
            "contact_ids": [chain.enrollee.contact_id for chain in chains],
            "account_ids": [chain.enrollee.mailbox_id for chain in chains],
            "dues": [step.due_at for step in steps],
            "delays_until": [step.delay_until for step in steps],
        },
    )
    made = {row.contact_id: row.id for row in inserted}
    if made:
        await desk.write([chain for chain in chains if chain.enrollee.contact_id in made])
        await _record_enrolled(session, sequence.id, customer_id, made, now)
    return made


async def _planned(
    desk: Desk, sequence: SequenceDefinition, contacts: Sequence[Row[Any]], now: datetime
) -> Sequence[Chain]:
    """The chains of new enrollments of the contacts, placed in the order given.

    An email without room is left without a slot; its enrollment finds that out when it is due, and is held.
    """
    course = await desk.course(sequence.id)
    first, start = course.legs(0)[0], seconds(now)
    chains: list[Chain] = []
    for contact in contacts:
        over = first.delay_over(start, course.zone(contact.timezone))
        enrollee = Enrollee(uuid4(), contact.id, contact.timezone, contact.domain)
        chain = Chain(course, enrollee, 0, over)
        await desk.place(chain)
        chains.append(chain)
    return chains


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
