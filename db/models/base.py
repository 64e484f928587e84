"""What every table shares: the declarative base, the types of columns and the native enum types.

Tables that come from the product's data model keep its nullability: a column with a default but without
``NOT NULL`` is optional here too, although no row is written without it.
"""

import re
import uuid
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    ForeignKey,
    LargeBinary,
    Numeric,
    String,
    Text,
    Time,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ENUM, JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

from domain import vocabulary

Json: TypeAlias = dict[str, Any]
Text7 = Annotated[str, mapped_column(String(7))]
Text20 = Annotated[str, mapped_column(String(20))]
Text50 = Annotated[str, mapped_column(String(50))]
Text100 = Annotated[str, mapped_column(String(100))]
Text255 = Annotated[str, mapped_column(String(255))]
Text500 = Annotated[str, mapped_column(String(500))]
BigInt = Annotated[int, mapped_column(BigInteger)]
Percent = Annotated[Decimal, mapped_column(Numeric(5, 2))]

RandomId = Annotated[uuid.UUID, mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))]
OrderedId = Annotated[uuid.UUID, mapped_column(primary_key=True, server_default=text("uuidv7()"))]
CustomerId = Annotated[uuid.UUID, mapped_column(ForeignKey("customers.id"))]
WorkspaceId = Annotated[uuid.UUID, mapped_column(ForeignKey("workspaces.id"))]
UserId = Annotated[uuid.UUID, mapped_column(ForeignKey("users.id"))]
EmailAccountId = Annotated[uuid.UUID, mapped_column(ForeignKey("email_accounts.id"))]
WrittenAt = Annotated[datetime, mapped_column(server_default=func.now())]
ChangedAt = Annotated[datetime, mapped_column(server_default=func.now(), onupdate=func.now())]


_TYPE_NAMES: Mapping[type[StrEnum], str] = {vocabulary.Blocker: "send_blocker_enum"}
"""Types whose name says more than that of their vocabulary."""


def enum_type(words: type[StrEnum]) -> ENUM:
    """The native enum type of a vocabulary: ``ContactStatus`` is ``contact_status_enum``, values as labels.

    Only a migration creates or changes the type.
    """
    name = _TYPE_NAMES.get(words) or re.sub(r"(?<!^)(?=[A-Z])", "_", words.__name__).lower() + "_enum"
    return ENUM(words, name=name, values_callable=lambda members: [m.value for m in members], create_type=False)


VOCABULARIES: tuple[type[StrEnum], ...] = tuple(
    thing
    for thing in vars(vocabulary).values()
    if isinstance(thing, type) and issubclass(thing, StrEnum) and thing is not StrEnum
)


class Base(DeclarativeBase):
    """Base of all tables. What the server computes comes back with each insert and update (RETURNING)."""

    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 - SQLAlchemy's own way to say it
    type_annotation_map = {  # noqa: RUF012
        uuid.UUID: Uuid(),
        datetime: DateTime(timezone=True),
        date: Date(),
        time: Time(),
        str: Text(),
        bytes: LargeBinary(),
        float: Double(),
        # A Python None is SQL's NULL, not the JSON value null.
        Json: JSONB(none_as_null=True),
        list[bool]: ARRAY(Boolean),
        list[date]: ARRAY(Date),
        list[str]: ARRAY(Text),
        **{words: enum_type(words) for words in VOCABULARIES},
    }
