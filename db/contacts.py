"""Contacts: found, made, changed and erased, each change with its ContactActivity in the same transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, delete, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db import contact_activities, enrollments, lists, statistics, suppressions
from db.models import (
    Contact,
    ContactActivity,
    ContactEnrichmentQueue,
    ContactListMembership,
    InboundMessage,
    SequenceEnrollment,
)
from domain.errors import Conflict, FieldError, Invalid, NotFound
from domain.vocabulary import (
    ActivityType,
    CompletionReason,
    ContactSource,
    ContactStatus,
    EnrollmentStatus,
    SuppressionType,
)

COLUMNS = tuple(Contact.__table__.columns)
"""All columns of a contact: rows of these cost a third of what objects do."""
_UNSYNCED: dict[str, Any] = {"synchronize_session": False}


def listing(
    *,
    customer_id: UUID,
    status: ContactStatus | None = None,
    email: str | None = None,
    q: str | None = None,
    list_id: UUID | None = None,
    company_domain: str | None = None,
    source: ContactSource | None = None,
) -> Select[Any]:
    """The customer's contacts that fit every filter that is given, as rows.

    ``email`` is a whole normalised address; ``q`` is a part of the address, the name or the company, in any case.
    """
    statement = select(*COLUMNS).where(Contact.customer_id == customer_id)
    equal = {"status": status, "email": email, "company_domain": company_domain, "source": source}
    for name, value in equal.items():
        if value is not None:
            statement = statement.where(getattr(Contact, name) == value)
    if q is not None:
        searched = (Contact.email, Contact.full_name, Contact.company_name)
        statement = statement.where(or_(*(column.icontains(q, autoescape=True) for column in searched)))
    if list_id is not None:
        member = (ContactListMembership.contact_id == Contact.id) & (ContactListMembership.list_id == list_id)
        statement = statement.where(exists().where(member, ContactListMembership.customer_id == customer_id))
    return statement


async def get(session: AsyncSession, *, customer_id: UUID, contact_id: UUID) -> Row[Any]:
    """The contact's row; raises ``NotFound``."""
    statement = select(*COLUMNS).where(Contact.id == contact_id, Contact.customer_id == customer_id)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound("contact", contact_id)
    return row


async def create(
    session: AsyncSession,
    *,
    customer_id: UUID,
    workspace_id: UUID,
    user_id: UUID,
    fields: Mapping[str, Any],
    now: datetime,
) -> Row[Any]:
    """A new contact; ``fields`` hold a normalised ``email``. Raises ``Conflict`` when the address is known."""
    values = dict(fields) | _standing(fields, ContactStatus.ACTIVE, now)
    made = {"created_at": now, "updated_at": now, "first_seen_at": now, "created_by": user_id}
    statement = (
        insert(Contact)
        .values(**values, **made, customer_id=customer_id, workspace_id=workspace_id)
        .on_conflict_do_nothing(index_elements=["customer_id", "email"])
        .returning(*COLUMNS)
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise _known(fields["email"])
    if row.status is ContactStatus.UNSUBSCRIBED:
        await _unsubscribe(session, row, now)
    details = {"source": row.source}
    await contact_activities.note(session, row.id, customer_id, ActivityType.CONTACT_CREATED, details, now)
    return row


async def change(
    session: AsyncSession,
    *,
    customer_id: UUID,
    contact_id: UUID,
    user_id: UUID,
    fields: Mapping[str, Any],
    now: datetime,
) -> Row[Any]:
    """Write ``fields`` and leave the others; when nothing differs, nothing is written.

    A contact that becomes unsubscribed is suppressed and leaves the sequences that stop on it. Raises
    ``NotFound``, ``Invalid`` and ``Conflict`` (the address is another contact's).
    """
    # Enrollments are locked before contacts everywhere, so they are ended before the contact's row is held.
    before = await get(session, customer_id=customer_id, contact_id=contact_id)
    standing = _standing(fields, before.status, now)
    if standing.get("status") is ContactStatus.UNSUBSCRIBED and before.status is not ContactStatus.UNSUBSCRIBED:
        await _unsubscribe(session, before, now)
    before = await _lock(session, contact_id, key_share=True)
    values = {**fields, **standing}
    differing = {name: value for name, value in values.items() if before._mapping[name] != value}
    if not differing:
        return before
    if "email" in differing:
        await _require_free(session, customer_id, differing["email"])
    return await _write(session, before, differing, user_id, now)


async def erase(session: AsyncSession, *, customer_id: UUID, contact_id: UUID, now: datetime) -> None:
    """Stop the contact's enrollments, then erase it with its messages and activities. Raises ``NotFound``.

    Entries of the suppression list outlive it: they are what keeps the address from being mailed again.
    """
    await get(session, customer_id=customer_id, contact_id=contact_id)
    # Enrollments first: a send that was not claimed by now finds its enrollment stopped.
    rows = await enrollments.lock_of_contact(session, contact_id)
    await statistics.lock(session, [contact_id])
    await enrollments.end_among(
        session,
        rows,
        now=now,
        status=EnrollmentStatus.STOPPED,
        reason=CompletionReason.MANUAL_STOP,
    )
    list_ids = await lists.lock_lists_of(session, [contact_id])
    # From here on nobody adds a row that refers to the contact. Who held its sequence or a list may have had to.
    await _lock(session, contact_id)
    async with statistics.changing(session, [contact_id]):
        for table in (ContactActivity, InboundMessage, ContactEnrichmentQueue, SequenceEnrollment):
            await session.execute(delete(table).where(table.contact_id == contact_id).execution_options(**_UNSYNCED))
        # Messages, tasks and memberships go with the contact by their ON DELETE CASCADE.
        await session.execute(delete(Contact).where(Contact.id == contact_id).execution_options(**_UNSYNCED))
    await lists.recount(session, list_ids)


async def _lock(session: AsyncSession, contact_id: UUID, *, key_share: bool = False) -> Row[Any]:
    """The contact's row as it is now, held until the commit; raises ``NotFound`` when it was erased meanwhile."""
    statement = select(*COLUMNS).where(Contact.id == contact_id).with_for_update(key_share=key_share)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound("contact", contact_id)
    return row


def _standing(fields: Mapping[str, Any], current: ContactStatus | None, now: datetime) -> dict[str, Any]:
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


async def _unsubscribe(session: AsyncSession, contact: Row[Any], now: datetime) -> None:
    await enrollments.end_among(
        session,
        await enrollments.lock_of_contact(session, contact.id),
        now=now,
        status=EnrollmentStatus.UNSUBSCRIBED,
        reason=CompletionReason.UNSUBSCRIBED,
        only_if="stop_on_unsubscribe",
    )
    await suppressions.ensure(
        session,
        customer_id=contact.customer_id,
        workspace_id=contact.workspace_id,
        suppression_type=SuppressionType.UNSUBSCRIBE,
        email=contact.email,
        source="api",
        now=now,
    )


async def _write(
    session: AsyncSession, before: Row[Any], values: Mapping[str, Any], user_id: UUID, now: datetime
) -> Row[Any]:
    statement = update(Contact).where(Contact.id == before.id)
    statement = statement.values(**values, updated_at=now, updated_by=user_id)
    written = statement.returning(*COLUMNS).execution_options(**_UNSYNCED)
    row = (await session.execute(written)).one()
    # Names of fields alone: the values are personal data and stand in the contact.
    details = {"fields": sorted(values)}
    await contact_activities.note(session, row.id, row.customer_id, ActivityType.CONTACT_UPDATED, details, now)
    if row.status != before.status:
        await lists.recount_of(session, [row.id])
    return row


async def _require_free(session: AsyncSession, customer_id: UUID, email: str) -> None:
    taken = select(Contact.id).where(Contact.customer_id == customer_id, Contact.email == email)
    if await session.scalar(taken) is not None:
        raise _known(email)


def _known(email: str) -> Conflict:
    return Conflict("contact.exists", f"There is already a contact with the address {email}.")
