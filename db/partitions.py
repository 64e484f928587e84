"""The monthly partitions of ``contact_activities``, made before their month begins."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

PARTITION_LOCK = 0x6F64706172746974  # The ASCII of "odpartit": one process makes partitions at a time.


async def ensure_partitions(session: AsyncSession, *, now: datetime, months_ahead: int = 3) -> list[str]:
    """Make the partitions from the UTC month of ``now`` to ``months_ahead`` after it that are missing.

    Returns the names of those made; the caller commits. Rows of such a month that waited in the default
    partition move into the new one. Raises ``ValueError`` if ``now`` is naive.
    """
    if now.tzinfo is None:
        raise ValueError("ensure_partitions: `now` is naive; give an aware datetime")
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": PARTITION_LOCK})
    made = []
    for start, end in _months(now, months_ahead + 1):
        name = f"contact_activities_y{start:%Y}m{start:%m}"
        if not await session.scalar(text("SELECT to_regclass(:name) IS NOT NULL"), {"name": name}):
            await _make(session, name, start, end)
            made.append(name)
    return made


def _months(now: datetime, count: int) -> Iterator[tuple[datetime, datetime]]:
    """The bounds of ``count`` UTC months, the first of them that of ``now``."""
    first = now.astimezone(UTC)
    starts = [_first_of_month(first.year, first.month + i) for i in range(count + 1)]
    return pairwise(starts)


def _first_of_month(year: int, month: int) -> datetime:
    """Midnight UTC of the month's first day; ``month`` may run past 12 into the years that follow."""
    return datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=UTC)


async def _make(session: AsyncSession, name: str, start: datetime, end: datetime) -> None:
    """Fill a table from the default partition and attach it, so that no row stands in the way of its bounds.

    Attaching gives it the parent's indexes and foreign keys. Writers to the default partition wait until
    the transaction ends, since a row that they add to this month would refuse the attachment. The bounds are
    written with their offset, because DDL takes no parameters and the session's zone must not matter.
    """
    lower, upper = f"'{start.isoformat()}'", f"'{end.isoformat()}'"
    for statement in (
        "LOCK TABLE contact_activities_default IN SHARE ROW EXCLUSIVE MODE",
        f"CREATE TABLE {name} (LIKE contact_activities INCLUDING DEFAULTS INCLUDING CONSTRAINTS)",
        "WITH moved AS (DELETE FROM contact_activities_default "
        f"WHERE occurred_at >= {lower} AND occurred_at < {upper} RETURNING *) "
        f"INSERT INTO {name} SELECT * FROM moved",
        f"ALTER TABLE contact_activities ATTACH PARTITION {name} FOR VALUES FROM ({lower}) TO ({upper})",
    ):
        await session.execute(text(statement))
