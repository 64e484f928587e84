"""Jobs: long work that a request began. The row has the progress, and where the work goes on after a restart."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import outbox
from db.models import Job
from db.outbox import Topic
from domain.errors import Conflict, NotFound
from domain.vocabulary import JobKind, JobStatus

COLUMNS = tuple(Job.__table__.columns)
OPEN = frozenset({JobStatus.QUEUED, JobStatus.RUNNING})


class Cancelled(Exception):
    """Somebody asked for the job to end; what was committed so far stays."""


async def create(
    session: AsyncSession,
    *,
    customer_id: UUID,
    workspace_id: UUID,
    user_id: UUID | None,
    kind: JobKind,
    parameters: Mapping[str, Any],
    now: datetime,
    total: int | None = None,
) -> Row[Any]:
    """A new job; its workflow starts when this transaction has committed. ``parameters`` are JSON, without texts of
    contacts."""
    values = {"customer_id": customer_id, "workspace_id": workspace_id, "created_by": user_id, "kind": kind}
    made = insert(Job).values(**values, parameters=dict(parameters), total=total, created_at=now).returning(*COLUMNS)
    row = (await session.execute(made)).one()
    await outbox.put(session, customer_id=customer_id, topic=Topic.JOB_START, subject_id=row.id)
    return row


def listing(*, customer_id: UUID, kind: JobKind | None = None, status: JobStatus | None = None) -> Select[Any]:
    """The customer's jobs that fit the filters, as rows."""
    statement = select(*COLUMNS).where(Job.customer_id == customer_id)
    if kind is not None:
        statement = statement.where(Job.kind == kind)
    return statement if status is None else statement.where(Job.status == status)


async def get(session: AsyncSession, *, customer_id: UUID, job_id: UUID) -> Row[Any]:
    """The job; raises ``NotFound``."""
    row: Row[Any] | None = (
        await session.execute(listing(customer_id=customer_id).where(Job.id == job_id))
    ).one_or_none()
    if row is None:
        raise NotFound("job", job_id)
    return row


async def begin(session: AsyncSession, job_id: UUID, *, now: datetime) -> Row[Any] | None:
    """The job that an activity takes up, also again after a restart; None when it is gone or has ended."""
    statement = update(Job).where(Job.id == job_id, Job.status.in_(OPEN)).values(status=JobStatus.RUNNING)
    if (await session.execute(statement.returning(Job.id))).one_or_none() is None:
        return None
    await session.execute(update(Job).where(Job.id == job_id, Job.started_at.is_(None)).values(started_at=now))
    return (await session.execute(select(*COLUMNS).where(Job.id == job_id))).one()


async def advance(
    session: AsyncSession, job_id: UUID, *, done: int, cursor: Mapping[str, Any] | None = None, total: int | None = None
) -> None:
    """Note in the transaction of a piece of work that it is done, ``done`` things in all, and where to go on.

    Raises ``Cancelled`` when that was asked for, so that this piece is rolled back.
    """
    values: dict[str, Any] = {"done": done, "cursor": None if cursor is None else dict(cursor), "failures": 0}
    if total is not None:
        values["total"] = total
    statement = update(Job).where(Job.id == job_id).values(**values).returning(Job.cancel_requested_at)
    if (await session.execute(statement)).scalar_one() is not None:
        raise Cancelled


async def set_total(session: AsyncSession, job_id: UUID, total: int) -> None:
    """How many things there are turned out only now."""
    await session.execute(update(Job).where(Job.id == job_id).values(total=total))


async def note_failure(session: AsyncSession, job_id: UUID, error: str) -> int:
    """The handler failed for no reason of its own: how often that happened since the last piece that was done."""
    values = {"failures": Job.failures + 1, "error": error}
    return (
        await session.execute(update(Job).where(Job.id == job_id).values(**values).returning(Job.failures))
    ).scalar_one()


async def end(
    session: AsyncSession,
    job_id: UUID,
    status: JobStatus,
    *,
    now: datetime,
    result: Mapping[str, Any] | None = None,
    error: str | None = None,
) -> None:
    """The job has ended so; one that had ended before stays as it was."""
    values = {"status": status, "finished_at": now, "result": None if result is None else dict(result), "error": error}
    await session.execute(update(Job).where(Job.id == job_id, Job.status.in_(OPEN)).values(**values))


async def cancel(session: AsyncSession, *, customer_id: UUID, job_id: UUID, now: datetime) -> Row[Any]:
    """Ask for the job to end after the piece of work it is at. Raises ``NotFound``, ``Conflict`` when it has ended."""
    row = await get(session, customer_id=customer_id, job_id=job_id)
    if row.status not in OPEN:
        raise Conflict("job.ended", f"This job is {row.status} and cannot be cancelled.")
    await session.execute(update(Job).where(Job.id == job_id).values(cancel_requested_at=now))
    return await get(session, customer_id=customer_id, job_id=job_id)
