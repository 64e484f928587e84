"""``python -m tests.e2e.capacity``: the figures of capacity at full size; ends with 1 when a promise was broken."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, redirect_stdout
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.table import Table

import logs
from db.migrations import upgrade
from embedded.mail import MailServer
from embedded.postgres import Postgres
from tests.conftest import new_database
from tests.e2e.capacity.arena import Arena, Outcome
from tests.e2e.capacity.checker import RULES, failures
from tests.e2e.capacity.starvation import DAYS, Starvation, starve, still_world
from tests.e2e.capacity.worker import settings_of

KILL_EVERY = 50
"""Sends."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.capacity", description=__doc__)
    parser.add_argument("--processes", type=int, default=16)
    parser.add_argument("--sends", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--firsts", type=int, default=10_000, help="first emails that wait, 100 days' worth")
    parser.add_argument("--only", choices=("calm", "killed", "starvation"))
    given = parser.parse_args()
    logs.configure(settings_of(""))
    return asyncio.run(_run(given))


async def _run(given: argparse.Namespace) -> int:
    console = Console()
    outcomes: dict[str, Outcome] = {}
    starvation: Starvation | None = None
    with tempfile.TemporaryDirectory(prefix="opendoors-capacity-") as folder:
        server = Postgres(Path(folder) / "postgres" / "data", durable=False)
        await server.start()
        try:
            for name, kill_every in (("calm", None), ("killed", KILL_EVERY)):
                if given.only in {None, name}:
                    outcomes[name] = await _fight(console, server, Path(folder) / name, given, kill_every)
            if given.only in {None, "starvation"}:
                starvation = await _starve(console, server, Path(folder), given)
        finally:
            await server.stop()
    for outcome in outcomes.values():
        for example in outcome.verdict.examples:
            console.print(example, highlight=False)
    if outcomes:
        console.print(_table(outcomes))
    if starvation is not None:
        console.print(_starvation_table(starvation))
    kept = not any(outcome.verdict.broken for outcome in outcomes.values()) and (starvation is None or starvation.kept)
    return 0 if kept else 1


async def _fight(
    console: Console, server: Postgres, folder: Path, given: argparse.Namespace, kill_every: int | None
) -> Outcome:
    folder.mkdir()
    async with _database_and_mail(server, folder) as (url, mail):
        arena = Arena(
            url,
            folder,
            mail,
            processes=given.processes,
            # A few are stopped on their way, so that a little more than three emails each would be too few.
            enrollments=round(given.sends / 3 / 1.25 * 1.04),
            kill_every=kill_every,
            seed=given.seed,
            progress=lambda line: console.print(f"  {folder.name}: {line}", highlight=False),
        )
        return await arena.run()


async def _starve(console: Console, server: Postgres, folder: Path, given: argparse.Namespace) -> Starvation:
    limit = given.firsts // 100
    async with (
        _database_and_mail(server, folder / "starvation") as (url, mail),
        still_world(url, mail, limit=limit) as world,
    ):
        return await starve(
            world,
            firsts=given.firsts,
            follow_ups=DAYS * limit,
            limit=limit,
            progress=lambda line: console.print(f"  starvation: {line}", highlight=False),
        )


@asynccontextmanager
async def _database_and_mail(server: Postgres, folder: Path) -> AsyncIterator[tuple[str, MailServer]]:
    url = await new_database(server.url)
    with redirect_stdout(StringIO()):
        await asyncio.to_thread(upgrade, url)
    mail = MailServer(folder / "mail")
    await mail.start()
    try:
        yield url, mail
    finally:
        await mail.stop()


def _table(outcomes: dict[str, Outcome]) -> Table:
    table = Table(title="Promises broken", title_justify="left")
    table.add_column("")
    for name in outcomes:
        table.add_column(name, justify="right")
    for rule in RULES:
        table.add_row(rule, *(str(outcome.verdict.broken[rule]) for outcome in outcomes.values()))
    table.add_section()
    table.add_row("emails sent", *(str(one.verdict.sends) for one in outcomes.values()))
    table.add_row("of them unknown", *(str(one.verdict.unknown) for one in outcomes.values()))
    table.add_row("processes killed", *(str(one.kills) for one in outcomes.values()))
    table.add_row("settings changed", *(str(one.changes) for one in outcomes.values()))
    table.add_row("steps tried again", *(str(sum(failures(one.deeds).values())) for one in outcomes.values()))
    table.add_row("days of the calendar", *(f"{one.days:.0f}" for one in outcomes.values()))
    table.add_row("seconds", *(f"{one.seconds:.0f}" for one in outcomes.values()))
    return table


def _starvation_table(result: Starvation) -> Table:
    table = Table(title="Follow-ups behind first emails", title_justify="left", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("follow-ups on their day", str(result.on_their_day))
    table.add_row("follow-ups late or missing", str(result.missed))
    table.add_row("emails over the limit of a day", str(result.over_limit))
    table.add_row("emails sent twice", str(result.messages_twice))
    table.add_row("emails sent", str(result.sends))
    for cause, count in result.wake_ups.items():
        table.add_row(f"wake-ups: {cause}", str(count))
    table.add_row("wake-ups per email", f"{result.wake_ups_per_send:.3f}")
    table.add_row("… with those that were paused and resumed", f"{result.wake_ups_per_send_of_all:.3f}")
    return table


if __name__ == "__main__":
    sys.exit(main())
