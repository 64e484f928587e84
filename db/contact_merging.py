"""Several contacts that are one person become one: the survivor gets what it lacks, the others go.

One transaction in the order of locks of the house: enrollments, contacts, sequences, lists, and the planning lock last.
Statistics stay what a recount gives.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import audit, contact_activities, contact_changes, enrollments, lists, memberships, statistics
from db.contact_changes import Author
from db.memberships import Membership, Reason
from db.models import Contact, ContactListMembership, SequenceEnrollment
from domain.errors import FieldError, Invalid, NotFound
from domain.lifecycle import OPEN_ENROLLMENT
from domain.profiles.contact_merging import merged
from domain.vocabulary import (
    ActivityType,
    CompletionReason,
    EnrollmentStatus,
    MembershipSource,
)

_UNSYNCED: dict[str, Any] = {"synchronize_session": False}
_MOVED = (
    "contact_activities",
    "detached_contact_activities",
    "email_messages",
    "inbound_messages",
    "tasks",
    "contact_enrichment_queue",
    "enrichment_answers",
    "contact_list_changes",
    "send_slots",
    "sequence_enrollments",
)
"""Tables whose rows about a duplicate become the survivor's; memberships are moved with the counts of their lists."""
_MOVE_IMPORTS = text(
    """UPDATE contact_import_changes AS change SET contact_id = :survivor
       WHERE contact_id = ANY(:duplicates) AND NOT EXISTS (
         SELECT FROM contact_import_changes AS other
         WHERE other.import_id = change.import_id AND (other.contact_id = :survivor
           OR other.contact_id = ANY(:duplicates) AND other.contact_id < change.contact_id))"""
)


async def merge(
    session: AsyncSession, author: Author, *, survivor_id: UUID, duplicate_ids: Sequence[UUID], now: datetime
) -> Row[Any]:
    """Merge the duplicates, the best first, into the survivor; its row as it is then.

    Enrollments of duplicates go on with the survivor, planned anew, where it has none in that sequence; elsewhere they
    are stopped and removed. Raises ``NotFound`` for the survivor, ``Invalid`` for duplicates.
    """
    ids = [survivor_id, *duplicate_ids]
    held = await enrollments.lock_of_contacts(session, ids)
    await statistics.lock(session, ids)
    contacts = await _lock(session, author.customer_id, ids)
    survivor, duplicates = _sorted_out(contacts, survivor_id, duplicate_ids)
    await _fill(session, author, survivor, duplicates, now)
    await _move_memberships(session, author, survivor, duplicates, now)
    moving, clashing = _divided(held, survivor_id, duplicate_ids)
    async with statistics.changing(session, ids):
        await _stop(session, clashing, now)
        await _move(session, survivor_id, duplicate_ids)
        gone = delete(Contact).where(Contact.id.in_(duplicate_ids))
        await session.execute(gone.execution_options(**_UNSYNCED))
    await _plan_anew(session, moving, now)
    return await _record(session, author, survivor_id, duplicate_ids, now)


async def _lock(session: AsyncSession, customer_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    statement = select(*contact_changes.COLUMNS).where(Contact.id.in_(ids), Contact.customer_id == customer_id)
    rows = (await session.execute(statement.order_by(Contact.id).with_for_update())).all()
    return {row.id: row for row in rows}


def _sorted_out(
    contacts: Mapping[UUID, Row[Any]], survivor_id: UUID, duplicate_ids: Sequence[UUID]
) -> tuple[Row[Any], list[Row[Any]]]:
    if survivor_id not in contacts:
        raise NotFound("contact", survivor_id)
    wrong = [
        FieldError(f"/duplicate_ids/{index}", "not_found", f"There is no contact with id {id}.")
        for index, id in enumerate(duplicate_ids)
        if id not in contacts
    ]
    if wrong:
        raise Invalid("reference.not_found", "The body refers to something that does not exist.", tuple(wrong))
    return contacts[survivor_id], [contacts[id] for id in duplicate_ids]


async def _fill(
    session: AsyncSession, author: Author, survivor: Row[Any], duplicates: Sequence[Row[Any]], now: datetime
) -> None:
    """Write to the survivor what it lacks."""
    values = merged(dict(survivor._mapping), [dict(row._mapping) for row in duplicates])
    statement = update(Contact).where(Contact.id == survivor.id)
    statement = statement.values(**values, updated_at=now, updated_by=author.user_id)
    await session.execute(statement.execution_options(**_UNSYNCED))
    details = {"fields": sorted(values.keys() - {"enrichment_score"}), "merged": [str(row.id) for row in duplicates]}
    kind = ActivityType.CONTACT_UPDATED
    await contact_activities.note(session, survivor.id, author.customer_id, kind, details, now)


async def _move_memberships(
    session: AsyncSession, author: Author, survivor: Row[Any], duplicates: Sequence[Row[Any]], now: datetime
) -> None:
    """The survivor joins the lists that people put the duplicates on; rules choose the members of the others."""
    ids = [row.id for row in duplicates]
    theirs = select(ContactListMembership.list_id).where(
        ContactListMembership.contact_id.in_(ids), ContactListMembership.is_dynamic.is_not(True)
    )
    list_ids = set(await session.scalars(theirs))
    await lists.leave_all(session, ids)
    await lists.recount_of(session, [survivor.id])
    joining = [Membership(survivor.id, list_id) for list_id in sorted(list_ids)]
    reason = Reason(MembershipSource.API, now, author.user_id)
    await memberships.move(session, author.customer_id, joining=joining, reason=reason)


def _divided(
    rows: Sequence[Row[Any]], survivor_id: UUID, duplicate_ids: Sequence[UUID]
) -> tuple[list[Row[Any]], list[Row[Any]]]:
    """The duplicates' enrollments that become the survivor's, and those that clash with one that stays."""
    order = {id: place for place, id in enumerate((survivor_id, *duplicate_ids))}
    taken: set[UUID] = set()
    moving, clashing = [], []
    # The survivor's own first, then open ones, then the better duplicate's.
    for row in sorted(
        rows, key=lambda row: (row.contact_id != survivor_id, row.status not in OPEN_ENROLLMENT, order[row.contact_id])
    ):
        if row.sequence_id in taken:
            clashing.append(row)
        elif row.contact_id != survivor_id:
            moving.append(row)
        taken.add(row.sequence_id)
    return moving, clashing


async def _stop(session: AsyncSession, rows: Sequence[Row[Any]], now: datetime) -> None:
    """End enrollments that clash and remove them; their messages and activities stay."""
    await enrollments.end_among(
        session, rows, now=now, status=EnrollmentStatus.STOPPED, reason=CompletionReason.MANUAL_STOP
    )
    gone = delete(SequenceEnrollment).where(SequenceEnrollment.id.in_([row.id for row in rows]))
    await session.execute(gone.execution_options(**_UNSYNCED))


async def _move(session: AsyncSession, survivor_id: UUID, duplicate_ids: Sequence[UUID]) -> None:
    values = {"survivor": survivor_id, "duplicates": list(duplicate_ids)}
    for table in _MOVED:
        moved = f"UPDATE {table} SET contact_id = :survivor WHERE contact_id = ANY(:duplicates)"
        await session.execute(text(moved), values)
    await session.execute(_MOVE_IMPORTS, values)


async def _plan_anew(session: AsyncSession, rows: Sequence[Row[Any]], now: datetime) -> None:
    """Emails of moved enrollments were planned for another address, zone and daily cap.

    Their workflows hold ids alone: they read the row again and go on.
    """
    for row in rows:
        if row.status == EnrollmentStatus.ACTIVE:
            await enrollments.pause(session, enrollment_id=row.id, now=now, tell=False)
            await enrollments.resume(session, enrollment_id=row.id, now=now)


async def _record(
    session: AsyncSession, author: Author, survivor_id: UUID, duplicate_ids: Sequence[UUID], now: datetime
) -> Row[Any]:
    await audit.record(
        session,
        customer_id=author.customer_id,
        workspace_id=author.workspace_id,
        user_id=author.user_id,
        action="contact.merged",
        subject="contact",
        subject_id=survivor_id,
        details={"duplicate_ids": [str(id) for id in duplicate_ids]},
        now=now,
    )
    return (await session.execute(select(*contact_changes.SEEN).where(Contact.id == survivor_id))).one()
