"""The monthly partitions of ``contact_activities``: made before their month begins, detached when they are old.

A month that was detached is a table of its own that inherits from ``detached_contact_activities``. It keeps its indexes
and foreign keys, so its rows go with their contacts, and ``EVERY_ACTIVITY`` reads it until an operator drops it.

Attaching and detaching lock, for the moment of their commit, what senders write to. They wait for a lock no longer
than ``LOCK_TIMEOUT``, since whoever comes meanwhile waits behind them: ``is_busy`` tells such an error from others.
(Postgres detaches concurrently only where there is no default partition.)
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from db.transience import sqlstate

PARTITION_LOCK = 0x6F64706172746974  # The ASCII of "odpartit": one process makes partitions at a time.
LOCK_TIMEOUT = "250ms"
MONTHS_AHEAD = 3
MONTHS_BACK = 120
"""Months before the present one that get a partition when rows of theirs wait: whatever is older stays where it is."""
EVERY_ACTIVITY = "(SELECT * FROM contact_activities UNION ALL SELECT * FROM detached_contact_activities)"
"""SQL: activities of all months whose table is there, attached or detached."""
_NAME = re.compile(r"contact_activities_y(\d{4})m(\d{2})")
_MONTHS_OF = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = CAST(:parent AS regclass)")
_WAITING = text(
    "SELECT count(*) AS rows, min(occurred_at) AS first, max(occurred_at) AS last FROM contact_activities_default"
)
_WAITING_MONTHS = text(
    """SELECT DISTINCT date_trunc('month', occurred_at AT TIME ZONE 'UTC') FROM contact_activities_default
       WHERE occurred_at >= :since AND occurred_at < :until ORDER BY 1"""
)
_COUNTED = (
    "CREATE TRIGGER count_removed AFTER DELETE ON {name} "
    "REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_activities()",
    "CREATE TRIGGER count_changed AFTER UPDATE ON {name} "
    "REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_activities()",
)
"""The triggers of the parent fire for statements that name the parent; a detached month needs those for itself."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The rows of the default partition: how many there are, and when the first and the last occurred."""

    rows: int
    first: datetime | None
    last: datetime | None


async def ensure_partitions(session: AsyncSession, *, now: datetime, months_ahead: int = MONTHS_AHEAD) -> list[str]:
    """Make the partitions from the UTC month of ``now`` to ``months_ahead`` after it that are missing.

    Returns the names of those made; the caller commits. Rows of such a month that waited in the default
    partition move into the new one. Raises ``ValueError`` if ``now`` is naive.
    """
    if now.tzinfo is None:
        raise ValueError("ensure_partitions: `now` is naive; give an aware datetime")
    await _lock(session)
    made = []
    for start, end in pairwise(_months(now, months_ahead + 1)):
        if not await _exists(session, _name(start)):
            await _make(session, start, end)
            made.append(_name(start))
    return made


async def waiting(session: AsyncSession) -> Waiting:
    """What is in the default partition: rows of months that had no partition when they were written."""
    row = (await session.execute(_WAITING)).one()
    return Waiting(row.rows, row.first, row.last)


async def has_waiting(session: AsyncSession) -> bool:
    """Whether the default partition holds any row."""
    return bool(await session.scalar(text("SELECT EXISTS (SELECT FROM contact_activities_default)")))


async def waiting_months(session: AsyncSession, *, now: datetime) -> Sequence[datetime]:
    """The months, at most ``MONTHS_BACK`` before that of ``now`` and none ahead, whose rows wait for a partition."""
    since, until = month(now, -MONTHS_BACK), month(now, 1)
    found = await session.scalars(_WAITING_MONTHS, {"since": since, "until": until})
    return [start.replace(tzinfo=UTC) for start in found]


async def take_in(session: AsyncSession, start: datetime) -> None:
    """Move the rows that wait for a month into its partition, which is made, or into the table that was detached."""
    end = month(start, 1)
    await _lock(session)
    if await _exists(session, _name(start)):
        await session.execute(text(_moving(_name(start), start, end)))
    else:
        await _make(session, start, end)


async def older(session: AsyncSession, *, now: datetime, keep_months: int) -> Sequence[str]:
    """The attached partitions of months that ended ``keep_months`` or more months before that of ``now`` began."""
    oldest = _name(month(now, -keep_months))
    return [name for name in await attached(session) if name < oldest]


async def attached(session: AsyncSession) -> Sequence[str]:
    """The partitions of months, oldest first."""
    return await _children(session, "contact_activities")


async def detached(session: AsyncSession) -> Sequence[str]:
    """The tables of detached months that are still there, oldest first."""
    return await _children(session, "detached_contact_activities")


async def detach(session: AsyncSession, name: str) -> None:
    """Take a month out of ``contact_activities``; its table stays, and its rows are found by ``EVERY_ACTIVITY``."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no partition of a month")
    await _lock(session)
    for statement in (
        f"ALTER TABLE contact_activities DETACH PARTITION {name}",
        f"ALTER TABLE {name} INHERIT detached_contact_activities",
        *(trigger.format(name=name) for trigger in _COUNTED),
    ):
        await session.execute(text(statement))


def is_busy(error: DBAPIError) -> bool:
    """Whether a lock was not to be had in time (SQLSTATE 55P03): the same may be tried again."""
    return sqlstate(error) == "55P03"


def month(at: datetime, later: int = 0) -> datetime:
    """The beginning of the UTC month of an instant, or of one some months ``later``."""
    first = at.astimezone(UTC)
    years, month_before = divmod(first.month - 1 + later, 12)
    return datetime(first.year + years, month_before + 1, 1, tzinfo=UTC)


def _months(now: datetime, count: int) -> Iterator[datetime]:
    """The bounds of ``count`` UTC months, the first of them that of ``now``."""
    return (month(now, later) for later in range(count + 1))


def _name(start: datetime) -> str:
    return f"contact_activities_y{start:%Y}m{start:%m}"


async def _lock(session: AsyncSession) -> None:
    """Be the only one that makes or detaches partitions; from then on no lock is waited for long."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PARTITION_LOCK})
    await session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))


async def _exists(session: AsyncSession, name: str) -> bool:
    return bool(await session.scalar(text("SELECT to_regclass(:name) IS NOT NULL"), {"name": name}))


async def _children(session: AsyncSession, parent: str) -> Sequence[str]:
    names = await session.scalars(_MONTHS_OF, {"parent": parent})
    return sorted(name for name in names if _NAME.fullmatch(name))


def _moving(name: str, start: datetime, end: datetime) -> str:
    """SQL: the rows of a month move out of the default partition. No trigger counts them, since none come or go."""
    return (
        "WITH moved AS (DELETE FROM contact_activities_default "
        f"WHERE occurred_at >= '{start.isoformat()}' AND occurred_at < '{end.isoformat()}' RETURNING *) "
        f"INSERT INTO {name} SELECT * FROM moved"
    )


async def _make(session: AsyncSession, start: datetime, end: datetime) -> None:
    """Fill a table from the default partition and attach it, so that no row stands in the way of its bounds.

    Attaching gives it the parent's indexes and foreign keys. Writers to the default partition wait until
    the transaction ends, since a row that they add to this month would refuse the attachment. The bounds are
    written with their offset, because DDL takes no parameters and the session's zone must not matter.
    """
    name, bounds = _name(start), f"FROM ('{start.isoformat()}') TO ('{end.isoformat()}')"
    for statement in (
        "LOCK TABLE contact_activities_default IN SHARE ROW EXCLUSIVE MODE",
        f"CREATE TABLE {name} (LIKE contact_activities INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
        _moving(name, start, end),
        f"ALTER TABLE contact_activities ATTACH PARTITION {name} FOR VALUES {bounds}",
    ):
        await session.execute(text(statement))
