"""The arena: it starts the worker processes, drives their clock from slot to slot, changes settings and kills."""

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random  # noqa: TID251 - the accidents of a test are not drawn from the engine's hashes
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from db import email_accounts, sequences, workspaces
from db.engine import create_engine, session_factory
from db.outbox import PLANNING
from db.secrets import SecretBox
from embedded.mail import MailServer
from tests.e2e.capacity import worker
from tests.e2e.capacity.checker import Deed, Verdict, check, read_deeds
from tests.e2e.capacity.history import History, read_settings
from tests.e2e.capacity.scenario import BEGIN, Scenario, make_scenario
from tests.e2e.capacity.shared_clock import SharedClock

STUCK_SECONDS = 0.1
"""Real time after which the clock runs faster while something is due and nobody is at it: all of them sleep."""
RUSH = timedelta(seconds=0.2)
"""By how much it is moved then, about every hundredth of a second."""
_LOOK_SECONDS = 0.005
_IDLE = timedelta(hours=1)
_STATE = """SELECT min(next_step_scheduled_at) FILTER (WHERE status = 'active' AND (
                     waiting_reason IS NULL OR waiting_reason = 'retry')) AS next,
                   count(*) FILTER (WHERE status IN ('active', 'paused')) AS open, count(*) AS enrolled,
                   (SELECT count(*) FROM email_messages WHERE sending_at IS NOT NULL) AS sent,
                   (SELECT min(next_attempt_at) FROM outbox WHERE topic = ANY($1)) AS letter
            FROM sequence_enrollments"""
_HELD = "SELECT waiting_reason::text, count(*) FROM sequence_enrollments WHERE status = 'active' GROUP BY 1"


@dataclass(slots=True)
class Outcome:
    """What a run came to."""

    verdict: Verdict
    deeds: list[Deed]
    seconds: float
    kills: int
    days: float
    changes: int
    notes: Mapping[str, int] = field(default_factory=dict)


Change = Callable[[AsyncSession, Scenario, datetime], Awaitable[object]]


@dataclass(slots=True)
class Arena:
    """One run over a migrated, empty database."""

    database_url: str
    folder: Path
    mail: MailServer
    processes: int
    enrollments: int
    kill_every: int | None = None
    """Sends, on average, between two kills; None: nobody is killed."""
    seed: int = 1
    progress: Callable[[str], None] = lambda line: None
    clock: SharedClock = field(init=False)
    history: History = field(default_factory=History)
    kills: int = 0
    _workers: list[tuple[ForkServerProcess, int]] = field(default_factory=list)

    async def run(self) -> Outcome:
        """Until everybody is through, then judge. Raises ``TimeoutError`` when nothing moves for a minute."""
        started = time.monotonic()
        self.clock = SharedClock(self.folder / "clock")
        self.clock.set(BEGIN)
        engine = create_engine(worker.settings_of(self.database_url))
        sessions = session_factory(engine)
        async with sessions.begin() as session:
            scenario = await make_scenario(
                session,
                self.database_url,
                enrollments=self.enrollments,
                smtp_port=self.mail.smtp_port,
                seed=self.seed,
            )
        connection = await asyncpg.connect(self.database_url)
        await connection.execute("ANALYZE")
        self.history.begin(BEGIN, await read_settings(connection))
        for index in range(self.processes):
            self._workers.append((self._spawn(scenario, index, 0), 0))
        changes = 0
        try:
            changes = await self._drive(connection, sessions, scenario)
        finally:
            self.clock.stop()
            await asyncio.to_thread(self._join)
            await engine.dispose()
        deeds = self._deeds()
        verdict = await check(connection, self.history, self.mail.received(), deeds)
        await connection.close()
        days = (self.clock.now() - BEGIN) / timedelta(days=1)
        return Outcome(verdict, deeds, time.monotonic() - started, self.kills, days, changes)

    # --- the clock -------------------------------------------------------------------------------------------

    async def _drive(
        self, connection: asyncpg.Connection, sessions: async_sessionmaker[AsyncSession], scenario: Scenario
    ) -> int:
        draw = Random(f"arena/{self.seed}")
        while not all(self._file(index, 0).exists() for index in range(self.processes)):
            await asyncio.sleep(_LOOK_SECONDS)
        expected = sum(map(len, scenario.contact_ids.values()))
        changes = list(CHANGES)
        moved = told = last = time.monotonic()
        killing = float(self.kill_every or "inf")
        sent = -1
        while True:
            state = await connection.fetchrow(_STATE, [str(topic) for topic in PLANNING])
            assert state is not None
            real = time.monotonic()
            if died := [process.exitcode for process, _ in self._workers if process.exitcode is not None]:
                raise ChildProcessError(f"workers ended by themselves: {died}")
            if state["enrolled"] == expected and not state["open"]:
                return len(CHANGES) - len(changes)
            if state["sent"] != sent:
                sent, last = state["sent"], real
            if real - last > 90:
                raise TimeoutError(f"nothing was sent for 90 s at {self.clock.now()}: {await connection.fetch(_HELD)}")
            if real - told > 5:
                told = real
                self.progress(f"{sent} sent, {state['enrolled']} enrolled, {self.clock.now():%a %d %b %H:%M}")
                await connection.execute("DELETE FROM outbox WHERE topic LIKE 'enrollment.%'")
            if self.kill_every and sent >= killing and (busy := self.clock.busy):
                # Somewhere between the claim and the record, and seldom between two sends.
                await asyncio.sleep(draw.uniform(0, 0.08))
                self._kill(scenario, draw.choice(self.clock.busy or busy))
                killing = sent + draw.expovariate(1 / self.kill_every)
            if changes and sent > expected * 3 * (len(CHANGES) - len(changes) + 1) / (len(CHANGES) + 1):
                await self._change(connection, sessions, scenario, changes.pop(0))
            elif self.clock.busy:
                moved = real
            elif self._is_quiet(state):
                self._move_to_next(state["next"], draw)
            elif real - moved > STUCK_SECONDS:
                self.clock.move(RUSH)
            await asyncio.sleep(_LOOK_SECONDS)

    def _is_quiet(self, state: asyncpg.Record) -> bool:
        """Whether nothing is due, for a step or for the re-planner."""
        now = self.clock.now()
        return all(state[what] is None or state[what] > now for what in ("next", "letter"))

    def _move_to_next(self, moment: datetime | None, draw: Random) -> None:
        """Go to the next slot, mostly a little late, sometimes so late that it has to be planned again."""
        now = self.clock.now()
        if moment is None or moment > now + _IDLE:
            # People live by the same clock: it does not leap over their doings.
            self.clock.move(_IDLE)
            return
        late = draw.choices(
            (draw.uniform(0, 0.3), draw.uniform(0, 4), draw.uniform(5, 14), draw.uniform(60, 2400)),
            (0.80, 0.185, 0.012, 0.003),
        )[0]
        self.clock.set(moment + timedelta(seconds=late))

    # --- settings --------------------------------------------------------------------------------------------

    async def _change(
        self,
        connection: asyncpg.Connection,
        sessions: async_sessionmaker[AsyncSession],
        scenario: Scenario,
        change: Change,
    ) -> None:
        """Change a setting, and let the clock only run, not leap, until everybody has been planned by it."""
        since = self.clock.now()
        async with sessions.begin() as session:
            await change(session, scenario, since)
        topics = [str(topic) for topic in PLANNING]
        deadline = time.monotonic() + 60
        while await connection.fetchval("SELECT EXISTS (SELECT FROM outbox WHERE topic = ANY($1))", topics):
            await asyncio.sleep(0.05)
            if time.monotonic() > deadline:
                raise TimeoutError(f"the re-planner has not come to an end after {change.__name__}")
        self.progress(f"changed: {change.__name__} in {(self.clock.now() - since).total_seconds():.1f} s")
        self.history.change(since, self.clock.now(), await read_settings(connection))

    # --- processes -------------------------------------------------------------------------------------------

    def _spawn(self, scenario: Scenario, index: int, generation: int) -> ForkServerProcess:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.e2e.capacity.worker"])
        process = context.Process(
            target=worker.run,
            args=(scenario, self.clock.path, index, generation, self.processes, self._file(index, generation)),
            daemon=True,
        )
        process.start()
        return process

    def _file(self, index: int, generation: int) -> Path:
        return self.folder / f"acknowledged-{index}-{generation}.jsonl"

    def _kill(self, scenario: Scenario, index: int) -> None:
        process, generation = self._workers[index]
        assert process.pid is not None
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        self.clock.note_busy(index, 0)
        self.kills += 1
        self._workers[index] = (self._spawn(scenario, index, generation + 1), generation + 1)

    def _join(self) -> None:
        for process, _ in self._workers:
            process.join(20)
            if process.is_alive():
                process.kill()
                process.join()

    def _deeds(self) -> list[Deed]:
        deeds = []
        for path in sorted(self.folder.glob("acknowledged-*.jsonl")):
            deeds += read_deeds(path.read_text().splitlines(keepends=True))
        return sorted(deeds, key=lambda deed: deed.at)


# --- the settings that people change while everything runs ---------------------------------------------------


async def _change_sequence(session: AsyncSession, scenario: Scenario, which: int, now: datetime, **fields: Any) -> None:
    tenant = scenario.tenant
    await sequences.change(
        session,
        customer_id=tenant.customer_id,
        sequence_id=scenario.sequence_ids[which],
        user_id=tenant.user_id,
        fields=fields,
        now=now,
    )


async def _change_mailbox(session: AsyncSession, scenario: Scenario, which: int, now: datetime, **fields: Any) -> None:
    await email_accounts.change(
        session,
        customer_id=scenario.tenant.customer_id,
        email_account_id=scenario.mailbox_ids[which],
        fields=fields,
        box=SecretBox(worker.SECRET),
        now=now,
    )


async def _change_workspace(session: AsyncSession, scenario: Scenario, now: datetime, **fields: Any) -> None:
    tenant = scenario.tenant
    await workspaces.change(
        session, customer_id=tenant.customer_id, workspace_id=tenant.workspace_id, fields=fields, now=now
    )


async def lower_a_sequence_cap(session: AsyncSession, scenario: Scenario, now: datetime) -> None:
    await _change_sequence(session, scenario, 0, now, max_emails_per_day=45)


async def lengthen_a_throttle(session: AsyncSession, scenario: Scenario, now: datetime) -> None:
    await _change_sequence(session, scenario, 1, now, throttle_delay_minutes=2)


async def lower_a_mailbox_limit(session: AsyncSession, scenario: Scenario, now: datetime) -> None:
    await _change_mailbox(session, scenario, 1, now, daily_limit=70)


async def send_a_mailbox_away(session: AsyncSession, scenario: Scenario, now: datetime) -> None:
    day = now.date()
    away = {"away_from": day + timedelta(days=1), "away_until": day + timedelta(days=3)}
    await _change_mailbox(session, scenario, 4, now, **away)


async def add_a_holiday(session: AsyncSession, scenario: Scenario, now: datetime) -> None:
    days: list[date] = [date(2027, 3, 17), now.date() + timedelta(days=1)]
    await _change_workspace(session, scenario, now, holiday_dates=days)


async def lower_the_domain_cap(session: AsyncSession, scenario: Scenario, now: datetime) -> None:
    await _change_workspace(session, scenario, now, recipient_domain_daily_cap=7)


async def shorten_the_hours(session: AsyncSession, scenario: Scenario, now: datetime) -> None:
    days = ("monday", "tuesday", "thursday", "friday")
    await _change_sequence(session, scenario, 0, now, sending_hours={day: [["10:00", "15:00"]] for day in days})


async def widen_the_hours(session: AsyncSession, scenario: Scenario, now: datetime) -> None:
    days = ("monday", "tuesday", "wednesday", "thursday", "friday")
    hours = {day: [["07:00", "19:00"]] for day in days}
    await _change_sequence(session, scenario, 0, now, sending_hours=hours, max_emails_per_day=80)


async def lengthen_a_gap(session: AsyncSession, scenario: Scenario, now: datetime) -> None:
    await _change_mailbox(session, scenario, 4, now, min_gap_seconds=75)


CHANGES: tuple[Change, ...] = (
    lower_a_sequence_cap,
    lengthen_a_throttle,
    add_a_holiday,
    lower_a_mailbox_limit,
    shorten_the_hours,
    send_a_mailbox_away,
    lower_the_domain_cap,
    lengthen_a_gap,
    widen_the_hours,
)
