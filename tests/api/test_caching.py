"""Summaries of activities are kept, by each process or in a Redis, and are what a recount says at every moment."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random  # noqa: TID251 - the accidents of a test are not drawn from the engine's hashes
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio
from cashews.exceptions import CacheBackendInteractionError
from fastapi import FastAPI
from pydantic import SecretStr
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api import activity_counts, caches
from api.app import create_app
from api.caches import Cache
from db import activity_rollups, activity_summaries
from db.activity_summaries import Question
from domain.vocabulary import ActivityType
from settings import Settings
from tests.api.arrange import answered, contacts
from tests.api.conftest import NOW, Clock, Tenant
from tests.redis_server import redis_server

PATH = "/api/activities/summary"
SINCE, UNTIL = datetime(2026, 11, 15, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
QUESTION = {"since": SINCE.isoformat(), "until": UNTIL.isoformat(), "interval": "day", "timezone": "UTC"}
KINDS = (ActivityType.EMAIL_OPENED, ActivityType.EMAIL_CLICKED, ActivityType.CALL_COMPLETED)
NOWHERE = "redis://127.0.0.1:1"

Process = Callable[[str], Awaitable[httpx2.AsyncClient]]


@pytest_asyncio.fixture
async def process(api_settings: Settings, clock: Clock, key: str) -> AsyncIterator[Process]:
    """Makes clients of the same customer, each of another instance of the API with a cache of its own."""
    async with AsyncExitStack() as stack:

        async def client(cache_url: str) -> httpx2.AsyncClient:
            settings = api_settings.model_copy(update={"cache_url": SecretStr(cache_url)})
            app = create_app(settings, clock=clock)
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx2.ASGITransport(app=app)
            headers = {"Authorization": f"Bearer {key}"}
            made = httpx2.AsyncClient(transport=transport, base_url="http://api.test", headers=headers)
            return await stack.enter_async_context(made)

        yield client


@pytest_asyncio.fixture(params=["memory", "redis"])
async def cache_url(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[str]:
    if request.param == "memory":
        yield "mem://"
    else:
        async with redis_server(tmp_path) as url:
            yield url


async def record(client: httpx2.AsyncClient, contact_id: str, at: datetime, kind: ActivityType = KINDS[0]) -> None:
    body = {"contact_id": contact_id, "activity_type": kind, "occurred_at": at.isoformat()}
    answered(await client.post("/api/activities", json=body), 201)


async def fold(session: AsyncSession, limit: int = 50_000) -> None:
    await activity_rollups.fold(session, limit=limit)
    await session.commit()


async def totals(client: httpx2.AsyncClient, **parameters: str) -> list[int]:
    answer = answered(await client.get(PATH, params=QUESTION | parameters))
    return [one["total"] for one in answer["series"]]


async def recounted(session: AsyncSession, tenant: Tenant, since: datetime, until: datetime) -> dict[str, int]:
    statement = """SELECT CAST(activity_type AS text) AS kind, count(*) AS number FROM contact_activities
      WHERE customer_id = :customer_id AND occurred_at >= :since AND occurred_at < :until GROUP BY 1"""
    given = {"customer_id": tenant.customer_id, "since": since, "until": until}
    found = (await session.execute(text(statement), given)).all()
    await session.commit()
    return {row.kind: row.number for row in found}


async def tamper(session: AsyncSession, tenant: Tenant) -> None:
    """What nobody but a cache would fail to see."""
    statement = "UPDATE activity_rollups_by_step SET number = 1000 WHERE customer_id = :id"
    await session.execute(text(statement), {"id": tenant.customer_id})
    await session.commit()


async def test_days_that_are_over_are_counted_once_until_their_rollups_change(
    process: Process, cache_url: str, session: AsyncSession, tenant: Tenant
) -> None:
    client = await process(cache_url)
    [ann] = await contacts(session, tenant)
    await record(client, ann, SINCE)
    await fold(session)
    assert await totals(client) == [1, 0, 0, 0, 0, 0]
    await tamper(session, tenant)
    assert await totals(client) == [1, 0, 0, 0, 0, 0]
    await record(client, ann, SINCE)
    assert await totals(client) == [2, 0, 0, 0, 0, 0]
    await fold(session)
    assert await totals(client) == [1001, 0, 0, 0, 0, 0]
    await activity_rollups.mend(session, customer_id=tenant.customer_id)
    await session.commit()
    assert await totals(client) == [2, 0, 0, 0, 0, 0]


async def test_the_same_question_later_that_day_finds_what_is_kept(
    process: Process, session: AsyncSession, tenant: Tenant, clock: Clock
) -> None:
    client = await process("mem://")
    [ann] = await contacts(session, tenant)
    await record(client, ann, SINCE)
    await fold(session)
    week = {"interval": "week"}
    assert answered(await client.get(PATH, params=week))["total"] == 1
    await tamper(session, tenant)
    clock.now = NOW + timedelta(hours=3, minutes=7)
    try:
        assert answered(await client.get(PATH, params=week))["total"] == 1
        assert answered(await client.get(PATH, params={"interval": "day"}))["total"] == 1000
    finally:
        clock.now = NOW


@pytest.mark.parametrize("seed", range(2))
async def test_whoever_writes_every_process_says_what_a_recount_does(
    process: Process, cache_url: str, session: AsyncSession, tenant: Tenant, seed: int
) -> None:
    """Two instances of the API with a cache each (or one Redis), and a keeper that folds at any moment."""
    random = Random(seed)
    both = [await process(cache_url) for _ in range(2)]
    people = await contacts(session, tenant, 12)
    for _ in range(150):
        client = random.choice(both)
        since = SINCE + timedelta(hours=random.choice([0, 24, 30]))
        match random.choice(["record", "record", "fold", "erase", "read", "read", "read"]):
            case "record":
                at = SINCE + timedelta(minutes=random.randint(0, 7 * 24 * 60))
                await record(client, random.choice(people), min(at, NOW), random.choice(KINDS))
            case "fold":
                await fold(session, limit=random.choice([1, 3, 100]))
            case "erase" if len(people) > 5 and random.random() < 0.3:
                gone = people.pop()
                assert (await client.delete(f"/api/contacts/{gone}")).status_code == 204
            case _:
                until = random.choice([UNTIL, NOW, NOW + timedelta(days=2)])
                period = {"since": since.isoformat(), "until": until.isoformat()}
                answer = answered(await client.get(PATH, params=QUESTION | period))
                expected = await recounted(session, tenant, since, until)
                assert {kind: number for kind, number in answer["by_type"].items() if number} == expected
                assert sum(one["total"] for one in answer["series"]) == sum(expected.values())


async def test_a_fold_between_the_two_statements_of_a_question_changes_nothing(
    app: FastAPI, session: AsyncSession, tenant: Tenant, client: httpx2.AsyncClient, api_settings: Settings
) -> None:
    [ann] = await contacts(session, tenant)
    for _ in range(3):
        await record(client, ann, SINCE)

    class Folding(Cache):
        async def get(self, key: str) -> Any:
            found = await super().get(key)
            await fold(session)
            return found

    cache = Folding(api_settings)
    question = Question(customer_id=tenant.customer_id, edges=[SINCE], until=UNTIL)
    for _ in range(3):
        async with app.state.sessions() as reading:
            counts = await activity_counts.counts(reading, cache, question, now=NOW, limit=100)
        assert [one.number for one in counts] == [3]
        await record(client, ann, UNTIL)


async def test_customers_do_not_share_what_is_kept(
    client: httpx2.AsyncClient, other_tenant_client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    [ann] = await contacts(session, tenant)
    await record(client, ann, SINCE)
    await fold(session)
    assert await totals(client) == [1, 0, 0, 0, 0, 0]
    assert await totals(other_tenant_client) == [0] * 6


async def test_a_redis_that_does_not_answer_fails_no_request(
    process: Process, session: AsyncSession, tenant: Tenant
) -> None:
    client = await process(NOWHERE)
    [ann] = await contacts(session, tenant)
    for number in (1, 2):
        await record(client, ann, SINCE)
        await fold(session)
        assert await totals(client) == [number, 0, 0, 0, 0, 0]


async def test_a_redis_that_does_not_answer_is_left_alone_for_a_while(
    api_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache(api_settings.model_copy(update={"cache_url": SecretStr(NOWHERE)}))
    asked: list[str] = []

    async def get(key: str) -> None:
        asked.append(key)
        raise CacheBackendInteractionError from OSError("refused")

    monkeypatch.setattr(cache._backend, "get", get)
    assert [await cache.get(key) for key in "ab"] == [None, None]
    assert asked == ["a"]
    cache._silent_until = 0.0
    await cache.get("c")
    assert asked == ["a", "c"]


async def test_what_cannot_be_read_is_computed_and_written_over(api_settings: Settings, tmp_path: Path) -> None:
    async with redis_server(tmp_path) as url, Redis.from_url(url) as redis:
        cache = Cache(api_settings.model_copy(update={"cache_url": SecretStr(url)}))
        await redis.set("key", b"\x80not ours")
        assert await cache.get("key") is None
        await cache.keep("key", [1, None])
        assert await cache.get("key") == [1, None]
        assert 0 < await redis.ttl("key") <= caches.MAX_AGE_SECONDS
        await cache.close()


async def test_values_are_bounded_in_number_and_size(api_settings: Settings) -> None:
    cache = Cache(api_settings.model_copy(update={"cache_url": SecretStr("mem://?size=2")}))
    for key in "abc":
        await cache.keep(key, [key])
    await cache.keep("long", "x" * caches.MAX_CHARACTERS)
    assert [await cache.get(key) for key in ("a", "b", "c", "long")] == [None, ["b"], ["c"], None]


async def test_what_depends_on_rows_of_a_contact_is_not_kept(tenant: Tenant) -> None:
    question = Question(customer_id=tenant.customer_id, edges=[SINCE], until=UNTIL)
    of_contact = Question(customer_id=tenant.customer_id, edges=[SINCE], until=UNTIL, contact_id=UUID(int=1))
    days = activity_summaries.Days(SINCE, UNTIL)
    assert (question.days_before(NOW), of_contact.days_before(NOW)) == (days, None)
    assert question.days_before(NOW - timedelta(days=2)) == days._replace(end=datetime(2026, 11, 19, tzinfo=UTC))
