"""The API as one ASGI application."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from fastapi import FastAPI, Request
from pydantic import BaseModel, Field

from api import (
    activities,
    activity_summaries,
    audit_events,
    contact_bulk,
    contact_exports,
    contact_imports,
    contact_merges,
    contact_reads,
    contact_searches,
    contact_timelines,
    contacts,
    docs,
    email_accounts,
    enrichment,
    enrichment_providers,
    enrollments,
    explanations,
    forecasts,
    imports,
    inbound_messages,
    jobs,
    list_previews,
    lists,
    messages,
    openapi,
    problems,
    provider_events,
    sequences,
    steps,
    suppression_uploads,
    suppressions,
    tasks,
    tracking,
    unsubscribe,
    users,
    workspace,
)
from api.caches import Cache
from api.hit_recorder import HitRecorder
from api.requests_log import RequestLog
from clock import clock_of
from db import partitions
from db.engine import check_embedded, create_engine, session_factory
from settings import Settings

Clock = Callable[[], datetime]

ROUTERS = (
    # Routes are tried in this order, and these are asked far more often than all others.
    tracking.router,
    contact_reads.router,
    contact_imports.router,
    contacts.router,
    contact_searches.router,
    contact_timelines.router,
    contact_merges.router,
    contact_bulk.router,
    contact_exports.router,
    imports.upload_router,
    imports.router,
    list_previews.router,
    lists.router,
    activities.router,
    activity_summaries.router,
    enrichment.router,
    enrichment_providers.router,
    suppression_uploads.router,
    suppressions.router,
    audit_events.router,
    sequences.router,
    steps.router,
    enrollments.router,
    forecasts.router,
    explanations.router,
    jobs.router,
    tasks.router,
    messages.router,
    inbound_messages.router,
    provider_events.router,
    provider_events.public_router,
    email_accounts.router,
    workspace.router,
    users.router,
    unsubscribe.router,
    docs.router,
)
DESCRIPTION = """OpenDoors, a self-hosted engine for sales-outreach sequences. Errors are `application/problem+json`
(RFC 9457) with a stable `code`; lists are paged by `cursor`; every POST honours `Idempotency-Key`."""


class Health(BaseModel):
    """The API answers and reaches its database."""

    status: str = Field(examples=["ok"])
    warnings: list[str] = Field(
        default=[],
        exclude_if=lambda value: not value,
        examples=[["activities.default_partition_not_empty"]],
        description="What an operator should look at; left out when there is nothing",
    )


def create_app(settings: Settings, *, clock: Clock | None = None) -> FastAPI:
    """The application on the database of ``settings``; it opens its connections when it is started.

    `clock` reads the calendar, by default that of ``settings``.
    Starting raises ``ValueError`` when time is scaled on a database that is not the embedded one.
    """
    app = FastAPI(
        title="OpenDoors",
        version="0.1.0",
        description=DESCRIPTION,
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.settings = settings
    app.state.clock = clock or clock_of(settings)
    app.add_middleware(RequestLog)
    problems.install(app)
    openapi.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.get("/health", summary="Say whether the API works", tags=["health"], responses=_HEALTH_ERRORS)(health)
    return app


_STRAYING = "activities.default_partition_not_empty"


async def health(request: Request) -> Health:
    """Answers when the database does; asks no key."""
    async with request.app.state.sessions() as session:
        warnings = [_STRAYING] if await partitions.has_waiting(session) else []
    return Health(status="ok", warnings=warnings)


_HEALTH_ERRORS: dict[int | str, dict[str, Any]] = problems.problems(500, 503)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    engine = create_engine(app.state.settings)
    try:
        await check_embedded(engine, app.state.settings)
        app.state.engine = engine
        app.state.sessions = session_factory(engine)
        app.state.cache = Cache(app.state.settings)
        app.state.hits = HitRecorder(app.state.sessions, app.state.clock)
        app.state.hits.start()
        try:
            yield
        finally:
            await app.state.cache.close()
            await app.state.hits.stop()
    finally:
        await engine.dispose()
