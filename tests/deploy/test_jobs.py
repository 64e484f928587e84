"""The one-shot jobs of docker-compose.yml, run here against a real Postgres and a real Temporal server."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from db.migrations import upgrade
from embedded.postgres import Postgres
from embedded.postgres_binaries import find_binaries
from embedded.temporal import SEARCH_ATTRIBUTES, Temporal, find_program
from tests.deploy.repository import ROOT

DATABASES = ROOT / "deploy/postgres/databases.sql"
PASSWORDS = {"DATABASE_PASSWORD": "o'pen", "TEMPORAL_DATABASE_PASSWORD": "tempo"}


async def run(*command: str | Path, **environment: str) -> str:
    """What a command that succeeds says."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def as_in_the_image(server: Postgres) -> str:
    """Gives a new embedded server the superuser `postgres` and no other role or database; the superuser's URL."""
    embedded = await asyncpg.connect(server.url)
    await embedded.execute("CREATE ROLE postgres SUPERUSER LOGIN PASSWORD 'super'")
    await embedded.close()
    url = f"postgresql://postgres:super@127.0.0.1:{server.port}/postgres"
    connection = await asyncpg.connect(url)
    await connection.execute("ALTER DATABASE opendoors RENAME TO embedded")
    await connection.execute("ALTER ROLE opendoors RENAME TO embedded")
    await connection.close()
    return url


@pytest.fixture
async def superuser_url(tmp_path: Path) -> AsyncIterator[str]:
    """A server of its own, since the job makes roles, which all databases of a server share."""
    server = Postgres(tmp_path / "postgres", durable=False)
    await server.start()
    try:
        yield await as_in_the_image(server)
    finally:
        await server.stop()


@pytest.fixture
async def temporal(tmp_path: Path) -> AsyncIterator[Temporal]:
    server = Temporal(tmp_path / "temporal", ui=False)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def url_of(superuser_url: str, role: str, password: str, database: str) -> str:
    host = superuser_url.rpartition("@")[2].partition("/")[0]
    return f"postgresql://{role}:{quote(password)}@{host}/{database}"


async def test_each_product_owns_its_databases_and_may_not_enter_the_others(superuser_url: str) -> None:
    psql = find_binaries() / "psql"
    await run(psql, "-v", "ON_ERROR_STOP=1", "--no-psqlrc", "-f", DATABASES, superuser_url, **PASSWORDS)

    ours = url_of(superuser_url, "opendoors", PASSWORDS["DATABASE_PASSWORD"], "opendoors")
    await asyncio.to_thread(upgrade, ours)
    for database in ("temporal", "temporal_visibility"):
        theirs = await asyncpg.connect(
            url_of(superuser_url, "temporal", PASSWORDS["TEMPORAL_DATABASE_PASSWORD"], database)
        )
        # What Temporal's own schema asks for.
        await theirs.execute("CREATE EXTENSION btree_gin; CREATE TABLE executions (id int)")
        await theirs.close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(ours.rpartition("/")[0] + "/temporal")


async def make_namespace(temporal: Temporal, namespace: str) -> str:
    return await run(
        "sh",
        ROOT / "deploy/temporal/namespace.sh",
        PATH=f"{find_program().parent}:{os.environ['PATH']}",
        TEMPORAL_ADDRESS=temporal.address,
        TEMPORAL_NAMESPACE=namespace,
    )


async def test_the_namespace_takes_our_workflows_once_the_job_is_done(temporal: Temporal) -> None:
    await make_namespace(temporal, "sales")

    client = await Client.connect(temporal.address, namespace="sales")
    attributes = TypedSearchAttributes(
        [SearchAttributePair(SearchAttributeKey.for_keyword(name), "some id") for name in SEARCH_ATTRIBUTES]
    )
    handle = await client.start_workflow("Any", id="any", task_queue="nobody", search_attributes=attributes)
    assert (await handle.describe()).typed_search_attributes == attributes
    await handle.terminate()


async def test_the_namespace_job_leaves_what_is_there(temporal: Temporal) -> None:
    first, second = [await make_namespace(temporal, "sales") for _ in range(2)]

    assert "is ready" in first
    assert second.splitlines() == [
        "namespace sales is there",
        *(f"search attribute {name} is there" for name in SEARCH_ATTRIBUTES),
        "namespace sales is ready",
    ]
