"""The rules of dynamic lists: the tree as it is written in ``contact_lists.filter_rules``, checked for its form.

A tree is ``{"operator": "AND" | "OR", "conditions": [leaf or group, …]}``; a leaf is ``{"field", "operator",
"value"}``, its field a column of contacts or ``custom_fields.<name>``.
"""

from collections.abc import Iterator
from typing import Any

from domain.conditions import CONTACT_FIELDS, MAX_DEPTH
from domain.errors import FieldError
from domain.filters import WITHOUT_OPERAND, FilterOperator, operand_problem
from domain.vocabulary import ConditionOperator

_CUSTOM = "custom_fields."


def rule_problems(rules: Any, at: str = "", depth: int = 1) -> Iterator[FieldError]:
    """Every wrong place in the rules; pointers are relative to them (RFC 6901)."""
    if depth > MAX_DEPTH:
        yield FieldError(at, "too_deep", f"groups may nest {MAX_DEPTH} deep")
        return
    if not isinstance(rules, dict):
        yield FieldError(at, "type", "must be an object")
        return
    yield from _unknown(rules, {"operator", "conditions"}, at)
    if rules.get("operator", ConditionOperator.AND) not in tuple(ConditionOperator):
        yield FieldError(f"{at}/operator", "enum", "must be AND or OR")
    conditions = rules.get("conditions")
    if not isinstance(conditions, list) or not conditions:
        yield FieldError(f"{at}/conditions", "type", "must be a list with at least one condition")
        return
    for index, one in enumerate(conditions):
        place = f"{at}/conditions/{index}"
        is_group = isinstance(one, dict) and "conditions" in one
        yield from rule_problems(one, place, depth + 1) if is_group else _leaf_problems(one, place)


def _leaf_problems(leaf: Any, at: str) -> Iterator[FieldError]:
    if not isinstance(leaf, dict):
        yield FieldError(at, "type", "must be an object")
        return
    yield from _unknown(leaf, {"field", "operator", "value"}, at)
    field = leaf.get("field")
    if not isinstance(field, str) or not (field in CONTACT_FIELDS or field.removeprefix(_CUSTOM) not in {field, ""}):
        yield FieldError(f"{at}/field", "unknown_field", "is not a field of contacts")
    operator = leaf.get("operator")
    if not isinstance(operator, str) or operator not in tuple(FilterOperator):
        yield FieldError(f"{at}/operator", "enum", "must be one of " + ", ".join(FilterOperator))
        return
    if problem := operand_problem(FilterOperator(operator), leaf.get("value")):
        yield FieldError(f"{at}/value", "type", f"{problem} for the operator {operator}")
    if operator in WITHOUT_OPERAND and leaf.get("value") is not None:
        yield FieldError(f"{at}/value", "unexpected", f"{operator} takes no value")


def _unknown(given: dict[str, Any], known: set[str], at: str) -> Iterator[FieldError]:
    for name in given.keys() - known:
        yield FieldError(f"{at}/{name}", "unknown_field", "is not known here")
