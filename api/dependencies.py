"""What an endpoint is given: its transaction, who asks, the time and the settings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from db import api_keys
from domain.errors import Unauthorized
from settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicContext:
    """A request without a key. ``session`` is committed after the endpoint; ``now`` is the calendar's, in UTC."""

    session: AsyncSession
    now: datetime
    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Context(PublicContext):
    """A request with a key: every query of the endpoint is by ``customer_id``."""

    customer_id: UUID
    workspace_id: UUID
    user_id: UUID


def public_context(request: Request) -> PublicContext:
    """The context of a route that asks no key."""
    return cast(PublicContext, request.state.context)


def context(request: Request) -> Context:
    """The context that the route made when it checked the key. Raises ``Unauthorized`` on a route without keys."""
    if not isinstance(request.state.context, Context):
        raise Unauthorized("key.missing", "Send an API key: Authorization: Bearer od_…")
    return request.state.context


Ctx = Annotated[Context, Depends(context)]
PublicCtx = Annotated[PublicContext, Depends(public_context)]


def open_context(request: Request, session: AsyncSession) -> PublicContext:
    """The context of one try of a request, without who asks."""
    settings: Settings = request.app.state.settings
    now: datetime = request.app.state.clock()
    return PublicContext(session=session, now=now, settings=settings)


async def authenticate(request: Request, public: PublicContext) -> Context:
    """Who asks, by ``Authorization: Bearer od_…`` (RFC 6750). Raises ``Unauthorized``."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthorized("key.missing", "Send an API key: Authorization: Bearer od_…")
    caller = await api_keys.find(public.session, key.strip(), now=public.now)
    if caller is None:
        raise Unauthorized("key.unknown", "The API key is unknown or revoked.")
    return Context(
        session=public.session,
        now=public.now,
        settings=public.settings,
        customer_id=caller.customer_id,
        workspace_id=caller.workspace_id,
        user_id=caller.user_id,
    )
