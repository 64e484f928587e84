"""Bulk enrolling, until a workflow exists for each contact, over as many bare starts. No step is due for a day."""

import time
from datetime import timedelta

from benchmarks import bare
from benchmarks.figures import Figure
from benchmarks.servers import Servers, until
from demo.client import Row

NUMBER = 1000
WARM_UP = 30
_A_DAY = timedelta(days=1)
_LOOK_SECONDS = 0.02
_STEP = {"delay_days": 1, "subject_template": "Tomorrow", "body_template": "Hello {{ contact.first_name }}"}


async def measure(servers: Servers, number: int | None, repetitions: int) -> list[Figure]:
    """Ours and the bare ones in turns."""
    number = number or NUMBER
    mailbox = await servers.mailbox()
    contacts = await servers.contacts(max(number, WARM_UP))
    await _run_ours(servers, mailbox, contacts[:WARM_UP])
    await _run_bare(servers, WARM_UP)
    ours, bares = [], []
    for _ in range(repetitions):
        bares.append(await _run_bare(servers, number))
        ours.append(await _run_ours(servers, mailbox, contacts[:number]))
    return [Figure("Bulk enrolling", "contacts per s", ours, bares, "client.start_workflow")]


async def _run_ours(servers: Servers, mailbox: Row, contacts: list[str]) -> float:
    """Contacts per second, from the request until the outbox is empty."""
    sequence = await servers.sequence(mailbox, [_STEP])
    started = time.perf_counter()
    await servers.api.post(f"sequences/{sequence['id']}/bulk-enroll", {"contact_ids": contacts})
    await until(lambda: _all_told(servers), every_seconds=_LOOK_SECONDS)
    seconds = time.perf_counter() - started
    await _check_workflows(servers, sequence, len(contacts))
    return len(contacts) / seconds


async def _run_bare(servers: Servers, number: int) -> float:
    started = time.perf_counter()
    await bare.start(servers.temporal, number, delay=_A_DAY)
    return number / (time.perf_counter() - started)


async def _all_told(servers: Servers) -> bool:
    return bool(await servers.database.fetchval("SELECT NOT EXISTS (SELECT FROM outbox)"))


async def _check_workflows(servers: Servers, sequence: Row, number: int) -> None:
    """Every workflow exists; the server's index of them follows the starts with a short delay."""
    query = f"OpenDoorsSequence = '{sequence['id']}'"

    async def all_exist() -> bool:
        return (await servers.temporal.count_workflows(query)).count == number

    await until(all_exist, every_seconds=_LOOK_SECONDS)
