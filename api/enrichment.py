"""Enrichment of contacts by data providers: what waits for it, and how it stands."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Body as RequestBody
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.dependencies import Ctx
from api.enrichment_providers import ProviderStanding, standings
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, Read, ShortText, Text, Timezone
from db import enrichment
from db.models import ContactEnrichmentQueue
from domain.errors import FieldError, Invalid
from domain.vocabulary import CompanySize, Department, EnrichmentProvider, EnrichmentStatus, Industry, Seniority

router = new_router("enrichment")

MAX_CONTACTS = 10_000
_WAITING = (409, "enrichment.waiting", "An enrichment of this contact is pending already.")
_Text100 = Annotated[Text, StringConstraints(max_length=100)]
_Link = Annotated[Text, StringConstraints(max_length=500)]


class EnrichmentData(Body):
    """What a user knows of a contact."""

    first_name: ShortText | None = Field(default=None, examples=["Bob"])
    last_name: ShortText | None = Field(default=None, examples=["Ray"])
    job_title: ShortText | None = Field(default=None, examples=["Head of Sales"])
    seniority: Seniority | None = None
    department: Department | None = None
    company_name: ShortText | None = Field(default=None, examples=["Example Ltd"])
    company_domain: ShortText | None = Field(default=None, examples=["example.com"])
    company_size: CompanySize | None = None
    industry: Industry | None = None
    phone: Annotated[Text, StringConstraints(max_length=50)] | None = Field(default=None, examples=["+34600000000"])
    website: _Link | None = Field(default=None, examples=["https://example.com"])
    linkedin_profile: _Link | None = Field(default=None, examples=["https://www.linkedin.com/in/bob-ray"])
    twitter_profile: _Link | None = Field(default=None, examples=["https://twitter.com/bobray"])
    facebook_profile: _Link | None = Field(default=None, examples=["https://www.facebook.com/bobray"])
    country: _Text100 | None = Field(default=None, examples=["Spain"])
    state: _Text100 | None = Field(default=None, examples=["Madrid"])
    city: _Text100 | None = Field(default=None, examples=["Madrid"])
    postal_code: Annotated[Text, StringConstraints(max_length=20)] | None = Field(default=None, examples=["28001"])
    timezone: Timezone | None = Field(default=None, examples=["Europe/Madrid"])


class Wanted(Body):
    """Which provider is to be asked, and how soon."""

    enrichment_provider: EnrichmentProvider | None = Field(
        default=None, examples=["hunter"], description="All that the workspace uses when it is left out"
    )
    priority: int = Field(default=1, ge=1, le=10, description="Higher goes first")


class EnrichmentRequest(Wanted):
    """Which provider is to be asked; or, for `manual`, what is known."""

    model_config = ConfigDict(json_schema_extra={"example": {"enrichment_provider": "hunter", "priority": 5}})

    data: EnrichmentData | None = Field(default=None, description="For `manual` alone; written at once")


class EnrichmentsRequest(Wanted):
    """Many contacts that are to be enriched."""

    contact_ids: list[UUID] = Field(min_length=1, max_length=MAX_CONTACTS)


class Queued(BaseModel):
    """How many contacts were queued: those that wait already, or are none of the customer's, were not."""

    queued: int = Field(examples=[2])


_ANY_PROVIDER = EnrichmentRequest()


class EnrichmentRead(Read):
    """An entry of the queue."""

    id: UUID
    contact_id: UUID
    enrichment_provider: str | None = Field(examples=["hunter"])
    priority: int | None = Field(examples=[1])
    status: EnrichmentStatus | None
    queued_at: datetime | None
    processed_at: datetime | None
    error_message: str | None = Field(examples=[None])
    error_code: str | None = Field(
        examples=[None], description="`not_found`, `not_ready`, `refused`, `unauthorised`, `out_of_credits`, …"
    )
    asked: list[str] = Field(examples=[["hunter"]], description="The providers that it is done with")
    next_try_at: datetime = Field(description="Not taken up before, while it is open")


class EnrichmentCounts(BaseModel):
    """How many entries of the queue stand at each status, and how each provider does."""

    pending: int = Field(examples=[3])
    processing: int = Field(examples=[0])
    completed: int = Field(examples=[0])
    failed: int = Field(examples=[0])
    total: int = Field(examples=[3])
    providers: list[ProviderStanding] = Field(description="Those of the workspace, the best rank first")


@router.post(
    "/api/contacts/{id}/enrich",
    status_code=202,
    summary="Queue a contact for enrichment",
    responses=problems(404, _WAITING),
)
async def enrich_contact(
    id: UUID, ctx: Ctx, body: Annotated[EnrichmentRequest, RequestBody()] = _ANY_PROVIDER
) -> EnrichmentRead:
    """Puts the contact into the queue, once at a time. Until the workspace uses a provider, it waits there.

    With the provider `manual`, `data` is written at once and the entry is `completed`.
    """
    _require_agreement(body)
    ids: dict[str, Any] = {"customer_id": ctx.customer_id, "contact_id": id, "priority": body.priority}
    if body.data is not None:
        row = await enrichment.give(ctx.session, **ids, data=body.data.model_dump(exclude_none=True), now=ctx.now)
    else:
        row = await enrichment.enqueue(ctx.session, **ids, provider=body.enrichment_provider, now=ctx.now)
    return EnrichmentRead.model_validate(row)


@router.post("/api/contacts/enrich", status_code=202, summary="Queue contacts for enrichment", responses=problems(413))
async def enrich_contacts(ctx: Ctx, body: EnrichmentsRequest) -> Queued:
    """Puts up to 10,000 contacts into the queue, each once at a time."""
    if body.enrichment_provider is EnrichmentProvider.MANUAL:
        raise _invalid("/enrichment_provider", "manual", "is given for one contact at a time, with data")
    queued = await enrichment.enqueue_all(
        ctx.session,
        customer_id=ctx.customer_id,
        contact_ids=body.contact_ids,
        provider=body.enrichment_provider,
        priority=body.priority,
        now=ctx.now,
    )
    return Queued(queued=queued)


@router.get("/api/enrichment/queue", summary="List the enrichment queue")
async def list_enrichment_queue(
    ctx: Ctx, page: PageQuery, status: EnrichmentStatus | None = None
) -> Page[EnrichmentRead]:
    """The newest first."""
    statement = enrichment.listing(customer_id=ctx.customer_id, status=status)
    keys = (ContactEnrichmentQueue.queued_at, ContactEnrichmentQueue.id)
    return Page.of(await paginate(ctx.session, statement, keys, page))


@router.get("/api/enrichment/status", summary="Count the enrichment queue")
async def read_enrichment_status(ctx: Ctx) -> EnrichmentCounts:
    """Counted from the rows at the moment of the answer."""
    counts = await enrichment.counts(ctx.session, customer_id=ctx.customer_id)
    return EnrichmentCounts(
        **{status.value: number for status, number in counts.items()},
        total=sum(counts.values()),
        providers=await standings(ctx),
    )


def _require_agreement(body: EnrichmentRequest) -> None:
    is_manual = body.enrichment_provider is EnrichmentProvider.MANUAL
    if is_manual and body.data is None:
        raise _invalid("/data", "missing", "is required for manual")
    if not is_manual and body.data is not None:
        raise _invalid("/data", "unexpected", "is for the provider manual alone")


def _invalid(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid("request.invalid", "The request has 1 wrong field.", (FieldError(pointer, code, detail),))
