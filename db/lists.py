"""Lists of contacts: made, changed, deleted, and filled by hand; ``db.memberships`` moves their counts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import list_enrolling, list_queue, list_rules, memberships, tenancy
from db.memberships import Membership, Reason, leave_all, recount_of
from db.models import Contact, ContactList
from db.models import Sequence as SequenceRow
from domain.errors import Conflict, FieldError, Invalid, NotFound
from domain.filtering.list_rules import sources
from domain.vocabulary import ListType, MembershipSource

__all__ = [
    "add_contacts",
    "change",
    "create",
    "get",
    "leave_all",
    "listing",
    "recount_of",
    "remove",
    "remove_contacts",
    "require_dynamic",
]

COLUMNS = tuple(ContactList.__table__.columns)


def listing(*, customer_id: UUID, type: ListType | None = None, name: str | None = None) -> Select[Any]:
    """The customer's lists that fit the filters, as rows; ``name`` is a part of it, in any case."""
    statement = select(*COLUMNS).where(ContactList.customer_id == customer_id)
    if type is not None:
        statement = statement.where(ContactList.type == type)
    if name is not None:
        statement = statement.where(ContactList.name.icontains(name, autoescape=True))
    return statement


async def get(session: AsyncSession, *, customer_id: UUID, list_id: UUID) -> Row[Any]:
    """The list as it is now; raises ``NotFound``."""
    found = listing(customer_id=customer_id).where(ContactList.id == list_id)
    row: Row[Any] | None = (await session.execute(found)).one_or_none()
    if row is None:
        raise NotFound("list", list_id)
    return row


async def require_dynamic(session: AsyncSession, *, customer_id: UUID, list_id: UUID) -> Row[Any]:
    """The list, which has rules; raises ``NotFound`` and ``Conflict``."""
    row = await get(session, customer_id=customer_id, list_id=list_id)
    if row.type is not ListType.DYNAMIC:
        raise Conflict("list.not_dynamic", f"This list is {row.type}: it has no rules by which it could be refreshed.")
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
    """A new list without members; a dynamic one is filled once this transaction has committed.

    Raises ``Invalid`` when rules and type do not fit, or rules speak of lists of which they cannot, and ``NotFound``
    for the sequence.
    """
    made = {"created_at": now, "updated_at": now, "created_by": user_id}
    row = ContactList(customer_id=customer_id, workspace_id=workspace_id, **made, **fields)
    _require_rules_that_fit(row)
    await _require_sequence(session, row)
    await _take_rules(session, row)
    session.add(row)
    await session.flush()
    if row.type is ListType.DYNAMIC:
        await list_queue.mark_stale(session, customer_id, row.id)
    return await get(session, customer_id=customer_id, list_id=row.id)


async def change(
    session: AsyncSession, *, customer_id: UUID, list_id: UUID, fields: Mapping[str, Any], now: datetime
) -> Row[Any]:
    """Write ``fields`` and leave the others; other rules have a dynamic list refreshed after the commit.

    Raises as ``create``, and ``Conflict`` for another type.
    """
    row = await tenancy.require(session, ContactList, list_id, customer_id, "list", lock=True)
    if fields.get("type", row.type) != row.type:
        raise Conflict("list.type", f"This list is {row.type}; the type of a list does not change.")
    rules, sequence_id = row.filter_rules, row.enroll_sequence_id
    for name, value in fields.items():
        setattr(row, name, value)
    row.updated_at = now
    _require_rules_that_fit(row)
    if row.filter_rules != rules:
        await _take_rules(session, row)
        await list_queue.mark_stale(session, customer_id, list_id)
    if row.enroll_sequence_id != sequence_id:
        await _require_sequence(session, row)
        await list_enrolling.forget_waiting(session, list_id)
    await session.flush()
    return await get(session, customer_id=customer_id, list_id=list_id)


async def remove(session: AsyncSession, *, customer_id: UUID, list_id: UUID) -> None:
    """Delete the list; its contacts stay. Raises ``NotFound``, and ``Conflict`` when other lists' rules need it."""
    row = await tenancy.require(session, ContactList, list_id, customer_id, "list", lock=True)
    await list_rules.require_unnamed(session, customer_id=customer_id, list_id=list_id)
    await session.delete(row)
    await session.flush()


async def add_contacts(
    session: AsyncSession,
    *,
    customer_id: UUID,
    list_id: UUID,
    contact_ids: Sequence[UUID],
    user_id: UUID,
    source: MembershipSource,
    now: datetime,
) -> dict[UUID, str]:
    """Put contacts into a list; a verdict for each id: ``added``, ``already_member`` or ``not_found``.

    To be the last thing that a transaction does (``memberships.move``). Raises ``NotFound``, and ``Conflict`` for a
    dynamic list, whose members its rules choose.
    """
    await _require_by_hand(session, customer_id, list_id)
    known = await tenancy.existing(session, Contact, contact_ids, customer_id)
    joining = [Membership(id, list_id) for id in sorted(known)]
    moved = await memberships.move(session, customer_id, joining=joining, reason=Reason(source, now, user_id))
    added = set(moved.joined)
    return {id: "added" if id in added else "already_member" if id in known else "not_found" for id in contact_ids}


async def remove_contacts(
    session: AsyncSession,
    *,
    customer_id: UUID,
    list_id: UUID,
    contact_ids: Sequence[UUID],
    user_id: UUID,
    source: MembershipSource,
    now: datetime,
) -> dict[UUID, str]:
    """Take contacts out of a list; a verdict for each id: ``removed`` or ``not_member``. Raises as adding does."""
    await _require_by_hand(session, customer_id, list_id)
    leaving = [Membership(id, list_id) for id in set(contact_ids)]
    moved = await memberships.move(session, customer_id, leaving=leaving, reason=Reason(source, now, user_id))
    removed = set(moved.left)
    return {id: "removed" if id in removed else "not_member" for id in contact_ids}


async def _require_by_hand(session: AsyncSession, customer_id: UUID, list_id: UUID) -> None:
    row = await tenancy.require(session, ContactList, list_id, customer_id, "list")
    if row.type is ListType.DYNAMIC:
        raise Conflict("list.dynamic", "This list is dynamic: its rules choose its members.")


async def _take_rules(session: AsyncSession, row: ContactList) -> None:
    if row.filter_rules is not None:
        await list_rules.require_sound(session, customer_id=row.customer_id, list_id=row.id, rules=row.filter_rules)
        row.depends_on = [str(source) for source in sources(row.filter_rules)]


async def _require_sequence(session: AsyncSession, row: ContactList) -> None:
    if row.enroll_sequence_id is not None:
        await tenancy.require(session, SequenceRow, row.enroll_sequence_id, row.customer_id, "sequence")


def _require_rules_that_fit(row: ContactList) -> None:
    if row.type is ListType.DYNAMIC and row.filter_rules is None:
        wrong = FieldError("/filter_rules", "list.rules", "is required for a dynamic list")
    elif row.type is not ListType.DYNAMIC and row.filter_rules is not None:
        wrong = FieldError("/filter_rules", "list.rules", "belongs to dynamic lists alone")
    elif row.type is not ListType.DYNAMIC and row.auto_refresh:
        wrong = FieldError("/auto_refresh", "list.rules", "belongs to dynamic lists alone")
    elif row.type is ListType.SUPPRESSION and row.enroll_sequence_id is not None:
        wrong = FieldError("/enroll_sequence_id", "list.rules", "is not for a list that keeps from being mailed")
    else:
        return
    raise Invalid("list.rules", "The list's rules do not fit its type.", (wrong,))
