"""Working off the outbox: one process at a time takes the letters of some topics, so that those of a subject keep
their order.

A commit that wrote to the outbox wakes it by a notification; a look every second catches what a lost one would have
said.
"""

from abc import abstractmethod
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from db import outbox
from db.outbox import Letter, Topic
from domain.time_scale import TimeScale
from workflows.chore import Chore

BATCH = 500
MAX_BACKOFF = timedelta(minutes=5)
BRIEF = timedelta(seconds=2)

log = structlog.get_logger(__name__)


class Postman(Chore):
    """``topics`` are the letters that it takes."""

    topics: Collection[Topic]
    channel = outbox.CHANNEL

    def __init__(
        self,
        engine: AsyncEngine,
        sessions: async_sessionmaker[AsyncSession],
        clock: Callable[[], datetime],
        scale: TimeScale,
    ) -> None:
        super().__init__(engine, sessions, clock)
        self._scale = scale

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

    async def _put_off(self, letter: Letter, error: Exception | str, *, briefly: bool = False) -> None:
        """Try the letter again later, and ever later, or ``briefly``, where what it waits for takes seconds."""
        backoff = BRIEF if briefly else min(MAX_BACKOFF, timedelta(seconds=2 ** min(letter.attempts, 10)))
        log.warning("postman.letter_failed", letter=letter.id, topic=letter.topic, error=repr(error))
        # The backoff is real time: whatever is down does not come back sooner where the calendar runs faster.
        retry_at = self._clock() + self._scale.stretch(backoff)
        async with self._sessions.begin() as session:
            await outbox.failed(session, letter.id, error=repr(error), retry_at=retry_at)
