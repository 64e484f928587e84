"""Working off the outbox: one process at a time takes the letters of some topics, and the others stand by.

An advisory lock of Postgres guards the round, so that the letters of a subject keep their order; whoever stands by
takes over when its connection ends. A commit that wrote to the outbox wakes it by a notification; a look every second
catches what a lost one would have said.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker

from db import outbox
from db.outbox import Letter, Topic
from domain.time_scale import TimeScale

BATCH = 500
IDLE_SECONDS = 1.0
STANDBY_SECONDS = 2.0
MAX_BACKOFF = timedelta(minutes=5)
BRIEF = timedelta(seconds=2)

log = structlog.get_logger(__name__)


class Postman(ABC):
    """``topics`` are the letters that it takes, ``lock`` the key of the advisory lock that makes it the only one."""

    topics: Collection[Topic]
    lock: int

    def __init__(
        self,
        engine: AsyncEngine,
        sessions: async_sessionmaker[AsyncSession],
        clock: Callable[[], datetime],
        scale: TimeScale,
    ) -> None:
        self._engine = engine
        self._sessions = sessions
        self._clock = clock
        self._scale = scale
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled; a failure of Postgres or Temporal is waited out."""
        while True:
            try:
                async with self._engine.connect() as connection:
                    await self._run_locked(connection)
            except Exception as error:
                # Whatever is down will come back, and the letters wait in Postgres.
                log.warning("postman.failed", postman=type(self).__name__, error=repr(error))
            await asyncio.sleep(STANDBY_SECONDS)

    async def drain(self) -> int:
        """Deliver everything that is due now; answers how many letters were delivered."""
        total = 0
        while True:
            async with self._sessions() as session:
                letters = await outbox.pending(session, self.topics, now=self._clock(), limit=BATCH)
            if not letters:
                return total
            total += await self._deliver(letters)

    @abstractmethod
    async def _deliver(self, letters: Sequence[Letter]) -> int:
        """Deliver the letters, those of one subject in their order, and forget them; those that fail are put off."""

    async def _run_locked(self, connection: AsyncConnection) -> None:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        locked = await autocommit.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": self.lock})
        if not locked:
            return
        raw = (await autocommit.get_raw_connection()).driver_connection
        assert raw is not None
        await raw.add_listener(outbox.CHANNEL, lambda *_: self._news.set())
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
            await asyncio.wait_for(self._news.wait(), IDLE_SECONDS)
        except TimeoutError:
            return

    async def _put_off(self, letter: Letter, error: Exception | str, *, briefly: bool = False) -> None:
        """Try the letter again later, and ever later, or ``briefly``, where what it waits for takes seconds."""
        backoff = BRIEF if briefly else min(MAX_BACKOFF, timedelta(seconds=2 ** min(letter.attempts, 10)))
        log.warning("postman.letter_failed", letter=letter.id, topic=letter.topic, error=repr(error))
        # The backoff is real time: whatever is down does not come back sooner where the calendar runs faster.
        retry_at = self._clock() + self._scale.stretch(backoff)
        async with self._sessions.begin() as session:
            await outbox.failed(session, letter.id, error=repr(error), retry_at=retry_at)
