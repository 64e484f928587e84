"""What all tests stand on: one Postgres server per run, and fresh databases on it, empty or migrated."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from db.migrations import upgrade
from embedded.postgres import Postgres

_TEMPLATE = "migrated_template"


@pytest_asyncio.fixture(scope="session")
async def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A server that is as fast as it can be: it forgets what it was told when the machine falls."""
    folder: Path = tmp_path_factory.mktemp("postgres")
    server = Postgres(folder / "data", durable=False)
    await server.start()
    try:
        await asyncio.to_thread(upgrade, await new_database(server.url, _TEMPLATE))
        yield server.url
    finally:
        await server.stop()


@pytest_asyncio.fixture
async def empty_database_url(postgres_url: str) -> str:
    return await new_database(postgres_url)


@pytest_asyncio.fixture
async def database_url(postgres_url: str) -> str:
    return await new_migrated_database(postgres_url)


async def new_migrated_database(server_url: str) -> str:
    return await new_database(server_url, how=f"TEMPLATE {_TEMPLATE} STRATEGY file_copy")


async def new_database(server_url: str, name: str | None = None, how: str = "") -> str:
    """The URL of a new database on the server."""
    name = name or f"test_{uuid.uuid4().hex}"
    connection = await asyncpg.connect(server_url)
    try:
        await connection.execute(f"CREATE DATABASE {name} {how}")
    finally:
        await connection.close()
    return server_url.rsplit("/", 1)[0] + "/" + name
