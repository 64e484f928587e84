"""What an enrollment's steps do to it: a step begins, is held, is put off, is recorded, and the next is planned."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import counters, definitions, enrollments, next_steps, planning, slots
from db.counters import Moves
from domain.enrollments import Standing
from domain.lifecycle import OPEN_ENROLLMENT
from domain.scheduling.chains import Course
from domain.scheduling.itineraries import branch_target, leg_to
from domain.scheduling.schedule import PUNCTUAL, moment, seconds
from domain.sequences import AWAITED, WINDOWED
from domain.sequences import Sequence as SequenceDefinition
from domain.vocabulary import CompletionReason, EnrollmentStatus, StepOutcome, StepType, WaitingReason

_RECORD = text(
    """WITH recorded AS (
         INSERT INTO sequence_step_executions
           (customer_id, enrollment_id, sequence_step_id, outcome, branch, executed_at)
         SELECT :customer_id, :enrollment_id, step_id, :outcome, :branch, :now
         FROM unnest(CAST(:step_ids AS uuid[])) AS step_id
         ON CONFLICT (enrollment_id, sequence_step_id) DO NOTHING RETURNING sequence_step_id),
       enrollment AS (
         UPDATE sequence_enrollments SET last_step_completed_at = greatest(last_step_completed_at, :now)
         WHERE id = :enrollment_id AND EXISTS (SELECT FROM recorded))
       SELECT sequence_step_id, EXISTS (
         SELECT FROM email_messages AS message
         WHERE message.enrollment_id = :enrollment_id AND message.sequence_step_id = recorded.sequence_step_id
           AND bounced_at IS NOT NULL) AS bounced
       FROM recorded"""
)
_MOVE_ON = text(
    f"""UPDATE sequence_enrollments AS e
        SET current_step_id = :step_id, next_step_scheduled_at = :due,
            delay_from = :delay_from, delay_until = :delay_until, last_error = NULL,
            waiting_reason = CASE WHEN e.status = 'paused' THEN e.waiting_reason ELSE :reason END,
            remaining_seconds = CASE WHEN e.status = 'paused' THEN CAST(:remaining AS double precision) END
        WHERE e.id = :id RETURNING {enrollments.COLUMNS}"""
)
_PUT_OFF = text(
    f"""UPDATE sequence_enrollments AS e
        SET current_step_id = :step_id, next_step_scheduled_at = :due, delay_from = :delay_from,
            delay_until = :delay_until, waiting_reason = :reason, last_error = :error
        WHERE e.id = :id AND e.status = 'active' RETURNING {enrollments.COLUMNS}"""
)

_UNUSE_SLOT = text(
    """UPDATE send_slots AS slot SET used_at = NULL FROM sequence_enrollments AS e
       WHERE e.id = :id AND e.status = 'active' AND slot.enrollment_id = e.id
         AND slot.sequence_step_id = e.current_step_id AND slot.used_at IS NOT NULL"""
)


async def begin_step(session: AsyncSession, enrollment_id: UUID, step_id: UUID) -> Standing | None:
    """Lock the enrollment for a step that is due; the standing to answer instead, when the step may not run.

    A paused sequence parks the enrollment: it waits without a timer until it is planned again.
    """
    row = await enrollments.lock_or_none(session, enrollment_id)
    if row is None:
        return Standing(EnrollmentStatus.STOPPED)
    if EnrollmentStatus(row.status) is not EnrollmentStatus.ACTIVE or row.current_step_id != step_id:
        return enrollments.standing_of(row)
    return await park_if_sequence_paused(session, row)


async def park_if_sequence_paused(session: AsyncSession, row: Row[Any]) -> Standing | None:
    """Hold the locked enrollment when its sequence is not active; None when it is."""
    status = (
        await session.execute(text("SELECT status FROM sequences WHERE id = :id FOR SHARE"), {"id": row.sequence_id})
    ).scalar_one()
    return None if status == "active" else await hold(session, row.id, WaitingReason.SEQUENCE_PAUSED)


async def wait_for_window(
    session: AsyncSession, enrollment_id: UUID, step_id: UUID, now: datetime, grace: timedelta
) -> Standing | None:
    """Put a LinkedIn step off to the next opening of its window, when that is closed ``now``; None when it may run.

    A step comes late after an outage or a pause; late is no reason to act at night. One that is at most ``grace`` (in
    calendar time) late runs as at its instant.
    """
    row = await enrollments.lock_or_none(session, enrollment_id)
    if row is None or StepType(row.step_type) not in WINDOWED:
        return None
    course = Course(await definitions.load(session, row.sequence_id))
    facts = await planning.facts(session, enrollment_id)
    hours = course.hours(course.zone(facts.timezone), follow_up=False)
    moved = hours.next_open(seconds(_counted_at(row, now, grace)))
    if moved is None:
        return await hold(session, enrollment_id, WaitingReason.NO_SLOT, "no sending window opens")
    opens = moment(moved)
    return None if opens <= now else await postpone(session, row, opens)


async def hold(session: AsyncSession, enrollment_id: UUID, reason: WaitingReason, error: str | None = None) -> Standing:
    """The enrollment waits for an event, which ``reason`` names; ``error`` is kept for people to read.

    One that was paused or ended meanwhile stays as it is.
    """
    await session.execute(
        text(
            """UPDATE sequence_enrollments SET waiting_reason = :reason, last_error = :error
               WHERE id = :id AND status = 'active'"""
        ),
        {"id": enrollment_id, "reason": reason, "error": error},
    )
    # A worker that died after its claim has left the slot used, and whoever plans again passes over emails that may be
    # on the wire. This one is not.
    await session.execute(_UNUSE_SLOT, {"id": enrollment_id})
    return await enrollments.standing(session, enrollment_id)


async def postpone(session: AsyncSession, row: Row[Any], until: datetime) -> Standing:
    """The current step of the locked enrollment, which is no email, runs at ``until`` instead."""
    await session.execute(
        text("UPDATE sequence_enrollments SET next_step_scheduled_at = :until WHERE id = :id AND status = 'active'"),
        {"id": row.id, "until": until},
    )
    return await enrollments.standing(session, row.id)


async def reschedule(
    session: AsyncSession,
    enrollment_id: UUID,
    *,
    now: datetime,
    until: datetime | None = None,
    error: str | None = None,
) -> Standing:
    """Find a new slot for the email that is next: the first from ``now`` on, or from ``until`` if a server said so.

    The enrollment is held when there is no room for it in years.
    """
    row = await enrollments.lock_or_none(session, enrollment_id)
    if row is None:
        return Standing(EnrollmentStatus.STOPPED)
    if EnrollmentStatus(row.status) is not EnrollmentStatus.ACTIVE:
        # It was paused or ended while its email was on the wire, and keeps no room.
        await planning.give_back(session, row.customer_id, [row.id], now)
        return enrollments.standing_of(row)
    await slots.unuse(session, row.id, row.current_step_id)
    step = await next_steps.again(session, enrollment_id, now=now, delay_until=until)
    if step is None:
        return await _finish(session, row, now)
    reason = WaitingReason.RETRY if until is not None else None
    put_off = await session.execute(
        _PUT_OFF,
        {
            "id": row.id,
            "step_id": step.step_id,
            "due": step.due_at,
            "delay_from": step.delay_from,
            "delay_until": step.delay_until,
            "reason": reason if step.placed else WaitingReason.NO_SLOT,
            "error": error,
        },
    )
    return enrollments.standing_of(put_off.one())


async def complete_step(
    session: AsyncSession,
    *,
    enrollment_id: UUID,
    step_id: UUID,
    now: datetime,
    outcome: StepOutcome = StepOutcome.EXECUTED,
    branch: bool | None = None,
) -> Standing:
    """Record what became of a step and plan the next; doing it twice changes nothing.

    A step that ran at most ``PUNCTUAL`` after its instant counts as completed at that instant: the delays of a sequence
    do not drift by the seconds that sending takes, and what was forecast comes true.

    A step that was done while the enrollment was paused or ended (the email was on the wire already) is recorded
    as well; what the person asked for stays.
    """
    row = await enrollments.lock_or_none(session, enrollment_id)
    if row is None:
        return Standing(EnrollmentStatus.STOPPED)
    return await complete_step_of(session, row, step_id=step_id, now=now, outcome=outcome, branch=branch)


async def complete_step_of(
    session: AsyncSession,
    row: Row[Any],
    *,
    step_id: UUID,
    now: datetime,
    outcome: StepOutcome = StepOutcome.EXECUTED,
    branch: bool | None = None,
) -> Standing:
    """``complete_step`` for an enrollment that is locked already and has not changed since; ``row`` is its row."""
    if not await _record_executions(session, row, [step_id], now, outcome, branch):
        return enrollments.standing_of(row)
    sequence = await definitions.load(session, row.sequence_id)
    step = sequence.step(step_id)
    assert step is not None, "the row of an executed step refers to it"
    await _record_executions(session, row, leg_to(sequence, step).passed, now)
    if outcome is StepOutcome.SKIPPED and step.step_type is StepType.EMAIL:
        await planning.give_back_step(session, row, step_id, now)
    after = step.step_order if branch is None else branch_target(sequence, step, branch)
    if after is not None:
        leapt = [one.id for one in sequence.steps if step.step_order < one.step_order <= after]
        await _record_executions(session, row, leapt, now, StepOutcome.SKIPPED)
    if EnrollmentStatus(row.status) not in OPEN_ENROLLMENT:
        return enrollments.standing_of(row)
    counted_from = _counted_at(row, now, PUNCTUAL) if row.current_step_id == step_id else now
    return await _move_on(session, row, sequence, after, counted_from, now)


async def complete_awaited(
    session: AsyncSession, *, enrollment_id: UUID, step_id: UUID, now: datetime, outcome: StepOutcome
) -> None:
    """A person has done (or skipped) the task of a LinkedIn or call step: go on, and tell the workflow.

    Does nothing for tasks that the enrollment does not wait for.
    """
    row = await enrollments.lock_or_none(session, enrollment_id)
    if row is None or row.current_step_id != step_id or StepType(row.step_type) not in AWAITED:
        return
    await complete_step_of(session, row, step_id=step_id, now=now, outcome=outcome)
    await enrollments.tell_event(session, row, "task_completed", row.step_order)


async def _record_executions(
    session: AsyncSession,
    row: Row[Any],
    step_ids: Sequence[UUID],
    now: datetime,
    outcome: StepOutcome = StepOutcome.EXECUTED,
    branch: bool | None = None,
) -> bool:
    """Record what became of steps, each once; False when all were recorded before."""
    if not step_ids:
        return False
    recorded = await session.execute(
        _RECORD,
        {
            "customer_id": row.customer_id,
            "enrollment_id": row.id,
            "step_ids": list(step_ids),
            "outcome": outcome,
            "branch": branch,
            "now": now,
        },
    )
    rows = recorded.all()
    await counters.apply(session, _counted(rows, outcome))
    return bool(rows)


def _counted(recorded: Sequence[Row[Any]], outcome: StepOutcome) -> Moves:
    """What executions add to the counts of their steps; one that was skipped adds nothing."""
    moves = Moves()
    for row in recorded:
        if outcome is StepOutcome.EXECUTED:
            moves.steps[row.sequence_step_id].update(times_executed=1, times_bounced=int(row.bounced))
        elif outcome is StepOutcome.FAILED:
            moves.steps[row.sequence_step_id].update(times_failed=1)
    return moves


def _counted_at(row: Row[Any], now: datetime, grace: timedelta) -> datetime:
    """When the current step ran, for planning: at its instant, or ``now`` where it came later than ``grace``."""
    scheduled: datetime | None = row.next_step_scheduled_at
    return scheduled if scheduled is not None and scheduled <= now <= scheduled + grace else now


async def _move_on(
    session: AsyncSession,
    row: Row[Any],
    sequence: SequenceDefinition,
    after: int | None,
    counted_from: datetime,
    now: datetime,
) -> Standing:
    """Write the next step into the row, or finish the enrollment; a paused one keeps the new delay frozen."""
    paused = EnrollmentStatus(row.status) is EnrollmentStatus.PAUSED
    step = None
    if after is not None:
        step = await next_steps.after(
            session, row.id, sequence, order=after, counted_from=counted_from, now=now, reserve=not paused
        )
    if step is None:
        return await _finish(session, row, now)
    moved = await session.execute(
        _MOVE_ON,
        {
            "id": row.id,
            "step_id": step.step_id,
            "due": step.due_at,
            "delay_from": step.delay_from,
            "delay_until": step.delay_until,
            "reason": None if step.placed else WaitingReason.NO_SLOT,
            "remaining": (step.delay_until - now).total_seconds(),
        },
    )
    return enrollments.standing_of(moved.one())


async def _finish(session: AsyncSession, row: Row[Any], now: datetime) -> Standing:
    await enrollments.end(
        session, [row], now=now, status=EnrollmentStatus.COMPLETED, reason=CompletionReason.FINISHED, tell=False
    )
    return await enrollments.standing(session, row.id)
