"""Fields of contacts are written here, of one or of many at once, with everything that follows from them.

Rows are locked in the order of the house: enrollments (where the change ends some), then contacts by id. What comes
after them takes lists, and the planning lock last.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Enum, Row, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import contact_activities, enrollments, lists, suppressions
from db.models import Contact
from domain.errors import Conflict, FieldError, Invalid, Outdated
from domain.profiles.address_hashes import AddressHashes
from domain.profiles.contact_values import written
from domain.vocabulary import (
    ActivityType,
    CompletionReason,
    ContactStatus,
    EnrollmentStatus,
    SuppressionType,
)

COLUMNS = tuple(Contact.__table__.columns)
"""All columns of a contact: rows of these cost a third of what objects do."""
VERSION: ColumnElement[str] = literal_column("to_hex(hashtextextended(contacts::text, 0))").label("version")
"""A hash of all that the row holds: another one as soon as anything of it is another."""
SEEN = (*COLUMNS, VERSION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who works on contacts, for whom; ``hashes`` stand for addresses where these may not."""

    customer_id: UUID
    workspace_id: UUID
    user_id: UUID | None
    hashes: AddressHashes


@dataclass(frozen=True, slots=True)
class Locked:
    """Contacts that are held until the commit, as they are, and those of their enrollments that may have to end."""

    contacts: Sequence[Row[Any]]
    enrollments: Sequence[Row[Any]]


async def lock(
    session: AsyncSession, *, customer_id: UUID, contact_ids: Collection[UUID], fields: Mapping[str, Any]
) -> Locked:
    """Hold those of the contacts that are the customer's, for ``write`` with these fields."""
    ends = fields.get("status") is ContactStatus.UNSUBSCRIBED
    ending = await enrollments.lock_of_contacts(session, contact_ids) if ends else ()
    statement = select(*SEEN).where(Contact.id.in_(contact_ids), Contact.customer_id == customer_id)
    held = statement.order_by(Contact.id).with_for_update(key_share=True)
    return Locked((await session.execute(held)).all(), ending)


async def write(
    session: AsyncSession, rows: Locked, *, user_id: UUID | None, fields: Mapping[str, Any], now: datetime
) -> list[Row[Any]]:
    """Write ``fields`` to the contacts and leave their others; the rows of those that differed, as they are then.

    Those that become unsubscribed are suppressed and leave the sequences that stop on it. Raises ``Invalid``.
    """
    before = {row.id: row for row in rows.contacts}
    changed: list[Row[Any]] = []
    for values, ids in _by_values(rows.contacts, fields, now):
        changed += await _update(session, ids, values, user_id, now)
    moved = [row for row in changed if row.status is not before[row.id].status]
    gone = [row for row in moved if row.status is ContactStatus.UNSUBSCRIBED]
    for row in gone:
        await suppress(session, row, now)
    if moved:
        await lists.recount_of(session, [row.id for row in moved])
    await _end_enrollments(session, rows, {row.id for row in gone}, now)
    return changed


def _by_values(
    rows: Sequence[Row[Any]], fields: Mapping[str, Any], now: datetime
) -> list[tuple[Mapping[str, Any], list[UUID]]]:
    """What is to be written, and to which contacts: a statement for each value would be one for each contact."""
    values_of: dict[str, Mapping[str, Any]] = {}
    ids_of: defaultdict[str, list[UUID]] = defaultdict(list)
    for row in rows:
        before = dict(row._mapping)
        values = written(fields, before) | standing(fields, row.status, now)
        differing = {name: value for name, value in values.items() if before[name] != value}
        if differing:
            name = repr(sorted(differing.items(), key=lambda item: item[0]))
            values_of[name] = differing
            ids_of[name].append(row.id)
    return [(values, ids_of[name]) for name, values in values_of.items()]


async def _update(
    session: AsyncSession, ids: Sequence[UUID], values: Mapping[str, Any], user_id: UUID | None, now: datetime
) -> Sequence[Row[Any]]:
    statement = update(Contact).where(Contact.id.in_(ids)).values(**values, updated_at=now, updated_by=user_id)
    changed = await session.execute(statement.returning(*SEEN).execution_options(synchronize_session=False))
    rows = changed.all()
    # Names of fields alone: the values are personal data and stand in the contact.
    details = {"fields": sorted(values.keys() - {"enrichment_score"})}
    customer_id = rows[0].customer_id
    await contact_activities.note_all(session, ids, customer_id, ActivityType.CONTACT_UPDATED, details, now)
    return rows


def standing(fields: Mapping[str, Any], current: ContactStatus | None, now: datetime) -> dict[str, Any]:
    """The columns that move together with ``status`` and ``do_not_contact``. Raises ``Invalid`` if they disagree."""
    forbidden = ContactStatus.DO_NOT_CONTACT
    if not fields.keys() & {"status", "do_not_contact"}:
        return {}
    status, never = fields.get("status"), fields.get("do_not_contact")
    if status is None:
        is_plain = current in {ContactStatus.ACTIVE, forbidden}
        status = (forbidden if never else ContactStatus.ACTIVE) if is_plain else current
    elif never is not None and never != (status is forbidden) and status in {ContactStatus.ACTIVE, forbidden}:
        wrong = FieldError("/do_not_contact", "contradiction", f"says another thing than the status {status}")
        raise Invalid("contact.contradiction", "status and do_not_contact disagree.", (wrong,))
    columns: dict[str, Any] = {"status": status}
    columns["do_not_contact"] = bool(never) if never is not None else status is forbidden
    if status is not current:
        columns["unsubscribed_at"] = now if status is ContactStatus.UNSUBSCRIBED else None
        columns["bounced_at"] = now if status is ContactStatus.BOUNCED else None
    return columns


async def suppress(session: AsyncSession, contact: Row[Any], now: datetime) -> None:
    """The address of a contact that was set to unsubscribed is mailed no more."""
    await suppressions.ensure(
        session,
        customer_id=contact.customer_id,
        workspace_id=contact.workspace_id,
        suppression_type=SuppressionType.UNSUBSCRIBE,
        email=contact.email,
        source="api",
        reason="The contact was set to unsubscribed",
        now=now,
    )


async def _end_enrollments(session: AsyncSession, rows: Locked, contact_ids: set[UUID], now: datetime) -> None:
    await enrollments.end_among(
        session,
        [row for row in rows.enrollments if row.contact_id in contact_ids],
        now=now,
        status=EnrollmentStatus.UNSUBSCRIBED,
        reason=CompletionReason.UNSUBSCRIBED,
        only_if="stop_on_unsubscribe",
    )


def typed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as JSON has them, with the words of vocabularies as their members."""
    types = Contact.__table__.c
    return {
        name: types[name].type.python_type(value) if value is not None and isinstance(types[name].type, Enum) else value
        for name, value in fields.items()
    }


def require_version(row: Row[Any], versions: Collection[str] | None) -> None:
    """Raise ``Outdated`` when the held contact is none of the versions that are asked for."""
    if versions is not None and row.version not in versions:
        raise Outdated("contact.changed", "The contact was changed meanwhile: read it again, then change that.")


async def require_free(session: AsyncSession, customer_id: UUID, email: str) -> None:
    """Raise ``Conflict`` when a contact of the customer has the address."""
    taken = select(Contact.id).where(Contact.customer_id == customer_id, Contact.email == email)
    if await session.scalar(taken) is not None:
        raise known(email)


def known(email: str) -> Conflict:
    """The error for an address that a contact has already."""
    return Conflict("contact.exists", f"There is already a contact with the address {email}.")
