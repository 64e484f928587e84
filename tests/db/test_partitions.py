"""Partitions of contact_activities are UTC months, made ahead, and take over what waited for them."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from db.engine import create_engine, session_factory
from db.models import Contact, ContactActivity, Customer, Workspace
from db.partitions import ensure_partitions
from domain.vocabulary import ActivityType
from settings import Settings

JULY_2031 = datetime(2031, 7, 15, tzinfo=UTC)
INDEXES = "SELECT count(*) FROM pg_index WHERE indrelid = to_regclass(:name)"
FOREIGN_KEYS = "SELECT count(*) FROM pg_constraint WHERE conrelid = to_regclass(:name) AND contype = 'f'"


@pytest_asyncio.fixture
async def sessions(database_url: str) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    engine = create_engine(Settings(database_url=SecretStr(database_url)))
    yield session_factory(engine)
    await engine.dispose()


async def record(session: AsyncSession, occurred_at: datetime) -> uuid.UUID:
    """Write an activity of a new contact; return its id."""
    customer = Customer(name=str(uuid.uuid4()))
    session.add(customer)
    await session.flush()
    workspace = Workspace(customer_id=customer.id, name="Sales")
    session.add(workspace)
    await session.flush()
    contact = Contact(customer_id=customer.id, workspace_id=workspace.id, email="ada@example.com")
    session.add(contact)
    await session.flush()
    activity = ContactActivity(
        contact_id=contact.id,
        customer_id=customer.id,
        activity_type=ActivityType.EMAIL_OPENED,
        occurred_at=occurred_at,
        ip_address="192.0.2.7",
    )
    session.add(activity)
    await session.commit()
    return activity.id


async def partition_of(session: AsyncSession, activity_id: uuid.UUID) -> str | None:
    found = await session.scalar(
        text("SELECT tableoid::regclass::text FROM contact_activities WHERE id = :id"), {"id": activity_id}
    )
    return str(found) if found else None


async def test_the_months_ahead_are_made_once(sessions: async_sessionmaker[AsyncSession]) -> None:
    november = datetime(2031, 11, 30, 23, 59, tzinfo=UTC)
    async with sessions.begin() as session:
        assert await ensure_partitions(session, now=november) == [
            "contact_activities_y2031m11",
            "contact_activities_y2031m12",
            "contact_activities_y2032m01",
            "contact_activities_y2032m02",
        ]
    async with sessions.begin() as session:
        assert await ensure_partitions(session, now=november) == []
        assert await ensure_partitions(session, now=november + timedelta(minutes=1)) == ["contact_activities_y2032m03"]


async def test_the_month_is_that_of_utc_whatever_the_zone_of_now_and_of_the_session(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    first_of_august_in_tokyo = datetime(2031, 8, 1, 8, 59, tzinfo=timezone(timedelta(hours=9)))
    async with sessions() as session:
        await session.execute(text("SET TIME ZONE 'America/New_York'"))
        made = await ensure_partitions(session, now=first_of_august_in_tokyo, months_ahead=0)
        assert made == ["contact_activities_y2031m07"]
        last = await record(session, datetime(2031, 7, 31, 23, 59, 59, 999999, tzinfo=UTC))
        after = await record(session, datetime(2031, 8, 1, tzinfo=UTC))
        assert await partition_of(session, last) == "contact_activities_y2031m07"
        assert await partition_of(session, after) == "contact_activities_default"


async def test_a_naive_now_is_refused(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with sessions() as session:
        with pytest.raises(ValueError, match="naive"):
            await ensure_partitions(session, now=JULY_2031.replace(tzinfo=None))


async def test_rows_that_waited_in_the_default_partition_move_into_their_month(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    async with sessions() as session:
        activity = await record(session, JULY_2031)
        assert await partition_of(session, activity) == "contact_activities_default"
        await ensure_partitions(session, now=JULY_2031)
        await session.commit()
        assert await partition_of(session, activity) == "contact_activities_y2031m07"
        kept = await session.get(ContactActivity, (activity, JULY_2031), populate_existing=True)
        assert kept is not None
        assert (kept.ip_address, kept.metadata_, kept.processed) == ("192.0.2.7", {}, False)


async def test_a_partition_made_later_is_like_those_of_the_migration(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    async with sessions.begin() as session:
        await ensure_partitions(session, now=JULY_2031, months_ahead=0)
        for count in (INDEXES, FOREIGN_KEYS):
            made = await session.scalar(text(count), {"name": "contact_activities_y2031m07"})
            assert made == await session.scalar(text(count), {"name": "contact_activities_default"})
            assert made == 5


async def test_two_that_make_partitions_at_once_make_each_once(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    async def ensure() -> list[str]:
        async with sessions.begin() as session:
            return await ensure_partitions(session, now=JULY_2031)

    first, second = await asyncio.gather(ensure(), ensure())
    assert sorted([len(first), len(second)]) == [0, 4]


async def test_an_activity_goes_with_its_contact(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with sessions() as session:
        activity = await record(session, JULY_2031)
        await session.execute(text("DELETE FROM contacts"))
        assert await partition_of(session, activity) is None
