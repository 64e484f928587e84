"""The operators of filter rules and conditions: what each means for a value and an operand.

``matches`` is the meaning in Python; conditions of steps use it on facts of an enrollment. A missing value
(None) equals nothing, contains nothing and is in nothing, so the negations hold for it. Texts are compared in any
case; two that are both numerals, or both instants of ISO 8601, are ordered as what they say.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
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

_AGO = re.compile(r"(\d{1,5}) (hour|day|week|month|year)s? ago\Z", re.ASCII)
_LAST = re.compile(r"(last|next) (\d{1,5}) (hour|day|week|month|year)s?\Z", re.ASCII)
_NUMERAL = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?\Z", re.ASCII)
_DATED = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
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
            listed = isinstance(operand, list) and operand and all(map(_is_scalar, operand))
            return None if listed else "must be a list with at least one value and no lists in it"
        case FilterOperator.BETWEEN:
            pair = isinstance(operand, list) and len(operand) == 2 and all(map(_is_ordered, operand))
            return None if pair else "must be a list [low, high] of numbers, dates or texts"
        case FilterOperator.GREATER_THAN | FilterOperator.LESS_THAN:
            return None if _is_ordered(operand) else "must be a number, a date or a text"
        case FilterOperator.DATE_RELATIVE:
            known = isinstance(operand, str) and _LAST.match(operand)
            return None if known else 'must read like "last 30 days" or "next 2 weeks"'
        case FilterOperator.IS_EMPTY | FilterOperator.IS_NOT_EMPTY:
            return None
        case _:
            return None if _is_scalar(operand) else "must be a single value"


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


def _is_scalar(operand: Any) -> bool:
    return isinstance(operand, str | int | float)


def _is_ordered(operand: Any) -> bool:
    return _is_scalar(operand) and not isinstance(operand, bool)


def _folded(value: Any) -> str:
    return str(value).casefold()


def _equal(actual: Any, operand: Any, now: datetime) -> bool:
    if isinstance(actual, bool) or isinstance(operand, bool):
        return actual is operand
    if isinstance(actual, str) and isinstance(operand, str):
        # "0123" and "123" are two postal codes; of texts, only instants are equal in several spellings.
        left, right = _instant(actual), _instant(_spoken(operand, now))
        return actual.casefold() == operand.casefold() or (left is not None and left == right)
    return _order(actual, operand, now) == 0


def _order(actual: Any, operand: Any, now: datetime) -> int:
    """-1, 0 or 1; 2 when the two cannot be compared, which no operator takes for an answer."""
    operand = _spoken(operand, now)
    readings: tuple[Callable[[Any], Any], ...] = (_number, _instant, _text)
    for read in readings:
        left, right = read(actual), read(operand)
        if left is not None and right is not None:
            return int(left > right) - int(left < right)
    return 2


def _spoken(operand: Any, now: datetime) -> Any:
    """The instant of an operand such as "30 days ago"; every other operand as it is."""
    ago = _AGO.match(operand) if isinstance(operand, str) else None
    return operand if ago is None else _shifted(now, -int(ago[1]), ago[2])


def _shifted(now: datetime, count: int, unit: str) -> datetime:
    try:
        return now + count * _UNIT[unit]
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC) if count < 0 else datetime.max.replace(tzinfo=UTC)


def _number(value: Any) -> Decimal | None:
    """Custom fields and imported columns often hold their numbers as texts."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    text = str(value)
    return Decimal(text) if not isinstance(value, str) or _NUMERAL.match(text) else None


def _instant(value: Any) -> datetime | None:
    """Columns of contacts come as JSON, so their instants are texts of ISO 8601; without a zone they are in UTC."""
    if isinstance(value, str):
        value = _parsed(value)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime(value.year, value.month, value.day, tzinfo=UTC) if isinstance(value, date) else None


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if _DATED.match(text) else None
    except ValueError:
        return None


def _text(value: Any) -> str | None:
    return value.casefold() if isinstance(value, str) else None


def _within(actual: Any, period: str, now: datetime) -> bool:
    spoken = _LAST.match(period)
    moment = _instant(actual)
    if spoken is None or moment is None:
        return False
    if spoken[1] == "last":
        return _shifted(now, -int(spoken[2]), spoken[3]) <= moment <= now
    return now <= moment <= _shifted(now, int(spoken[2]), spoken[3])
