"""What was done that must stay known."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CustomerId, Json, OrderedId, Text50, Text100, UserId, WorkspaceId


class AuditEvent(Base):
    """Something that a user, or OpenDoors itself (no ``user_id``), has done. A trigger keeps rows from any change.

    ``subject_id`` may be that of a row which is gone; ``address_hash`` is keyed (``domain.profiles.address_hashes``).
    """

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("idx_audit_events_customer_occurred", "customer_id", text("occurred_at DESC"), text("id DESC")),
        Index(
            "idx_audit_events_address",
            "customer_id",
            "address_hash",
            postgresql_where=text("address_hash IS NOT NULL"),
        ),
    )

    id: Mapped[OrderedId]
    customer_id: Mapped[CustomerId]
    workspace_id: Mapped[WorkspaceId | None]
    user_id: Mapped[UserId | None]

    action: Mapped[Text100]
    subject: Mapped[Text50]
    subject_id: Mapped[UUID | None]
    address_hash: Mapped[Text100 | None]
    details: Mapped[Json] = mapped_column(server_default="{}")

    occurred_at: Mapped[datetime]
