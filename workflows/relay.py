"""The relay: tells Temporal what the outbox holds, and deletes what has been told.

One relay works at a time, guarded by an advisory lock of Postgres, so that the letters of an enrollment keep
their order; the others stand by and take over when its connection ends. A commit that wrote to the outbox
wakes it by a notification; a look every second catches what a lost one would have said.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker
from temporalio.client import Client

from db import outbox, workflow_starts
from db.outbox import Letter, Topic
from domain.mailboxes import MailboxWatch
from workflows.client import signal_enrollment, start_enrollment, start_mailbox

BATCH = 500
IN_FLIGHT = 64
IDLE_SECONDS = 1.0
STANDBY_SECONDS = 2.0
MAX_BACKOFF = timedelta(minutes=5)
_LOCK = 0x0D00_0001

log = structlog.get_logger(__name__)


class Relay:
    """Runs in every worker process; see the module."""

    def __init__(
        self,
        engine: AsyncEngine,
        sessions: async_sessionmaker[AsyncSession],
        client: Client,
        clock: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._sessions = sessions
        self._client = client
        self._clock = clock
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Relay until cancelled; a failure of Postgres or Temporal is waited out."""
        while True:
            try:
                async with self._engine.connect() as connection:
                    await self._run_locked(connection)
            except Exception as error:
                # Whatever is down will come back, and the letters wait in Postgres.
                log.warning("relay.failed", error=repr(error))
            await asyncio.sleep(STANDBY_SECONDS)

    async def drain(self) -> int:
        """Tell everything that is due now; answers how many letters were told."""
        total = 0
        while True:
            async with self._sessions() as session:
                letters = await outbox.pending(session, now=self._clock(), limit=BATCH)
            if not letters:
                return total
            total += await self._tell(letters)

    async def _run_locked(self, connection: AsyncConnection) -> None:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        locked = await autocommit.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK})
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
                # The lock is as alive as this connection: without it another relay may be at work.
                await autocommit.execute(text("SELECT 1"))
        finally:
            await autocommit.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})

    async def _wait_for_news(self) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), IDLE_SECONDS)
        except TimeoutError:
            return

    async def _tell(self, letters: Sequence[Letter]) -> int:
        """Tell the letters, those of one subject in their order, many subjects at once."""
        threads: dict[UUID, list[Letter]] = defaultdict(list)
        for letter in letters:
            threads[letter.subject_id].append(letter)
        async with self._sessions() as session:
            starts = await workflow_starts.load(session, list(threads))
        told = await asyncio.gather(*(self._tell_thread(thread, starts.get(id)) for id, thread in threads.items()))
        ids = [id for some in told for id in some]
        if ids:
            async with self._sessions.begin() as session:
                await outbox.told(session, ids)
        return len(ids)

    async def _tell_thread(self, thread: Sequence[Letter], start: workflow_starts.WorkflowStart | None) -> list[int]:
        told: list[int] = []
        async with self._slots:
            for letter in thread:
                try:
                    await self._tell_one(letter, start)
                except Exception as error:
                    # Whatever is wrong with this letter must not keep back those of other subjects.
                    await self._put_off(letter, error)
                    break
                told.append(letter.id)
        return told

    async def _tell_one(self, letter: Letter, start: workflow_starts.WorkflowStart | None) -> None:
        """A letter whose subject is gone, or has ended before it began, has nothing to tell."""
        if letter.topic is Topic.MAILBOX_START:
            await start_mailbox(self._client, MailboxWatch(letter.subject_id), customer_id=letter.customer_id)
        elif letter.topic is not Topic.ENROLLMENT_START:
            not_begun = start is not None and start.not_begun
            await signal_enrollment(self._client, letter.subject_id, letter.topic, letter.payload, not_begun=not_begun)
        elif start is not None and start.start is not None:
            await start_enrollment(
                self._client,
                start.start,
                customer_id=start.customer_id,
                sequence_id=start.sequence_id,
                email_account_id=start.email_account_id,
                now=self._clock(),
            )

    async def _put_off(self, letter: Letter, error: Exception) -> None:
        backoff = min(MAX_BACKOFF, timedelta(seconds=2 ** min(letter.attempts, 10)))
        log.warning("relay.letter_failed", letter=letter.id, topic=letter.topic, error=repr(error))
        async with self._sessions.begin() as session:
            await outbox.failed(session, letter.id, error=repr(error), retry_at=self._clock() + backoff)
