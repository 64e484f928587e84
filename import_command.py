"""`opendoors import`: a file of contacts given to a worker, its progress, its counts, and every row's verdict."""

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import UUID

from rich.console import Console
from rich.table import Table
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from activities import import_files
from clock import clock_of
from db import contact_imports, import_batches, jobs
from db.engine import create_engine, session_factory
from domain.errors import Invalid, OpenDoorsError
from domain.importing import contact_columns, import_verdicts
from domain.importing.contact_imports import FileOptions, ImportOptions, OnConflict
from domain.profiles.addresses import AddressProblem, normalise
from domain.vocabulary import ImportVerdict, JobStatus
from progress_bars import Report, progress_bars
from settings import Settings

LOOK_SECONDS: Final = 0.3
MOST_CHANGES: Final = 20
"""Changed contacts that are shown of a dry run; all verdicts are in the file that --verdicts names."""
_OWNERS = text(
    """SELECT customer.id AS customer_id, workspace.id AS workspace_id, person.id AS user_id
       FROM customers AS customer
       JOIN workspaces AS workspace ON workspace.customer_id = customer.id
       JOIN users AS person ON person.customer_id = customer.id
       WHERE customer.name = coalesce(:customer, customer.name)
         AND workspace.name = coalesce(:workspace, workspace.name) AND person.email = coalesce(:user, person.email)
       LIMIT 2"""
)

Sessions = async_sessionmaker[AsyncSession]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the options of the command say."""

    customer: str | None = None
    workspace: str | None = None
    user: str | None = None
    mapping: str | None = None
    on_conflict: str = OnConflict.SKIP
    list_id: UUID | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    dry_run: bool = False

    def options(self) -> ImportOptions:
        """Raises ``ValueError`` for what is no JSON or no choice."""
        if self.on_conflict not in set(OnConflict):
            raise ValueError(f"--on-conflict is {', '.join(OnConflict)}, not {self.on_conflict}")
        mapping = json.loads(self.mapping) if self.mapping else None
        if mapping is not None and not isinstance(mapping, dict):
            raise ValueError("--mapping is an object: a field of contacts for each header")
        file = FileOptions(None, self.encoding, self.delimiter, self.sheet)
        return ImportOptions(mapping, OnConflict(self.on_conflict), self.dry_run, self.list_id, file)


def run(settings: Settings, path: Path, asked: Asked, *, verdicts: Path | None) -> int:
    """Import and show the counts: 0 when it was completed, 1 when it was not, 2 when what was asked is wrong."""
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        return asyncio.run(_run(settings, path, asked, verdicts))
    except (OpenDoorsError, ValueError) as error:
        for sentence in _sentences(error):
            errors.print(f"opendoors import: {sentence}", markup=False)
        return 2
    except KeyboardInterrupt:
        errors.print("The import goes on without this command; GET /api/imports tells how far it is.")
        return 1


def _sentences(error: Exception) -> list[str]:
    if isinstance(error, Invalid) and error.fields:
        return [f"{one.pointer.removeprefix('/')}: {one.detail}".removeprefix(": ") for one in error.fields]
    return [f"--mapping is not JSON: {error}" if isinstance(error, json.JSONDecodeError) else str(error)]


async def _run(settings: Settings, path: Path, asked: Asked, verdicts: Path | None) -> int:
    engine, console = create_engine(settings), Console()
    sessions = session_factory(engine)
    try:
        with path.open("rb") as file:
            import_id, begun = await begin(sessions, file, path.name, asked, now=clock_of(settings)())
        with progress_bars() as report:
            job = await _follow(sessions, begun.customer_id, begun.id, report)
        await _show(console, sessions, import_id, job)
        if verdicts is not None:
            await _write(sessions, import_id, verdicts)
    finally:
        await engine.dispose()
    return 0 if job.status is JobStatus.COMPLETED else 1


async def begin(sessions: Sessions, file: BinaryIO, name: str, asked: Asked, *, now: datetime) -> tuple[UUID, Row[Any]]:
    """Upload the file and start its import; its id, and its job. Raises ``Invalid``, ``ValueError``."""
    options = asked.options()
    look = import_files.preview(file, options.file)
    header = [column["name"] for column in look.told["columns"]]
    mapping = options.mapping or {column["name"]: column["field"] for column in look.told["columns"] if column["name"]}
    contact_columns.targets(header, mapping)
    file.seek(0)
    async with sessions.begin() as session:
        owner = await _owner(session, asked)
        who: dict[str, Any] = {"customer_id": owner.customer_id, "user_id": owner.user_id, "now": now}
        import_id = await contact_imports.create(
            session,
            workspace_id=owner.workspace_id,
            file_name=name[-255:],
            pieces=iter(partial(file.read, contact_imports.PIECE_BYTES), b""),
            told=look.told,
            **who,
        )
        chosen = replace(options, mapping=mapping)
        job = await contact_imports.start(session, import_id=import_id, options=chosen, **who)
        return import_id, job


async def _owner(session: AsyncSession, asked: Asked) -> Row[Any]:
    try:
        user = normalise(asked.user) if asked.user else None
    except AddressProblem as problem:
        raise ValueError(f"--user: {problem}") from None
    named = {"customer": asked.customer, "workspace": asked.workspace, "user": user}
    owners = (await session.execute(_OWNERS, named)).all()
    if not owners:
        raise ValueError("there is no such customer, workspace and user; `opendoors keys create` makes them")
    if len(owners) > 1:
        raise ValueError("there are several customers, workspaces or users: say --customer, --workspace and --user")
    return owners[0]


async def _follow(sessions: Sessions, customer_id: UUID, job_id: UUID, report: Report) -> Row[Any]:
    """The job once it has ended."""
    while True:
        async with sessions() as session:
            job = await jobs.get(session, customer_id=customer_id, job_id=job_id)
        if job.status not in jobs.OPEN:
            return job
        what = "Waiting for a worker" if job.status is JobStatus.QUEUED else "Importing"
        report(what, job.done, max(job.total or 0, job.done, 1))
        await asyncio.sleep(LOOK_SECONDS)


async def _show(console: Console, sessions: Sessions, import_id: UUID, job: Row[Any]) -> None:
    async with sessions() as session:
        row = await contact_imports.get(session, customer_id=job.customer_id, import_id=import_id)
        changes = await contact_imports.sample_of_changes(session, import_id=import_id, limit=MOST_CHANGES)
    tried = row.options["dry_run"]
    table = Table(
        title=f"{'A dry run of import' if tried else 'Import'} {import_id}: {row.state}", title_justify="left"
    )
    for verdict in ImportVerdict:
        table.add_column(verdict, justify="right")
    table.add_row(*(f"{row._mapping[verdict]:,}" for verdict in ImportVerdict))
    console.print(table)
    if tried and changes:
        console.print(_changed(changes))
    if job.error:
        console.print(job.error, markup=False, highlight=False)


def _changed(changes: Any) -> Table:
    table = Table(title="What it would change", title_justify="left")
    for name in ("contact", "field", "before", "after"):
        table.add_column(name, overflow="fold")
    for change in changes:
        for field, after in change.after.items():
            table.add_row(change.email, field, _spoken(change.before[field]), _spoken(after))
    return table


def _spoken(value: Any) -> str:
    return "–" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


async def _write(sessions: Sessions, import_id: UUID, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(import_verdicts.header())
        async for rows in import_batches.verdicts(sessions, import_id=import_id):
            file.write(import_verdicts.lines(rows))
