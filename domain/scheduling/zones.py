"""Time zones in whole numbers: what a zone's clocks show at an instant, and the instant at which they show it.

Instants are epoch seconds (UTC), days are days since 1970-01-01, and wall-clock times are the seconds since
1970-01-01T00:00 that the zone's clocks show. Zones are IANA names of the pinned ``tzdata`` package: the system's
files may be a year old, and two workers must never disagree.

A zone's changes of offset are looked for when they are first asked for, and kept. Every table is replaced as a
whole and never changed, so threads may share a zone.
"""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from itertools import accumulate
from operator import add
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones, reset_tzpath

reset_tzpath(())

DAY = 86_400
"""Seconds of a day on the wall."""

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_CHUNK = 366 * DAY
_MARGIN = 3 * DAY
"""More than a clock ever differs from UTC and a zone ever leapt, together."""


class _Table(NamedTuple):
    """The offsets of a zone from the instant ``first`` (in) to ``last`` (out).

    ``offsets[i]`` holds from ``starts[i]`` on; ``shown[i]`` is the furthest wall-clock time (out) that the clocks
    have shown by the end of it. The end of the last is that of the table.
    """

    first: int
    last: int
    starts: list[int]
    offsets: list[int]
    shown: list[int]


class Zone:
    """An IANA time zone; every instant from 1970 to 2200 may be asked for."""

    __slots__ = ("_info", "_table", "name")

    def __init__(self, name: str) -> None:
        """Raises ``ZoneInfoNotFoundError`` or ``ValueError`` when there is no such zone; see ``zone``."""
        self.name = name
        self._info = ZoneInfo.no_cache(name)
        self._table = _Table(0, 0, [], [], [])

    def __repr__(self) -> str:
        return f"Zone({self.name!r})"

    def local(self, t: int) -> int:
        """What the clocks show at the instant ``t``."""
        first, last, starts, offsets, _ = self._table
        if not first <= t < last:
            starts, offsets = self._covering(t, t)[2:4]
        return t + offsets[bisect_right(starts, t) - 1]

    def day(self, t: int) -> int:
        """The day that the calendar shows at the instant ``t``."""
        first, last, starts, offsets, _ = self._table
        if not first <= t < last:
            starts, offsets = self._covering(t, t)[2:4]
        return (t + offsets[bisect_right(starts, t) - 1]) // DAY

    def today(self, t: int) -> tuple[int, int]:
        """The day of the instant ``t``, and the first instant after it."""
        first, last, starts, offsets, _ = self._table
        if not first <= t < last:
            first, last, starts, offsets, _ = self._covering(t, t)
        i = bisect_right(starts, t)
        offset = offsets[i - 1]
        day = (t + offset) // DAY
        ends = (day + 1) * DAY - offset
        changes = starts[i] if i < len(starts) else last
        return day, ends if ends <= changes else self.day_start(day + 1)

    def instant(self, wall: int) -> int:
        """The first instant at which the clocks show ``wall`` or, where the zone skips it, a later time.

        So a skipped time is the first instant after the gap, and a repeated one the first of the two.
        """
        first, last, starts, offsets, shown = self._table
        if not first + _MARGIN <= wall < last - _MARGIN:
            first, last, starts, offsets, shown = self._covering(wall - _MARGIN, wall + _MARGIN)
        i = bisect_right(shown, wall)
        t = wall - offsets[i]
        start = starts[i]
        return t if t > start else start

    def day_start(self, day: int) -> int:
        """The first instant of a day: midnight or, where the zone skips that, the first instant after the gap.

        A day that is skipped whole starts, and ends, with the day after it.
        """
        return self.instant(day * DAY)

    def _covering(self, low: int, high: int) -> _Table:
        """The table, after it has been made to hold every instant from ``low`` to ``high`` (both in)."""
        first, last, starts, offsets, _ = self._table
        if first == last:
            first = last = low - low % _CHUNK
            starts, offsets = [first], [_offset(self._info, first)]
        lower, upper = min(first, low - low % _CHUNK), max(last, high - high % _CHUNK + _CHUNK)
        # The first start is no change but where the table began; `before` has it if it was a change as well.
        before = [(lower, _offset(self._info, lower)), *_changes(self._info, lower, first)]
        after = list(_changes(self._info, last, upper))
        starts = [t for t, _ in before] + starts[1:] + [t for t, _ in after]
        offsets = [offset for _, offset in before] + offsets[1:] + [offset for _, offset in after]
        ends = map(add, [*starts[1:], upper], offsets)
        self._table = _Table(lower, upper, starts, offsets, list(accumulate(ends, max)))
        return self._table


@lru_cache(maxsize=1024)
def zone(name: str | None) -> Zone | None:
    """The zone of an IANA ``name``, or None when there is no such zone."""
    try:
        return Zone(name) if name and name in names() else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


UTC = Zone("UTC")


def step_zone(contact_timezone: str | None, sending_timezone: str | None, *, of_contact: bool) -> Zone:
    """The contact's zone when the sequence asks for it and it is valid, else the sequence's, else UTC."""
    return (zone(contact_timezone) if of_contact else None) or zone(sending_timezone) or UTC


def day_number(day: date) -> int:
    """The number of a calendar day: days since 1970-01-01."""
    return day.toordinal() - _EPOCH_ORDINAL


def date_of(day: int) -> date:
    """The calendar day of a number of days since 1970-01-01."""
    return date.fromordinal(day + _EPOCH_ORDINAL)


@lru_cache(maxsize=1)
def names() -> frozenset[str]:
    """Every name that ``zone`` knows."""
    return frozenset(available_timezones())


def _offset(info: ZoneInfo, t: int) -> int:
    """What the zone's clocks are ahead of UTC at ``t``, in seconds; some zones of 1970 need whole seconds."""
    ahead = datetime.fromtimestamp(t, info).utcoffset()
    assert ahead is not None
    return ahead.days * DAY + ahead.seconds


def _changes(info: ZoneInfo, low: int, high: int) -> Iterator[tuple[int, int]]:
    """The changes of offset after ``low`` and up to ``high`` (in), each with its new offset; looked for day by day.

    No zone has changed and changed back within a day since 1970.
    """
    offset = _offset(info, low)
    for before in range(low, high, DAY):
        after = min(before + DAY, high)
        new = _offset(info, after)
        if new != offset:
            yield _first_with(info, new, before, after), new
            offset = new


def _first_with(info: ZoneInfo, offset: int, before: int, after: int) -> int:
    """The first instant in (before, after] with ``offset``, when it changes once in between."""
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(info, middle) == offset:
            after = middle
        else:
            before = middle
    return after
