"""Mail that went out and came in: the send ledger and what was read from the inboxes."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import (
    Base,
    BigInt,
    CustomerId,
    EmailAccountId,
    OrderedId,
    Text100,
    Text255,
    WorkspaceId,
    WrittenAt,
)
from domain.vocabulary import EmailMessageStatus, InboundKind


class EmailMessage(Base):
    """A send: one email of one step to one contact, claimed before SMTP is spoken.

    ``message_id`` is ours, ``provider_message_id`` what the provider put in its place; ``in_reply_to`` is the
    Message-ID that it answers (RFC 5322 3.6.4). ``claim_token`` tells who holds the claim.
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


class InboundMessage(Base):
    """A message read from an inbox, once per UID, and the send that it speaks of where one was found."""

    __tablename__ = "inbound_messages"
    __table_args__ = (
        UniqueConstraint("email_account_id", "uidvalidity", "uid"),
        Index("idx_inbound_messages_account_message_id", "email_account_id", "message_id"),
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
