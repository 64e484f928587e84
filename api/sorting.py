"""Lists in the order that a client chooses, by page: keyset cursors, empty values last in either direction.

An index on (customer_id, column, id) makes each page cost the same, however deep; without one each page reads and
sorts all rows that the filters let through, and costs the same as the first one too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from api.pagination import (
    Listing,
    PageOptions,
    count_rows,
    foreign_cursor,
    read_cursor,
    read_key,
    write_cursor,
)
from domain.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Rows by ``column``, and by their unique ``id`` where that is the same; ``name`` is how clients call it."""

    name: str
    column: ColumnElement[Any]
    id: ColumnElement[UUID]
    descending: bool

    def of(self, *keys: ColumnElement[Any]) -> list[ColumnElement[Any]]:
        return [key.desc() if self.descending else key.asc() for key in keys]

    def after(self, keys: Sequence[ColumnElement[Any]], values: Sequence[Any]) -> ColumnElement[bool]:
        """The rows behind the one that has these values."""
        here, last = tuple_(*keys), tuple_(*values)
        return here < last if self.descending else here > last


@dataclass(frozen=True, slots=True)
class _Place:
    """The last row that was seen: its value, None for an empty one, and its id."""

    value: Any
    id: UUID


async def paginate_by(session: AsyncSession, statement: Select[Any], order: Order, page: PageOptions) -> Listing:
    """The page of ``statement``, whose rows have several columns, in that order.

    Raises ``Invalid``: ``cursor.invalid``, and ``cursor.other_sort`` for one of another order.
    """
    place = None if page.cursor is None else _place(page.cursor, order)
    marked = statement.order_by(None).add_columns(order.column.label("sort_value"), order.id.label("sort_id"))
    rows: list[Row[Any]] = []
    if place is None or place.value is not None:
        rows += await _valued(session, marked, order, place, page.limit + 1)
        place = None
    if len(rows) <= page.limit:
        rows += await _empty(session, marked, order, place, page.limit + 1 - len(rows))
    shown = rows[: page.limit]
    more = len(rows) > page.limit
    next_cursor = write_cursor((order.name, shown[-1].sort_value, shown[-1].sort_id)) if more else None
    return shown, next_cursor, await count_rows(session, statement) if page.count else None


async def _valued(
    session: AsyncSession, statement: Select[Any], order: Order, place: _Place | None, limit: int
) -> Sequence[Row[Any]]:
    keys = (order.column, order.id)
    statement = statement.where(order.column.is_not(None)).order_by(*order.of(*keys))
    if place is not None:
        statement = statement.where(order.after(keys, (place.value, place.id)))
    return list((await session.execute(statement.limit(limit))).all())


async def _empty(
    session: AsyncSession, statement: Select[Any], order: Order, place: _Place | None, limit: int
) -> Sequence[Row[Any]]:
    statement = statement.where(order.column.is_(None)).order_by(*order.of(order.id))
    if place is not None:
        statement = statement.where(order.after((order.id,), (place.id,)))
    return list((await session.execute(statement.limit(limit))).all())


def _place(cursor: str, order: Order) -> _Place:
    name, value, id = read_cursor(cursor, 3)
    if not isinstance(name, str):
        raise foreign_cursor()
    if name != order.name:
        detail = f"The cursor belongs to the order {name}, and {order.name} is asked for: begin with the first page."
        raise Invalid("cursor.other_sort", detail)
    known = None if value is None else read_key(value, order.column.type.python_type)
    return _Place(known, read_key(id, UUID))
