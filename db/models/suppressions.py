"""Addresses and domains that are not mailed."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from db.models.base import Base, CustomerId, RandomId, Text255, UserId, WorkspaceId, WrittenAt
from domain.vocabulary import SuppressionType


class ContactSuppressionList(Base):
    """An address that is not mailed, or, with ``@domain`` for its ``email``, a whole domain.

    When its contact is erased, the entry outlives it with a keyed hash for its ``email`` and ``erased_at`` set.
    """

    __tablename__ = "contact_suppression_lists"
    __table_args__ = (
        UniqueConstraint("customer_id", "email", "suppression_type"),
        Index("idx_suppression_lists_customer_email", "customer_id", "email"),
        Index("idx_suppression_lists_type", "customer_id", "suppression_type"),
        Index("idx_suppression_lists_customer_suppressed", "customer_id", text("suppressed_at DESC"), text("id DESC")),
        Index("idx_suppression_lists_erased", "customer_id", "email", postgresql_where=text("erased_at IS NOT NULL")),
    )

    id: Mapped[RandomId]
    customer_id: Mapped[CustomerId]
    workspace_id: Mapped[WorkspaceId]

    suppression_type: Mapped[SuppressionType]
    reason: Mapped[str | None]
    source: Mapped[Text255 | None]

    email: Mapped[Text255]
    domain: Mapped[Text255 | None]

    suppressed_at: Mapped[WrittenAt | None]
    expires_at: Mapped[datetime | None]

    added_by: Mapped[UserId | None]
    notes: Mapped[str | None]

    erased_at: Mapped[datetime | None]
