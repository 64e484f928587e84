"""Filters are checked as they are written: each wrong place has its pointer and its code."""

from typing import Any

import pytest

from db.models import Contact
from domain.filtering.filter_fields import COLUMNS, FIELDS, OPERATORS, FieldKind, field
from domain.filtering.filter_limits import MAX_CONTACT_ZONES, MAX_DEPTH, MAX_LEAVES, MAX_TEXT, MAX_VALUES
from domain.filtering.filter_rules import rule_problems
from domain.filtering.filters import WITHOUT_OPERAND, FilterOperator

ID = "0198c0de-0000-7000-8000-000000000001"
VALUES: dict[FieldKind, Any] = {
    FieldKind.TEXT: "x",
    FieldKind.NUMBER: 25,
    FieldKind.INSTANT: "30 days ago",
    FieldKind.BOOLEAN: True,
    FieldKind.ID: ID,
    FieldKind.JSON: "x",
    FieldKind.MEMBERSHIP: ID,
    FieldKind.ACTIVITY: "2026-11-23",
    FieldKind.COUNT: 3,
}
EVERY_FIELD = [*FIELDS.values(), field("custom_fields.x"), field("source_details.x")]


def found(*leaves: Any, operator: str = "AND") -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in rule_problems({"operator": operator, "conditions": list(leaves)})]


def leaf(name: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"field": name, "operator": operator, "value": value, **more}


def test_every_column_of_contacts_but_the_customer_is_a_field_of_a_type_that_it_has() -> None:
    table = Contact.__table__.c
    assert COLUMNS.keys() == {column.name for column in table} - {"customer_id"}
    for name, one in COLUMNS.items():
        assert getattr(table[name].type, "enum_class", None) is one.words


def test_every_field_takes_exactly_the_operators_of_its_type() -> None:
    for asked in EVERY_FIELD:
        assert asked is not None
        value = next(iter(asked.words)) if asked.words else VALUES.get(asked.kind)
        for operator in FilterOperator:
            operand = {"in": [value], "not_in": [value], "between": [value, value], "date_relative": "last 30 days"}
            given = None if operator in WITHOUT_OPERAND else operand.get(operator, value)
            expected = [] if operator in OPERATORS[asked.kind] else [("/conditions/0/operator", "operator")]
            assert found(leaf(asked.name, operator, given)) == expected


@pytest.mark.parametrize(
    "one",
    [
        leaf("postal_code", "equals", ""),
        leaf("open_rate", "greater_than", 25.5),
        leaf("company_size", "between", ["11-50", "201-500"]),
        leaf("industry", "contains", "tech"),
        leaf("created_at", "equals", "today", timezone="contact"),
        leaf("created_at", "between", ["2026-11-01", "now"], timezone="Asia/Kolkata"),
        leaf("custom_fields.a.b/c~d", "date_relative", "next 2 weeks", timezone="workspace"),
        leaf("custom_fields.x", "in", ["a", 1, True]),
        leaf("activities.email_opened", "is_empty", include_machine=True),
        leaf("activity_counts.email_clicked", "in", [1, 2], within="this month", timezone="contact"),
        {"operator": "NOT", "conditions": [leaf("email", "is_empty")]},
        {"conditions": [leaf("email", "is_empty")]},
    ],
)
def test_what_is_right_has_no_problems(one: dict[str, Any]) -> None:
    assert found(one) == []


@pytest.mark.parametrize(
    ("one", "pointer", "code"),
    [
        ("x", "", "type"),
        ({}, "/field", "unknown_field"),
        (leaf("salary", "equals", 1), "/field", "unknown_field"),
        (leaf("customer_id", "equals", ID), "/field", "unknown_field"),
        (leaf("custom_fields.", "equals", 1), "/field", "unknown_field"),
        (leaf("email.x", "equals", 1), "/field", "unknown_field"),
        (leaf("activities.email_read", "is_empty"), "/field", "unknown_field"),
        (leaf("custom_fields.a\x00", "is_empty"), "/field", "unknown_field"),
        (leaf(7, "is_empty"), "/field", "unknown_field"),  # type: ignore[arg-type]
        (leaf("email", "like", "x"), "/operator", "enum"),
        (leaf("email", ["equals"], "x"), "/operator", "enum"),  # type: ignore[arg-type]
        (leaf("email", "date_relative", "last 3 days"), "/operator", "operator"),
        (leaf("open_rate", "contains", "2"), "/operator", "operator"),
        (leaf("email_verified", "greater_than", True), "/operator", "operator"),
        (leaf("email", "equals", 5), "/value", "type"),
        (leaf("email", "equals", None), "/value", "type"),
        (leaf("email", "equals", ["x"]), "/value", "type"),
        (leaf("email", "equals", "a\x00"), "/value", "type"),
        (leaf("email", "equals", "\ud800"), "/value", "type"),
        (leaf("email", "equals", "x" * (MAX_TEXT + 1)), "/value", "type"),
        (leaf("open_rate", "greater_than", "25"), "/value", "type"),
        (leaf("open_rate", "greater_than", True), "/value", "type"),
        (leaf("open_rate", "greater_than", float("inf")), "/value", "type"),
        (leaf("custom_fields.x", "equals", float("nan")), "/value", "type"),
        (leaf("custom_fields.x", "equals", {"a": 1}), "/value", "type"),
        (leaf("email_verified", "equals", "true"), "/value", "type"),
        (leaf("industry", "equals", "space"), "/value", "type"),
        (leaf("industry", "equals", "Technology"), "/value", "type"),
        (leaf("company_size", "greater_than", "big"), "/value", "type"),
        (leaf("created_at", "greater_than", "2026-02-30"), "/value", "type"),
        (leaf("created_at", "greater_than", "soon"), "/value", "type"),
        (leaf("created_at", "greater_than", 5), "/value", "type"),
        (leaf("created_at", "date_relative", "30 days ago"), "/value", "type"),
        (leaf("created_at", "date_relative", "2026-11-23"), "/value", "type"),
        (leaf("id", "equals", "5"), "/value", "type"),
        (leaf("list_ids", "in", [ID, "x"]), "/value/1", "type"),
        (leaf("list_ids", "in", []), "/value", "type"),
        (leaf("list_ids", "in", ID), "/value", "type"),
        (leaf("email", "in", ["x"] * (MAX_VALUES + 1)), "/value", "too_many"),
        (leaf("open_rate", "between", [1]), "/value", "type"),
        (leaf("open_rate", "between", [1, "2"]), "/value/1", "type"),
        (leaf("industry", "in", ["technology", "space"]), "/value/1", "type"),
        (leaf("email", "is_empty", "x"), "/value", "unexpected"),
        (leaf("email", "equals", "x", timezone="contact"), "/timezone", "unexpected"),
        (leaf("created_at", "equals", "today", timezone="Mars/Base"), "/timezone", "timezone"),
        (leaf("created_at", "equals", "today", timezone=5), "/timezone", "timezone"),
        (leaf("created_at", "equals", "today", within="last 3 days"), "/within", "unexpected"),
        (leaf("activity_counts.email_sent", "equals", 1, within="3 days ago"), "/within", "type"),
        (leaf("activities.email_opened", "is_empty", include_machine=1), "/include_machine", "type"),
        (leaf("activities.email_sent", "is_empty", include_machine=True), "/include_machine", "unexpected"),
        (leaf("email", "is_empty", **{"a/b~": 1}), "/a~1b~0", "unknown_field"),
        ({"operator": "XOR", "conditions": [leaf("email", "is_empty")]}, "/operator", "enum"),
        ({"operator": "AND", "conditions": []}, "/conditions", "type"),
        ({"operator": "NOT", "conditions": [leaf("email", "is_empty")] * 2}, "/conditions", "too_many"),
        ({"conditions": [leaf("email", "is_empty")], "extra": 1}, "/extra", "unknown_field"),
    ],
)
def test_each_wrong_place_has_a_pointer_and_a_code(one: Any, pointer: str, code: str) -> None:
    assert (f"/conditions/1{pointer}", code) in found(leaf("email", "is_empty"), one)


def test_rules_that_are_no_object_are_refused() -> None:
    some: list[Any] = [None, [], "x", {}]
    for rules in some:
        assert len(list(rule_problems(rules))) == 1


def test_depth_and_number_are_bounded() -> None:
    nested: dict[str, Any] = {"conditions": [leaf("email", "is_empty")]}
    for _ in range(MAX_DEPTH - 1):
        nested = {"conditions": [nested]}
    assert list(rule_problems(nested)) == []
    (deep,) = rule_problems({"conditions": [nested]})
    assert (deep.pointer, deep.code) == ("/conditions/0" * MAX_DEPTH, "too_deep")
    assert found(*[leaf("email", "is_empty")] * MAX_LEAVES) == []
    assert found(*[{"conditions": [leaf("email", "is_empty")] * MAX_LEAVES}] * 2) == [("/conditions", "too_many")]
    zoned = [leaf("created_at", "equals", "today", timezone="contact")]
    assert found(*zoned * MAX_CONTACT_ZONES) == []
    assert found(*zoned * (MAX_CONTACT_ZONES + 1)) == [("/conditions", "too_many")]
    many = leaf("created_at", "in", ["today"] * (MAX_CONTACT_ZONES + 1), timezone="contact")
    assert found(many) == [("/conditions", "too_many")]
