"""Reads of one contact per second by the HTTP API, over connections that are kept open."""

import asyncio
import time
from urllib.parse import urlsplit

from benchmarks.figures import Figure
from benchmarks.processes import cpu_seconds
from benchmarks.servers import Servers

NUMBER = 3000
CONNECTIONS = 16
WARM_UP = 200


async def measure(servers: Servers, number: int | None, repetitions: int) -> list[Figure]:
    """The rate and what a read costs the API."""
    number = max(number or NUMBER, CONNECTIONS)
    (contact,) = await servers.contacts(1)
    request = _request(servers, f"/api/contacts/{contact}")
    await _read(servers, request, WARM_UP)
    rates, costs = [], []
    for _ in range(repetitions):
        pid = servers.running.pids["api"]
        cpu_before, started = cpu_seconds(pid), time.perf_counter()
        await _read(servers, request, number)
        rates.append(number / (time.perf_counter() - started))
        costs.append(1000 * (cpu_seconds(pid) - cpu_before) / number)
    return [Figure("GET /api/contacts/{id}", "per s", rates), Figure("API CPU of a read", "ms", costs)]


def _request(servers: Servers, path: str) -> bytes:
    host = urlsplit(servers.running.api_url).netloc
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {servers.running.api_key}\r\n\r\n".encode()


async def _read(servers: Servers, request: bytes, number: int) -> None:
    """Spoken by hand: a full client takes longer for a request than the API does."""
    url = urlsplit(servers.running.api_url)
    left = iter(range(number))

    async def work() -> None:
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        for _ in left:
            writer.write(request)
            await _answer(reader)
        writer.close()
        await writer.wait_closed()

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(work())


async def _answer(reader: asyncio.StreamReader) -> None:
    status, _, headers = (await reader.readuntil(b"\r\n\r\n")).lower().partition(b"\r\n")
    if b" 200 " not in status:
        raise RuntimeError(f"the API answered {status.decode()}")
    length = headers.partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))
