"""The enrichment workflow: works a workspace's queue while there is something to do, and ends.

It sleeps until the next thing can be done; what is queued meanwhile wakes it, or starts it again.
"""

import asyncio
from contextlib import suppress
from uuid import UUID

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.enrichment import EnrichmentActivities
    from domain.enriching.enrichment import EnrichmentOrder
    from workflows.policies import OUTSIDE_WORLD

LEAST_SECONDS = 1.0
"""Between two rounds of which the first found nothing to take, though something was due."""


@workflow.defn
class EnrichmentWorkflow:
    def __init__(self) -> None:
        self._woken = False

    @workflow.run
    async def run(self, workspace_id: UUID) -> None:
        """Go round the queue until nothing waits that time alone will bring on."""
        while True:
            self._woken = False
            done = await workflow.execute_activity_method(
                EnrichmentActivities.ask_providers, EnrichmentOrder(workspace_id, workflow.now()), **OUTSIDE_WORLD
            )
            if done.again_in_seconds is None and not self._woken:
                return
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(workspace_id)
            seconds = max(done.again_in_seconds or 0.0, 0.0 if done.taken else LEAST_SECONDS)
            with suppress(asyncio.TimeoutError):
                await workflow.wait_condition(lambda: self._woken, timeout=seconds)

    @workflow.signal
    def wake(self) -> None:
        """Something was queued, or a provider is used in another way."""
        self._woken = True
