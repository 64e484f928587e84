"""Filters asked of a tenant's contacts in SQL, with Python's answer beside it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import null, select, true

from db.filters import matching
from db.models import Contact
from domain.filtering.filter_matching import holds
from tests.db.conftest import NOW, Scene
from tests.db.filter_facts import load
from tests.factories import make_contact

Leaf = dict[str, Any]


def leaf(name: str, operator: str, value: Any = None, **more: Any) -> Leaf:
    return {"field": name, "operator": operator, "value": value, **more}


def all_of(*leaves: Any) -> dict[str, Any]:
    return {"operator": "AND", "conditions": list(leaves)}


async def finds(scene: Scene, *leaves: Any, now: datetime = NOW, timezone: str = "UTC") -> set[UUID]:
    """The contacts of the tenant for whom all leaves hold, by SQL; Python says the same of each."""
    rules = all_of(*leaves)
    condition = matching(rules, customer_id=scene.tenant.customer_id, now=now, timezone=timezone)
    mine = select(Contact.id).where(Contact.customer_id == scene.tenant.customer_id)
    async with scene.sessions() as session:
        found = set(await session.scalars(mine.where(condition)))
        denied = set(await session.scalars(mine.where(condition.is_not(true()))))
        every = list(await session.scalars(mine))
        facts = await load(session, every)
    assert found == {id for id in every if holds(rules, facts[id], now=now, timezone=timezone)}
    assert denied == set(every) - found
    return found


async def found_of(scene: Scene, values: Sequence[Any], column: str, *leaves: Any, **how: Any) -> list[Any]:
    """Those of the values whose contacts are found, when there is a contact with each."""
    async with scene.sessions.begin() as session:
        made = [await make_contact(session, scene.tenant, **_written(column, value)) for value in values]
    by_id = {contact.id: value for contact, value in zip(made, values, strict=True)}
    found = await finds(scene, *leaves, **how)
    return [value for id, value in by_id.items() if id in found]


def _written(column: str, value: Any) -> dict[str, Any]:
    name, _, key = column.partition(".")
    # For the mapper, None is what was not given.
    return {name: {key: value} if key else null() if value is None else value}
