"""Who is on which list: every join and leave, with its history and the counts of the lists.

``counted_active`` of a membership says whether its list's ``active_contacts`` counts it, so counts move by what
changes, and nothing is counted anew. What keeps a status from changing unseen beside a membership that is not yet
committed is an advisory lock per customer: who has changed statuses shares it, who has added members takes it alone,
right before the commit. Rows are locked in this order: contacts, that lock, lists by id, memberships.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.vocabulary import MembershipSource

_SPACE = 0x0D00_0005
"""The first half of the keys of the locks that keep counts right."""

# Ends a statement that moves members: it writes their history, and answers one row for each list, since thousands
# of rows would cost more than the writing.
_NOTED = """noted AS (
         INSERT INTO contact_list_changes (customer_id, list_id, contact_id, joined, source, changed_at, changed_by)
         SELECT :customer_id, list_id, contact_id, {joined}, CAST(:source AS membership_source_enum), :now, :user_id
         FROM moved)
       SELECT list_id, array_agg(contact_id) AS contact_ids, array_agg(counted_active) AS actives
       FROM moved GROUP BY list_id"""
# A contact or a list that is erased at this moment is passed over: its row is gone once the lock is granted.
_INSERT = text(
    f"""WITH moved AS (
         INSERT INTO contact_list_memberships (contact_id, list_id, customer_id, added_at, added_by, source, is_dynamic,
                last_evaluated_at, counted_active, awaits_enrollment)
         SELECT contact.id, list.id, :customer_id, :now, :user_id, CAST(:source AS membership_source_enum),
                list.type = 'dynamic', CASE WHEN list.type = 'dynamic' THEN CAST(:now AS timestamptz) END,
                coalesce(contact.status = 'active', false), list.enroll_sequence_id IS NOT NULL
         FROM unnest(CAST(:contact_ids AS uuid[]), CAST(:list_ids AS uuid[])) AS wanted (contact_id, list_id)
         JOIN contacts AS contact ON contact.id = wanted.contact_id AND contact.customer_id = :customer_id
         JOIN contact_lists AS list ON list.id = wanted.list_id AND list.customer_id = :customer_id
         ORDER BY contact.id, list.id FOR KEY SHARE OF contact, list
         ON CONFLICT (contact_id, list_id) DO NOTHING
         RETURNING contact_id, list_id, counted_active),
       {_NOTED.format(joined="true")}"""
)
_DELETE = text(
    f"""WITH moved AS (
         DELETE FROM contact_list_memberships AS membership
         USING unnest(CAST(:contact_ids AS uuid[]), CAST(:list_ids AS uuid[])) AS leaving (contact_id, list_id)
         WHERE membership.contact_id = leaving.contact_id AND membership.list_id = leaving.list_id
           AND membership.customer_id = :customer_id
         RETURNING membership.contact_id, membership.list_id, membership.counted_active),
       {_NOTED.format(joined="false")}"""
)
_LISTS_OF = text("SELECT DISTINCT list_id FROM contact_list_memberships WHERE contact_id = ANY(:ids)")
_DELETE_ALL = text(
    """WITH gone AS (
         DELETE FROM contact_list_memberships WHERE contact_id = ANY(:ids) RETURNING list_id, counted_active)
       SELECT list_id, array_agg(counted_active) AS actives FROM gone GROUP BY list_id"""
)
_LOCK_LISTS = text("SELECT id FROM contact_lists WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")
_MOVE = text(
    """UPDATE contact_lists AS list
       SET total_contacts = list.total_contacts + moved.total, active_contacts = list.active_contacts + moved.active
       FROM unnest(CAST(:ids AS uuid[]), CAST(:totals AS int[]), CAST(:actives AS int[])) AS moved (id, total, active)
       WHERE list.id = moved.id"""
)
_ALONE = text("SELECT pg_advisory_xact_lock(:space, hashtext(CAST(CAST(:customer_id AS uuid) AS text)))")
_SHARED = text(
    """SELECT pg_advisory_xact_lock_shared(:space, hashtext(CAST(customer_id AS text)))
       FROM (SELECT DISTINCT customer_id FROM contacts WHERE id = ANY(:ids) ORDER BY customer_id) AS customer"""
)
_MISCOUNTED = """contact_list_memberships AS membership JOIN contacts AS contact ON contact.id = membership.contact_id
       WHERE membership.contact_id = ANY(:ids)
         AND membership.counted_active <> coalesce(contact.status = 'active', false)"""
_LISTS_OF_MISCOUNTED = text(f"SELECT DISTINCT membership.list_id FROM {_MISCOUNTED}")
# From the ids to the contacts, whatever the server knows of the memberships: it may know nothing yet of a new list's.
_CHANGED_SINCE = text(
    """SELECT contact.id
       FROM unnest(CAST(:contact_ids AS uuid[]), CAST(:actives AS boolean[])) AS was (id, active)
       JOIN contacts AS contact ON contact.id = was.id
       WHERE coalesce(contact.status = 'active', false) <> was.active"""
)
_CORRECT = text(
    f"""UPDATE contact_list_memberships AS corrected SET counted_active = NOT corrected.counted_active
       WHERE corrected.id IN (SELECT membership.id FROM {_MISCOUNTED})
       RETURNING corrected.list_id, corrected.counted_active"""
)


@dataclass(frozen=True, slots=True, order=True)
class Membership:
    """A contact on a list."""

    contact_id: UUID
    list_id: UUID


@dataclass(frozen=True, slots=True)
class Reason:
    """How and when members came or went, and who did it, if it was a person."""

    source: MembershipSource
    now: datetime
    user_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """The contacts that did join and leave, each once for each list; who was a member already did not join."""

    joined: Sequence[UUID]
    left: Sequence[UUID]


class _Counts:
    """By how much the counts of each list are to move."""

    def __init__(self) -> None:
        self._total: Counter[UUID] = Counter()
        self._active: Counter[UUID] = Counter()

    def add(self, rows: Iterable[Row[Any]], sign: int) -> None:
        for row in rows:
            self._total[row.list_id] += sign * len(row.actives)
            self._active[row.list_id] += sign * sum(row.actives)

    def correct(self, rows: Iterable[Row[Any]]) -> None:
        for row in rows:
            self._active[row.list_id] += 1 if row.counted_active else -1

    @property
    def lists(self) -> set[UUID]:
        return {*self._total, *self._active}

    async def write(self, session: AsyncSession) -> None:
        """To lists that this transaction has locked."""
        ids = list(self.lists)
        if ids:
            totals, actives = [self._total[id] for id in ids], [self._active[id] for id in ids]
            await session.execute(_MOVE, {"ids": ids, "totals": totals, "actives": actives})


async def move(
    session: AsyncSession,
    customer_id: UUID,
    *,
    joining: Collection[Membership] = (),
    leaving: Collection[Membership] = (),
    reason: Reason,
) -> Moved:
    """Put contacts into lists and take others out. Contacts and lists that are not the customer's are passed over.

    To be the last thing but the commit that a transaction does: from here on changes of status wait for it.
    """
    counts = _Counts()
    joined = await _join(session, customer_id, joining, reason, counts)
    await _lock_lists(session, counts.lists | {one.list_id for one in leaving})
    left = await _leave(session, customer_id, leaving, reason, counts)
    await counts.write(session)
    return Moved(joined, left)


async def leave_all(session: AsyncSession, contact_ids: Collection[UUID]) -> None:
    """Take contacts that are about to be erased, and whose rows are locked ``FOR UPDATE``, out of all their lists."""
    contacts = {"ids": list(contact_ids)}
    await _lock_lists(session, (await session.execute(_LISTS_OF, contacts)).scalars().all())
    counts = _Counts()
    counts.add(await session.execute(_DELETE_ALL, contacts), -1)
    await counts.write(session)


async def recount_of(session: AsyncSession, contact_ids: Collection[UUID]) -> None:
    """The status of contacts, whose rows are locked, may have changed: have their lists count it.

    To come after every lock of a row, since changes of members wait for it, and others for them.
    """
    contacts = {"ids": list(contact_ids)}
    await session.execute(_SHARED, {"space": _SPACE, **contacts})
    lists = (await session.execute(_LISTS_OF_MISCOUNTED, contacts)).scalars().all()
    if lists:
        await _lock_lists(session, lists)
        counts = _Counts()
        counts.correct(await session.execute(_CORRECT, contacts))
        await counts.write(session)


async def _join(
    session: AsyncSession, customer_id: UUID, joining: Collection[Membership], reason: Reason, counts: _Counts
) -> Sequence[UUID]:
    if not joining:
        return []
    values = {"customer_id": customer_id, **_columns(joining), **_why(reason)}
    rows = (await session.execute(_INSERT, values)).all()
    if not rows:
        return []
    joined = [id for row in rows for id in row.contact_ids]
    counts.add(rows, +1)
    await session.execute(_ALONE, {"space": _SPACE, "customer_id": customer_id})
    # Now nobody's change of a status is under way: what was changed since the rows were read is seen.
    read = {"contact_ids": joined, "actives": [active for row in rows for active in row.actives]}
    changed = (await session.execute(_CHANGED_SINCE, read)).scalars().all()
    if changed:
        counts.correct(await session.execute(_CORRECT, {"ids": list(changed)}))
    return joined


async def _leave(
    session: AsyncSession, customer_id: UUID, leaving: Collection[Membership], reason: Reason, counts: _Counts
) -> Sequence[UUID]:
    if not leaving:
        return []
    values = {"customer_id": customer_id, **_columns(leaving), **_why(reason)}
    rows = (await session.execute(_DELETE, values)).all()
    counts.add(rows, -1)
    return [id for row in rows for id in row.contact_ids]


async def _lock_lists(session: AsyncSession, ids: Collection[UUID]) -> None:
    if ids:
        await session.execute(_LOCK_LISTS, {"ids": list(ids)})


def _columns(memberships: Collection[Membership]) -> dict[str, list[UUID]]:
    return {
        "contact_ids": [one.contact_id for one in memberships],
        "list_ids": [one.list_id for one in memberships],
    }


def _why(reason: Reason) -> dict[str, Any]:
    return {"source": reason.source, "now": reason.now, "user_id": reason.user_id}
