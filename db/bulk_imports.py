"""The import of a request: its contacts are made or changed in one transaction, with their activities."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db import contact_activities, contact_upserts
from db.contact_upserts import Given, Importer, Upserted
from db.eligibility import MAILABLE
from domain.importing.contact_imports import OnConflict
from domain.vocabulary import ActivityType, ImportVerdict

_MAILABLE = text(
    f"""SELECT contact.id FROM contacts AS contact
        WHERE contact.customer_id = :customer_id AND contact.id = ANY(:ids) AND {MAILABLE}"""
)


@dataclass(frozen=True, slots=True)
class Imported:
    """The contact of an address, what became of it, and whether it may be mailed now."""

    contact_id: UUID
    verdict: ImportVerdict
    mailable: bool


async def import_contacts(
    session: AsyncSession,
    importer: Importer,
    rows: Sequence[Mapping[str, Any]],
    *,
    on_conflict: OnConflict,
    now: datetime,
) -> dict[str, Imported]:
    """Make and change contacts, with their activities; the answer is by address.

    Each row holds a normalised ``email`` that no other row holds, and only the fields that it gives, checked.
    """
    if not rows:
        return {}
    upserted = await contact_upserts.upsert(session, importer, _given(rows), on_conflict=on_conflict, now=now)
    updated = {change.contact_id for change in upserted.changes}
    activities = (
        (ActivityType.CONTACT_CREATED, upserted.created.values()),
        (ActivityType.CONTACT_UPDATED, updated),
    )
    for kind, ids in activities:
        details = {"source": importer.source}
        await contact_activities.note_all(session, ids, importer.customer_id, kind, details, now)
    return await _answers(session, importer.customer_id, upserted, updated, now)


def _given(rows: Sequence[Mapping[str, Any]]) -> Given:
    names = {name for row in rows for name in row}
    columns = ("email", *sorted(names - {"email"}))
    values = [
        tuple(json.dumps(row[name]) if name == "custom_fields" and row.get(name) else row.get(name) for name in columns)
        for row in sorted(rows, key=lambda row: row["email"])
    ]
    return Given(columns, values)


async def _answers(
    session: AsyncSession, customer_id: UUID, upserted: Upserted, updated: Collection[UUID], now: datetime
) -> dict[str, Imported]:
    ids = [*upserted.created.values(), *upserted.known.values()]
    found = await session.scalars(_MAILABLE, {"customer_id": customer_id, "ids": ids, "now": now})
    mailable = set(found)
    answers = {}
    for email, id in upserted.known.items():
        verdict = ImportVerdict.UPDATED if id in updated else ImportVerdict.SKIPPED
        answers[email] = Imported(id, verdict, id in mailable)
    for email, id in upserted.created.items():
        answers[email] = Imported(id, ImportVerdict.CREATED, id in mailable)
    return answers
