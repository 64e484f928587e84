"""The operators of filters in SQL: what ``domain.filtering.filters.matches`` says in Python, for every value.

A value is seen through its ``Readings``: a number, a text, an instant, and so on, each an SQL expression that is NULL
where the value cannot be read so. A column of one type has one reading, and compares as plainly as by hand. A
comparison may be NULL, which stands for false: whoever denies one says ``IS NOT TRUE``.

Texts are folded by ``casefold`` in ``pg_unicode_fast``, which is Python's ``str.casefold`` for every character of
Unicode 14, the oldest that a supported Python has; Postgres 18 also folds the 27 capitals that Unicode 16 added.
"""

import operator as python
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Numeric,
    Text,
    and_,
    any_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.types import TypeEngine

from db.filter_dates import Dates
from domain.filtering.filter_periods import WITH_OFFSET, WITHOUT_OFFSET
from domain.filtering.filters import NUMERAL, FilterOperator, number, written

Value = ColumnElement[Any]
Verdict = ColumnElement[bool]

EMPTY_JSON: Sequence[ColumnElement[Any]] = tuple(
    literal_column(f"'{empty}'::jsonb") for empty in ("null", '""', "[]", "{}")
)
_WHOLE: ColumnElement[Any] = literal_column("'{}'::text[]")
_MAX_INTEGER = 2**31 - 1
_ORDERS: Mapping[FilterOperator, Callable[[Any, Any], Any]] = {
    FilterOperator.GREATER_THAN: python.gt,
    FilterOperator.LESS_THAN: python.lt,
}


@dataclass(frozen=True, slots=True)
class Readings:
    """What a value can be read as; None where it never can."""

    empty: Verdict
    number: Value | None = None
    numeral: Value | None = None
    """The number, or the one that the text writes."""
    text: Value | None = None
    """The text, folded."""
    written: Value | None = None
    """Any single value as a text, folded."""
    flag: Value | None = None
    instant: Value | None = None
    wall: Value | None = None
    """A day or a time of a clock, without an offset."""
    elements: Value | None = None
    """The JSON itself, where it is a list."""


def of_text(column: Value) -> Readings:
    folded = _folded(column)
    return Readings(
        or_(column.is_(None), column == literal_column("''")),
        numeral=_when(_is(column, NUMERAL), cast(column, Numeric)),
        text=folded,
        written=folded,
        instant=_dated(column, WITH_OFFSET, DateTime(timezone=True)),
        wall=_dated(column, WITHOUT_OFFSET, DateTime()),
    )


def of_number(column: Value) -> Readings:
    return Readings(column.is_(None), number=column, numeral=column)


def of_instant(column: Value) -> Readings:
    return Readings(column.is_(None), instant=column)


def of_flag(column: Value) -> Readings:
    return Readings(column.is_(None), flag=column)


def of_json(value: Value) -> Readings:
    """A value of JSON of any kind, or NULL where there is none."""
    kind, raw = func.jsonb_typeof(value), value.op("#>>")(_WHOLE).cast(Text)
    is_string = kind == literal_column("'string'")
    string = _when(is_string, raw)
    is_number = kind == literal_column("'number'")
    single = kind.in_([literal_column(f"'{name}'") for name in ("string", "number", "boolean")])
    return Readings(
        or_(value.is_(None), value.in_(EMPTY_JSON)),
        number=_when(is_number, cast(raw, Numeric)),
        numeral=_when(or_(is_number, and_(is_string, _is(raw, NUMERAL))), cast(raw, Numeric)),
        text=_folded(string),
        written=_folded(_when(single, raw)),
        flag=_when(kind == literal_column("'boolean'"), cast(raw, Boolean)),
        instant=_dated(string, WITH_OFFSET, DateTime(timezone=True)),
        wall=_dated(string, WITHOUT_OFFSET, DateTime()),
        elements=_when(kind == literal_column("'array'"), value),
    )


def compare(operator: FilterOperator, value: Readings, operand: Any, dates: Dates) -> Verdict:
    """Whether ``value <operator> operand`` holds, for every operator that denies no other."""
    match operator:
        case FilterOperator.IS_EMPTY:
            return value.empty
        case FilterOperator.EQUALS:
            return _equals_any(value, [operand], dates)
        case FilterOperator.IN:
            return _equals_any(value, operand, dates)
        case FilterOperator.CONTAINS:
            return _contains(value, operand, dates)
        case FilterOperator.STARTS_WITH:
            return _worded(value, lambda text: text.startswith(written(operand), autoescape=True))
        case FilterOperator.ENDS_WITH:
            return _worded(value, lambda text: text.endswith(written(operand), autoescape=True))
        case FilterOperator.BETWEEN:
            low, high = operand
            return and_(_ordered(python.ge, value, low, dates), _ordered(python.le, value, high, dates, end=True))
        case FilterOperator.DATE_RELATIVE:
            return _within(value, operand, dates)
        case _:
            return _ordered(_ORDERS[operator], value, operand, dates)


def equals_any(value: Value, wanted: Sequence[Any], type_: TypeEngine[Any]) -> Verdict:
    """Whether the value is one of ``wanted``, which are bound with the type given."""
    if len(wanted) == 1:
        return value == bindparam(None, wanted[0], type_)
    return value == any_(bindparam(None, list(wanted), ARRAY(type_)))


def _equals_any(value: Readings, operands: Sequence[Any], dates: Dates) -> Verdict:
    flags = [one for one in operands if isinstance(one, bool)]
    texts = [one for one in operands if isinstance(one, str)]
    numbers = [found for one in operands if not isinstance(one, str) and (found := number(one)) is not None]
    numerals = [found for one in texts if (found := number(one)) is not None]
    verdicts = [_within(value, one, dates) for one in texts if dates.says(one)]
    if texts and value.text is not None:
        verdicts.append(equals_any(value.text, [one.casefold() for one in texts], Text()))
    if numbers and value.numeral is not None:
        verdicts.append(equals_any(value.numeral, numbers, _number_type(value.numeral, numbers)))
    if numerals and value.number is not None:
        verdicts.append(equals_any(value.number, numerals, Numeric()))
    if flags and value.flag is not None:
        verdicts.append(equals_any(value.flag, flags, Boolean()))
    return or_(*verdicts) if verdicts else false()


def _ordered(
    order: Callable[[Any, Any], Any], value: Readings, operand: Any, dates: Dates, *, end: bool = False
) -> Verdict:
    """By the first reading that value and operand share: a number, a date, a text."""
    verdicts: list[Verdict] = []
    said = number(operand)
    if said is not None and value.numeral is not None:
        bound = bindparam(None, said, _number_type(value.numeral, [said]))
        verdicts.append(order(value.numeral, bound))
    if dates.says(operand):
        verdicts += [order(moment, edge(operand, end=end)) for moment, edge in _moments(value, dates)]
    if isinstance(operand, str) and value.text is not None:
        verdicts.append(order(value.text, literal(operand.casefold(), Text)))
    if len(verdicts) <= 1:
        return verdicts[0] if verdicts else false()
    return func.coalesce(*verdicts, type_=Boolean())


def _contains(value: Readings, operand: Any, dates: Dates) -> Verdict:
    within = _worded(value, lambda text: text.contains(written(operand), autoescape=True))
    if value.elements is None:
        return within
    one = func.jsonb_array_elements(value.elements).column_valued("element", joins_implicitly=True)
    return or_(within, select(one).where(_equals_any(of_json(one), [operand], dates)).exists())


def _within(value: Readings, operand: Any, dates: Dates) -> Verdict:
    return or_(
        false(),
        *(
            and_(moment >= edge(operand, end=False), moment <= edge(operand, end=True))
            for moment, edge in _moments(value, dates)
        ),
    )


def _moments(value: Readings, dates: Dates) -> list[tuple[Value, Callable[..., Value]]]:
    """The readings of the value as a date, each with what says a period's edges for it."""
    both = ((value.instant, dates.instant), (value.wall, dates.wall))
    return [(moment, edge) for moment, edge in both if moment is not None]


def _worded(value: Readings, test: Callable[[Value], Verdict]) -> Verdict:
    return test(value.written) if value.written is not None else false()


def _number_type(column: Value, numbers: Sequence[Decimal]) -> TypeEngine[Any]:
    """That of the column, so that it is compared as it is, wherever the numbers can be so."""
    whole = all(one == one.to_integral_value() and abs(one) <= _MAX_INTEGER for one in numbers)
    return Integer() if whole and isinstance(column.type, Integer) else Numeric()


def _folded(text: Value) -> Value:
    return func.casefold(text.collate("pg_unicode_fast"))


def _dated(text: Value, pattern: str, type_: DateTime) -> Value:
    """The text as a date of the pattern, which is asked only of texts that are longer than a bare day."""
    length = func.length(text)
    fits = and_(length > len("2026-11-23"), _is(text, pattern))
    if not type_.timezone:
        digits = func.translate(text, literal_column("'123456789'"), literal_column("'000000000'"))
        bare = and_(digits == literal_column("'0000-00-00'"), func.left(text, 1) != literal_column("'0'"))
        fits = or_(and_(length == len("2026-11-23"), bare), fits)
    day_exists = func.pg_input_is_valid(func.left(text, 10), literal_column("'date'"))
    return _when(and_(fits, day_exists), cast(text, type_))


def _is(text: Value, pattern: str) -> Verdict:
    return text.op("~", is_comparison=True)(literal(f"^(?:{pattern})$", Text))


def _when(condition: Verdict, value: Value) -> Value:
    return case((condition, value))
