"""Opens and clicks on their way to the database: answered at once, recorded in batches by one task per process."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import islice

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api.recent_clicks import RecentClicks
from db import tracking
from db.transience import sqlstate
from domain.tracking.hit_classes import AT_ONCE, Hit, HitKind

EVERY_SECONDS = 0.2
HOLD_SECONDS = AT_ONCE.total_seconds()
"""A click waits so long: only then is it known that no other link of the email was followed at the same time."""
BATCH = 50
"""Hits of one transaction: while a batch is prepared, requests wait."""
MAX_WAITING = 50_000
"""Hits that may wait while the database cannot be reached; what comes then is answered and not recorded."""
MAX_LINKS = 10_000
PATIENCE_SECONDS = 10.0
"""How long the last batches may take when the process ends."""

_log = structlog.get_logger("opendoors.tracking")


class HitRecorder:
    """A bounded queue of hits and the task that empties it.

    An open is recorded within ``EVERY_SECONDS``, a click ``HOLD_SECONDS`` later. A process that is killed loses the
    hits that were not recorded yet; one that is told to end records them first.
    """

    def __init__(self, sessions: async_sessionmaker[AsyncSession], clock: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._clock = clock
        self._opens: deque[Hit] = deque()
        self._clicks: deque[tuple[float, Hit]] = deque()
        self._recent = RecentClicks()
        self._urls: OrderedDict[int, str] = OrderedDict()
        self._arrived = asyncio.Event()
        self._writing = asyncio.Lock()
        self._dropped = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to record."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Record what waits, as far as the database lets us."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self.flush()
        except Exception as error:
            lost = len(self._opens) + len(self._clicks)
            _log.error("tracking.lost", hits=lost, error=type(error).__name__)

    def put(self, hit: Hit) -> None:
        """Let the hit be recorded soon; it costs the request nothing."""
        if len(self._opens) + len(self._clicks) >= MAX_WAITING:
            self._dropped += 1
            return
        if hit.kind is HitKind.OPEN:
            self._opens.append(hit)
        else:
            self._clicks.append((asyncio.get_running_loop().time() + HOLD_SECONDS, hit))
        self._arrived.set()

    async def url_of(self, link_id: int) -> str | None:
        """Where the link leads; links never change, so they are remembered."""
        if link_id in self._urls:
            self._urls.move_to_end(link_id)
            return self._urls[link_id]
        async with self._sessions() as session:
            url = await tracking.url_of(session, link_id)
        if url is not None:
            self._urls[link_id] = url
            if len(self._urls) > MAX_LINKS:
                self._urls.popitem(last=False)
        return url

    async def flush(self) -> None:
        """Record everything that waits. Raises what the database raises; nothing is lost by it."""
        await self._record(until=float("inf"))

    async def _run(self) -> None:
        while True:
            await self._arrived.wait()
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self._record(until=asyncio.get_running_loop().time())
            except Exception as error:
                _log.warning("tracking.waits", hits=len(self._opens) + len(self._clicks), error=type(error).__name__)
                await asyncio.sleep(1)
            if self._dropped:
                _log.error("tracking.dropped", hits=self._dropped)
                self._dropped = 0
            if not self._opens and not self._clicks:
                self._arrived.clear()

    async def _record(self, until: float) -> None:
        """All opens, and the clicks whose wait is over by ``until``."""
        async with self._writing:
            singly = 0
            while batch := list(islice(self._due(until), 1 if singly else BATCH)):
                if await self._write(batch):
                    self._forget(batch)
                    singly = max(0, singly - 1)
                else:
                    singly = len(batch)

    def _due(self, until: float) -> Iterator[Hit]:
        yield from self._opens
        for ready, hit in self._clicks:
            if ready > until:
                return
            yield hit

    def _forget(self, batch: list[Hit]) -> None:
        """What is recorded waits no more. Whatever raised before this has left it where it was."""
        for hit in batch:
            if hit.kind is HitKind.OPEN:
                self._opens.popleft()
            else:
                self._clicks.popleft()
                self._recent.add(hit)

    async def _write(self, batch: list[Hit]) -> bool:
        """One transaction. False: one of the hits cannot be recorded, so they have to be tried one by one."""
        now = self._clock()
        self._recent.forget_until(now)
        clicks = [hit for hit in batch if hit.kind is HitKind.CLICK]
        try:
            async with self._sessions.begin() as session:
                await tracking.record(session, batch, recent=self._recent.near(clicks), now=now)
        except Exception as error:
            if not _is_of_a_hit(error):
                raise
            if len(batch) > 1:
                return False
            _log.error("tracking.failed", kind=batch[0].kind.value, error=type(error).__name__)
        return True


def _is_of_a_hit(error: Exception) -> bool:
    """Whether it fails because of what is recorded, and not because the database cannot do it now.

    Class 22 is a value that is none, class 23 a reference to what was deleted at this moment.
    """
    if isinstance(error, DBAPIError):
        return sqlstate(error)[:2] in {"22", "23"}
    return isinstance(error, ValueError | TypeError | LookupError)
