"""Rows of one customer: whatever belongs to another does not exist."""

from collections.abc import Collection
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Base
from domain.errors import NotFound

RowT = TypeVar("RowT", bound=Base)


async def require(
    session: AsyncSession, model: type[RowT], id: UUID, customer_id: UUID, noun: str, *, lock: bool = False
) -> RowT:
    """The customer's row, locked for an update if asked. Raises ``NotFound(noun)``."""
    table: Any = model
    statement = select(model).where(table.id == id, table.customer_id == customer_id)
    if lock:
        # Another transaction may have changed the row since this session read it.
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is None:
        raise NotFound(noun, id)
    return row


async def existing(session: AsyncSession, model: type[Base], ids: Collection[UUID], customer_id: UUID) -> set[UUID]:
    """Those of the ids that are the customer's."""
    if not ids:
        return set()
    table: Any = model
    statement = select(table.id).where(table.customer_id == customer_id, table.id.in_(set(ids)))
    return set((await session.execute(statement)).scalars())
