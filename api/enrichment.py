"""Enrichment of contacts by data providers: the queue of those that wait for it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Body as RequestBody
from pydantic import BaseModel, Field, StringConstraints

from api.dependencies import Ctx
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, Read, Text
from db import enrichment
from domain.vocabulary import EnrichmentStatus

router = new_router("enrichment")

_WAITING = (409, "enrichment.waiting", "An enrichment of this contact is pending already.")


class EnrichmentRequest(Body):
    """Which provider is to be asked, and how soon."""

    enrichment_provider: Annotated[Text, StringConstraints(max_length=100)] | None = Field(
        default=None, examples=["hunter"], description="Any that fits when it is left out"
    )
    priority: int = Field(default=1, ge=1, le=10, description="Higher goes first")


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


class EnrichmentCounts(BaseModel):
    """How many entries of the queue stand at each status."""

    pending: int = Field(examples=[3])
    processing: int = Field(examples=[0])
    completed: int = Field(examples=[0])
    failed: int = Field(examples=[0])
    total: int = Field(examples=[3])


@router.post(
    "/api/contacts/{id}/enrich",
    status_code=202,
    summary="Queue a contact for enrichment",
    responses=problems(404, _WAITING),
)
async def enrich_contact(
    id: UUID, ctx: Ctx, body: Annotated[EnrichmentRequest, RequestBody()] = _ANY_PROVIDER
) -> EnrichmentRead:
    """Puts the contact into the queue, once at a time.

    No provider is connected in this version: entries stay `pending` until one is, and no data is made up.
    """
    row = await enrichment.enqueue(
        ctx.session,
        customer_id=ctx.customer_id,
        contact_id=id,
        provider=body.enrichment_provider,
        priority=body.priority,
        now=ctx.now,
    )
    return EnrichmentRead.model_validate(row)


@router.get("/api/enrichment/status", summary="Count the enrichment queue")
async def read_enrichment_status(ctx: Ctx) -> EnrichmentCounts:
    """Counted from the rows at the moment of the answer."""
    counts = await enrichment.counts(ctx.session, customer_id=ctx.customer_id)
    return EnrichmentCounts(**{status.value: number for status, number in counts.items()}, total=sum(counts.values()))
