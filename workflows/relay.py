"""The relay: tells Temporal what the outbox holds for it, and deletes what has been told."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from temporalio.client import Client

from db import outbox, workflow_starts
from db.outbox import PLANNING, Letter, Topic
from domain.mailboxes import MailboxWatch
from domain.time_scale import TimeScale
from workflows.client import signal_enrollment, start_enrollment, start_job, start_mailbox, work_enrichment
from workflows.postman import Postman

IN_FLIGHT = 64


class Relay(Postman):
    """Runs in every worker process; see ``Postman``."""

    topics = frozenset(Topic) - PLANNING
    lock = 0x0D00_0001

    def __init__(
        self,
        engine: AsyncEngine,
        sessions: async_sessionmaker[AsyncSession],
        client: Client,
        clock: Callable[[], datetime],
        scale: TimeScale,
    ) -> None:
        super().__init__(engine, sessions, clock, scale)
        self._client = client
        self._in_flight = asyncio.Semaphore(IN_FLIGHT)

    async def _deliver(self, letters: Sequence[Letter]) -> int:
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
        async with self._in_flight:
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
        elif letter.topic is Topic.JOB_START:
            await start_job(self._client, letter.subject_id, customer_id=letter.customer_id)
        elif letter.topic is Topic.ENRICHMENT_WORK:
            await work_enrichment(self._client, letter.subject_id, customer_id=letter.customer_id)
        elif letter.topic is not Topic.ENROLLMENT_START:
            not_begun = start is not None and start.not_begun
            await signal_enrollment(self._client, letter.subject_id, letter.topic, letter.payload, not_begun=not_begun)
        elif start is not None:
            again = bool(letter.payload.get("again"))
            await start_enrollment(self._client, start, now=self._clock(), scale=self._scale, again=again)
