"""Jobs are done here: each kind by its own handler, which commits piece by piece."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy import Row
from temporalio import activity

from activities.resources import Resources, heartbeats
from db import jobs
from db.jobs import Cancelled
from domain.errors import OpenDoorsError
from domain.jobs import JobOrder, JobResult
from domain.vocabulary import JobKind, JobStatus

Handler = Callable[[Resources, Row[Any]], Awaitable[Mapping[str, Any]]]
"""Does a job, from its ``cursor`` on, and answers its result. Each piece is a transaction with ``jobs.advance`` in it.

What it raises of our own errors ends the job with that text; anything else is tried again."""

HANDLERS: dict[JobKind, Handler] = {}
"""The kinds of jobs and who does them."""


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
        result: Mapping[str, Any] | None = None
        error: str | None = None
        try:
            async with heartbeats():
                result = await HANDLERS[job.kind](self._resources, job)
            status = JobStatus.COMPLETED
        except Cancelled:
            status = JobStatus.CANCELLED
        except OpenDoorsError as problem:
            status, error = JobStatus.FAILED, str(problem)
        async with self._resources.sessions.begin() as session:
            now = self._resources.clock()
            await jobs.end(session, job.id, status, now=now, result=result, error=error)
        return JobResult(status)
