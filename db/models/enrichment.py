"""Contacts that wait for the data of providers, the providers, what they were asked and what they answered."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, ChangedAt, CustomerId, Json, OrderedId, RandomId, Text50, Text100, Text500, WrittenAt
from domain.vocabulary import (
    EnrichmentLookup,
    EnrichmentOutcome,
    EnrichmentProvider,
    EnrichmentStatus,
    ProviderState,
)


class ContactEnrichmentQueue(Base):
    """A contact that waits for a provider's data, or for that of all (no ``enrichment_provider``).

    ``asked`` are the providers that it is done with. One in work is another worker's from ``next_try_at`` on.
    """

    __tablename__ = "contact_enrichment_queue"
    __table_args__ = (
        Index(
            "idx_enrichment_queue_open",
            "customer_id",
            text("priority DESC"),
            "queued_at",
            "id",
            postgresql_where=text("status IN ('pending', 'processing')"),
        ),
        Index(
            "idx_enrichment_queue_due",
            "customer_id",
            "next_try_at",
            postgresql_where=text("status IN ('pending', 'processing')"),
        ),
        Index(
            "idx_enrichment_queue_asked",
            "customer_id",
            postgresql_where=text("status = 'pending' AND asked <> '{}'"),
        ),
        Index("idx_enrichment_queue_contact", "contact_id"),
        Index("idx_enrichment_queue_customer_queued", "customer_id", text("queued_at DESC"), text("id DESC")),
    )

    id: Mapped[RandomId]
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contacts.id"))
    enrichment_provider: Mapped[Text100 | None]
    priority: Mapped[int | None] = mapped_column(server_default="1")
    status: Mapped[EnrichmentStatus | None] = mapped_column(server_default="pending")
    queued_at: Mapped[WrittenAt | None]
    processed_at: Mapped[datetime | None]
    error_message: Mapped[str | None]

    customer_id: Mapped[CustomerId]
    asked: Mapped[list[str]] = mapped_column(server_default="{}")
    tries: Mapped[int] = mapped_column(server_default="0")
    next_try_at: Mapped[WrittenAt]
    error_code: Mapped[Text50 | None]


class ProviderAccount(Base):
    """A provider as a workspace uses it: keys, rank, what it may write and spend, and how it stands."""

    __tablename__ = "enrichment_providers"
    __table_args__ = (UniqueConstraint("workspace_id", "provider"),)

    id: Mapped[OrderedId]
    customer_id: Mapped[CustomerId]
    workspace_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    provider: Mapped[EnrichmentProvider]

    enabled: Mapped[bool] = mapped_column(server_default="true")
    rank: Mapped[int] = mapped_column(server_default="100")
    credentials_encrypted: Mapped[bytes]
    base_url: Mapped[Text500 | None]
    fields: Mapped[list[str] | None]
    overwrites: Mapped[list[str]] = mapped_column(server_default="{}")
    daily_budget: Mapped[int | None]
    monthly_budget: Mapped[int | None]

    state: Mapped[ProviderState] = mapped_column(server_default="ok")
    state_detail: Mapped[str | None]
    failures: Mapped[int] = mapped_column(server_default="0")
    available_at: Mapped[WrittenAt]
    access_token_encrypted: Mapped[bytes | None]
    access_expires_at: Mapped[datetime | None]

    created_at: Mapped[WrittenAt]
    updated_at: Mapped[ChangedAt]


class EnrichmentAnswer(Base):
    """What a provider has answered, kept until ``expires_at``. That about a person goes with the contact."""

    __tablename__ = "enrichment_answers"
    __table_args__ = (
        UniqueConstraint("customer_id", "provider", "lookup", "asked_hash"),
        Index("idx_enrichment_answers_contact", "contact_id", postgresql_where=text("contact_id IS NOT NULL")),
    )

    id: Mapped[OrderedId]
    customer_id: Mapped[CustomerId]
    provider: Mapped[EnrichmentProvider]
    lookup: Mapped[EnrichmentLookup]
    asked_hash: Mapped[bytes]
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))

    fields: Mapped[Json | None]
    fetched_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class EnrichmentCall(Base):
    """A request to a provider, written before it leaves. ``credits`` are reserved until the answer tells its price."""

    __tablename__ = "enrichment_calls"
    __table_args__ = (
        Index("idx_enrichment_calls_asked", "workspace_id", "provider", "asked_at", postgresql_include=["credits"]),
        Index("idx_enrichment_calls_queue", "queue_id", postgresql_where=text("queue_id IS NOT NULL")),
    )

    id: Mapped[OrderedId]
    customer_id: Mapped[CustomerId]
    workspace_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("workspaces.id", ondelete="CASCADE"))
    provider: Mapped[EnrichmentProvider]
    queue_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contact_enrichment_queue.id", ondelete="SET NULL"))

    lookup: Mapped[EnrichmentLookup]
    credits: Mapped[int]
    outcome: Mapped[EnrichmentOutcome | None]
    status_code: Mapped[int | None]
    asked_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
