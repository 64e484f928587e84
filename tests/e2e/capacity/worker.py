"""One worker process: it does the steps that are due, enrolls its share of the contacts, and pauses, resumes and stops.

What it was told is done ("acknowledged") it writes to a file of its own, line by line, before it goes on.
"""

import asyncio
import json
import multiprocessing
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import Random  # noqa: TID251 - what people do is not drawn from the engine's hashes
from typing import Any
from uuid import UUID

import asyncpg
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import logs
from activities.email import EmailActivities
from activities.enrollments import EnrollmentActivities
from activities.resources import Resources
from db import enrolling, enrollments
from db.engine import create_engine
from domain.enrollments import HOLDING, StepRun
from domain.errors import Conflict, NotFound
from domain.vocabulary import EnrollmentSource, StepType
from settings import Settings
from tests.e2e.capacity.scenario import Scenario
from tests.e2e.capacity.shared_clock import CalendarLoop, SharedClock, Sleepers, by_the_calendar
from worker import make_resources
from workflows.replanner import Replanner

SECRET = "0123456789abcdef"
AT_ONCE = 3
"""Steps that one process does at the same time."""
_LOOK_SECONDS = 0.01
_ANYHOW = 0.05
"""How often it looks for what is due though the clock was not moved."""
_FETCH = 12
_DOUBLED = 0.005
"""How many steps a process runs though another may be at them, as Temporal does after a heartbeat that was lost."""
_BATCHES = (1, 2, 5, 30, 60)
_DUE = f"""SELECT e.id, e.current_step_id AS step_id, step.step_type
           FROM sequence_enrollments AS e JOIN sequence_steps AS step ON step.id = e.current_step_id
           WHERE e.status = 'active' AND e.next_step_scheduled_at <= $1
             AND coalesce(e.waiting_reason::text <> ALL('{{{",".join(sorted(HOLDING))}}}'), true)
           ORDER BY e.next_step_scheduled_at LIMIT {_FETCH}"""
_LOCK_KEY = "SELECT pg_try_advisory_lock(1298, hashtext(CAST($1::uuid AS text)))"
_FREE_KEY = "SELECT pg_advisory_unlock(1298, hashtext(CAST($1::uuid AS text)))"


def settings_of(database_url: str) -> Settings:
    """A small pool: sixteen processes share one server."""
    url = SecretStr(database_url)
    return Settings(database_url=url, secret_key=SecretStr(SECRET), database_pool_size=6, log_level="CRITICAL")


def run(scenario: Scenario, clock_path: Path, index: int, generation: int, of: int, acknowledged: Path) -> None:
    """Work until the clock is stopped; the entry point of a process."""
    clock = SharedClock(clock_path)
    settings = settings_of(scenario.database_url)
    logs.configure(settings)
    with asyncio.Runner(loop_factory=lambda: CalendarLoop(clock)) as runner:
        runner.run(_Worker(scenario, settings, clock, (index, generation, of), acknowledged).work())


class _Worker:
    def __init__(
        self, scenario: Scenario, settings: Settings, clock: SharedClock, who: tuple[int, int, int], acknowledged: Path
    ) -> None:
        index, generation, of = who
        self._scenario = scenario
        self._clock = clock
        self._engine = create_engine(settings)
        self._resources: Resources = make_resources(settings, self._engine, clock.now)
        self._email = EmailActivities(self._resources)
        self._others = EnrollmentActivities(self._resources)
        self._index = index
        self._asleep = Sleepers()
        self._people_at_work = False
        self._draw = Random(f"{scenario.seed}/{index}/{generation}")
        self._share = {id: contacts[index::of] for id, contacts in scenario.contact_ids.items()}
        self._mine: list[UUID] = []
        self._running: set[UUID] = set()
        self._drawn: dict[UUID, set[UUID]] = {}
        self._file = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def work(self) -> None:
        connection = await asyncpg.connect(self._scenario.database_url)
        replanner = Replanner(self._engine, self._resources.sessions, self._clock.now, self._resources.scale)
        chores = [asyncio.create_task(replanner.run()), asyncio.create_task(self._people())]
        try:
            await self._do_what_is_due(connection)
        finally:
            for chore in chores:
                chore.cancel()
            for chore in chores:
                with suppress(asyncio.CancelledError):
                    await chore
            await connection.close()
            await self._resources.close()
            await self._engine.dispose()

    # --- steps, as Temporal runs them: one at a time for each enrollment -------------------------------------

    async def _do_what_is_due(self, connection: asyncpg.Connection) -> None:
        tasks: set[asyncio.Task[None]] = set()
        seen = -1
        arena = multiprocessing.parent_process()
        while not self._clock.stopped and (arena is None or arena.is_alive()):
            self._clock.note_busy(self._index, len(self._running) - self._asleep.count + self._people_at_work)
            if len(tasks) < AT_ONCE and (self._clock.wave != seen or self._draw.random() < _ANYHOW):
                seen = self._clock.wave
                for row in await self._claimable(connection, AT_ONCE - len(tasks)):
                    task = asyncio.create_task(self._step(row))
                    tasks.add(task)
                    seen = -1
            if not tasks:
                await asyncio.sleep(_LOOK_SECONDS)
                continue
            done, tasks = await asyncio.wait(tasks, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                seen = -1
                await self._free(connection, task)
        for task in tasks:
            await task

    async def _claimable(self, connection: asyncpg.Connection, count: int) -> list[asyncpg.Record]:
        """Due steps that no other process does at the moment (or, rarely, one that another does)."""
        rows = list(await connection.fetch(_DUE, self._clock.now()))
        self._draw.shuffle(rows)
        taken: list[asyncpg.Record] = []
        for row in rows:
            if len(taken) == count:
                break
            if row["id"] in self._running:
                continue
            if await connection.fetchval(_LOCK_KEY, row["id"]) or self._may_double(row):
                self._running.add(row["id"])
                taken.append(row)
        return taken

    def _may_double(self, row: asyncpg.Record) -> bool:
        """Drawn once for each step."""
        if row["step_id"] in self._drawn.setdefault(row["id"], set()):
            return False
        self._drawn[row["id"]].add(row["step_id"])
        return self._draw.random() < _DOUBLED

    async def _step(self, row: asyncpg.Record) -> None:
        step = StepRun(row["id"], row["step_id"], self._clock.now())
        by_the_calendar.set(self._asleep)
        task = asyncio.current_task()
        assert task is not None
        task.set_name(str(row["id"]))
        # A deadlock or the like fails the activity, and Temporal tries it again.
        try:
            if row["step_type"] == StepType.EMAIL:
                await self._email._send(step)
            else:
                await self._others.complete_step(step)
        except DBAPIError as error:
            self._acknowledge(f"failed: {getattr(error.orig, 'sqlstate', error.orig)}", [row["id"]])

    async def _free(self, connection: asyncpg.Connection, task: asyncio.Task[None]) -> None:
        id = UUID(task.get_name())
        self._running.discard(id)
        await connection.fetchval(_FREE_KEY, id)
        task.result()

    # --- people ----------------------------------------------------------------------------------------------

    async def _people(self) -> None:
        """Enroll what is left of the share, and now and then pause, resume or stop somebody."""
        await self._forget_enrolled()
        by_the_calendar.set(Sleepers())
        while not self._clock.stopped:
            await self._rest(self._draw.uniform(0.5, 8 * 3600))
            draw = self._draw.random()
            # Whatever loses a race for a row is told so, and does not matter here.
            with suppress(Conflict, NotFound, DBAPIError):
                if draw < 0.6:
                    await self._enroll()
                elif draw < 0.8:
                    await self._pause_and_resume()
                elif draw < 0.83:
                    await self._stop()

    async def _rest(self, seconds: float) -> None:
        self._people_at_work = False
        await asyncio.sleep(seconds)
        self._people_at_work = True

    async def _forget_enrolled(self) -> None:
        """The process before this one, which was killed, may have enrolled some."""
        async with self._resources.sessions() as session:
            rows = await session.execute(text("SELECT id, sequence_id, contact_id FROM sequence_enrollments"))
            enrolled = {(row.sequence_id, row.contact_id): row.id for row in rows}
        for sequence_id, contacts in self._share.items():
            keys = [(sequence_id, contact) for contact in contacts]
            self._mine += [enrolled[key] for key in keys if key in enrolled]
            self._share[sequence_id] = tuple(key[1] for key in keys if key not in enrolled)
        async with self._resources.sessions() as session:
            paused = await session.execute(text("SELECT id FROM sequence_enrollments WHERE status = 'paused'"))
            for id in set(self._mine) & set(paused.scalars()):
                await self._resume(id)

    async def _enroll(self) -> None:
        sequence_id = self._draw.choice(self._scenario.sequence_ids)
        contacts = self._share[sequence_id][: self._draw.choice(_BATCHES)]
        if not contacts:
            return
        async with self._resources.sessions.begin() as session:
            verdicts = await enrolling.enroll(
                session,
                customer_id=self._scenario.tenant.customer_id,
                sequence_id=sequence_id,
                contact_ids=contacts,
                enrolled_by=self._scenario.tenant.user_id,
                source=EnrollmentSource.API,
                now=self._clock.now(),
            )
        self._share[sequence_id] = self._share[sequence_id][len(contacts) :]
        made = [one.enrollment_id for one in verdicts if one.enrollment_id is not None]
        self._acknowledge("enrolled", made)
        self._mine += made

    async def _pause_and_resume(self) -> None:
        if not self._mine:
            return
        id = self._draw.choice(self._mine)
        async with self._resources.sessions.begin() as session:
            await enrollments.pause(session, enrollment_id=id, now=self._clock.now())
        self._acknowledge("paused", [id])
        await self._rest(self._draw.uniform(60, 36 * 3600))
        await self._resume(id)

    async def _resume(self, id: UUID) -> None:
        self._acknowledge("resuming", [id])
        for _ in range(5):
            with suppress(DBAPIError):
                async with self._resources.sessions.begin() as session:
                    at_once = self._draw.random() < 0.3
                    await enrollments.resume(session, enrollment_id=id, now=self._clock.now(), at_once=at_once)
                return

    async def _stop(self) -> None:
        if not self._mine:
            return
        id = self._draw.choice(self._mine)
        async with self._resources.sessions.begin() as session:
            await enrollments.stop(session, enrollment_id=id, now=self._clock.now())
        self._acknowledge("stopped", [id])

    def _acknowledge(self, deed: str, ids: Sequence[UUID]) -> None:
        line: dict[str, Any] = {"deed": deed, "at": self._clock.now().timestamp(), "ids": [str(id) for id in ids]}
        os.write(self._file, (json.dumps(line) + "\n").encode())
