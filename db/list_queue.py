"""The queue of what is still to be judged by the rules of dynamic lists (``contact_list_queue``).

Triggers write it wherever a contact changes, or something by which rules may judge it, and a change of rules writes
it too; a row is deleted by the transaction that has judged. Rows become visible with the change that they speak of.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MASS = 10_000
"""From so many contacts on, refreshing each list as a whole is less work."""

_DUE = "after_xid <= CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)"
_CUSTOMERS = text(
    f"SELECT DISTINCT customer_id FROM contact_list_queue WHERE (contact_id IS NOT NULL OR list_id IS NULL) AND {_DUE}"
)
_IS_MASS = text(
    """SELECT EXISTS (SELECT FROM contact_list_queue
                      WHERE customer_id = :customer_id AND contact_id IS NULL AND list_id IS NULL)
       OR (SELECT count(*) FROM (SELECT FROM contact_list_queue WHERE customer_id = :customer_id LIMIT :mass + 1)
           AS first) > :mass"""
)
_SPREAD = text(
    """WITH gone AS (
         DELETE FROM contact_list_queue
         WHERE customer_id = :customer_id AND (contact_id IS NOT NULL OR list_id IS NULL))
       INSERT INTO contact_list_queue (customer_id, list_id)
       SELECT customer_id, id FROM contact_lists WHERE customer_id = :customer_id AND type = 'dynamic' ORDER BY id"""
)
_TAKE = text(
    """SELECT id, contact_id, list_id FROM contact_list_queue
       WHERE customer_id = :customer_id AND contact_id IS NOT NULL AND (list_id IS NULL OR list_id <> ALL(:busy))
       ORDER BY id LIMIT :limit"""
)
_PUT_BACK = text(
    """INSERT INTO contact_list_queue (customer_id, contact_id, list_id)
       SELECT :customer_id, contact_id, list_id
       FROM unnest(CAST(:contact_ids AS uuid[])) AS contact_id, unnest(CAST(:list_ids AS uuid[])) AS list_id"""
)
_STALE = text(
    f"""SELECT DISTINCT customer_id, list_id FROM contact_list_queue
        WHERE contact_id IS NULL AND list_id IS NOT NULL AND {_DUE}"""
)
_OF_LIST = text(
    f"SELECT id, after_xid FROM contact_list_queue WHERE list_id = :list_id AND contact_id IS NULL AND {_DUE}"
)


@dataclass(frozen=True, slots=True)
class Taken:
    """Contacts to judge, and of these the ones who are to be judged by every list, also by the busy ones."""

    ids: Sequence[int]
    contact_ids: Sequence[UUID]
    by_all: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class StaleList:
    """A list that is to be refreshed as a whole."""

    customer_id: UUID
    list_id: UUID


async def customers(session: AsyncSession) -> Sequence[UUID]:
    """Whose contacts are to be judged."""
    return (await session.execute(_CUSTOMERS)).scalars().all()


async def spread_mass(session: AsyncSession, customer_id: UUID) -> bool:
    """Where too many contacts of the customer wait, have all its lists refreshed instead; whether it was so."""
    mass = {"customer_id": customer_id, "mass": MASS}
    if not await session.scalar(_IS_MASS, mass):
        return False
    await session.execute(_SPREAD, {"customer_id": customer_id})
    return True


async def take(session: AsyncSession, customer_id: UUID, busy: Collection[UUID], *, limit: int) -> Taken:
    """The oldest rows about contacts, but those for a list that is ``busy``: others are at work on it."""
    values = {"customer_id": customer_id, "busy": list(busy), "limit": limit}
    rows = (await session.execute(_TAKE, values)).all()
    return Taken(
        ids=[row.id for row in rows],
        contact_ids=list({row.contact_id for row in rows}),
        by_all=list({row.contact_id for row in rows if row.list_id is None}),
    )


async def put_back(
    session: AsyncSession, customer_id: UUID, contact_ids: Collection[UUID], list_ids: Collection[UUID]
) -> None:
    """Have the contacts judged by these lists later."""
    if contact_ids and list_ids:
        values = {"customer_id": customer_id, "contact_ids": list(contact_ids), "list_ids": list(list_ids)}
        await session.execute(_PUT_BACK, values)


async def done(session: AsyncSession, ids: Collection[int]) -> None:
    await session.execute(text("DELETE FROM contact_list_queue WHERE id = ANY(:ids)"), {"ids": list(ids)})


async def mark_stale(session: AsyncSession, customer_id: UUID, list_id: UUID, *, after_xid: int = 0) -> None:
    """Have the list refreshed as a whole, once every transaction before ``after_xid`` has ended."""
    await session.execute(
        text("INSERT INTO contact_list_queue (customer_id, list_id, after_xid) VALUES (:customer_id, :list_id, :xid)"),
        {"customer_id": customer_id, "list_id": list_id, "xid": after_xid},
    )


async def stale(session: AsyncSession) -> Sequence[StaleList]:
    """The lists that are to be refreshed now."""
    return [StaleList(row.customer_id, row.list_id) for row in await session.execute(_STALE)]


async def marks(session: AsyncSession, list_id: UUID) -> dict[int, int]:
    """The rows that a refresh which begins now answers, by id, with their ``after_xid``."""
    return {row.id: row.after_xid for row in await session.execute(_OF_LIST, {"list_id": list_id})}


async def unfinished_before(session: AsyncSession) -> int | None:
    """The id below which some transaction has not ended; None when none is under way that might write."""
    row = (
        await session.execute(
            text(
                """SELECT CAST(CAST(pg_snapshot_xmin(at) AS text) AS bigint) AS first,
                          CAST(CAST(pg_snapshot_xmax(at) AS text) AS bigint) AS next
                   FROM pg_current_snapshot() AS at"""
            )
        )
    ).one()
    return None if row.first == row.next else row.next
