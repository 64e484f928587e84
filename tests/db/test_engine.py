"""The engine: UTC, silence about values, and no scaled time on a database that is not the embedded one."""

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

import db.engine
from db.engine import check_embedded, create_engine, session_factory
from db.models import Contact, Customer, Workspace
from domain.time_scale import TimeScale
from domain.vocabulary import ContactStatus
from settings import Settings

EPOCH = datetime(2026, 11, 23, 9, tzinfo=UTC)


def settings_of(url: str, *, time_scale: float = 1.0) -> Settings:
    return Settings(database_url=SecretStr(url), time_scale=time_scale, time_epoch=EPOCH)


@pytest_asyncio.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(settings_of(database_url))
    yield engine
    await engine.dispose()


async def set_embedded(url: str, value: str) -> None:
    """As if the database belonged to the embedded server, or not."""
    connection = await asyncpg.connect(url)
    await connection.execute(f"ALTER DATABASE {url.rsplit('/', 1)[1]} SET opendoors.embedded = '{value}'")
    await connection.close()


async def test_a_connection_is_in_utc_and_says_who_it_is(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        zone = await connection.scalar(text("SELECT current_setting('TimeZone')"))
        name = await connection.scalar(text("SELECT current_setting('application_name')"))
    assert (zone, name) == ("UTC", "opendoors")


async def backend(engine: AsyncEngine) -> int:
    """The server process behind the connection that the pool hands out."""
    async with engine.connect() as connection:
        return int(await connection.scalar(text("SELECT pg_backend_pid()")))


async def terminate(url: str, pid: int) -> None:
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("SELECT pg_terminate_backend($1, 5000)", pid)
    await connection.close()


async def test_a_connection_is_kept_between_uses(engine: AsyncEngine) -> None:
    assert await backend(engine) == await backend(engine)


async def test_a_connection_that_the_server_closed_is_replaced_unseen(engine: AsyncEngine, database_url: str) -> None:
    pid = await backend(engine)
    await terminate(database_url, pid)
    assert await backend(engine) != pid


async def test_a_connection_that_rested_is_asked_whether_it_lives(
    engine: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db.engine, "IDLE_SECONDS", 0.0)
    pid = await backend(engine)
    assert await backend(engine) == pid
    # From a thread that this loop waits for, so that the loop cannot hear of the end of the connection.
    thread = threading.Thread(target=lambda: asyncio.run(terminate(database_url, pid)))
    thread.start()
    thread.join()
    assert await backend(engine) != pid


async def test_errors_do_not_tell_the_values_of_parameters(engine: AsyncEngine) -> None:
    async with session_factory(engine)() as session:
        session.add(Customer(name="Acme"))
        await session.commit()
        with pytest.raises(IntegrityError) as raised:
            await session.execute(
                text("INSERT INTO users (email, name) VALUES (:email, 'x')"), {"email": "a@example.com"}
            )
    assert "[SQL parameters hidden" in str(raised.value)


async def test_what_the_server_computes_is_there_after_insert_and_after_update(engine: AsyncEngine) -> None:
    async with session_factory(engine)() as session:
        customer = Customer(name="Acme")
        session.add(customer)
        await session.flush()
        workspace = Workspace(customer_id=customer.id, name="Sales")
        session.add(workspace)
        await session.flush()
        contact = Contact(customer_id=customer.id, workspace_id=workspace.id, email="ada@example.com", first_name="Ada")
        session.add(contact)
        await session.commit()
        assert (contact.full_name, contact.status) == ("Ada", ContactStatus.ACTIVE)
        contact.last_name, contact.total_emails_received, contact.total_emails_opened = "Lovelace", 3, 1
        before = contact.updated_at
        await session.commit()
        assert (contact.full_name, str(contact.open_rate)) == ("Ada Lovelace", "33.33")
        assert before is not None
        assert contact.updated_at is not None
        assert contact.updated_at > before


async def test_none_in_a_json_column_is_null_and_not_the_json_value(engine: AsyncEngine) -> None:
    async with session_factory(engine)() as session:
        customer = Customer(name="Acme")
        session.add(customer)
        await session.flush()
        workspace = Workspace(customer_id=customer.id, name="Sales")
        session.add(workspace)
        await session.flush()
        session.add(Contact(customer_id=customer.id, workspace_id=workspace.id, email="a@b.com", source_details=None))
        await session.commit()
        assert await session.scalar(select(Contact.id).where(Contact.source_details.is_(None))) is not None


def test_scaled_time_needs_an_epoch() -> None:
    with pytest.raises(ValueError, match=r"OPENDOORS_TIME_SCALE is 60, so OPENDOORS_TIME_EPOCH is needed"):
        Settings(time_scale=60)
    assert Settings(time_scale=60, time_epoch=EPOCH).scale == TimeScale(60, EPOCH)


async def test_scaled_time_is_refused_on_a_database_that_is_not_embedded(database_url: str) -> None:
    await set_embedded(database_url, "off")
    settings = settings_of(database_url, time_scale=60)
    engine = create_engine(settings)
    with pytest.raises(ValueError, match=r"OPENDOORS_TIME_SCALE is 60.*127\.0\.0\.1.*opendoors dev"):
        await check_embedded(engine, settings)
    await engine.dispose()


async def test_scaled_time_is_taken_on_the_embedded_database_and_real_time_anywhere(database_url: str) -> None:
    await set_embedded(database_url, "on")
    for time_scale in (60.0, 1.0):
        settings = settings_of(database_url, time_scale=time_scale)
        engine = create_engine(settings)
        await check_embedded(engine, settings)
        await engine.dispose()
    await set_embedded(database_url, "off")
    engine = create_engine(settings)
    await check_embedded(engine, settings)
    await engine.dispose()
