"""The slot ledger: when each planned email goes out."""

import uuid
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CustomerId, EmailAccountId, OrderedId, WorkspaceId
from domain.vocabulary import Blocker


class SendSlot(Base):
    """The instant that is kept for one email of an enrollment.

    ``due_at`` is the earliest instant by delay and window, ``slot_at`` the first from there on at which mailbox and
    caps have room, ``open_until`` when the window closes then or the day ends. ``day`` is that of ``slot_at`` in the
    workspace's zone, ``sequence_day`` in the sequence's. ``begun`` says that the chain's first email was sent;
    ``blocker`` is what put the email off last. ``used_at`` is when the send was claimed, null while it is still to
    come. Rows outlive what they speak of, since a day's caps still count them.
    """

    __tablename__ = "send_slots"
    __table_args__ = (
        UniqueConstraint("enrollment_id", "sequence_step_id"),
        Index("idx_send_slots_account_slot", "email_account_id", "slot_at"),
        Index(
            "idx_send_slots_account_used",
            "email_account_id",
            "used_at",
            postgresql_where=text("used_at IS NOT NULL"),
        ),
        Index("idx_send_slots_account_day", "email_account_id", "day"),
        Index("idx_send_slots_sequence_day", "sequence_id", "sequence_day"),
        Index("idx_send_slots_workspace_domain_day", "workspace_id", "recipient_domain", "day"),
        Index("idx_send_slots_contact_day", "contact_id", "day"),
        # For the deletion of a step, which looks for the slots that name it.
        Index("idx_send_slots_step", "sequence_step_id"),
    )

    id: Mapped[OrderedId]
    customer_id: Mapped[CustomerId]
    workspace_id: Mapped[WorkspaceId]
    email_account_id: Mapped[EmailAccountId]
    sequence_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sequences.id", ondelete="SET NULL"))
    sequence_step_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sequence_steps.id", ondelete="SET NULL"))
    enrollment_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sequence_enrollments.id", ondelete="SET NULL"))
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contacts.id", ondelete="SET NULL"))
    recipient_domain: Mapped[str | None]
    slot_at: Mapped[datetime]
    due_at: Mapped[datetime]
    open_until: Mapped[datetime]
    day: Mapped[date]
    sequence_day: Mapped[date]
    follow_up: Mapped[bool]
    begun: Mapped[bool] = mapped_column(server_default="false")
    blocker: Mapped[Blocker | None]
    used_at: Mapped[datetime | None]
