"""Dynamic lists refreshed as a whole: one by a job, and those with ``auto_refresh`` on a schedule."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.resources import Resources, heartbeats
from db import jobs, list_refreshing
from domain.errors import Conflict, Invalid

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ListsRefreshed:
    """How many lists were refreshed, and how many have rules of which nothing can be made."""

    refreshed: int
    failed: int


async def refresh_list(resources: Resources, job: Row[Any]) -> Mapping[str, Any]:
    """The job that refreshes one list; begun again it writes what is still to be written."""

    async def note(session: AsyncSession, written: int) -> None:
        await jobs.advance(session, job.id, done=job.done + written)

    list_id = UUID(job.parameters["list_id"])
    refreshed = await list_refreshing.refresh(resources.sessions, list_id, now=resources.clock(), written=note)
    if refreshed is None:
        raise Conflict("list.gone", "The list was deleted before it was refreshed.")
    return {"joined": refreshed.joined, "left": refreshed.left}


class ListActivities:
    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @activity.defn
    async def refresh_lists(self) -> ListsRefreshed:
        """Refresh every list with ``auto_refresh`` that was not refreshed lately; begun again it goes on."""
        every = timedelta(minutes=self._resources.settings.list_refresh_minutes)
        # A schedule is not exact, so half of its interval tells this round from the last.
        before = self._resources.clock() - self._resources.scale.stretch(every) / 2
        async with heartbeats():
            async with self._resources.sessions() as session:
                due = await list_refreshing.due(session, before=before)
            answers = [await self._refresh(list_id) for list_id in due]
        return ListsRefreshed(refreshed=answers.count(True), failed=answers.count(False))

    async def _refresh(self, list_id: UUID) -> bool:
        try:
            await list_refreshing.refresh(self._resources.sessions, list_id, now=self._resources.clock())
        except Invalid as error:
            # The others are refreshed all the same.
            log.warning("list.cannot_be_refreshed", list=str(list_id), error=str(error))
            return False
        return True
