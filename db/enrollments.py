"""How an enrollment stands and how it moves: every change of ``sequence_enrollments`` after it was made.

The row is the truth. It mirrors the workflow's plan in ``current_step_id`` and ``next_step_scheduled_at``, so a
workflow that was lost is started again from it. Rows are locked in one order everywhere (enrollment, contact,
message, sequence, step, then the plans of mailboxes), and every change that the workflow must hear of leaves a letter
in the outbox.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import next_steps, outbox, planning, statistics
from db.outbox import Topic
from domain.enrollments import Plan, Standing
from domain.errors import NotFound
from domain.lifecycle import OPEN_ENROLLMENT, move_enrollment
from domain.vocabulary import (
    Blocker,
    CompletionReason,
    EnrollmentStatus,
    StepType,
    WaitingReason,
)

# A statement that waits for a row goes on with the row as it is then, but keeps the rows that it had joined to it
# before: the step is therefore looked up for each row, and not joined.
COLUMNS = """
           e.id, e.customer_id, e.contact_id, e.sequence_id, e.status, e.waiting_reason, e.resume_at,
           e.completion_reason, e.current_step_id, e.next_step_scheduled_at, e.paused_at, e.remaining_seconds,
           (SELECT step_order FROM sequence_steps WHERE id = e.current_step_id) AS step_order,
           (SELECT step_type FROM sequence_steps WHERE id = e.current_step_id) AS step_type,
           (SELECT blocker FROM send_slots
            WHERE enrollment_id = e.id AND sequence_step_id = e.current_step_id) AS blocker, e.delay_until,
           (SELECT conditions IS NOT NULL FROM sequence_steps WHERE id = e.current_step_id) AS conditional"""
"""What ``standing_of`` reads, of the enrollment ``e``."""
_STANDING = f"SELECT {COLUMNS} FROM sequence_enrollments AS e"
_READ = text(f"{_STANDING} WHERE e.id = :id")
_LOCK = text(
    f"{_STANDING} WHERE e.id = :id AND (CAST(:customer_id AS uuid) IS NULL OR e.customer_id = :customer_id)"
    " FOR UPDATE OF e"
)
_RESUME = text(
    """UPDATE sequence_enrollments
       SET status = 'active', paused_at = NULL, resume_at = NULL, remaining_seconds = NULL, last_error = NULL,
           current_step_id = :step_id, next_step_scheduled_at = :due, delay_from = NULL, delay_until = :delay_until,
           waiting_reason = :reason
       WHERE id = :id"""
)
_HAS_OPEN_TASK = text(
    """SELECT EXISTS (SELECT FROM tasks WHERE enrollment_id = :id AND sequence_step_id = :step_id
                      AND task_type <> 'task' AND status = 'open')"""
)
_END = text(
    """UPDATE sequence_enrollments
       SET status = :status, completion_reason = :reason, completed_at = :now, waiting_reason = NULL,
           next_step_scheduled_at = NULL, paused_at = NULL, resume_at = NULL, remaining_seconds = NULL,
           delay_from = NULL, delay_until = NULL, last_error = coalesce(:error, last_error)
       WHERE id = ANY(:ids)"""
)


async def standing(session: AsyncSession, enrollment_id: UUID) -> Standing:
    """How the enrollment stands; one that was removed stands as stopped."""
    row = (await session.execute(_READ, {"id": enrollment_id})).one_or_none()
    return Standing(EnrollmentStatus.STOPPED) if row is None else standing_of(row)


async def lock(session: AsyncSession, enrollment_id: UUID, customer_id: UUID | None = None) -> Row[Any]:
    """The enrollment's row, locked until the transaction ends; raises ``NotFound`` (also for another customer's)."""
    row = (await session.execute(_LOCK, {"id": enrollment_id, "customer_id": customer_id})).one_or_none()
    if row is None:
        raise NotFound("enrollment", enrollment_id)
    return row


async def pause(
    session: AsyncSession,
    *,
    customer_id: UUID | None = None,
    enrollment_id: UUID,
    now: datetime,
    resume_at: datetime | None = None,
    reason: WaitingReason = WaitingReason.PAUSED,
    error: str | None = None,
    tell: bool = True,
) -> None:
    """Freeze what is left of the delay and give its slots back; ``resume_at`` resumes by itself.

    Raises ``NotFound`` and ``Conflict``.
    """
    row = await lock(session, enrollment_id, customer_id)
    move_enrollment(EnrollmentStatus(row.status), EnrollmentStatus.PAUSED)
    await session.execute(
        text(
            """UPDATE sequence_enrollments
               SET status = 'paused', paused_at = :now, resume_at = :resume_at, waiting_reason = :reason,
                   last_error = :error, remaining_seconds = greatest(0, extract(epoch FROM
                     coalesce(delay_until, next_step_scheduled_at) - CAST(:now AS timestamptz)))
               WHERE id = :id"""
        ),
        {"id": row.id, "now": now, "resume_at": resume_at, "reason": reason, "error": error},
    )
    await planning.give_back(session, row.customer_id, [row.id], now)
    if tell:
        await _tell(session, row, Topic.ENROLLMENT_PAUSE)


async def resume(
    session: AsyncSession,
    *,
    customer_id: UUID | None = None,
    enrollment_id: UUID,
    now: datetime,
    at_once: bool = False,
    tell: bool = True,
) -> None:
    """Go on with what is left of the delay, or ``at_once``; after an absence when the delay is over, or now if it is.

    Finish where edits have left no step to go on with. Raises ``NotFound`` and ``Conflict``.
    """
    row = await lock(session, enrollment_id, customer_id)
    move_enrollment(EnrollmentStatus(row.status), EnrollmentStatus.ACTIVE)
    remaining = timedelta(0) if at_once else _left(row, now)
    waits_for_task = await session.scalar(_HAS_OPEN_TASK, {"id": row.id, "step_id": row.current_step_id})
    step = None if waits_for_task else await next_steps.again(session, row.id, now=now, delay_until=now + remaining)
    if step is None and not waits_for_task:
        await end(session, [row], now=now, status=EnrollmentStatus.COMPLETED, reason=CompletionReason.FINISHED)
        return
    reason = WaitingReason.TASK if waits_for_task else None
    if step is not None and not step.placed:
        reason = WaitingReason.NO_SLOT
    await session.execute(
        _RESUME,
        {
            "id": row.id,
            "reason": reason,
            "step_id": step.step_id if step else row.current_step_id,
            "due": step.due_at if step else now + remaining,
            "delay_until": now + remaining,
        },
    )
    if tell:
        await _tell(session, row, Topic.ENROLLMENT_RESUME)


def _left(row: Row[Any], now: datetime) -> timedelta:
    """What is left of a paused enrollment's delay: the absence of a contact freezes nothing, a pause does."""
    until: datetime | None = row.delay_until or row.next_step_scheduled_at
    if row.waiting_reason == WaitingReason.OUT_OF_OFFICE and until is not None:
        return max(timedelta(0), until - now)
    return timedelta(seconds=row.remaining_seconds or 0)


async def stop(
    session: AsyncSession, *, customer_id: UUID | None = None, enrollment_id: UUID, now: datetime, tell: bool = True
) -> None:
    """End the enrollment as a person asked. Raises ``NotFound``, and ``Conflict`` when it has ended already."""
    row = await lock(session, enrollment_id, customer_id)
    move_enrollment(EnrollmentStatus(row.status), EnrollmentStatus.STOPPED)
    await end(session, [row], now=now, status=EnrollmentStatus.STOPPED, reason=CompletionReason.MANUAL_STOP, tell=tell)


async def remove(session: AsyncSession, *, customer_id: UUID, enrollment_id: UUID, now: datetime) -> None:
    """Stop the enrollment if it is open, and delete it; its sent messages stay in the ledger."""
    mine = "SELECT contact_id FROM sequence_enrollments WHERE id = :id AND customer_id = :customer_id"
    contact_id = await session.scalar(text(mine), {"id": enrollment_id, "customer_id": customer_id})
    await lock_of_contact(session, contact_id)
    row = await lock(session, enrollment_id, customer_id)
    async with statistics.changing(session, [row.contact_id]):
        if EnrollmentStatus(row.status) in OPEN_ENROLLMENT:
            await end(session, [row], now=now, status=EnrollmentStatus.STOPPED, reason=CompletionReason.MANUAL_STOP)
        await session.execute(text("DELETE FROM sequence_enrollments WHERE id = :id"), {"id": row.id})


async def stop_all(session: AsyncSession, *, sequence_id: UUID, now: datetime) -> int:
    """End every open enrollment of a sequence that is being stopped; answers how many."""
    rows = await _lock_open(session, "e.sequence_id = :id", {"id": sequence_id})
    await end(session, rows, now=now, status=EnrollmentStatus.STOPPED, reason=CompletionReason.MANUAL_STOP)
    return len(rows)


async def end_among(
    session: AsyncSession,
    rows: Sequence[Row[Any]],
    *,
    now: datetime,
    status: EnrollmentStatus,
    reason: CompletionReason,
    only_if: str = "always",
) -> int:
    """End those of the locked ``rows`` that are open; answers how many.

    ``only_if`` is ``always`` or the flag of the sequence that must be set: ``stop_on_reply``, ``stop_on_bounce`` or
    ``stop_on_unsubscribe``. It takes the planning lock: whatever else is locked is locked before.
    """
    flags = {"always", "stop_on_reply", "stop_on_bounce", "stop_on_unsubscribe"}
    if only_if not in flags:
        raise ValueError(f"only_if must be one of {sorted(flags)}")
    opened = [row for row in rows if EnrollmentStatus(row.status) in OPEN_ENROLLMENT]
    if only_if != "always":
        wanted = text(f"SELECT id FROM sequences WHERE id = ANY(:ids) AND {only_if}")
        stopping = set(await session.scalars(wanted, {"ids": [row.sequence_id for row in opened]}))
        opened = [row for row in opened if row.sequence_id in stopping]
    await end(session, opened, now=now, status=status, reason=reason)
    return len(opened)


async def end(
    session: AsyncSession,
    rows: Sequence[Row[Any]],
    *,
    now: datetime,
    status: EnrollmentStatus,
    reason: CompletionReason | None,
    error: str | None = None,
    tell: bool = True,
) -> None:
    """End the locked, open enrollments: the row first, then a letter to each workflow; open tasks are cancelled."""
    if not rows:
        return
    ids = [row.id for row in rows]
    await session.execute(
        _END,
        {
            "ids": ids,
            "status": status,
            "reason": reason,
            "now": now,
            "error": error,
        },
    )
    await planning.give_back(session, rows[0].customer_id, ids, now)
    if reason is CompletionReason.FINISHED:
        await _record_completed(session, ids, now)
    await session.execute(
        text(
            """UPDATE tasks SET status = 'cancelled', completed_at = :now
               WHERE enrollment_id = ANY(:ids) AND status = 'open' AND task_type <> 'task'"""
        ),
        {"ids": ids, "now": now},
    )
    if tell:
        topic = Topic.ENROLLMENT_STOP if reason is CompletionReason.MANUAL_STOP else Topic.ENROLLMENT_EVENT
        payload = None if topic is Topic.ENROLLMENT_STOP else {"kind": str(reason or status)}
        await outbox.put_all(session, customer_id=rows[0].customer_id, topic=topic, subject_ids=ids, payload=payload)


async def tell_event(session: AsyncSession, row: Row[Any], kind: str, step_order: int | None) -> None:
    """Tell the workflow of an event that was recorded, so that it reads the row and asks its conditions again."""
    await outbox.put(
        session,
        customer_id=row.customer_id,
        topic=Topic.ENROLLMENT_EVENT,
        subject_id=row.id,
        payload={"kind": kind, "step_order": step_order},
    )


def standing_of(row: Row[Any]) -> Standing:
    """How the enrollment of a row of ``COLUMNS`` stands."""
    plan = None
    if row.current_step_id is not None and row.next_step_scheduled_at is not None:
        plan = _plan_of(row)
    return Standing(
        status=EnrollmentStatus(row.status),
        plan=plan,
        waiting_reason=WaitingReason(row.waiting_reason) if row.waiting_reason else None,
        resume_at=row.resume_at,
        completion_reason=CompletionReason(row.completion_reason) if row.completion_reason else None,
    )


def _plan_of(row: Row[Any]) -> Plan:
    """The slot of an email tells what puts it off; other steps wait for their delay and, some, for their window."""
    blocker = None
    if row.blocker is not None:
        blocker = Blocker(row.blocker)
    elif row.step_type != StepType.EMAIL:
        blocker = Blocker.DELAY if row.next_step_scheduled_at == row.delay_until else Blocker.WINDOW
    return Plan(
        step_id=row.current_step_id,
        step_order=row.step_order,
        step_type=StepType(row.step_type),
        due_at=row.next_step_scheduled_at,
        conditional=row.conditional,
        blocker=blocker,
    )


async def lock_all(session: AsyncSession, enrollment_ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """The rows of those that still exist, locked in the order of their ids."""
    statement = text(f"{_STANDING} WHERE e.id = ANY(:ids) ORDER BY e.id FOR UPDATE OF e")
    return (await session.execute(statement, {"ids": list(enrollment_ids)})).all()


async def lock_or_none(session: AsyncSession, enrollment_id: UUID) -> Row[Any] | None:
    try:
        return await lock(session, enrollment_id)
    except NotFound:
        return None


async def lock_of_contact(
    session: AsyncSession, contact_id: UUID | None, *, also: UUID | None = None
) -> Sequence[Row[Any]]:
    """Every enrollment of a contact, also those that have ended, and one ``also``; before the contact itself is locked.

    One that is made after that is not among them, and the contact, once locked, is none to be mailed.
    """
    statement = text(f"{_STANDING} WHERE e.contact_id = :contact_id OR e.id = :also ORDER BY e.id FOR UPDATE OF e")
    return (await session.execute(statement, {"contact_id": contact_id, "also": also})).all()


async def lock_of_contacts(session: AsyncSession, contact_ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """As ``lock_of_contact``, of many."""
    statement = text(f"{_STANDING} WHERE e.contact_id = ANY(:ids) ORDER BY e.id FOR UPDATE OF e")
    return (await session.execute(statement, {"ids": list(contact_ids)})).all()


async def _lock_open(session: AsyncSession, where: str, parameters: dict[str, Any]) -> Sequence[Row[Any]]:
    statement = text(f"{_STANDING} WHERE e.status IN ('active', 'paused') AND {where} ORDER BY e.id FOR UPDATE OF e")
    return (await session.execute(statement, parameters)).all()


async def _tell(session: AsyncSession, row: Row[Any], topic: Topic) -> None:
    await outbox.put(session, customer_id=row.customer_id, topic=topic, subject_id=row.id)


async def _record_completed(session: AsyncSession, ids: Sequence[UUID], now: datetime) -> None:
    await session.execute(
        text(
            """INSERT INTO contact_activities
                 (contact_id, customer_id, activity_type, sequence_id, enrollment_id, occurred_at)
               SELECT contact_id, customer_id, 'sequence_completed', sequence_id, id, :now
               FROM sequence_enrollments WHERE id = ANY(:ids)"""
        ),
        {"ids": list(ids), "now": now},
    )
