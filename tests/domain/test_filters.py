"""Every operator on every kind of value, as contacts give them: JSON, so instants are texts."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from domain.filtering.filters import NEGATIONS, FilterOperator, matches, operand_problem

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OPERANDS: dict[FilterOperator, Any] = {
    FilterOperator.IN: ["x"],
    FilterOperator.NOT_IN: ["x"],
    FilterOperator.BETWEEN: [1, 2],
    FilterOperator.DATE_RELATIVE: "last 30 days",
    FilterOperator.IS_EMPTY: None,
    FilterOperator.IS_NOT_EMPTY: None,
}

HOLDS: list[tuple[str, Any, Any]] = [
    ("equals", "Technology", "technology"),
    ("equals", "STRASSE", "straße"),
    ("equals", 25, 25.0),
    ("equals", Decimal("25.00"), 25),
    ("equals", "25", 25),
    ("equals", 25, "25.0"),
    ("equals", True, True),
    ("equals", "2026-11-23T09:00:00+00:00", "2026-11-23T10:00:00+01:00"),
    ("equals", "2026-11-23T00:00:00+00:00", "2026-11-23"),
    ("not_equals", "a", "b"),
    ("not_equals", "0123", "123"),
    ("not_equals", True, 1),
    ("not_equals", "x", 1),
    ("contains", "Acme GmbH", "gmbh"),
    ("contains", ["Red", "Blue"], "blue"),
    ("contains", 1234, 23),
    ("not_contains", ["Red"], "re"),
    ("starts_with", "Acme", "ac"),
    ("ends_with", "Acme", "ME"),
    ("greater_than", 8, 7),
    ("greater_than", "10", 9),
    ("greater_than", "10", "9"),
    ("greater_than", 10**400, 1),
    ("greater_than", "2026-11-01T08:00:00+00:00", "30 days ago"),
    ("greater_than", "2026-11-01T08:00:00.123456+00:00", "2026-11-01"),
    ("greater_than", "2026-11-01T08:00:00+00:00", "99999 years ago"),
    ("greater_than", "b", "A"),
    ("less_than", "-3", 0),
    ("less_than", "2026-10-01", "1 month ago"),
    ("less_than", "2026-11-22T08:00:00+00:00", "1 day ago"),
    ("in", "51-200", ["11-50", "51-200"]),
    ("in", 5, ["a", 5]),
    ("not_in", "x", [1, True, "y"]),
    ("is_empty", "", None),
    ("is_empty", [], None),
    ("is_empty", {}, None),
    ("is_not_empty", 0, None),
    ("is_not_empty", False, None),
    ("between", 5, [5, 10]),
    ("between", 10, [5, 10]),
    ("between", "7", [5, "10"]),
    ("between", "2026-11-10T08:00:00+00:00", ["2026-11-01", "2026-11-30"]),
    ("between", "2026-11-10T08:00:00+00:00", ["30 days ago", "1 hour ago"]),
    ("date_relative", "2026-10-25T09:00:00+00:00", "last 30 days"),
    ("date_relative", "2026-10-24T09:00:00+00:00", "last 30 days"),
    ("date_relative", "2026-11-23T09:00:00+00:00", "next 2 weeks"),
    ("date_relative", "2026-12-01", "next 2 weeks"),
    ("date_relative", "2026-12-01", "next 99999 years"),
    ("date_relative", "1999-12-01", "last 99999 months"),
]

DOES_NOT_HOLD: list[tuple[str, Any, Any]] = [
    ("equals", "0123", "123"),
    ("equals", 1, True),
    ("equals", "true", True),
    ("equals", "20261123", "2026-11-23"),
    ("in", "x", ["a", 1, False]),
    ("contains", "Acme", "gmbh"),
    ("contains", [1], "1.5"),
    ("starts_with", "Acme", "me"),
    ("ends_with", "Acme", "ac"),
    ("greater_than", 7, 7),
    ("greater_than", "7", "10"),
    ("greater_than", "abc", 7),
    ("greater_than", True, 0),
    ("greater_than", [8], 7),
    ("greater_than", {"a": 8}, 7),
    ("greater_than", "2026-11-01", 7),
    ("greater_than", "2026-10-01T08:00:00+00:00", "30 days ago"),
    ("greater_than", "1 day ago", "30 days ago"),
    ("less_than", "2026-13-45", 7),
    ("between", 4.999, [5, 10]),
    ("between", "x", [5, 10]),
    ("is_empty", " ", None),
    ("is_empty", 0, None),
    ("is_not_empty", "", None),
    ("date_relative", "2026-10-24T08:59:59+00:00", "last 30 days"),
    ("date_relative", "2026-11-23T09:00:01+00:00", "last 30 days"),
    ("date_relative", "2026-12-08", "next 2 weeks"),
    ("date_relative", "yesterday", "last 30 days"),
    ("date_relative", 5, "last 30 days"),
]


@pytest.mark.parametrize(("operator", "actual", "operand"), HOLDS)
def test_what_holds(operator: str, actual: Any, operand: Any) -> None:
    assert matches(FilterOperator(operator), actual, operand, now=NOW)


@pytest.mark.parametrize(("operator", "actual", "operand"), DOES_NOT_HOLD)
def test_what_does_not_hold(operator: str, actual: Any, operand: Any) -> None:
    assert not matches(FilterOperator(operator), actual, operand, now=NOW)


@pytest.mark.parametrize("operator", FilterOperator)
def test_a_missing_value_equals_nothing_so_only_negations_and_is_empty_hold(operator: FilterOperator) -> None:
    expected = operator in {*NEGATIONS, FilterOperator.IS_EMPTY} - {FilterOperator.IS_NOT_EMPTY}
    assert matches(operator, None, OPERANDS.get(operator, "x"), now=NOW) is expected


@pytest.mark.parametrize("negation", NEGATIONS)
@pytest.mark.parametrize("actual", [None, "x", 5, True, [], ["x"], {}, "2026-11-23"])
def test_a_negation_is_the_opposite_for_every_value(negation: FilterOperator, actual: Any) -> None:
    operand = OPERANDS.get(negation, "x")
    assert matches(negation, actual, operand, now=NOW) is not matches(NEGATIONS[negation], actual, operand, now=NOW)


def test_dates_and_naive_instants_are_in_utc() -> None:
    assert matches(FilterOperator.EQUALS, date(2026, 11, 23), "2026-11-23T00:00:00Z", now=NOW)
    assert matches(FilterOperator.EQUALS, datetime(2026, 11, 23, 9), NOW.isoformat(), now=NOW)  # noqa: DTZ001


@pytest.mark.parametrize("operator", FilterOperator)
@pytest.mark.parametrize(
    "actual", [None, "", "x", "2026-11-23", 5, 5.5, True, [None], {"a": None}, 10**400, "9" * 5000]
)
def test_every_operand_that_is_accepted_can_be_asked_of_every_value(operator: FilterOperator, actual: Any) -> None:
    for operand in (None, "x", 5, True, 10**400, [], ["x"], [None], [1, None], [[1], 2], [1, True], {}, {"a": 1}):
        if operand_problem(operator, operand) is None:
            assert matches(operator, actual, operand, now=NOW) in (True, False)


@pytest.mark.parametrize(
    ("operator", "operand"),
    [
        ("equals", None),
        ("equals", ["x"]),
        ("contains", {"a": 1}),
        ("greater_than", True),
        ("less_than", None),
        ("in", "x"),
        ("in", []),
        ("in", [None]),
        ("in", [["x"]]),
        ("between", [1]),
        ("between", [1, 2, 3]),
        ("between", [None, 5]),
        ("between", [True, False]),
        ("date_relative", "30 days"),
        ("date_relative", "last ten days"),
        ("date_relative", "last 30 days\n"),
        ("date_relative", 30),
    ],
)
def test_a_wrong_operand_is_refused_with_a_sentence(operator: str, operand: Any) -> None:
    problem = operand_problem(FilterOperator(operator), operand)
    assert problem is not None
    assert problem.startswith("must ")


@pytest.mark.parametrize(
    ("operator", "operand"),
    [
        ("equals", False),
        ("greater_than", "30 days ago"),
        ("between", ["a", "b"]),
        ("in", [1, "x", True]),
        ("date_relative", "last 1 day"),
        ("is_empty", None),
    ],
)
def test_a_right_operand_is_accepted(operator: str, operand: Any) -> None:
    assert operand_problem(FilterOperator(operator), operand) is None
