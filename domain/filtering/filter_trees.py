"""A filter's rules as a tree of typed leaves, which SQL and Python evaluate alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from domain.errors import Invalid
from domain.filtering.filter_fields import Field, FieldKind, field
from domain.filtering.filter_rules import NOT, OF_CONTACT, OF_WORKSPACE, rule_problems
from domain.filtering.filters import FilterOperator
from domain.scheduling.zones import UTC, Zone, zone
from domain.vocabulary import ConditionOperator

_IDS = frozenset({FieldKind.ID, FieldKind.MEMBERSHIP})


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition. ``operand`` is as the rules have it, but ids are UUIDs; ``place`` is its JSON Pointer.

    ``zone`` is the one in which dates are said; with ``of_contact`` it is that of contacts whose own is not known.
    """

    field: Field
    operator: FilterOperator
    operand: Any
    zone: Zone
    of_contact: bool
    within: str | None
    include_machine: bool
    place: str


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions that are joined by AND or OR, or the one that NOT denies."""

    operator: str
    parts: tuple["Tree", ...]

    @property
    def denies(self) -> bool:
        return self.operator == NOT

    @property
    def all(self) -> bool:
        return self.operator == ConditionOperator.AND


Tree: TypeAlias = Leaf | Group


def parse(rules: Mapping[str, Any], *, timezone: str) -> Tree:
    """The tree of the rules; ``timezone`` is the workspace's. Raises ``Invalid`` (``filter.invalid``)."""
    wrong = tuple(rule_problems(rules))
    if wrong:
        raise Invalid("filter.invalid", "The filter's rules are wrong.", wrong)
    return _tree(rules, zone(timezone) or UTC, "")


def leaves(tree: Tree) -> list[Leaf]:
    """All leaves of the tree, in their order."""
    return [tree] if isinstance(tree, Leaf) else [leaf for part in tree.parts for leaf in leaves(part)]


def _tree(one: Mapping[str, Any], workspace: Zone, at: str) -> Tree:
    if "conditions" not in one:
        return _leaf(one, workspace, at)
    parts = (_tree(part, workspace, f"{at}/conditions/{index}") for index, part in enumerate(one["conditions"]))
    return Group(one.get("operator", ConditionOperator.AND), tuple(parts))


def _leaf(one: Mapping[str, Any], workspace: Zone, at: str) -> Leaf:
    asked = field(one["field"])
    assert asked is not None
    name = one.get("timezone") or OF_WORKSPACE
    operand = one.get("value")
    return Leaf(
        field=asked,
        operator=FilterOperator(one["operator"]),
        operand=_ids(operand) if asked.kind in _IDS else operand,
        zone=(None if name in {OF_CONTACT, OF_WORKSPACE} else zone(name)) or workspace,
        of_contact=name == OF_CONTACT,
        within=one.get("within"),
        include_machine=bool(one.get("include_machine")),
        place=at,
    )


def _ids(operand: Any) -> Any:
    if isinstance(operand, list):
        return [UUID(one) for one in operand]
    return None if operand is None else UUID(operand)
