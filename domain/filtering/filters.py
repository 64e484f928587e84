"""The operators of filter rules and conditions: what each means for a value and an operand.

``matches`` is the meaning in Python; conditions of steps use it on facts of an enrollment, filters on columns of a
contact, and ``db.filter_comparisons`` says the same in SQL. A missing value (None) equals nothing, contains nothing and
is in nothing, so the negations hold for it. Texts are compared in any case (Unicode's full case folding); two that are
both numerals, or both dates, are ordered as what they say. Dates are those of ``filter_periods``: a value equals
a date when it is within it, is greater when it is after its start, and between two from the first's start to the
second's end. A value without an offset is compared by the wall clock of the zone.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from re import compile as pattern
from typing import Any

from domain.filtering.filter_periods import Period, edge, is_span, period, reading, within
from domain.scheduling.zones import UTC, Zone


class FilterOperator(StrEnum):
    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    GREATER_THAN = "greater_than"
    LESS_THAN = "less_than"
    IN = "in"
    NOT_IN = "not_in"
    IS_EMPTY = "is_empty"
    IS_NOT_EMPTY = "is_not_empty"
    BETWEEN = "between"
    DATE_RELATIVE = "date_relative"


NEGATIONS: Mapping[FilterOperator, FilterOperator] = {
    FilterOperator.NOT_EQUALS: FilterOperator.EQUALS,
    FilterOperator.NOT_CONTAINS: FilterOperator.CONTAINS,
    FilterOperator.NOT_IN: FilterOperator.IN,
    FilterOperator.IS_NOT_EMPTY: FilterOperator.IS_EMPTY,
}
WITHOUT_OPERAND = frozenset({FilterOperator.IS_EMPTY, FilterOperator.IS_NOT_EMPTY})

NUMERAL = r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?"
"""Texts that are read as numbers, in Python and in Postgres."""
_NUMERAL = pattern(NUMERAL)


def operand_problem(operator: FilterOperator, operand: Any) -> str | None:
    """What is wrong with ``operand`` for ``operator``, as a sentence, or None."""
    match operator:
        case FilterOperator.IN | FilterOperator.NOT_IN:
            listed = isinstance(operand, list) and operand and all(map(_is_scalar, operand))
            return None if listed else "must be a list with at least one value and no lists in it"
        case FilterOperator.BETWEEN:
            pair = isinstance(operand, list) and len(operand) == 2 and all(map(_is_ordered, operand))
            return None if pair else "must be a list [low, high] of numbers, dates or texts"
        case FilterOperator.GREATER_THAN | FilterOperator.LESS_THAN:
            return None if _is_ordered(operand) else "must be a number, a date or a text"
        case FilterOperator.DATE_RELATIVE:
            known = is_span(operand)
            return None if known else 'must read like "last 30 days", "next 2 weeks", "today" or "this month"'
        case FilterOperator.IS_EMPTY | FilterOperator.IS_NOT_EMPTY:
            return None
        case _:
            return None if _is_scalar(operand) else "must be a single value"


def matches(operator: FilterOperator, actual: Any, operand: Any, *, now: datetime, zone: Zone = UTC) -> bool:
    """Whether ``actual <operator> operand`` holds at ``now``; values of unlike types never match.

    Dates without an offset, and words such as "today", are said in ``zone``.
    """
    if operator in NEGATIONS:
        return not matches(NEGATIONS[operator], actual, operand, now=now, zone=zone)
    if operator is FilterOperator.IS_EMPTY:
        return actual is None or actual in ("", [], {})
    if actual is None:
        return False
    match operator:
        case FilterOperator.EQUALS:
            return _equal(actual, operand, now, zone)
        case FilterOperator.IN:
            return any(_equal(actual, one, now, zone) for one in operand)
        case FilterOperator.CONTAINS if isinstance(actual, list):
            return any(_equal(one, operand, now, zone) for one in actual)
        case FilterOperator.CONTAINS:
            return _worded(str.__contains__, actual, operand)
        case FilterOperator.STARTS_WITH:
            return _worded(str.startswith, actual, operand)
        case FilterOperator.ENDS_WITH:
            return _worded(str.endswith, actual, operand)
        case FilterOperator.GREATER_THAN:
            return _order(actual, operand, now, zone) == 1
        case FilterOperator.LESS_THAN:
            return _order(actual, operand, now, zone) == -1
        case FilterOperator.BETWEEN:
            low, high = operand
            return _order(actual, low, now, zone) in (0, 1) and _order(actual, high, now, zone, ends=True) in (-1, 0)
        case _:
            span = period(operand, now=now, zone=zone) if is_span(operand) else None
            return span is not None and _within(actual, span)


def number(value: Any) -> Decimal | None:
    """The number that a value is or writes: custom fields and imported columns often hold their numbers as texts."""
    if isinstance(value, str):
        return Decimal(value) if _NUMERAL.fullmatch(value) else None
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return Decimal(str(value)) if isinstance(value, float) else Decimal(value)


def written(value: Any) -> str | None:
    """A single value as a text for comparisons, its case folded; None for lists and objects."""
    if isinstance(value, str):
        return value.casefold()
    if isinstance(value, bool):
        return str(value).lower()
    said = number(value)
    return None if said is None else format(said, "f")


def _is_scalar(operand: Any) -> bool:
    return isinstance(operand, str | int | float)


def _is_ordered(operand: Any) -> bool:
    return _is_scalar(operand) and not isinstance(operand, bool)


def _worded(test: Callable[[str, str], bool], actual: Any, operand: Any) -> bool:
    left, right = written(actual), written(operand)
    return left is not None and right is not None and test(left, right)


def _equal(actual: Any, operand: Any, now: datetime, zone: Zone) -> bool:
    if isinstance(actual, bool) or isinstance(operand, bool):
        return actual is operand
    if isinstance(actual, str) and isinstance(operand, str):
        # "0123" and "123" are two postal codes; of texts, only dates are equal in several spellings.
        said = period(operand, now=now, zone=zone)
        return actual.casefold() == operand.casefold() or (said is not None and _within(actual, said))
    left, right = number(actual), number(operand)
    if left is not None and right is not None:
        return left == right
    said = period(operand, now=now, zone=zone)
    return said is not None and _within(actual, said)


def _order(actual: Any, operand: Any, now: datetime, zone: Zone, *, ends: bool = False) -> int:
    """-1, 0 or 1; 2 when the two cannot be compared, which no operator takes for an answer.

    A date is compared by its start, or by its end.
    """
    left, right = number(actual), number(operand)
    if left is not None and right is not None:
        return _sign(left, right)
    moment, said = reading(actual), period(operand, now=now, zone=zone)
    if moment is not None and said is not None:
        return _sign(moment, edge(moment, said, end=ends))
    if isinstance(actual, str) and isinstance(operand, str):
        return _sign(actual.casefold(), operand.casefold())
    return 2


def _sign(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


def _within(actual: Any, said: Period) -> bool:
    moment = reading(actual)
    return moment is not None and within(moment, said)
