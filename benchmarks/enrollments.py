"""Enrollments of three emails per second, and what an email costs the worker, over a bare workflow of three activities.

Both are timed from the moment before the first start to the close of the last workflow, as Temporal notes it.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from benchmarks import bare
from benchmarks.figures import Figure
from benchmarks.processes import cpu_seconds
from benchmarks.servers import Servers, until
from demo.client import Row

NUMBER = 300
WARM_UP = 30
_LOOK_SECONDS = 0.2
_STEPS = (
    {
        "subject_template": "{{ contact.company_name }} and outreach",
        "body_template": "Hello {{ contact.first_name }},\n\nmay I show you how {{ contact.company_name }} could write "
        "to its prospects in half the time?\n\n{{ sender.name }}",
    },
    {"body_template": "Hello {{ contact.first_name }},\n\ndid you see my last mail?\n\n{{ sender.name }}"},
    {"body_template": "Hello {{ contact.first_name }},\n\nthis is my last one.\n\n{{ sender.name }}"},
)
EMAILS = len(_STEPS)


@dataclass(frozen=True, slots=True)
class Run:
    """Enrollments per second, and milliseconds of the worker's CPU for each of their emails or activities."""

    per_second: float
    cpu_ms: float


async def measure(servers: Servers, number: int | None, repetitions: int) -> list[Figure]:
    """Ours and the bare ones in turns."""
    number = number or NUMBER
    mailbox = await servers.mailbox()
    contacts = await servers.contacts(max(number, WARM_UP))
    async with bare.worker(servers.running.temporal_address, servers.logs) as pid:
        await _run_bare(servers, pid, WARM_UP)
        await _run_ours(servers, mailbox, contacts[:WARM_UP])
        bares, ours = [], []
        for _ in range(repetitions):
            bares.append(await _run_bare(servers, pid, number))
            ours.append(await _run_ours(servers, mailbox, contacts[:number]))
    name, baseline = f"Enrollments of {EMAILS} emails", f"workflow of {bare.ACTIVITIES} no-op activities"
    rates = Figure(name, "per s", [one.per_second for one in ours], [one.per_second for one in bares], baseline)
    costs = [one.cpu_ms for one in ours], [one.cpu_ms for one in bares]
    return [rates, Figure("Worker CPU of an email", "ms", *costs, "no-op activity")]


async def _run_ours(servers: Servers, mailbox: Row, contacts: list[str]) -> Run:
    sequence = await servers.sequence(mailbox, _STEPS)

    async def enroll() -> None:
        await servers.api.post(f"sequences/{sequence['id']}/bulk-enroll", {"contact_ids": contacts})

    ours = f"OpenDoorsSequence = '{sequence['id']}'"
    run = await _timed(servers, servers.running.pids["worker"], len(contacts), ours, enroll)
    sent = await servers.database.fetchval("SELECT total_sent FROM sequences WHERE id = $1", sequence["id"])
    if sent != EMAILS * len(contacts):
        raise RuntimeError(f"{sent} emails were sent instead of {EMAILS * len(contacts)}: the figure would be wrong")
    return run


async def _run_bare(servers: Servers, pid: int, number: int) -> Run:
    query = "WorkflowType = 'BareWorkflow'"
    return await _timed(servers, pid, number, query, lambda: bare.start(servers.temporal, number))


async def _timed(servers: Servers, pid: int, number: int, query: str, start: Callable[[], Awaitable[None]]) -> Run:
    closed = f"{query} AND ExecutionStatus = 'Completed'"
    expected = (await servers.temporal.count_workflows(closed)).count + number

    async def all_closed() -> bool:
        if (await servers.temporal.count_workflows(closed)).count < expected:
            return False
        # A workflow that the reconciler started again counts twice among those that are closed.
        return not (await servers.temporal.count_workflows(f"{query} AND ExecutionStatus = 'Running'")).count

    cpu_before, started = cpu_seconds(pid), time.time()
    await start()
    await until(all_closed, every_seconds=_LOOK_SECONDS)
    seconds = await _last_close(servers, closed) - started
    return Run(number / seconds, 1000 * (cpu_seconds(pid) - cpu_before) / (number * EMAILS))


async def _last_close(servers: Servers, closed: str) -> float:
    """Seconds since the epoch; the server lists what closed last first."""
    async for one in servers.temporal.list_workflows(closed, limit=1):
        assert one.close_time is not None
        return one.close_time.timestamp()
    raise RuntimeError("no workflow has closed")
