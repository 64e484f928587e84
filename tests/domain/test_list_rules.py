"""What the rules of lists speak of, and whether they come back to their own list."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.filtering.list_rules import RuleSource, leads_to, lists_named, sources

A, B, C, D = (uuid4() for _ in range(4))


def leaf(field: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (leaf("industry", "equals", "technology"), []),
        (leaf("custom_fields.plan", "equals", "trial"), []),
        (leaf("list_ids", "in", [str(A)]), [RuleSource.MEMBERSHIPS]),
        (leaf("sequence_ids", "is_empty"), [RuleSource.ENROLLMENTS]),
        (leaf("active_sequence_ids", "is_not_empty"), [RuleSource.ENROLLMENTS]),
        (leaf("activities.email_opened", "is_not_empty"), [RuleSource.ACTIVITIES]),
        (leaf("activity_counts.email_clicked", "greater_than", 2), [RuleSource.ACTIVITIES]),
    ],
)
def test_rules_depend_on_the_rows_that_they_read(condition: dict[str, Any], expected: list[RuleSource]) -> None:
    assert sources({"conditions": [condition]}) == expected


def test_every_source_is_found_once_wherever_it_stands() -> None:
    inner = {"operator": "NOT", "conditions": [leaf("list_ids", "is_empty")]}
    rules = {
        "operator": "OR",
        "conditions": [inner, leaf("list_ids", "equals", str(A)), leaf("sequence_ids", "is_empty")],
    }
    assert sources(rules) == [RuleSource.ENROLLMENTS, RuleSource.MEMBERSHIPS]


def test_lists_are_named_with_the_place_of_their_condition() -> None:
    inner = {"operator": "OR", "conditions": [leaf("list_ids", "not_in", [str(B), str(C)])]}
    rules = {"conditions": [leaf("list_ids", "equals", str(A)), inner, leaf("list_ids", "is_not_empty")]}
    assert lists_named(rules) == [
        ("/conditions/0", A),
        ("/conditions/1/conditions/0", B),
        ("/conditions/1/conditions/0", C),
    ]


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        ({}, False),
        ({A: {D}}, True),
        ({A: {B}, B: {C}, C: {D}}, True),
        ({A: {B}, B: {A}}, False),
        ({D: {A}}, False),
    ],
)
def test_a_list_leads_to_another_by_any_number_of_steps(graph: dict[UUID, set[UUID]], expected: bool) -> None:
    assert leads_to(graph, A, D) is expected
    assert leads_to(graph, D, D)
