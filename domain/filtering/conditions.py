"""The conditions of steps: the tree as it is written in ``sequence_steps.conditions``, checked and evaluated.

A tree is ``{"operator": "AND" | "OR", "conditions": [leaf or group, …]}``; a leaf is ``{"field", "operator",
"value", "step_reference", "include_machine"}``. Opens and clicks are those of people, unless ``include_machine`` says
that everybody's count. A conditional step adds ``on_true`` and ``on_false``, each ``{"go_to_step": order}``,
``{"finish": true}`` or absent (go on with the next step).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.errors import FieldError
from domain.filtering.filter_fields import COLUMNS
from domain.filtering.filter_limits import MAX_DEPTH, MAX_LEAVES
from domain.filtering.filter_rules import unknown_problems
from domain.filtering.filters import WITHOUT_OPERAND, FilterOperator, matches, operand_problem
from domain.vocabulary import ConditionOperator

ENGAGEMENT_FIELDS = frozenset(
    {
        "email_opened",
        "email_clicked",
        "email_replied",
        "email_bounced",
        "task_completed",
        "task_outcome",
        "call_outcome",
        "linkedin_connected",
    }
)
"""Fields that speak of a step: of ``step_reference`` if it is given, else of any."""

CONTACT_FIELDS = frozenset(COLUMNS)

_CUSTOM = "custom_fields."
_FIELDS = ENGAGEMENT_FIELDS | CONTACT_FIELDS | {"days_since_last_contact"}
_GROUP = frozenset({"operator", "conditions"})
_LEAF = frozenset({"field", "operator", "value", "step_reference", "include_machine"})
CLASSED_FIELDS = frozenset({"email_opened", "email_clicked"})
"""Fields that machines make true, too, where ``include_machine`` is set; ``by_machine`` names them in ``Facts``."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an enrollment when its conditions are evaluated.

    ``contact`` has the contact's columns and ``custom_fields``; ``engagement`` maps (field, step order) to a
    value, and the order None to the value for any step; ``days_since_last_contact`` is None before the first.
    """

    contact: Mapping[str, Any]
    engagement: Mapping[tuple[str, int | None], Any]
    days_since_last_contact: float | None


@dataclass(frozen=True, slots=True)
class Branch:
    """Where a conditional step leads: to the step of order ``go_to_step``, to the end, or to the next step."""

    go_to_step: int | None = None
    finish: bool = False


def holds(tree: Mapping[str, Any] | None, default: ConditionOperator, facts: Facts, *, now: datetime) -> bool:
    """Whether the tree holds; no conditions always hold. ``default`` joins a group that names no operator."""
    if not tree or not tree.get("conditions"):
        return True
    verdicts = (
        holds(one, default, facts, now=now) if "conditions" in one else _leaf_holds(one, facts, now)
        for one in tree["conditions"]
    )
    return any(verdicts) if tree.get("operator", default) == ConditionOperator.OR else all(verdicts)


def by_machine(field: str) -> str:
    """The name in ``Facts.engagement`` of opens and clicks that are not known to be a person's."""
    return f"{field}_by_machine"


def branch(tree: Mapping[str, Any] | None, verdict: bool) -> Branch:
    """The way that a conditional step takes for ``verdict``."""
    way = (tree or {}).get("on_true" if verdict else "on_false") or {}
    return Branch(go_to_step=way.get("go_to_step"), finish=way.get("finish", False))


def problems(tree: Any, *, step_order: int, conditional: bool) -> Iterator[FieldError]:
    """Every wrong place in a step's conditions; pointers are relative to the tree (RFC 6901)."""
    if not isinstance(tree, dict):
        yield FieldError("", "type", "must be an object with a list of conditions")
        return
    yield from _group_problems(tree, "", step_order, depth=1, known=_GROUP | {"on_true", "on_false"})
    if sum(1 for _ in _leaves(tree)) > MAX_LEAVES:
        yield FieldError("/conditions", "too_many", f"must have at most {MAX_LEAVES} conditions")
    for name in ("on_true", "on_false"):
        if tree.get(name) is not None:
            yield from _way_problems(tree[name], f"/{name}", step_order, conditional)


def _leaf_holds(leaf: Mapping[str, Any], facts: Facts, now: datetime) -> bool:
    operator = FilterOperator(leaf["operator"])
    return matches(operator, _value(leaf, facts), leaf.get("value"), now=now)


def _value(leaf: Mapping[str, Any], facts: Facts) -> Any:
    field = leaf["field"]
    if field == "days_since_last_contact":
        return facts.days_since_last_contact
    if field in ENGAGEMENT_FIELDS:
        absent = None if field.endswith("_outcome") else False
        order = leaf.get("step_reference")
        if leaf.get("include_machine") and (by_machine(field), order) in facts.engagement:
            return True
        return facts.engagement.get((field, order), absent)
    if field.startswith(_CUSTOM):
        return (facts.contact.get("custom_fields") or {}).get(field.removeprefix(_CUSTOM))
    return facts.contact.get(field)


def _leaves(group: dict[str, Any], depth: int = 1) -> Iterator[Any]:
    """The leaves down to the depth that is allowed; what is deeper is refused as a whole."""
    conditions = group.get("conditions")
    for one in conditions if isinstance(conditions, list) and depth <= MAX_DEPTH else []:
        if isinstance(one, dict) and "conditions" in one:
            yield from _leaves(one, depth + 1)
        else:
            yield one


def _group_problems(
    group: dict[str, Any], at: str, step_order: int, depth: int, known: frozenset[str] = _GROUP
) -> Iterator[FieldError]:
    if depth > MAX_DEPTH:
        yield FieldError(at, "too_deep", f"groups may nest {MAX_DEPTH} deep")
        return
    yield from unknown_problems(group, known, at, "conditions")
    if group.get("operator", "AND") not in tuple(ConditionOperator):
        yield FieldError(f"{at}/operator", "enum", "must be AND or OR")
    conditions = group.get("conditions")
    if not isinstance(conditions, list) or not conditions:
        yield FieldError(f"{at}/conditions", "type", "must be a list with at least one condition")
        return
    for index, one in enumerate(conditions):
        place = f"{at}/conditions/{index}"
        if not isinstance(one, dict):
            yield FieldError(place, "type", "must be an object")
        elif "conditions" in one:
            yield from _group_problems(one, place, step_order, depth + 1)
        else:
            yield from _leaf_problems(one, place, step_order)


def _leaf_problems(leaf: dict[str, Any], at: str, step_order: int) -> Iterator[FieldError]:
    field = leaf.get("field")
    if not isinstance(field, str) or not (field in _FIELDS or field.removeprefix(_CUSTOM) not in {field, ""}):
        yield FieldError(f"{at}/field", "unknown_field", f"{field!r} is not a field that conditions can ask for")
    if leaf.get("operator") not in tuple(FilterOperator):
        yield FieldError(f"{at}/operator", "enum", "must be one of " + ", ".join(FilterOperator))
    else:
        operator = FilterOperator(leaf["operator"])
        if problem := operand_problem(operator, leaf.get("value")):
            yield FieldError(f"{at}/value", "type", f"{problem} for the operator {operator}")
        if operator in WITHOUT_OPERAND and leaf.get("value") is not None:
            yield FieldError(f"{at}/value", "unexpected", f"{operator} takes no value")
    reference = leaf.get("step_reference")
    if reference is not None and (not isinstance(reference, int) or isinstance(reference, bool)):
        yield FieldError(f"{at}/step_reference", "type", "must be the step_order of an earlier step")
    elif reference is not None and reference >= step_order:
        yield FieldError(f"{at}/step_reference", "forward", f"must be below this step's own order, {step_order}")
    if "include_machine" in leaf and not isinstance(leaf["include_machine"], bool):
        yield FieldError(f"{at}/include_machine", "type", "must be true or false")
    elif leaf.get("include_machine") and field not in CLASSED_FIELDS:
        yield FieldError(f"{at}/include_machine", "unexpected", "is for email_opened and email_clicked")
    yield from unknown_problems(leaf, _LEAF, at, "a condition")


def _way_problems(way: Any, at: str, step_order: int, conditional: bool) -> Iterator[FieldError]:
    if not conditional:
        yield FieldError(at, "unexpected", "only a conditional step branches")
    elif not isinstance(way, dict) or way.keys() not in ({"go_to_step"}, {"finish"}):
        yield FieldError(at, "type", 'must be {"go_to_step": order} or {"finish": true}')
    elif "finish" in way and way["finish"] is not True:
        yield FieldError(f"{at}/finish", "type", "must be true")
    elif "go_to_step" in way and (type(way["go_to_step"]) is not int or way["go_to_step"] <= step_order):
        yield FieldError(f"{at}/go_to_step", "backward", f"must be the order of a later step, above {step_order}")
