"""Contacts that wait for the data of providers."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import Base, CustomerId, RandomId, Text100, WrittenAt
from domain.vocabulary import EnrichmentStatus


class ContactEnrichmentQueue(Base):
    """A contact that waits for a provider's data."""

    __tablename__ = "contact_enrichment_queue"

    id: Mapped[RandomId]
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contacts.id"))
    enrichment_provider: Mapped[Text100 | None]
    priority: Mapped[int | None] = mapped_column(server_default="1")
    status: Mapped[EnrichmentStatus | None] = mapped_column(server_default="pending")
    queued_at: Mapped[WrittenAt | None]
    processed_at: Mapped[datetime | None]
    error_message: Mapped[str | None]

    customer_id: Mapped[CustomerId]
