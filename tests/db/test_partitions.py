"""Partitions of contact_activities are UTC months, made ahead, and take over what waited for them."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from db import activity_rollups, partitions, sequences, statistics
from db.engine import create_engine, session_factory
from db.models import Contact, ContactActivity, Customer, Workspace
from db.partitions import ensure_partitions
from domain.vocabulary import ActivityType, SequenceStatus
from settings import Settings
from tests.factories import email_step, make_sequence, make_tenant

NAME = "contact_activities_y2031m07"
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
        for count, expected in ((INDEXES, 6), (FOREIGN_KEYS, 5)):
            made = await session.scalar(text(count), {"name": "contact_activities_y2031m07"})
            assert made == await session.scalar(text(count), {"name": "contact_activities_default"})
            assert made == expected


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


# --- months that are old -------------------------------------------------------------------------------------------


async def detached_july(sessions: async_sessionmaker[AsyncSession]) -> uuid.UUID:
    """An activity, which is counted, in a month that is detached; answers its id."""
    async with sessions.begin() as session:
        activity = await record(session, JULY_2031)
    await statistics.recount(sessions)
    async with sessions.begin() as session:
        await ensure_partitions(session, now=JULY_2031, months_ahead=0)
    async with sessions.begin() as session:
        await partitions.detach(session, NAME)
    return activity


async def rows_of_july(session: AsyncSession) -> int:
    return int(await session.scalar(text(f"SELECT count(*) FROM {NAME}")) or 0)


async def drifted(session: AsyncSession) -> list[object]:
    return list(await statistics.drift(session))


async def test_months_are_old_when_the_retention_has_passed_since_their_end(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    async with sessions.begin() as session:
        await ensure_partitions(session, now=JULY_2031)
        assert list(await partitions.attached(session))[-4:] == [
            f"contact_activities_y2031m{m:02}" for m in range(7, 11)
        ]
        at = datetime(2031, 9, 30, 23, 59, tzinfo=UTC)
        assert NAME not in await partitions.older(session, now=at, keep_months=2)
        assert NAME in await partitions.older(session, now=at + timedelta(minutes=1), keep_months=2)
        assert "contact_activities_y2031m08" not in await partitions.older(session, now=at, keep_months=1)


async def test_a_month_that_is_detached_is_a_table_whose_rows_still_count(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    activity = await detached_july(sessions)
    async with sessions() as session:
        assert await partition_of(session, activity) is None
        assert (await partitions.detached(session), await rows_of_july(session)) == ([NAME], 1)
        found = await session.scalar(text(f"SELECT id FROM {partitions.EVERY_ACTIVITY} AS every"))
        assert found == activity
        assert await drifted(session) == []


async def test_the_rows_of_a_detached_month_go_with_their_contact_and_are_no_longer_counted(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    await detached_july(sessions)
    async with sessions.begin() as session:
        await session.execute(text("DELETE FROM contacts"))
        assert await rows_of_july(session) == 0
        assert await drifted(session) == []
        (number,) = (await session.execute(text("SELECT sum(number) FROM activity_deltas"))).one()
        assert number == 0


async def test_all_detached_months_can_be_written_to_by_one_name_and_counts_follow(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    await detached_july(sessions)
    async with sessions.begin() as session:
        await session.execute(text("UPDATE detached_contact_activities SET activity_subtype = 'machine'"))
        assert await activity_rollups.drift(session) == []
        await session.execute(text("DELETE FROM detached_contact_activities"))
        assert await rows_of_july(session) == 0
        assert await activity_rollups.drift(session) == []


async def test_a_dropped_month_is_taken_out_of_the_counts_by_a_recount(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    await detached_july(sessions)
    async with sessions.begin() as session:
        await session.execute(text(f"DROP TABLE {NAME}"))
        assert await partitions.detached(session) == []
        assert {one.stored for one in await activity_rollups.drift(session)} == {1}
    await statistics.recount(sessions)
    async with sessions() as session:
        assert await drifted(session) == []


async def test_a_sequence_that_only_a_detached_month_names_can_be_deleted(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    await detached_july(sessions)
    async with sessions.begin() as session:
        tenant = await make_tenant(session)
        sequence = await make_sequence(session, tenant, [email_step("Hello")], status=SequenceStatus.DRAFT)
        await session.execute(text(f"UPDATE {NAME} SET sequence_id = :id"), {"id": sequence.id})
        await sequences.remove(session, customer_id=tenant.customer_id, sequence_id=sequence.id)
        assert await session.scalar(text(f"SELECT sequence_id FROM {NAME}")) is None
        assert await activity_rollups.drift(session) == []


async def test_rows_that_come_late_move_into_the_detached_month(sessions: async_sessionmaker[AsyncSession]) -> None:
    await detached_july(sessions)
    async with sessions.begin() as session:
        await record(session, JULY_2031)
    await statistics.recount(sessions)
    async with sessions.begin() as session:
        later = datetime(2031, 12, 1, tzinfo=UTC)
        [month] = await partitions.waiting_months(session, now=later)
        await partitions.take_in(session, month)
        assert (await rows_of_july(session), (await partitions.waiting(session)).rows) == (2, 0)
        assert await drifted(session) == []


async def test_rows_of_other_centuries_wait_where_they_are(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with sessions.begin() as session:
        await record(session, datetime(1931, 7, 15, tzinfo=UTC))
    async with sessions.begin() as session:
        await record(session, datetime(2131, 7, 15, tzinfo=UTC))
    async with sessions() as session:
        assert await partitions.waiting_months(session, now=JULY_2031) == []
        waiting = await partitions.waiting(session)
        assert (waiting.rows, waiting.first, waiting.last) == (
            2, datetime(1931, 7, 15, tzinfo=UTC), datetime(2131, 7, 15, tzinfo=UTC),
        )  # fmt: skip


async def test_a_month_in_use_is_left_alone_after_a_moment_and_nobody_waits_behind(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    async with sessions.begin() as session:
        await ensure_partitions(session, now=JULY_2031, months_ahead=0)
    async with sessions() as reader:
        await reader.execute(text("SELECT count(*) FROM contact_activities"))
        with pytest.raises(DBAPIError) as busy:
            async with asyncio.timeout(5), sessions.begin() as session:
                await partitions.detach(session, NAME)
        assert partitions.is_busy(busy.value)
        async with asyncio.timeout(5), sessions.begin() as session:
            await record(session, JULY_2031)


async def test_nothing_but_a_month_is_detached(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with sessions() as session:
        for name in ("contact_activities_default", "contacts", f"{NAME}; DROP TABLE contacts"):
            with pytest.raises(ValueError, match="no partition"):
                await partitions.detach(session, name)
