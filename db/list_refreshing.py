"""A dynamic list refreshed as a whole: one statement finds who joins and who leaves, and small transactions write it.

The statement's transaction holds the list's advisory lock, and no row, until all is written; so nobody who sends,
and nobody whose status changes, waits for more than one of the small ones. One that is cut off leaves a list that is
refreshed in part, and right again by the next refresh. Enrollments are never touched.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from db import jobs, list_queue, memberships
from db.list_judging import LOCK_SPACE, DynamicList
from db.list_queue import StaleList
from db.memberships import Membership, Moved, Reason
from db.models import Contact, ContactListMembership
from domain.vocabulary import JobKind, MembershipSource

FEW = 10_000
"""A refresh of the list of a customer with no more contacts takes a tenth of a second."""
CHUNK = 2_000
"""Members that join or leave in one transaction."""

_LOCK = text("SELECT pg_advisory_xact_lock(:space, hashtext(CAST(CAST(:id AS uuid) AS text)))")
_LIST = text(
    """SELECT list.id, list.customer_id, list.filter_rules, workspace.timezone
       FROM contact_lists AS list JOIN workspaces AS workspace ON workspace.id = list.workspace_id
       WHERE list.id = :id AND list.type = 'dynamic'"""
)
_DUE = text(
    """SELECT id FROM contact_lists
       WHERE type = 'dynamic' AND auto_refresh AND (last_refreshed_at IS NULL OR last_refreshed_at < :before)
       ORDER BY last_refreshed_at NULLS FIRST, id"""
)
_IS_LARGE = text(
    "SELECT count(*) > :few FROM (SELECT FROM contacts WHERE customer_id = :customer_id LIMIT :few + 1) AS first"
)
_UNORDERED = text(
    """SELECT list.workspace_id FROM contact_lists AS list
       WHERE list.id = :id AND NOT EXISTS (
         SELECT FROM jobs WHERE customer_id = :customer_id AND kind = 'list_refresh'
           AND status IN ('queued', 'running') AND parameters ->> 'list_id' = CAST(list.id AS text))"""
)
_REFRESHED = text("UPDATE contact_lists SET last_refreshed_at = :now WHERE id = :id")

Written = Callable[[AsyncSession, int], Awaitable[None]]
"""Told, in the transaction of each chunk, how many joined and left so far; what it raises takes the chunk back."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """How many joined and left."""

    joined: int
    left: int


async def _nothing(session: AsyncSession, written: int) -> None:
    return


async def refresh(
    sessions: async_sessionmaker[AsyncSession], list_id: UUID, *, now: datetime, written: Written = _nothing
) -> Refreshed | None:
    """Have the list's members be those whom its rules choose at ``now``; None when it is gone, or not dynamic.

    Raises ``Invalid`` for rules of which nothing can be made.
    """
    async with sessions.begin() as reading:
        await lock(reading, list_id)
        # The marks first: of a change that comes between, the rules are read, and its mark has them read again.
        marks = await list_queue.marks(reading, list_id)
        row = (await reading.execute(_LIST, {"id": list_id})).one_or_none()
        if row is None:
            await list_queue.done(reading, list(marks))
            return None
        unfinished = await list_queue.unfinished_before(reading)
        joined = left = 0
        difference = await reading.stream(_difference(row, now), execution_options={"yield_per": CHUNK})
        async for chunk in difference.partitions():
            async with sessions.begin() as writing:
                moved = await _write(writing, row, chunk, now)
                joined, left = joined + len(moved.joined), left + len(moved.left)
                await written(writing, joined + left)
        async with sessions.begin() as writing:
            await writing.execute(_REFRESHED, {"id": list_id, "now": now})
            await list_queue.done(writing, list(marks))
            if 0 in marks.values() and unfinished is not None:
                # Who changes a contact at this moment may not have known of these rules, and so have queued nothing.
                await list_queue.mark_stale(writing, row.customer_id, list_id, after_xid=unfinished)
    return Refreshed(joined, left)


async def lock(session: AsyncSession, list_id: UUID) -> None:
    """Wait until nobody else refreshes the list or judges by it, and keep them out until the transaction ends."""
    await session.execute(_LOCK, {"space": LOCK_SPACE, "id": list_id})


def _difference(row: Row[Any], now: datetime) -> Select[Any, bool]:
    """Each contact that joins (true) or leaves (false), the oldest first: neighbours are written together."""
    rules = DynamicList(row.id, row.filter_rules, row.timezone).matching(row.customer_id, now)
    wanted = select(Contact.id).where(Contact.customer_id == row.customer_id, rules).subquery("wanted")
    present = (
        select(ContactListMembership.contact_id).where(ContactListMembership.list_id == row.id).subquery("present")
    )
    contact_id = func.coalesce(wanted.c.id, present.c.contact_id)
    return (
        select(contact_id, present.c.contact_id.is_(None))
        .select_from(wanted.join(present, wanted.c.id == present.c.contact_id, full=True))
        .where(or_(wanted.c.id.is_(None), present.c.contact_id.is_(None)))
        .order_by(contact_id)
    )


async def _write(session: AsyncSession, row: Row[Any], chunk: Sequence[Row[Any, bool]], now: datetime) -> Moved:
    joining = [Membership(id, row.id) for id, joins in chunk if joins]
    leaving = [Membership(id, row.id) for id, joins in chunk if not joins]
    reason = Reason(MembershipSource.RULE_EVALUATION, now)
    return await memberships.move(session, row.customer_id, joining=joining, leaving=leaving, reason=reason)


async def due(session: AsyncSession, *, before: datetime) -> Sequence[UUID]:
    """The lists with ``auto_refresh`` that were not refreshed since, those first that have waited longest."""
    return (await session.execute(_DUE, {"before": before})).scalars().all()


async def is_large(session: AsyncSession, customer_id: UUID) -> bool:
    """Whether a refresh of the customer's lists is long work, to be done by a job."""
    return bool(await session.scalar(_IS_LARGE, {"customer_id": customer_id, "few": FEW}))


async def order(session: AsyncSession, stale: StaleList, *, now: datetime) -> int:
    """Make a job that refreshes the list, unless there is one; answers how many were made."""
    which = {"id": stale.list_id, "customer_id": stale.customer_id}
    workspace_id = await session.scalar(_UNORDERED, which)
    if workspace_id is None:
        return 0
    await jobs.create(
        session,
        customer_id=stale.customer_id,
        workspace_id=workspace_id,
        user_id=None,
        kind=JobKind.LIST_REFRESH,
        parameters={"list_id": str(stale.list_id)},
        now=now,
    )
    return 1
