"""Chores of the worker processes: one process at a time does each, and the others stand by.

An advisory lock of Postgres makes it the only one; whoever stands by takes over when its connection ends.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker

STANDBY_SECONDS = 2.0

log = structlog.get_logger(__name__)


class Chore(ABC):
    """``lock`` is the key of the advisory lock. There is a look for work every ``idle_seconds``, and at once when
    somebody notifies ``channel``."""

    lock: int
    idle_seconds: float = 1.0
    channel: str | None = None

    def __init__(
        self, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession], clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._sessions = sessions
        self._clock = clock
        self._news = asyncio.Event()

    @abstractmethod
    async def drain(self) -> int:
        """Do everything that is due now; answers how much was done."""

    async def run(self) -> None:
        """Work until cancelled; a failure of Postgres or Temporal is waited out."""
        while True:
            try:
                async with self._engine.connect() as connection:
                    await self._run_locked(connection)
            except Exception as error:
                # Whatever is down will come back, and the work waits in Postgres.
                log.warning("chore.failed", chore=type(self).__name__, error=repr(error))
            await asyncio.sleep(STANDBY_SECONDS)

    async def _run_locked(self, connection: AsyncConnection) -> None:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        locked = await autocommit.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": self.lock})
        if not locked:
            return
        if self.channel is not None:
            raw = (await autocommit.get_raw_connection()).driver_connection
            assert raw is not None
            await raw.add_listener(self.channel, lambda *_: self._news.set())
        try:
            while True:
                self._news.clear()
                await self.drain()
                await self._wait_for_news()
                # The lock is as alive as this connection: without it another may be at work.
                await autocommit.execute(text("SELECT 1"))
        finally:
            await autocommit.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": self.lock})

    async def _wait_for_news(self) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), self.idle_seconds)
        except TimeoutError:
            return
