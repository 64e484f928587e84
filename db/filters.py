"""Filters as SQL: the tree of ``domain.filtering.filter_rules`` as one condition on the rows of contacts.

Fields are an allow-list, and every value is a bound parameter. ``domain.filtering.filter_matching`` gives the same
answer in Python.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, false, or_, true
from sqlalchemy.ext.asyncio import AsyncSession

from db import filter_comparisons as comparisons
from db import tenancy
from db.filter_comparisons import EMPTY_JSON, Readings, compare, equals_any
from db.filter_dates import Dates
from db.filter_relations import activities, memberships
from db.models import Base, Contact, ContactList, User, Workspace
from db.models import Sequence as SequenceRow
from domain.errors import FieldError
from domain.filtering.filter_fields import Field, FieldKind
from domain.filtering.filter_matching import labels
from domain.filtering.filter_trees import Leaf, Tree, leaves, parse
from domain.filtering.filters import NEGATIONS, FilterOperator

_REFERENCES: Mapping[str, type[Base]] = {
    "list_ids": ContactList,
    "sequence_ids": SequenceRow,
    "active_sequence_ids": SequenceRow,
    "workspace_id": Workspace,
    "created_by": User,
    "updated_by": User,
}
"""What the ids of a field name. Those of contacts are not asked for: a contact may go while a rule names it."""


def matching(rules: Mapping[str, Any], *, customer_id: UUID, now: datetime, timezone: str) -> ColumnElement[bool]:
    """The condition on ``contacts`` that the rules say, for ``select(...).where(matching(...))``.

    It is false or NULL where they do not hold, so ``is_not(true())`` denies it. ``timezone`` is the workspace's, and
    is taken for contacts whose own is not known, too. The caller adds ``Contact.customer_id == customer_id``; lists,
    sequences and activities are looked for among the customer's rows alone. Raises ``Invalid`` for wrong rules.
    """
    return _condition(parse(rules, timezone=timezone), customer_id, now)


async def reference_problems(session: AsyncSession, rules: Mapping[str, Any], *, customer_id: UUID) -> list[FieldError]:
    """A problem for each id of a list, sequence, user or workspace that is none of the customer's.

    Pointers are relative to the rules. Raises ``Invalid`` for wrong rules.
    """
    named = [
        (_REFERENCES[leaf.field.name], place, id)
        for leaf in leaves(parse(rules, timezone="UTC"))
        if leaf.field.name in _REFERENCES
        for place, id in _named(leaf)
    ]
    found = {
        model: await tenancy.existing(session, model, [id for one, _, id in named if one is model], customer_id)
        for model in dict.fromkeys(model for model, _, _ in named)
    }
    return [
        FieldError(place, "reference.not_found", f"names no {_noun(model)} of yours")
        for model, place, id in named
        if id not in found[model]
    ]


def _named(leaf: Leaf) -> list[tuple[str, UUID]]:
    if isinstance(leaf.operand, list):
        return [(f"{leaf.place}/value/{index}", id) for index, id in enumerate(leaf.operand)]
    return [] if leaf.operand is None else [(f"{leaf.place}/value", leaf.operand)]


def _noun(model: type[Base]) -> str:
    return {ContactList: "list", SequenceRow: "sequence", Workspace: "workspace"}.get(model, "user")


def _condition(tree: Tree, customer_id: UUID, now: datetime) -> ColumnElement[bool]:
    if isinstance(tree, Leaf):
        operator = NEGATIONS.get(tree.operator, tree.operator)
        said = _leaf(tree, operator, customer_id, Dates(now, tree.zone, tree.of_contact))
        return said.is_not(true()) if operator is not tree.operator else said
    parts = [_condition(part, customer_id, now) for part in tree.parts]
    if tree.denies:
        return parts[0].is_not(true())
    return and_(*parts) if tree.all else or_(*parts)


def _leaf(leaf: Leaf, operator: FilterOperator, customer_id: UUID, dates: Dates) -> ColumnElement[bool]:
    """What the leaf says with ``operator``, which is its own or the one that it denies."""
    match leaf.field.kind:
        case FieldKind.ENUM:
            return _is_label(leaf, operator, dates.now)
        case FieldKind.ID:
            own = _column(leaf.field.name)
            return own.is_(None) if operator is FilterOperator.IS_EMPTY else equals_any(own, _ids(leaf), Uuid())
        case FieldKind.MEMBERSHIP:
            wanted = None if operator is FilterOperator.IS_EMPTY else _ids(leaf)
            return memberships(leaf.field.name, wanted, customer_id)
        case FieldKind.ACTIVITY | FieldKind.COUNT:
            return activities(leaf, operator, customer_id, dates)
        case _:
            return compare(operator, _readings(leaf.field), leaf.operand, dates)


def _is_label(leaf: Leaf, operator: FilterOperator, now: datetime) -> ColumnElement[bool]:
    own = _column(leaf.field.name)
    if operator is FilterOperator.IS_EMPTY:
        return own.is_(None)
    wanted = [leaf.field.words(label) for label in labels(leaf, now=now)] if leaf.field.words else []
    return equals_any(own, wanted, own.type) if wanted else false()


@lru_cache(maxsize=256)
def _readings(field: Field) -> Readings:
    """Kept, since making them costs more than all else; the same expression may stand in many statements."""
    column = _column(field.column)
    match field.kind:
        case FieldKind.NUMBER:
            return comparisons.of_number(column)
        case FieldKind.INSTANT:
            return comparisons.of_instant(column)
        case FieldKind.BOOLEAN:
            return comparisons.of_flag(column)
        case FieldKind.OBJECT:
            return Readings(or_(column.is_(None), column.in_(EMPTY_JSON)))
        case FieldKind.JSON:
            return comparisons.of_json(column[field.key])
        case _:
            return comparisons.of_text(column)


def _ids(leaf: Leaf) -> list[UUID]:
    return leaf.operand if isinstance(leaf.operand, list) else [leaf.operand]


def _column(name: str) -> ColumnElement[Any]:
    column: ColumnElement[Any] = Contact.__table__.c[name]
    return column
