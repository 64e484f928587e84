"""What happened with contacts."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CustomerId, EmailAccountId, Json, RandomId, Text100, Text255, WrittenAt
from domain.vocabulary import ActivityType


class ContactActivity(Base):
    """Something that happened with a contact; partitioned by the UTC month of ``occurred_at``.

    ``external_id`` is the id that whoever recorded it gave it. Unique keys must hold ``occurred_at``, so
    nothing but the writer keeps an ``external_id`` from coming twice. ``enrollment_id`` has no foreign key.
    """

    __tablename__ = "contact_activities"
    __table_args__ = (
        Index("idx_contact_activities_contact_type", "contact_id", "activity_type"),
        Index("idx_contact_activities_sequence", "sequence_id"),
        Index("idx_contact_activities_occurred_at", "occurred_at"),
        Index(
            "idx_contact_activities_external_id",
            "customer_id",
            "external_id",
            postgresql_where=text("external_id IS NOT NULL"),
        ),
        {"postgresql_partition_by": "RANGE (occurred_at)"},
    )

    id: Mapped[RandomId]
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    customer_id: Mapped[CustomerId]

    activity_type: Mapped[ActivityType]
    activity_subtype: Mapped[Text100 | None]

    sequence_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sequences.id"))
    sequence_step_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sequence_steps.id"))
    email_account_id: Mapped[EmailAccountId | None]
    email_message_id: Mapped[Text255 | None]

    occurred_at: Mapped[datetime] = mapped_column(primary_key=True, server_default=func.now())

    # SQLAlchemy keeps the attribute's plain name for itself.
    metadata_: Mapped[Json | None] = mapped_column("metadata", server_default="{}")

    ip_address: Mapped[str | None] = mapped_column(INET)
    user_agent: Mapped[str | None]
    geo_country: Mapped[Text100 | None]
    geo_city: Mapped[Text100 | None]

    processed: Mapped[bool | None] = mapped_column(server_default="false")
    processed_at: Mapped[datetime | None]

    created_at: Mapped[WrittenAt | None]

    external_id: Mapped[Text255 | None]
    enrollment_id: Mapped[uuid.UUID | None]
