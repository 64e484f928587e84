"""How many activities there were in each stretch of time: from the rollups, and from rows where those cannot say.

Rows are counted in the first and last minutes of a time that does not begin or end at a quarter of an hour, for one
contact, and where mailboxes of one sequence are told apart. Whole days that are over can be read apart from the rest,
with a version that changes whenever their rollups do: so who has counted them keeps that.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.activity_rollups import quarter_hour
from db.partitions import EVERY_ACTIVITY

_ALMOST_QUARTER = timedelta(minutes=15) - timedelta(microseconds=1)
_DAY = timedelta(days=1)
_PLACE = "width_bucket(at, CAST(:edges AS timestamptz[])) - 1"


class GroupBy(StrEnum):
    """By what activities are told apart, beside their type."""

    ACTIVITY_TYPE = "activity_type"
    SUBTYPE = "subtype"
    SEQUENCE = "sequence"
    STEP = "step"
    MAILBOX = "mailbox"


_COLUMN: Mapping[GroupBy | None, str] = {
    None: "NULL",
    GroupBy.ACTIVITY_TYPE: "CAST(activity_type AS text)",
    GroupBy.SUBTYPE: "activity_subtype",
    GroupBy.SEQUENCE: "CAST(sequence_id AS text)",
    GroupBy.STEP: "CAST(sequence_step_id AS text)",
    GroupBy.MAILBOX: "CAST(email_account_id AS text)",
}


class Count(NamedTuple):
    """How many activities of a type and of a group (``key``) are between an edge (``place``) and the next."""

    place: int
    activity_type: str
    key: str | None
    number: int


class Days(NamedTuple):
    """Whole UTC days: the beginning of the first (in) and the end of the last (out)."""

    begin: datetime
    end: datetime


class Parts(NamedTuple):
    """Counts of one moment: of whole days, as far as they were asked, with their version, and of all the rest."""

    version: str
    of_days: list[Count]
    rest: list[Count]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is counted: the customer's activities from ``edges[0]`` (in) to ``until`` (out), cut at every edge.

    All are aware instants of the years 1970 to 2199.
    """

    customer_id: UUID
    edges: Sequence[datetime]
    until: datetime
    group_by: GroupBy | None = None
    sequence_id: UUID | None = None
    contact_id: UUID | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of the SQL, with the stretch of whole quarters of an hour (``begin`` to ``end``)."""
        since, until = (edge.astimezone(UTC) for edge in (self.edges[0], self.until))
        begin, end = quarter_hour(since + _ALMOST_QUARTER), quarter_hour(until)
        if begin > end:
            begin = end = until
        given = {name: getattr(self, name) for name in ("customer_id", "sequence_id", "contact_id")}
        values = {"edges": list(self.edges), "since": since, "until": until, "begin": begin, "end": end}
        return values | {name: id for name, id in given.items() if id is not None}

    @property
    def of_rows(self) -> bool:
        """Whether the rollups do not tell apart what is asked."""
        crossed = self.group_by is GroupBy.MAILBOX and self.sequence_id is not None
        return crossed or self.contact_id is not None or any(quarter_hour(edge) != edge for edge in self.edges[1:])

    def days_before(self, now: datetime) -> Days | None:
        """The whole days of the question that are over, if there are any and rollups count them."""
        parameters = self.parameters
        begin = _midnight(parameters["begin"] + _DAY - timedelta(microseconds=1))
        end = _midnight(min(parameters["end"], now.astimezone(UTC)))
        return Days(begin, end) if begin < end and not self.of_rows else None


async def counts(session: AsyncSession, question: Question, *, limit: int) -> list[Count]:
    """At most ``limit`` counts, of rollups, deltas and rows as one statement sees them at one moment."""
    statement = f"""SELECT {_PLACE} AS place, activity_type, key, CAST(sum(number) AS bigint) AS number
        FROM ({" UNION ALL ".join(_sources(question))}) AS counted
        GROUP BY 1, 2, 3 HAVING sum(number) <> 0 LIMIT :limit"""
    found = await session.execute(text(statement), question.parameters | {"limit": limit})
    return [Count(*row) for row in found]


async def parts(session: AsyncSession, question: Question, days: Days, *, with_days: bool, limit: int) -> Parts:
    """The counts with those of ``days`` apart, or without them; all of the moment of one statement.

    At most ``2 * limit`` of them: where some are left out, those that are not add up to more than ``limit``, too.
    """
    sources = [f"SELECT false AS of_days, * FROM ({one}) AS one" for one in _sources(question, days)]
    if with_days:
        sources.append(f"SELECT true, * FROM ({_rolled_up(question, 'first', 'last')}) AS one")
    statement = f"""SELECT version, of_days, place, activity_type, key, number
        FROM ({_VERSION}) AS versions LEFT JOIN (
          SELECT of_days, {_PLACE} AS place, activity_type, key, CAST(sum(number) AS bigint) AS number
          FROM ({" UNION ALL ".join(sources)}) AS counted
          GROUP BY 1, 2, 3, 4 HAVING sum(number) <> 0 LIMIT :limit) AS counts ON true"""
    given = question.parameters | {"first": days.begin, "last": days.end, "limit": 2 * limit}
    rows = (await session.execute(text(statement), given)).all()
    found = [(of_days, Count(*count)) for _, of_days, *count in rows if of_days is not None]
    of_days, rest = ([count for apart, count in found if apart is which] for which in (True, False))
    return Parts(rows[0].version, of_days, rest)


def added(*counted: Iterable[Count]) -> list[Count]:
    """The sums of counts of one question, without those that are nothing, in order."""
    sums: Counter[tuple[int, str, str | None]] = Counter()
    for place, activity_type, key, number in chain(*counted):
        sums[place, activity_type, key] += number
    ordered = sorted(sums.items(), key=lambda one: (*one[0][:2], one[0][2] or ""))
    return [Count(*which, number) for which, number in ordered if number]


async def contacts(session: AsyncSession, question: Question) -> int:
    """How many contacts the activities are of: counted from rows, however many there are."""
    statement = f"""SELECT count(DISTINCT contact_id) FROM {EVERY_ACTIVITY} AS activity
        WHERE occurred_at >= :since AND occurred_at < :until AND {_filters(question)}"""
    return int(await session.scalar(text(statement), question.parameters) or 0)


# Versions are drawn, so that days whose versions make the same text have the same rollups.
_VERSION = """SELECT md5(coalesce(string_agg(CAST(version AS text), ' ' ORDER BY day), '')) AS version
    FROM activity_rollup_versions WHERE customer_id = :customer_id AND day >= :first AND day < :last"""


def _sources(question: Question, without: Days | None = None) -> Iterator[str]:
    """SQL: what is added up, as ``at``, ``activity_type``, ``key`` and ``number``; ``without`` the rollups of days."""
    key, filters = _COLUMN[question.group_by], _filters(question)
    rows = f"SELECT occurred_at AS at, activity_type, {key} AS key, 1 AS number FROM {EVERY_ACTIVITY} AS activity"
    if question.of_rows:
        yield f"{rows} WHERE occurred_at >= :since AND occurred_at < :until AND {filters}"
        return
    for begin, end in (("begin", "first"), ("last", "end")) if without else (("begin", "end"),):
        yield _rolled_up(question, begin, end)
    yield _rolled_up(question, "begin", "end", table="activity_deltas")
    yield f"{rows} WHERE occurred_at >= :since AND occurred_at < :begin AND {filters}"
    yield f"{rows} WHERE occurred_at >= :end AND occurred_at < :until AND {filters}"


def _rolled_up(question: Question, begin: str, end: str, *, table: str | None = None) -> str:
    """SQL: counts by quarter of an hour between two parameters, by default from the rollup that tells groups apart."""
    by_mailbox = question.group_by is GroupBy.MAILBOX
    rollup = "activity_rollups_by_mailbox" if by_mailbox else "activity_rollups_by_step"
    return f"""SELECT quarter_hour AS at, activity_type, {_COLUMN[question.group_by]} AS key, number
        FROM {table or rollup} AS rollup
        WHERE quarter_hour >= :{begin} AND quarter_hour < :{end} AND {_filters(question)}"""


def _filters(question: Question) -> str:
    filters = ["customer_id = :customer_id"]
    filters += ["sequence_id = :sequence_id"] * (question.sequence_id is not None)
    filters += ["contact_id = :contact_id"] * (question.contact_id is not None)
    return " AND ".join(filters)


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)
