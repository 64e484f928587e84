"""What was computed and is likely to be asked again: in the memory of each process, or in a Redis that all share.

Several processes write, so nothing that is kept is ever declared stale: the key of a value holds a version of what it
was computed from, which Postgres says in the statement that reads the rest of the answer. Keys begin with the
customer's id and hold nothing personal. A cache may forget anything at any time, and while a Redis does not answer,
every value is computed.
"""

import json
import time
from typing import Annotated, Any

import structlog
from cashews import Cache as Backend
from cashews.exceptions import CacheBackendInteractionError
from fastapi import Depends, Request

from domain import cache_urls
from settings import Settings

MAX_CHARACTERS = 512 * 1024
"""A value that is longer as JSON is not kept."""
MAX_AGE_SECONDS = 3600.0
"""Values are true for ever; those that nobody asks any more give way."""
SILENT_SECONDS = 5.0
"""How long a Redis that did not answer is left alone, so that not every request waits for it."""
_PATIENCE_SECONDS = 0.25
_log = structlog.get_logger(__name__)


class Cache:
    """Values of JSON by key. Neither ``get`` nor ``keep`` ever raises."""

    def __init__(self, settings: Settings) -> None:
        """Opens no connection."""
        url = settings.cache_url.get_secret_value()
        size = cache_urls.memory_size(url)
        options: dict[str, Any] = _of_redis() if size is None else {"size": size, "check_interval": 0}
        self._silent_until = 0.0
        self._backend = Backend()
        # JSON, because whoever can write to the Redis could make a pickle run anything.
        options |= {"pickle_type": "json", "compress_type": "zlib", "check_repr": False}
        self._backend.setup("mem://" if size else url, **options)

    async def get(self, key: str) -> Any:
        """The value that was kept under the key, None when there is none."""
        if time.monotonic() < self._silent_until:
            return None
        try:
            text = await self._backend.get(key)
            return None if text is None else json.loads(text)
        except CacheBackendInteractionError as error:
            self._leave_alone(error)
        except (ValueError, TypeError):
            # What lies there is not ours; it is written over.
            _log.warning("cache.unreadable", key=key)
        return None

    async def keep(self, key: str, value: Any) -> None:
        """Keep a value of JSON, unless it is too long."""
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        if len(text) > MAX_CHARACTERS or time.monotonic() < self._silent_until:
            return
        try:
            await self._backend.set(key, text, expire=MAX_AGE_SECONDS)
        except CacheBackendInteractionError as error:
            self._leave_alone(error)

    async def close(self) -> None:
        """Ends the connections."""
        await self._backend.close()

    def _leave_alone(self, error: Exception) -> None:
        self._silent_until = time.monotonic() + SILENT_SECONDS
        _log.warning("cache.silent", error=str(error.__cause__ or error), seconds=SILENT_SECONDS)


def _of_redis() -> dict[str, Any]:
    """Options of the client: it gives up soon, and tells of it."""
    return {
        "suppress": False,
        "socket_timeout": _PATIENCE_SECONDS,
        "socket_connect_timeout": _PATIENCE_SECONDS,
        "wait_for_connection_timeout": _PATIENCE_SECONDS,
        "retry": None,
        "client_name": "opendoors",
    }


async def _cache(request: Request) -> Cache:
    cache: Cache = request.app.state.cache
    return cache


CacheOf = Annotated[Cache, Depends(_cache)]
