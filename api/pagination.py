"""Lists by page: opaque cursors that name the last row seen (keyset), so that new rows shift nothing."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, Self, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import QueryableAttribute

from domain.errors import Invalid

MAX_LIMIT = 200
DEFAULT_LIMIT = 50
Key = QueryableAttribute[Any]
Listing = tuple[Sequence[Any], str | None, int | None]
"""The rows of a page, the cursor of the next one, and how many rows there are in all if that was asked."""
ItemT = TypeVar("ItemT")


class Page(BaseModel, Generic[ItemT]):
    """One page of a list."""

    data: list[ItemT]
    next_cursor: str | None = Field(
        description="Give it as `cursor` for the next page; null on the last one",
        examples=["WyIyMDI2LTExLTIxVDA5OjAwOjAwKzAwOjAwIl0"],
    )
    total: int | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="How many rows the filters let through; only with `count=true`",
        examples=[1],
    )

    @classmethod
    def of(cls, listing: Listing) -> Self:
        """The page of what ``paginate`` gave."""
        rows, next_cursor, total = listing
        return cls.model_validate({"data": rows, "next_cursor": next_cursor, "total": total}, from_attributes=True)


class PageOptions(BaseModel):
    """Which page is asked for."""

    limit: int
    cursor: str | None
    count: bool


async def page_options(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows per page")] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before")] = None,
    count: Annotated[bool, Query(description="Whether to count all rows (`total`)")] = False,
) -> PageOptions:
    """The three parameters of every list; a coroutine, since a plain function would be run in a thread."""
    return PageOptions(limit=limit, cursor=cursor, count=count)


PageQuery = Annotated[PageOptions, Depends(page_options)]


async def paginate(
    session: AsyncSession,
    statement: Select[Any],
    keys: Sequence[Key],
    page: PageOptions,
    *,
    descending: bool = True,
) -> Listing:
    """The page of ``statement`` in the order of ``keys``, the last of which is unique; none of them is null.

    ``select(Model)`` gives objects, ``select(Model.a, Model.b)`` rows. An index on ``keys`` makes each page
    cost the same, however deep. Raises ``Invalid`` (``cursor.invalid``).
    """
    ordered = statement.order_by(None).order_by(*(key.desc() if descending else key.asc() for key in keys))
    if page.cursor is not None:
        texts = read_cursor(page.cursor, len(keys))
        last = tuple_(*(read_key(text, key.type.python_type) for text, key in zip(texts, keys, strict=True)))
        here = tuple_(*keys)
        ordered = ordered.where(here < last if descending else here > last)
    marked = ordered.add_columns(*(key.label(f"key_{index}") for index, key in enumerate(keys)))
    rows = (await session.execute(marked.limit(page.limit + 1))).all()
    shown, more = rows[: page.limit], len(rows) > page.limit
    next_cursor = write_cursor(shown[-1][-len(keys) :]) if more else None
    total = await count_rows(session, statement) if page.count else None
    single = len(statement.column_descriptions) == 1
    return [row[0] for row in shown] if single else shown, next_cursor, total


async def count_rows(session: AsyncSession, statement: Select[Any]) -> int:
    """How many rows the statement has."""
    counted = select(func.count()).select_from(statement.order_by(None).subquery())
    return (await session.execute(counted)).scalar_one()


def write_cursor(values: Sequence[Any]) -> str:
    """The cursor after a row with these keys; None stays None."""
    texts = [one.isoformat() if isinstance(one, datetime) else None if one is None else str(one) for one in values]
    return base64.urlsafe_b64encode(json.dumps(texts).encode()).decode().rstrip("=")


def read_cursor(cursor: str, length: int) -> list[Any]:
    """The ``length`` texts of a cursor, each a text or None. Raises ``Invalid`` for what is no such cursor."""
    try:
        texts = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        raise foreign_cursor() from None
    if not isinstance(texts, list) or len(texts) != length:
        raise foreign_cursor()
    return texts


def read_key(text: Any, kind: type) -> Any:
    """The value of a key of that type. Raises ``Invalid`` for what such a key can never be."""
    try:
        return _parsed(text, kind)
    except (ValueError, TypeError, ArithmeticError):
        raise foreign_cursor() from None


def foreign_cursor() -> Invalid:
    """The error for a cursor that no page of this list has given."""
    detail = "The cursor is not one of this list: take next_cursor of the page before, or leave it out."
    return Invalid("cursor.invalid", detail)


def _parsed(text: Any, kind: type) -> Any:
    if not isinstance(text, str):
        raise TypeError("a key is written as a text")
    if kind is datetime:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("an instant has its offset")
        return moment
    if kind is int and not -(2**63) <= int(text) < 2**63:
        raise ValueError("no number of a row")
    if kind in {UUID, int, Decimal}:
        return kind(text)
    if "\x00" in text:
        raise ValueError("no text of a row")
    return text
