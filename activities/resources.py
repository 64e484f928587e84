"""What activities share: the pool of sessions, the clock, the mail connections, the secrets; and heartbeats."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from temporalio import activity

from activities.oauth import AccessTokens
from activities.smtp import SmtpConnections
from db.secrets import SecretBox
from domain.scheduling.schedule import PUNCTUAL
from domain.time_scale import TimeScale
from settings import Settings

HEARTBEAT_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Resources:
    """One per worker process, given to every activity class."""

    settings: Settings
    sessions: async_sessionmaker[AsyncSession]
    smtp: SmtpConnections
    secrets: SecretBox
    http: AsyncClient
    """For requests that users aim, such as those for access tokens."""
    tokens: AccessTokens
    clock: Callable[[], datetime]
    """The calendar's present."""

    async def close(self) -> None:
        """Take leave of mail servers and others; the database is whoever made its engine's."""
        await self.smtp.close()
        await self.http.aclose()

    @property
    def scale(self) -> TimeScale:
        """How the calendar runs against the real clocks of workflows and servers."""
        return self.settings.scale

    @property
    def grace(self) -> timedelta:
        """How late, in calendar time, a step may come that is still in time: fifteen seconds of real time."""
        return self.scale.stretch(PUNCTUAL)

    def now(self, asked_at: datetime) -> datetime:
        """The calendar's present; ``asked_at`` is the workflow's real clock, which is ahead in tests that skip time."""
        return max(self.clock(), self.scale.calendar(asked_at))


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
