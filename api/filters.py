"""Filters in bodies: checked with pointers into the body, and asked of the database in bounded time."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import ColumnElement, and_

from api.dependencies import Context
from api.schemas import JsonObject
from db import filters, workspaces
from db.models import Contact
from db.time_limits import time_limit
from domain.errors import FieldError, Invalid
from domain.filtering.filter_rules import rule_problems

FILTER_SECONDS = 10.0
"""How long a statement with a filter may take while a client waits for its answer."""
_EXAMPLE = {"field": "industry", "operator": "equals", "value": "technology"}
EXAMPLE_RULES: dict[str, Any] = {"operator": "AND", "conditions": [_EXAMPLE]}
INVALID = (422, "filter.invalid", "The filter's rules are wrong.")

FilterRules = Annotated[
    JsonObject,
    Field(examples=[EXAMPLE_RULES], description="Groups of conditions on contacts, as in docs/filters.md"),
]


async def check_rules(ctx: Context, rules: Mapping[str, Any], at: str, *, code: str = "filter.invalid") -> None:
    """Raise ``Invalid`` with ``code`` for every wrong place of the rules, which the body has at the pointer ``at``.

    Lists, sequences and users that the rules name must be the customer's own.
    """
    wrong = list(rule_problems(rules)) or await filters.reference_problems(
        ctx.session, rules, customer_id=ctx.customer_id
    )
    if wrong:
        placed = (FieldError(f"{at}{one.pointer}", one.code, one.detail) for one in wrong)
        raise Invalid(code, "The filter's rules are wrong.", tuple(placed))


async def matching(ctx: Context, rules: Mapping[str, Any], at: str) -> ColumnElement[bool]:
    """The condition on the customer's contacts for which the rules hold now; raises as ``check_rules`` does."""
    await check_rules(ctx, rules, at)
    workspace = await workspaces.get(ctx.session, customer_id=ctx.customer_id, workspace_id=ctx.workspace_id)
    said = filters.matching(rules, customer_id=ctx.customer_id, now=ctx.now, timezone=workspace.timezone)
    return and_(Contact.customer_id == ctx.customer_id, said)


@asynccontextmanager
async def in_time(ctx: Context, at: str) -> AsyncIterator[None]:
    """Statements within take at most ``FILTER_SECONDS``. Raises ``Invalid`` (``filter.too_slow``), which ends all."""
    try:
        async with time_limit(ctx.session, FILTER_SECONDS):
            yield
    except TimeoutError:
        detail = f"takes longer than {FILTER_SECONDS:g} seconds; narrow it by fields that fewer contacts have"
        wrong = FieldError(at, "filter.too_slow", detail)
        raise Invalid("filter.too_slow", f"The filter {detail}.", (wrong,)) from None
