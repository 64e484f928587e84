"""What an enrollment's steps do to it: a step begins, is held, is put off, is recorded, and the next is planned."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import definitions, enrollments
from domain.enrollments import Plan, Standing
from domain.lifecycle import OPEN_ENROLLMENT
from domain.schedule import TimeScale
from domain.sequences import AWAITED, branch_target, delays_before, next_plan, opens_at
from domain.vocabulary import CompletionReason, EnrollmentStatus, StepOutcome, StepType, WaitingReason

_CONTACT_TIMEZONE = text("SELECT timezone FROM contacts WHERE id = :id")
_RECORD = text(
    """INSERT INTO sequence_step_executions
         (customer_id, enrollment_id, sequence_step_id, outcome, branch, executed_at)
       SELECT :customer_id, :enrollment_id, step_id, :outcome, :branch, :now
       FROM unnest(CAST(:step_ids AS uuid[])) AS step_id
       ON CONFLICT (enrollment_id, sequence_step_id) DO NOTHING RETURNING sequence_step_id"""
)
_COUNT = text("UPDATE sequence_steps SET times_executed = times_executed + 1 WHERE id = ANY(:ids)")
_MOVE_ON = text(
    f"""UPDATE sequence_enrollments AS e
        SET current_step_id = :step_id, next_step_scheduled_at = :due, last_step_completed_at = :now,
            last_error = NULL,
            waiting_reason = CASE WHEN e.status = 'paused' THEN e.waiting_reason END,
            remaining_seconds = CASE WHEN e.status = 'paused' THEN CAST(:remaining AS double precision) END
        WHERE e.id = :id RETURNING {enrollments.COLUMNS}"""
)


async def begin_step(session: AsyncSession, enrollment_id: UUID, step_id: UUID) -> Standing | None:
    """Lock the enrollment for a step that is due; the standing to answer instead, when the step may not run.

    A paused sequence parks the enrollment: it waits without a timer until ``wake`` calls it.
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
    session: AsyncSession, enrollment_id: UUID, step_id: UUID, now: datetime, scale: TimeScale
) -> Standing | None:
    """Put the step off to the next opening of its window, when it is closed ``now``; None when it may run."""
    row = await enrollments.lock_or_none(session, enrollment_id)
    if row is None:
        return None
    zone = await _contact_timezone(session, row.contact_id)
    opens = await window_opens(session, row.sequence_id, step_id, contact_timezone=zone, now=now, scale=scale)
    return None if opens is None else await postpone(session, enrollment_id, opens)


async def window_opens(
    session: AsyncSession,
    sequence_id: UUID,
    step_id: UUID,
    *,
    contact_timezone: str | None,
    now: datetime,
    scale: TimeScale,
) -> datetime | None:
    """When the step's window opens next; None when it is open ``now``.

    A step comes late after an outage or a pause; late is no reason to send at night. Scaled time knows windows
    only in plans: the wall clock is not the calendar's there.
    """
    if scale.factor != 1:
        return None
    sequence = await definitions.load(session, sequence_id)
    step = sequence.step(step_id)
    if step is None:
        return None
    opens = opens_at(sequence, step, now=now, contact_timezone=contact_timezone)
    return opens if opens > now else None


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
    return await enrollments.standing(session, enrollment_id)


async def postpone(
    session: AsyncSession,
    enrollment_id: UUID,
    moment: datetime,
    *,
    reason: WaitingReason | None = None,
    error: str | None = None,
) -> Standing:
    """The current step runs at ``moment`` instead: its window is closed, or a server has put the send off."""
    await session.execute(
        text(
            """UPDATE sequence_enrollments
               SET waiting_reason = :reason, next_step_scheduled_at = :moment, last_error = :error
               WHERE id = :id AND status = 'active'"""
        ),
        {"id": enrollment_id, "moment": moment, "reason": reason, "error": error},
    )
    return await enrollments.standing(session, enrollment_id)


async def complete_step(
    session: AsyncSession,
    *,
    enrollment_id: UUID,
    step_id: UUID,
    now: datetime,
    scale: TimeScale,
    outcome: StepOutcome = StepOutcome.EXECUTED,
    branch: bool | None = None,
) -> Standing:
    """Record what became of a step and plan the next; doing it twice changes nothing.

    A step that was done while the enrollment was paused or ended (the email was on the wire already) is recorded
    as well; what the person asked for stays.
    """
    row = await enrollments.lock_or_none(session, enrollment_id)
    if row is None:
        return Standing(EnrollmentStatus.STOPPED)
    return await complete_step_of(session, row, step_id=step_id, now=now, scale=scale, outcome=outcome, branch=branch)


async def complete_step_of(
    session: AsyncSession,
    row: Row[Any],
    *,
    step_id: UUID,
    now: datetime,
    scale: TimeScale,
    outcome: StepOutcome = StepOutcome.EXECUTED,
    branch: bool | None = None,
) -> Standing:
    """``complete_step`` for an enrollment that is locked already and has not changed since; ``row`` is its row."""
    if not await _record_executions(session, row, [step_id], now, outcome, branch):
        return enrollments.standing_of(row)
    sequence = await definitions.load(session, row.sequence_id)
    step = sequence.step(step_id)
    assert step is not None, "the row of an executed step refers to it"
    await _record_executions(session, row, delays_before(sequence, step), now)
    after = step.step_order if branch is None else branch_target(sequence, step, branch)
    plan = None
    if after is not None:
        leapt = [one.id for one in sequence.steps if step.step_order < one.step_order <= after]
        await _record_executions(session, row, leapt, now, StepOutcome.SKIPPED)
        zone = await _contact_timezone(session, row.contact_id) if sequence.use_contact_timezone else None
        plan = next_plan(sequence, after=after, completed_at=now, contact_timezone=zone, scale=scale)
    if EnrollmentStatus(row.status) not in OPEN_ENROLLMENT:
        return enrollments.standing_of(row)
    return await _move_on(session, row, plan, now)


async def complete_awaited(
    session: AsyncSession, *, enrollment_id: UUID, step_id: UUID, now: datetime, scale: TimeScale, outcome: StepOutcome
) -> None:
    """A person has done (or skipped) the task of a LinkedIn or call step: go on, and tell the workflow.

    Does nothing for tasks that the enrollment does not wait for.
    """
    row = await enrollments.lock_or_none(session, enrollment_id)
    if row is None or row.current_step_id != step_id or StepType(row.step_type) not in AWAITED:
        return
    await complete_step_of(session, row, step_id=step_id, now=now, scale=scale, outcome=outcome)
    await enrollments.tell_event(session, row, "task_completed", row.step_order)


async def _contact_timezone(session: AsyncSession, contact_id: UUID) -> str | None:
    zone: str | None = await session.scalar(_CONTACT_TIMEZONE, {"id": contact_id})
    return zone


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
    ids = list(recorded.scalars())
    if ids and outcome is StepOutcome.EXECUTED:
        await session.execute(_COUNT, {"ids": ids})
    return bool(ids)


async def _move_on(session: AsyncSession, row: Row[Any], plan: Plan | None, now: datetime) -> Standing:
    """Write the next plan into the row, or finish the enrollment; a paused one keeps the new delay frozen."""
    if plan is None:
        await enrollments.end(
            session, [row], now=now, status=EnrollmentStatus.COMPLETED, reason=CompletionReason.FINISHED, tell=False
        )
        return await enrollments.standing(session, row.id)
    moved = await session.execute(
        _MOVE_ON,
        {
            "id": row.id,
            "step_id": plan.step_id,
            "due": plan.due_at,
            "now": now,
            "remaining": (plan.due_at - now).total_seconds(),
        },
    )
    return enrollments.standing_of(moved.one())
