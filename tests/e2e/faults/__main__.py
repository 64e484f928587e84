"""``python -m tests.e2e.faults``: every fault at every phase at full size; ends with 1 when a promise was broken."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from db.migrations import upgrade
from embedded.postgres import Postgres
from embedded.temporal import Temporal
from tests.conftest import new_database
from tests.e2e.faults.cells import MATRIX
from tests.e2e.faults.matrix import Matrix, Outcome
from tests.e2e.faults.races import Opponent, Tally, run_races, track_commits
from tests.e2e.faults.verdict import FEWER, PROMISES, STRANGE, Line

COLUMNS = ("sends", "met", "accepted once", "accepted twice", "sent", "unknown", "failed", "ambiguous faults")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.faults", description=__doc__)
    parser.add_argument("--sends", type=int, default=300, help="that must meet each fault")
    parser.add_argument("--races", type=int, default=1000, help="of a send against a stop, a reply or an unsubscribe")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--together", type=int, default=40, help="sends that one kill is to hit")
    parser.add_argument("--waves", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--heartbeat", type=float, help="seconds after which a dead worker is noticed, instead of 30")
    parser.add_argument("--keep", type=Path, help="folder for the servers' books and logs")
    return asyncio.run(_run(parser.parse_args()))


async def _run(given: argparse.Namespace) -> int:
    console = Console(width=None if sys.stdout.isatty() else 140)
    with tempfile.TemporaryDirectory(prefix="opendoors-faults-") as folder:
        place = given.keep or Path(folder)
        postgres = Postgres(Path(folder) / "postgres" / "data", durable=False)
        await postgres.start()
        try:
            await track_commits(postgres)
            tallies = await run_races(await _database(postgres), place / "races", races=given.races)
            show_races(console, tallies)
            outcome = await _matrix(console, given, Path(folder), place, await _database(postgres))
        finally:
            await postgres.stop()
    show(console, outcome)
    return 1 if outcome.verdict.broken or any(tally.claimed_after for tally in tallies.values()) else 0


async def _matrix(console: Console, given: argparse.Namespace, folder: Path, place: Path, url: str) -> Outcome:
    temporal = Temporal(folder / "temporal", ui=False)
    await temporal.start()
    try:
        return await Matrix(
            url,
            temporal.address,
            place,
            per_cell=given.sends,
            spare=given.sends // 8 + 1,
            workers=given.workers,
            together=given.together,
            waves=given.waves,
            heartbeat_seconds=given.heartbeat,
            seed=given.seed,
            progress=lambda line: console.print(line, highlight=False),
        ).run()
    finally:
        await temporal.stop()


async def _database(postgres: Postgres) -> str:
    url = await new_database(postgres.url)
    with redirect_stdout(StringIO()):
        await asyncio.to_thread(upgrade, url)
    return url


def show_races(console: Console, tallies: Mapping[Opponent, Tally]) -> None:
    """Who came first, by opponent."""
    table = Table(title="Races against a send that is due", title_justify="left", box=MARKDOWN)
    for name in ("against", "races", "claimed before", "never claimed", "sent before", "claimed after"):
        table.add_column(name, justify="left" if name == "against" else "right")
    for opponent, tally in tallies.items():
        counts = (tally.races, tally.claimed_first, tally.never_claimed, tally.over, tally.claimed_after)
        table.add_row(opponent, *map(str, counts))
    console.print(table)


def show(console: Console, outcome: Outcome) -> None:
    """The table of cells, and below it what was promised; both as docs/reliability.md has them."""
    verdict = outcome.verdict
    table = Table(title="What became of the sends", title_justify="left", box=MARKDOWN)
    table.add_column("phase-fault")
    for name in COLUMNS:
        table.add_column(name, justify="right")
    for cell in MATRIX:
        table.add_row(cell.name, *_numbers(verdict.lines[cell]))
    table.add_row("all", *_numbers(verdict.total))
    console.print(table)
    promises = Table(title="Promises broken", title_justify="left", box=MARKDOWN)
    promises.add_column("promise")
    promises.add_column("broken", justify="right")
    for promise in (*PROMISES, STRANGE, FEWER):
        promises.add_row(promise, str(verdict.broken[promise]))
    console.print(promises)
    console.print(
        f"{outcome.seconds:.0f} seconds, {outcome.kills} workers killed, {outcome.mended} times a mailbox mended, "
        f"{verdict.accidents} connections lost by accident",
        highlight=False,
    )
    for example in verdict.examples:
        console.print(example, highlight=False, markup=False)


def _numbers(line: Line) -> list[str]:
    counts = (line.sends, line.met, line.accepted_once, line.accepted_twice)
    return [str(one) for one in (*counts, line.sent, line.unknown, line.failed, line.ambiguous)]


if __name__ == "__main__":
    sys.exit(main())
