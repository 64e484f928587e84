"""What the rules of a dynamic list speak of beside the contact's own fields: other lists, activities, enrollments."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.filtering.filter_fields import FieldKind
from domain.filtering.filter_trees import Leaf, leaves, parse

_LISTS = "list_ids"


class RuleSource(StrEnum):
    """Rows beside the contact's own by which a rule judges it; ``contact_lists.depends_on``."""

    ACTIVITIES = "activities"
    MEMBERSHIPS = "memberships"
    ENROLLMENTS = "enrollments"


def sources(rules: Mapping[str, Any]) -> list[RuleSource]:
    """What the rules read beside contacts, each once, sorted. Raises ``Invalid`` for wrong rules."""
    return sorted({source for leaf in _leaves(rules) if (source := _source(leaf)) is not None})


def lists_named(rules: Mapping[str, Any]) -> list[tuple[str, UUID]]:
    """The lists that the rules speak of, each with the pointer of its condition, relative to the rules (RFC 6901).

    Raises ``Invalid`` for wrong rules.
    """
    named = []
    for leaf in _leaves(rules):
        if leaf.field.name == _LISTS and leaf.operand is not None:
            ids = leaf.operand if isinstance(leaf.operand, list) else [leaf.operand]
            named += [(leaf.place, id) for id in ids]
    return named


def leads_to(graph: Mapping[UUID, set[UUID]], start: UUID, goal: UUID) -> bool:
    """Whether ``start`` is ``goal``, or a list that it speaks of, directly or by way of others, is."""
    seen: set[UUID] = set()
    ahead = [start]
    while ahead:
        one = ahead.pop()
        if one == goal:
            return True
        if one not in seen:
            seen.add(one)
            ahead.extend(graph.get(one, ()))
    return False


def _source(leaf: Leaf) -> RuleSource | None:
    match leaf.field.kind:
        case FieldKind.ACTIVITY | FieldKind.COUNT:
            return RuleSource.ACTIVITIES
        case FieldKind.MEMBERSHIP:
            return RuleSource.MEMBERSHIPS if leaf.field.name == _LISTS else RuleSource.ENROLLMENTS
        case _:
            return None


def _leaves(rules: Mapping[str, Any]) -> list[Leaf]:
    return leaves(parse(rules, timezone="UTC"))
