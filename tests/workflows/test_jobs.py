"""Jobs: what fails is tried again, but not for ever in silence; what was cancelled ends."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row

from activities import jobs as job_activities
from activities.resources import Resources
from db import jobs
from domain.errors import Invalid
from domain.vocabulary import JobKind, JobStatus
from tests.workflows.conftest import PATIENCE_SECONDS, World


async def new_job(world: World) -> UUID:
    async with world.sessions.begin() as session:
        row = await jobs.create(
            session,
            customer_id=world.tenant.customer_id,
            workspace_id=world.tenant.workspace_id,
            user_id=world.tenant.user_id,
            kind=JobKind.LIST_REFRESH,
            parameters={},
            now=world.resources.clock(),
        )
    await world.settle()
    return UUID(str(row.id))


async def find(world: World, id: UUID) -> Row[Any]:
    async with world.sessions() as session:
        return await jobs.get(session, customer_id=world.tenant.customer_id, job_id=id)


async def ended(world: World, id: UUID) -> Row[Any]:
    """The job once it has ended."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while (job := await find(world, id)).status in jobs.OPEN:
            await asyncio.sleep(0.05)
    return job


class Pieces:
    """A handler of three pieces, which fails at the second as often as it is told."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.failures = failures
        self.error = error
        self.done: list[int] = []

    async def __call__(self, resources: Resources, job: Row[Any]) -> Mapping[str, Any]:
        for piece in range(job.done + 1, 4):
            if piece == 2 and self.failures:
                self.failures -= 1
                raise self.error
            async with resources.sessions.begin() as session:
                await jobs.advance(session, job.id, done=piece, cursor={"piece": piece}, total=3)
            self.done.append(piece)
        return {"pieces": 3}


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a handler in the place of one."""
    return lambda handler: monkeypatch.setitem(job_activities.HANDLERS, JobKind.LIST_REFRESH, handler)


async def test_a_handler_that_failed_goes_on_where_it_was(world: World, handle: Any) -> None:
    handler = Pieces(1, OSError("out of luck"))
    handle(handler)
    async with world.working():
        job = await ended(world, await new_job(world))
    assert (job.status, job.result, job.error) == (JobStatus.COMPLETED, {"pieces": 3}, None)
    assert handler.done == [1, 2, 3]
    assert job.failures == 0


async def test_one_that_fails_again_and_again_ends_and_says_what_went_wrong_but_not_in_its_words(
    world: World, handle: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_activities, "MOST_FAILURES", 2)
    handler = Pieces(99, OSError("bob@example.com"))
    handle(handler)
    async with world.working():
        job = await ended(world, await new_job(world))
    assert (job.status, job.error, job.done) == (JobStatus.FAILED, "An internal error: OSError.", 1)
    assert handler.done == [1]


async def test_an_error_of_our_own_ends_the_job_with_its_words(world: World, handle: Any) -> None:
    handle(Pieces(1, Invalid("csv.empty", "The file is empty.")))
    async with world.working():
        job = await ended(world, await new_job(world))
    assert (job.status, job.error, job.failures) == (JobStatus.FAILED, "The file is empty.", 0)


async def test_a_job_that_was_cancelled_ends_before_its_next_piece(world: World, handle: Any) -> None:
    handle(Pieces(0, OSError()))
    id = await new_job(world)
    async with world.sessions.begin() as session:
        now = world.resources.clock()
        await jobs.cancel(session, customer_id=world.tenant.customer_id, job_id=id, now=now)
    async with world.working():
        job = await ended(world, id)
    assert (job.status, job.done) == (JobStatus.CANCELLED, 0)
