"""The slot ledger's rows (``send_slots``): which email of which enrollment goes at which instant.

A row whose ``used_at`` is null is still to come and may be moved; it is written, moved and deleted by whoever holds the
planning lock of its customer, or given back by whoever holds its enrollment. A used one stays: a day's caps count it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.scheduling.capacity import LaneKey, QuotaKey
from domain.scheduling.chains import Chain
from domain.scheduling.ledger import Slot
from domain.scheduling.schedule import moment, seconds
from domain.scheduling.zones import UTC, Zone, date_of
from domain.scheduling.zones import zone as zone_named
from domain.vocabulary import Blocker

_PLANNING_SPACE = 0x0D00_0002
"""The first half of the planning locks' keys."""
SKEW = timedelta(seconds=5)
"""How far the clocks of two workers may be apart."""
_CHUNK = 5_000
"""Rows of one INSERT; asyncpg sends each column as one array."""

_LOCK_PLANNING = text("SELECT pg_advisory_xact_lock(:space, hashtext(CAST(:id AS text)))")
_USE = text(
    """WITH used AS (
         UPDATE send_slots SET used_at = :now, begun = true
         WHERE enrollment_id = :enrollment_id AND sequence_step_id = :step_id AND slot_at <= :now RETURNING id),
       chain AS (
         UPDATE send_slots SET begun = true
         WHERE enrollment_id = :enrollment_id AND sequence_step_id <> :step_id AND NOT begun
           AND EXISTS (SELECT FROM used))
       SELECT id FROM used"""
)
_UNUSE = text(
    "UPDATE send_slots SET used_at = NULL WHERE enrollment_id = :enrollment_id AND sequence_step_id = :step_id"
)
_LAST_USED = text(
    """SELECT max(used_at) AS of_mailbox, max(used_at) FILTER (WHERE sequence_id = :sequence_id) AS of_sequence
       FROM send_slots
       WHERE email_account_id = :account_id AND used_at <= :until
         AND (enrollment_id, sequence_step_id) IS DISTINCT FROM (:enrollment_id, :step_id)"""
)
_OF_MAILBOX = text(
    """SELECT slot_at, sequence_id FROM send_slots
       WHERE email_account_id = :account_id AND slot_at >= :since AND slot_at < :until"""
)
_PENDING = text(
    """SELECT enrollment_id, sequence_step_id, email_account_id, slot_at, due_at, follow_up, blocker,
              (SELECT step_order FROM sequence_steps WHERE id = sequence_step_id) AS step_order
       FROM send_slots WHERE enrollment_id = ANY(:ids) AND used_at IS NULL AND sequence_step_id IS NOT NULL
       ORDER BY slot_at, step_order"""
)
_GIVE_BACK = text(
    """DELETE FROM send_slots WHERE enrollment_id = ANY(:ids) AND used_at IS NULL
       RETURNING email_account_id, slot_at"""
)
_GIVE_BACK_STEP = text(
    """DELETE FROM send_slots WHERE enrollment_id = :enrollment_id AND sequence_step_id = :step_id AND used_at IS NULL
       RETURNING email_account_id, slot_at"""
)
_INSERT = text(
    """INSERT INTO send_slots
         (customer_id, workspace_id, email_account_id, sequence_id, sequence_step_id, enrollment_id, contact_id,
          recipient_domain, slot_at, due_at, open_until, day, sequence_day, follow_up, begun, blocker)
       SELECT :customer_id, :workspace_id, account_id, sequence_id, step_id, enrollment_id, contact_id, domain,
              slot_at, due_at, open_until, day, sequence_day, follow_up, begun, CAST(blocker AS send_blocker_enum)
       FROM unnest(CAST(:account_ids AS uuid[]), CAST(:sequence_ids AS uuid[]), CAST(:step_ids AS uuid[]),
                   CAST(:enrollment_ids AS uuid[]), CAST(:contact_ids AS uuid[]), CAST(:domains AS text[]),
                   CAST(:slots AS timestamptz[]), CAST(:dues AS timestamptz[]),
                   CAST(:open_untils AS timestamptz[]), CAST(:days AS date[]),
                   CAST(:sequence_days AS date[]), CAST(:follow_ups AS boolean[]), CAST(:begun AS boolean[]),
                   CAST(:blockers AS text[]))
         AS one (account_id, sequence_id, step_id, enrollment_id, contact_id, domain, slot_at, due_at, open_until,
                 day, sequence_day, follow_up, begun, blocker)
       ON CONFLICT (enrollment_id, sequence_step_id) DO UPDATE
         SET email_account_id = excluded.email_account_id, slot_at = excluded.slot_at, due_at = excluded.due_at,
             open_until = excluded.open_until, day = excluded.day, sequence_day = excluded.sequence_day,
             blocker = excluded.blocker, begun = excluded.begun, follow_up = excluded.follow_up
         WHERE send_slots.used_at IS NULL
           AND (send_slots.email_account_id, send_slots.slot_at, send_slots.due_at, send_slots.open_until,
                send_slots.day, send_slots.sequence_day, send_slots.blocker, send_slots.begun, send_slots.follow_up)
             IS DISTINCT FROM
               (excluded.email_account_id, excluded.slot_at, excluded.due_at, excluded.open_until,
                excluded.day, excluded.sequence_day, excluded.blocker, excluded.begun, excluded.follow_up)"""
)
_USED_DAYS = text(
    """SELECT slot.id, slot.slot_at, slot.day, slot.sequence_day, sequence.sending_timezone
       FROM send_slots AS slot LEFT JOIN sequences AS sequence ON sequence.id = slot.sequence_id
       WHERE slot.workspace_id = :workspace_id AND slot.used_at IS NOT NULL AND slot.slot_at >= :since"""
)
_REDATE = text(
    """UPDATE send_slots SET day = wanted.day, sequence_day = wanted.sequence_day
       FROM unnest(CAST(:ids AS uuid[]), CAST(:days AS date[]), CAST(:sequence_days AS date[]))
         AS wanted (id, day, sequence_day)
       WHERE send_slots.id = wanted.id"""
)


async def lock_planning(session: AsyncSession, customer_id: UUID) -> None:
    """Be the only one who plans for the customer until the commit.

    It is the last lock of a transaction that waits: whoever holds it takes others only where they are free.
    """
    await session.execute(_LOCK_PLANNING, {"space": _PLANNING_SPACE, "id": str(customer_id)})


async def pending(session: AsyncSession, enrollment_ids: Sequence[UUID]) -> dict[UUID, list[Slot]]:
    """The slots still to come of the enrollments that have any, each in their order."""
    found: dict[UUID, list[Slot]] = {}
    for row in await session.execute(_PENDING, {"ids": list(enrollment_ids)}):
        found.setdefault(row.enrollment_id, []).append(slot_of(row))
    return found


async def give_back(session: AsyncSession, enrollment_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """Give up what is still to come of the enrollments; answers mailbox and instant of each slot."""
    return (await session.execute(_GIVE_BACK, {"ids": list(enrollment_ids)})).all()


async def give_back_step(session: AsyncSession, enrollment_id: UUID, step_id: UUID) -> Sequence[Row[Any]]:
    """Give up the slot of one step that is not going to be sent."""
    return (await session.execute(_GIVE_BACK_STEP, {"enrollment_id": enrollment_id, "step_id": step_id})).all()


async def write(
    session: AsyncSession, chains: Iterable[Chain], *, customer_id: UUID, workspace_id: UUID, zone: Zone
) -> None:
    """Write the slots of the chains; ``zone`` is the workspace's. Needs the planning lock."""
    columns = [_columns(chain, slot, zone) for chain in chains for slot in chain.slots]
    names = (
        "account_ids",
        "sequence_ids",
        "step_ids",
        "enrollment_ids",
        "contact_ids",
        "domains",
        "slots",
        "dues",
        "open_untils",
        "days",
        "sequence_days",
        "follow_ups",
        "begun",
        "blockers",
    )
    for start in range(0, len(columns), _CHUNK):
        arrays = zip(names, zip(*columns[start : start + _CHUNK], strict=True), strict=True)
        values: dict[str, Any] = {name: list(array) for name, array in arrays}
        await session.execute(_INSERT, values | {"customer_id": customer_id, "workspace_id": workspace_id})


async def redate(session: AsyncSession, workspace_id: UUID, zone: Zone, since: datetime) -> None:
    """Put the used slots after ``since`` on their days by the workspace's ``zone`` and the zones of sequences."""
    wanted = []
    for row in await session.execute(_USED_DAYS, {"workspace_id": workspace_id, "since": since}):
        at = seconds(row.slot_at)
        day = date_of(zone.day(at))
        sequence_day = date_of((zone_named(row.sending_timezone) or UTC).day(at))
        if (day, sequence_day) != (row.day, row.sequence_day):
            wanted.append((row.id, day, sequence_day))
    if wanted:
        ids, days, sequence_days = zip(*wanted, strict=True)
        await session.execute(_REDATE, {"ids": list(ids), "days": list(days), "sequence_days": list(sequence_days)})


async def instants(session: AsyncSession, workspace_id: UUID, key: QuotaKey | LaneKey, since: int) -> list[int]:
    """The instants from ``since`` (in) on of the sends of a book, used ones too."""
    where, parameters = _of_book(workspace_id, key)
    statement = text(f"SELECT slot_at FROM send_slots WHERE {where} AND slot_at >= :since")
    rows = await session.execute(statement, parameters | {"since": moment(since)})
    return [seconds(slot_at) for slot_at in rows.scalars()]


async def of_mailbox(session: AsyncSession, account_id: UUID, since: int, until: int) -> list[tuple[int, UUID | None]]:
    """Instant and sequence of the mailbox's sends from ``since`` (in) to ``until`` (out), used ones too."""
    parameters = {"account_id": account_id, "since": moment(since), "until": moment(until)}
    return [(seconds(row.slot_at), row.sequence_id) for row in await session.execute(_OF_MAILBOX, parameters)]


async def count_by_day(session: AsyncSession, workspace_id: UUID, key: QuotaKey, since: date) -> dict[date, int]:
    """The sends of a quota by day, from ``since`` (in) on, used ones too."""
    where, parameters = _of_book(workspace_id, key)
    day = "sequence_day" if key[0] == "sequence_id" else "day"
    rows = await session.execute(
        text(f"SELECT {day} AS day, count(*) AS sends FROM send_slots WHERE {where} AND {day} >= :since GROUP BY 1"),
        parameters | {"since": since},
    )
    return {row.day: row.sends for row in rows}


async def use(session: AsyncSession, enrollment_id: UUID, step_id: UUID, now: datetime) -> bool:
    """The send is claimed: its slot counts from now on, and its chain has begun. False: it has none by now."""
    used = await session.execute(_USE, {"enrollment_id": enrollment_id, "step_id": step_id, "now": now})
    return used.one_or_none() is not None


async def unuse(session: AsyncSession, enrollment_id: UUID, step_id: UUID) -> None:
    """Nothing went out: the slot may be moved again."""
    await session.execute(_UNUSE, {"enrollment_id": enrollment_id, "step_id": step_id})


async def last_used(
    session: AsyncSession, account_id: UUID, sequence_id: UUID, now: datetime, *, but: tuple[UUID, UUID]
) -> tuple[datetime | None, datetime | None]:
    """When the mailbox sent last, for whatever sequence and for this one; ``but`` is the send that asks.

    A send that another worker's clock, which may be ahead, has dated up to ``SKEW`` after ``now`` is one as well.
    """
    parameters = {
        "account_id": account_id,
        "sequence_id": sequence_id,
        "until": now + SKEW,
        "enrollment_id": but[0],
        "step_id": but[1],
    }
    row = (await session.execute(_LAST_USED, parameters)).one()
    return row.of_mailbox, row.of_sequence


def _of_book(workspace_id: UUID, key: QuotaKey | LaneKey) -> tuple[str, dict[str, Any]]:
    """The rows of a book: mailboxes, sequences and contacts are somebody's, a recipient's domain is everybody's."""
    first, second = key
    if first == "recipient_domain":
        return "workspace_id = :workspace_id AND recipient_domain = :key", {"workspace_id": workspace_id, "key": second}
    if isinstance(first, str):
        return f"{first} = :key", {"key": second}
    if second is None:
        return "email_account_id = :account_id", {"account_id": first}
    return "email_account_id = :account_id AND sequence_id = :sequence_id", {"account_id": first, "sequence_id": second}


def slot_of(row: Row[Any]) -> Slot:
    """A row as the planner sees it."""
    return Slot(
        step_id=row.sequence_step_id,
        step_order=row.step_order,
        mailbox_id=row.email_account_id,
        at=seconds(row.slot_at),
        due=seconds(row.due_at),
        follow_up=row.follow_up,
        blocker=Blocker(row.blocker) if row.blocker else None,
    )


def _columns(chain: Chain, slot: Slot, zone: Zone) -> tuple[UUID | str | datetime | date | bool | None, ...]:
    enrollee, rules = chain.enrollee, chain.course.rules
    day, sequence_day = zone.day(slot.at), rules.zone.day(slot.at)
    return (
        slot.mailbox_id,
        rules.id,
        slot.step_id,
        enrollee.enrollment_id,
        enrollee.contact_id,
        enrollee.domain,
        moment(slot.at),
        moment(slot.due),
        moment(_open_until(chain, slot, zone)),
        date_of(day),
        date_of(sequence_day),
        slot.follow_up,
        chain.begun,
        slot.blocker,
    )


def _open_until(chain: Chain, slot: Slot, zone: Zone) -> int:
    """Until when (out) the slot may be used: its window is open, and it is still the day that counts it."""
    ends = [zone.day_start(zone.day(slot.at) + 1)]
    rules = chain.course.rules
    ends.append(rules.zone.day_start(rules.zone.day(slot.at) + 1))
    opening = chain.course.hours(chain.course.zone(chain.enrollee.timezone), follow_up=slot.follow_up).opening(slot.at)
    if opening is not None:
        ends.append(opening[1])
    return min(ends)
