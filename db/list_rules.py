"""What the rules of a list may speak of: what is the customer's own, and no list that depends on this one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import any_, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.filters import reference_problems
from db.models import ContactList
from domain.errors import Conflict, FieldError, Invalid
from domain.filtering.list_rules import RuleSource, leads_to, lists_named
from domain.vocabulary import ListType

_SPACE = 0x0D00_0007
"""The first half of the keys of the locks under which a customer's rules change one after the other."""
_ALONE = text("SELECT pg_advisory_xact_lock(:space, hashtext(CAST(CAST(:customer_id AS uuid) AS text)))")


async def require_sound(
    session: AsyncSession, *, customer_id: UUID, list_id: UUID | None, rules: Mapping[str, Any]
) -> None:
    """Check what well-formed rules speak of; ``list_id`` is their own list, if it is there already.

    Raises ``Invalid`` with pointers for what is not there, and for rules that would come back to their own list.
    """
    wrong = await reference_problems(session, rules, customer_id=customer_id)
    named = lists_named(rules)
    if named and list_id is not None:
        await session.execute(_ALONE, {"space": _SPACE, "customer_id": customer_id})
        graph = await _graph(session, customer_id)
        told = "speaks of a list whose members depend on this one"
        wrong += [FieldError(place, "list.cycle", told) for place, id in named if leads_to(graph, id, list_id)]
    if wrong:
        pointed = tuple(FieldError(f"/filter_rules{one.pointer}", one.code, one.detail) for one in wrong)
        raise Invalid("list.rules", "The filter rules speak of what they cannot.", pointed)


async def require_unnamed(session: AsyncSession, *, customer_id: UUID, list_id: UUID) -> None:
    """Raises ``Conflict`` when the rules of another list speak of this one: without it they would choose others."""
    await session.execute(_ALONE, {"space": _SPACE, "customer_id": customer_id})
    speaking = [id for id, named in (await _graph(session, customer_id)).items() if list_id in named and id != list_id]
    if speaking:
        shown = ", ".join(str(id) for id in sorted(speaking)[:5])
        raise Conflict("list.in_use", f"The rules of other lists speak of this one: {shown}.")


async def _graph(session: AsyncSession, customer_id: UUID) -> dict[UUID, set[UUID]]:
    """The customer's dynamic lists, each with those that its rules speak of."""
    statement = select(ContactList.id, ContactList.filter_rules).where(
        ContactList.customer_id == customer_id,
        ContactList.type == ListType.DYNAMIC,
        literal(str(RuleSource.MEMBERSHIPS)) == any_(ContactList.depends_on),
    )
    return {id: _named(rules or {}) for id, rules in await session.execute(statement)}


def _named(rules: Mapping[str, Any]) -> set[UUID]:
    try:
        return {id for _, id in lists_named(rules)}
    except Invalid:
        # Rules of an earlier version, which asked less of them, choose nobody and speak of nothing.
        return set()
