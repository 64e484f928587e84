"""The reconciler: finds where Postgres and Temporal disagree, and makes Temporal agree with the rows.

The outbox loses nothing by itself. What remains is what people and disasters do: a workflow that was terminated
in the Temporal UI, or lost with Temporal's database, while its row is open. Such a workflow is started again from
the row; the ledger and the record of executed steps keep it from doing anything twice.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from db import enrichment_queue, outbox, partitions, workflow_starts
from db.outbox import Topic
from db.workflow_starts import WorkflowStart
from domain.mailboxes import MailboxWatch
from domain.time_scale import TimeScale
from workflows.client import enrollment_workflow_id, start_enrollment, start_mailbox, work_enrichment

OVERDUE = timedelta(seconds=30)
"""A step that is due for longer, and waits for nothing, makes its workflow suspect. These three are real time."""
LOOK_BACK = timedelta(minutes=10)
BATCH = 500

log = structlog.get_logger(__name__)


class Reconciler:
    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        client: Client,
        clock: Callable[[], datetime],
        scale: TimeScale,
    ) -> None:
        self._sessions = sessions
        self._client = client
        self._clock = clock
        self._scale = scale
        self._looked_at: UUID | None = None

    async def run(self, every: timedelta) -> None:
        """Reconcile until cancelled; a failure of Postgres or Temporal is waited out."""
        while True:
            try:
                repaired = await self.reconcile()
                if repaired:
                    log.info("reconciler.repaired", workflows=repaired)
            except Exception as error:
                # Whatever is down will come back, and the next round sees the same rows.
                log.warning("reconciler.failed", error=repr(error))
            await asyncio.sleep(every.total_seconds())

    async def reconcile(self) -> int:
        """One round; answers how many workflows were started again."""
        await self._make_partitions()
        await self._watch_mailboxes()
        await self._work_enrichment()
        repaired = 0
        async for ids in self._closed_without_end():
            async with self._sessions() as session:
                for start in await workflow_starts.open_among(session, ids):
                    repaired += await self._repair(start)
        async with self._sessions() as session:
            suspects = await workflow_starts.overdue(
                session,
                now=self._clock(),
                by=self._scale.stretch(OVERDUE),
                after=self._looked_at,
                limit=BATCH,
            )
        # The next round goes on behind this one, and from the start after the last.
        self._looked_at = suspects[-1].enrollment_id if len(suspects) == BATCH else None
        for start in suspects:
            repaired += await self._repair(start)
        return repaired

    async def _closed_without_end(self) -> AsyncIterator[list[UUID]]:
        """Enrollments whose workflow was lately terminated, failed or timed out, in batches."""
        since = (self._real_now() - LOOK_BACK).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = (
            "WorkflowType = 'EnrollmentWorkflow' AND ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut')"
            f" AND CloseTime > '{since}'"
        )
        batch: list[UUID] = []
        async for workflow in self._client.list_workflows(query):
            batch.append(UUID(workflow.id.removeprefix("enrollment-")))
            if len(batch) == BATCH:
                yield batch
                batch = []
        yield batch

    async def _repair(self, suspect: WorkflowStart) -> bool:
        """Start the workflow of an open row again, unless it runs, or the outbox is about to speak to it."""
        async with self._sessions() as session:
            if await outbox.has_letters(session, suspect.enrollment_id, Topic.ENROLLMENT_START):
                return False
        if await self._runs(suspect.enrollment_id):
            return False
        # It may have ended, and its workflow with it, since the row was read.
        async with self._sessions() as session:
            starts = await workflow_starts.open_among(session, [suspect.enrollment_id])
        for start in starts:
            await start_enrollment(self._client, start, now=self._clock(), scale=self._scale, again=True)
        return bool(starts)

    async def _runs(self, enrollment_id: UUID) -> bool:
        try:
            description = await self._client.get_workflow_handle(enrollment_workflow_id(enrollment_id)).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return description.status is WorkflowExecutionStatus.RUNNING

    async def _watch_mailboxes(self) -> None:
        async with self._sessions() as session:
            rows = await workflow_starts.mailboxes(session)
        for row in rows:
            await start_mailbox(self._client, MailboxWatch(row.id), customer_id=row.customer_id)

    async def _work_enrichment(self) -> None:
        """Start the workflows of queues in which something was to be done before, unless they run."""
        before = self._clock() - self._scale.stretch(OVERDUE)
        async with self._sessions() as session:
            rows = await enrichment_queue.overdue(session, before=before)
        for row in rows:
            await work_enrichment(self._client, row.workspace_id, customer_id=row.customer_id, wake=False)

    async def _make_partitions(self) -> None:
        """Make the partitions of the months ahead, as housekeeping does: this must not wait for Temporal."""
        try:
            async with self._sessions.begin() as session:
                await partitions.ensure_partitions(session, now=self._clock())
        except DBAPIError as error:
            if not partitions.is_busy(error):
                raise
            # There are months until they are needed, and the next round comes soon.
            log.info("reconciler.partitions_busy")

    def _real_now(self) -> datetime:
        """The present of Temporal and of Postgres' own clock."""
        return self._scale.real(self._clock())
