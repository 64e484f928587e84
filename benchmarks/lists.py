"""Dynamic lists among a million contacts: counted, refreshed, and following single changes.

It works on a database of its own beside the product's. The list's rule is the four-condition one of the data model, as
the product compiles it, over the same written by hand; the refresh by hand is one statement that does the same work:
members, their history and the counts. The followed changes go through the real keeper.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import asyncpg
from pydantic import SecretStr
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from benchmarks.figures import Figure
from benchmarks.servers import Servers
from db import list_refreshing, lists
from db.engine import create_engine, session_factory
from db.filters import matching
from db.migrations import upgrade
from db.models import Contact, Customer, User, Workspace
from domain.vocabulary import ListType
from settings import Settings
from workflows.list_keeper import ListKeeper

Pairs = tuple[list[float], list[float]]
_DATABASE = "benchmark_lists"
CONTACTS = 1_000_000
LISTS = 100
CHANGES = 100
"""Of one contact, in one repetition."""
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_LOOK_SECONDS = 0.005
_RULES = {
    "operator": "AND",
    "conditions": [
        {"field": "industry", "operator": "equals", "value": "technology"},
        {"field": "company_size", "operator": "in", "value": ["51-200", "201-500", "501-1000"]},
        {"field": "last_opened_at", "operator": "greater_than", "value": "30 days ago"},
        {"field": "open_rate", "operator": "greater_than", "value": 25},
    ],
}
_BY_HAND = """customer_id = :customer_id AND industry = 'technology'
    AND company_size IN ('51-200', '201-500', '501-1000')
    AND last_opened_at > CAST(:now AS timestamptz) - interval '30 days' AND open_rate > 25"""
_COUNT = text(f"SELECT count(*) FROM contacts WHERE {_BY_HAND}")
_REFRESH = text(
    f"""WITH wanted AS (SELECT id, status FROM contacts WHERE {_BY_HAND}),
        gone AS (
          DELETE FROM contact_list_memberships AS membership
          WHERE list_id = :id AND NOT EXISTS (SELECT FROM wanted WHERE wanted.id = membership.contact_id)
          RETURNING contact_id, counted_active),
        come AS (
          INSERT INTO contact_list_memberships
            (contact_id, list_id, customer_id, added_at, source, is_dynamic, last_evaluated_at, counted_active)
          SELECT id, :id, :customer_id, :now, 'rule_evaluation', true, :now, status = 'active' FROM wanted
          WHERE NOT EXISTS (
            SELECT FROM contact_list_memberships AS membership
            WHERE membership.list_id = :id AND membership.contact_id = wanted.id)
          RETURNING contact_id, counted_active),
        history AS (
          INSERT INTO contact_list_changes (customer_id, list_id, contact_id, joined, source, changed_at)
          SELECT :customer_id, :id, contact_id, joined, 'rule_evaluation', :now
          FROM (SELECT contact_id, true AS joined FROM come UNION ALL SELECT contact_id, false FROM gone) AS moved)
        UPDATE contact_lists SET last_refreshed_at = :now,
          total_contacts = total_contacts + (SELECT count(*) FROM come) - (SELECT count(*) FROM gone),
          active_contacts = active_contacts + (SELECT count(*) FROM come WHERE counted_active)
            - (SELECT count(*) FROM gone WHERE counted_active)
        WHERE id = :id"""
)
_FILL = text(
    """INSERT INTO contacts (customer_id, workspace_id, email, first_name, company_name, industry, company_size,
         last_opened_at, total_emails_received, total_emails_opened)
       SELECT :customer_id, :workspace_id, 'contact' || n || '@prospect.example', 'Grace', 'Company ' || n,
         (enum_range(NULL::industry_enum))[1 + n % array_length(enum_range(NULL::industry_enum), 1)],
         (enum_range(NULL::company_size_enum))[1 + n / 7 % array_length(enum_range(NULL::company_size_enum), 1)],
         CAST(:now AS timestamptz) - make_interval(days => n / 11 % 90), 10, n / 13 % 10
       FROM generate_series(1, :number) AS n"""
)
# A hundredth of the contacts change their industry: some join the list, some leave it.
_CHANGE = text(
    """UPDATE contacts SET industry = (enum_range(NULL::industry_enum))[
         1 + :round % array_length(enum_range(NULL::industry_enum), 1)]
       WHERE id IN (SELECT id FROM contacts TABLESAMPLE SYSTEM (1))"""
)


@dataclass(frozen=True, slots=True)
class Place:
    """The database of the measurement and its one customer."""

    engine: AsyncEngine
    customer_id: UUID
    workspace_id: UUID
    user_id: UUID

    @property
    def sessions(self) -> async_sessionmaker[AsyncSession]:
        return session_factory(self.engine)

    async def run(self, statement: Any, **values: Any) -> float:
        """The seconds that the statement takes, in a transaction of its own."""
        started = time.perf_counter()
        async with self.sessions.begin() as session:
            await session.execute(statement, values)
        return time.perf_counter() - started

    async def list(self, name: str, rules: dict[str, Any] | None) -> UUID:
        """A new list, whose refresh is not ordered."""
        fields = {"name": name, "type": ListType.DYNAMIC if rules else ListType.STATIC, "filter_rules": rules}
        owner = {"customer_id": self.customer_id, "workspace_id": self.workspace_id, "user_id": self.user_id}
        async with self.sessions.begin() as session:
            row = await lists.create(session, **owner, fields=fields, now=NOW)
            await session.execute(text("DELETE FROM contact_list_queue WHERE list_id = :id"), {"id": row.id})
        return UUID(str(row.id))


async def measure(servers: Servers, number: int | None, repetitions: int) -> list[Figure]:
    """``number`` is that of the contacts."""
    async with place(servers.running.database_url, number or CONTACTS) as there:
        figures = [await _counted(there, repetitions), *await _refreshed(there, repetitions)]
        return [*figures, await _followed(there, repetitions)]


async def _counted(place: Place, repetitions: int) -> Figure:
    about = {"customer_id": place.customer_id}
    rules = matching(_RULES, **about, now=NOW, timezone="UTC")
    compiled = select(func.count()).select_from(Contact).where(Contact.customer_id == place.customer_id, rules)
    ours, bare = [], []
    for _ in range(repetitions + 1):
        bare.append(await place.run(_COUNT, **about, now=NOW))
        ours.append(await place.run(compiled))
    return Figure("Counting whom the rules choose", "s", ours[1:], bare[1:], "the same, written by hand")


async def _refreshed(place: Place, repetitions: int) -> list[Figure]:
    """A list filled from nothing, and refreshed after a hundredth of the contacts has changed."""
    filled: Pairs = ([], [])
    refreshed: Pairs = ([], [])
    for round in range(repetitions):
        by_hand, dynamic = await place.list("By hand", None), await place.list("Ours", _RULES)
        for ours, bare in (filled, refreshed):
            if round % 2:
                ours.append(await _refresh(place, dynamic))
            # Who comes first finds the contacts' pages as the last change has left them, so they take turns.
            bare.append(await place.run(_REFRESH, customer_id=place.customer_id, id=by_hand, now=NOW))
            if not round % 2:
                ours.append(await _refresh(place, dynamic))
            await place.run(_CHANGE, round=round)
            # Without it the statement by hand, which is planned as a whole, may take half a minute.
            await place.run(text("ANALYZE contact_list_memberships"))
        await _agree(place, by_hand, dynamic)
        for id in (by_hand, dynamic):
            await place.run(text("DELETE FROM contact_lists WHERE id = :id"), id=id)
        await place.run(text("TRUNCATE contact_list_queue"))
    return [
        Figure("Filling the list", "s", *filled, "one statement by hand"),
        Figure("Refreshing it after 1 % of the contacts changed", "s", *refreshed, "one statement by hand"),
    ]


async def _refresh(place: Place, list_id: UUID) -> float:
    """The seconds that the product's refresh takes."""
    started = time.perf_counter()
    await list_refreshing.refresh(place.sessions, list_id, now=NOW)
    return time.perf_counter() - started


async def _agree(place: Place, one: UUID, other: UUID) -> None:
    members = "SELECT contact_id FROM contact_list_memberships WHERE list_id = :{}"
    differing = text(f"SELECT count(*) FROM ({members.format('one')} EXCEPT {members.format('other')}) AS differing")
    async with place.sessions() as session:
        assert await session.scalar(differing, {"one": one, "other": other}) == 0
        assert await session.scalar(differing, {"one": other, "other": one}) == 0


async def _followed(place: Place, repetitions: int) -> Figure:
    """The slowest in a hundred changes of a contact that moves into, or out of, a hundred lists."""
    for number in range(LISTS):
        title = {"field": "job_title", "operator": "equals", "value": "Head of Benchmarks"}
        other = {"field": "city", "operator": "not_equals", "value": f"City {number}"}
        await place.list(f"List {number}", {"conditions": [title, other, *_RULES["conditions"][2:3]]})
    async with place.sessions() as session:
        lately = select(Contact.id).where(Contact.last_opened_at > NOW - timedelta(days=1)).limit(1)
        contact_id = (await session.execute(lately)).scalar_one()
    keeper = ListKeeper(place.engine, place.sessions, lambda: NOW)
    working = asyncio.create_task(keeper.run())
    try:
        await _follow(place, contact_id, 0)
        slowest = [(await _follow(place, contact_id, CHANGES))[CHANGES * 99 // 100 - 1] for _ in range(repetitions)]
    finally:
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
    return Figure(f"A change reaches {LISTS} lists (p99)", "s", slowest)


async def _follow(place: Place, contact_id: UUID, changes: int) -> list[float]:
    """Seconds from the commit of each change until the last list has followed, sorted."""
    title = text("UPDATE contacts SET job_title = :title WHERE id = :id")
    count = text("SELECT count(*) FROM contact_list_memberships WHERE contact_id = :id AND is_dynamic")
    seconds = []
    for number in range(changes + 2):
        joins = number % 2 == 0
        await place.run(title, id=contact_id, title="Head of Benchmarks" if joins else "Retired")
        started = time.perf_counter()
        async with place.sessions() as session, asyncio.timeout(60):
            while await session.scalar(count, {"id": contact_id}) != joins * LISTS:
                await session.commit()
                await asyncio.sleep(_LOOK_SECONDS)
        seconds.append(time.perf_counter() - started)
    return sorted(seconds[2:])


@asynccontextmanager
async def place(server_url: str, number: int) -> AsyncIterator[Place]:
    """A fresh database on the server, with a customer of ``number`` contacts."""
    admin = await asyncpg.connect(server_url)
    await admin.execute(f"DROP DATABASE IF EXISTS {_DATABASE}")
    await admin.execute(f"CREATE DATABASE {_DATABASE}")
    url = server_url.rsplit("/", 1)[0] + f"/{_DATABASE}"
    with redirect_stdout(StringIO()):
        await asyncio.to_thread(upgrade, url)
    engine = create_engine(Settings(database_url=SecretStr(url)))
    try:
        yield await _filled(engine, number)
    finally:
        await engine.dispose()
        await admin.execute(f"DROP DATABASE {_DATABASE}")
        await admin.close()


async def _filled(engine: AsyncEngine, number: int) -> Place:
    async with session_factory(engine).begin() as session:
        customer = Customer(name="Benchmark")
        session.add(customer)
        await session.flush()
        workspace = Workspace(customer_id=customer.id, name="Sales")
        user = User(customer_id=customer.id, email="ann@customer.example")
        session.add_all([workspace, user])
        await session.flush()
        about = {"customer_id": customer.id, "workspace_id": workspace.id}
        await session.execute(_FILL, {**about, "number": number, "now": NOW})
    async with engine.connect() as connection:
        alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await alone.execute(text("VACUUM ANALYZE"))
    return Place(engine, customer.id, workspace.id, user.id)
