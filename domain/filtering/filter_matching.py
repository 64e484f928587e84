"""Filters evaluated in Python over what is known of one contact; ``db.filters`` gives the same answer in SQL."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.filtering.filter_fields import FieldKind
from domain.filtering.filter_periods import period, within
from domain.filtering.filter_trees import Leaf, Tree, parse
from domain.filtering.filters import NEGATIONS, FilterOperator, matches
from domain.scheduling.zones import Zone, zone
from domain.vocabulary import ActivityType, TimezoneSource

_ORDERING = frozenset({FilterOperator.GREATER_THAN, FilterOperator.LESS_THAN, FilterOperator.BETWEEN})


@dataclass(frozen=True, slots=True)
class ActivityFact:
    """One activity of a contact; ``counts`` is false for what a machine did, or may have done."""

    type: ActivityType
    occurred_at: datetime
    counts: bool


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """What filters can ask of a contact: its columns by their names, what it is in, and its activities."""

    columns: Mapping[str, Any]
    list_ids: frozenset[UUID]
    sequence_ids: frozenset[UUID]
    active_sequence_ids: frozenset[UUID]
    activities: tuple[ActivityFact, ...]


def holds(rules: Mapping[str, Any], facts: ContactFacts, *, now: datetime, timezone: str) -> bool:
    """Whether the rules hold for the contact; ``timezone`` is the workspace's. Raises ``Invalid`` for wrong rules."""
    return _holds(parse(rules, timezone=timezone), facts, now)


def labels(leaf: Leaf, *, now: datetime) -> list[str]:
    """The labels of an enum for which a condition holds, without regard to its being a negation.

    Labels are greater the later they stand in their vocabulary.
    """
    words = list(leaf.field.words or ())
    operator = NEGATIONS.get(leaf.operator, leaf.operator)
    if operator not in _ORDERING:
        return [word.value for word in words if matches(operator, word.value, leaf.operand, now=now)]
    ranks = {word.value: rank for rank, word in enumerate(words)}
    operand = [ranks[one] for one in leaf.operand] if isinstance(leaf.operand, list) else ranks[leaf.operand]
    return [word for word, rank in ranks.items() if matches(operator, rank, operand, now=now)]


def _holds(tree: Tree, facts: ContactFacts, now: datetime) -> bool:
    if isinstance(tree, Leaf):
        return _leaf_holds(tree, facts, now)
    verdicts = (_holds(part, facts, now) for part in tree.parts)
    if tree.denies:
        return not all(verdicts)
    return all(verdicts) if tree.all else any(verdicts)


def _leaf_holds(leaf: Leaf, facts: ContactFacts, now: datetime) -> bool:
    where = _zone(leaf, facts)
    match leaf.field.kind:
        case FieldKind.ENUM:
            return _enum_holds(leaf, facts.columns[leaf.field.name], now)
        case FieldKind.ID:
            own = facts.columns[leaf.field.name]
            return _ids_hold(leaf, frozenset() if own is None else frozenset({own}))
        case FieldKind.MEMBERSHIP:
            return _ids_hold(leaf, getattr(facts, leaf.field.name))
        case FieldKind.ACTIVITY:
            return _instants_hold(leaf, _instants(leaf, facts), now, where)
        case FieldKind.COUNT:
            span = period(leaf.within, now=now, zone=where)
            counted = sum(span is None or within(at, span) for at in _instants(leaf, facts))
            return matches(leaf.operator, counted, leaf.operand, now=now)
        case FieldKind.JSON:
            whole = facts.columns[leaf.field.column]
            value = whole.get(leaf.field.key) if isinstance(whole, Mapping) else None
            return matches(leaf.operator, value, leaf.operand, now=now, zone=where)
        case _:
            return matches(leaf.operator, facts.columns[leaf.field.name], leaf.operand, now=now, zone=where)


def _zone(leaf: Leaf, facts: ContactFacts) -> Zone:
    known = leaf.of_contact and facts.columns["timezone_source"] != TimezoneSource.UNKNOWN
    return (zone(facts.columns["timezone"]) if known else None) or leaf.zone


def _enum_holds(leaf: Leaf, label: str | None, now: datetime) -> bool:
    if leaf.operator in {FilterOperator.IS_EMPTY, FilterOperator.IS_NOT_EMPTY}:
        return (label is None) is (leaf.operator is FilterOperator.IS_EMPTY)
    return (label in labels(leaf, now=now)) is not (leaf.operator in NEGATIONS)


def _ids_hold(leaf: Leaf, ids: frozenset[UUID]) -> bool:
    if leaf.operator in {FilterOperator.IS_EMPTY, FilterOperator.IS_NOT_EMPTY}:
        return (not ids) is (leaf.operator is FilterOperator.IS_EMPTY)
    wanted = leaf.operand if isinstance(leaf.operand, list) else [leaf.operand]
    return (not ids.isdisjoint(wanted)) is not (leaf.operator in NEGATIONS)


def _instants(leaf: Leaf, facts: ContactFacts) -> list[datetime]:
    return [
        one.occurred_at
        for one in facts.activities
        if one.type == leaf.field.key and (one.counts or leaf.include_machine)
    ]


def _instants_hold(leaf: Leaf, instants: Iterable[datetime], now: datetime, where: Zone) -> bool:
    """Whether the condition holds for any of the instants; "empty" is none at all."""
    if leaf.operator is FilterOperator.IS_EMPTY:
        return not any(True for _ in instants)
    return any(matches(leaf.operator, at, leaf.operand, now=now, zone=where) for at in instants)
