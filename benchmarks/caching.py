"""What caching saves: each call with its answer kept, over the same call without a cache, in turns.

What is kept may be used only after Postgres has said that it is still true. Summaries of activities are kept by the
product. Contacts, lists and members of lists are not: the versions that are tried here, the cheapest that there are
(where a row stands and which transaction wrote it), are what a sound cache of them would have to ask for at least. The
API's own code makes the answer. The request around it costs the same with a cache and without, so that, were an answer
kept, the whole request would take as much less as the call does.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from pydantic import SecretStr
from pydantic_core import to_json
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from api import activity_counts
from api.caches import Cache
from api.contact_orders import order_of
from api.contact_reads import contact_page
from api.lists import ListRead
from api.pagination import Page, PageOptions, paginate
from api.sorting import paginate_by
from benchmarks.figures import Figure
from benchmarks.reads import Target, read
from benchmarks.servers import Servers
from db import activity_summaries, contact_reads, contacts, lists
from db.activity_summaries import Question
from db.driver import driver_connection
from db.engine import create_engine, session_factory
from db.models import ContactList
from domain.scheduling.zones import UTC
from domain.tracking.intervals import Interval, edges
from settings import Settings

NUMBER = 100_000
DAYS = 30
TYPES = 5
CONTACTS = 1000
LISTS = 100
READS = 100
LIMIT = 50
_PAGE = PageOptions(limit=LIMIT, cursor=None, count=False)
_MANY = 100_000

_ROLLUPS = """INSERT INTO activity_rollups_by_step (customer_id, quarter_hour, activity_type, sequence_id, number)
  SELECT $1, at, type, CAST(md5(CAST(sequence AS text)) AS uuid), 3
  FROM generate_series(CAST($2 AS timestamptz), $3, '15 minutes') AS at,
       unnest((enum_range(NULL::activity_type_enum))[1:$4]) AS type, generate_series(1, $5) AS sequence"""
_VERSIONS = """INSERT INTO activity_rollup_versions (customer_id, day)
  SELECT $1, date_trunc('day', at, 'UTC') FROM generate_series($2::timestamptz, $3, '1 day') AS at"""
_HERE = "md5(string_agg(CAST(xmin AS text) || CAST(ctid AS text), ' '))"
_CONTACT = "SELECT CAST(xmin AS text) || CAST(ctid AS text) FROM contacts WHERE id = $1 AND customer_id = $2"
_LISTS = text(
    f"""SELECT {_HERE} FROM (
      SELECT xmin, ctid FROM contact_lists WHERE customer_id = :customer_id ORDER BY created_at DESC, id DESC
      LIMIT {LIMIT + 1}) AS page"""
)
_MEMBERS = text(
    f"""SELECT {_HERE} FROM (
      SELECT xmin, ctid FROM contacts WHERE customer_id = :customer_id AND EXISTS (
        SELECT FROM contact_list_memberships AS member
        WHERE member.contact_id = contacts.id AND member.list_id = :list_id AND member.customer_id = :customer_id)
      ORDER BY created_at DESC, id DESC LIMIT {LIMIT + 1}) AS page"""
)

Call = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class _Scene:
    """The database as the API sees it, and what is asked of it."""

    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    settings: Settings
    customer_id: UUID
    contact_id: UUID
    list_id: UUID
    question: Question
    now: datetime


@dataclass(frozen=True, slots=True)
class _Trial:
    """A call with a cache, the same without one, and the path of the request that makes it, if one does."""

    name: str
    cached: Callable[[Cache], Awaitable[Any]]
    uncached: Call
    path: str = ""


async def measure(servers: Servers, number: int | None, repetitions: int) -> list[Figure]:
    """Milliseconds of each call, kept and not kept yet, and of requests, as they are and were their answer kept."""
    settings = Settings(database_url=SecretStr(servers.running.database_url))
    engine = create_engine(settings)
    try:
        scene = await _arrange(servers, settings, engine, number or NUMBER)
        return [figure for trial in _trials(scene) for figure in await _try(servers, scene, trial, repetitions)]
    finally:
        await engine.dispose()


async def _try(servers: Servers, scene: _Scene, trial: _Trial, repetitions: int) -> list[Figure]:
    cache = Cache(scene.settings)
    await _require_same(trial, cache)
    kept, missed, computed, requested = [], [], [], []
    for _ in range(repetitions):
        kept.append(await _milliseconds(lambda: trial.cached(cache)))
        computed.append(await _milliseconds(trial.uncached))
        missed.append(await _milliseconds(lambda: trial.cached(Cache(scene.settings))))
        if trial.path:
            requested.append(await _request(servers, trial.path))
    figures = [
        Figure(trial.name, "ms", kept, computed, "uncached"),
        Figure(f"{trial.name}, nothing kept yet", "ms", missed, computed, "uncached"),
    ]
    if requested:
        saved = [whole - more + less for whole, more, less in zip(requested, computed, kept, strict=True)]
        figures.append(Figure(f"{trial.name}, the whole request", "ms", saved, requested, "as it is"))
    return figures


async def _request(servers: Servers, path: str) -> float:
    url = urlsplit(servers.running.api_url)
    target = Target(url.hostname or "", url.port or 0, path, servers.running.api_key)
    return 1000 * await read(target, READS, connections=1) / READS


async def _arrange(servers: Servers, settings: Settings, engine: AsyncEngine, number: int) -> _Scene:
    people = await servers.contacts(CONTACTS)
    made = [await servers.api.post("lists", {"name": f"List {place}"}) for place in range(LISTS)]
    await servers.api.post(f"lists/{made[0]['id']}/contacts", {"contact_ids": people})
    customer_id = await servers.database.fetchval("SELECT customer_id FROM contacts WHERE id = $1", UUID(people[0]))
    now, somebody = await servers.database.fetchval("SELECT now()"), uuid4()
    since = now - timedelta(days=DAYS)
    quarter = since.replace(minute=0, second=0, microsecond=0)
    sequences = max(number // (DAYS * 96 * TYPES), 1)
    await servers.database.execute(_ROLLUPS, somebody, quarter, now, TYPES, sequences)
    await servers.database.execute(_VERSIONS, somebody, quarter, now)
    await servers.database.execute("VACUUM ANALYZE")
    cuts = list(edges(since, now, Interval.DAY, UTC))
    question = Question(customer_id=somebody, edges=cuts, until=now)
    sessions = session_factory(engine)
    return _Scene(engine, sessions, settings, customer_id, UUID(people[0]), UUID(made[0]["id"]), question, now)


def _trials(scene: _Scene) -> list[_Trial]:
    return [
        _Trial(
            f"Activity summary of {DAYS} days by day",
            lambda cache: _summary(scene, cache),
            lambda: _summary(scene, None),
        ),
        _Trial(
            "Contact (tried, not kept)",
            lambda cache: _kept_contact(scene, cache),
            lambda: _contact(scene),
            f"/api/contacts/{scene.contact_id}",
        ),
        _Trial(
            f"Page of {LIMIT} lists (tried, not kept)",
            lambda cache: _kept_page(scene, cache, _LISTS, _lists),
            lambda: _page(scene, _lists),
            f"/api/lists?limit={LIMIT}",
        ),
        _Trial(
            f"Page of {LIMIT} members of a list (tried, not kept)",
            lambda cache: _kept_page(scene, cache, _MEMBERS, _members),
            lambda: _page(scene, _members),
            f"/api/contacts?limit={LIMIT}&list_id={scene.list_id}",
        ),
    ]


async def _summary(scene: _Scene, cache: Cache | None) -> object:
    async with scene.sessions() as session:
        if cache is None:
            counted = await activity_summaries.counts(session, scene.question, limit=_MANY)
        else:
            counted = await activity_counts.counts(session, cache, scene.question, now=scene.now, limit=_MANY)
    return sorted(counted)


async def _contact(scene: _Scene) -> str:
    async with driver_connection(scene.engine) as connection:
        found, _ = await contact_reads.one(connection, customer_id=scene.customer_id, contact_id=scene.contact_id)
    return to_json(found).decode()


async def _kept_contact(scene: _Scene, cache: Cache) -> str:
    async def version() -> object:
        async with driver_connection(scene.engine) as connection:
            return await connection.fetchval(_CONTACT, scene.contact_id, scene.customer_id)

    return await _kept(cache, str(scene.contact_id), version, lambda: _contact(scene))


async def _page(scene: _Scene, made: Callable[[_Scene, AsyncSession], Awaitable[str]]) -> str:
    async with scene.sessions() as session:
        return await made(scene, session)


async def _kept_page(
    scene: _Scene, cache: Cache, versions: TextClause, made: Callable[[_Scene, AsyncSession], Awaitable[str]]
) -> str:
    asked = {"customer_id": scene.customer_id} | ({"list_id": scene.list_id} if versions is _MEMBERS else {})
    async with scene.sessions() as session:
        return await _kept(cache, made.__name__, lambda: session.scalar(versions, asked), lambda: made(scene, session))


async def _lists(scene: _Scene, session: AsyncSession) -> str:
    found = lists.listing(customer_id=scene.customer_id)
    page = await paginate(session, found, (ContactList.created_at, ContactList.id), _PAGE)
    return Page[ListRead].of(page).model_dump_json()


async def _members(scene: _Scene, session: AsyncSession) -> str:
    members = contacts.listing(customer_id=scene.customer_id, list_id=scene.list_id)
    found = members.with_only_columns(*contact_reads.PLAIN)
    page = await paginate_by(session, found, order_of(None, None), _PAGE)
    return bytes(contact_page(page).body).decode()


async def _kept(cache: Cache, key: str, version: Call, compute: Callable[[], Awaitable[str]]) -> str:
    """The body under this version; one that is computed is kept if nothing was written meanwhile."""
    before = await version()
    body: str | None = await cache.get(f"{key}:{before}")
    if body is None:
        body = await compute()
        if await version() == before:
            await cache.keep(f"{key}:{before}", body)
    return body


async def _require_same(trial: _Trial, cache: Cache) -> None:
    answers = [await trial.cached(cache), await trial.uncached(), await trial.cached(cache)]
    if any(answer != answers[0] for answer in answers):
        raise RuntimeError(f"{trial.name}: what is kept is not what is computed")


async def _milliseconds(call: Call) -> float:
    started = time.perf_counter()
    for _ in range(READS):
        await call()
    return 1000 * (time.perf_counter() - started) / READS
