"""The baseline: a workflow of three activities that do nothing, and its worker with the settings of ours.

``python -m benchmarks.bare ADDRESS`` is the worker.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from embedded.processes import Child
from settings import Settings

QUEUE = "bare"
IN_FLIGHT = 64
"""As many starts at once as the relay of the outbox has under way."""
ACTIVITIES = 3
_ROOT = Path(__file__).resolve().parents[1]


@activity.defn
async def nothing() -> None:
    """Does nothing."""


@workflow.defn
class BareWorkflow:
    """Three regular activities, one after the other."""

    @workflow.run
    async def run(self) -> None:
        for _ in range(ACTIVITIES):
            await workflow.execute_activity(nothing, start_to_close_timeout=timedelta(minutes=1))


async def start(client: Client, number: int, *, delay: timedelta | None = None) -> None:
    """Start ``number`` bare workflows, each after ``delay``."""

    async def start_one() -> None:
        await client.start_workflow(BareWorkflow.run, id=f"bare-{uuid4()}", task_queue=QUEUE, start_delay=delay)

    await at_once(IN_FLIGHT, [start_one] * number)


async def at_once(limit: int, calls: Sequence[Callable[[], Awaitable[Any]]]) -> None:
    """Make all the calls, ``limit`` of them at a time."""
    waiting = iter(calls)

    async def work() -> None:
        for call in waiting:
            await call()

    async with asyncio.TaskGroup() as group:
        for _ in range(limit):
            group.create_task(work())


@asynccontextmanager
async def worker(address: str, logs: Path) -> AsyncIterator[int]:
    """A worker of the bare workflow in a process of its own; its process id."""
    child = Child.spawn(
        "bare worker",
        [sys.executable, "-m", "benchmarks.bare", address],
        log=logs / "bare.log",
        cwd=_ROOT,
    )
    try:
        yield child.pid
    finally:
        await child.end()


async def _work(address: str) -> None:
    settings = Settings()
    client = await Client.connect(address)
    await Worker(
        client,
        task_queue=QUEUE,
        workflows=[BareWorkflow],
        activities=[nothing],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_cached_workflows=settings.worker_cached_workflows,
        max_concurrent_activities=settings.worker_activity_slots,
    ).run()


if __name__ == "__main__":
    asyncio.run(_work(sys.argv[1]))
