"""The rules of filters and dynamic lists: the tree as it is written in JSON, checked for its form and its types.

A group is ``{"operator": "AND" | "OR" | "NOT", "conditions": [leaf or group, …]}``, and the whole is one; NOT has
exactly one condition. A leaf is ``{"field", "operator", "value"}``, and may have ``timezone`` (where it speaks of
dates), ``within`` (of counts) and ``include_machine`` (of opens and clicks).
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC as TIMEZONE_UTC
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.errors import FieldError
from domain.filtering.filter_fields import Field, FieldKind, field
from domain.filtering.filter_limits import MAX_CONTACT_ZONES, MAX_DEPTH, MAX_LEAVES, MAX_TEXT, MAX_VALUES
from domain.filtering.filter_periods import is_span, period
from domain.filtering.filters import WITHOUT_OPERAND, FilterOperator, operand_problem
from domain.scheduling.zones import UTC, zone
from domain.vocabulary import ActivityType, ConditionOperator

NOT = "NOT"
GROUP_OPERATORS = (*ConditionOperator, NOT)
OF_CONTACT, OF_WORKSPACE = "contact", "workspace"
"""The values of ``timezone`` that are no IANA names."""

_GROUP = frozenset({"operator", "conditions"})
_LEAF = frozenset({"field", "operator", "value", "timezone", "within", "include_machine"})
_DATED = frozenset({FieldKind.INSTANT, FieldKind.JSON, FieldKind.ACTIVITY, FieldKind.COUNT})
_CLASSED = frozenset({ActivityType.EMAIL_OPENED, ActivityType.EMAIL_CLICKED})
_PAIR = 2
_SOME_MOMENT = datetime(2000, 1, 1, tzinfo=TIMEZONE_UTC)


def rule_problems(rules: Any) -> Iterator[FieldError]:
    """Every wrong place in the rules; pointers are relative to them (RFC 6901)."""
    leaves = list(_leaves(rules, 1))
    if len(leaves) > MAX_LEAVES:
        yield FieldError("/conditions", "too_many", f"must have at most {MAX_LEAVES} conditions in all")
        return
    if sum(map(_dates_of_contact, leaves)) > MAX_CONTACT_ZONES:
        detail = f"may say at most {MAX_CONTACT_ZONES} values in the contact's own time zone"
        yield FieldError("/conditions", "too_many", detail)
    yield from _group_problems(rules, "", 1)


def unknown_problems(given: Mapping[str, Any], known: Collection[str], at: str, noun: str) -> Iterator[FieldError]:
    """A problem for each name that is not known, at its place."""
    for name in sorted(given.keys() - set(known)):
        escaped = name.replace("~", "~0").replace("/", "~1")
        yield FieldError(f"{at}/{escaped}", "unknown_field", f"is not a field of {noun}")


def _leaves(one: Any, depth: int) -> Iterator[Any]:
    """The leaves down to the depth that is allowed, and what stands where one should be."""
    conditions = one.get("conditions") if isinstance(one, dict) else None
    if not isinstance(conditions, list) or not conditions:
        yield one
    elif depth <= MAX_DEPTH:
        for part in conditions:
            yield from _leaves(part, depth + 1)


def _dates_of_contact(leaf: Any) -> int:
    """How many values the leaf says in the contact's own zone."""
    if not isinstance(leaf, dict) or leaf.get("timezone") != OF_CONTACT:
        return 0
    operand = leaf.get("value")
    return len(operand) if isinstance(operand, list) else 1


def _group_problems(group: Any, at: str, depth: int) -> Iterator[FieldError]:
    if depth > MAX_DEPTH:
        yield FieldError(at, "too_deep", f"groups may nest {MAX_DEPTH} deep")
        return
    if not isinstance(group, dict):
        yield FieldError(at, "type", "must be an object")
        return
    yield from unknown_problems(group, _GROUP, at, "a group")
    operator = group.get("operator", ConditionOperator.AND)
    if operator not in GROUP_OPERATORS:
        yield FieldError(f"{at}/operator", "enum", "must be AND, OR or NOT")
    conditions = group.get("conditions")
    if not isinstance(conditions, list) or not conditions:
        yield FieldError(f"{at}/conditions", "type", "must be a list with at least one condition")
        return
    if operator == NOT and len(conditions) > 1:
        yield FieldError(f"{at}/conditions", "too_many", "must be exactly one condition for NOT; it may be a group")
    for index, one in enumerate(conditions):
        place = f"{at}/conditions/{index}"
        is_group = isinstance(one, dict) and "conditions" in one
        yield from _group_problems(one, place, depth + 1) if is_group else _leaf_problems(one, place)


def _leaf_problems(leaf: Any, at: str) -> Iterator[FieldError]:
    if not isinstance(leaf, dict):
        yield FieldError(at, "type", "must be an object")
        return
    yield from unknown_problems(leaf, _LEAF, at, "a condition")
    asked = field(leaf.get("field"))
    if asked is None or _text_problem(asked.name):
        yield FieldError(f"{at}/field", "unknown_field", "is not a field that filters can ask for")
    operator = leaf.get("operator")
    if not isinstance(operator, str) or operator not in tuple(FilterOperator):
        yield FieldError(f"{at}/operator", "enum", "must be one of " + ", ".join(FilterOperator))
    elif asked is not None:
        yield from _operator_problems(asked, FilterOperator(operator), leaf, at)
        yield from _option_problems(asked, leaf, at)


def _operator_problems(asked: Field, operator: FilterOperator, leaf: dict[str, Any], at: str) -> Iterator[FieldError]:
    operand = leaf.get("value")
    if operator not in asked.operators:
        fit = ", ".join(one for one in FilterOperator if one in asked.operators)
        detail = f"does not fit {asked.name}, which is of type {asked.kind}; these do: {fit}"
        yield FieldError(f"{at}/operator", "operator", detail)
    elif operator in WITHOUT_OPERAND:
        if operand is not None:
            yield FieldError(f"{at}/value", "unexpected", f"{operator} takes no value")
    elif operator in {FilterOperator.IN, FilterOperator.NOT_IN, FilterOperator.BETWEEN}:
        yield from _listed_problems(asked, operator, operand, f"{at}/value")
    elif problem := _value_problem(asked, operator, operand):
        yield FieldError(f"{at}/value", "type", f"{problem} for {asked.name} {operator}")


def _listed_problems(asked: Field, operator: FilterOperator, operand: Any, at: str) -> Iterator[FieldError]:
    if not isinstance(operand, list) or not operand:
        yield FieldError(at, "type", f"must be a list for the operator {operator}")
    elif operator is FilterOperator.BETWEEN and len(operand) != _PAIR:
        yield FieldError(at, "type", "must be a list [low, high] for the operator between")
    elif len(operand) > MAX_VALUES:
        yield FieldError(at, "too_many", f"must have at most {MAX_VALUES} values")
    else:
        each = FilterOperator.GREATER_THAN if operator is FilterOperator.BETWEEN else FilterOperator.EQUALS
        for index, one in enumerate(operand):
            if problem := _value_problem(asked, each, one):
                yield FieldError(f"{at}/{index}", "type", f"{problem} for {asked.name} {operator}")


def _value_problem(asked: Field, operator: FilterOperator, operand: Any) -> str | None:
    """What is wrong with a single value, as a sentence, or None."""
    problem = operand_problem(operator, operand)
    if problem is None and isinstance(operand, str):
        problem = _text_problem(operand)
    return problem or _VALUES[asked.kind](asked, operator, operand)


def _text_problem(text: str) -> str | None:
    if len(text) > MAX_TEXT:
        return f"must have at most {MAX_TEXT} characters"
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        return "must not contain U+0000 or half of a surrogate pair, which no text of a contact has"
    return None


def _json_problem(_: Field, __: FilterOperator, operand: Any) -> str | None:
    return _finite_problem(operand) if isinstance(operand, float) else None


def _wording_problem(_: Field, __: FilterOperator, operand: Any) -> str | None:
    return None if isinstance(operand, str) else "must be a text"


def _label_problem(asked: Field, operator: FilterOperator, operand: Any) -> str | None:
    assert asked.words is not None
    if operator in {FilterOperator.EQUALS, FilterOperator.NOT_EQUALS, *_COMPARISONS}:
        return None if operand in tuple(asked.words) else "must be one of " + ", ".join(asked.words)
    return None if isinstance(operand, str) else "must be a text"


def _number_problem(_: Field, __: FilterOperator, operand: Any) -> str | None:
    if isinstance(operand, bool) or not isinstance(operand, int | float):
        return "must be a number"
    return _finite_problem(operand)


def _finite_problem(operand: float) -> str | None:
    return None if operand - operand == 0 else "must be a finite number"


def _date_problem(_: Field, operator: FilterOperator, operand: Any) -> str | None:
    # Whether a text says a period depends on neither the moment nor the zone.
    known = operator is FilterOperator.DATE_RELATIVE or period(operand, now=_SOME_MOMENT, zone=UTC)
    return None if known else 'must be a date: 2026-11-23, 2026-11-23T09:00:00Z, "30 days ago", "today" or "this month"'


def _flag_problem(_: Field, __: FilterOperator, operand: Any) -> str | None:
    return None if isinstance(operand, bool) else "must be true or false"


def _id_problem(_: Field, __: FilterOperator, operand: Any) -> str | None:
    try:
        return None if isinstance(operand, str) and UUID(operand) else "must be a UUID"
    except ValueError:
        return "must be a UUID"


def _no_problem(_: Field, __: FilterOperator, ___: Any) -> str | None:
    return None


_COMPARISONS = frozenset({FilterOperator.GREATER_THAN, FilterOperator.LESS_THAN})
_VALUES: Mapping[FieldKind, Callable[[Field, FilterOperator, Any], str | None]] = {
    FieldKind.TEXT: _wording_problem,
    FieldKind.ENUM: _label_problem,
    FieldKind.NUMBER: _number_problem,
    FieldKind.INSTANT: _date_problem,
    FieldKind.BOOLEAN: _flag_problem,
    FieldKind.ID: _id_problem,
    FieldKind.OBJECT: _no_problem,
    FieldKind.JSON: _json_problem,
    FieldKind.MEMBERSHIP: _id_problem,
    FieldKind.ACTIVITY: _date_problem,
    FieldKind.COUNT: _number_problem,
}
"""What is wrong with a value for a field of each kind."""


def _option_problems(asked: Field, leaf: dict[str, Any], at: str) -> Iterator[FieldError]:
    name = leaf.get("timezone")
    if name is not None and asked.kind not in _DATED:
        yield FieldError(f"{at}/timezone", "unexpected", "is for dates, custom fields and activities")
    elif name is not None and not (isinstance(name, str) and (name in {OF_CONTACT, OF_WORKSPACE} or zone(name))):
        yield FieldError(f"{at}/timezone", "timezone", "must be contact, workspace or an IANA time zone")
    within = leaf.get("within")
    if within is not None and asked.kind is not FieldKind.COUNT:
        yield FieldError(f"{at}/within", "unexpected", "is for activity_counts; elsewhere the value says when")
    elif within is not None and not is_span(within):
        detail = 'must read like "last 30 days", "today" or "this month"'
        yield FieldError(f"{at}/within", "type", detail)
    machine = leaf.get("include_machine")
    if machine is not None and not isinstance(machine, bool):
        yield FieldError(f"{at}/include_machine", "type", "must be true or false")
    elif machine and asked.key not in _CLASSED:
        yield FieldError(f"{at}/include_machine", "unexpected", "is for activities of email_opened and email_clicked")
