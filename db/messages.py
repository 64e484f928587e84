"""The send ledger (``email_messages``): claim, sending, sent, and what is recorded with each.

A send is claimed once per enrollment and step before SMTP is spoken; the state ``sending`` is committed before
the final dot. Whoever finds a claim in ``sending`` that is not his knows that it may be on the wire, and never
sends it again.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import engagements
from db.eligibility import MAILABLE
from domain.vocabulary import EmailMessageStatus

_LEDGER = UUID("5d3a0b0e-6a53-5f0e-9c1d-0d9f3f4d7a11")
"""Namespace of claim ids (RFC 9562 version 5), so that a send has its id, and its Message-ID, from its claim alone."""

_LOCK_FOR_CLAIM = text(
    """SELECT FROM sequence_enrollments AS e
       JOIN contacts AS contact ON contact.id = e.contact_id
       JOIN sequences AS sequence ON sequence.id = e.sequence_id
       WHERE e.id = :enrollment_id FOR NO KEY UPDATE OF e FOR SHARE OF contact, sequence"""
)
_CONTEXT = text(
    """SELECT e.status AS enrollment_status, e.current_step_id, e.sequence_id,
              to_jsonb(contact) AS contact,
              sequence.name AS sequence_name, sequence.status AS sequence_status,
              sequence.track_opens, sequence.track_clicks, sequence.customer_id,
              workspace.postal_address,
              step.subject_template, step.body_template,
              account.id AS account_id, account.email AS sender_email, account.from_name,
              account.status AS account_status, account.min_gap_seconds, account.gap_jitter_seconds,
              sequence.throttle_delay_minutes, slot.slot_at, slot.open_until,
              account.smtp_host, account.smtp_port, account.smtp_security,
              account.smtp_username, account.smtp_password_encrypted, account.auth_method, account.bounce_address,
              account.dkim_domain, account.dkim_selector, account.dkim_private_key_encrypted,
              ledger.status AS message_status, ledger.created_at AS first_claimed_at, ledger.attempts,
              thread.ids AS thread_ids, thread.subject AS thread_subject
       FROM sequence_enrollments AS e
       JOIN contacts AS contact ON contact.id = e.contact_id
       JOIN sequences AS sequence ON sequence.id = e.sequence_id
       JOIN workspaces AS workspace ON workspace.id = sequence.workspace_id
       JOIN sequence_steps AS step ON step.id = :step_id
       LEFT JOIN email_accounts AS account
         ON account.id = coalesce(step.email_account_id, e.email_account_id, sequence.default_email_account_id)
       LEFT JOIN send_slots AS slot ON slot.enrollment_id = e.id AND slot.sequence_step_id = step.id
       LEFT JOIN email_messages AS ledger ON ledger.enrollment_id = e.id AND ledger.sequence_step_id = step.id
       LEFT JOIN LATERAL (
         SELECT array_agg(coalesce(provider_message_id, message_id) ORDER BY sent_at, id) AS ids,
                (array_agg(subject ORDER BY sent_at, id))[1] AS subject
         FROM (
           SELECT sent.*, max(sent_at) FILTER (WHERE in_reply_to IS NULL) OVER () AS begun_at
           FROM email_messages AS sent
           WHERE sent.enrollment_id = e.id AND sent.sequence_step_id IS DISTINCT FROM step.id
             AND sent.status IN ('sent', 'unknown')) AS earlier
         WHERE sent_at >= begun_at) AS thread ON true
       WHERE e.id = :enrollment_id"""
)
_CLAIM = text(
    f"""INSERT INTO email_messages
         (id, customer_id, workspace_id, enrollment_id, sequence_id, sequence_step_id, contact_id,
          email_account_id, status, message_id, in_reply_to, to_address, subject, body_text, body_html,
          claim_token, claimed_at, created_at)
       SELECT :id, e.customer_id, sequence.workspace_id, e.id, e.sequence_id, :step_id, contact.id,
              account.id, 'claimed', :message_id, :in_reply_to, contact.email, :subject, :body_text,
              :body_html, :token, :now, :now
       FROM sequence_enrollments AS e
       JOIN contacts AS contact ON contact.id = e.contact_id
       JOIN sequences AS sequence ON sequence.id = e.sequence_id
       JOIN email_accounts AS account ON account.id = :account_id
       WHERE e.id = :enrollment_id AND e.status = 'active' AND e.current_step_id = :step_id
         AND sequence.status = 'active' AND account.status = 'active' AND {MAILABLE}
       FOR SHARE OF e, contact, sequence
       ON CONFLICT (enrollment_id, sequence_step_id) DO UPDATE
         SET attempts = email_messages.attempts + 1, claim_token = excluded.claim_token,
             claimed_at = excluded.claimed_at, email_account_id = excluded.email_account_id,
             to_address = excluded.to_address, subject = excluded.subject,
             body_text = excluded.body_text, body_html = excluded.body_html,
             message_id = excluded.message_id, in_reply_to = excluded.in_reply_to
         WHERE email_messages.status = 'claimed'
       RETURNING id"""
)
_MARK_SENDING = text(
    """WITH message AS (
         UPDATE email_messages SET status = 'sending', sending_at = :now
         WHERE id = :id AND claim_token = :token AND status = 'claimed' RETURNING id, enrollment_id, sequence_step_id),
       slot AS (
         -- Gaps are kept on the wire: the next send counts from here.
         UPDATE send_slots SET used_at = :now FROM message
         WHERE send_slots.enrollment_id = message.enrollment_id
           AND send_slots.sequence_step_id = message.sequence_step_id)
       SELECT id FROM message"""
)
_RELEASE = text(
    """WITH message AS (
         UPDATE email_messages SET status = 'claimed', smtp_code = :code, smtp_response = :response
         WHERE id = :id AND claim_token = :token AND status IN ('claimed', 'sending')
         RETURNING id, enrollment_id, sequence_step_id),
       slot AS (
         UPDATE send_slots SET used_at = NULL FROM message
         WHERE send_slots.enrollment_id = message.enrollment_id
           AND send_slots.sequence_step_id = message.sequence_step_id)
       SELECT id FROM message"""
)
_SETTLE = text(
    """UPDATE email_messages
       SET status = :status, smtp_code = :code, smtp_response = :response,
           sent_at = CASE WHEN :status IN ('sent', 'unknown') THEN coalesce(sent_at, :now) END,
           failed_at = CASE WHEN :status = 'failed' THEN :now END
       WHERE id = :id AND status IN ('claimed', 'sending', 'unknown') AND status <> :status RETURNING id"""
)
_RECORD_SENT = text(
    """WITH message AS (
         UPDATE email_messages
         SET status = 'sent', smtp_code = :code, smtp_response = :response, sent_at = coalesce(sent_at, :now),
             failed_at = NULL, provider_message_id = coalesce(:provider_message_id, provider_message_id)
         WHERE id = :id AND status IN ('claimed', 'sending', 'unknown') RETURNING *),
       activity AS (
         INSERT INTO contact_activities
           (contact_id, customer_id, activity_type, sequence_id, sequence_step_id, email_account_id,
            email_message_id, enrollment_id, occurred_at)
         SELECT contact_id, customer_id, 'email_sent', sequence_id, sequence_step_id, email_account_id,
                left(message_id, 255), enrollment_id, sent_at FROM message),
       enrollment AS (
         UPDATE sequence_enrollments AS e SET total_emails_sent = total_emails_sent + 1
         FROM message WHERE e.id = message.enrollment_id),
       contact AS (
         -- One that was opened before its sending was known has been counted as received.
         UPDATE contacts
         SET total_emails_received = total_emails_received
               + (coalesce(message.opened_at, message.clicked_at, message.replied_at) IS NULL)::int,
             last_contacted_at = greatest(last_contacted_at, message.sent_at)
         FROM message WHERE contacts.id = message.contact_id)
       SELECT sequence_id, bounced_at FROM message"""
)
# By itself and last: the sequence's row is the one for which sends wait, and rows are locked in one order.
_COUNT_SENT = text(
    """UPDATE sequences SET total_sent = total_sent + 1, total_delivered = total_delivered + :delivered
       WHERE id = :sequence_id"""
)


def claim_id(enrollment_id: UUID, step_id: UUID) -> UUID:
    """The id of the send of a step to an enrollment; the same at every try."""
    return uuid5(_LEDGER, f"{enrollment_id}/{step_id}")


async def context(session: AsyncSession, enrollment_id: UUID, step_id: UUID) -> Row[Any] | None:
    """Everything that a send needs in one read: enrollment, contact, sequence, step, mailbox, thread, ledger.

    None when the enrollment is gone. ``thread_ids`` are the Message-IDs of the emails in the latest thread, oldest
    first: an email with a subject of its own began it.
    """
    result = await session.execute(_CONTEXT, {"enrollment_id": enrollment_id, "step_id": step_id})
    return result.one_or_none()


async def claim(
    session: AsyncSession,
    *,
    enrollment_id: UUID,
    step_id: UUID,
    account_id: UUID,
    message_id: str,
    token: UUID,
    subject: str,
    body_text: str,
    body_html: str,
    in_reply_to: str | None,
    now: datetime,
) -> bool:
    """Claim the send, if enrollment, sequence and mailbox are active and the contact may be mailed, at this moment.

    One statement that locks what it checks: a stop, pause or suppression that was acknowledged before is seen,
    a stop or pause that comes later waits for the claim. A claim that was never sent is taken over by ``token``; one
    that is sending or beyond is not. False: not claimed.
    """
    # A statement that waits for a lock goes on with what it saw before. The waiting is done here, so that a
    # suppression which was acknowledged meanwhile is seen by the statement that checks.
    # Claims of one enrollment wait for each other, too: ON CONFLICT knows one of the two unique keys that they share.
    await session.execute(_LOCK_FOR_CLAIM, {"enrollment_id": enrollment_id})
    result = await session.execute(
        _CLAIM,
        {
            "id": claim_id(enrollment_id, step_id),
            "enrollment_id": enrollment_id,
            "step_id": step_id,
            "account_id": account_id,
            "message_id": message_id,
            "in_reply_to": in_reply_to,
            "subject": subject,
            "body_text": body_text,
            "body_html": body_html,
            "token": token,
            "now": now,
        },
    )
    return result.one_or_none() is not None


async def mark_sending(session: AsyncSession, id: UUID, token: UUID, now: datetime) -> bool:
    """The next byte may be the last: False when the claim is no longer this token's, and nothing may be sent."""
    result = await session.execute(_MARK_SENDING, {"id": id, "token": token, "now": now})
    return result.one_or_none() is not None


async def release(session: AsyncSession, id: UUID, token: UUID, *, code: int | None, response: str) -> bool:
    """Nothing went out, as the server's answer shows: the claim may be tried again, and its slot counts no more.

    False when the claim is no longer this token's: somebody else has settled it, and what he did counts.
    """
    released = await session.execute(_RELEASE, {"id": id, "token": token, "code": code, "response": response})
    return released.one_or_none() is not None


async def settle(
    session: AsyncSession,
    id: UUID,
    status: EmailMessageStatus,
    now: datetime,
    *,
    code: int | None = None,
    response: str | None = None,
) -> bool:
    """The send's fate: ``sent``, ``failed`` or ``unknown``; False when it was settled before.

    An ``unknown`` may still become ``sent`` or ``failed`` when it is learnt what became of it.
    """
    fate = {"id": id, "status": status, "now": now, "code": code, "response": response}
    result = await session.execute(_SETTLE, fate)
    return result.one_or_none() is not None


async def record_sent(
    session: AsyncSession,
    id: UUID,
    now: datetime,
    *,
    code: int | None = None,
    response: str | None = None,
    provider_message_id: str | None = None,
) -> None:
    """The server has taken the message: ledger, activity and every count move in this transaction, once.

    ``provider_message_id`` is the Message-ID that the provider put in the place of ours, where its answer names one.
    """
    answer = {"id": id, "now": now, "code": code, "response": response, "provider_message_id": provider_message_id}
    await engagements.lock(session, [id])
    sent = await session.execute(_RECORD_SENT, answer)
    message = sent.one_or_none()
    if message is not None:
        delivered = int(message.bounced_at is None)
        await session.execute(_COUNT_SENT, {"sequence_id": message.sequence_id, "delivered": delivered})


async def get(session: AsyncSession, id: UUID) -> Row[Any]:
    """The ledger's row of a send."""
    return (await session.execute(text("SELECT * FROM email_messages WHERE id = :id"), {"id": id})).one()


async def unmailable_status(session: AsyncSession, enrollment_id: UUID, now: datetime) -> str | None:
    """Why the contact may not be mailed: its status, or ``suppressed``; None when it may."""
    result = await session.execute(
        text(
            f"""SELECT CASE WHEN contact.status = 'active' THEN 'suppressed' ELSE contact.status::text END
                FROM sequence_enrollments AS e JOIN contacts AS contact ON contact.id = e.contact_id
                WHERE e.id = :id AND NOT {MAILABLE}"""
        ),
        {"id": enrollment_id, "now": now},
    )
    return result.scalar_one_or_none()
