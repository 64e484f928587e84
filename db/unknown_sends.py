"""Sends of which nobody knows whether the server took them, and how they are settled.

The Sent folder, a bounce or a reply may tell that one went out; else a person decides: it is considered sent, or it is
sent again with the same Message-ID, so that a recipient who has it already sees it once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import enrollments, executions, messages, outbox, planning
from db.outbox import Topic
from domain.errors import Conflict, NotFound
from domain.vocabulary import CompletionReason, EnrollmentStatus

LOOK_BACK = timedelta(days=7)
"""Copies in a Sent folder are looked for so long."""

_OF_MAILBOX = text(
    """SELECT id, message_id, to_address, subject, claimed_at FROM email_messages
       WHERE email_account_id = :account_id AND status = 'unknown' AND sending_at > :since
       ORDER BY sending_at DESC LIMIT :limit"""
)
_LATEST = text(
    """SELECT id, message_id, to_address, subject, claimed_at FROM email_messages
       WHERE email_account_id = :account_id AND status = 'sent' AND sent_at > :since AND provider_message_id IS NULL
       ORDER BY sent_at DESC LIMIT :limit"""
)
_IDENTIFY = text(
    "UPDATE email_messages SET provider_message_id = :theirs WHERE id = :id AND provider_message_id IS NULL"
)
_READ = text("SELECT * FROM email_messages WHERE id = :id AND customer_id = :customer_id")
_CLAIM_AGAIN = text(
    """UPDATE email_messages SET status = 'claimed', sent_at = NULL, settled_by = :user_id
       WHERE id = :id AND status = 'unknown' RETURNING id"""
)
_LATER_STEP = text(
    """SELECT EXISTS (
         SELECT FROM sequence_step_executions AS execution
         JOIN sequence_steps AS step ON step.id = execution.sequence_step_id
         WHERE execution.enrollment_id = :enrollment_id AND step.step_order > (
           SELECT step_order FROM sequence_steps WHERE id = :step_id))"""
)
_FORGET_STEP = text(
    """WITH forgotten AS (
         DELETE FROM sequence_step_executions WHERE enrollment_id = :enrollment_id AND sequence_step_id = :step_id
         RETURNING sequence_step_id)
       UPDATE sequence_steps SET times_executed = times_executed - 1 FROM forgotten WHERE id = sequence_step_id"""
)
_GO_BACK = text(
    """UPDATE sequence_enrollments
       SET status = CASE WHEN status = 'paused' THEN status ELSE 'active' END, current_step_id = :step_id,
           next_step_scheduled_at = :now, delay_from = NULL, delay_until = :now, completed_at = NULL,
           completion_reason = NULL, remaining_seconds = CASE WHEN status = 'paused' THEN 0 END
       WHERE id = :id"""
)


async def of_mailbox(session: AsyncSession, account_id: UUID, now: datetime, limit: int) -> Sequence[Row[Any]]:
    """The mailbox's unknown sends of the last days, latest first."""
    parameters = {"account_id": account_id, "since": now - LOOK_BACK, "limit": limit}
    return (await session.execute(_OF_MAILBOX, parameters)).all()


async def unidentified(session: AsyncSession, account_id: UUID, since: datetime, limit: int) -> Sequence[Row[Any]]:
    """The mailbox's sends after ``since`` of which no Message-ID of the provider is known, latest first."""
    parameters = {"account_id": account_id, "since": since, "limit": limit}
    return (await session.execute(_LATEST, parameters)).all()


async def identify(session: AsyncSession, id: UUID, provider_message_id: str) -> None:
    """Keep the Message-ID that the provider put in place of ours: replies will name it."""
    await session.execute(_IDENTIFY, {"id": id, "theirs": provider_message_id})


async def found(session: AsyncSession, id: UUID, provider_message_id: str | None, now: datetime) -> None:
    """There is a copy in the Sent folder: the server took it."""
    await messages.record_sent(session, id, now, response="found in the Sent folder")
    if provider_message_id is not None:
        await identify(session, id, provider_message_id)


async def consider_sent(
    session: AsyncSession, *, customer_id: UUID, message_id: UUID, user_id: UUID, now: datetime
) -> None:
    """A person says that it went out. Raises ``NotFound``, and ``Conflict`` for a send that is not unknown."""
    await _require_unknown(session, customer_id, message_id)
    await messages.record_sent(session, message_id, now, response="considered sent by a person")
    await session.execute(
        text("UPDATE email_messages SET settled_by = :user_id WHERE id = :id"), {"id": message_id, "user_id": user_id}
    )


async def resend(session: AsyncSession, *, customer_id: UUID, message_id: UUID, user_id: UUID, now: datetime) -> None:
    """A person says that it did not go out: its step is done again, in a new slot.

    Raises ``NotFound``, and ``Conflict`` for a send that is not unknown, or whose enrollment has done a later step or
    has ended otherwise than by its last.
    """
    message = await _require_unknown(session, customer_id, message_id)
    row = await _require_on_the_way(session, message)
    claimed = await session.execute(_CLAIM_AGAIN, {"id": message.id, "user_id": user_id})
    if claimed.one_or_none() is None:
        raise _settled_meanwhile()
    await session.execute(_FORGET_STEP, {"enrollment_id": row.id, "step_id": message.sequence_step_id})
    await session.execute(_GO_BACK, {"id": row.id, "step_id": message.sequence_step_id, "now": now})
    await executions.reschedule(session, row.id, now=now)
    if EnrollmentStatus(row.status) is EnrollmentStatus.COMPLETED:
        again = {"again": True}
        await outbox.put(
            session, customer_id=customer_id, topic=Topic.ENROLLMENT_START, subject_id=row.id, payload=again
        )
    else:
        await planning.tell_replanned(session, customer_id, [row.id])


async def _require_unknown(session: AsyncSession, customer_id: UUID, message_id: UUID) -> Row[Any]:
    message = (await session.execute(_READ, {"id": message_id, "customer_id": customer_id})).one_or_none()
    if message is None:
        raise NotFound("message", message_id)
    if message.status != "unknown":
        raise Conflict("message.not_unknown", f"What became of this send is known: it is {message.status}.")
    return message


async def _require_on_the_way(session: AsyncSession, message: Row[Any]) -> Row[Any]:
    """The locked enrollment of a send that may be sent again."""
    row = await enrollments.lock_or_none(session, message.enrollment_id) if message.enrollment_id else None
    if row is None or message.sequence_step_id is None:
        raise Conflict("message.no_enrollment", "The enrollment or the step of this send is gone; consider it sent.")
    finished = row.completion_reason == CompletionReason.FINISHED
    if EnrollmentStatus(row.status) not in {EnrollmentStatus.ACTIVE, EnrollmentStatus.PAUSED} and not finished:
        raise Conflict(
            "enrollment.wrong_state", f"The enrollment is {row.status}, so nothing more is sent; consider it sent."
        )
    step = {"enrollment_id": row.id, "step_id": message.sequence_step_id}
    if await session.scalar(_LATER_STEP, step):
        raise Conflict("enrollment.gone_on", "The enrollment has done a later step since; consider this send sent.")
    return row


def _settled_meanwhile() -> Conflict:
    return Conflict("message.not_unknown", "What became of this send was learnt just now; look at it again.")
