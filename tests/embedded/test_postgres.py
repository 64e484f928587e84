"""The embedded Postgres: durable over kill -9, reachable only with its password."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from embedded.postgres import Postgres
from embedded.processes import is_running, wait_until


@pytest.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[Postgres]:
    server = Postgres(tmp_path / "postgres")
    await server.start()
    yield server
    await server.stop()


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_committed_rows_survive_kill_9_and_the_port_stays(postgres: Postgres) -> None:
    connection = await asyncpg.connect(postgres.url)
    await connection.execute("CREATE TABLE kept (number int); INSERT INTO kept VALUES (7)")
    url, pid = postgres.url, postgres.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)

    await postgres.start()

    assert postgres.url == url
    assert postgres.pid != pid
    assert await ask(url, "SELECT number FROM kept") == 7


async def test_a_lock_file_that_names_a_stranger_or_a_zombie_does_not_prevent_the_start(postgres: Postgres) -> None:
    lock = postgres.data_dir / "postmaster.pid"
    zombie = subprocess.Popen([sys.executable, "-c", ""])
    await wait_until(lambda: not is_running(zombie.pid), 5)
    for pid in (zombie.pid, os.getpid()):
        lines = lock.read_text().splitlines()
        await postgres.stop()
        lock.write_text("\n".join([str(pid), *lines[1:]]))
        await postgres.start()
    zombie.wait()
    assert await ask(postgres.url, "SELECT 1") == 1


async def test_it_says_that_it_is_embedded_and_sorts_alike_everywhere(postgres: Postgres) -> None:
    assert await ask(postgres.url, "SHOW opendoors.embedded") == "on"
    locale = "SELECT datlocale FROM pg_database WHERE datname = current_database()"
    assert await ask(postgres.url, locale) == "C.UTF-8"


async def test_only_the_password_opens_it_by_tcp_and_by_socket(postgres: Postgres) -> None:
    kept = postgres.data_dir.parent / "postgres.password"
    password = kept.read_text().strip()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.url.replace(password, "wrong"))
    how = {"host": str(postgres.socket_dir), "port": postgres.port, "user": "opendoors", "database": "opendoors"}
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(**how, password="wrong")
    await (await asyncpg.connect(**how, password=password)).close()


async def test_it_ends_when_its_parent_is_killed_and_the_next_start_goes_on(tmp_path: Path) -> None:
    program = (
        "import asyncio, pathlib, sys; from embedded.postgres import Postgres\n"
        "server = Postgres(pathlib.Path(sys.argv[1]))\n"
        "async def main():\n"
        "    await server.start(); print(server.pid, flush=True); await asyncio.sleep(60)\n"
        "asyncio.run(main())"
    )
    root = Path(__file__).parents[2]
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(tmp_path / "pg"), stdout=asyncio.subprocess.PIPE, cwd=root
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()

    server = Postgres(tmp_path / "pg", durable=False)
    await server.start()
    assert await wait_until(lambda: not is_running(pid), 5)
    assert await ask(server.url, "SHOW fsync") == "off"
    await server.stop()
