"""What the measurements share: every service of the product on durable files, and the rows that they work on."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
from temporalio.client import Client as TemporalClient

from demo.client import Client, Row
from embedded.dev import DevServices, services

_PATIENCE_SECONDS = 120.0
# The intervals of production: `opendoors dev` looks around more often.
_PRODUCTION = {
    "OPENDOORS_IMAP_POLL_SECONDS": "60",
    "OPENDOORS_RECONCILE_SECONDS": "30",
    "OPENDOORS_LOG_LEVEL": "WARNING",
}


@dataclass(frozen=True, slots=True)
class Servers:
    """Postgres, Temporal, the mail server, the API and one worker, each in a process of its own."""

    running: DevServices
    api: Client
    temporal: TemporalClient
    database: asyncpg.Connection
    logs: Path

    async def contacts(self, number: int) -> list[str]:
        """The ids of the first ``number`` contacts, imported as far as they are missing."""
        lines = [f"contact{i}@prospect.example,Grace,Hopper{i},Company {i}" for i in range(number)]
        csv = "\n".join(["email,first_name,last_name,company_name", *lines])
        answer = await self.api.post_csv("contacts/bulk", csv)
        return [row["contact_id"] for row in answer["results"]]

    async def mailbox(self) -> Row:
        """A new mailbox on the mail server, without gaps and without IMAP."""
        mailbox: Row = await self.api.post("email-accounts", _mailbox(self.running))
        return mailbox

    async def sequence(self, mailbox: Row, steps: Sequence[Mapping[str, Any]]) -> Row:
        """A new, active sequence whose window never closes."""
        fields = {
            "name": "Benchmark",
            "default_email_account_id": mailbox["id"],
            "sending_days": [True] * 7,
            "max_emails_per_day": 1_000_000,
            "throttle_delay_minutes": 0,
            "steps": [{"step_order": order, "step_type": "email", **step} for order, step in enumerate(steps, 1)],
        }
        sequence: Row = await self.api.post("sequences", fields)
        return dict(await self.api.post(f"sequences/{sequence['id']}/activate"))


@asynccontextmanager
async def servers() -> AsyncIterator[Servers]:
    """Run them all in a temporary folder, on free ports. Raises ``ServiceError`` when one does not start."""
    with tempfile.TemporaryDirectory(prefix="opendoors-bench-") as folder:
        home = Path(folder)
        async with (
            services(home, api_port=0, environment=_PRODUCTION) as running,
            Client(running.api_url, running.api_key) as api,
        ):
            temporal = await TemporalClient.connect(running.temporal_address)
            database = await asyncpg.connect(running.database_url)
            try:
                yield Servers(running, api, temporal, database, home / "logs")
            finally:
                await database.close()


async def until(holds: Callable[[], Awaitable[bool]], *, every_seconds: float) -> None:
    """Ask again and again until it holds. Raises ``TimeoutError`` after two minutes."""
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while not await holds():  # noqa: ASYNC110 - what is asked is another process
            await asyncio.sleep(every_seconds)


def _mailbox(running: DevServices) -> dict[str, Any]:
    address = f"ann-{uuid4().hex[:8]}@sender.example"
    return {
        "email": address,
        "from_name": "Ann Sender",
        "daily_limit": 100_000,
        "min_gap_seconds": 0,
        "smtp_host": running.smtp_host,
        "smtp_port": running.smtp_port,
        "smtp_username": address,
        "smtp_password": running.mail_password,
        "smtp_security": "none",
    }
