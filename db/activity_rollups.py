"""Counts of activities by quarter of an hour, type and subtype: once by sequence and step, once by mailbox.

Triggers on ``contact_activities`` append what each statement changes to ``activity_deltas``, in its transaction;
``fold`` adds that to the rollups. So those who record wait for nobody, and rollups and deltas together are exact at
every moment. It is quarters of an hour because the days of every zone of today begin at one. Whatever changes the
rollups of a day gives it another version, by which what was computed of them can be told from what is to be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.partitions import EVERY_ACTIVITY

STEP_KEYS = ("customer_id", "quarter_hour", "activity_type", "activity_subtype", "sequence_id", "sequence_step_id")
MAILBOX_KEYS = ("customer_id", "quarter_hour", "activity_type", "activity_subtype", "email_account_id")
ROLLUPS: Mapping[str, Sequence[str]] = {
    "activity_rollups_by_step": STEP_KEYS,
    "activity_rollups_by_mailbox": MAILBOX_KEYS,
}
"""The rollups, and by what each counts."""
FOLDED_AT_ONCE = 50_000
_LOCK = 0x6F64_726F_6C6C_7570  # The ASCII of "odrollup": one process changes rollups at a time.
_QUARTER_HOUR = "date_bin('15 minutes', occurred_at, '2000-01-01 00:00:00+00')"
_DAY = "date_bin('1 day', quarter_hour, '2000-01-01 00:00:00+00')"


@dataclass(frozen=True, slots=True)
class RollupDrift:
    """A count that is not what the rows make it; ``keys`` are those of its table in ``ROLLUPS``."""

    table: str
    keys: Mapping[str, Any]
    stored: int
    counted: int


def _adding(table: str, keys: Sequence[str], counted: str) -> str:
    """SQL: add the sums of what ``counted`` selects (the keys and ``number``) to a rollup."""
    columns = ", ".join(keys)
    return f"""INSERT INTO {table} AS one ({columns}, number)
        SELECT {columns}, sum(number) FROM ({counted}) AS more GROUP BY {columns} HAVING sum(number) <> 0
        ON CONFLICT ({columns}) DO UPDATE SET number = one.number + excluded.number"""


def _versioning(changed: str) -> str:
    """SQL: give the days of what ``changed`` selects (the customer and the quarter of an hour) other versions."""
    return f"""INSERT INTO activity_rollup_versions (customer_id, day)
        SELECT DISTINCT customer_id, {_DAY} FROM ({changed}) AS changed
        ON CONFLICT (customer_id, day) DO UPDATE SET version = excluded.version"""


_FOLD = text(
    f"""WITH taken AS (
          DELETE FROM activity_deltas
          WHERE ctid = ANY(ARRAY(SELECT ctid FROM activity_deltas LIMIT :limit)) RETURNING *),
        {", ".join(f"{table} AS ({_adding(table, keys, 'SELECT * FROM taken')})" for table, keys in ROLLUPS.items())},
        versions AS ({_versioning("SELECT * FROM taken")})
        SELECT count(*) FROM taken"""
)


def _differing(table: str, keys: Sequence[str], scope: str) -> str:
    """SQL: the keys of a rollup that do not count what the rows do, with what is ``stored`` and ``counted``."""
    columns = ", ".join(keys)
    of_row = ", ".join(f"{_QUARTER_HOUR} AS quarter_hour" if key == "quarter_hour" else key for key in keys)
    return f"""SELECT {columns}, CAST(sum(stored) AS bigint) AS stored, CAST(sum(counted) AS bigint) AS counted FROM (
          SELECT {columns}, number AS stored, 0 AS counted FROM {table} WHERE {scope}
          UNION ALL SELECT {columns}, number, 0 FROM activity_deltas WHERE {scope}
          UNION ALL SELECT {of_row}, 0, 1 FROM {EVERY_ACTIVITY} AS activity WHERE {scope}) AS both_ways
        GROUP BY {columns} HAVING sum(stored) <> sum(counted)"""


async def fold(session: AsyncSession, *, limit: int = FOLDED_AT_ONCE) -> int:
    """Add up to ``limit`` deltas to the rollups; answers how many, none while another process is at it."""
    if not await session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}):
        return 0
    return int(await session.scalar(_FOLD, {"limit": limit}) or 0)


async def drift(session: AsyncSession, *, customer_id: UUID | None = None) -> list[RollupDrift]:
    """Every count that differs from a recount of the rows, attached or detached, of a customer or of all."""
    found = []
    for table, keys in ROLLUPS.items():
        statement, parameters = _scoped(table, customer_id)
        for row in await session.execute(statement, parameters):
            named = {key: row._mapping[key] for key in keys}
            found.append(RollupDrift(table, named, row.stored, row.counted))
    return found


async def mend(session: AsyncSession, *, customer_id: UUID | None = None) -> list[RollupDrift]:
    """Put every count right that differs, and answer what differed; activities may be recorded meanwhile."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    found = await drift(session, customer_id=customer_id)
    for table, keys in ROLLUPS.items() if found else ():
        differing, parameters = _scoped(table, customer_id)
        counted = f"SELECT {', '.join(keys)}, counted - stored AS number FROM ({differing.text}) AS differing"
        await session.execute(text(_versioning(differing.text)), parameters)
        await session.execute(text(_adding(table, keys, counted)), parameters)
    return found


def _scoped(table: str, customer_id: UUID | None) -> tuple[TextClause, Mapping[str, UUID]]:
    scope = "true" if customer_id is None else "customer_id = :customer_id"
    parameters = {} if customer_id is None else {"customer_id": customer_id}
    return text(_differing(table, ROLLUPS[table], scope)), parameters


def quarter_hour(at: datetime) -> datetime:
    """The beginning of an instant's quarter of an hour."""
    return at.replace(minute=at.minute - at.minute % 15, second=0, microsecond=0)
