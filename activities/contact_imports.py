"""The job of an import: rows land batch by batch, then their activities are written; and the job that undoes it."""

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from activities import checked_batches
from activities.resources import Resources
from db import audit, contact_imports, import_batches, import_undo, jobs
from db.contact_upserts import Importer
from db.jobs import Cancelled
from domain.errors import OpenDoorsError
from domain.importing.contact_imports import Batch, ImportOptions
from domain.vocabulary import ContactSource

_FIRST = UUID(int=0)


async def import_contacts(resources: Resources, job: Row[Any]) -> Mapping[str, Any]:
    """Import the file; the counts of its rows. Raises ``Invalid`` when the file or its mapping is wrong.

    A batch is one transaction with the job's cursor, and batch n is the same whenever the file is read: after a crash
    the file is read again, and what was committed is passed over. Rows land first, since their activities cost as
    much; a batch without them is marked, so that each activity is written once too.
    """
    import_id = UUID(job.parameters["import_id"])
    try:
        await _land_rows(resources, job, import_id, ImportOptions.of(job.parameters))
    except (Cancelled, OpenDoorsError):
        # What has landed stays, and has its activities.
        await _record_activities(resources, job, import_id)
        raise
    await _record_activities(resources, job, import_id)
    async with resources.sessions() as session:
        row = await contact_imports.get(session, customer_id=job.customer_id, import_id=import_id)
    return {"created": row.created, "updated": row.updated, "skipped": row.skipped, "invalid": row.invalid}


async def _land_rows(resources: Resources, job: Row[Any], import_id: UUID, options: ImportOptions) -> None:
    importer = Importer(
        customer_id=job.customer_id,
        workspace_id=job.workspace_id,
        user_id=job.created_by,
        source=ContactSource.CSV_IMPORT,
        hashes=resources.settings.address_hashes,
    )
    landed, done = (job.cursor or {}).get("batches", 0), job.done
    async with (
        checked_batches.local_file(resources.sessions, import_id) as file,
        aclosing(checked_batches.ahead(file, options)) as batches,
    ):
        async for batch in batches:
            if batch.number >= landed:
                done += len(batch.lines)
                await _land(resources, job.id, importer, import_id, batch, options, done)
    async with resources.sessions.begin() as session:
        await jobs.set_total(session, job.id, done)


async def _land(
    resources: Resources,
    job_id: UUID,
    importer: Importer,
    import_id: UUID,
    batch: Batch,
    options: ImportOptions,
    done: int,
) -> None:
    now = resources.clock()
    async with resources.sessions.begin() as session:
        contact_ids = await import_batches.land(session, importer, import_id, batch, options, now)
        await jobs.advance(session, job_id, done=done, cursor={"batches": batch.number + 1})
        if options.list_id is not None and not options.dry_run:
            await import_batches.join_list(session, importer, options.list_id, contact_ids, now)


async def _record_activities(resources: Resources, job: Row[Any], import_id: UUID) -> None:
    more = True
    while more:
        async with resources.sessions.begin() as session:
            more = await import_batches.record_activities(
                session, job.customer_id, import_id, ContactSource.CSV_IMPORT, now=resources.clock()
            )


@dataclass(frozen=True, slots=True)
class _Undone:
    """How far an undo is, and its counts of contacts; it is the job's cursor."""

    batches: int = 0
    restored_to: str = str(_FIRST)
    removed: int = 0
    kept: int = 0
    restored: int = 0
    changed_since: int = 0

    @property
    def result(self) -> dict[str, int]:
        return {
            "removed": self.removed,
            "kept": self.kept,
            "restored": self.restored,
            "changed_since": self.changed_since,
        }


async def undo_import(resources: Resources, job: Row[Any]) -> Mapping[str, Any]:
    """Take an import back: remove whom it made, and give those whom it changed their values back.

    ``kept`` are contacts that it made who are in an enrollment or were sent something meanwhile; ``changed_since``
    those who keep some of their values, because somebody has changed them since.
    """
    import_id = UUID(job.parameters["import_id"])
    undone = _Undone(**(job.cursor or {}))
    async with resources.sessions() as session:
        batches = await import_undo.batches_of(session, import_id)
    for number in range(undone.batches, batches):
        undone = await _remove(resources, job, import_id, number, undone)
    before = None
    while undone != before:
        before, undone = undone, await _restore(resources, job, import_id, undone)
    async with resources.sessions.begin() as session:
        await audit.record(
            session,
            customer_id=job.customer_id,
            workspace_id=job.workspace_id,
            user_id=job.created_by,
            action="import.undone",
            subject="import",
            subject_id=import_id,
            details=undone.result,
            now=resources.clock(),
        )
    return undone.result


async def _remove(resources: Resources, job: Row[Any], import_id: UUID, number: int, undone: _Undone) -> _Undone:
    async with resources.sessions.begin() as session:
        one = await import_undo.remove_created(session, import_id=import_id, number=number)
        undone = replace(undone, batches=number + 1, removed=undone.removed + one.removed, kept=undone.kept + one.kept)
        await _advance(session, job, undone)
    return undone


async def _restore(resources: Resources, job: Row[Any], import_id: UUID, undone: _Undone) -> _Undone:
    """The same again when nobody is left."""
    async with resources.sessions.begin() as session:
        one = await import_undo.restore_updated(
            session,
            customer_id=job.customer_id,
            import_id=import_id,
            user_id=job.created_by,
            after=UUID(undone.restored_to),
            now=resources.clock(),
        )
        undone = replace(
            undone,
            restored_to=str(one.last) if one.last else undone.restored_to,
            restored=undone.restored + one.restored,
            changed_since=undone.changed_since + one.changed_since,
        )
        await _advance(session, job, undone)
    return undone


async def _advance(session: AsyncSession, job: Row[Any], undone: _Undone) -> None:
    done = undone.removed + undone.kept + undone.restored
    await jobs.advance(session, job.id, done=done, cursor=asdict(undone))
