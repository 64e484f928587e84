"""What was acknowledged beats a send that was not yet claimed: `make faults` in short."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest_asyncio

from db.migrations import upgrade
from embedded.postgres import Postgres
from tests.e2e.faults.races import run_races, shares, track_commits


@pytest_asyncio.fixture
async def dated_url(tmp_path: Path) -> AsyncIterator[str]:
    """A migrated database on a server that keeps commit timestamps."""
    server = Postgres(tmp_path / "postgres" / "data", durable=False)
    await server.start()
    try:
        await track_commits(server)
        with redirect_stdout(StringIO()):
            await asyncio.to_thread(upgrade, server.url)
        yield server.url
    finally:
        await server.stop()


async def test_no_send_is_claimed_after_a_stop_a_reply_or_an_unsubscribe_was_acknowledged(
    dated_url: str, tmp_path: Path
) -> None:
    tallies = await run_races(dated_url, tmp_path, races=60)
    total = shares(tallies)
    assert total["races"] == 60
    assert not total["claimed_after"], tallies
    # Races that one side always wins would prove nothing.
    assert total["never_claimed"] >= 5, tallies
    assert total["claimed_first"] + total["over"] >= 5, tallies
