"""Activities that clients report: each recorded once, with its counts and what follows for its enrollment.

Many are recorded as one is: what is asked of the database is asked for all of them at once. Rows are locked in the
order enrollment, contact, message, sequence, step, each in the order of ids.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import activity_matching as matching
from db import counters, engagements, enrollments, outbox, reported_emails
from db.activity_matching import Outcome, Recorded, Report
from db.contact_activities import COLUMNS, TABLE
from db.counters import Moves
from db.engagements import Engagement
from db.models import Sequence as SequenceRow
from db.models import SequenceStep
from db.outbox import Topic
from domain.errors import OpenDoorsError
from domain.lifecycle import OPEN_ENROLLMENT, reason_of_reply
from domain.vocabulary import ActivityType, CompletionReason, EnrollmentStatus

_LOCK_CONTACTS = text("SELECT id FROM contacts WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")


async def record(session: AsyncSession, *, customer_id: UUID, fields: Mapping[str, Any], now: datetime) -> Recorded:
    """Record an activity that a client reports, with its counts and what follows for its enrollment.

    The same ``external_id`` again gives the row of the first time and counts nothing. A reply ends an enrollment
    whose sequence stops on replies; any other activity of an enrollment is told to its workflow. Raises
    ``Invalid`` for references to what does not exist, ``Conflict`` for an ``external_id`` of another activity.
    """
    [outcome] = await record_all(session, customer_id=customer_id, reports=[fields], now=now)
    if isinstance(outcome, OpenDoorsError):
        raise outcome
    return outcome


async def record_all(
    session: AsyncSession, *, customer_id: UUID, reports: Sequence[Mapping[str, Any]], now: datetime
) -> list[Outcome]:
    """``record`` for each, in their order: the row, or the error that ``record`` would raise; no error stops others."""
    given = [Report(place, matching.values_of(fields, customer_id, now)) for place, fields in enumerate(reports)]
    await matching.find_known(session, customer_id, given)
    await matching.check_references(session, customer_id, matching.still_open(given))
    emails = [one for one in matching.still_open(given) if one.of_email]
    await matching.find_sends(session, [one for one in emails if one.values["email_message_id"]])
    await matching.find_enrollments(session, matching.still_open(given))
    await matching.find_sends(session, [one for one in emails if one.enrollment and not one.send])
    first = _first_of_each_id(matching.still_open(given))
    await _count(session, [one for one in first if one.of_email])
    await _insert(session, first)
    await _follow(session, customer_id, first, now)
    _answer_repeated(given)
    return [one.outcome for one in given if one.outcome is not None]


def _first_of_each_id(reports: Sequence[Report]) -> list[Report]:
    seen: set[str] = set()
    first = []
    for one in reports:
        id = one.values["external_id"]
        if id is None or id not in seen:
            first.append(one)
        seen.add(id)
    return first


def _answer_repeated(reports: Sequence[Report]) -> None:
    """Reports of an external id that another of the same batch had before."""
    rows = {one.values["external_id"]: one.outcome.row for one in reports if isinstance(one.outcome, Recorded)}
    for one in matching.still_open(reports):
        one.outcome = matching.same(one, rows[one.values["external_id"]])


async def _count(session: AsyncSession, reports: Sequence[Report]) -> None:
    """Count activities before they are inserted; from then on they name their emails as we do."""
    if not reports:
        return
    await session.execute(_LOCK_CONTACTS, {"ids": list({one.values["contact_id"] for one in reports})})
    moves, events = Moves(), []
    for one in reports:
        if one.send is not None:
            one.values["email_message_id"] = one.send.email_message_id
            values = one.values
            kind, subtype = values["activity_type"], values["activity_subtype"]
            events.append(Engagement(one.send, kind, values["occurred_at"], subtype))
    unsubscribes = await engagements.gather(session, moves, events)
    unsubscribes |= await reported_emails.gather(session, moves, [one.values for one in reports if one.send is None])
    await engagements.gather_unsubscribes(session, moves, unsubscribes)
    await counters.apply(session, moves)


async def _insert(session: AsyncSession, reports: Sequence[Report]) -> None:
    if not reports:
        return
    rows = await session.execute(insert(TABLE).returning(*COLUMNS), [one.values | {"id": one.id} for one in reports])
    inserted = {row.id: row for row in rows}
    for one in reports:
        one.outcome = Recorded(inserted[one.id], known=False)


async def _follow(session: AsyncSession, customer_id: UUID, reports: Sequence[Report], now: datetime) -> None:
    """End enrollments, or tell their workflows; one that has ended stays as it is."""
    of_open = [one for one in reports if one.enrollment and EnrollmentStatus(one.enrollment.status) in OPEN_ENROLLMENT]
    ended = await _end_answered(session, of_open, now)
    telling = [one for one in of_open if one.values["enrollment_id"] not in ended]
    orders = await _step_orders(session, {one.values["sequence_step_id"] for one in telling} - {None})
    subjects: defaultdict[tuple[str, int | None], set[UUID]] = defaultdict(set)
    for one in telling:
        what = one.values["activity_type"].value, orders.get(one.values["sequence_step_id"])
        subjects[what].add(one.values["enrollment_id"])
    for (kind, order), ids in subjects.items():
        payload = {"kind": kind, "step_order": order}
        topic = Topic.ENROLLMENT_EVENT
        await outbox.put_all(session, customer_id=customer_id, topic=topic, subject_ids=sorted(ids), payload=payload)


async def _end_answered(session: AsyncSession, reports: Sequence[Report], now: datetime) -> set[UUID]:
    """End the enrollments that were answered, where the sequence stops on replies; answers which."""
    answered = {
        one.enrollment.id: one.enrollment
        for one in reports
        if one.enrollment and one.values["activity_type"] is ActivityType.EMAIL_REPLIED
    }
    goals = await _goals(session, {row.sequence_id for row in answered.values()})
    ending: defaultdict[CompletionReason, list[Row[Any]]] = defaultdict(list)
    for row in answered.values():
        if row.sequence_id in goals:
            ending[goals[row.sequence_id]].append(row)
    for reason, rows in ending.items():
        await enrollments.end(session, rows, now=now, status=EnrollmentStatus.COMPLETED, reason=reason)
    return {row.id for rows in ending.values() for row in rows}


async def _goals(session: AsyncSession, sequence_ids: Collection[UUID]) -> dict[UUID, CompletionReason]:
    """What a reply means to sequences that stop on one."""
    if not sequence_ids:
        return {}
    stopping = select(SequenceRow.id, SequenceRow.goal_type).where(
        SequenceRow.id.in_(sequence_ids), SequenceRow.stop_on_reply.is_(True)
    )
    return {row.id: reason_of_reply(row.goal_type) for row in await session.execute(stopping)}


async def _step_orders(session: AsyncSession, step_ids: Collection[UUID]) -> dict[UUID, int]:
    if not step_ids:
        return {}
    found = await session.execute(select(SequenceStep.id, SequenceStep.step_order).where(SequenceStep.id.in_(step_ids)))
    return {row.id: row.step_order for row in found}
