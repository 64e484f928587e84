"""Reads of contacts per second by the HTTP API, one and by page, over the same JSON written by hand.

Connections are kept open. The hand-written endpoints ask for no key.
"""

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks import bare_http
from benchmarks.figures import Figure
from benchmarks.processes import cpu_seconds
from benchmarks.servers import Servers

NUMBER = 3000
CONNECTIONS = 16
WARM_UP = 200
CONTACTS = 1000
PAGE = 50
_PAGES_OF = 10
"""Pages cost about as much as this many single reads."""


@dataclass(frozen=True, slots=True)
class Target:
    """A path of one of the two servers."""

    host: str
    port: int
    path: str
    key: str = ""

    @property
    def request(self) -> bytes:
        authorization = f"Authorization: Bearer {self.key}\r\n" if self.key else ""
        return f"GET {self.path} HTTP/1.1\r\nHost: {self.host}\r\n{authorization}\r\n".encode()


async def measure(servers: Servers, number: int | None, repetitions: int) -> list[Figure]:
    """Ours and those by hand in turns, and what a read costs the API."""
    number = max(number or NUMBER, CONNECTIONS * _PAGES_OF)
    contact, *_ = await servers.contacts(CONTACTS)
    await servers.database.execute("ANALYZE contacts")
    url, key = urlsplit(servers.running.api_url), servers.running.api_key
    here = (url.hostname or "", url.port or 0)
    figures = []
    async with bare_http.server(servers.logs, servers.running.database_url) as there:
        for name, path, count in (
            ("GET /api/contacts/{id}", f"/contacts/{contact}", number),
            (f"GET /api/contacts?limit={PAGE}", f"/contacts?limit={PAGE}", number // _PAGES_OF),
        ):
            ours, bare = Target(*here, f"/api{path}", key), Target(*there, path)
            figures += await _compare(servers, name, ours, bare, count, repetitions)
    return figures


async def _compare(
    servers: Servers, name: str, ours: Target, bare: Target, number: int, repetitions: int
) -> list[Figure]:
    for target in (ours, bare):
        await read(target, WARM_UP)
    pid = servers.running.pids["api"]
    our_rates, bare_rates, costs = [], [], []
    for _ in range(repetitions):
        cpu_before = cpu_seconds(pid)
        our_rates.append(number / await read(ours, number))
        costs.append(1000 * (cpu_seconds(pid) - cpu_before) / number)
        bare_rates.append(number / await read(bare, number))
    return [
        Figure(name, "per s", our_rates, bare_rates, "by hand, without a key"),
        Figure(f"API CPU of {name}", "ms", costs),
    ]


async def read(target: Target, number: int, connections: int = CONNECTIONS) -> float:
    """How many seconds the reads take. Spoken by hand: a full client takes longer for one than the API does."""
    left, request = iter(range(number)), target.request

    async def work() -> None:
        reader, writer = await asyncio.open_connection(target.host, target.port)
        for _ in left:
            writer.write(request)
            await _answer(reader)
        writer.close()
        await writer.wait_closed()

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(connections):
            group.create_task(work())
    return time.perf_counter() - started


async def _answer(reader: asyncio.StreamReader) -> None:
    status, _, headers = (await reader.readuntil(b"\r\n\r\n")).lower().partition(b"\r\n")
    if b" 200 " not in status:
        raise RuntimeError(f"the server answered {status.decode()}")
    length = headers.partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))
