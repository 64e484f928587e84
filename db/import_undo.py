"""An import taken back, as long as nothing was sent to whom it made."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import contact_activities, contact_imports, jobs, lists
from db.enrichment_scores import score_of
from db.models import ContactImport
from domain.errors import Conflict
from domain.importing.contact_imports import ImportState
from domain.profiles.contact_values import COLUMNS
from domain.vocabulary import ActivityType, ContactSource, JobKind

PIECE = 5_000
"""Contacts that get their former values in one transaction."""

_UNDOABLE = frozenset({ImportState.COMPLETED, ImportState.FAILED, ImportState.CANCELLED})
_UNDONE = frozenset({ImportState.UNDOING, ImportState.UNDONE})
# What may not be mailed stays so: a withdrawal that came by the import is not taken back.
_RESTORED = tuple(sorted({*COLUMNS, "custom_fields", "timezone_source"} - {"email", "do_not_contact"}))

_SENT_TO = text(
    """SELECT count(DISTINCT message.contact_id)
       FROM contact_import_batches AS batch
       CROSS JOIN LATERAL unnest(batch.contact_ids, batch.verdicts) AS imported (contact_id, verdict)
       JOIN email_messages AS message ON message.contact_id = imported.contact_id
       WHERE batch.import_id = :import_id AND imported.verdict = 'created'
         AND message.status IN ('sending', 'sent', 'unknown')"""
)
_BATCHES = text("SELECT count(*) FROM contact_import_batches WHERE import_id = :import_id")
_CREATED = """SELECT imported.contact_id
       FROM contact_import_batches AS batch
       CROSS JOIN LATERAL unnest(batch.contact_ids, batch.verdicts) AS imported (contact_id, verdict)
       WHERE batch.import_id = :import_id AND batch.number = :number AND imported.verdict = 'created'"""
_LOCK = text(f"SELECT id FROM contacts WHERE id IN ({_CREATED}) ORDER BY email FOR UPDATE")
_UNTOUCHED = text(
    """SELECT contact.id FROM contacts AS contact WHERE contact.id = ANY(:ids)
         AND NOT EXISTS (SELECT FROM sequence_enrollments AS e WHERE e.contact_id = contact.id)
         AND NOT EXISTS (SELECT FROM email_messages AS message WHERE message.contact_id = contact.id)"""
)
_DEPENDENTS = tuple(
    text(f"DELETE FROM {table} WHERE contact_id = ANY(:ids)")
    for table in ("contact_activities", "inbound_messages", "contact_enrichment_queue")
)
_DELETE = text("DELETE FROM contacts WHERE id = ANY(:ids)")
_RESTORE = text(
    f"""
    WITH piece AS MATERIALIZED (
      SELECT contact_id, before, after FROM contact_import_changes
      WHERE import_id = :import_id AND contact_id > :after ORDER BY contact_id LIMIT :limit),
    locked AS MATERIALIZED (
      SELECT contact, piece.before, piece.after
      FROM contacts AS contact JOIN piece ON piece.contact_id = contact.id
      ORDER BY contact.email FOR NO KEY UPDATE OF contact),
    patched AS (
      SELECT patch.fields, patch.left_out, later.*
      FROM locked
      CROSS JOIN LATERAL (
        SELECT coalesce(jsonb_object_agg(key, value) FILTER (WHERE same), '{{}}') AS fields,
               count(*) FILTER (WHERE NOT same) AS left_out
        FROM (SELECT field.key, field.value,
                     to_jsonb(locked.contact)->field.key IS NOT DISTINCT FROM locked.after->field.key AS same
              FROM jsonb_each(locked.before) AS field WHERE field.key = ANY(:restored)) AS compared) AS patch
      CROSS JOIN LATERAL jsonb_populate_record(locked.contact, patch.fields) AS later),
    written AS (
      UPDATE contacts AS contact
      SET {", ".join(f"{name} = patched.{name}" for name in _RESTORED)},
          enrichment_score = {score_of("patched")}, updated_at = :now, updated_by = :user_id
      FROM patched WHERE contact.id = patched.id AND patched.fields <> '{{}}')
    SELECT piece.contact_id, coalesce(patched.fields <> '{{}}', false) AS restored,
           coalesce(patched.left_out > 0, false) AS changed_since
    FROM piece LEFT JOIN patched ON patched.id = piece.contact_id ORDER BY piece.contact_id"""
)


@dataclass(frozen=True, slots=True)
class Removed:
    """How many contacts of a batch were removed, and how many stay: they are enrolled, or something was sent."""

    removed: int
    kept: int


@dataclass(frozen=True, slots=True)
class Restored:
    """How many contacts got values back, how many keep some that somebody changed since, and the last one."""

    restored: int
    changed_since: int
    last: UUID | None


async def request(
    session: AsyncSession, *, customer_id: UUID, import_id: UUID, user_id: UUID | None, now: datetime
) -> Row[Any]:
    """The job that takes the import back; the same one when it is asked again.

    Raises ``NotFound``, and ``Conflict`` when the import has not ended or something was sent to a contact it made.
    """
    row = await contact_imports.get(session, customer_id=customer_id, import_id=import_id, lock=True)
    if row.state in _UNDONE:
        return await jobs.get(session, customer_id=customer_id, job_id=row.undo_job_id)
    if row.state not in _UNDOABLE:
        raise Conflict("import.not_ended", f"This import is {row.state}; there is nothing to undo.")
    sent_to = await session.scalar(_SENT_TO, {"import_id": import_id})
    if sent_to:
        detail = f"Something was sent to {sent_to:,} of the contacts that this import made; it stays."
        raise Conflict("import.sent", detail)
    job = await jobs.create(
        session,
        customer_id=customer_id,
        workspace_id=row.workspace_id,
        user_id=user_id,
        kind=JobKind.IMPORT_UNDO,
        parameters={"import_id": str(import_id)},
        total=row.created + row.updated,
        now=now,
    )
    await session.execute(update(ContactImport).where(ContactImport.id == import_id).values(undo_job_id=job.id))
    return job


async def batches_of(session: AsyncSession, import_id: UUID) -> int:
    """How many batches the import has, whose numbers begin with 0."""
    return await session.scalar(_BATCHES, {"import_id": import_id}) or 0


async def remove_created(session: AsyncSession, *, import_id: UUID, number: int) -> Removed:
    """Remove the contacts that a batch made, but those that are in an enrollment or were sent something.

    Suppressions of their addresses stay.
    """
    locked = (await session.scalars(_LOCK, {"import_id": import_id, "number": number})).all()
    # A statement of its own, so that it sees what those did who held the rows before.
    ids = (await session.scalars(_UNTOUCHED, {"ids": locked})).all()
    if ids:
        await lists.leave_all(session, ids)
        for statement in (*_DEPENDENTS, _DELETE):
            await session.execute(statement, {"ids": ids})
    return Removed(len(ids), len(locked) - len(ids))


async def restore_updated(
    session: AsyncSession, *, customer_id: UUID, import_id: UUID, user_id: UUID | None, after: UUID, now: datetime
) -> Restored:
    """Give the next contacts behind ``after`` the values back that the import changed and nobody has since."""
    about = {"import_id": import_id, "after": after, "limit": PIECE, "restored": list(_RESTORED)}
    rows = (await session.execute(_RESTORE, about | {"user_id": user_id, "now": now})).all()
    ids = [row.contact_id for row in rows if row.restored]
    details = {"source": ContactSource.CSV_IMPORT, "undone_import_id": str(import_id)}
    await contact_activities.note_all(session, ids, customer_id, ActivityType.CONTACT_UPDATED, details, now)
    return Restored(len(ids), sum(row.changed_since for row in rows), rows[-1].contact_id if rows else None)
