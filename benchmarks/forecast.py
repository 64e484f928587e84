"""The forecast of a hundred thousand contacts over six emails, in a fresh process: its seconds and its memory.

It is what the API does for ``POST /api/sequences/{id}/forecast``, over Postgres, with a page of sends at the end.
"""

import argparse
import asyncio
import json
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import text

from api.forecast_bodies import ForecastRead
from benchmarks.figures import Figure
from benchmarks.servers import Servers
from db import forecasts
from db.engine import create_engine, session_factory
from db.forecasts import Newcomers
from demo.client import Row
from settings import Settings

NUMBER = 100_000
MAILBOXES = 20
_DELAY_DAYS = (0, 3, 4, 5, 7, 9)
_PAGE = 1_000


async def measure(servers: Servers, number: int | None, repetitions: int) -> list[Figure]:
    """One process for each repetition, as its memory is not given back."""
    number = number or NUMBER
    sequence = await _sequence(servers)
    runs = [await _in_a_process(servers, sequence["id"], number) for _ in range(repetitions)]
    name = f"Forecast of {number:,} contacts × {len(_DELAY_DAYS)} emails"
    return [
        Figure(name, "s", [run["seconds"] for run in runs]),
        Figure("CPU of it", "s", [run["cpu_seconds"] for run in runs]),
        Figure("Memory of that process", "MiB", [run["mebibytes"] for run in runs]),
        Figure("A planned email of it", "µs", [1e6 * run["seconds"] / run["sends"] for run in runs]),
    ]


async def _sequence(servers: Servers) -> Row:
    """Weekdays from 9 to 17, on mailboxes of 200 emails a day that are 60 to 80 seconds apart."""
    boxes = [await servers.mailbox() for _ in range(MAILBOXES)]
    for box in boxes:
        await servers.database.execute(
            "UPDATE email_accounts SET daily_limit = 200, min_gap_seconds = 60, gap_jitter_seconds = 20 WHERE id = $1",
            UUID(box["id"]),
        )
    fields = {
        "name": "Forecast",
        "email_account_ids": [box["id"] for box in boxes],
        "sending_timezone": "Europe/Berlin",
        "sending_window_start": "09:00",
        "sending_window_end": "17:00",
        "max_emails_per_day": 1_000_000,
        "throttle_delay_minutes": 0,
        "steps": [
            {"step_type": "email", "subject_template": "Hello", "body_template": "Hello", "delay_days": days}
            for days in _DELAY_DAYS
        ],
    }
    sequence: Row = await servers.api.post("sequences", fields)
    return sequence


async def _in_a_process(servers: Servers, sequence_id: str, number: int) -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.forecast", servers.running.database_url, sequence_id, str(number)),
        stdout=asyncio.subprocess.PIPE,
    )
    answer, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the forecast failed: {process.returncode}")
    run: dict[str, float] = json.loads(answer)
    return run


async def _run(database_url: str, sequence_id: UUID, number: int) -> dict[str, float]:
    engine = create_engine(Settings(database_url=SecretStr(database_url)))
    now = datetime(2026, 11, 23, 7, tzinfo=UTC) + timedelta(days=1)
    async with session_factory(engine)() as session:
        customer_id = await session.scalar(
            text("SELECT customer_id FROM sequences WHERE id = :id"), {"id": sequence_id}
        )
        started, cpu_before = time.perf_counter(), time.process_time()
        outlook = await forecasts.forecast(
            session,
            customer_id=customer_id,
            sequence_id=sequence_id,
            newcomers=Newcomers(now, unnamed=number),
            now=now,
        )
        answer = ForecastRead.of(outlook, limit=_PAGE, offset=0).model_dump_json()
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_before
    await engine.dispose()
    assert len(answer) > 2
    kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "mebibytes": kibibytes / 1024,
        "sends": outlook.forecast.sends,
    }


def main() -> None:
    """One run, told as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast", description=__doc__)
    parser.add_argument("database_url")
    parser.add_argument("sequence_id", type=UUID)
    parser.add_argument("number", type=int)
    given = parser.parse_args()
    print(json.dumps(asyncio.run(_run(given.database_url, given.sequence_id, given.number))))


if __name__ == "__main__":
    main()
