"""The providers of data that a workspace uses: keys come in and are never answered."""

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Response
from pydantic import Field, SecretStr, StringConstraints

from api.dependencies import Context, Ctx
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, Read, Text
from db import enrichment_answers, enrichment_providers, enrichment_queue
from db.enrichment_answers import day_of, month_of
from db.models import ProviderAccount
from db.secrets import SecretBox
from domain.enriching.enrichment import FIELDS
from domain.enriching.enrichment_providers import PROVIDERS
from domain.errors import FieldError, Invalid, NotFound
from domain.outgoing import url_problem
from domain.vocabulary import EnrichmentProvider, ProviderState

router = new_router("enrichment")

_UNKNOWN = (404, "enrichment_provider.not_found", "There is no enrichment provider with id hunter.")
_Key = Annotated[SecretStr, Field(min_length=1, max_length=500)]


class ProviderSettings(Body):
    """How a provider is used; all of it is replaced, but credentials that are left out stay."""

    credentials: dict[str, _Key] | None = Field(
        default=None,
        examples=[{"api_key": "0a1b2c3d"}],
        description="`api_key`; for zoominfo `username` and `password`. Never answered",
    )
    enabled: bool = True
    rank: int = Field(default=100, ge=0, le=1000, description="Lower is asked first and believed more")
    base_url: Annotated[Text, StringConstraints(max_length=500)] | None = Field(
        default=None, examples=["https://proxy.example.com/hunter"], description="Instead of the provider's own"
    )
    fields: list[str] | None = Field(
        default=None, examples=[["email_verified"]], description="Those that it may write; null: all that it knows"
    )
    overwrites: list[str] = Field(
        default=[], examples=[["job_title"]], description="Those in which it may replace what a person has entered"
    )
    daily_budget: int | None = Field(default=None, ge=0, examples=[500], description="In credits, by days of UTC")
    monthly_budget: int | None = Field(default=None, ge=0, examples=[5000])


class ProviderRead(Read):
    """A provider as the workspace uses it, without its credentials."""

    id: UUID
    provider: EnrichmentProvider
    enabled: bool
    rank: int = Field(examples=[100])
    base_url: str | None = Field(examples=[None])
    fields: list[str] | None = Field(examples=[None])
    overwrites: list[str] = Field(examples=[[]])
    daily_budget: int | None = Field(examples=[500])
    monthly_budget: int | None = Field(examples=[5000])
    state: ProviderState
    state_detail: str | None = Field(examples=[None])
    available_at: datetime = Field(description="Not asked before")
    created_at: datetime
    updated_at: datetime


class ProviderStanding(Read):
    """How a provider does."""

    provider: EnrichmentProvider
    enabled: bool
    state: ProviderState
    state_detail: str | None = Field(examples=[None])
    available_at: datetime = Field(description="Not asked before")
    waiting: int = Field(examples=[12], description="Open entries that it is still to be asked about")
    credits_today: int = Field(examples=[40], description="Since the day began in UTC; reserved ones included")
    credits_this_month: int = Field(examples=[900])
    daily_budget: int | None = Field(examples=[500])
    monthly_budget: int | None = Field(examples=[5000])


@router.get("/api/enrichment/providers", summary="List the enrichment providers")
async def list_enrichment_providers(ctx: Ctx) -> list[ProviderRead]:
    """Those that the workspace uses, the best rank first."""
    return [ProviderRead.model_validate(account) for account in await _accounts(ctx)]


@router.get("/api/enrichment/providers/{provider}", summary="Get an enrichment provider", responses=problems(_UNKNOWN))
async def get_enrichment_provider(provider: EnrichmentProvider, ctx: Ctx) -> ProviderRead:
    """Without its credentials."""
    account = await enrichment_providers.get(
        ctx.session, customer_id=ctx.customer_id, workspace_id=ctx.workspace_id, provider=provider
    )
    return ProviderRead.model_validate(account)


@router.put(
    "/api/enrichment/providers/{provider}",
    summary="Use an enrichment provider",
    responses=problems(_UNKNOWN, 413),
)
async def put_enrichment_provider(provider: EnrichmentProvider, body: ProviderSettings, ctx: Ctx) -> ProviderRead:
    """Replaces how it is used. It is asked from now on, also where it had refused the credentials before."""
    _require_valid(provider, body, ctx)
    keys = body.credentials
    account = await enrichment_providers.put(
        ctx.session,
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        user_id=ctx.user_id,
        provider=provider,
        credentials=None if keys is None else {name: key.get_secret_value() for name, key in keys.items()},
        fields=body.model_dump(exclude={"credentials"}),
        box=SecretBox(ctx.settings.require_secret_key()),
        now=ctx.now,
    )
    return ProviderRead.model_validate(account)


@router.delete(
    "/api/enrichment/providers/{provider}",
    status_code=204,
    summary="Stop using an enrichment provider",
    responses=problems(_UNKNOWN),
)
async def delete_enrichment_provider(provider: EnrichmentProvider, ctx: Ctx) -> Response:
    """Its credentials are forgotten; what it has told stays, and entries that name it wait."""
    ids = {"customer_id": ctx.customer_id, "workspace_id": ctx.workspace_id, "user_id": ctx.user_id}
    await enrichment_providers.remove(ctx.session, **ids, provider=provider, now=ctx.now)
    return Response(status_code=204)


async def standings(ctx: Context) -> list[ProviderStanding]:
    """How each of the workspace's providers does now."""
    waiting = await enrichment_queue.waiting(ctx.session, ctx.workspace_id)
    return [await _standing(ctx, account, waiting.get(account.provider, 0)) for account in await _accounts(ctx)]


async def _standing(ctx: Context, account: ProviderAccount, waiting: int) -> ProviderStanding:
    spent = {
        name: await enrichment_answers.credits_since(ctx.session, ctx.workspace_id, account.provider, since)
        for name, since in (("credits_today", day_of(ctx.now)), ("credits_this_month", month_of(ctx.now)))
    }
    stored = {name: getattr(account, name) for name in ProviderStanding.model_fields if hasattr(account, name)}
    return ProviderStanding(**stored, waiting=waiting, **spent)


async def _accounts(ctx: Context) -> list[ProviderAccount]:
    statement = enrichment_providers.listing(customer_id=ctx.customer_id, workspace_id=ctx.workspace_id)
    return list((await ctx.session.execute(statement)).scalars())


def _require_valid(provider: EnrichmentProvider, body: ProviderSettings, ctx: Context) -> None:
    """Raises ``NotFound`` for manual, which has no settings, and ``Invalid`` for settings that cannot be."""
    if provider not in PROVIDERS:
        raise NotFound("enrichment_provider", provider)
    wrong = [*_wrong_fields(body), *_wrong_credentials(provider, body.credentials)]
    url = body.base_url
    problem = url_problem(url, allow_private=ctx.settings.allow_private_addresses) if url else None
    if url and "?" in url:
        problem = "must not have a query: paths are put behind it"
    if problem:
        wrong.append(FieldError("/base_url", "url", problem))
    if wrong:
        raise Invalid("request.invalid", "The provider's settings are wrong.", tuple(wrong))


def _wrong_fields(body: ProviderSettings) -> list[FieldError]:
    listed: dict[str, Any] = {"fields": body.fields or [], "overwrites": body.overwrites}
    return [
        FieldError(f"/{name}/{index}", "unknown_field", "is no field that providers write")
        for name, fields in listed.items()
        for index, one in enumerate(fields)
        if one not in FIELDS
    ]


def _wrong_credentials(provider: EnrichmentProvider, given: dict[str, SecretStr] | None) -> list[FieldError]:
    needed = PROVIDERS[provider].secrets
    if given is None:
        return []
    if set(given) != set(needed):
        return [FieldError("/credentials", "credentials", f"must be {' and '.join(needed)}")]
    # It is sent as a header.
    key = given.get("api_key")
    if key is not None and not re.fullmatch(r"[\x21-\x7e]+", key.get_secret_value()):
        return [FieldError("/credentials/api_key", "credentials", "must be of visible ASCII characters without blanks")]
    return []
