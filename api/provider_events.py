"""Webhooks of email providers: where they post to, and what they have reported."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from pydantic import BaseModel, Field

from api.dependencies import Ctx, PublicCtx
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from api.schemas import Read
from db import provider_events
from db.models import ProviderEvent
from domain import tokens
from domain.errors import Invalid, NotFound
from domain.tracking.provider_events import EventKind
from domain.tracking.provider_webhooks import PROVIDERS, UnreadableEvents, read

PURPOSE = "provider-events"
"""What the tokens in webhook addresses are signed for; they carry the id of the workspace."""

router = new_router("provider events")
public_router = new_router("provider events", public=True)

Provider = StrEnum("Provider", {name.replace("-", "_").upper(): name for name in PROVIDERS})  # type: ignore[misc]


class ProviderEventRead(Read):
    """What a provider reported of a send."""

    id: UUID
    provider: str = Field(examples=["sendgrid"])
    external_id: str = Field(description="The provider's id of it", examples=["bG9uZ2V2ZW50aWQ="])
    event_type: EventKind
    occurred_at: datetime
    received_at: datetime
    email_message_id: UUID | None = Field(description="The send, where one was found")
    payload: dict[str, Any] = Field(description="As it came", examples=[{"event": "delivered"}])


class Webhook(BaseModel):
    """The address to which one provider posts the events of this workspace's mail."""

    provider: str = Field(examples=["sendgrid"])
    url: str = Field(examples=["https://outreach.example.com/hooks/sendgrid/eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4"])


class Webhooks(BaseModel):
    """An address for each provider that is known."""

    data: list[Webhook]


@router.get("/api/provider-webhooks", summary="List the addresses for webhooks of email providers")
async def list_provider_webhooks(ctx: Ctx) -> Webhooks:
    """Enter one at your provider. Whoever has the address can report events of this workspace: keep it."""
    token = tokens.sign(ctx.settings.require_secret_key(), PURPOSE, ctx.workspace_id)
    url = ctx.settings.public_url
    return Webhooks(data=[Webhook(provider=name, url=f"{url}/hooks/{name}/{token}") for name in PROVIDERS])


@router.get("/api/provider-events", summary="List what email providers reported")
async def list_provider_events(
    ctx: Ctx,
    page: PageQuery,
    provider: Provider | None = None,
    event_type: EventKind | None = None,
    email_message_id: UUID | None = None,
) -> Page[ProviderEventRead]:
    """The newest first."""
    statement = provider_events.listing(
        customer_id=ctx.customer_id, provider=provider, event_type=event_type, email_message_id=email_message_id
    )
    return Page.of(await paginate(ctx.session, statement, (ProviderEvent.received_at, ProviderEvent.id), page))


@public_router.post(
    "/hooks/{provider}/{token}",
    status_code=204,
    summary="Take events of an email provider",
    responses=problems(404),
)
async def take_provider_events(provider: Provider, token: str, request: Request, public: PublicCtx) -> Response:
    """The body is as the provider sends it; each event counts once, however often it is posted.

    For providers that are not listed, `opendoors` takes the form that all others are read into:
    `{"events": [{"id": "1", "event": "bounced", "occurred_at": "2026-11-23T09:00:00Z", "recipient": "bob@x.example",
    "message_id": "<…>", "reason": "550 5.1.1 no such user"}]}`, where `event` is `delivered`, `deferred`, `bounced`,
    `complained`, `unsubscribed`, `opened` or `clicked`.
    """
    try:
        workspace_id = tokens.verify(public.settings.require_secret_key(), PURPOSE, token)
        events = read(provider, await request.body())
    except tokens.BadToken:
        raise NotFound("webhook", token) from None
    except UnreadableEvents as error:
        raise Invalid("provider_events.unreadable", str(error)) from None
    for event in events:
        await provider_events.record(public.session, workspace_id, provider, event, public.now)
        # Each by itself: the next one locks other rows, and what was recorded is not recorded twice.
        await public.session.commit()
    return Response(status_code=204)
