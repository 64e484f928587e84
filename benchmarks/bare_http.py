"""The baseline of the HTTP API: FastAPI and asyncpg by hand, without keys, checks or anything else that is ours.

``python -m benchmarks.bare_http PORT DATABASE_URL`` serves it with the settings of ours: the picture of an open that
records nothing, and contacts, one and by page, in the JSON of ours.
"""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uvicorn
from fastapi import FastAPI, Request, Response

from api.tracking import PIXEL, GifResponse
from embedded.processes import Child

PATH = "/nothing/{token}.gif"
_ROOT = Path(__file__).resolve().parents[1]
_PATIENCE_SECONDS = 30.0
_POOL = 10
"""As many connections as ours has by default."""
_ONE = "SELECT * FROM contacts WHERE id = $1"
_PAGE = "SELECT * FROM contacts ORDER BY created_at DESC, id DESC LIMIT $1"


@asynccontextmanager
async def _pool(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(sys.argv[2], min_size=_POOL, max_size=_POOL, init=_read_json) as pool:
        app.state.pool = pool
        yield


async def _read_json(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


app = FastAPI(docs_url=None, redoc_url=None, lifespan=_pool)


@app.get(PATH, response_class=GifResponse)
async def nothing(token: str) -> Response:
    """Looks at nothing, and records nothing."""
    return GifResponse(PIXEL)


@app.get("/contacts/{id}")
async def contact(id: UUID, request: Request) -> Response:
    """One contact."""
    return _answer(dict(await request.app.state.pool.fetchrow(_ONE, id)))


@app.get("/contacts")
async def contacts(request: Request, limit: int = 50) -> Response:
    """A page of contacts."""
    rows = await request.app.state.pool.fetch(_PAGE, limit + 1)
    return _answer({"data": [dict(row) for row in rows[:limit]], "next_cursor": None})


def _answer(content: object) -> Response:
    body = json.dumps(content, default=_plain, ensure_ascii=False, separators=(",", ":"))
    return Response(body, media_type="application/json")


def _plain(value: Any) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return float(value) if isinstance(value, Decimal) else str(value)


@asynccontextmanager
async def server(logs: Path, database_url: str) -> AsyncIterator[tuple[str, int]]:
    """The baseline in a process of its own: its host and port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address: tuple[str, int] = free.getsockname()
    argv = [sys.executable, "-m", "benchmarks.bare_http", str(address[1]), database_url]
    child = Child.spawn("bare http", argv, log=logs / "bare_http.log", cwd=_ROOT)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while not await _answers(address):  # noqa: ASYNC110 - what is asked is another process
                await asyncio.sleep(0.05)
        yield address
    finally:
        await child.end()


async def _answers(address: tuple[str, int]) -> bool:
    try:
        _, writer = await asyncio.open_connection(*address)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
