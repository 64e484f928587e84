"""What happened with contacts."""

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    String,
    Table,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CustomerId, EmailAccountId, Json, RandomId, Text100, Text255, WrittenAt, enum_type
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
        Index("idx_contact_activities_contact_occurred", "contact_id", "occurred_at"),
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


def _counting(name: str, *of: str, unique: bool = True) -> Table:
    """A table of counts by customer, quarter of an hour, type and subtype, and by the ids named ``of``."""
    ids = (Column(id, Uuid()) for id in of)
    keys = ("customer_id", "quarter_hour", "activity_type", "activity_subtype", *of)
    return Table(
        name,
        Base.metadata,
        Column("customer_id", Uuid(), nullable=False),
        Column("quarter_hour", DateTime(timezone=True), nullable=False),
        Column("activity_type", enum_type(ActivityType), nullable=False),
        Column("activity_subtype", String(100)),
        *ids,
        Column("number", BigInteger, nullable=False),
        *((UniqueConstraint(*keys, postgresql_nulls_not_distinct=True),) if unique else ()),
    )


ACTIVITY_DELTAS = _counting("activity_deltas", "sequence_id", "sequence_step_id", "email_account_id", unique=False)
"""What triggers on activities add to the counts, until it is folded into the rollups."""
ROLLUPS_BY_STEP = _counting("activity_rollups_by_step", "sequence_id", "sequence_step_id")
ROLLUPS_BY_MAILBOX = _counting("activity_rollups_by_mailbox", "email_account_id")
ROLLUP_VERSIONS = Table(
    "activity_rollup_versions",
    Base.metadata,
    Column("customer_id", Uuid(), primary_key=True),
    Column("day", DateTime(timezone=True), primary_key=True),
    Column("version", Uuid(), nullable=False, server_default=func.gen_random_uuid()),
)
"""Another version for each change of a UTC day's rollups."""
DETACHED_CONTACT_ACTIVITIES = Table(
    "detached_contact_activities",
    Base.metadata,
    *(
        Column(one.name, Uuid() if one.foreign_keys else one.type, nullable=one.nullable)
        for one in ContactActivity.__table__.columns
    ),
)
"""Empty itself: the months that were detached inherit from it."""
