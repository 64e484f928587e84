"""How many activities there were: by type, in the hours, days or weeks of a zone, and by what they belong to."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, Field

from api import activity_counts
from api.caches import Cache, CacheOf
from api.dependencies import Context, Ctx
from api.problems import problems
from api.routing import new_router
from api.schemas import Timezone
from db import activity_summaries, workspaces
from db.activity_summaries import Count, GroupBy, Question
from domain.errors import Invalid
from domain.scheduling import zones
from domain.tracking.intervals import Interval, edges
from domain.vocabulary import ActivityType

router = new_router("activities")

SUMMARY_DAYS = 30
MAX_INTERVALS = 1000
MAX_COUNTS = 100_000
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_INVALID = (422, "summary.too_large", "Ask for a shorter time, or for longer intervals.")


class SeriesPoint(BaseModel):
    """The activities of one interval; the first and the last may be cut short."""

    since: datetime
    until: datetime
    total: int = Field(examples=[3])
    by_type: dict[ActivityType, int] = Field(examples=[{"email_opened": 3}], description="The types that occurred")


class ActivityGroup(BaseModel):
    """The activities of one sequence, step, mailbox, type or subtype."""

    key: str | None = Field(
        examples=["0198c0de-0000-7000-8000-000000000001"], description="Its id or word; null: those that have none"
    )
    total: int = Field(examples=[3])
    by_type: dict[ActivityType, int] = Field(examples=[{"email_opened": 3}], description="The types that occurred")
    series: list[int] | None = Field(examples=[[3]], description="Its total in each interval of `series`")


class ActivitySummary(BaseModel):
    """Counts of activities from `since` (in) to `until` (out)."""

    since: datetime
    until: datetime
    timezone: str = Field(examples=["Europe/Madrid"], description="Whose hours, days and weeks `series` has")
    total: int = Field(examples=[3])
    contacts: int | None = Field(examples=[2], description="How many contacts the activities are of, if that was asked")
    by_type: dict[ActivityType, int] = Field(
        examples=[{kind.value: int(kind is ActivityType.EMAIL_OPENED) * 3 for kind in ActivityType}],
        description="Every type, also those with none",
    )
    series: list[SeriesPoint] | None = Field(description="Each interval, also those with none; null without `interval`")
    groups: list[ActivityGroup] | None = Field(description="Those that occurred, most first; null without `group_by`")


@router.get("/api/activities/summary", summary="Count activities", responses=problems(_INVALID))
async def summarize_activities(
    ctx: Ctx,
    cache: CacheOf,
    since: Annotated[AwareDatetime | None, Query(description="30 days before `until` when it is left out")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Now when it is left out")] = None,
    interval: Annotated[Interval | None, Query(description="Count each hour, day or week too")] = None,
    timezone: Annotated[Timezone | None, Query(description="Whose; the workspace's when it is left out")] = None,
    group_by: Annotated[GroupBy | None, Query(description="Count by this too")] = None,
    contact_id: UUID | None = None,
    sequence_id: UUID | None = None,
    contacts: Annotated[
        bool | None,
        Query(description="Whether to count contacts; when it is left out, only without `interval` and `group_by`"),
    ] = None,
) -> ActivitySummary:
    """Exact at the moment of the answer. A week begins on Monday. Counting contacts reads every activity."""
    end = until or ctx.now
    begin = since or end - timedelta(days=SUMMARY_DAYS)
    _check_period(begin, end, interval)
    name = timezone or await workspaces.timezone_of(ctx.session, ctx.workspace_id)
    question = Question(
        customer_id=ctx.customer_id,
        edges=list(edges(begin, end, interval, zones.zone(name) or zones.UTC)) if interval else [begin],
        until=end,
        group_by=group_by,
        sequence_id=sequence_id,
        contact_id=contact_id,
    )
    rows = await _counts(ctx, cache, question)
    count_contacts = contacts if contacts is not None else interval is None and group_by is None
    by_type = _by_type(rows)
    return ActivitySummary(
        since=begin,
        until=end,
        timezone=name,
        total=sum(by_type.values()),
        contacts=await activity_summaries.contacts(ctx.session, question) if count_contacts else None,
        by_type=dict.fromkeys(ActivityType, 0) | by_type,
        series=list(_series(question, rows)) if interval else None,
        groups=_groups(question, rows, series=interval is not None) if group_by else None,
    )


def _check_period(since: datetime, until: datetime, interval: Interval | None) -> None:
    if not EARLIEST <= since < LATEST or not EARLIEST <= until < LATEST:
        raise Invalid("summary.period", "`since` and `until` lie in the years 1970 to 2199.")
    if interval is not None and (until - since).total_seconds() > MAX_INTERVALS * interval.seconds:
        detail = f"There are more than {MAX_INTERVALS:,} intervals: ask for a shorter time, or for longer intervals."
        raise Invalid("summary.too_large", detail)


async def _counts(ctx: Context, cache: Cache, question: Question) -> Sequence[Count]:
    rows = await activity_counts.counts(ctx.session, cache, question, now=ctx.now, limit=MAX_COUNTS + 1)
    if len(rows) > MAX_COUNTS:
        detail = f"There are more than {MAX_COUNTS:,} counts: ask for a shorter time, or for longer intervals."
        raise Invalid("summary.too_large", detail)
    return rows


def _by_type(rows: Iterable[Count]) -> dict[ActivityType, int]:
    counts: Counter[ActivityType] = Counter()
    for row in rows:
        counts[ActivityType(row.activity_type)] += row.number
    return dict(counts)


def _series(question: Question, rows: Sequence[Count]) -> Iterator[SeriesPoint]:
    """Every interval, in order."""
    places: list[list[Count]] = [[] for _ in question.edges]
    for row in rows:
        places[row.place].append(row)
    for (since, until), here in zip(pairwise([*question.edges, question.until]), places, strict=True):
        by_type = _by_type(here)
        yield SeriesPoint(since=since, until=until, total=sum(by_type.values()), by_type=by_type)


def _groups(question: Question, rows: Sequence[Count], *, series: bool) -> list[ActivityGroup]:
    by_key: dict[str | None, list[Count]] = {}
    for row in rows:
        by_key.setdefault(row.key, []).append(row)
    groups = [_group(key, here, len(question.edges) if series else None) for key, here in by_key.items()]
    return sorted(groups, key=lambda one: (-one.total, one.key or ""))


def _group(key: str | None, rows: Sequence[Count], places: int | None) -> ActivityGroup:
    totals: Counter[int] = Counter()
    for row in rows:
        totals[row.place] += row.number
    series = None if places is None else [totals[place] for place in range(places)]
    return ActivityGroup(key=key, total=sum(totals.values()), by_type=_by_type(rows), series=series)
