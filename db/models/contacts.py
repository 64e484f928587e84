"""Contacts: the people whom a customer writes to."""

from datetime import datetime

from sqlalchemy import Computed, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.models.base import (
    Base,
    ChangedAt,
    CustomerId,
    Json,
    Percent,
    RandomId,
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
    CompanySize,
    ContactSource,
    ContactStatus,
    Department,
    Industry,
    PhoneType,
    Seniority,
    TimezoneSource,
)

FULL_NAME = """CASE
    WHEN first_name IS NOT NULL AND last_name IS NOT NULL THEN first_name || ' ' || last_name
    WHEN first_name IS NOT NULL THEN first_name
    WHEN last_name IS NOT NULL THEN last_name
    ELSE NULL
END"""


SEARCHED = (
    "lower(' ' || coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(company_name, ''))"
)
"""SQL: the words by which a contact is searched, in lower case, each after a blank."""
PROFILE = "lower(rtrim(split_part(split_part(linkedin_profile, 'linkedin.com/', -1), '?', 1), '/'))"
"""SQL: what of a LinkedIn profile's address tells people apart, such as ``in/bob-ray``."""
MAILBOX = "replace(split_part(split_part(email, '@', 1), '+', 1), '.', '')"
"""SQL: the local part without its +tag and its dots."""
SHARES_MAILBOX = "email LIKE '%+%' OR email LIKE '%@gmail.com' OR email LIKE '%@googlemail.com'"
"""SQL: addresses that may be one of several of a mailbox."""


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
        Index("idx_contacts_customer_company", "customer_id", "company_name", "id"),
        Index("idx_contacts_customer_name", "customer_id", "full_name", "id"),
        Index("idx_contacts_search", text(f"({SEARCHED}) gin_trgm_ops"), postgresql_using="gin"),
        Index("idx_contacts_phone", "customer_id", "phone", postgresql_where=text("phone IS NOT NULL")),
        Index(
            "idx_contacts_linkedin",
            "customer_id",
            text(PROFILE),
            postgresql_where=text("linkedin_profile IS NOT NULL"),
        ),
        Index("idx_contacts_mailbox", "customer_id", text(MAILBOX), postgresql_where=text(SHARES_MAILBOX)),
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

    timezone_source: Mapped[TimezoneSource] = mapped_column(server_default="unknown")
    field_sources: Mapped[Json | None]
