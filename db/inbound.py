"""What came in by mail: kept once, matched to the send that it answers, and its consequences recorded."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import enrollments, health, lists
from domain.lifecycle import OPEN_ENROLLMENT
from domain.vocabulary import CompletionReason, EnrollmentStatus, GoalType, InboundKind


async def keep(
    session: AsyncSession,
    *,
    account_id: UUID,
    uidvalidity: int,
    uid: int,
    message_id: str | None,
    from_address: str | None,
    subject: str | None,
    kind: InboundKind,
    answered: Row[Any] | None,
    body_text: str | None,
    raw: bytes,
    now: datetime,
) -> bool:
    """Keep the message; False when it was kept before, under its UID or (re-delivered) under its Message-ID."""
    kept = await session.execute(
        text(
            """INSERT INTO inbound_messages
                 (customer_id, email_account_id, uidvalidity, uid, message_id, received_at, from_address, subject,
                  kind, email_message_id, contact_id, enrollment_id, body_text, raw)
               SELECT account.customer_id, account.id, :uidvalidity, :uid, :message_id, :now, :from_address, :subject,
                      :kind, :answered_id, :contact_id, :enrollment_id, :body_text, :raw
               FROM email_accounts AS account
               WHERE account.id = :account_id AND NOT EXISTS (
                 SELECT FROM inbound_messages AS earlier
                 WHERE earlier.email_account_id = account.id AND earlier.message_id = :message_id)
               ON CONFLICT (email_account_id, uidvalidity, uid) DO NOTHING RETURNING id"""
        ),
        {
            "account_id": account_id,
            "uidvalidity": uidvalidity,
            "uid": uid,
            "message_id": message_id,
            "now": now,
            "from_address": from_address[:255] if from_address else None,
            "subject": subject,
            "kind": kind,
            "answered_id": answered.id if answered else None,
            "contact_id": answered.contact_id if answered else None,
            "enrollment_id": answered.enrollment_id if answered else None,
            "body_text": body_text,
            "raw": raw,
        },
    )
    return kept.one_or_none() is not None


async def answered_message(session: AsyncSession, account_id: UUID, message_ids: Sequence[str]) -> Row[Any] | None:
    """The latest send of the mailbox's customer that one of ``message_ids`` (ours or the provider's) names."""
    result = await session.execute(
        text(
            """SELECT message.* FROM email_messages AS message
               JOIN email_accounts AS account ON account.customer_id = message.customer_id
               WHERE account.id = :account_id
                 AND (message.message_id = ANY(:ids) OR message.provider_message_id = ANY(:ids))
               ORDER BY message.claimed_at DESC LIMIT 1"""
        ),
        {"account_id": account_id, "ids": list(message_ids)},
    )
    return result.one_or_none()


async def record_reply(session: AsyncSession, message: Row[Any], now: datetime) -> None:
    """A person has replied to ``message``: activity and counts; the enrollment ends if its sequence says so."""
    await _record_activity(session, message, "email_replied", now)
    enrollment = await _lock_enrollment(session, message)
    if enrollment is not None:
        await session.execute(
            text("UPDATE sequence_enrollments SET total_replies = total_replies + 1 WHERE id = :id"),
            {"id": enrollment.id},
        )
    await session.execute(
        text("UPDATE contacts SET total_replies = total_replies + 1, last_replied_at = :now WHERE id = :id"),
        {"id": message.contact_id, "now": now},
    )
    sequence = await _count(session, message, "total_replied")
    if enrollment is None or sequence is None:
        return
    if sequence.stop_on_reply:
        met = sequence.goal_type == GoalType.REPLIES
        reason = CompletionReason.GOAL_ACHIEVED if met else CompletionReason.REPLIED
        await _end(session, enrollment, EnrollmentStatus.COMPLETED, reason, now)
    else:
        await enrollments.tell_event(session, enrollment, "email_replied", None)


async def record_bounce(session: AsyncSession, message: Row[Any], *, hard: bool, reason: str, now: datetime) -> None:
    """``message`` bounced; a hard bounce marks and suppresses the contact and ends what its sequences say.

    A hard bounce that makes the sequence's rate too high also pauses the sequence.
    """
    await _record_activity(session, message, "email_bounced", now, subtype="hard" if hard else "soft")
    enrollment = await _lock_enrollment(session, message)
    if hard:
        await enrollments.end_for_contact(
            session,
            contact_id=message.contact_id,
            now=now,
            status=EnrollmentStatus.BOUNCED,
            reason=CompletionReason.BOUNCED,
            only_if="stop_on_bounce",
        )
        await _suppress(session, message, reason, now)
    await _count(session, message, "total_bounced")
    if hard and message.sequence_id is not None:
        # The sequence's row is locked by the count: the last in the order of locks.
        await health.pause_if_bouncing(session, message.sequence_id, now=now)
    if enrollment is not None:
        await enrollments.tell_event(session, enrollment, "email_bounced", None)


async def _record_activity(
    session: AsyncSession, message: Row[Any], activity_type: str, now: datetime, subtype: str | None = None
) -> None:
    await session.execute(
        text(
            """INSERT INTO contact_activities
                 (contact_id, customer_id, activity_type, activity_subtype, sequence_id, sequence_step_id,
                  email_account_id, email_message_id, enrollment_id, occurred_at)
               VALUES (:contact_id, :customer_id, :type, :subtype, :sequence_id, :step_id, :account_id,
                       left(:message_id, 255), :enrollment_id, :now)"""
        ),
        {
            "contact_id": message.contact_id,
            "customer_id": message.customer_id,
            "type": activity_type,
            "subtype": subtype,
            "sequence_id": message.sequence_id,
            "step_id": message.sequence_step_id,
            "account_id": message.email_account_id,
            "message_id": message.message_id,
            "enrollment_id": message.enrollment_id,
            "now": now,
        },
    )


async def _suppress(session: AsyncSession, message: Row[Any], reason: str, now: datetime) -> None:
    await session.execute(
        text(
            """UPDATE contacts SET status = 'bounced', bounced_at = :now, bounce_reason = left(:reason, 255)
               WHERE id = :id AND status = 'active'"""
        ),
        {"id": message.contact_id, "now": now, "reason": reason},
    )
    await lists.recount(session, await lists.lock_lists_of(session, [message.contact_id]))
    await session.execute(
        text(
            """INSERT INTO contact_suppression_lists
                 (customer_id, workspace_id, suppression_type, reason, source, email, domain, suppressed_at)
               VALUES (:customer_id, :workspace_id, 'hard_bounce', :reason, 'bounce', CAST(:email AS text),
                       split_part(CAST(:email AS text), '@', 2), :now)
               ON CONFLICT (customer_id, email, suppression_type) DO UPDATE SET expires_at = NULL"""
        ),
        {
            "customer_id": message.customer_id,
            "workspace_id": message.workspace_id,
            "reason": reason,
            "email": message.to_address,
            "now": now,
        },
    )


async def _lock_enrollment(session: AsyncSession, message: Row[Any]) -> Row[Any] | None:
    if message.enrollment_id is None:
        return None
    return await enrollments.lock_or_none(session, message.enrollment_id)


async def _count(session: AsyncSession, message: Row[Any], column: str) -> Row[Any] | None:
    """Add one to a count of the message's sequence; answers its settings."""
    result = await session.execute(
        text(
            f"""UPDATE sequences SET {column} = {column} + 1
                WHERE id = :id RETURNING stop_on_reply, stop_on_bounce, goal_type"""
        ),
        {"id": message.sequence_id},
    )
    return result.one_or_none()


async def _end(
    session: AsyncSession, enrollment: Row[Any], status: EnrollmentStatus, reason: CompletionReason, now: datetime
) -> None:
    if EnrollmentStatus(enrollment.status) in OPEN_ENROLLMENT:
        await enrollments.end(session, [enrollment], now=now, status=status, reason=reason)
