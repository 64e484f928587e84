"""Contacts, their lists and memberships, activities, suppressions and the enrichment queue."""

import uuid
from datetime import datetime

from sqlalchemy import Computed, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import (
    Base,
    ChangedAt,
    CustomerId,
    EmailAccountId,
    Json,
    Percent,
    RandomId,
    Text7,
    Text20,
    Text50,
    Text100,
    Text255,
    Text500,
    UserId,
    WorkspaceId,
    WrittenAt,
)
from domain.vocabulary import (
    ActivityType,
    CompanySize,
    ContactSource,
    ContactStatus,
    Department,
    EnrichmentStatus,
    Industry,
    ListType,
    MembershipSource,
    PhoneType,
    Seniority,
    SuppressionType,
)

FULL_NAME = """CASE
    WHEN first_name IS NOT NULL AND last_name IS NOT NULL THEN first_name || ' ' || last_name
    WHEN first_name IS NOT NULL THEN first_name
    WHEN last_name IS NOT NULL THEN last_name
    ELSE NULL
END"""


def _rate_of(counter: str) -> str:
    """SQL: how many percent of the emails received the counter is, 0 as long as none was received."""
    return f"""CASE
    WHEN total_emails_received > 0 THEN ROUND(({counter}::DECIMAL / total_emails_received) * 100, 2)
    ELSE 0
END"""


class Contact(Base):
    """A person whom a customer writes to. ``email`` is stored normalised; rates are in percent."""

    __tablename__ = "contacts"
    __table_args__ = (
        UniqueConstraint("customer_id", "email"),
        Index("idx_contacts_customer_workspace", "customer_id", "workspace_id"),
        Index("idx_contacts_email", "customer_id", "email"),
        Index("idx_contacts_status", "customer_id", "status"),
        Index("idx_contacts_company_domain", "company_domain"),
        Index("idx_contacts_customer_created", "customer_id", text("created_at DESC"), text("id DESC")),
    )

    id: Mapped[RandomId]
    customer_id: Mapped[CustomerId]
    workspace_id: Mapped[WorkspaceId]

    email: Mapped[Text255]
    first_name: Mapped[Text255 | None]
    last_name: Mapped[Text255 | None]
    full_name: Mapped[Text255 | None] = mapped_column(Computed(FULL_NAME, persisted=True))

    job_title: Mapped[Text255 | None]
    company_name: Mapped[Text255 | None]
    company_domain: Mapped[Text255 | None]
    company_secondary_domain: Mapped[Text255 | None]
    company_size: Mapped[CompanySize | None]
    industry: Mapped[Industry | None]

    phone: Mapped[Text50 | None]
    phone_type: Mapped[PhoneType | None] = mapped_column(server_default="work")

    linkedin_profile: Mapped[Text500 | None]
    twitter_profile: Mapped[Text500 | None]
    facebook_profile: Mapped[Text500 | None]
    website: Mapped[Text500 | None]

    country: Mapped[Text100 | None]
    state: Mapped[Text100 | None]
    city: Mapped[Text100 | None]
    postal_code: Mapped[Text20 | None]
    timezone: Mapped[Text50 | None] = mapped_column(server_default="UTC")

    seniority: Mapped[Seniority | None]
    department: Mapped[Department | None]

    custom_fields: Mapped[Json | None] = mapped_column(server_default="{}")

    status: Mapped[ContactStatus | None] = mapped_column(server_default="active")
    unsubscribed_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]
    bounce_reason: Mapped[Text255 | None]
    do_not_contact: Mapped[bool | None] = mapped_column(server_default="false")

    first_seen_at: Mapped[WrittenAt | None]
    last_seen_at: Mapped[datetime | None]
    last_contacted_at: Mapped[datetime | None]
    last_opened_at: Mapped[datetime | None]
    last_clicked_at: Mapped[datetime | None]
    last_replied_at: Mapped[datetime | None]

    total_emails_received: Mapped[int | None] = mapped_column(server_default="0")
    total_emails_opened: Mapped[int | None] = mapped_column(server_default="0")
    total_links_clicked: Mapped[int | None] = mapped_column(server_default="0")
    total_replies: Mapped[int | None] = mapped_column(server_default="0")
    open_rate: Mapped[Percent | None] = mapped_column(Computed(_rate_of("total_emails_opened"), persisted=True))
    click_rate: Mapped[Percent | None] = mapped_column(Computed(_rate_of("total_links_clicked"), persisted=True))
    reply_rate: Mapped[Percent | None] = mapped_column(Computed(_rate_of("total_replies"), persisted=True))

    created_at: Mapped[WrittenAt | None]
    updated_at: Mapped[ChangedAt | None]
    created_by: Mapped[UserId | None]
    updated_by: Mapped[UserId | None]
    source: Mapped[ContactSource | None] = mapped_column(server_default="manual")
    source_details: Mapped[Json | None]

    email_verified: Mapped[bool | None] = mapped_column(server_default="false")
    email_verification_date: Mapped[datetime | None]
    enrichment_score: Mapped[int | None] = mapped_column(server_default="0")
    last_enriched_at: Mapped[datetime | None]


class ContactList(Base):
    """A segment of contacts: static, dynamic by ``filter_rules``, or one that suppresses."""

    __tablename__ = "contact_lists"

    id: Mapped[RandomId]
    customer_id: Mapped[CustomerId]
    workspace_id: Mapped[WorkspaceId]

    name: Mapped[Text255]
    description: Mapped[str | None]
    type: Mapped[ListType | None] = mapped_column(server_default="static")

    created_by: Mapped[UserId]
    color: Mapped[Text7 | None]
    is_public: Mapped[bool | None] = mapped_column(server_default="true")

    filter_rules: Mapped[Json | None]
    auto_refresh: Mapped[bool | None] = mapped_column(server_default="false")
    last_refreshed_at: Mapped[datetime | None]

    created_at: Mapped[WrittenAt | None]
    updated_at: Mapped[ChangedAt | None]

    total_contacts: Mapped[int | None] = mapped_column(server_default="0")
    active_contacts: Mapped[int | None] = mapped_column(server_default="0")


class ContactListMembership(Base):
    """A contact in a list, and how it came there."""

    __tablename__ = "contact_list_memberships"
    __table_args__ = (
        UniqueConstraint("contact_id", "list_id"),
        Index("idx_list_memberships_list", "list_id"),
        Index("idx_list_memberships_contact", "contact_id"),
        Index("idx_list_memberships_dynamic", "list_id", postgresql_where=text("is_dynamic = true")),
    )

    id: Mapped[RandomId]
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contacts.id", ondelete="CASCADE"))
    list_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contact_lists.id", ondelete="CASCADE"))

    added_at: Mapped[WrittenAt | None]
    added_by: Mapped[UserId | None]
    source: Mapped[MembershipSource | None] = mapped_column(server_default="manual")

    is_dynamic: Mapped[bool | None] = mapped_column(server_default="false")
    last_evaluated_at: Mapped[datetime | None]
    evaluation_result: Mapped[bool | None] = mapped_column(server_default="true")

    customer_id: Mapped[CustomerId]


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


class ContactSuppressionList(Base):
    """An address that is not mailed, or, with ``@domain`` for its ``email``, a whole domain."""

    __tablename__ = "contact_suppression_lists"
    __table_args__ = (
        UniqueConstraint("customer_id", "email", "suppression_type"),
        Index("idx_suppression_lists_customer_email", "customer_id", "email"),
        Index("idx_suppression_lists_type", "customer_id", "suppression_type"),
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
