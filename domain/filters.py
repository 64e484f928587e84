"""The operators of filter rules and conditions: what each means for a value and an operand.

``matches`` is the meaning in Python; conditions of steps use it on facts of an enrollment. A missing value
(None) equals nothing, contains nothing and is in nothing, so the negations hold for it.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any


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

_AGO = re.compile(r"^(\d{1,5}) (hour|day|week|month|year)s? ago$")
_LAST = re.compile(r"^(last|next) (\d{1,5}) (hour|day|week|month|year)s?$")
_UNIT = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}


def operand_problem(operator: FilterOperator, operand: Any) -> str | None:
    """What is wrong with ``operand`` for ``operator``, as a sentence, or None."""
    match operator:
        case FilterOperator.IN | FilterOperator.NOT_IN:
            return None if isinstance(operand, list) and operand else "must be a list with at least one value"
        case FilterOperator.BETWEEN:
            return None if isinstance(operand, list) and len(operand) == 2 else "must be a list [low, high]"
        case FilterOperator.DATE_RELATIVE:
            known = isinstance(operand, str) and _LAST.match(operand)
            return None if known else 'must read like "last 30 days" or "next 2 weeks"'
        case FilterOperator.IS_EMPTY | FilterOperator.IS_NOT_EMPTY:
            return None
        case _:
            scalar = operand is not None and not isinstance(operand, list | dict)
            return None if scalar else "must be a single value"


def matches(operator: FilterOperator, actual: Any, operand: Any, *, now: datetime) -> bool:
    """Whether ``actual <operator> operand`` holds at ``now``; values of unlike types never match."""
    if operator in NEGATIONS:
        return not matches(NEGATIONS[operator], actual, operand, now=now)
    if operator is FilterOperator.IS_EMPTY:
        return actual is None or actual in ("", [], {})
    if actual is None:
        return False
    match operator:
        case FilterOperator.EQUALS:
            return _equal(actual, operand, now)
        case FilterOperator.IN:
            return any(_equal(actual, one, now) for one in operand)
        case FilterOperator.CONTAINS if isinstance(actual, list):
            return any(_equal(one, operand, now) for one in actual)
        case FilterOperator.CONTAINS:
            return _folded(operand) in _folded(actual)
        case FilterOperator.STARTS_WITH:
            return _folded(actual).startswith(_folded(operand))
        case FilterOperator.ENDS_WITH:
            return _folded(actual).endswith(_folded(operand))
        case FilterOperator.GREATER_THAN:
            return _order(actual, operand, now) == 1
        case FilterOperator.LESS_THAN:
            return _order(actual, operand, now) == -1
        case FilterOperator.BETWEEN:
            return _order(actual, operand[0], now) in (0, 1) and _order(actual, operand[1], now) in (-1, 0)
        case _:
            return _within(actual, operand, now)


def _folded(value: Any) -> str:
    return str(value).casefold()


def _equal(actual: Any, operand: Any, now: datetime) -> bool:
    if isinstance(actual, str) and isinstance(operand, str):
        return actual.casefold() == operand.casefold()
    if isinstance(actual, bool) or isinstance(operand, bool):
        return actual is operand
    return _order(actual, operand, now) == 0


def _order(actual: Any, operand: Any, now: datetime) -> int:
    """-1, 0 or 1; 2 when the two cannot be compared, which no operator takes for an answer."""
    left, right = _comparable(actual, now), _comparable(operand, now)
    try:
        return int(left > right) - int(left < right)
    except TypeError:
        return 2


def _comparable(value: Any, now: datetime) -> Any:
    """Numbers as floats, dates and texts that speak of a date as aware instants, other texts folded."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, str):
        return float(value) if not isinstance(value, bool | list | dict) else value
    if ago := _AGO.match(value):
        return now - int(ago[1]) * _UNIT[ago[2]]
    try:
        return _comparable(datetime.fromisoformat(value), now)
    except ValueError:
        return value.casefold()


def _within(actual: Any, period: str, now: datetime) -> bool:
    spoken = _LAST.match(period)
    moment = _comparable(actual, now)
    if spoken is None or not isinstance(moment, datetime):
        return False
    span = int(spoken[2]) * _UNIT[spoken[3]]
    return now - span <= moment <= now if spoken[1] == "last" else now <= moment <= now + span
