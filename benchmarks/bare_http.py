"""The baseline of the HTTP API: a FastAPI endpoint that answers the same picture and records nothing.

``python -m benchmarks.bare_http PORT`` serves it with the settings of ours.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response

from api.tracking import PIXEL, GifResponse
from embedded.processes import Child

PATH = "/nothing/{token}.gif"
_ROOT = Path(__file__).resolve().parents[1]
_PATIENCE_SECONDS = 30.0

app = FastAPI(docs_url=None, redoc_url=None)


@app.get(PATH, response_class=GifResponse)
async def nothing(token: str) -> Response:
    """Looks at nothing, and records nothing."""
    return GifResponse(PIXEL)


@asynccontextmanager
async def server(logs: Path) -> AsyncIterator[tuple[str, int]]:
    """The baseline in a process of its own: its host and port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address: tuple[str, int] = free.getsockname()
    argv = [sys.executable, "-m", "benchmarks.bare_http", str(address[1])]
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
