"""Contacts made and changed by the thousand: a COPY of those that are new, one UPDATE of those that are known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import repeat
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from db import lists, suppressions
from db.driver import driver_of
from db.enrichment_scores import score_of
from db.models import Contact
from db.ordered_ids import ordered_ids
from domain.enriching.enrichment_scores import WEIGHTS
from domain.importing.contact_imports import OnConflict
from domain.profiles.address_hashes import AddressHashes
from domain.vocabulary import ContactSource, ContactStatus

TRIES = 20
"""Each but the first one follows upon somebody else's commit of some of the same addresses."""

# Joined, since a plan for "= ANY" that was made without statistics may compare every contact with every address.
_KNOWN = text(
    """SELECT contact.email, contact.id FROM unnest(CAST(:emails AS varchar[])) AS given (email)
       JOIN contacts AS contact ON contact.customer_id = :customer_id AND contact.email = given.email"""
)
_FIXED = ("id", "customer_id", "workspace_id", "created_by", "source", "created_at", "updated_at", "first_seen_at")
# What a new contact has where nothing is given, as the table's own defaults say.
_DEFAULTS: Final[Mapping[str, Any]] = {
    "phone_type": "work",
    "custom_fields": "{}",
    "do_not_contact": False,
    "timezone": "UTC",
    "timezone_source": "unknown",
}
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_TYPES = {column.name: column.type.compile(_DIALECT) for column in Contact.__table__.columns}


@dataclass(frozen=True, slots=True)
class Given:
    """Contacts to be made or changed, each a tuple in the order of ``columns``; None is not given.

    ``rows`` are in the order of their ``email``, the first column: normalised, and no two alike. ``custom_fields``
    are a JSON text, and a ``timezone`` comes with its ``timezone_source``.
    """

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]

    def of(self, emails: Mapping[str, Any]) -> "Given":
        """Those among the addresses."""
        return Given(self.columns, [row for row in self.rows if row[0] in emails])


@dataclass(frozen=True, slots=True)
class Change:
    """The fields of a known contact that were, or would be, written: as they were, and as they are then."""

    contact_id: UUID
    before: Mapping[str, Any]
    after: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Upserted:
    """The contacts that were made and those that were known, by address, and what changed of the latter."""

    created: Mapping[str, UUID]
    known: Mapping[str, UUID]
    changes: Sequence[Change] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """For whom contacts are made, by whom, and from what."""

    customer_id: UUID
    workspace_id: UUID
    user_id: UUID | None
    source: ContactSource
    hashes: AddressHashes


async def upsert(
    session: AsyncSession, importer: Importer, given: Given, *, on_conflict: OnConflict, now: datetime
) -> Upserted:
    """Make the contacts that are new and change the known ones; the caller records their activities.

    Statuses, unsubscribes and suppressions are never taken back; ``do_not_contact`` may be set. Two imports at once
    take their rows in one order, so that neither waits for the other in a circle.
    """
    created, known = await _create(session, importer, given, now)
    await suppressions.recognise(
        session, hashes=importer.hashes, customer_id=importer.customer_id, emails=created.keys()
    )
    if not known or on_conflict is OnConflict.SKIP:
        return Upserted(created, known)
    changes = await _update(session, importer, given.of(known), on_conflict, now)
    if "do_not_contact" in given.columns:
        await lists.recount_of(session, [change.contact_id for change in changes if "status" in change.after])
    return Upserted(created, known, changes)


async def difference(
    session: AsyncSession, *, customer_id: UUID, given: Given, on_conflict: OnConflict
) -> tuple[Mapping[str, UUID], Sequence[Change]]:
    """The known contacts among those given by address, and what an upsert would change of them; nothing is written."""
    known = await _known(session, customer_id, given)
    if not known or on_conflict is OnConflict.SKIP:
        return known, ()
    rows = given.of(known)
    statement = f"SELECT contact.id, {_images(rows)} {_compared(rows, on_conflict)}"
    return known, await _changes(session, statement, rows, {"customer_id": customer_id})


# --- new ones --------------------------------------------------------------------------------------------------


async def _create(
    session: AsyncSession, importer: Importer, given: Given, now: datetime
) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """COPY those that are not known; COPY has no ON CONFLICT, so who loses a race against another looks again."""
    for _ in range(TRIES):
        known = await _known(session, importer.customer_id, given)
        fresh = [row for row in given.rows if row[0] not in known]
        try:
            return await _copy(session, importer, Given(given.columns, fresh), now), known
        except asyncpg.UniqueViolationError:
            continue
    raise RuntimeError("others make the same contacts again and again")


async def _known(session: AsyncSession, customer_id: UUID, given: Given) -> dict[str, UUID]:
    emails = [row[0] for row in given.rows]
    rows = await session.execute(_KNOWN, {"customer_id": customer_id, "emails": emails})
    return {row.email: row.id for row in rows}


async def _copy(session: AsyncSession, importer: Importer, given: Given, now: datetime) -> dict[str, UUID]:
    """Raises ``asyncpg.UniqueViolationError``, and has then written nothing."""
    if not given.rows:
        return {}
    async with session.begin_nested():
        ids = ordered_ids(len(given.rows), now)
        records = _records(importer, given, ids, now)
        async with driver_of(session) as driver:
            await driver.copy_records_to_table("contacts", records=records, columns=_columns(given))
    return {row[0]: id for row, id in zip(given.rows, ids, strict=True)}


def _columns(given: Given) -> list[str]:
    return [*_FIXED, *given.columns, "status", "enrichment_score"]


def _records(importer: Importer, given: Given, ids: Sequence[UUID], now: datetime) -> Iterator[tuple[Any, ...]]:
    """The rows of the COPY, put together by columns, which is three times as fast as row by row."""
    columns = dict(zip(given.columns, zip(*given.rows, strict=True), strict=True))
    fixed = (importer.customer_id, importer.workspace_id, importer.user_id, importer.source.value, now, now, now)
    values = [_filled_up(columns[name], _DEFAULTS.get(name)) for name in given.columns]
    return zip(ids, *map(repeat, fixed), *values, _statuses(columns), _scores(columns, len(ids)), strict=False)


def _filled_up(column: Sequence[Any], default: Any) -> Sequence[Any]:
    if default is None or None not in column:
        return column
    return [default if value is None else value for value in column]


def _statuses(columns: Mapping[str, Sequence[Any]]) -> Iterable[str]:
    active, forbidden = ContactStatus.ACTIVE.value, ContactStatus.DO_NOT_CONTACT.value
    if "do_not_contact" not in columns:
        return repeat(active)
    return [forbidden if value else active for value in columns["do_not_contact"]]


def _scores(columns: Mapping[str, Sequence[Any]], number: int) -> Iterable[int]:
    """``enrichment_scores.score`` of each row, where no value is one that says nothing."""
    weighed = [(columns[name], weight) for name, weight in WEIGHTS.items() if name in columns]
    always = sum(weight for column, weight in weighed if all(column))
    partly = [[weight if value else 0 for value in column] for column, weight in weighed if not all(column)]
    return map(sum, zip(repeat(always, number), *partly, strict=True))


# --- known ones ------------------------------------------------------------------------------------------------


async def _update(
    session: AsyncSession, importer: Importer, given: Given, on_conflict: OnConflict, now: datetime
) -> Sequence[Change]:
    written = [*_written(given), "enrichment_score"]
    sets = ", ".join(f"{name} = later.{name}" for name in written)
    # What a file writes over is no provider's any more.
    sets += """, field_sources = CASE WHEN contact.field_sources IS NOT NULL
      THEN contact.field_sources - ARRAY(SELECT jsonb_object_keys(later.after)) END"""
    # Locked in the order of addresses before anything is compared, so that what is compared is what is written to.
    locked = """locked AS MATERIALIZED (
      SELECT * FROM contacts WHERE customer_id = :customer_id AND email = ANY(:email) ORDER BY email
      FOR NO KEY UPDATE)"""
    compared = _compared(given, on_conflict, contacts="locked")
    statement = f"""
    WITH {locked},
    compared AS (SELECT contact.id, {_images(given)}, {", ".join(f"later.{name}" for name in written)} {compared}),
    written AS (
      UPDATE contacts AS contact SET {sets}, updated_at = :now, updated_by = :user_id
      FROM compared AS later WHERE contact.id = later.id)
    SELECT id, before, after FROM compared"""
    about = {"customer_id": importer.customer_id, "user_id": importer.user_id, "now": now}
    return await _changes(session, statement, given, about)


async def _changes(session: AsyncSession, statement: str, given: Given, about: Mapping[str, Any]) -> Sequence[Change]:
    columns = zip(given.columns, map(list, zip(*given.rows, strict=True)), strict=True)
    rows = await session.execute(text(statement), {**about, **dict(columns)})
    return [Change(row.id, row.before, row.after) for row in rows]


def _written(given: Given) -> list[str]:
    """The columns that an update writes."""
    names = [name for name in given.columns if name != "email"]
    return [*names, "status"] if "do_not_contact" in names else names


def _compared(given: Given, on_conflict: OnConflict, contacts: str = "contacts") -> str:
    """SQL from FROM on: each known ``contact`` beside its ``later`` self, where the two differ."""
    written = _written(given)
    later = [f"{_LATER[on_conflict](name)} AS {name}" for name in written]
    later += [f"contact.{name}" for name in WEIGHTS if name not in written]
    given_columns = ", ".join(given.columns)
    arrays = ", ".join(f"CAST(:{name} AS {_TYPES[name]}[])" for name in given.columns)
    return f"""
    FROM unnest({arrays}) AS given ({given_columns})
    JOIN {contacts} AS contact ON contact.customer_id = :customer_id AND contact.email = given.email
    CROSS JOIN LATERAL (SELECT {", ".join(later)}) AS fields
    CROSS JOIN LATERAL (SELECT fields.*, {score_of("fields")} AS enrichment_score) AS later
    WHERE ({_listed("contact", written)}) IS DISTINCT FROM ({_listed("later", written)})"""


def _images(given: Given) -> str:
    """SQL: the fields that differ, as JSON, before and after."""

    def image(alias: str) -> str:
        pairs = ", ".join(
            f"CASE WHEN contact.{name} IS DISTINCT FROM later.{name} THEN '{name}' ELSE '' END, {alias}.{name}"
            for name in _written(given)
        )
        return f"jsonb_build_object({pairs}) - ''"

    return f"{image('contact')} AS before, {image('later')} AS after"


def _listed(alias: str, names: Sequence[str]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)


# A contact that may not be mailed is never taken back by an import; one that may can be withdrawn.
_WITHDRAWN = {
    "do_not_contact": "coalesce(contact.do_not_contact, false) OR coalesce(given.do_not_contact, false)",
    "status": "CASE WHEN given.do_not_contact AND contact.status = 'active' THEN 'do_not_contact' "
    "ELSE contact.status END",
}
_CUSTOM, _GIVEN_CUSTOM = "coalesce(contact.custom_fields, '{}')", "coalesce(given.custom_fields, '{}')"
_ZONE = frozenset({"timezone", "timezone_source"})


def _updated(name: str) -> str:
    """SQL: the field after an update; a zone that was derived gives way to no other than what somebody gave."""
    if name in _ZONE:
        better = "given.timezone_source = 'given' OR contact.timezone_source <> 'given'"
        return f"CASE WHEN given.timezone IS NOT NULL AND ({better}) THEN given.{name} ELSE contact.{name} END"
    if name == "custom_fields":
        return f"{_CUSTOM} || {_GIVEN_CUSTOM}"
    return _WITHDRAWN.get(name, f"coalesce(given.{name}, contact.{name})")


def _filled(name: str) -> str:
    """SQL: the field after what was empty is filled."""
    if name in _ZONE:
        return (
            f"CASE WHEN contact.timezone_source = 'unknown' AND given.timezone IS NOT NULL THEN given.{name} "
            f"ELSE contact.{name} END"
        )
    if name == "custom_fields":
        return f"{_GIVEN_CUSTOM} || {_CUSTOM}"
    empty = f"coalesce(contact.{name}::text, '') = '' AND given.{name} IS NOT NULL"
    return _WITHDRAWN.get(name, f"CASE WHEN {empty} THEN given.{name} ELSE contact.{name} END")


_LATER = {OnConflict.UPDATE: _updated, OnConflict.FILL_EMPTY: _filled}
