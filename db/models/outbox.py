"""What Temporal is still to be told, written in the transaction that decided it."""

import uuid
from datetime import datetime

from sqlalchemy import Identity, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, BigInt, CustomerId, Json, Text50, WrittenAt


class OutboxEntry(Base):
    """One thing to tell; ``subject_id`` is the enrollment or mailbox that it speaks of. Told, it is deleted."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("idx_outbox_next_attempt", "next_attempt_at", "id"),
        Index("idx_outbox_subject", "subject_id"),
    )

    id: Mapped[BigInt] = mapped_column(Identity(always=True), primary_key=True)
    customer_id: Mapped[CustomerId]
    topic: Mapped[Text50]
    subject_id: Mapped[uuid.UUID]
    payload: Mapped[Json] = mapped_column(server_default="{}")
    created_at: Mapped[WrittenAt]
    attempts: Mapped[int] = mapped_column(server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_error: Mapped[str | None]
