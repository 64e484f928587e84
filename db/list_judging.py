"""Dynamic lists follow single contacts: whoever is in the queue is judged by all dynamic lists of the customer at once.

Judging and refreshing a list exclude each other by an advisory lock of the list, because either writes what it saw
before. Nobody waits for the lock here: what could not be judged by a list that is being refreshed goes back into the
queue for that list.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, func, literal, select, text
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.ext.asyncio import AsyncSession

from db import list_queue, memberships
from db.filters import matching
from db.memberships import Membership, Reason
from db.models import Contact, ContactListMembership
from domain.errors import OpenDoorsError
from domain.vocabulary import MembershipSource

CONTACTS = 1_000
"""Contacts that are judged in one transaction."""
LISTS = 100
"""Lists whose rules are in one statement."""
LOCK_SPACE = 0x0D00_0006
"""The first half of the keys of the lists' locks."""

_LISTS = text(
    """WITH dynamic AS MATERIALIZED (
         SELECT list.id, list.filter_rules, workspace.timezone
         FROM contact_lists AS list JOIN workspaces AS workspace ON workspace.id = list.workspace_id
         WHERE list.customer_id = :customer_id AND list.type = 'dynamic')
       SELECT *, pg_try_advisory_xact_lock(:space, hashtext(CAST(id AS text))) AS is_free FROM dynamic ORDER BY id"""
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DynamicList:
    """A list with what judges its members."""

    id: UUID
    filter_rules: Mapping[str, Any]
    timezone: str

    def matching(self, customer_id: UUID, now: datetime) -> ColumnElement[bool]:
        """The list's rules as SQL over contacts; raises ``Invalid`` for rules of which nothing can be made."""
        return matching(self.filter_rules, customer_id=customer_id, now=now, timezone=self.timezone)


async def judge(session: AsyncSession, customer_id: UUID, *, now: datetime) -> int:
    """Judge the customer's contacts that have waited longest, and write who joins and who leaves.

    Answers how many rows of the queue are done; to be called in a transaction of its own, until that is none.
    """
    if await list_queue.spread_mass(session, customer_id):
        return 1
    lists = (await session.execute(_LISTS, {"customer_id": customer_id, "space": LOCK_SPACE})).all()
    free = [DynamicList(row.id, row.filter_rules, row.timezone) for row in lists if row.is_free]
    busy = [row.id for row in lists if not row.is_free]
    taken = await list_queue.take(session, customer_id, busy, limit=CONTACTS)
    await list_queue.put_back(session, customer_id, taken.by_all, busy)
    await list_queue.done(session, taken.ids)
    if taken.ids:
        joining, leaving = await _difference(session, customer_id, free, taken.contact_ids, now)
        reason = Reason(MembershipSource.RULE_EVALUATION, now)
        await memberships.move(session, customer_id, joining=joining, leaving=leaving, reason=reason)
    return len(taken.ids)


async def _difference(
    session: AsyncSession, customer_id: UUID, lists: Sequence[DynamicList], contact_ids: Sequence[UUID], now: datetime
) -> tuple[set[Membership], set[Membership]]:
    """Who is to join and who to leave."""
    joining: set[Membership] = set()
    leaving: set[Membership] = set()
    for begin in range(0, len(lists), LISTS):
        some = _with_rules(lists[begin : begin + LISTS], customer_id, now)
        wanted = await _wanted(session, customer_id, some, contact_ids)
        present = await _present(session, list(some), contact_ids)
        joining |= wanted - present
        leaving |= present - wanted
    return joining, leaving


def _with_rules(lists: Collection[DynamicList], customer_id: UUID, now: datetime) -> dict[UUID, ColumnElement[bool]]:
    rules = {}
    for one in lists:
        try:
            rules[one.id] = one.matching(customer_id, now)
        except OpenDoorsError as error:
            # One list of which nothing can be made keeps its members as they are, and no other list from its own.
            log.warning("list.cannot_be_judged", list=str(one.id), error=str(error))
    return rules


async def _wanted(
    session: AsyncSession, customer_id: UUID, rules: Mapping[UUID, ColumnElement[bool]], contact_ids: Sequence[UUID]
) -> set[Membership]:
    """Who belongs to which list by its rules: the contacts are read once for all lists."""
    if not rules:
        return set()
    held = array([func.coalesce(rule, False) for rule in rules.values()])
    statement = select(Contact.id, held).where(Contact.customer_id == customer_id, Contact.id == _any_of(contact_ids))
    ids = list(rules)
    return {
        Membership(contact_id, list_id)
        for contact_id, answers in await session.execute(statement)
        for list_id, belongs in zip(ids, answers, strict=True)
        if belongs
    }


async def _present(session: AsyncSession, list_ids: Sequence[UUID], contact_ids: Sequence[UUID]) -> set[Membership]:
    columns = ContactListMembership.contact_id, ContactListMembership.list_id
    statement = select(*columns).where(columns[0] == _any_of(contact_ids), columns[1] == _any_of(list_ids))
    return {Membership(*row) for row in await session.execute(statement)}


def _any_of(ids: Sequence[UUID]) -> ColumnElement[Any]:
    return any_(literal(list(ids), ARRAY(Uuid)))
