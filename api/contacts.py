"""Contacts: the people whom sequences write to."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from pydantic import ConfigDict, Field, PlainSerializer, StringConstraints

from api.dependencies import Ctx
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from api.schemas import Address, Body, JsonObject, Read, ShortText, Text, Timezone
from api.updates import UNSENT, partial, sent
from db import contacts
from db.models import Contact
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

router = new_router("contacts")

Text20 = Annotated[Text, StringConstraints(max_length=20)]
Text50 = Annotated[Text, StringConstraints(max_length=50)]
Text100 = Annotated[Text, StringConstraints(max_length=100)]
Text500 = Annotated[Text, StringConstraints(max_length=500)]
Rate = Annotated[Decimal, PlainSerializer(float, return_type=float, when_used="json")]
"""Percent with two places, a number in JSON."""
_EXISTS = (409, "contact.exists", "There is already a contact with the address bob@example.com.")


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


@router.get("/api/contacts", summary="List contacts")
async def list_contacts(
    ctx: Ctx,
    page: PageQuery,
    status: ContactStatus | None = None,
    email: Annotated[Address | None, Query(description="The whole address, in any case")] = None,
    q: Annotated[str | None, Query(max_length=255, description="Part of the address, the name or the company")] = None,
    list_id: Annotated[UUID | None, Query(description="Members of this list")] = None,
    company_domain: Annotated[str | None, Query(max_length=255)] = None,
    source: ContactSource | None = None,
) -> Page[ContactRead]:
    """Newest first. Filters are joined by AND; a list that does not exist has no members."""
    statement = contacts.listing(
        customer_id=ctx.customer_id,
        status=status,
        email=email,
        q=q,
        list_id=list_id,
        company_domain=company_domain,
        source=source,
    )
    return Page[ContactRead].of(await paginate(ctx.session, statement, (Contact.created_at, Contact.id), page))


@router.post("/api/contacts", status_code=201, summary="Create a contact", responses=problems(_EXISTS))
async def create_contact(body: ContactCreate, ctx: Ctx, response: Response) -> ContactRead:
    """The address is unique for the customer. A suppressed address may be a contact; it is not mailed."""
    row = await contacts.create(
        ctx.session,
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        user_id=ctx.user_id,
        fields={"source": body.source, **sent(body)},
        now=ctx.now,
    )
    response.headers["Location"] = f"/api/contacts/{row.id}"
    return ContactRead.model_validate(row)


@router.get("/api/contacts/{id}", summary="Read a contact", responses=problems(404))
async def read_contact(id: UUID, ctx: Ctx) -> ContactRead:
    return ContactRead.model_validate(await contacts.get(ctx.session, customer_id=ctx.customer_id, contact_id=id))


@router.put("/api/contacts/{id}", summary="Update a contact", responses=problems(404, _EXISTS))
async def update_contact(id: UUID, body: ContactChange, ctx: Ctx) -> ContactRead:
    """Writes the fields that are sent and leaves the others, as PATCH does.

    `custom_fields` is replaced as a whole. The status `unsubscribed` suppresses the address and ends the
    contact's enrollments in sequences that stop on an unsubscribe.
    """
    row = await contacts.change(
        ctx.session,
        customer_id=ctx.customer_id,
        contact_id=id,
        user_id=ctx.user_id,
        fields=sent(body),
        now=ctx.now,
    )
    return ContactRead.model_validate(row)


@router.patch("/api/contacts/{id}", summary="Change fields of a contact", responses=problems(404, _EXISTS))
async def change_contact(id: UUID, body: ContactChange, ctx: Ctx) -> ContactRead:
    """Writes the fields that are sent and leaves the others."""
    return await update_contact(id, body, ctx)


@router.delete("/api/contacts/{id}", status_code=204, summary="Erase a contact", responses=problems(404))
async def delete_contact(id: UUID, ctx: Ctx) -> None:
    """Stops its enrollments, then erases it with its messages, tasks and activities.

    Entries of the suppression list stay, so that the address is not mailed when it is imported again.
    """
    await contacts.erase(ctx.session, customer_id=ctx.customer_id, contact_id=id, now=ctx.now)
