"""`opendoors demo`: the whole product on simulated prospects, in a folder that is removed, and a verdict.

Everything goes through the public HTTP API and real mail; a day of the sequence passes in seconds.
"""

import asyncio
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx2
from pydantic import SecretStr
from rich.console import Console

from demo import report, scenario
from demo.checks import ENDED, Check, Evidence, run_checks
from demo.client import ApiError, Client, Row
from demo.prospects import ProspectError, Prospects, habit_of
from demo.report import Snapshot
from demo.scenario import SENDER, Pace
from embedded.dev import DevServices, services
from embedded.mail import MailServer
from embedded.processes import ServiceError
from recount_command import recount
from settings import Settings

INTERRUPTED = 130
"""The exit code after Ctrl-C, as shells have it."""
_LONGEST_DAYS = 8
_GRACE_SECONDS = 60.0


def main(contacts: int | None = None, seconds_per_day: float = 6.0) -> int:
    """Run the demo with the first `contacts` of contacts.csv (None: all); the exit code.

    0 when everything agrees, 1 with a sentence for each thing that does not, 130 after Ctrl-C or SIGTERM.
    """
    console = Console()
    home = Path(tempfile.mkdtemp(prefix="opendoors-demo-"))
    try:
        code = asyncio.run(_until_stopped(console, home, contacts, Pace(seconds_per_day)))
    except (ServiceError, ApiError, ProspectError, httpx2.HTTPError) as error:
        console.print(f"opendoors demo: {error}", markup=False, highlight=False, soft_wrap=True)
        code = 1
    if code == 1:
        console.print(f"The logs are kept in {home / 'logs'}", markup=False, highlight=False, soft_wrap=True)
    else:
        shutil.rmtree(home, ignore_errors=True)
    return code


async def _until_stopped(console: Console, home: Path, contacts: int | None, pace: Pace) -> int:
    task = asyncio.current_task()
    assert task is not None
    asked_to_stop = asyncio.Event()

    def stop() -> None:
        # Once: a second signal would cancel the orderly stop that the first one began.
        if not asked_to_stop.is_set():
            asked_to_stop.set()
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        return await _demo(console, home, contacts, pace)
    except asyncio.CancelledError:
        console.print("Stopped.")
        return INTERRUPTED


async def _demo(console: Console, home: Path, contacts: int | None, pace: Pace) -> int:
    rows = scenario.read_contacts(contacts)
    console.print(f"Starting Postgres, Temporal, a mail server, the API and a worker in {home} …", soft_wrap=True)
    # The usual ports are left to `opendoors dev`, which keeps the ports of its first start.
    async with (
        services(home, api_port=0, durable=False, environment=pace.environment) as running,
        Client(running.api_url, running.api_key) as client,
    ):
        report.show_places_to_look(console, running)
        started = time.monotonic()
        run = _Run(client, running, MailServer(home / "mail"), rows, pace)
        evidence = await run.play(console)
        console.print(f"\n{len(rows)} contacts went through in {time.monotonic() - started:.0f} s.")
    checks = run_checks(evidence)
    report.show_results(console, evidence)
    report.show_checks(console, checks)
    return _verdict(console, checks)


def _verdict(console: Console, checks: list[Check]) -> int:
    wrong = sum(bool(check.disagreements) for check in checks)
    if wrong:
        console.print(f"\n[red]{wrong} of {len(checks)} checks do not agree.[/red]")
    else:
        console.print(f"\n[green]All {len(checks)} checks agree.[/green]")
    return int(bool(wrong))


class _Run:
    """One run of the scenario: it is set up, watched to its end, and what is known of it gathered."""

    def __init__(
        self, client: Client, running: DevServices, mail: MailServer, rows: list[dict[str, str]], pace: Pace
    ) -> None:
        self._client = client
        self._running = running
        self._mail = mail
        self._rows = rows
        self._pace = pace
        habits = {row["email"]: habit_of(row["email"], row["seniority"]) for row in rows}
        self._prospects = Prospects(running, mail, habits, pace)
        self._begun = 0.0

    async def play(self, console: Console) -> Evidence:
        """Set up, enroll, watch until every enrollment has ended or time is up, and gather what is known."""
        ids = await scenario.import_contacts(self._client, self._rows)
        mailbox = await scenario.create_mailbox(self._client, self._running)
        sequence = await scenario.create_sequence(self._client, mailbox)
        async with self._living_prospects() as life:

            async def look() -> Snapshot:
                if life.done():
                    await life
                return await self._look(sequence)

            self._begun = time.monotonic()
            await scenario.enroll(self._client, sequence, ids)
            await report.show_progress(console, look)
        return await self._gather(sequence)

    @asynccontextmanager
    async def _living_prospects(self) -> AsyncIterator[asyncio.Task[None]]:
        life = asyncio.create_task(self._prospects.live())
        try:
            yield life
        finally:
            life.cancel()
            with suppress(asyncio.CancelledError):
                await life

    async def _look(self, sequence: Row) -> Snapshot:
        enrollments = await self._client.every("enrollments", sequence_id=sequence["id"])
        seconds = time.monotonic() - self._begun
        received = self._mail.received()
        return Snapshot(
            day=seconds / self._pace.seconds_per_day,
            places=report.places(sequence["steps"], enrollments),
            received=sum(mail.rcpt_to != (SENDER,) for mail in received),
            answered=len(self._prospects.answers),
            over=all(one["status"] in ENDED for one in enrollments)
            or seconds > self._pace.seconds(_LONGEST_DAYS) + _GRACE_SECONDS,
        )

    async def _gather(self, sequence: Row) -> Evidence:
        of_sequence = {"sequence_id": sequence["id"]}
        summary = await self._client.get("activities/summary", **of_sequence)
        return Evidence(
            pace=self._pace,
            contacts=await self._client.every("contacts"),
            enrollments=await self._client.every("enrollments", **of_sequence),
            messages=await self._client.every("messages", **of_sequence),
            tasks=await self._client.every("tasks", **of_sequence),
            suppressions=await self._client.every("suppressions"),
            sequence=await self._client.get(f"sequences/{sequence['id']}"),
            activities=summary["by_type"],
            received=self._mail.received(),
            habits=self._prospects.habits,
            answers=tuple(self._prospects.answers),
            drift=await self._drift(),
        )

    async def _drift(self) -> list[str]:
        found = await recount(Settings(database_url=SecretStr(self._running.database_url)))
        return [f"{one.table}.{one.column} of {one.id} is {one.stored}; {one.counted} were counted." for one in found]
