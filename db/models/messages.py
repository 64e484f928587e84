"""Mail that went out and came in: the send ledger and what was read from the inboxes."""

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import (
    Base,
    BigInt,
    CustomerId,
    EmailAccountId,
    Json,
    OrderedId,
    Text20,
    Text50,
    Text100,
    Text255,
    UserId,
    WorkspaceId,
    WrittenAt,
)
from domain.vocabulary import EmailMessageStatus, InboundKind


class EmailMessage(Base):
    """A send: one email of one step to one contact, claimed before SMTP is spoken.

    ``message_id`` is ours, ``provider_message_id`` what the provider put in its place; ``in_reply_to`` is the
    Message-ID that it answers (RFC 5322 3.6.4). ``claim_token`` tells who holds the claim. ``opened_at``,
    ``clicked_at`` and ``replied_at`` are of the first that counts, ``bounced_at`` of the first bounce. ``settled_by``
    is the person who decided what became of an ``unknown`` send.
    """

    __tablename__ = "email_messages"
    __table_args__ = (
        UniqueConstraint("enrollment_id", "sequence_step_id"),
        Index("idx_email_messages_contact", "contact_id"),
        Index("idx_email_messages_account_sent", "email_account_id", "sent_at"),
        Index("idx_email_messages_customer_created", "customer_id", "created_at", "id"),
        Index(
            "idx_email_messages_provider_message_id",
            "provider_message_id",
            postgresql_where=text("provider_message_id IS NOT NULL"),
        ),
        Index("idx_email_messages_account_to", "email_account_id", "to_address"),
        Index(
            "idx_email_messages_unknown",
            "email_account_id",
            "sending_at",
            postgresql_where=text("status = 'unknown'"),
        ),
    )

    id: Mapped[OrderedId]
    customer_id: Mapped[CustomerId]
    workspace_id: Mapped[WorkspaceId]
    enrollment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sequence_enrollments.id", ondelete="SET NULL"))
    sequence_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sequences.id", ondelete="SET NULL"))
    sequence_step_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sequence_steps.id", ondelete="SET NULL"))
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    email_account_id: Mapped[EmailAccountId]
    status: Mapped[EmailMessageStatus] = mapped_column(server_default="claimed")

    message_id: Mapped[str] = mapped_column(unique=True)
    provider_message_id: Mapped[str | None]
    in_reply_to: Mapped[str | None]

    to_address: Mapped[Text255]
    subject: Mapped[str | None]
    body_text: Mapped[str | None]
    body_html: Mapped[str | None]
    variant_id: Mapped[Text100 | None]

    claim_token: Mapped[uuid.UUID]
    attempts: Mapped[int] = mapped_column(server_default="1")
    claimed_at: Mapped[datetime]
    sending_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    smtp_code: Mapped[int | None]
    smtp_response: Mapped[str | None]
    created_at: Mapped[WrittenAt]
    opened_at: Mapped[datetime | None]
    clicked_at: Mapped[datetime | None]
    replied_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    settled_by: Mapped[UserId | None]


class InboundMessage(Base):
    """A message read from an inbox, once per UID, and the send that it speaks of where one was found.

    ``matched_by`` says how the send was found. ``absent_until`` is the last day away that an auto-reply names.
    ``needs_review`` marks what a person has to look at.
    """

    __tablename__ = "inbound_messages"
    __table_args__ = (
        UniqueConstraint("email_account_id", "uidvalidity", "uid"),
        Index("idx_inbound_messages_account_message_id", "email_account_id", "message_id"),
        Index("idx_inbound_messages_contact", "contact_id"),
        Index("idx_inbound_messages_customer_received", "customer_id", "received_at", "id"),
        Index("idx_inbound_messages_review", "customer_id", "received_at", postgresql_where=text("needs_review")),
    )

    id: Mapped[OrderedId]
    customer_id: Mapped[CustomerId]
    email_account_id: Mapped[EmailAccountId]
    uidvalidity: Mapped[BigInt]
    uid: Mapped[BigInt]
    message_id: Mapped[str | None]
    received_at: Mapped[datetime]
    from_address: Mapped[Text255 | None]
    subject: Mapped[str | None]
    kind: Mapped[InboundKind]
    email_message_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("email_messages.id", ondelete="SET NULL"))
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    enrollment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sequence_enrollments.id", ondelete="SET NULL"))
    body_text: Mapped[str | None]
    raw: Mapped[bytes | None]
    created_at: Mapped[WrittenAt]
    matched_by: Mapped[Text20 | None]
    absent_until: Mapped[date | None]
    needs_review: Mapped[bool] = mapped_column(server_default="false")
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[UserId | None]


class TrackedLink(Base):
    """Where a click leads, once for each customer and address; it outlives the emails that carry it.

    ``url_hash`` is the SHA-256 of ``url``, which is kept to the byte.
    """

    __tablename__ = "tracked_links"
    __table_args__ = (UniqueConstraint("customer_id", "url_hash"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    customer_id: Mapped[CustomerId]
    url: Mapped[str]
    url_hash: Mapped[bytes]
    created_at: Mapped[WrittenAt]


class ProviderEvent(Base):
    """What an email provider reported of a send by webhook, once per event; ``payload`` is as it came."""

    __tablename__ = "provider_events"
    __table_args__ = (
        UniqueConstraint("customer_id", "provider", "external_id"),
        Index("idx_provider_events_message", "email_message_id"),
        Index("idx_provider_events_customer_received", "customer_id", "received_at", "id"),
    )

    id: Mapped[OrderedId]
    customer_id: Mapped[CustomerId]
    workspace_id: Mapped[WorkspaceId]
    provider: Mapped[Text50]
    external_id: Mapped[Text255]
    event_type: Mapped[Text50]
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime]
    email_message_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("email_messages.id", ondelete="SET NULL"))
    payload: Mapped[Json]
