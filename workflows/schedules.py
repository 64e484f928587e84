"""Temporal Schedules: what is done again and again, whichever workers are up."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Final

import structlog
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from settings import Settings
from workflows.housekeeping import HousekeepingWorkflow
from workflows.list_refresh import ListRefreshWorkflow
from workflows.policies import JOB_QUEUE

HOUSEKEEPING: Final = "opendoors-housekeeping"
LIST_REFRESH: Final = "opendoors-list-refresh"
CATCH_UP: Final = timedelta(minutes=1)
"""After an outage what was missed is not made up for: the next time does all that is due."""
RETRY_SECONDS: Final = 10.0

log = structlog.get_logger(__name__)


def wanted(settings: Settings) -> Mapping[str, Schedule]:
    """The schedules of an installation, by id."""
    return {
        HOUSEKEEPING: Schedule(
            action=ScheduleActionStartWorkflow(HousekeepingWorkflow.run, id=HOUSEKEEPING, task_queue=JOB_QUEUE),
            spec=_every(timedelta(hours=1)),
            policy=_one_at_a_time(),
        ),
        LIST_REFRESH: Schedule(
            action=ScheduleActionStartWorkflow(ListRefreshWorkflow.run, id=LIST_REFRESH, task_queue=JOB_QUEUE),
            spec=_every(timedelta(minutes=settings.list_refresh_minutes)),
            policy=_one_at_a_time(),
        ),
    }


async def ensure(client: Client, settings: Settings) -> None:
    """Have Temporal hold the schedules as they are here; one that somebody has paused stays paused."""
    for id, schedule in wanted(settings).items():
        try:
            await client.create_schedule(id, schedule)
        except ScheduleAlreadyRunningError:
            await client.get_schedule_handle(id).update(partial(_renewed, schedule))


async def keep_trying(client: Client, settings: Settings) -> None:
    """``ensure``, as soon as Temporal can be reached."""
    while True:
        try:
            return await ensure(client, settings)
        except Exception as error:
            # Whatever is down will come back; nothing else waits for it.
            log.warning("schedules.failed", error=repr(error))
        await asyncio.sleep(RETRY_SECONDS)


def _every(interval: timedelta) -> ScheduleSpec:
    return ScheduleSpec(intervals=[ScheduleIntervalSpec(every=interval)])


def _one_at_a_time() -> SchedulePolicy:
    return SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=CATCH_UP)


def _renewed(schedule: Schedule, now: ScheduleUpdateInput) -> ScheduleUpdate:
    schedule.state = now.description.schedule.state
    return ScheduleUpdate(schedule)
