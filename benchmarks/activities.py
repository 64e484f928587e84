"""Activities: what counting them costs those who record, and what summaries and histories take.

Inserts are measured with the trigger that counts, over the same without it. A summary of thirty days is over the
hand-written count of the same rows; the first page of a contact with many activities is over that of one with few; a
batch by the API is over hand-written inserts of its rows.
"""

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr

from benchmarks.figures import Figure
from benchmarks.servers import Servers
from db import activity_rollups
from db.engine import create_engine, session_factory
from settings import Settings

NUMBER = 100_000
CONTACTS = 1000
SINGLES = 1000
READS = 20
BATCH = 1000
DAYS = 30
_COLUMNS = "contact_id, customer_id, activity_type, activity_subtype, email_message_id, occurred_at, metadata"
_BULK = f"""INSERT INTO contact_activities ({_COLUMNS})
  SELECT contact.id, contact.customer_id,
         CAST((ARRAY['email_sent', 'email_opened', 'email_clicked'])[1 + i % 3] AS activity_type_enum), 'human',
         '<' || i || '@elsewhere.example>', now() - random() * interval '{DAYS} days', '{{}}'
  FROM generate_series(1, $2) AS i
  JOIN contacts AS contact ON contact.id = (CAST($1 AS uuid[]))[1 + i % cardinality(CAST($1 AS uuid[]))]"""
_ONE = f"""INSERT INTO contact_activities ({_COLUMNS})
  SELECT id, customer_id, 'email_sent', NULL, $2, now(), '{{}}' FROM contacts WHERE id = $1"""
_BY_HAND = """SELECT date_trunc('day', occurred_at, 'UTC'), activity_type, count(*) FROM contact_activities
  WHERE customer_id = $1 AND occurred_at >= $2 AND occurred_at < $3 GROUP BY 1, 2"""
_TRIGGER = "ALTER TABLE contact_activities {} TRIGGER count_added"
Measured = dict[str, list[float]]


async def measure(servers: Servers, number: int | None, repetitions: int) -> list[Figure]:
    """Ours and the bare ones in turns; what is recorded stays, so that summaries have something to count."""
    number = number or NUMBER
    people = [UUID(id) for id in await servers.contacts(CONTACTS)]
    measured: Measured = {}
    await _bulk(servers, people, number)
    for _ in range(repetitions):
        for name, counting in (("counted", "ENABLE"), ("uncounted", "DISABLE")):
            await servers.database.execute(_TRIGGER.format(counting))
            await _note(measured, f"bulk {name}", _bulk(servers, people, number))
            await _note(measured, f"single {name}", _singles(servers, people))
        await servers.database.execute(_TRIGGER.format("ENABLE"))
        await _note(measured, "batch", _batch(servers, people))
        await _note(measured, "batch by hand", _batch_by_hand(servers, people))
    await _bulk(servers, people[:1], number)
    await _settle(servers)
    await _read(servers, people, measured, repetitions)
    return _figures(measured, number)


async def _note(measured: Measured, name: str, work: Awaitable[float]) -> None:
    measured.setdefault(name, []).append(await work)


async def _bulk(servers: Servers, people: list[UUID], number: int) -> float:
    """Seconds of one statement."""
    return await _seconds(lambda: servers.database.execute(_BULK, people, number))


async def _singles(servers: Servers, people: list[UUID]) -> float:
    """Milliseconds of one insert that is committed."""
    statement = await servers.database.prepare(_ONE)
    ids = [f"<{uuid4()}@elsewhere.example>" for _ in range(SINGLES)]

    async def insert() -> None:
        for place, id in enumerate(ids):
            await statement.fetch(people[place % len(people)], id)

    return 1000 * await _seconds(insert) / SINGLES


async def _batch(servers: Servers, people: list[UUID]) -> float:
    """Activities per second by `POST /api/activities/batch`."""
    activities = [
        {"contact_id": str(people[place % len(people)]), "activity_type": "email_opened", "external_id": str(uuid4())}
        for place in range(BATCH)
    ]
    return BATCH / await _seconds(lambda: servers.api.post("activities/batch", {"activities": activities}))


async def _batch_by_hand(servers: Servers, people: list[UUID]) -> float:
    rows = [(people[place % len(people)], f"<{uuid4()}@elsewhere.example>") for place in range(BATCH)]

    async def insert() -> None:
        async with servers.database.transaction():
            await servers.database.executemany(_ONE, rows)

    return BATCH / await _seconds(insert)


async def _settle(servers: Servers) -> None:
    """What was inserted without the trigger is counted, everything is folded, and the planner knows the tables."""
    engine = create_engine(Settings(database_url=SecretStr(servers.running.database_url)))
    sessions = session_factory(engine)
    async with sessions.begin() as session:
        await activity_rollups.mend(session)
    async with sessions.begin() as session:
        while await activity_rollups.fold(session):
            pass
    await engine.dispose()
    await servers.database.execute("ANALYZE contact_activities, activity_rollups_by_step, activity_deltas")


async def _read(servers: Servers, people: list[UUID], measured: Measured, repetitions: int) -> None:
    customer_id = await servers.database.fetchval("SELECT customer_id FROM contacts WHERE id = $1", people[0])
    until = await servers.database.fetchval("SELECT date_trunc('day', now(), 'UTC')")
    since = until - timedelta(days=DAYS - 1)
    period = {"since": since.isoformat(), "until": until.isoformat(), "interval": "day", "timezone": "UTC"}
    reads: Mapping[str, Callable[[], Awaitable[Any]]] = {
        "summary": lambda: servers.api.get("activities/summary", **period),
        "summary by hand": lambda: servers.database.fetch(_BY_HAND, customer_id, since, until),
        "many": lambda: servers.api.get(f"contacts/{people[0]}/activities"),
        "few": lambda: servers.api.get(f"contacts/{people[1]}/activities"),
    }
    for repetition in range(repetitions + 1):
        for name, read in reads.items():

            async def again(read: Callable[[], Awaitable[Any]] = read) -> None:
                for _ in range(READS):
                    await read()

            milliseconds = 1000 * await _seconds(again) / READS
            if repetition:
                measured.setdefault(name, []).append(milliseconds)
    by_hand = sum(row["count"] for row in await reads["summary by hand"]())
    if (await reads["summary"]())["total"] != by_hand:
        raise RuntimeError(f"the summary does not count the {by_hand} activities that are there: {json.dumps(period)}")


async def _seconds(work: Callable[[], Awaitable[Any]]) -> float:
    started = time.perf_counter()
    await work()
    return time.perf_counter() - started


def _figures(measured: Measured, number: int) -> list[Figure]:
    without, by_hand = "the same without counting", "SQL by hand"
    return [
        Figure(f"Insert of {number:,} activities", "s", measured["bulk counted"], measured["bulk uncounted"], without),
        Figure("Insert of one activity", "ms", measured["single counted"], measured["single uncounted"], without),
        Figure("Batch of 1,000 activities", "per s", measured["batch"], measured["batch by hand"], by_hand),
        Figure(f"Summary of {DAYS} days by day", "ms", measured["summary"], measured["summary by hand"], by_hand),
        Figure(
            f"History of a contact with {number:,} activities", "ms", measured["many"], measured["few"], "one of few"
        ),
    ]
