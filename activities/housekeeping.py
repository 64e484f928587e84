"""Housekeeping of the database: months of activities made, filled and detached, old keys and files forgotten."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.resources import Resources, heartbeats
from db import contact_imports, idempotency_keys, partitions

KEYS_KEPT = timedelta(days=7)
TRIES = 20
REST_SECONDS = 0.5
"""Between two tries to have a lock, so that those who wait behind the one go on."""

ResultT = TypeVar("ResultT")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """What was done: partitions made and detached by name, and rows that stay in the default partition."""

    made: list[str]
    detached: list[str]
    waiting: int


class HousekeepingActivities:
    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @activity.defn
    async def keep_house(self) -> Kept:
        """Everything that is due; begun again it does the rest. Warns of rows that have no month's partition."""
        now = self._resources.clock()
        async with heartbeats():
            made = await self._patiently(partial(partitions.ensure_partitions, now=now))
            await self._take_in(now)
            detached = await self._detach(now)
            async with self._resources.sessions.begin() as session:
                # Postgres dates the keys, by the wall clock.
                await idempotency_keys.forget(session, before=self._resources.scale.real(now) - KEYS_KEPT)
                files_kept = timedelta(days=self._resources.settings.import_file_days)
                await contact_imports.forget_files(session, before=now - files_kept, now=now)
                waiting = await partitions.waiting(session)
        if waiting.rows:
            log.warning(
                "housekeeping.default_partition_not_empty",
                rows=waiting.rows,
                first=str(waiting.first),
                last=str(waiting.last),
            )
        return Kept(made=made, detached=detached, waiting=waiting.rows)

    async def _take_in(self, now: datetime) -> None:
        """Rows that wait in the default partition get that of their month."""
        async with self._resources.sessions() as session:
            months = await partitions.waiting_months(session, now=now)
        for start in months:
            await self._patiently(partial(partitions.take_in, start=start))
            log.info("housekeeping.rows_moved", month=f"{start:%Y-%m}")

    async def _detach(self, now: datetime) -> list[str]:
        """Take months out of the history that are older than the retention, each in a transaction of its own."""
        keep_months = self._resources.settings.activity_retention_months
        if not keep_months:
            return []
        async with self._resources.sessions() as session:
            names = await partitions.older(session, now=now, keep_months=keep_months)
        for name in names:
            await self._patiently(partial(partitions.detach, name=name))
            log.info("housekeeping.month_detached", table=name)
        return list(names)

    async def _patiently(self, work: Callable[[AsyncSession], Awaitable[ResultT]]) -> ResultT:
        """Do the work in a transaction, again while its locks are not to be had at once."""
        for tries_left in reversed(range(TRIES)):
            try:
                async with self._resources.sessions.begin() as session:
                    return await work(session)
            except DBAPIError as error:
                if not tries_left or not partitions.is_busy(error):
                    raise
            await asyncio.sleep(REST_SECONDS)
        raise AssertionError("the last try answers or raises")
