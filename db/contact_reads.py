"""Contacts as they are read most, in values that are JSON as they stand: enum labels are texts, rates are floats."""

from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ColumnElement, Double, Enum, Numeric, String, bindparam, cast, select, type_coerce
from sqlalchemy.dialects.postgresql import asyncpg as driver
from sqlalchemy.sql.elements import KeyedColumnElement

from db.contact_changes import COLUMNS, VERSION
from db.models import Contact
from domain.errors import NotFound


def _plain(column: KeyedColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(column.type, Enum):
        return type_coerce(column, String).label(column.key)
    return cast(column, Double).label(column.key) if isinstance(column.type, Numeric) else column


PLAIN = tuple(_plain(column) for column in COLUMNS)
"""The columns of a contact, in their order."""
NAMES = tuple(column.key for column in COLUMNS)
_DIALECT = driver.dialect()  # type: ignore[no-untyped-call]
_MINE = (Contact.id == bindparam("id"), Contact.customer_id == bindparam("customer_id"))
# The driver takes SQL alone; this is what SQLAlchemy would tell it.
_ONE = str(select(*PLAIN, VERSION).where(*_MINE).compile(dialect=_DIALECT))


async def one(connection: asyncpg.Connection, *, customer_id: UUID, contact_id: UUID) -> tuple[dict[str, Any], str]:
    """The contact's columns, and its version; raises ``NotFound``."""
    row = await connection.fetchrow(_ONE, contact_id, customer_id)
    if row is None:
        raise NotFound("contact", contact_id)
    contact = dict(row)
    return contact, contact.pop("version")
