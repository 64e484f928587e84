"""An import of a CSV by its job over a raw COPY of the same rows, typed already, into the same table and indexes.

``python -m benchmarks.imports JOB`` does one job in a process of its own and prints what it took, as JSON.
"""

import asyncio
import hashlib
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import UUID, uuid4

import asyncpg
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.contact_imports import import_contacts
from benchmarks.figures import Figure
from benchmarks.servers import Servers
from clock import utc_now
from db import api_keys, contact_imports, jobs
from db.engine import create_engine, session_factory
from db.migrations import upgrade
from domain.importing.contact_imports import ImportOptions
from settings import Settings
from worker import make_resources

NUMBER: Final = 200_000
_DATABASE: Final = "benchmark_imports"
_SECRET: Final = "a key for the benchmark alone"
# The first thing that follows upon the last row.
_LANDED = "SELECT min(recorded_at) FROM contact_import_batches WHERE import_id = (SELECT id FROM contact_imports)"
_TABLE = """SELECT string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) FROM information_schema.columns
            WHERE table_name = 'contacts' AND is_generated = 'NEVER'"""
_TRUNCATE = "TRUNCATE contacts, contact_imports, jobs, outbox CASCADE"
_OWNER = text(
    """SELECT key.customer_id, key.workspace_id, key.user_id FROM api_keys AS key
       JOIN customers AS customer ON customer.id = key.customer_id WHERE customer.name = :customer"""
)
_HEADER = "Email,First name,Last name,Title,Company,Company domain,Country,State,City,Phone,Plan,Score"
_PLACES = (
    "Spain,Madrid,Madrid",
    "Germany,Bavaria,Munich",
    "United States,Texas,Austin",
    "France,,Lyon",
    "Japan,,Osaka",
)
_TITLES = ("Head of Sales", "CTO", "Engineer", "Buyer", "Founder")


async def measure(servers: Servers, number: int | None, repetitions: int) -> list[Figure]:
    """Ours and the raw COPY in turns, on a database of their own."""
    number = number or NUMBER
    url = servers.running.database_url.rsplit("/", 1)[0] + f"/{_DATABASE}"
    await servers.database.execute(f"DROP DATABASE IF EXISTS {_DATABASE}")
    await servers.database.execute(f"CREATE DATABASE {_DATABASE}")
    await asyncio.to_thread(upgrade, url)
    engine = create_engine(Settings(database_url=SecretStr(url)))
    database = await asyncpg.connect(url)
    try:
        return await _compare(engine, database, url, number, repetitions)
    finally:
        await database.close()
        await engine.dispose()
        await servers.database.execute(f"DROP DATABASE {_DATABASE}")


async def _compare(
    engine: AsyncEngine, database: asyncpg.Connection, url: str, number: int, repetitions: int
) -> list[Figure]:
    landed, recorded, raw, memory = [], [], [], []
    with tempfile.TemporaryFile() as rows:
        for _ in range(repetitions):
            seconds = await _run_ours(engine, database, url, number)
            landed.append(number / seconds["landed"])
            recorded.append(number / seconds["all"])
            memory.append(seconds["mebibytes"])
            raw.append(number / await _run_raw(database, rows, number))
    baseline = "raw COPY of the same rows"
    return [
        Figure("Import of a CSV, until its rows have landed with their verdicts", "rows per s", landed, raw, baseline),
        Figure("Import of a CSV, until their activities are written too", "rows per s", recorded, raw, baseline),
        Figure("Peak memory of the importing process and of the one that checks for it", "MiB", memory),
    ]


async def _run_ours(engine: AsyncEngine, database: asyncpg.Connection, url: str, number: int) -> dict[str, float]:
    await database.execute(_TRUNCATE)
    job_id = await _arrange(engine, number)
    await database.execute("CHECKPOINT")
    environment = os.environ | {"OPENDOORS_DATABASE_URL": url, "OPENDOORS_SECRET_KEY": _SECRET}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.imports", str(job_id), stdout=asyncio.subprocess.PIPE, env=environment
    )
    said, _ = await process.communicate()
    count = await database.fetchval("SELECT count(*) FROM contacts")
    if process.returncode or count != number:
        raise RuntimeError(f"the import ended with {process.returncode} and {count} contacts")
    answer: dict[str, float] = json.loads(said)
    return answer


async def _run_raw(database: asyncpg.Connection, rows: BinaryIO, number: int) -> float:
    """Seconds for the contacts that are there, taken out as COPY's own binary form, into the empty table."""
    columns = (await database.fetchval(_TABLE)).split(", ")
    rows.seek(0)
    rows.truncate()
    await database.copy_from_table("contacts", output=rows, columns=columns, format="binary")
    await database.execute(_TRUNCATE)
    await database.execute("CHECKPOINT")
    rows.seek(0)
    started = time.perf_counter()
    await database.copy_to_table("contacts", source=rows, columns=columns, format="binary")
    seconds = time.perf_counter() - started
    if await database.fetchval("SELECT count(*) FROM contacts") != number:
        raise RuntimeError("the raw COPY wrote another number of rows")
    return seconds


async def _arrange(engine: AsyncEngine, number: int) -> UUID:
    """The job of an import of a new file for a new customer."""
    sessions, now, options = session_factory(engine), utc_now(), ImportOptions()
    async with sessions.begin() as session:
        customer = f"Customer {uuid4()}"
        await api_keys.create(session, customer, "Sales", "ann@customer.example", now)
        owner = (await session.execute(_OWNER, {"customer": customer})).one()._mapping
        who = {"customer_id": owner["customer_id"], "user_id": owner["user_id"], "now": now}
        import_id = await contact_imports.create(
            session, workspace_id=owner["workspace_id"], file_name=None, pieces=_pieces(number), told={}, **who
        )
        job = await contact_imports.start(session, import_id=import_id, options=options, **who)
        return UUID(str(job.id))


def _pieces(number: int) -> Iterator[bytes]:
    """People in no order, each with an address of their own, some at one company."""
    lines = [_HEADER]
    for i in range(number):
        chance = int.from_bytes(hashlib.blake2b(i.to_bytes(4), digest_size=8).digest())
        company = chance % (number // 10 + 1)
        name = f"{chance >> 32:x}.{i}@company{company}.example,First{i % 997},Last{i}"
        work = f"{_TITLES[i % len(_TITLES)]},Company {company},company{company}.example"
        lines.append(f"{name},{work},{_PLACES[i % len(_PLACES)]},+34 6{chance % 10**8:08d},trial,{i % 100}")
    content = "\n".join(lines).encode()
    for begin in range(0, len(content), contact_imports.PIECE_BYTES):
        yield content[begin : begin + contact_imports.PIECE_BYTES]


async def _work(job_id: UUID) -> dict[str, float]:
    settings = Settings()
    engine = create_engine(settings)
    resources = make_resources(settings, engine)
    begun_at, started = utc_now(), time.perf_counter()
    async with resources.sessions.begin() as session:
        job = await jobs.begin(session, job_id, now=begun_at)
    assert job is not None
    importing = asyncio.create_task(import_contacts(resources, job))
    mebibytes = await _peak_mebibytes(importing)
    await importing
    seconds = time.perf_counter() - started
    async with engine.connect() as connection:
        landed_at = (await connection.exec_driver_sql(_LANDED)).scalar_one()
    await resources.close()
    await engine.dispose()
    return {"landed": (landed_at - begun_at).total_seconds(), "all": seconds, "mebibytes": mebibytes}


async def _peak_mebibytes(importing: asyncio.Task[Mapping[str, Any]]) -> float:
    """What this process and the one that checks rows for it took at most, together, until the import was done."""
    peaks: Counter[int] = Counter()
    while not importing.done():
        peaks |= _peaks()
        await asyncio.wait([importing], timeout=0.5)
    return sum(peaks.values()) / 1024


def _peaks() -> Counter[int]:
    """KiB by process; getrusage would count the memory of whoever started a process as its own."""
    found: Counter[int] = Counter()
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            said = dict(line.split(":", 1) for line in status.read_text().splitlines())
            if os.getpid() in {int(said["Pid"]), int(said["PPid"])}:
                found[int(said["Pid"])] = int(said.get("VmHWM", "0").split()[0])
    return found


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_work(UUID(sys.argv[1])))))
