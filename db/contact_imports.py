"""Imports of files: the file in pieces, which any worker can read, and how the import stands."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, String, delete, insert, literal_column, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import aliased

from db import jobs, tenancy
from db.models import (
    Contact,
    ContactImport,
    ContactImportBatch,
    ContactImportChange,
    ContactImportPiece,
    ContactList,
    Job,
)
from domain.errors import Conflict, FieldError, Invalid, NotFound
from domain.importing.contact_imports import ImportOptions, ImportState
from domain.vocabulary import JobKind, ListType

PIECE_BYTES: Final = 1024 * 1024

_RUN, _UNDO = aliased(Job, name="run"), aliased(Job, name="undo")
_STATE = literal_column(
    """CASE WHEN undo.status = 'completed' THEN 'undone'
            WHEN undo.status IN ('queued', 'running') THEN 'undoing'
            WHEN run.id IS NULL THEN 'uploaded'
            WHEN run.status = 'completed' AND (run.parameters->>'dry_run')::boolean THEN 'tried'
            ELSE run.status::text END""",
    String,
)
_COLUMNS = (
    *ContactImport.__table__.columns,
    _STATE.label("state"),
    _RUN.parameters.label("options"),
    _RUN.result.label("result"),
    _RUN.error.label("error"),
)
_STARTABLE = frozenset({ImportState.UPLOADED, ImportState.TRIED})
_FORGETTABLE = text(
    """SELECT import.id FROM contact_imports AS import
       LEFT JOIN jobs AS run ON run.id = import.job_id
       WHERE import.file_forgotten_at IS NULL AND import.created_at < :before
         AND (run.id IS NULL OR run.finished_at < :before)
       LIMIT 100 FOR UPDATE OF import SKIP LOCKED"""
)


async def create(
    session: AsyncSession,
    *,
    customer_id: UUID,
    workspace_id: UUID,
    user_id: UUID | None,
    file_name: str | None,
    pieces: Iterable[bytes],
    told: Mapping[str, Any],
    now: datetime,
) -> UUID:
    """Keep a file that was uploaded; ``told`` is what it tells of itself, as JSON."""
    values = {"customer_id": customer_id, "workspace_id": workspace_id, "created_by": user_id}
    made = insert(ContactImport).values(**values, file_name=file_name, told=dict(told), created_at=now)
    import_id: UUID = (await session.execute(made.returning(ContactImport.id))).scalar_one()
    size = lines = 0
    for number, content in enumerate(pieces):
        piece = {"import_id": import_id, "number": number, "customer_id": customer_id, "content": content}
        await session.execute(insert(ContactImportPiece).values(**piece))
        size += len(content)
        lines += content.count(b"\n")
    await session.execute(update(ContactImport).where(ContactImport.id == import_id).values(size=size, lines=lines))
    return import_id


def listing(*, customer_id: UUID) -> Select[Any]:
    """The customer's imports, as rows with their ``state``, the options and the result of their run."""
    return (
        select(*_COLUMNS)
        .outerjoin(_RUN, _RUN.id == ContactImport.job_id)
        .outerjoin(_UNDO, _UNDO.id == ContactImport.undo_job_id)
        .where(ContactImport.customer_id == customer_id)
    )


async def get(session: AsyncSession, *, customer_id: UUID, import_id: UUID, lock: bool = False) -> Row[Any]:
    """The import, locked against another start or undo if asked; raises ``NotFound``."""
    statement = listing(customer_id=customer_id).where(ContactImport.id == import_id)
    if lock:
        await tenancy.require(session, ContactImport, import_id, customer_id, "import", lock=True)
    row: Row[Any] | None = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound("import", import_id)
    return row


async def start(
    session: AsyncSession,
    *,
    customer_id: UUID,
    import_id: UUID,
    user_id: UUID | None,
    options: ImportOptions,
    now: datetime,
) -> Row[Any]:
    """Begin the import; its job. Raises ``NotFound``, ``Invalid`` for a list, ``Conflict`` when it was begun before.

    A dry run may be followed by another one, or by the import itself.
    """
    row = await get(session, customer_id=customer_id, import_id=import_id, lock=True)
    if row.state not in _STARTABLE:
        raise Conflict("import.started", f"This import is {row.state}; upload the file again to import it again.")
    if row.file_forgotten_at is not None:
        raise Conflict("import.file_gone", "The file was deleted after its time; upload it again.")
    if options.list_id is not None:
        await _require_static_list(session, customer_id, options.list_id)
    for tried in (ContactImportBatch, ContactImportChange):
        await session.execute(delete(tried).where(tried.import_id == import_id))
    job = await jobs.create(
        session,
        customer_id=customer_id,
        workspace_id=row.workspace_id,
        user_id=user_id,
        kind=JobKind.CONTACT_IMPORT,
        parameters={"import_id": str(import_id), **options.parameters()},
        # A file of texts has a row a line, but for its header and for line ends within quotes.
        total=max(row.lines - 1, 0) or None,
        now=now,
    )
    counts = {"created": 0, "updated": 0, "skipped": 0, "invalid": 0}
    await session.execute(update(ContactImport).where(ContactImport.id == import_id).values(job_id=job.id, **counts))
    return job


async def sample_of_changes(session: AsyncSession, *, import_id: UUID, limit: int) -> Sequence[Any]:
    """Some of the known contacts that the import changed, or would change, with the fields before and after."""
    statement = (
        select(Contact.id.label("contact_id"), Contact.email, ContactImportChange.before, ContactImportChange.after)
        .join_from(ContactImportChange, Contact, Contact.id == ContactImportChange.contact_id)
        .where(ContactImportChange.import_id == import_id)
        .order_by(ContactImportChange.contact_id)
        .limit(limit)
    )
    return (await session.execute(statement)).all()


async def pieces(sessions: async_sessionmaker[AsyncSession], import_id: UUID) -> AsyncIterator[bytes]:
    """The file, piece by piece; no transaction is open in between."""
    number = 0
    while True:
        wanted = select(ContactImportPiece.content).where(
            ContactImportPiece.import_id == import_id, ContactImportPiece.number == number
        )
        async with sessions() as session:
            content = await session.scalar(wanted)
        if content is None:
            return
        yield content
        number += 1


async def forget_files(session: AsyncSession, *, before: datetime, now: datetime) -> int:
    """Delete the files of imports that ended, or were uploaded and never begun, before then; how many."""
    ids = (await session.scalars(_FORGETTABLE, {"before": before})).all()
    if ids:
        await session.execute(delete(ContactImportPiece).where(ContactImportPiece.import_id.in_(ids)))
        forgotten = update(ContactImport).where(ContactImport.id.in_(ids)).values(file_forgotten_at=now)
        await session.execute(forgotten)
    return len(ids)


async def _require_static_list(session: AsyncSession, customer_id: UUID, list_id: UUID) -> None:
    found = select(ContactList.type).where(ContactList.id == list_id, ContactList.customer_id == customer_id)
    kind = (await session.execute(found)).scalar_one_or_none()
    if kind is None:
        wrong = FieldError("/list_id", "not_found", f"There is no list with id {list_id}.")
        raise Invalid("reference.not_found", "The import refers to a list that does not exist.", (wrong,))
    if kind is ListType.DYNAMIC:
        wrong = FieldError("/list_id", "dynamic", "is a dynamic list: its rules choose its members")
        raise Invalid("import.list", "Contacts cannot be imported into this list.", (wrong,))
