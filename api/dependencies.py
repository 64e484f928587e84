"""What an endpoint is given: its transaction, who asks, the time and the settings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

import asyncpg
from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from db import api_keys
from db.api_keys import Caller
from db.driver import driver_of
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadContext:
    """A request with a key that only reads, by the driver: no transaction, every query by ``customer_id``."""

    connection: asyncpg.Connection
    customer_id: UUID
    now: datetime


async def public_context(request: Request) -> PublicContext:
    """The context of a route that asks no key."""
    return cast(PublicContext, request.state.context)


async def context(request: Request) -> Context:
    """The context that the route made when it checked the key. Raises ``Unauthorized`` on a route without keys."""
    if not isinstance(request.state.context, Context):
        raise Unauthorized("key.missing", "Send an API key: Authorization: Bearer od_…")
    return request.state.context


async def read_context(request: Request) -> ReadContext:
    """The context of a route of ``new_read_router``."""
    return cast(ReadContext, request.state.context)


# Coroutines, although they wait for nothing: plain functions would each be run in a thread.
Ctx = Annotated[Context, Depends(context)]
PublicCtx = Annotated[PublicContext, Depends(public_context)]
ReadCtx = Annotated[ReadContext, Depends(read_context)]


def open_context(request: Request, session: AsyncSession) -> PublicContext:
    """The context of one try of a request, without who asks."""
    settings: Settings = request.app.state.settings
    now: datetime = request.app.state.clock()
    return PublicContext(session=session, now=now, settings=settings)


async def authenticate(request: Request, public: PublicContext) -> Context:
    """Who asks, by ``Authorization: Bearer od_…`` (RFC 6750). Raises ``Unauthorized``."""
    key = _key(request)
    async with driver_of(public.session) as connection:
        caller = await _caller(connection, key, public.now)
    return Context(
        session=public.session,
        now=public.now,
        settings=public.settings,
        customer_id=caller.customer_id,
        workspace_id=caller.workspace_id,
        user_id=caller.user_id,
    )


async def authenticate_read(request: Request, connection: asyncpg.Connection) -> ReadContext:
    """``authenticate`` for a request that reads by the driver."""
    now: datetime = request.app.state.clock()
    caller = await _caller(connection, _key(request), now)
    return ReadContext(connection=connection, customer_id=caller.customer_id, now=now)


def _key(request: Request) -> str:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise Unauthorized("key.missing", "Send an API key: Authorization: Bearer od_…")
    return key.strip()


async def _caller(connection: asyncpg.Connection, key: str, now: datetime) -> Caller:
    caller = await api_keys.find(connection, key, now=now)
    if caller is None:
        raise Unauthorized("key.unknown", "The API key is unknown or revoked.")
    return caller
