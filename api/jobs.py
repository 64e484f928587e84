"""Jobs: long work that another request began, its progress, and its end."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.dependencies import Ctx
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from api.schemas import Read
from db import jobs
from db.models import Job
from domain.vocabulary import JobKind, JobStatus

router = new_router("jobs")

LOOK_SECONDS = 0.5
"""Between two looks at a job that is watched."""
QUIET_LOOKS = 30
"""Without a change; then a comment tells the connection's proxies that it lives."""
MOST_LOOKS = 1200
"""Ten minutes: a client that still listens connects again by itself, and a pod that is to stop is not held."""

_ENDED = (409, "job.ended", "This job is completed and cannot be cancelled.")
_EVENT = (
    'event: progress\ndata: {"id": "0198c0de-0000-7000-8000-000000000001", "kind": "contact_import", '
    '"status": "running", "done": 20000, "total": 200000}\n\n'
)
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events, `progress` and at last `end`, each with the job as JSON",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EVENT}},
    }
}


class JobRead(Read):
    """How far a job is, and how it ended."""

    id: UUID
    kind: JobKind
    status: JobStatus
    done: int = Field(examples=[20_000], description="How many things are done; they stay, whatever comes")
    total: int | None = Field(examples=[200_000], description="How many there are, as far as that is known yet")
    result: dict[str, Any] | None = Field(examples=[None], description="What came out, once it is completed")
    error: str | None = Field(
        examples=[None], description="Why it failed; of one that is running: what went wrong, and is tried again"
    )
    created_by: UUID | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None


@router.get("/api/jobs", summary="List jobs")
async def list_jobs(
    ctx: Ctx, page: PageQuery, kind: JobKind | None = None, status: JobStatus | None = None
) -> Page[JobRead]:
    """Newest first."""
    statement = jobs.listing(customer_id=ctx.customer_id, kind=kind, status=status)
    return Page[JobRead].of(await paginate(ctx.session, statement, (Job.created_at, Job.id), page))


@router.get("/api/jobs/{id}", summary="Get a job", responses=problems(404))
async def get_job(id: UUID, ctx: Ctx) -> JobRead:
    return JobRead.model_validate(await jobs.get(ctx.session, customer_id=ctx.customer_id, job_id=id))


@router.post("/api/jobs/{id}/cancel", summary="Cancel a job", responses=problems(404, _ENDED))
async def cancel_job(id: UUID, ctx: Ctx) -> JobRead:
    """It ends after the piece of work that it is at. What was done stays."""
    row = await jobs.cancel(ctx.session, customer_id=ctx.customer_id, job_id=id, now=ctx.now)
    return JobRead.model_validate(row)


@router.get(
    "/api/jobs/{id}/events",
    summary="Watch a job",
    # FastAPI's own class for events would have the endpoint yield them, within the request's transaction.
    response_class=StreamingResponse,
    responses=_STREAM | problems(404),
)
async def watch_job(id: UUID, ctx: Ctx, request: Request) -> StreamingResponse:
    """Tells at once how the job stands, then every change, at most two a second, until it has ended."""
    await jobs.get(ctx.session, customer_id=ctx.customer_id, job_id=id)
    # The request's transaction ends with this answer; each look has one of its own, and none is open in between.
    events = _events(request.app.state.sessions, ctx.customer_id, id)
    return StreamingResponse(
        events, media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )


async def _events(sessions: async_sessionmaker[AsyncSession], customer_id: UUID, job_id: UUID) -> AsyncIterator[bytes]:
    told, quiet = None, 0
    for _ in range(MOST_LOOKS):
        async with sessions() as session:
            job = JobRead.model_validate(await jobs.get(session, customer_id=customer_id, job_id=job_id))
        ended = job.status not in jobs.OPEN
        quiet = 0 if job != told else quiet + 1
        if not quiet:
            data = json.dumps(job.model_dump(mode="json"))
            yield format_sse_event(data_str=data, event="end" if ended else "progress")
        elif quiet % QUIET_LOOKS == 0:
            yield KEEPALIVE_COMMENT
        if ended:
            return
        told = job
        await asyncio.sleep(LOOK_SECONDS)
