"""What activities share: the pool of sessions, the clock, the mail connections, the secrets; and heartbeats."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from temporalio import activity

from activities.smtp import SmtpConnections
from clock import utc_now
from db.secrets import SecretBox
from domain.schedule import TimeScale
from settings import Settings

HEARTBEAT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Resources:
    """One per worker process, given to every activity class."""

    settings: Settings
    sessions: async_sessionmaker[AsyncSession]
    smtp: SmtpConnections
    secrets: SecretBox
    clock: Callable[[], datetime] = field(default=utc_now)

    @property
    def scale(self) -> TimeScale:
        return TimeScale(self.settings.time_scale)

    def now(self, asked_at: datetime) -> datetime:
        """The present: the wall clock, or the workflow's where that is ahead (in tests that skip time)."""
        return max(self.clock(), asked_at)


@asynccontextmanager
async def heartbeats() -> AsyncIterator[None]:
    """Tell Temporal that the activity lives, every few seconds while the block runs (a short one tells nothing)."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            activity.heartbeat()

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
