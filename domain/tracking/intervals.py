"""Time cut into the hours, days or weeks of a zone, for series of counts."""

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum

from domain.scheduling.zones import Zone

_HOUR = 3600


class Interval(StrEnum):
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"

    @property
    def seconds(self) -> int:
        """How long it is where no clock is changed."""
        return _HOUR * {Interval.HOUR: 1, Interval.DAY: 24, Interval.WEEK: 7 * 24}[self]


def edges(since: datetime, until: datetime, interval: Interval, zone: Zone) -> Iterator[datetime]:
    """``since``, and then where each interval begins before ``until``: the first and the last may be cut short.

    A week begins on Monday (ISO 8601). A day is as long as the zone makes it, and begins at the first instant that its
    calendar shows; one that the zone skips is left out. Both are aware instants of the years 1970 to 2199.
    """
    yield since
    end = until.timestamp()
    edge = _next(int(since.timestamp()), interval, zone)
    while edge < end:
        yield datetime.fromtimestamp(edge, UTC)
        edge = _next(edge, interval, zone)


def _next(t: int, interval: Interval, zone: Zone) -> int:
    """The first instant after ``t`` (epoch seconds) at which an interval begins."""
    if interval is Interval.HOUR:
        return t + _HOUR - zone.local(t) % _HOUR
    # Day 0, 1970-01-01, was a Thursday.
    day = zone.day(t)
    day += 7 - (day + 3) % 7 if interval is Interval.WEEK else 1
    while (start := zone.day_start(day)) <= t:
        day += 1
    return start
