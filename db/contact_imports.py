"""Contacts by the thousand: one statement per thing to do, whatever the number of rows."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db import contact_activities, lists
from db.eligibility import MAILABLE
from domain.contact_csv import COLUMNS
from domain.errors import Conflict
from domain.vocabulary import ActivityType, ContactSource


class OnConflict(StrEnum):
    """What to do with a row whose address is a contact already."""

    SKIP = "skip"
    UPDATE = "update"
    FILL_EMPTY = "fill_empty"


class ImportVerdict(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UPDATED = "updated"
    SKIPPED = "skipped"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Imported:
    """The contact of an address, what became of it, and whether it may be mailed now."""

    contact_id: UUID
    verdict: ImportVerdict
    mailable: bool


_PLAIN = tuple(name for name in COLUMNS if name not in {"email", "do_not_contact"})
_DEFAULTS = {"phone_type": "'work'::phone_type_enum", "timezone": "'UTC'"}
# The record type of the table itself gives every field its column's type.
_ROWS = "jsonb_populate_recordset(NULL::contacts, CAST(:rows AS jsonb)) AS given"
_INSERT = f"""
    INSERT INTO contacts (customer_id, workspace_id, created_by, source, created_at, updated_at, first_seen_at, email,
                          custom_fields, do_not_contact, status, {", ".join(_PLAIN)})
    SELECT :customer_id, :workspace_id, :user_id, CAST(:source AS contact_source_enum), :now, :now, :now, given.email,
           coalesce(given.custom_fields, '{{}}'), coalesce(given.do_not_contact, false),
           CASE WHEN given.do_not_contact THEN 'do_not_contact' ELSE 'active' END::contact_status_enum,
           {", ".join(f"coalesce(given.{name}, {_DEFAULTS.get(name, 'NULL')})" for name in _PLAIN)}
    FROM {_ROWS}
    -- Two imports at once take their rows in one order, so that neither waits for the other in a circle.
    ORDER BY given.email
    ON CONFLICT (customer_id, email) DO NOTHING
    RETURNING id"""


def _update(written: Mapping[str, str]) -> str:
    """The statement that writes each column's expression where that changes a row; ids of those it changed."""
    sets = ", ".join(f"{name} = {value}" for name, value in written.items())
    before = ", ".join(f"contact.{name}" for name in written)
    return f"""
    WITH known AS MATERIALIZED (
      SELECT contact.id FROM contacts AS contact
      WHERE contact.customer_id = :customer_id AND contact.email IN (SELECT given.email FROM {_ROWS})
      ORDER BY contact.email FOR NO KEY UPDATE)
    UPDATE contacts AS contact SET {sets}, updated_at = :now, updated_by = :user_id
    FROM {_ROWS}, known
    WHERE contact.id = known.id AND contact.email = given.email
      AND ({before}) IS DISTINCT FROM ({", ".join(written.values())})
    RETURNING contact.id"""


# A contact that may not be mailed is never taken back by an import; one that may can be withdrawn.
_WITHDRAWN = {
    "do_not_contact": "coalesce(contact.do_not_contact, false) OR coalesce(given.do_not_contact, false)",
    "status": "CASE WHEN given.do_not_contact AND contact.status = 'active' THEN 'do_not_contact' "
    "ELSE contact.status END",
}
_CUSTOM, _GIVEN_CUSTOM = "coalesce(contact.custom_fields, '{}')", "coalesce(given.custom_fields, '{}')"
_UPDATES = {
    OnConflict.UPDATE: _update(
        {name: f"coalesce(given.{name}, contact.{name})" for name in _PLAIN}
        | {"custom_fields": f"{_CUSTOM} || {_GIVEN_CUSTOM}"}
        | _WITHDRAWN
    ),
    OnConflict.FILL_EMPTY: _update(
        {
            name: f"CASE WHEN coalesce(contact.{name}::text, '') = '' THEN coalesce(given.{name}, contact.{name}) "
            f"ELSE contact.{name} END"
            for name in _PLAIN
        }
        | {"custom_fields": f"{_GIVEN_CUSTOM} || {_CUSTOM}"}
        | _WITHDRAWN
    ),
}


async def import_contacts(
    session: AsyncSession,
    *,
    customer_id: UUID,
    workspace_id: UUID,
    user_id: UUID,
    rows: Sequence[Mapping[str, Any]],
    on_conflict: OnConflict,
    source: ContactSource,
    now: datetime,
) -> dict[str, Imported]:
    """Make and change contacts; the answer is by address.

    Each row holds JSON values, a normalised ``email`` that no other row holds, and only the fields that it
    gives. Statuses, unsubscribes and suppressions of known contacts are never taken back; ``do_not_contact``
    may be set. The activities are recorded with it.
    """
    if not rows:
        return {}
    given = {"rows": json.dumps(rows), "customer_id": customer_id, "user_id": user_id, "now": now}
    created = await _ids(session, _INSERT, given | {"workspace_id": workspace_id, "source": source})
    updated: set[UUID] = set()
    if on_conflict is not OnConflict.SKIP and len(created) < len(rows):
        # A row that was made just now differs in nothing from what made it, so it is not changed.
        updated = await _ids(session, _UPDATES[on_conflict], given)
    if any(row.get("do_not_contact") for row in rows):
        await lists.recount_of(session, updated)
    for kind, ids in ((ActivityType.CONTACT_CREATED, created), (ActivityType.CONTACT_UPDATED, updated)):
        await contact_activities.note_all(session, ids, customer_id, kind, {"source": source}, now)
    return await _verdicts(session, rows, customer_id, created, updated, now)


async def _ids(session: AsyncSession, statement: str, parameters: Mapping[str, Any]) -> set[UUID]:
    return set((await session.execute(text(statement), parameters)).scalars())


async def _verdicts(
    session: AsyncSession,
    rows: Sequence[Mapping[str, Any]],
    customer_id: UUID,
    created: Collection[UUID],
    updated: Collection[UUID],
    now: datetime,
) -> dict[str, Imported]:
    found = await session.execute(
        text(
            f"""SELECT contact.email, contact.id, {MAILABLE} AS mailable FROM contacts AS contact
                WHERE contact.customer_id = :customer_id AND contact.email = ANY(:emails)"""
        ),
        {"customer_id": customer_id, "emails": [row["email"] for row in rows], "now": now},
    )
    verdicts = {}
    for email, id, mailable in found:
        changed = ImportVerdict.UPDATED if id in updated else ImportVerdict.SKIPPED
        verdicts[email] = Imported(id, ImportVerdict.CREATED if id in created else changed, mailable)
    if len(verdicts) < len(rows):
        raise Conflict("import.conflict", "A contact was erased while it was imported; the import changed nothing.")
    return verdicts
