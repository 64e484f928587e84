"""What came in by mail, kept once, and listed."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from db.models import EmailMessage, InboundMessage
from domain.errors import NotFound
from domain.incoming.inbound_matching import MatchedBy
from domain.vocabulary import InboundKind

_KEEP = text(
    """INSERT INTO inbound_messages
         (customer_id, email_account_id, uidvalidity, uid, message_id, received_at, from_address, subject,
          kind, email_message_id, contact_id, enrollment_id, body_text, raw, matched_by, absent_until, needs_review)
       SELECT account.customer_id, account.id, :uidvalidity, :uid, :message_id, :now, :from_address, :subject,
              :kind, :answered_id, :contact_id, :enrollment_id, :body_text, :raw, :matched_by, :absent_until,
              :needs_review
       FROM email_accounts AS account
       WHERE account.id = :account_id AND NOT EXISTS (
         SELECT FROM inbound_messages AS earlier
         WHERE earlier.email_account_id = account.id AND earlier.message_id = :message_id)
       ON CONFLICT (email_account_id, uidvalidity, uid) DO NOTHING RETURNING id"""
)
_ELSEWHERE = text(
    """SELECT EXISTS (
         SELECT FROM inbound_messages AS earlier
         WHERE earlier.message_id = :message_id AND earlier.email_account_id IN (
           SELECT other.id FROM email_accounts AS other
           JOIN email_accounts AS own ON own.customer_id = other.customer_id
           WHERE own.id = :account_id AND other.id <> own.id))"""
)
# Two mailboxes may get the same message at the same moment.
_ALONE = text("SELECT pg_advisory_xact_lock(hashtextextended(:message_id, 0))")
_KNOWN = text(
    """SELECT uid FROM inbound_messages
       WHERE email_account_id = :account_id AND uidvalidity = :uidvalidity AND uid > :last_uid"""
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message lies (RFC 9051 2.3.1.1)."""

    account_id: UUID
    uidvalidity: int
    uid: int


def identity(message_id: str | None, raw: bytes) -> str | None:
    """What a message is known by when it comes again: its Message-ID or, where it has none, a digest of its bytes.

    None for a message of which nothing is at hand.
    """
    if message_id is not None or not raw:
        return message_id
    return f"<{hashlib.sha256(raw).hexdigest()}@sha256.digest>"


async def known_uids(session: AsyncSession, account_id: UUID, uidvalidity: int, last_uid: int) -> set[int]:
    """The UIDs above ``last_uid`` that are kept: they came behind one that the server did not hand over yet."""
    above = {"account_id": account_id, "uidvalidity": uidvalidity, "last_uid": last_uid}
    return set((await session.execute(_KNOWN, above)).scalars())


async def came_elsewhere(session: AsyncSession, account_id: UUID, identity: str | None) -> bool:
    """Whether another mailbox of the customer has kept the message: a reply to two of them is one reply.

    Until the transaction ends nobody else asks this of the same message.
    """
    if identity is None:
        return False
    await session.execute(_ALONE, {"message_id": identity})
    return bool(await session.scalar(_ELSEWHERE, {"message_id": identity, "account_id": account_id}))


async def keep(
    session: AsyncSession,
    place: Place,
    *,
    message_id: str | None,
    from_address: str | None,
    subject: str | None,
    kind: InboundKind,
    body_text: str | None,
    raw: bytes,
    now: datetime,
    answered: Row[Any] | None = None,
    matched_by: MatchedBy | None = None,
    absent_until: date | None = None,
    needs_review: bool = False,
) -> UUID | None:
    """Keep the message and answer its id; None when it was kept before, under its UID or (come again) its identity.

    ``message_id`` is the message's ``identity``. ``answered`` is the send that it speaks of.
    """
    kept = await session.execute(
        _KEEP,
        {
            "account_id": place.account_id,
            "uidvalidity": place.uidvalidity,
            "uid": place.uid,
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
            "matched_by": matched_by,
            "absent_until": absent_until,
            "needs_review": needs_review,
        },
    )
    row = kept.one_or_none()
    return None if row is None else row.id


def listing(
    *,
    customer_id: UUID,
    kind: InboundKind | None = None,
    needs_review: bool | None = None,
    contact_id: UUID | None = None,
    enrollment_id: UUID | None = None,
    email_account_id: UUID | None = None,
    sequence_id: UUID | None = None,
) -> Select[InboundMessage]:
    """The customer's messages that fit every filter that is given; ``sequence_id`` is that of the send.

    They come without ``raw`` and ``body_text``.
    """
    wanted = {
        InboundMessage.kind: kind,
        InboundMessage.needs_review: needs_review,
        InboundMessage.contact_id: contact_id,
        InboundMessage.enrollment_id: enrollment_id,
        InboundMessage.email_account_id: email_account_id,
    }
    bodies = defer(InboundMessage.raw, raiseload=True), defer(InboundMessage.body_text, raiseload=True)
    statement = select(InboundMessage).options(*bodies).where(InboundMessage.customer_id == customer_id)
    statement = statement.where(*(column == value for column, value in wanted.items() if value is not None))
    if sequence_id is not None:
        sends = select(EmailMessage.id).where(EmailMessage.sequence_id == sequence_id)
        statement = statement.where(InboundMessage.email_message_id.in_(sends))
    return statement


async def get(session: AsyncSession, *, customer_id: UUID, id: UUID) -> InboundMessage:
    """The message without ``raw``; raises ``NotFound``."""
    statement = (
        select(InboundMessage)
        .options(defer(InboundMessage.raw, raiseload=True))
        .where(InboundMessage.id == id, InboundMessage.customer_id == customer_id)
    )
    message = (await session.execute(statement)).scalar_one_or_none()
    if message is None:
        raise NotFound("inbound_message", id)
    return message


async def raw(session: AsyncSession, *, customer_id: UUID, id: UUID) -> bytes:
    """The message as it came; raises ``NotFound``, also where its server never handed it over."""
    statement = select(InboundMessage.raw).where(InboundMessage.id == id, InboundMessage.customer_id == customer_id)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound("inbound_message", id)
    if not row.raw:
        raise NotFound("raw_message", id)
    content: bytes = row.raw
    return content
