"""Batches of imports: what became of each row, kept beside what it did to contacts, in one transaction."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from db import contact_upserts, memberships
from db.contact_upserts import Change, Given, Importer, Upserted
from db.memberships import Membership, Reason
from db.models import ContactImport, ContactImportBatch
from domain.importing.contact_imports import Batch, ImportOptions, OnConflict, Remark
from domain.importing.import_verdicts import RowVerdict
from domain.vocabulary import ImportVerdict, MembershipSource

NOTHING_NEW = "the address is a contact already, and nothing in the row changes it"
KNOWN = "the address is a contact already"

_KEEP_CHANGES = text(
    """INSERT INTO contact_import_changes (import_id, contact_id, customer_id, before, after)
       SELECT :import_id, id, :customer_id, before, after
       FROM unnest(CAST(:ids AS uuid[]), CAST(:before AS jsonb[]), CAST(:after AS jsonb[]))
         AS change (id, before, after)"""
)
# As text, since the types of SQLAlchemy look at each element of an array.
_KEEP = text(
    """INSERT INTO contact_import_batches
         (import_id, number, customer_id, lines, verdicts, contact_ids, remarks, landed_at, recorded_at)
       VALUES (:import_id, :number, :customer_id, CAST(:lines AS integer[]),
         CAST(:verdicts AS import_verdict_enum[]), CAST(:contact_ids AS uuid[]), CAST(:remarks AS jsonb),
         :landed_at, :recorded_at)"""
)
_MARK = text(
    """UPDATE contact_import_batches SET recorded_at = :now
       WHERE import_id = :import_id AND number = (
         SELECT number FROM contact_import_batches
         WHERE import_id = :import_id AND recorded_at IS NULL ORDER BY number LIMIT 1 FOR UPDATE)
       RETURNING number"""
)
# Contacts that were removed meanwhile have none; the others stay until this is committed.
_RECORD = text(
    """WITH present AS MATERIALIZED (
         SELECT contact.id, made.verdict, batch.landed_at FROM contact_import_batches AS batch
         CROSS JOIN unnest(batch.contact_ids, batch.verdicts) AS made (id, verdict)
         JOIN contacts AS contact ON contact.id = made.id
         WHERE batch.import_id = :import_id AND batch.number = :number AND made.verdict IN ('created', 'updated')
         ORDER BY contact.id FOR KEY SHARE OF contact)
       INSERT INTO contact_activities (contact_id, customer_id, activity_type, metadata, occurred_at, created_at)
       SELECT id, :customer_id, CAST('contact_' || verdict AS activity_type_enum), CAST(:details AS jsonb),
         landed_at, landed_at
       FROM present"""
)
_EMAILS = text("SELECT id, email FROM contacts WHERE id = ANY(:ids)")


async def land(
    session: AsyncSession, importer: Importer, import_id: UUID, batch: Batch, options: ImportOptions, now: datetime
) -> Sequence[UUID]:
    """Import the rows of a batch and keep what became of them; their contacts.

    A dry run keeps what would have become of them, and writes no contact.
    """
    given = Given(batch.columns, [values for _, values in batch.rows])
    if options.dry_run:
        upserted = await _foreseen(session, importer, given, options.on_conflict)
    else:
        upserted = await contact_upserts.upsert(session, importer, given, on_conflict=options.on_conflict, now=now)
    await _keep_changes(session, importer, import_id, upserted.changes)
    await _keep(session, importer, import_id, batch, upserted, options, now)
    return [*upserted.created.values(), *upserted.known.values()]


async def join_list(
    session: AsyncSession, importer: Importer, list_id: UUID, contact_ids: Sequence[UUID], now: datetime
) -> None:
    """Put the contacts into the list: the last thing but the commit, since changes of status wait for it."""
    joining = [Membership(id, list_id) for id in sorted(contact_ids)]
    reason = Reason(MembershipSource.BULK_IMPORT, now, importer.user_id)
    await memberships.move(session, importer.customer_id, joining=joining, reason=reason)


async def record_activities(
    session: AsyncSession, customer_id: UUID, import_id: UUID, source: str, *, now: datetime
) -> bool:
    """Write the activities of the next batch whose contacts have none yet; False when there is none.

    They cost as much as the contacts themselves, so all rows land first.
    """
    about = {"import_id": import_id, "customer_id": customer_id, "now": now}
    details = json.dumps({"source": source, "import_id": str(import_id)})
    number = (await session.execute(_MARK, about)).scalar_one_or_none()
    if number is not None:
        await session.execute(_RECORD, {**about, "number": number, "details": details})
    return number is not None


async def verdicts(
    sessions: async_sessionmaker[AsyncSession], *, import_id: UUID, verdict: ImportVerdict | None = None
) -> AsyncIterator[Sequence[RowVerdict]]:
    """What became of the rows, batch by batch in the order of the file; no transaction is open in between."""
    number = 0
    while True:
        kept = select(ContactImportBatch).where(
            ContactImportBatch.import_id == import_id, ContactImportBatch.number == number
        )
        async with sessions() as session:
            batch = (await session.execute(kept)).scalar_one_or_none()
            if batch is None:
                return
            ids = [id for id in batch.contact_ids if id is not None]
            emails = {row.id: row.email for row in await session.execute(_EMAILS, {"ids": ids})}
        yield [one for one in _rows_of(batch, emails) if verdict in {None, one.verdict}]
        number += 1


def _rows_of(batch: ContactImportBatch, emails: Mapping[UUID, str]) -> Iterator[RowVerdict]:
    for place, (line, verdict, contact_id) in enumerate(
        zip(batch.lines, batch.verdicts, batch.contact_ids, strict=True)
    ):
        remark = batch.remarks.get(str(place), {})
        email = remark.get("email") if contact_id is None else emails.get(contact_id)
        yield RowVerdict(line, email, verdict, contact_id, remark.get("reason"))


async def _foreseen(session: AsyncSession, importer: Importer, given: Given, on_conflict: OnConflict) -> Upserted:
    known, changes = await contact_upserts.difference(
        session, customer_id=importer.customer_id, given=given, on_conflict=on_conflict
    )
    return Upserted({}, known, changes)


async def _keep_changes(session: AsyncSession, importer: Importer, import_id: UUID, changes: Sequence[Change]) -> None:
    if changes:
        values = {
            "import_id": import_id,
            "customer_id": importer.customer_id,
            "ids": [change.contact_id for change in changes],
            "before": [json.dumps(change.before) for change in changes],
            "after": [json.dumps(change.after) for change in changes],
        }
        await session.execute(_KEEP_CHANGES, values)


async def _keep(
    session: AsyncSession,
    importer: Importer,
    import_id: UUID,
    batch: Batch,
    upserted: Upserted,
    options: ImportOptions,
    now: datetime,
) -> None:
    verdicts, remarks = list(batch.verdicts), dict(batch.remarks)
    contact_ids: list[UUID | None] = [None] * len(batch.lines)
    updated = {change.contact_id for change in upserted.changes}
    unchanged = Remark(KNOWN if options.on_conflict is OnConflict.SKIP else NOTHING_NEW)
    for place, row in batch.rows:
        email = row[0]
        known = upserted.known.get(email)
        id = contact_ids[place] = known or upserted.created.get(email)
        if known is None:
            verdicts[place] = ImportVerdict.CREATED
        elif known in updated:
            verdicts[place] = ImportVerdict.UPDATED
        else:
            verdicts[place] = ImportVerdict.SKIPPED
            remarks[place] = unchanged
        if id is None:
            # Of a dry run: there is no contact that would tell its address.
            remarks[place] = Remark(remarks[place].reason if place in remarks else None, email)
    kept = {
        "import_id": import_id,
        "number": batch.number,
        "customer_id": importer.customer_id,
        "lines": list(batch.lines),
        "verdicts": verdicts,
        "contact_ids": contact_ids,
        "remarks": json.dumps({str(place): _json(remark) for place, remark in remarks.items()}),
        "landed_at": now,
        "recorded_at": now if options.dry_run else None,
    }
    await session.execute(_KEEP, kept)
    await _count(session, import_id, verdicts)


def _json(remark: Remark) -> dict[str, str]:
    both = {"reason": remark.reason, "email": remark.email}
    return {name: value for name, value in both.items() if value is not None}


async def _count(session: AsyncSession, import_id: UUID, verdicts: Sequence[ImportVerdict | None]) -> None:
    more: dict[str, Any] = {
        kind.value: getattr(ContactImport, kind.value) + verdicts.count(kind) for kind in ImportVerdict
    }
    await session.execute(update(ContactImport).where(ContactImport.id == import_id).values(**more))
