"""Jobs are done here: each kind by its own handler, which commits piece by piece."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from sqlalchemy import Row
from temporalio import activity

from activities import contact_bulk, contact_imports
from activities.list_refreshing import refresh_list
from activities.resources import Resources, heartbeats
from db import jobs
from db.jobs import Cancelled
from domain.errors import OpenDoorsError
from domain.jobs import JobOrder, JobResult
from domain.vocabulary import JobKind, JobStatus

log = structlog.get_logger(__name__)

Handler = Callable[[Resources, Row[Any]], Awaitable[Mapping[str, Any]]]
"""Does a job, from its ``cursor`` on, and answers its result. Each piece is a transaction with ``jobs.advance`` in it.

What it raises of our own errors ends the job with that text; anything else is tried again."""

HANDLERS: dict[JobKind, Handler] = {
    JobKind.CONTACT_IMPORT: contact_imports.import_contacts,
    JobKind.IMPORT_UNDO: contact_imports.undo_import,
    JobKind.CONTACTS_UPDATE: contact_bulk.update,
    JobKind.CONTACTS_DELETE: contact_bulk.delete,
    JobKind.LIST_REFRESH: refresh_list,
}
"""The kinds of jobs and who does them."""

MOST_FAILURES = 10
"""In a row without a piece of work done between them; then the job has failed. They take about four minutes."""


class JobActivities:
    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @activity.defn
    async def run_job(self, order: JobOrder) -> JobResult:
        """Do the job to its end; one that has ended, or is gone, is left alone."""
        async with self._resources.sessions.begin() as session:
            job = await jobs.begin(session, order.job_id, now=self._resources.clock())
        if job is None:
            return JobResult(JobStatus.CANCELLED)
        try:
            async with heartbeats():
                result = await HANDLERS[job.kind](self._resources, job)
        except Cancelled:
            return await self._end(job, JobStatus.CANCELLED)
        except OpenDoorsError as problem:
            return await self._end(job, JobStatus.FAILED, error=str(problem))
        except Exception as problem:
            if not await self._is_hopeless(job, type(problem).__name__):
                raise
            log.exception("job.failed", job_id=str(job.id), kind=job.kind)
            return await self._end(job, JobStatus.FAILED, error=f"An internal error: {type(problem).__name__}.")
        return await self._end(job, JobStatus.COMPLETED, result=result)

    async def _is_hopeless(self, job: Row[Any], name: str) -> bool:
        """Note the failure where everybody sees it, and whether there were too many; its words may quote a row."""
        async with self._resources.sessions.begin() as session:
            failures = await jobs.note_failure(session, job.id, f"{name}; it is tried again.")
        return failures >= MOST_FAILURES

    async def _end(
        self, job: Row[Any], status: JobStatus, *, result: Mapping[str, Any] | None = None, error: str | None = None
    ) -> JobResult:
        async with self._resources.sessions.begin() as session:
            await jobs.end(session, job.id, status, now=self._resources.clock(), result=result, error=error)
        return JobResult(status)
