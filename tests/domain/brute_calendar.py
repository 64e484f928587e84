"""Calendar arithmetic a second time, slow and plain: a zone's clock is walked minute by minute in UTC.

It asks ``zoneinfo`` what the clock shows and shares no arithmetic with ``domain``. The furthest wall-clock time that
the clock has shown says what has begun: a skipped time has once the clock leapt over it, a repeated one when the clock
showed it first. Instants and wall-clock times are whole minutes since 1970-01-01T00:00.
"""

import struct
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from itertools import accumulate
from operator import itemgetter
from zoneinfo import ZoneInfo

DAY = 24 * 60
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  the wall's, of no zone
_MINUTE = timedelta(minutes=1)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def offset_minutes(info: ZoneInfo, minute: int) -> int:
    """How far the clock is ahead of UTC; a part of a minute, which no zone has had since 1972, is an error."""
    ahead = datetime.fromtimestamp(minute * 60, info).utcoffset()
    assert ahead is not None
    whole, rest = divmod(ahead, _MINUTE)
    assert not rest, f"{info.key} is {ahead} ahead of UTC"
    return whole


def minutes_of(first: date, last: date, step: int) -> range:
    """Every ``step`` minutes from the first day (in) to the last (out), by UTC."""
    low, high = ((day - _EPOCH.date()).days * DAY for day in (first, last))
    return range(low, high, step)


def changes(info: ZoneInfo, after: int, until: int) -> Iterator[int]:
    """The minutes after ``after`` and up to ``until`` (in) at which the zone's offset changes."""
    known = offset_minutes(info, after)
    for minute in range(after + 1, until + 1):
        offset = offset_minutes(info, minute)
        if offset != known:
            yield minute
        known = offset


def recorded_changes(name: str) -> list[int]:
    """The seconds since 1970 of the changes that the zone's file lists (TZif, RFC 9636); rules tell the later ones."""
    data = files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()
    header = struct.Struct(">4sc15x6l")
    _, _, isut, isstd, leap, old_times, types, chars = header.unpack_from(data)
    # The first block is that of 32-bit programs; the one after it is meant.
    start = header.size + old_times * 5 + types * 6 + chars + leap * 8 + isstd + isut
    times = header.unpack_from(data, start)[5]
    return [t for t in struct.unpack_from(f">{times}q", data, start + header.size) if t >= 0]


class Hours:
    """Sending hours by their JSON, and the dates on which nothing is open."""

    def __init__(self, json: Mapping[str, list[list[str]]], holidays: frozenset[date] = frozenset()) -> None:
        self.json = json
        self.holidays = holidays

    def open_minutes(self, day: date) -> bytes:
        """For each minute of a day: whether the hours are open when the wall shows it."""
        eve = day - timedelta(days=1)
        today = [] if day in self.holidays else self._ranges(day)
        evening = [] if {day, eve} & self.holidays else self._ranges(eve)
        return _open_minutes(tuple(today), tuple(evening))

    def _ranges(self, day: date) -> list[tuple[time, time]]:
        ranges = self.json.get(_WEEKDAYS[day.weekday()], [])
        return [(time.fromisoformat(start), time.fromisoformat(end)) for start, end in ranges]


Ranges = tuple[tuple[time, time], ...]


@lru_cache(maxsize=1024)
def _open_minutes(today: Ranges, evening: Ranges) -> bytes:
    def is_open(clock: time) -> bool:
        begun = any((start <= clock < end) if start < end else start <= clock for start, end in today)
        return begun or any(end <= start and clock < end for start, end in evening)

    return bytes(is_open(time(*divmod(minute, 60))) for minute in range(DAY))


class Walk:
    """What a zone's clock showed at each minute from ``first`` (in) to ``last`` (out).

    No change of the clock may lie within a day before ``first``.
    """

    def __init__(self, name: str, first: int, last: int) -> None:
        info = ZoneInfo.no_cache(name)
        self.first, self.last = first, last
        self.wall = [minute + offset_minutes(info, minute) for minute in range(first, last)]
        self.furthest = list(accumulate(self.wall, max))
        self.low = self.wall[0]
        self.reached: list[int] = []
        """For each minute of the wall from ``low`` on, when the clock first showed it or a later one."""
        for minute, furthest in enumerate(self.furthest, first):
            self.reached.extend([minute] * (furthest - self.low + 1 - len(self.reached)))
        self._midnight = self.low - self.low % DAY
        self._pick = itemgetter(*(wall - self._midnight for wall in self.furthest))

    def shown(self, minute: int) -> int:
        """What the clock shows at an instant."""
        return self.wall[minute - self.first]

    def instant(self, wall: int) -> int:
        """When the clock first shows ``wall``, or a later time."""
        return self.reached[wall - self.low]

    def after_delay(self, second: int, days: int, hours: int, minutes: int) -> int:
        """The same time of day ``days`` on, then elapsed time; in and out are seconds."""
        minute, rest = divmod(second, 60)
        if days:
            target = self.shown(minute) + days * DAY
            minute = self.instant(target)
            # A clock that leapt over the minute leapt over each of its seconds.
            rest = rest if self.shown(minute) == target else 0
        return minute * 60 + rest + hours * 3600 + minutes * 60

    def openings(self, hours: Hours) -> "WalkedOpenings":
        """Which of the minutes are open."""
        days = range(self._midnight // DAY, self.furthest[-1] // DAY + 1)
        calendar = b"".join(hours.open_minutes(_EPOCH.date() + timedelta(days=day)) for day in days)
        return WalkedOpenings(self.first, bytes(self._pick(calendar)))


class WalkedOpenings:
    """Whether each minute from ``first`` on is open."""

    def __init__(self, first: int, is_open: bytes) -> None:
        self.first = first
        self.is_open = is_open

    def next_open(self, second: int) -> int | None:
        """The first open second at or after ``second``; None if the walk ends before."""
        minute = second // 60
        found = self.is_open.find(1, minute - self.first)
        return None if found < 0 else max(second, (found + self.first) * 60)

    def opening(self, second: int) -> tuple[int | None, int | None] | None:
        """The seconds from and to which the opening is that contains ``second``, or the next one.

        None for an edge, or an opening, that the walk does not reach.
        """
        found = self.is_open.find(1, second // 60 - self.first)
        if found < 0:
            return None
        opens, closes = self.is_open.rfind(0, 0, found) + 1, self.is_open.find(0, found)
        return (
            (opens + self.first) * 60 if opens else None,
            (closes + self.first) * 60 if closes >= 0 else None,
        )
