"""Planning again, when settings have changed or room was given back: exactly those move whom it concerns.

A chain whose slots still keep every rule keeps them, unless it waits for capacity and can now go earlier. Enrollments
that are held for what is over now go before those behind them in line. Rows that somebody else holds at the moment
are left out and counted, so that the caller asks again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import planning, slots
from db.next_steps import NextStep, next_of
from db.planning import WHOLE_FROM, Desk
from domain.enrollments import HOLDING
from domain.scheduling.chains import Chain
from domain.scheduling.ledger import Slot
from domain.scheduling.replanning import Replanning
from domain.scheduling.schedule import PUNCTUAL, moment, seconds
from domain.vocabulary import SequenceStatus, WaitingReason

_SEQUENCES = text(
    """SELECT id FROM sequences
       WHERE (id = :id OR workspace_id = :id) AND status IN ('active', 'paused')
       ORDER BY id"""
)
_SEQUENCES_OF_MAILBOX = text(
    """SELECT DISTINCT e.sequence_id AS id FROM sequence_enrollments AS e
       JOIN sequences AS sequence ON sequence.id = e.sequence_id
       LEFT JOIN sequence_steps AS step ON step.id = e.current_step_id
       WHERE e.status = 'active' AND sequence.status IN ('active', 'paused')
         AND (:id = coalesce(step.email_account_id, e.email_account_id, sequence.default_email_account_id)
              OR EXISTS (SELECT FROM send_slots AS slot WHERE slot.enrollment_id = e.id
                         AND slot.email_account_id = :id AND slot.used_at IS NULL))
       ORDER BY 1"""
)
_COUNT_ACTIVE = text("SELECT count(*) FROM sequence_enrollments WHERE sequence_id = ANY(:ids) AND status = 'active'")
# A cap may have been what they wait for, so those of the other mailboxes of a pool may have it, too. A follow-up that
# is behind by a gap or two is not waiting for room: to move it by seconds would only wake it.
_WAITING = text(
    """SELECT e.id, e.sequence_id FROM send_slots AS slot JOIN sequence_enrollments AS e ON e.id = slot.enrollment_id
       WHERE slot.email_account_id IN (
           SELECT :account_id UNION
           SELECT other.email_account_id FROM sequence_email_accounts AS pool
           JOIN sequence_email_accounts AS other USING (sequence_id) WHERE pool.email_account_id = :account_id)
         AND slot.used_at IS NULL AND slot.slot_at > slot.due_at
         AND (NOT slot.follow_up OR slot.begun AND slot.slot_at > slot.due_at + interval '6 hours')
         AND e.status = 'active' AND e.waiting_reason IS NULL AND e.next_step_scheduled_at > :now
       ORDER BY slot.begun DESC, slot.due_at, slot.slot_at DESC LIMIT :count"""
)
_SPARE = 20
"""How many more are asked than slots were given back: not everybody who waits can use them."""
_FOLLOW = text(
    """UPDATE sequence_enrollments AS e
       SET current_step_id = wanted.step_id, next_step_scheduled_at = wanted.due, delay_until = wanted.delay_until,
           waiting_reason = CAST(wanted.reason AS waiting_reason_enum),
           last_error = CASE WHEN wanted.freed THEN NULL ELSE e.last_error END
       FROM unnest(CAST(:ids AS uuid[]), CAST(:step_ids AS uuid[]), CAST(:dues AS timestamptz[]),
                   CAST(:delays_until AS timestamptz[]), CAST(:reasons AS text[]), CAST(:freed AS boolean[]))
         AS wanted (id, step_id, due, delay_until, reason, freed)
       WHERE e.id = wanted.id"""
)


@dataclass(frozen=True, slots=True)
class Replanned:
    """What planning again came to: enrollments whose next step moved, and those that somebody else held."""

    moved: int
    busy: int = 0


@dataclass(slots=True)
class _Case:
    """One enrollment whose plan is looked at again."""

    row: Row[Any]
    chain: Chain
    before: list[Slot]
    freed: bool
    """Whether what it was held for is over."""


async def replan(session: AsyncSession, subject_id: UUID, now: datetime, *, new_zone: bool = False) -> Replanned:
    """Plan again for a sequence, or for all of a workspace whose settings have changed.

    With a ``new_zone`` what was sent is put on other days, too, since rows keep the days that count them.
    """
    ids = list((await session.execute(_SEQUENCES, {"id": subject_id})).scalars())
    return await _replan(session, ids, now, new_zone=new_zone)


async def replan_mailbox(session: AsyncSession, email_account_id: UUID, now: datetime) -> Replanned:
    """Plan again for everybody whose emails come from the mailbox."""
    ids = list((await session.execute(_SEQUENCES_OF_MAILBOX, {"id": email_account_id})).scalars())
    return await _replan(session, ids, now)


async def fill(session: AsyncSession, email_account_id: UUID, count: int, now: datetime) -> Replanned:
    """Slots of the mailbox were given back: at most ``count`` of those who wait for room move up.

    Follow-ups first, then the earliest due; of equals the one that would wait longest: one that is moved is told, and
    moving everybody up by one place would tell everybody.
    """
    parameters = {"account_id": email_account_id, "now": now, "count": count + _SPARE}
    waiting = {row.id: row.sequence_id for row in await session.execute(_WAITING, parameters)}
    if not waiting:
        return Replanned(0)
    desk = await Desk.open(session, next(iter(waiting.values())), now, whole=count > WHOLE_FROM)
    rows = await planning.lock_free(session, "e.id = ANY(:ids)", {"ids": list(waiting)})
    cases = await _cases(session, desk, rows)
    desk.mine = {case.row.id for case in cases}
    moved: list[_Case] = []
    for case in sorted(cases, key=lambda case: (*case.chain.rank[:2], -case.chain.rank[2])):
        if len(moved) == count:
            break
        if await desk.ask(partial(desk.planner.advance, case.chain)):
            moved.append(case)
    busy = len(waiting) - len(rows) if len(moved) < count else 0
    return Replanned(await _write(session, desk, moved, [case.chain for case in moved]), busy)


async def _replan(
    session: AsyncSession, sequence_ids: Sequence[UUID], now: datetime, *, new_zone: bool = False
) -> Replanned:
    if not sequence_ids:
        return Replanned(0)
    # Who plans by the old settings has the lock until he commits: only then are all rows there to be seen.
    desk = await Desk.open(session, sequence_ids[0], now, whole=True)
    if new_zone:
        await desk.redate()
    rows = await planning.lock_free(session, "e.sequence_id = ANY(:ids)", {"ids": list(sequence_ids)})
    busy = (await session.execute(_COUNT_ACTIVE, {"ids": list(sequence_ids)})).scalar_one() - len(rows)
    found = [case for case in await _cases(session, desk, rows) if case.freed or _held_for(case.row) not in HOLDING]
    cases = [case for case in found if not _is_due_now(case, now)]
    desk.reach_back(min((slot.at for case in cases for slot in case.before), default=seconds(now)))
    desk.mine = {case.row.id for case in cases}
    held = {case.row.id for case in cases if case.freed and _held_for(case.row) is not WaitingReason.NO_SLOT}
    await desk.ask(Replanning(desk.planner, [case.chain for case in cases], held).run)
    # Those of this round that were put off are written with the round.
    desk.planner.put_off = [chain for chain in desk.planner.put_off if chain.enrollee.enrollment_id not in desk.mine]
    changed = [case for case in cases if case.freed or case.chain.slots != case.before or _is_moved(case)]
    # Those who stay are written as well: their rows keep the hours and days of the new settings.
    moved = await _write(session, desk, changed, [case.chain for case in cases])
    return Replanned(moved, busy + len(found) - len(cases))


def _is_due_now(case: _Case, now: datetime) -> bool:
    """Whether the slot of the next step has come, and somebody is about to use it."""
    return any(now - PUNCTUAL <= moment(slot.at) < now for slot in case.before[:1]) and not case.freed


async def _cases(session: AsyncSession, desk: Desk, rows: Sequence[Row[Any]]) -> list[_Case]:
    """The enrollments with their chains as they would be now, and the slots that they have."""
    kept = await slots.pending(session, [row.id for row in rows])
    cases = []
    for row in rows:
        chain = await desk.chain(row)
        if not chain.course.legs(chain.after):
            continue
        chain.slots = kept.get(row.id, [])
        cases.append(_Case(row, chain, list(chain.slots), _is_over(desk, chain, _held_for(row))))
    return cases


def _is_over(desk: Desk, chain: Chain, reason: WaitingReason | None) -> bool:
    """Whether what an enrollment is held for has ended."""
    match reason:
        case WaitingReason.SEQUENCE_PAUSED:
            return chain.course.sequence.status is SequenceStatus.ACTIVE
        case WaitingReason.MAILBOX_ERROR:
            leg = chain.course.legs(chain.after)[0]
            mailbox_id = leg.mailbox_id or chain.enrollee.mailbox_id or chain.course.sequence.default_email_account_id
            mailbox = desk.planner.ledger.mailboxes.get(mailbox_id) if mailbox_id else None
            return mailbox is not None and mailbox.working
        case WaitingReason.NO_SLOT:
            return True
        case _:
            return False


def _held_for(row: Row[Any]) -> WaitingReason | None:
    return WaitingReason(row.waiting_reason) if row.waiting_reason else None


def _next(case: _Case) -> NextStep:
    return next_of(case.chain, delay_from=case.row.delay_from)


def _is_moved(case: _Case) -> bool:
    step = _next(case)
    return (step.step_id, step.delay_until) != (case.row.current_step_id, case.row.delay_until)


async def _write(session: AsyncSession, desk: Desk, cases: Sequence[_Case], chains: Sequence[Chain]) -> int:
    """Write the slots of ``chains``, and let the changed ``cases`` follow; answers how many go on at another time."""
    await slots.give_back(session, [case.row.id for case in cases])
    await desk.write(chains)
    if not cases:
        return 0
    await planning.keep_mailboxes(session, [case.chain for case in cases])
    steps = [_next(case) for case in cases]
    reasons = [_reason(case) for case in cases]
    await session.execute(
        _FOLLOW,
        {
            "ids": [case.row.id for case in cases],
            "step_ids": [step.step_id for step in steps],
            "dues": [step.due_at for step in steps],
            "delays_until": [step.delay_until for step in steps],
            "reasons": reasons,
            "freed": [case.freed for case in cases],
        },
    )
    moved = [
        case.row.id
        for case, step, reason in zip(cases, steps, reasons, strict=True)
        if reason != case.row.waiting_reason
        or step.due_at != case.row.next_step_scheduled_at
        or step.step_id != case.row.current_step_id
    ]
    await planning.tell_replanned(session, cases[0].row.customer_id, moved)
    return len(moved)


def _reason(case: _Case) -> WaitingReason | None:
    """What the enrollment waits for now."""
    leg = case.chain.course.legs(case.chain.after)[0]
    if leg.sends and not case.chain.slots:
        return WaitingReason.NO_SLOT
    return None if case.freed else _held_for(case.row)
