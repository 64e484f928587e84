"""Lists by page: opaque cursors that name the last row seen (keyset), so that new rows shift nothing."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime
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


def page_options(
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows per page")] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before")] = None,
    count: Annotated[bool, Query(description="Whether to count all rows (`total`)")] = False,
) -> PageOptions:
    """The three parameters of every list."""
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
        last = tuple_(*_decode(page.cursor, keys))
        here = tuple_(*keys)
        ordered = ordered.where(here < last if descending else here > last)
    marked = ordered.add_columns(*(key.label(f"key_{index}") for index, key in enumerate(keys)))
    rows = (await session.execute(marked.limit(page.limit + 1))).all()
    shown, more = rows[: page.limit], len(rows) > page.limit
    next_cursor = _encode(shown[-1][-len(keys) :]) if more else None
    total = await _count(session, statement) if page.count else None
    single = len(statement.column_descriptions) == 1
    return [row[0] for row in shown] if single else shown, next_cursor, total


async def _count(session: AsyncSession, statement: Select[Any]) -> int:
    counted = select(func.count()).select_from(statement.order_by(None).subquery())
    return (await session.execute(counted)).scalar_one()


def _encode(values: Sequence[Any]) -> str:
    texts = [one.isoformat() if isinstance(one, datetime) else str(one) for one in values]
    return base64.urlsafe_b64encode(json.dumps(texts).encode()).decode().rstrip("=")


def _decode(cursor: str, keys: Sequence[Key]) -> list[Any]:
    try:
        texts = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if not isinstance(texts, list) or len(texts) != len(keys):
            raise ValueError("another list's cursor")
        return [_parsed(text, key) for text, key in zip(texts, keys, strict=True)]
    except (ValueError, TypeError, RecursionError):
        detail = "The cursor is not one of this list: take next_cursor of the page before, or leave it out."
        raise Invalid("cursor.invalid", detail) from None


def _parsed(text: Any, key: Key) -> Any:
    """The value of a key. Raises ``ValueError`` or ``TypeError`` for what that key can never be."""
    kind = key.type.python_type
    if not isinstance(text, str):
        raise TypeError(f"{key.key} is written as a text")
    if kind is datetime:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("an instant has its offset")
        return moment
    if kind is UUID or kind is int:
        return kind(text)
    if "\x00" in text:
        raise ValueError("no text of a row")
    return text
