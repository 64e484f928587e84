"""The 99th percentile of opens and clicks under load, over endpoints that record nothing.

Every connection asks again as soon as it is answered. All hits are in the database before the next repetition: what
is recorded late is not for free. A token that was forged gets the same picture and is not recorded.
"""

import asyncio
import itertools
import time
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from benchmarks import bare_http
from benchmarks.figures import Figure
from benchmarks.servers import Servers, until
from domain.tracking.tracking import click_url, open_url

NUMBER = 10_000
CONNECTIONS = 16
SENDS = 1000
WARM_UP = 500
_AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130 Safari/537.36"
_LOOK_SECONDS = 0.1
_RECORDED = "SELECT count(*) FROM contact_activities WHERE metadata ? 'method'"
_LINK = """INSERT INTO tracked_links (customer_id, url, url_hash)
  SELECT customer_id, 'https://x.example/', sha256('https://x.example/') FROM contacts LIMIT 1 RETURNING id"""
_MESSAGE = """INSERT INTO email_messages
  (id, customer_id, workspace_id, contact_id, email_account_id, status, message_id, to_address, claim_token, claimed_at,
   sent_at)
  SELECT one.id, contact.customer_id, contact.workspace_id, contact.id, $3, 'sent', '<' || one.id || '@sender.example>',
         contact.email, one.id, now() - interval '1 day', now() - interval '1 day'
  FROM unnest($1::uuid[], $2::uuid[]) AS one (id, contact_id) JOIN contacts AS contact ON contact.id = one.contact_id"""


async def measure(servers: Servers, number: int | None, repetitions: int) -> list[Figure]:
    """Ours and the bare ones in turns."""
    number = max(number or NUMBER, CONNECTIONS)
    key = (servers.logs.parent / "secret.key").read_text().strip()
    sends = await _sends(servers)
    link = await servers.database.fetchval(_LINK)
    opens = [open_url("", key, id) for id in sends]
    clicks = [click_url("", key, id, link) for id in sends]
    forged = [open_url("", "a key of nobody", id) for id in sends]
    nothing = [pixel.replace("/t/o/", "/nothing/") for pixel in opens]
    api = urlsplit(servers.running.api_url)
    here = (api.hostname or "", api.port or 0)
    measured: dict[str, list[tuple[float, float]]] = {"bare": [], "forged": [], "opens": [], "clicks": []}
    async with bare_http.server(servers.logs, servers.running.database_url) as there:
        for repetition in range(repetitions + 1):
            count = number if repetition else WARM_UP
            once = {
                "bare": await _load(there, nothing, count),
                "forged": await _load(here, forged, count),
                "opens": await _all_recorded(servers, here, opens, count),
                "clicks": await _all_recorded(servers, here, clicks, count),
            }
            for name, (rate, p99) in once.items() if repetition else ():
                measured[name].append((rate, p99))
    return list(_figures(measured))


def _figures(measured: Mapping[str, Sequence[tuple[float, float]]]) -> Iterator[Figure]:
    rates = {name: [rate for rate, _ in each] for name, each in measured.items()}
    p99s = {name: [p99 for _, p99 in each] for name, each in measured.items()}
    for name, ours in (("Open of an email", "opens"), ("Click in an email", "clicks")):
        for baseline, bare in (("an open not recorded", "forged"), ("FastAPI alone", "bare")):
            yield Figure(f"{name}, p99", "ms", p99s[ours], p99s[bare], baseline)
    yield Figure("Opens", "per s", rates["opens"], rates["bare"], "FastAPI alone")


async def _sends(servers: Servers) -> list[UUID]:
    """Sends of yesterday, each to a contact of its own."""
    mailbox = await servers.mailbox()
    contacts = [UUID(id) for id in await servers.contacts(SENDS)]
    ids = [uuid4() for _ in contacts]
    await servers.database.execute(_MESSAGE, ids, contacts, UUID(mailbox["id"]))
    return ids


async def _all_recorded(
    servers: Servers, address: tuple[str, int], paths: list[str], number: int
) -> tuple[float, float]:
    before = await servers.database.fetchval(_RECORDED)
    measured = await _load(address, paths, number)

    async def recorded() -> bool:
        return bool(await servers.database.fetchval(_RECORDED) >= before + number)

    await until(recorded, every_seconds=_LOOK_SECONDS)
    return measured


async def _load(address: tuple[str, int], paths: list[str], number: int) -> tuple[float, float]:
    """Requests per second, and the milliseconds in which 99 of 100 were answered."""
    requests: Iterator[bytes] = itertools.islice(itertools.cycle(_request(path) for path in paths), number)
    took: list[float] = []

    async def work() -> None:
        reader, writer = await asyncio.open_connection(*address)
        for request in requests:
            began = time.perf_counter()
            writer.write(request)
            await _answer(reader)
            took.append(time.perf_counter() - began)
        writer.close()
        await writer.wait_closed()

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(work())
    seconds = time.perf_counter() - started
    return number / seconds, 1000 * sorted(took)[int(len(took) * 0.99)]


def _request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {_AGENT}\r\n\r\n".encode()


async def _answer(reader: asyncio.StreamReader) -> None:
    status, _, headers = (await reader.readuntil(b"\r\n\r\n")).lower().partition(b"\r\n")
    if b" 200 " not in status and b" 302 " not in status:
        raise RuntimeError(f"the server answered {status.decode()}")
    length = headers.partition(b"content-length:")[2].partition(b"\r\n")[0]
    await reader.readexactly(int(length))
