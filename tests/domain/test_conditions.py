"""Conditions of steps: what they are true of, the way that they lead, and what is wrong with them, with its place."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from domain.filtering.conditions import Branch, Facts, branch, holds, problems
from domain.filtering.filter_limits import MAX_DEPTH, MAX_LEAVES
from domain.vocabulary import ConditionOperator

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
AND, OR = ConditionOperator.AND, ConditionOperator.OR
TRUE = {"field": "first_name", "operator": "equals", "value": "grace"}
FALSE = {"field": "first_name", "operator": "equals", "value": "ada"}
FACTS = Facts(
    contact={
        "first_name": "Grace",
        "open_rate": 25.5,
        "last_opened_at": "2026-11-10T08:00:00+00:00",
        "custom_fields": {"score": "42", "tags": ["vip"], "a.b": 1},
    },
    engagement={("email_opened", 1): True, ("email_opened", None): True, ("call_outcome", None): "voicemail"},
    days_since_last_contact=8.0,
)


def hold(tree: Mapping[str, Any] | None, default: ConditionOperator = AND, facts: Facts = FACTS) -> bool:
    return holds(tree, default, facts, now=NOW)


def leaf(field: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value, **more}


# --- evaluation --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "leaf",
    [
        leaf("email_opened", "equals", True),
        leaf("email_opened", "equals", True, step_reference=1),
        leaf("email_opened", "equals", False, step_reference=2),
        leaf("email_clicked", "equals", False),
        leaf("email_replied", "not_equals", True),
        leaf("call_outcome", "equals", "voicemail"),
        leaf("task_outcome", "is_empty"),
        leaf("days_since_last_contact", "greater_than", 7),
        leaf("open_rate", "greater_than", 25),
        leaf("last_opened_at", "greater_than", "30 days ago"),
        leaf("last_opened_at", "date_relative", "last 2 weeks"),
        leaf("last_name", "is_empty"),
        leaf("custom_fields.score", "greater_than", 7),
        leaf("custom_fields.tags", "contains", "VIP"),
        leaf("custom_fields.a.b", "equals", 1),
        leaf("custom_fields.unknown", "is_empty"),
    ],
)
def test_a_condition_reads_engagement_columns_and_custom_fields(leaf: dict[str, Any]) -> None:
    assert hold({"conditions": [leaf]})


def test_opens_of_machines_count_only_where_the_condition_includes_them() -> None:
    scanned = Facts(contact={}, engagement={("email_opened_by_machine", 1): True}, days_since_last_contact=None)
    asked = leaf("email_opened", "equals", True, step_reference=1)
    assert not hold({"conditions": [asked]}, facts=scanned)
    assert not hold({"conditions": [{**asked, "include_machine": False}]}, facts=scanned)
    assert hold({"conditions": [{**asked, "include_machine": True}]}, facts=scanned)
    assert hold({"conditions": [{**asked, "include_machine": True}]})


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (leaf("email_opened", "equals", True, include_machine="yes"), "type"),
        (leaf("email_replied", "equals", True, include_machine=True), "unexpected"),
    ],
)
def test_only_opens_and_clicks_can_include_machines(wrong: dict[str, Any], code: str) -> None:
    (found,) = problems({"conditions": [wrong]}, step_order=3, conditional=False)
    assert (found.pointer, found.code) == ("/conditions/0/include_machine", code)


def test_nothing_is_known_of_days_before_the_first_contact() -> None:
    before = Facts(contact={"custom_fields": None}, engagement={}, days_since_last_contact=None)
    assert not hold({"conditions": [leaf("days_since_last_contact", "greater_than", 0)]}, facts=before)
    assert hold({"conditions": [leaf("days_since_last_contact", "is_empty")]}, facts=before)
    assert hold({"conditions": [leaf("custom_fields.score", "is_empty")]}, facts=before)


@pytest.mark.parametrize("tree", [None, {}, {"conditions": []}])
def test_no_conditions_always_hold(tree: dict[str, Any] | None) -> None:
    assert hold(tree)


@pytest.mark.parametrize(
    ("operator", "conditions", "expected"),
    [
        ("AND", [TRUE, TRUE], True),
        ("AND", [TRUE, FALSE], False),
        ("OR", [FALSE, TRUE], True),
        ("OR", [FALSE, FALSE], False),
        ("AND", [TRUE, {"operator": "OR", "conditions": [FALSE, TRUE]}], True),
        ("OR", [FALSE, {"operator": "AND", "conditions": [FALSE, TRUE]}], False),
    ],
)
def test_groups_nest_and_join_by_their_operator(operator: str, conditions: list[Any], expected: bool) -> None:
    assert hold({"operator": operator, "conditions": conditions}) is expected


def test_a_group_that_names_no_operator_is_joined_by_the_steps() -> None:
    tree = {"conditions": [FALSE, {"conditions": [TRUE, FALSE]}]}
    assert hold(tree, OR)
    assert not hold(tree, AND)
    assert not hold({"operator": "AND", **tree}, OR)


@pytest.mark.parametrize(
    ("tree", "verdict", "way"),
    [
        ({"on_true": {"go_to_step": 4}}, True, Branch(go_to_step=4)),
        ({"on_true": {"go_to_step": 4}}, False, Branch()),
        ({"on_false": {"finish": True}}, False, Branch(finish=True)),
        ({"on_false": None}, False, Branch()),
        (None, True, Branch()),
    ],
)
def test_a_branch_is_the_way_of_the_verdict(tree: dict[str, Any] | None, verdict: bool, way: Branch) -> None:
    assert branch(tree, verdict) == way


# --- problems ----------------------------------------------------------------------------------------------------


def found(tree: Any, *, step_order: int = 3, conditional: bool = True) -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in problems(tree, step_order=step_order, conditional=conditional)]


def test_what_the_documents_show_has_no_problem() -> None:
    tree = {
        "conditions": [
            leaf("email_opened", "equals", True, step_reference=1),
            leaf("days_since_last_contact", "greater_than", 7),
        ],
        "operator": "AND",
        "on_true": {"go_to_step": 4},
        "on_false": {"finish": True},
    }
    assert found(tree) == []


@pytest.mark.parametrize(
    ("tree", "pointer", "code"),
    [
        ([], "", "type"),
        ("x", "", "type"),
        ({}, "/conditions", "type"),
        ({"conditions": []}, "/conditions", "type"),
        ({"conditions": 5}, "/conditions", "type"),
        ({"conditions": "abc"}, "/conditions", "type"),
        ({"conditions": [5]}, "/conditions/0", "type"),
        ({"conditions": [TRUE], "operator": "XOR"}, "/operator", "enum"),
        ({"conditions": [TRUE], "operator": ["AND"]}, "/operator", "enum"),
        ({"conditions": [TRUE], "operator": None}, "/operator", "enum"),
        ({"conditions": [TRUE], "a/b~c": 1}, "/a~1b~0c", "unknown_field"),
        ({"conditions": [TRUE, {"conditions": []}]}, "/conditions/1/conditions", "type"),
        ({"conditions": [{"conditions": [TRUE], "on_true": {}}]}, "/conditions/0/on_true", "unknown_field"),
        ({"conditions": [{"conditions": [TRUE], "value": 1}]}, "/conditions/0/value", "unknown_field"),
        ({"conditions": [leaf("shoe_size", "equals", 1)]}, "/conditions/0/field", "unknown_field"),
        ({"conditions": [leaf("custom_fields.", "equals", 1)]}, "/conditions/0/field", "unknown_field"),
        ({"conditions": [{**TRUE, "field": ["email"]}]}, "/conditions/0/field", "unknown_field"),
        ({"conditions": [{**TRUE, "field": {}}]}, "/conditions/0/field", "unknown_field"),
        ({"conditions": [{**TRUE, "operator": []}]}, "/conditions/0/operator", "enum"),
        ({"conditions": [{**TRUE, "operator": "like"}]}, "/conditions/0/operator", "enum"),
        ({"conditions": [leaf("email", "in", "x")]}, "/conditions/0/value", "type"),
        ({"conditions": [leaf("email", "in", [None])]}, "/conditions/0/value", "type"),
        ({"conditions": [leaf("email", "is_empty", "x")]}, "/conditions/0/value", "unexpected"),
        ({"conditions": [{**TRUE, "step_reference": "1"}]}, "/conditions/0/step_reference", "type"),
        ({"conditions": [{**TRUE, "step_reference": True}]}, "/conditions/0/step_reference", "type"),
        ({"conditions": [{**TRUE, "step_reference": 3}]}, "/conditions/0/step_reference", "forward"),
        ({"conditions": [{**TRUE, "vaule": 1}]}, "/conditions/0/vaule", "unknown_field"),
        ({"conditions": [TRUE], "on_true": 4}, "/on_true", "type"),
        ({"conditions": [TRUE], "on_true": {}}, "/on_true", "type"),
        ({"conditions": [TRUE], "on_true": {"go_to_step": 4, "finish": True}}, "/on_true", "type"),
        ({"conditions": [TRUE], "on_false": {"finish": 1}}, "/on_false/finish", "type"),
        ({"conditions": [TRUE], "on_false": {"go_to_step": 3}}, "/on_false/go_to_step", "backward"),
        ({"conditions": [TRUE], "on_false": {"go_to_step": [4]}}, "/on_false/go_to_step", "backward"),
    ],
)  # fmt: skip
def test_a_wrong_place_is_pointed_at(tree: Any, pointer: str, code: str) -> None:
    assert found(tree) == [(pointer, code)]


def test_only_a_conditional_step_branches() -> None:
    tree = {"conditions": [TRUE], "on_true": {"go_to_step": 4}}
    assert found(tree, conditional=False) == [("/on_true", "unexpected")]


def nested(depth: int) -> dict[str, Any]:
    tree: dict[str, Any] = {"conditions": [TRUE]}
    for _ in range(depth - 1):
        tree = {"conditions": [tree]}
    return tree


def test_groups_nest_so_deep_and_no_deeper() -> None:
    assert found(nested(MAX_DEPTH)) == []
    assert [code for _, code in found(nested(MAX_DEPTH + 1))] == ["too_deep"]


def test_a_tree_of_any_depth_is_refused_and_not_walked() -> None:
    assert [code for _, code in found(nested(100_000))] == ["too_deep"]


def test_so_many_conditions_and_no_more() -> None:
    assert found({"conditions": [TRUE] * MAX_LEAVES}) == []
    inner = {"conditions": [TRUE] * MAX_LEAVES}
    assert found({"conditions": [TRUE, inner]}) == [("/conditions", "too_many")]


def test_every_wrong_place_is_given_at_once() -> None:
    tree = {"conditions": [leaf("x", "like", 1), {"conditions": [leaf("email", "between", 1)]}], "on_true": 1}
    assert [pointer for pointer, _ in found(tree)] == [
        "/conditions/0/field",
        "/conditions/0/operator",
        "/conditions/1/conditions/0/value",
        "/on_true",
    ]
