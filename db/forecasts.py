"""The forecast of a sequence over the real ledger: read without a lock, planned in memory, and nothing is written."""

import asyncio
import gc
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from typing import Any, TypeAlias, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import definitions, enrolling, planning, slots
from db.planning import PAST_DAYS, Desk
from domain.errors import Conflict, FieldError, Invalid, NotFound
from domain.scheduling.capacity import NotLoaded
from domain.scheduling.chains import Chain, Course
from domain.scheduling.forecasts import (
    NOBODY,
    Difference,
    Extending,
    Forecast,
    People,
    count,
    difference,
    newcomer,
    sends_before_people,
)
from domain.scheduling.hours import settings_problems
from domain.scheduling.ledger import Enrollee, Slot
from domain.scheduling.planning import WaitingNotLoaded
from domain.scheduling.replanning import Placing, Replanning
from domain.scheduling.schedule import seconds
from domain.scheduling.zones import Zone, date_of, day_number
from domain.sequences import Sequence as SequenceDefinition
from domain.vocabulary import SequenceStatus, WaitingReason

Answer = TypeVar("Answer")

MAX_NEWCOMERS = 100_000
"""Contacts that one forecast adds."""
LOOK_SECONDS = 0.1
"""How often progress is told."""

_FINAL = frozenset({SequenceStatus.STOPPED, SequenceStatus.ARCHIVED})
_HELD_UP = frozenset({WaitingReason.SEQUENCE_PAUSED, WaitingReason.MAILBOX_ERROR})
_SEQUENCE = text(
    "SELECT id, status, workspace_id, goal_deadline FROM sequences WHERE id = :id AND customer_id = :customer_id"
)
# A send that was claimed and is not recorded yet has used its slot: it is no longer to come.
_PRESENT = text(
    f"""SELECT {planning.COLUMNS},
               (SELECT step.step_order FROM send_slots AS slot
                JOIN sequence_steps AS step ON step.id = slot.sequence_step_id
                WHERE slot.enrollment_id = e.id AND slot.sequence_step_id = e.current_step_id
                  AND slot.used_at IS NOT NULL) AS in_flight
        FROM sequence_enrollments AS e JOIN contacts AS contact ON contact.id = e.contact_id
        WHERE e.sequence_id = :id AND e.status = 'active' ORDER BY e.enrolled_at, e.id"""
)
_TO_RECIPIENTS = text(
    """SELECT contact_id, recipient_domain, slot_at FROM send_slots
       WHERE workspace_id = :workspace_id AND day >= :since"""
)

Job: TypeAlias = Placing | Replanning | Extending
Report: TypeAlias = Callable[[str, int, int], None]
"""Is told what is planned, how many are done and of how many."""


@dataclass(frozen=True, slots=True)
class Newcomers:
    """Whom to enroll at ``at``, in this order: contacts, everybody on a list, and so many of whom nothing is known."""

    at: datetime
    contact_ids: Sequence[UUID] = ()
    list_id: UUID | None = None
    unnamed: int = 0


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Settings that are other than they are, under the names of their columns; ``delays`` are by ``step_order``."""

    sequence: Mapping[str, Any] = field(default_factory=dict)
    mailboxes: Mapping[UUID, Mapping[str, Any]] = field(default_factory=dict)
    delays: Sequence[tuple[int, Mapping[str, int]]] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """The forecast, and the one with other settings. Days are of ``zone``, the workspace's.

    ``left_out``: contacts who would not be enrolled, since they are already or may not be mailed.
    """

    forecast: Forecast
    zone: Zone
    left_out: int
    changed: Forecast | None = None
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class _Case:
    """What both forecasts are made of."""

    now: datetime
    deadline: date | None
    rows: Sequence[Row[Any]]
    slots: Mapping[UUID, list[Slot]]
    oldest: int
    """The first instant of a slot that is not used."""
    contacts: Sequence[Row[Any]]
    newcomers: Newcomers
    to_recipients: Mapping[UUID | str, Sequence[int]]
    report: Report | None


async def forecast(
    session: AsyncSession,
    *,
    customer_id: UUID,
    sequence_id: UUID,
    newcomers: Newcomers,
    now: datetime,
    what_if: WhatIf | None = None,
    report: Report | None = None,
) -> Outlook:
    """What is to come of the sequence's active enrollments and of the newcomers, if nothing new happens.

    Raises ``NotFound`` for the sequence and the list, ``Conflict`` when the sequence is stopped or archived, and
    ``Invalid`` for settings that cannot be, with pointers into the request (``/what_if/steps/0/step_order``).
    """
    sequence = await _open(session, customer_id, sequence_id)
    desk = await Desk.look(session, sequence_id, now, whole=True)
    definition = await definitions.load(session, sequence_id)
    if what_if is not None:
        _require_possible(what_if, definition, desk.planner.ledger.mailboxes)
    wanted = await _wanted(session, customer_id, newcomers)
    able = await enrolling.able(session, customer_id=customer_id, sequence_id=sequence_id, contact_ids=wanted, now=now)
    case = await _case(session, desk, sequence, able, newcomers, now, report)
    zone, left_out = desk.planner.ledger.workspace.zone, len(wanted) - len(able)
    present = await _forecast(case, desk, definition, what="Planning")
    if what_if is None:
        return Outlook(present, zone, left_out)
    desk = await Desk.look(session, sequence_id, now, whole=True, mailboxes=what_if.mailboxes)
    other = await definitions.load(session, sequence_id, instead=what_if.sequence)
    other = _with_delays(other, dict(what_if.delays))
    changed = await _forecast(case, desk, other, what="Planning with other settings", again=True)
    return Outlook(present, zone, left_out, changed, await asyncio.to_thread(difference, present, changed))


# --- reading ---------------------------------------------------------------------------------------------------


async def _open(session: AsyncSession, customer_id: UUID, sequence_id: UUID) -> Row[Any]:
    row = (await session.execute(_SEQUENCE, {"id": sequence_id, "customer_id": customer_id})).one_or_none()
    if row is None:
        raise NotFound("sequence", sequence_id)
    if SequenceStatus(row.status) in _FINAL:
        raise Conflict("sequence.not_active", f"The sequence is {row.status}: nothing more is sent.")
    return row


async def _case(
    session: AsyncSession,
    desk: Desk,
    sequence: Row[Any],
    contacts: Sequence[Row[Any]],
    newcomers: Newcomers,
    now: datetime,
    report: Report | None,
) -> _Case:
    rows = (await session.execute(_PRESENT, {"id": sequence.id})).all()
    pending = await slots.pending(session, [row.id for row in rows])
    oldest = min((its_slots[0].at for its_slots in pending.values()), default=seconds(now))
    return _Case(
        now=now,
        deadline=sequence.goal_deadline,
        rows=rows,
        slots=pending,
        oldest=oldest,
        contacts=contacts,
        newcomers=newcomers,
        to_recipients=await _to_recipients(session, desk, sequence.workspace_id, oldest),
        report=report,
    )


async def _wanted(session: AsyncSession, customer_id: UUID, newcomers: Newcomers) -> list[UUID]:
    """The contacts that are named, each once."""
    wanted = list(newcomers.contact_ids)
    if newcomers.list_id is not None:
        wanted += await enrolling.members(session, customer_id=customer_id, list_id=newcomers.list_id)
    if len(wanted) > MAX_NEWCOMERS:
        detail = f"{len(wanted)} contacts are more than a forecast adds, {MAX_NEWCOMERS}"
        raise Invalid("forecast.too_many", detail, (FieldError("/list_id", "too_many", detail),))
    return list(dict.fromkeys(wanted))


async def _to_recipients(
    session: AsyncSession, desk: Desk, workspace_id: UUID, oldest: int
) -> dict[UUID | str, list[int]]:
    """The sends to each contact and recipient domain, where the workspace has a cap for them."""
    rules = desk.planner.ledger.workspace
    found: dict[UUID | str, list[int]] = defaultdict(list)
    if rules.domain_cap is None and rules.contact_cap is None:
        return found
    since = date_of(min(rules.zone.day(desk.planner.now) - PAST_DAYS, rules.zone.day(oldest)))
    for row in await session.execute(_TO_RECIPIENTS, {"workspace_id": workspace_id, "since": since}):
        at = seconds(row.slot_at)
        for key in (row.contact_id, row.recipient_domain):
            if key is not None:
                found[key].append(at)
    return found


# --- other settings --------------------------------------------------------------------------------------------


def _require_possible(what_if: WhatIf, sequence: SequenceDefinition, mailboxes: Mapping[UUID, Any]) -> None:
    problems = [
        FieldError(f"/what_if{one.pointer}", one.code, one.detail)
        for one in _what_if_problems(what_if, sequence, mailboxes)
    ]
    if problems:
        raise Invalid("forecast.invalid", "These settings cannot be; see the fields.", tuple(problems))


def _what_if_problems(
    what_if: WhatIf, sequence: SequenceDefinition, mailboxes: Mapping[UUID, Any]
) -> Iterator[FieldError]:
    yield from settings_problems(what_if.sequence)
    pool, default = (what_if.sequence.get(name) for name in ("email_account_ids", "default_email_account_id"))
    named = {f"/mailboxes/{id}": id for id in what_if.mailboxes}
    named |= {f"/email_account_ids/{index}": id for index, id in enumerate(pool or ())}
    if default is not None:
        named["/default_email_account_id"] = default
    for pointer, id in named.items():
        if id not in mailboxes:
            yield FieldError(pointer, "not_found", f"There is no such email account: {id}.")
    orders = [step.step_order for step in sequence.steps]
    for index, (order, _) in enumerate(what_if.delays):
        if order not in orders:
            yield FieldError(f"/steps/{index}/step_order", "not_found", f"there is no step with the order {order}")


def _with_delays(sequence: SequenceDefinition, delays: Mapping[int, Mapping[str, int]]) -> SequenceDefinition:
    changed = (replace(step, delay=replace(step.delay, **delays.get(step.step_order, {}))) for step in sequence.steps)
    return replace(sequence, steps=tuple(changed))


# --- planning --------------------------------------------------------------------------------------------------


async def _forecast(
    case: _Case, desk: Desk, sequence: SequenceDefinition, *, what: str, again: bool = False
) -> Forecast:
    """Plan for everybody; ``again``: by other settings than those by which the present slots were planned."""
    people = await asyncio.to_thread(
        _quietly, partial(_people, case, Course(sequence), contact_cap=_has_contact_cap(desk))
    )
    _tell_of_recipients(case, desk, people)
    desk.reach_back(case.oldest)
    desk.mine = {row.id for row in case.rows}
    jobs: list[Callable[[], Job]] = [
        lambda: _replanning(case, desk, people.present, again=again),
        lambda: Placing(desk.planner, (*people.contacts, *people.unnamed)),
        lambda: Extending(desk.planner, people),
    ]
    for job in jobs:
        await _run(desk, job(), what, case.report)
    deadline = None
    if case.deadline is not None:
        deadline = sequence.rules.zone.day_start(day_number(case.deadline) + 1)
    zone = desk.planner.ledger.workspace.zone
    return await asyncio.to_thread(_quietly, partial(count, people, zone=zone, deadline=deadline))


def _has_contact_cap(desk: Desk) -> bool:
    return desk.planner.ledger.workspace.contact_cap is not None


def _people(case: _Case, course: Course, *, contact_cap: bool) -> People:
    present = [_chain(course, row, case) for row in case.rows]
    if not course.legs(0):
        return People(present)
    at = seconds(case.newcomers.at)
    contacts = [newcomer(course, Enrollee(NOBODY, row.id, row.timezone, row.domain), at) for row in case.contacts]
    # Only a cap of emails to one contact tells those apart of whom nothing is known.
    nobody = Enrollee(NOBODY, NOBODY)
    over = newcomer(course, nobody, at).delay_until
    unnamed = [
        Chain(course, Enrollee(NOBODY, uuid4()) if contact_cap else nobody, 0, over)
        for _ in range(case.newcomers.unnamed)
    ]
    return People(present, contacts, unnamed)


def _chain(course: Course, row: Row[Any], case: _Case) -> Chain:
    """The chain of an enrollment by the settings of ``course``, with the slots that it has."""
    chain = planning.chain_of(course, row)
    if row.in_flight is not None:
        # The email that is on the wire is taken to be sent now.
        over = seconds(case.now)
        way = course.legs(row.in_flight)
        if way:
            over = way[0].delay_over(over, course.zone(chain.enrollee.timezone))
        chain = replace(chain, after=row.in_flight, delay_until=over, begun=True)
    chain.slots = list(case.slots.get(row.id, ()))
    return chain


def _tell_of_recipients(case: _Case, desk: Desk, people: People) -> None:
    """Load the caps of all recipients at once: there may be one for each."""
    for chain in people:
        for _, quota in desk.planner.ledger.personal(chain.enrollee):
            if not quota.known:
                assert quota.key is not None
                for at in case.to_recipients.get(quota.key[1], ()):
                    quota.add(at)
                quota.known = True


def _replanning(case: _Case, desk: Desk, present: Sequence[Chain], *, again: bool) -> Replanning:
    """Everybody is planned again when settings are other, or when what held somebody up ends now, as is taken to be.

    Else only those whose slots are past or missing; the others that have not begun may be put off by them.
    """
    planner = desk.planner
    free = {
        row.id: chain
        for chain, row in zip(present, case.rows, strict=True)
        if row.waiting_reason != WaitingReason.TASK and sends_before_people(chain)
    }
    held = {row.id for row in case.rows if row.id in free and row.waiting_reason in _HELD_UP}
    if again or held:
        return Replanning(planner, free.values(), held)
    late = {id for id, chain in free.items() if not chain.slots or chain.slots[0].at < planner.now}
    planner.waiting |= {id: chain for id, chain in free.items() if id not in late and not chain.begun}
    return Replanning(planner, [free[id] for id in late])


async def _run(desk: Desk, job: Job, what: str, report: Report | None) -> None:
    """Run the job in a thread, since it may take seconds, and load what it asks for."""
    whole = job.left
    while True:
        running = asyncio.create_task(asyncio.to_thread(_quietly, job.run))
        while report is not None and not running.done():
            await asyncio.wait({running}, timeout=LOOK_SECONDS)
            report(what, whole - job.left, whole)
        try:
            return await running
        except (NotLoaded, WaitingNotLoaded) as missing:
            await desk.load(missing)


def _quietly(work: Callable[[], Answer]) -> Answer:
    """Work without the garbage collector, which would go through very many slots again and again, and find nothing."""
    collects = gc.isenabled()
    gc.disable()
    try:
        return work()
    finally:
        if collects:
            gc.enable()
