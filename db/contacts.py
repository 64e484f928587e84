"""Contacts: found, made and changed, each change with its ContactActivity in the same transaction.

``db.contact_changes`` writes fields, of one contact or of many; ``db.contact_erasure`` erases, ``db.contact_merging``
makes one of several.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db import contact_activities, contact_changes, contact_search, suppressions
from db.models import Contact, ContactListMembership
from domain.errors import NotFound
from domain.profiles.address_hashes import AddressHashes
from domain.profiles.contact_values import written
from domain.vocabulary import ActivityType, ContactSource, ContactStatus

COLUMNS = contact_changes.COLUMNS
SEEN = contact_changes.SEEN


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

    ``email`` is a whole normalised address; ``q`` is what ``db.contact_search`` looks for.
    """
    statement = select(*COLUMNS).where(Contact.customer_id == customer_id)
    equal = {"status": status, "email": email, "company_domain": company_domain, "source": source}
    for name, value in equal.items():
        if value is not None:
            statement = statement.where(getattr(Contact, name) == value)
    if q is not None:
        statement = statement.where(contact_search.found_by(q))
    if list_id is not None:
        member = (ContactListMembership.contact_id == Contact.id) & (ContactListMembership.list_id == list_id)
        statement = statement.where(exists().where(member, ContactListMembership.customer_id == customer_id))
    return statement


async def get(session: AsyncSession, *, customer_id: UUID, contact_id: UUID) -> Row[Any]:
    """The contact's row with its ``version``; raises ``NotFound``."""
    statement = select(*SEEN).where(Contact.id == contact_id, Contact.customer_id == customer_id)
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
    hashes: AddressHashes,
    now: datetime,
) -> Row[Any]:
    """A new contact; ``fields`` hold a normalised ``email``. Raises ``Conflict`` when the address is known."""
    values = written(fields, {}) | contact_changes.standing(fields, ContactStatus.ACTIVE, now)
    made = {"created_at": now, "updated_at": now, "first_seen_at": now, "created_by": user_id}
    statement = (
        insert(Contact)
        .values(**values, **made, customer_id=customer_id, workspace_id=workspace_id)
        .on_conflict_do_nothing(index_elements=["customer_id", "email"])
        .returning(*SEEN)
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise contact_changes.known(fields["email"])
    await suppressions.recognise(session, hashes=hashes, customer_id=customer_id, emails=[row.email])
    if row.status is ContactStatus.UNSUBSCRIBED:
        await contact_changes.suppress(session, row, now)
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
    hashes: AddressHashes | None = None,
    versions: Collection[str] | None = None,
) -> Row[Any]:
    """Write ``fields`` and leave the others; when nothing differs, nothing is written.

    ``versions`` are those that the caller has seen, if only they may be changed; ``hashes`` are needed for an
    ``email``. A contact that becomes unsubscribed is suppressed and leaves the sequences that stop on it. Raises
    ``NotFound``, ``Invalid``, ``Outdated`` and ``Conflict`` (the address is another contact's).
    """
    rows = await contact_changes.lock(session, customer_id=customer_id, contact_ids=[contact_id], fields=fields)
    if not rows.contacts:
        raise NotFound("contact", contact_id)
    [before] = rows.contacts
    contact_changes.require_version(before, versions)
    if fields.get("email", before.email) != before.email:
        await contact_changes.require_free(session, customer_id, fields["email"])
    changed = await contact_changes.write(session, rows, user_id=user_id, fields=fields, now=now)
    if hashes is not None and "email" in fields:
        await suppressions.recognise(session, hashes=hashes, customer_id=customer_id, emails=[fields["email"]])
    return changed[0] if changed else before
