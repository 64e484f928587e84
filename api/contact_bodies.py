"""What clients send and get of contacts."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, PlainSerializer, StringConstraints

from api.schemas import Address, Body, JsonObject, Read, ShortText, Text, Timezone
from api.updates import UNSENT, partial
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

Text20 = Annotated[Text, StringConstraints(max_length=20)]
Text50 = Annotated[Text, StringConstraints(max_length=50)]
Text100 = Annotated[Text, StringConstraints(max_length=100)]
Text500 = Annotated[Text, StringConstraints(max_length=500)]
Rate = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""Percent with two places, a number in JSON."""


class ContactFields(Body):
    """What is known of a contact beside its address."""

    first_name: ShortText | None = Field(default=None, examples=["Bob"])
    last_name: ShortText | None = Field(default=None, examples=["Ray"])
    job_title: ShortText | None = Field(default=None, examples=["Head of Sales"])
    company_name: ShortText | None = Field(default=None, examples=["Example Ltd"])
    company_domain: ShortText | None = Field(default=None, examples=["example.com"])
    company_secondary_domain: ShortText | None = Field(default=None, examples=["example.org"])
    company_size: CompanySize | None = None
    industry: Industry | None = None
    phone: Text50 | None = Field(default=None, examples=["+34 600 000 000"])
    phone_type: PhoneType | None = PhoneType.WORK
    linkedin_profile: Text500 | None = Field(default=None, examples=["linkedin.com/in/bob-ray"])
    twitter_profile: Text500 | None = Field(default=None, examples=["@bobray"])
    facebook_profile: Text500 | None = Field(default=None, examples=["facebook.com/bobray"])
    website: Text500 | None = Field(default=None, examples=["example.com"])
    country: Text100 | None = Field(default=None, examples=["Spain"])
    state: Text100 | None = Field(default=None, examples=["Madrid"])
    city: Text100 | None = Field(default=None, examples=["Madrid"])
    postal_code: Text20 | None = Field(default=None, examples=["28001"])
    timezone: Timezone | None = Field(default="UTC", examples=["Europe/Madrid"], description="An IANA name")
    seniority: Seniority | None = None
    department: Department | None = None
    custom_fields: JsonObject = Field(default={}, examples=[{"plan": "trial"}])
    do_not_contact: bool = Field(default=False, description="true moves an active contact to `do_not_contact`")


class ContactCreate(ContactFields):
    """A new contact."""

    email: Address = Field(examples=["bob@example.com"], description="Kept in lower case, its domain in ASCII")
    status: ContactStatus = ContactStatus.ACTIVE
    source: ContactSource = ContactSource.API
    source_details: JsonObject | None = Field(default=None, examples=[{"form": "pricing"}])


class ContactChange(ContactFields):
    """The fields to write; what is left out stays as it is, and null empties a field."""

    model_config = ConfigDict(json_schema_extra=partial({"job_title": "Head of Sales", "timezone": "Europe/Madrid"}))

    email: Address = UNSENT
    status: ContactStatus = ContactStatus.ACTIVE
    source_details: JsonObject | None = Field(default=None, examples=[{"form": "pricing"}])


class ContactRead(Read):
    """A contact; rates are in percent of the emails received."""

    id: UUID
    customer_id: UUID
    workspace_id: UUID
    email: str = Field(examples=["bob@example.com"])
    first_name: str | None = Field(examples=["Bob"])
    last_name: str | None = Field(examples=["Ray"])
    full_name: str | None = Field(examples=["Bob Ray"])
    job_title: str | None = Field(examples=["Head of Sales"])
    company_name: str | None = Field(examples=["Example Ltd"])
    company_domain: str | None = Field(examples=["example.com"])
    company_secondary_domain: str | None = Field(examples=["example.org"])
    company_size: CompanySize | None
    industry: Industry | None
    phone: str | None = Field(examples=["+34 600 000 000"])
    phone_type: PhoneType | None
    linkedin_profile: str | None = Field(examples=["linkedin.com/in/bob-ray"])
    twitter_profile: str | None = Field(examples=["@bobray"])
    facebook_profile: str | None = Field(examples=["facebook.com/bobray"])
    website: str | None = Field(examples=["example.com"])
    country: str | None = Field(examples=["Spain"])
    state: str | None = Field(examples=["Madrid"])
    city: str | None = Field(examples=["Madrid"])
    postal_code: str | None = Field(examples=["28001"])
    timezone: str | None = Field(examples=["Europe/Madrid"])
    seniority: Seniority | None
    department: Department | None
    custom_fields: dict[str, Any] | None = Field(examples=[{"plan": "trial"}])
    status: ContactStatus | None
    unsubscribed_at: datetime | None
    bounced_at: datetime | None
    bounce_reason: str | None = Field(examples=["550 5.1.1 No such user"])
    do_not_contact: bool | None
    first_seen_at: datetime | None
    last_seen_at: datetime | None
    last_contacted_at: datetime | None
    last_opened_at: datetime | None
    last_clicked_at: datetime | None
    last_replied_at: datetime | None
    total_emails_received: int | None = Field(examples=[4])
    total_emails_opened: int | None = Field(examples=[2])
    total_links_clicked: int | None = Field(examples=[1])
    total_replies: int | None = Field(examples=[1])
    open_rate: Rate | None = Field(examples=[50.0])
    click_rate: Rate | None = Field(examples=[25.0])
    reply_rate: Rate | None = Field(examples=[25.0])
    created_at: datetime | None
    updated_at: datetime | None
    created_by: UUID | None
    updated_by: UUID | None
    source: ContactSource | None
    source_details: dict[str, Any] | None = Field(examples=[{"form": "pricing"}])
    email_verified: bool | None
    email_verification_date: datetime | None
    enrichment_score: int | None = Field(examples=[0])
    last_enriched_at: datetime | None
    timezone_source: TimezoneSource = Field(description="`unknown`: nobody said, and `timezone` is its default")
    field_sources: dict[str, Any] | None = Field(examples=[None], description="Which provider a field is from")
