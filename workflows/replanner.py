"""The re-planner: plans again when settings have changed or room was given back; the outbox says for whom."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from db import outbox, replanning
from db.outbox import PLANNING, Letter, Topic
from db.replanning import Replanned
from workflows.postman import Postman

log = structlog.get_logger(__name__)


class Replanner(Postman):
    """Runs in every worker process; see ``Postman``. Each decision is a transaction of its own."""

    topics = PLANNING
    lock = 0x0D00_0003

    async def _deliver(self, letters: Sequence[Letter]) -> int:
        """One decision for all letters of a kind about a subject: it sees everything that they speak of."""
        threads: dict[tuple[Topic, UUID], list[Letter]] = defaultdict(list)
        for letter in letters:
            threads[letter.topic, letter.subject_id].append(letter)
        delivered = 0
        for (topic, subject_id), thread in threads.items():
            try:
                delivered += await self._replan(topic, subject_id, thread)
            except Exception as error:
                # Whatever is wrong with this subject must not keep back the others.
                for letter in thread:
                    await self._put_off(letter, error)
        return delivered

    async def _replan(self, topic: Topic, subject_id: UUID, thread: Sequence[Letter]) -> int:
        async with self._sessions.begin() as session:
            replanned = await self._decide(session, topic, subject_id, thread)
            if not replanned.busy:
                await outbox.told(session, [letter.id for letter in thread])
        if replanned.moved:
            log.info("replanner.replanned", topic=topic, subject=str(subject_id), moved=replanned.moved)
        if replanned.busy:
            # Those whose rows were held at the moment may just have been planned by the old settings.
            for letter in thread:
                await self._put_off(letter, f"{replanned.busy} enrollments were busy", briefly=True)
        return len(thread)

    async def _decide(
        self, session: AsyncSession, topic: Topic, subject_id: UUID, thread: Sequence[Letter]
    ) -> Replanned:
        now = self._clock()
        match topic:
            case Topic.PLAN_FILL:
                count = sum(letter.payload.get("count", 1) for letter in thread)
                return await replanning.fill(session, subject_id, count, now)
            case Topic.PLAN_MAILBOX:
                return await replanning.replan_mailbox(session, subject_id, now)
            case _:
                new_zone = any(letter.payload.get("new_zone") for letter in thread)
                return await replanning.replan(session, subject_id, now, new_zone=new_zone)
