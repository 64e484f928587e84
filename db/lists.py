"""Lists of contacts and who is in them.

``total_contacts`` and ``active_contacts`` are written whenever members change, or the status of a member does,
under a lock of the list. What the API answers is counted from the rows at that moment.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db import tenancy
from db.models import Contact, ContactList, ContactListMembership
from domain.errors import Conflict, FieldError, Invalid, NotFound
from domain.vocabulary import ContactStatus, ListType, MembershipSource

_COUNTED = ("total_contacts", "active_contacts")
_PLAIN = tuple(column for column in ContactList.__table__.columns if column.name not in _COUNTED)


def _members(*criteria: ColumnElement[bool]) -> ColumnElement[int]:
    return (
        select(func.count())
        .select_from(ContactListMembership)
        .join(Contact, Contact.id == ContactListMembership.contact_id)
        .where(ContactListMembership.list_id == ContactList.id, *criteria)
        .correlate(ContactList)
        .scalar_subquery()
    )


_COLUMNS = (
    *_PLAIN,
    _members().label("total_contacts"),
    _members(Contact.status == ContactStatus.ACTIVE).label("active_contacts"),
)


def listing(*, customer_id: UUID, type: ListType | None = None, name: str | None = None) -> Select[Any]:
    """The customer's lists that fit the filters, as rows; ``name`` is a part of it, in any case."""
    statement = select(*_COLUMNS).where(ContactList.customer_id == customer_id)
    if type is not None:
        statement = statement.where(ContactList.type == type)
    if name is not None:
        statement = statement.where(ContactList.name.icontains(name, autoescape=True))
    return statement


async def get(session: AsyncSession, *, customer_id: UUID, list_id: UUID) -> Row[Any]:
    """The list with its counts; raises ``NotFound``."""
    found = listing(customer_id=customer_id).where(ContactList.id == list_id)
    row: Row[Any] | None = (await session.execute(found)).one_or_none()
    if row is None:
        raise NotFound("list", list_id)
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
    """A new list without members; raises ``Invalid`` when rules and type do not fit."""
    made = {"created_at": now, "updated_at": now, "created_by": user_id}
    row = ContactList(customer_id=customer_id, workspace_id=workspace_id, **made, **fields)
    session.add(row)
    await session.flush()
    _require_rules_that_fit(row)
    return await get(session, customer_id=customer_id, list_id=row.id)


async def change(
    session: AsyncSession, *, customer_id: UUID, list_id: UUID, fields: Mapping[str, Any], now: datetime
) -> Row[Any]:
    """Write ``fields`` and leave the others. Raises ``NotFound``, ``Invalid``, and ``Conflict`` for another type."""
    row = await tenancy.require(session, ContactList, list_id, customer_id, "list", lock=True)
    if fields.get("type", row.type) != row.type:
        raise Conflict("list.type", f"This list is {row.type}; the type of a list does not change.")
    for name, value in fields.items():
        setattr(row, name, value)
    row.updated_at = now
    _require_rules_that_fit(row)
    await session.flush()
    return await get(session, customer_id=customer_id, list_id=list_id)


async def remove(session: AsyncSession, *, customer_id: UUID, list_id: UUID) -> None:
    """Delete the list; its contacts stay. Raises ``NotFound``."""
    row = await tenancy.require(session, ContactList, list_id, customer_id, "list", lock=True)
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

    Raises ``NotFound``, and ``Conflict`` for a dynamic list, whose members its rules choose.
    """
    await _lock_for_members(session, customer_id, list_id)
    known = await tenancy.existing(session, Contact, contact_ids, customer_id)
    membership = {"list_id": list_id, "added_by": user_id, "added_at": now, "source": source}
    rows = [{"contact_id": id, "customer_id": customer_id, **membership} for id in sorted(known)]
    added: set[UUID] = set()
    if rows:
        statement = insert(ContactListMembership).on_conflict_do_nothing(index_elements=["contact_id", "list_id"])
        returned = statement.returning(ContactListMembership.contact_id)
        added = set((await session.execute(returned, rows)).scalars())
    await recount(session, [list_id])
    return {id: "added" if id in added else "already_member" if id in known else "not_found" for id in contact_ids}


async def remove_contacts(
    session: AsyncSession, *, customer_id: UUID, list_id: UUID, contact_ids: Sequence[UUID]
) -> dict[UUID, str]:
    """Take contacts out of a list; a verdict for each id: ``removed`` or ``not_member``. Raises as adding does."""
    await _lock_for_members(session, customer_id, list_id)
    statement = (
        delete(ContactListMembership)
        .where(ContactListMembership.list_id == list_id, ContactListMembership.contact_id.in_(contact_ids))
        .returning(ContactListMembership.contact_id)
        .execution_options(synchronize_session=False)
    )
    removed = set((await session.execute(statement)).scalars())
    await recount(session, [list_id])
    return {id: "removed" if id in removed else "not_member" for id in contact_ids}


async def lock_lists_of(session: AsyncSession, contact_ids: Collection[UUID]) -> list[UUID]:
    """The ids of the lists that any of the contacts is in, held against changes of their members until the commit."""
    mine = select(ContactListMembership.list_id).where(ContactListMembership.contact_id.in_(contact_ids))
    statement = select(ContactList.id).where(ContactList.id.in_(mine)).order_by(ContactList.id)
    return list((await session.execute(statement.with_for_update(key_share=True))).scalars())


async def recount_of(session: AsyncSession, contact_ids: Collection[UUID]) -> None:
    """``recount`` for the lists that contacts are on."""
    await recount(session, await lock_lists_of(session, contact_ids))


async def recount(session: AsyncSession, list_ids: Sequence[UUID]) -> None:
    """Write the counts of lists that this transaction has locked, from the rows."""
    if not list_ids:
        return
    await session.execute(
        text(
            """UPDATE contact_lists AS list SET total_contacts = counted.total, active_contacts = counted.active
               FROM (
                 SELECT one.id, count(contact.id) AS total,
                        count(*) FILTER (WHERE contact.status = 'active') AS active
                 FROM unnest(CAST(:ids AS uuid[])) AS one(id)
                 LEFT JOIN contact_list_memberships AS membership ON membership.list_id = one.id
                 LEFT JOIN contacts AS contact ON contact.id = membership.contact_id
                 GROUP BY one.id) AS counted
               WHERE list.id = counted.id"""
        ),
        {"ids": list(list_ids)},
    )


async def _lock_for_members(session: AsyncSession, customer_id: UUID, list_id: UUID) -> None:
    row = await tenancy.require(session, ContactList, list_id, customer_id, "list", lock=True)
    if row.type is ListType.DYNAMIC:
        raise Conflict("list.dynamic", "This list is dynamic: its rules choose its members.")


def _require_rules_that_fit(row: ContactList) -> None:
    if row.type is ListType.DYNAMIC and row.filter_rules is None:
        problem = "is required for a dynamic list"
    elif row.type is not ListType.DYNAMIC and row.filter_rules is not None:
        problem = "belongs to dynamic lists alone"
    elif row.type is not ListType.DYNAMIC and row.auto_refresh:
        wrong = FieldError("/auto_refresh", "list.rules", "belongs to dynamic lists alone")
        raise Invalid("list.rules", "The list's rules do not fit its type.", (wrong,))
    else:
        return
    wrong = FieldError("/filter_rules", "list.rules", problem)
    raise Invalid("list.rules", "The list's rules do not fit its type.", (wrong,))
