"""The list keeper: dynamic lists follow changes within a second, and who joins is enrolled where the list says so.

It works off the queue that triggers fill (``db.list_queue``). A list that is to be refreshed as a whole is refreshed
here if its customer has few contacts, and else by a job, so that nobody else's lists wait for it.
"""

import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from db import list_enrolling, list_judging, list_queue, list_refreshing
from db.list_queue import StaleList
from workflows.chore import Chore

REST_SECONDS = 5.0
"""What failed is tried again after so long."""

log = structlog.get_logger(__name__)


class ListKeeper(Chore):
    """Runs in every worker process; see ``Chore``."""

    lock = 0x0D00_0004
    idle_seconds = 0.2

    def __init__(
        self, engine: AsyncEngine, sessions: async_sessionmaker[AsyncSession], clock: Callable[[], datetime]
    ) -> None:
        super().__init__(engine, sessions, clock)
        self._resting: dict[UUID, float] = {}

    async def drain(self) -> int:
        """Judge, refresh and enroll until nothing is left that can be done now; answers how much was."""
        total = 0
        while done := await self._round():
            total += done
        return total

    async def _round(self) -> int:
        """A part of the work of each customer and list, so that none waits for all of another's."""
        async with self._sessions() as session:
            customers = await list_queue.customers(session)
            stale = await list_queue.stale(session)
            waiting = await list_enrolling.waiting(session)
        work: list[tuple[UUID, Callable[[], Awaitable[int]]]] = [
            *((id, partial(self._judge, id)) for id in customers),
            *((one.list_id, partial(self._refresh, one)) for one in stale),
            *((one.id, partial(self._enroll, one)) for one in waiting),
        ]
        return sum([await self._attempt(subject, do) for subject, do in work])

    async def _attempt(self, subject: UUID, do: Callable[[], Awaitable[int]]) -> int:
        """Whatever is wrong with one customer or list must not keep back the others."""
        if self._resting.get(subject, 0.0) > time.monotonic():
            return 0
        try:
            done = await do()
        except Exception as error:
            log.warning("list_keeper.failed", subject=str(subject), error=repr(error))
            self._resting[subject] = time.monotonic() + REST_SECONDS
            return 0
        self._resting.pop(subject, None)
        return done

    async def _judge(self, customer_id: UUID) -> int:
        async with self._sessions.begin() as session:
            return await list_judging.judge(session, customer_id, now=self._clock())

    async def _refresh(self, stale: StaleList) -> int:
        async with self._sessions.begin() as session:
            if await list_refreshing.is_large(session, stale.customer_id):
                return await list_refreshing.order(session, stale, now=self._clock())
        await list_refreshing.refresh(self._sessions, stale.list_id, now=self._clock())
        return 1

    async def _enroll(self, waiting: Row[Any]) -> int:
        async with self._sessions.begin() as session:
            return await list_enrolling.enroll_next(session, waiting, now=self._clock())
