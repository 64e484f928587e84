"""`python -m tests.db.filter_sweep [worlds]`: random filters on random contacts, asked in SQL and in Python.

It runs a Postgres of its own and leaves nothing behind.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from db.engine import create_engine, session_factory
from db.migrations import upgrade
from embedded.postgres import Postgres
from settings import Settings
from tests.db.filter_facts import Arena
from tests.db.filter_worlds import World, worlds

_WORLDS = 500
_SHOWN = 5


class Tally:
    """What was asked, and on what the two answers differ."""

    def __init__(self) -> None:
        self.worlds = self.trees = self.answers = 0
        self.differences: list[object] = []

    async def add(self, arena: Arena, world: World) -> None:
        self.worlds += 1
        self.trees += len(world.trees)
        self.answers += len(world.trees) * len(world.rows)
        self.differences += await arena.differences(world)

    def __str__(self) -> str:
        return (
            f"{self.worlds} worlds, {self.trees} filters, {self.answers} answers, {len(self.differences)} differences"
        )


def main() -> int:
    """Sweeps as many worlds as the argument says; 1 if any answer differs."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else _WORLDS
    tally, begun = Tally(), time.monotonic()
    with asyncio.Runner() as runner, tempfile.TemporaryDirectory() as folder:
        server = Postgres(Path(folder) / "data", durable=False)
        runner.run(server.start())
        try:
            upgrade(server.url)
            engine = create_engine(Settings(database_url=SecretStr(server.url)))
            _sweep(runner, engine, tally, count)
            runner.run(engine.dispose())
        finally:
            runner.run(server.stop())
    _say("".join(f"\n{one}" for one in tally.differences[:_SHOWN]) + f"\n{time.monotonic() - begun:.0f} seconds\n")
    return 1 if tally.differences else 0


def _sweep(runner: asyncio.Runner, engine: AsyncEngine, tally: Tally, count: int) -> None:
    arena = runner.run(Arena.open(session_factory(engine)))

    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(worlds(rows=10, trees=10))
    def each(world: World) -> None:
        runner.run(tally.add(arena, world))
        _say(f"\r{tally}")

    each()


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
