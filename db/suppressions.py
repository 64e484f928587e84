"""The suppression list: addresses, and with ``@domain`` whole domains, that are not mailed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ContactSuppressionList
from domain.errors import Conflict, NotFound
from domain.vocabulary import SuppressionType

COLUMNS = tuple(ContactSuppressionList.__table__.columns)
_UNIQUE = ["customer_id", "email", "suppression_type"]


def listing(
    *, customer_id: UUID, email: str | None = None, suppression_type: SuppressionType | None = None
) -> Select[Any]:
    """The customer's entries that fit the filters, as rows."""
    statement = select(*COLUMNS).where(ContactSuppressionList.customer_id == customer_id)
    if email is not None:
        statement = statement.where(ContactSuppressionList.email == email)
    if suppression_type is not None:
        statement = statement.where(ContactSuppressionList.suppression_type == suppression_type)
    return statement


async def get(session: AsyncSession, *, customer_id: UUID, suppression_id: UUID) -> Row[Any]:
    """The entry; raises ``NotFound``."""
    found = listing(customer_id=customer_id).where(ContactSuppressionList.id == suppression_id)
    row: Row[Any] | None = (await session.execute(found)).one_or_none()
    if row is None:
        raise NotFound("suppression", suppression_id)
    return row


async def add(
    session: AsyncSession,
    *,
    customer_id: UUID,
    workspace_id: UUID,
    user_id: UUID,
    fields: Mapping[str, Any],
    now: datetime,
) -> Row[Any]:
    """A new entry for a normalised address or ``@domain``; raises ``Conflict`` when there is one of this type.

    No open enrollment is touched: what is due for the address is refused at the moment of sending.
    """
    values = {**fields, "customer_id": customer_id, "workspace_id": workspace_id, "added_by": user_id}
    domain = fields["email"].rpartition("@")[2]
    statement = (
        insert(ContactSuppressionList)
        .values(**values, domain=domain, suppressed_at=now)
        .on_conflict_do_nothing(index_elements=_UNIQUE)
        .returning(*COLUMNS)
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        detail = f"There is already a suppression of type {fields['suppression_type']} for {fields['email']}."
        raise Conflict("suppression.exists", detail)
    return row


async def ensure(
    session: AsyncSession,
    *,
    customer_id: UUID,
    workspace_id: UUID,
    suppression_type: SuppressionType,
    email: str,
    source: str,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Make the address suppressed for good; an entry of the type that was to expire stays."""
    entry = insert(ContactSuppressionList).values(
        customer_id=customer_id,
        workspace_id=workspace_id,
        suppression_type=suppression_type,
        email=email,
        domain=email.rpartition("@")[2],
        source=source,
        reason=reason,
        suppressed_at=now,
    )
    await session.execute(entry.on_conflict_do_update(index_elements=_UNIQUE, set_={"expires_at": None}))


async def remove(session: AsyncSession, *, customer_id: UUID, suppression_id: UUID) -> None:
    """Delete the entry; raises ``NotFound``."""
    statement = (
        delete(ContactSuppressionList)
        .where(ContactSuppressionList.id == suppression_id, ContactSuppressionList.customer_id == customer_id)
        .returning(ContactSuppressionList.id)
        .execution_options(synchronize_session=False)
    )
    if (await session.execute(statement)).one_or_none() is None:
        raise NotFound("suppression", suppression_id)
