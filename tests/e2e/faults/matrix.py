"""One run of the matrix: servers, workers and people around it, until every send has its end."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from clock import utc_now
from db import email_accounts, enrolling
from db.engine import create_engine, session_factory
from db.secrets import SecretBox
from domain.vocabulary import EmailAccountStatus, EnrollmentSource
from settings import Settings
from tests.e2e.faults.fleet import Fleet
from tests.e2e.faults.scenario import Batch, Scenario, make_scenario
from tests.e2e.faults.server import FaultServer
from tests.e2e.faults.verdict import LEDGER, Verdict, judge
from tests.e2e.faults.worker import HEARTBEAT

SECRET = "0123456789abcdef"
STILL_SECONDS = 150.0
"""Nothing has ended for so long: whoever is open then is lost."""
ROOM = 500
"""The next wave begins when fewer sends are open."""
_FEW = 20
"""When no more are open, each is told of."""
_LOOK_SECONDS = 1.0
_TELL_SECONDS = 10.0
_OPEN = """SELECT count(*) FILTER (WHERE status IN ('active', 'paused')) AS open, count(*) AS all
           FROM sequence_enrollments"""
_STOPPED = """SELECT account.id, account.customer_id FROM email_accounts AS account
              WHERE account.status = 'error' AND NOT EXISTS (
                SELECT FROM sequence_enrollments AS e JOIN sequences AS sequence ON sequence.id = e.sequence_id
                WHERE sequence.default_email_account_id = account.id AND e.status = 'active'
                  AND e.waiting_reason IS DISTINCT FROM 'mailbox_error')"""
"""Mailboxes in error, all of whose sends wait by now."""
_TRIED = """SELECT account.email AS mailbox, contact.email AS recipient
            FROM email_accounts AS account
            JOIN sequences AS sequence ON sequence.default_email_account_id = account.id
            JOIN sequence_enrollments AS e ON e.sequence_id = sequence.id
            JOIN contacts AS contact ON contact.id = e.contact_id
            LEFT JOIN email_messages AS message ON message.enrollment_id = e.id
            WHERE account.email = ANY($1) AND (
              message.smtp_response IS NOT NULL OR message.attempts > 1 OR e.waiting_reason = 'mailbox_error')"""
"""Sends that were refused or cut off, or wait since the mailbox was stopped by what another one met."""


@dataclass(slots=True)
class Outcome:
    """What a run came to."""

    verdict: Verdict
    kills: int
    seconds: float
    mended: int
    """How often a mailbox in error was set to active again."""


@dataclass(slots=True)
class Matrix:
    """One run over a migrated, empty database and a Temporal server."""

    database_url: str
    temporal_address: str
    folder: Path
    per_cell: int
    """Sends that must meet each fault."""
    spare: int = 0
    """More sends in each cell, since some die with their worker before they meet their own fault."""
    waves: int = 8
    workers: int = 3
    together: int = 40
    """Sends that one kill is to hit."""
    smtp_timeout_seconds: float = 27.0
    kill_patience_seconds: float = 20.0
    """Shorter than the time-out: who waits to be killed has not given up."""
    kill_every: float | None = 60.0
    heartbeat_seconds: float | None = None
    seed: int = 1
    progress: Callable[[str], None] = lambda line: None
    _mended: int = 0
    _waiting: dict[str, set[str]] = field(default_factory=dict)

    async def run(self) -> Outcome:
        """Until everybody is through, or nothing moves any more, then judge."""
        started = time.monotonic()
        settings = Settings(database_url=SecretStr(self.database_url), secret_key=SecretStr(SECRET))
        engine = create_engine(settings)
        sessions = session_factory(engine)
        fleet = Fleet(
            self._environment(),
            self.folder,
            self.workers,
            self.together,
            self.kill_patience_seconds,
            self.kill_every,
            self.seed,
        )
        server = FaultServer(self.folder / "smtp", fleet)
        fleet.note_death = server.note_death
        await server.start()
        connection = await asyncpg.connect(self.database_url)
        try:
            scenario = await make_scenario(
                sessions,
                SecretBox(SECRET),
                smtp_port=server.port,
                per_cell=self.per_cell + self.spare,
                waves=self.waves,
            )
            await connection.execute("ANALYZE")
            self._waiting = {mailbox: set(recipients) for mailbox, recipients in scenario.own.items()}
            fleet.start()
            await self._drive(connection, sessions, scenario, server, fleet)
            rows = [dict(row) for row in await connection.fetch(LEDGER)]
        finally:
            await fleet.stop()
            await server.stop()
            await connection.close()
            await engine.dispose()
        verdict = judge(rows, server.books, scenario.own, least=self.per_cell)
        return Outcome(verdict, fleet.kills, time.monotonic() - started, self._mended)

    def _environment(self) -> Mapping[str, str]:
        given = {
            "OPENDOORS_DATABASE_URL": self.database_url,
            "OPENDOORS_TEMPORAL_ADDRESS": self.temporal_address,
            "OPENDOORS_SECRET_KEY": SECRET,
            "OPENDOORS_SEND_RETRY_MINUTES": "0.02",
            "OPENDOORS_SMTP_TIMEOUT_SECONDS": str(self.smtp_timeout_seconds),
            "OPENDOORS_RECONCILE_SECONDS": "30",
            "OPENDOORS_WORKER_ACTIVITY_SLOTS": "200",
            "OPENDOORS_SMTP_CONNECTIONS_PER_MAILBOX": "3",
            "OPENDOORS_LOG_LEVEL": "WARNING",
            "PYTHONTZPATH": "",
        }
        return given | ({HEARTBEAT: str(self.heartbeat_seconds)} if self.heartbeat_seconds else {})

    async def _drive(
        self,
        connection: asyncpg.Connection,
        sessions: async_sessionmaker[AsyncSession],
        scenario: Scenario,
        server: FaultServer,
        fleet: Fleet,
    ) -> None:
        waves = list(reversed(scenario.waves))
        began = told = moved = time.monotonic()
        done = -1
        while True:
            fleet.check()
            state = await connection.fetchrow(_OPEN)
            assert state is not None
            now = time.monotonic()
            if state["all"] - state["open"] != done:
                done, moved = state["all"] - state["open"], now
            if waves and state["open"] < ROOM:
                await self._enroll(sessions, waves.pop())
                moved = time.monotonic()
            elif (not waves and not state["open"]) or now - moved > STILL_SECONDS:
                return
            await self._heal(connection, server)
            await self._mend(connection, sessions)
            if now - told >= _TELL_SECONDS:
                told = now
                self.progress(
                    f"{now - began:4.0f} s: {done} of {scenario.sends} sends have ended, {state['open']} open, "
                    f"{server.books.met.total()} faults met, {fleet.kills} kills, {self._mended} mailboxes mended"
                )
                if not waves and state["open"] <= _FEW:
                    for row in await connection.fetch(f"{LEDGER} WHERE e.status IN ('active', 'paused')"):
                        self.progress(f"        {row['address']}: {row['message_status']}, {row['waiting_reason']}")
            await asyncio.sleep(_LOOK_SECONDS)

    async def _enroll(self, sessions: async_sessionmaker[AsyncSession], wave: list[Batch]) -> None:
        for batch in wave:
            async with sessions.begin() as session:
                await enrolling.enroll(
                    session,
                    customer_id=batch.tenant.customer_id,
                    sequence_id=batch.sequence_id,
                    contact_ids=batch.contact_ids,
                    enrolled_by=batch.tenant.user_id,
                    source=EnrollmentSource.API,
                    now=utc_now(),
                )

    async def _heal(self, connection: asyncpg.Connection, server: FaultServer) -> None:
        """End the faults at AUTH and MAIL of mailboxes all of whose sends have met one, or wait because of one."""
        for row in await connection.fetch(_TRIED, [name for name, left in self._waiting.items() if left]):
            self._waiting[row["mailbox"]].discard(row["recipient"])
        server.healed.update(name for name, left in self._waiting.items() if not left and server.books.met[name])

    async def _mend(self, connection: asyncpg.Connection, sessions: async_sessionmaker[AsyncSession]) -> None:
        """Set mailboxes in error to active, as a person would who has mended them."""
        fields: Mapping[str, Any] = {"status": EmailAccountStatus.ACTIVE}
        for row in await connection.fetch(_STOPPED):
            async with sessions.begin() as session:
                await email_accounts.change(
                    session,
                    customer_id=row["customer_id"],
                    email_account_id=row["id"],
                    fields=fields,
                    box=SecretBox(SECRET),
                    now=utc_now(),
                )
            self._mended += 1
