"""Sending hours: the ranges of each weekday in which steps may run, and when they are open in a zone.

Hours are the wall's: both edges of a range are instants by ``Zone.instant``, so a range that falls wholly into a gap
does not exist. Holidays are dates in the same zone: nothing is open on one, nor in a range that begins on one.
Instants are epoch seconds (UTC), days are days since 1970-01-01.
"""

import re
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from domain.errors import FieldError, Invalid
from domain.scheduling.zones import DAY, Zone, day_number

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MAX_RANGES = 24
"""Most ranges of one weekday."""
HORIZON = 3 * 366 * DAY
"""How far openings are looked for, in seconds."""

_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_THURSDAY = 3
"""1970-01-01."""
_CHUNK = 128
"""Days whose openings are worked out together."""

Range = tuple[int, int]
"""Start (in) and end (out) in seconds since the midnight with which the day begins; the end may be on the next day."""
_Days = tuple[tuple[Range, ...], ...]


@dataclass(frozen=True, slots=True)
class SendingHours:
    """``ranges`` of each weekday, Monday first; each belongs to the day on which it starts. ``holidays`` are days."""

    ranges: _Days
    holidays: frozenset[int] = frozenset()

    @classmethod
    def daily(cls, start: time | None, end: time | None, days: Sequence[bool]) -> "SendingHours":
        """The same range on each of ``days`` (Monday first): from ``start``, else midnight, to ``end``, else midnight.

        An ``end`` that is not after ``start`` is on the next day.
        """
        return cls(tuple(((_range(_second(start), _second(end)),) if day else ()) for day in days))

    @property
    def never_opens(self) -> bool:
        """Whether no weekday has a range."""
        return not any(self.ranges)

    def on_holidays(self, dates: Iterable[date]) -> "SendingHours":
        """The same hours, closed on ``dates`` too."""
        return replace(self, holidays=self.holidays.union(map(day_number, dates)))

    def of_day(self, day: int) -> tuple[Range, ...]:
        """What is left by the holidays of the ranges that begin on a day."""
        if day in self.holidays:
            return ()
        ranges = self.of_weekday(day)
        return tuple((start, min(end, DAY)) for start, end in ranges) if day + 1 in self.holidays else ranges

    def of_weekday(self, day: int) -> tuple[Range, ...]:
        """The ranges that begin on a day if it is no holiday."""
        return self.ranges[(day + _THURSDAY) % 7]


ALWAYS = SendingHours((((0, DAY),),) * 7)
"""Open around the clock."""


def parse_hours(json: object) -> SendingHours:
    """The hours of their JSON: an object with some of ``WEEKDAYS``, each a list of ranges ``["09:00", "12:30"]``.

    A range is from its start (in) to its end (out), which is on the next day if it is not after the start; a missing
    day is closed. Raises ``Invalid`` with every wrong place.
    """
    problems = tuple(hours_problems(json))
    if problems:
        raise Invalid("sending_hours.invalid", "These are no sending hours; see the fields.", problems)
    assert isinstance(json, dict)
    return SendingHours(tuple(tuple(sorted(map(_parsed, json.get(day, ())))) for day in WEEKDAYS))


def hours_problems(json: object) -> Iterator[FieldError]:
    """Every wrong place in the JSON of sending hours; pointers are relative to it (RFC 6901)."""
    if not isinstance(json, dict):
        yield FieldError("", "type", "must be an object of weekdays, each with a list of ranges")
        return
    for name, ranges in json.items():
        pointer = "/" + str(name).replace("~", "~0").replace("/", "~1")
        if name not in WEEKDAYS:
            yield FieldError(pointer, "unknown_field", f"is no weekday; they are {', '.join(WEEKDAYS)}")
        elif not isinstance(ranges, list):
            yield FieldError(pointer, "type", "must be a list of ranges")
        elif len(ranges) > MAX_RANGES:
            yield FieldError(pointer, "too_many", f"must have at most {MAX_RANGES} ranges")
        else:
            yield from _day_problems(ranges, pointer)
    if not any(json.get(day) for day in WEEKDAYS):
        yield FieldError("", "never_opens", "must have a range on at least one weekday, or nothing is ever sent")


def settings_problems(settings: Mapping[str, Any]) -> Iterator[FieldError]:
    """Every wrong place in the hours among the settings of a sequence; pointers are into the settings."""
    for name in ("sending_hours", "follow_up_hours"):
        if settings.get(name) is not None:
            for error in hours_problems(settings[name]):
                yield FieldError(f"/{name}{error.pointer}", error.code, error.detail)


def _day_problems(ranges: list[Any], at: str) -> Iterator[FieldError]:
    wrong = [(f"{at}/{index}", problem) for index, one in enumerate(ranges) if (problem := _range_problem(one))]
    yield from (FieldError(pointer, "type", problem) for pointer, problem in wrong)
    if wrong:
        return
    until = 0
    for start, end, index in sorted((*_parsed(one), index) for index, one in enumerate(ranges)):
        if start < until:
            yield FieldError(f"{at}/{index}", "overlap", "overlaps another range of the same day")
        until = max(until, end)


def _range_problem(one: object) -> str | None:
    if not (isinstance(one, list) and len(one) == 2):
        return "must be a list of a start and an end"
    times = all(isinstance(edge, str) and _TIME.fullmatch(edge) for edge in one)
    return None if times else 'must be two times from "00:00" to "23:59"'


def _parsed(one: list[str]) -> Range:
    start, end = (int(hour) * 3600 + int(minute) * 60 for hour, minute in (edge.split(":") for edge in one))
    return _range(start, end)


def _range(start: int, end: int) -> Range:
    """The range between two times of day; an end that is not after the start is on the next day."""
    return start, end if end > start else end + DAY


def _second(moment: time | None) -> int:
    """The second of the day of a time, which is midnight when there is none."""
    return moment.hour * 3600 + moment.minute * 60 + moment.second if moment else 0


class _Table(NamedTuple):
    """The openings that begin on the days from ``first_day`` (in) to ``last_day`` (out), in order and apart.

    From the instant ``first`` on it is known what is open; every opening that begins before ``last`` is there.
    """

    first: int
    last: int
    opens: list[int]
    closes: list[int]
    first_day: int
    last_day: int


_NOTHING = _Table(sys.maxsize, sys.maxsize, [], [], 0, 0)


class Openings:
    """When ``hours`` are open in ``zone``; ranges that overlap or touch make one opening.

    They are worked out when they are first asked for, and kept. A table is replaced as a whole and never changed, so
    threads may share the openings.
    """

    __slots__ = ("_table", "hours", "zone")

    def __init__(self, hours: SendingHours, zone: Zone) -> None:
        self.hours = hours
        self.zone = zone
        self._table = _NOTHING

    def __repr__(self) -> str:
        return f"Openings({self.hours!r}, {self.zone!r})"

    def next_open(self, t: int) -> int | None:
        """The first instant at or after ``t`` inside an opening; None when there is none within ``HORIZON``."""
        first, _, opens, closes, _, _ = self._table
        i = bisect_right(closes, t)
        if t < first or i == len(closes):
            opens, closes = self._reaching(t)[2:4]
            i = bisect_right(closes, t)
            if i == len(closes):
                return None
        opened = opens[i]
        if opened <= t:
            return t
        return opened if opened - t <= HORIZON else None

    def opening(self, t: int) -> tuple[int, int] | None:
        """From when (in) to when (out) the opening is that contains ``t``, or else the next one; None if none is.

        An edge more than ``HORIZON`` away from ``t``, or from the next opening, is given as so far away.
        """
        inside = self.next_open(t)
        if inside is None:
            return None
        earliest, latest = inside - HORIZON, inside + HORIZON
        table = self._covering(self._table, inside, inside)
        while True:
            i = bisect_right(table.closes, inside)
            if table.opens[i] <= table.first and table.first > earliest:
                table = self._covering(table, table.first - 1, inside)
            elif table.closes[i] >= table.last and table.last < latest:
                table = self._covering(table, inside, table.last)
            else:
                return max(table.opens[i], earliest), min(table.closes[i], latest)

    def holidays_met(self, t: int) -> tuple[int, ...]:
        """The holidays, as days in order, for which ``t`` waits.

        That is, those that close what would be open at some instant between ``t`` and the next opening. None: if
        ``t`` waits, then for the ordinary hours alone.
        """
        until = self.next_open(t)
        until = t + HORIZON if until is None else until
        days = range(self.zone.day(t) - 2, self.zone.day(until) + 2)
        near = sorted(self.hours.holidays.intersection(days)) if until > t else ()
        return tuple(day for day in near if any(opens < until and closes > t for opens, closes in self._closed_by(day)))

    def _closed_by(self, holiday: int) -> Iterator[tuple[int, int]]:
        """What would be open but for a holiday: the ranges that begin on it, and the evening's before from midnight."""
        whole = [(holiday, start, end) for start, end in self.hours.of_weekday(holiday)]
        tails = [(holiday - 1, DAY, end) for _, end in self.hours.of_weekday(holiday - 1) if end > DAY]
        return self._instants([*tails, *whole])

    def _reaching(self, t: int) -> _Table:
        """The table from ``t`` to an opening that is not over then, or to more than ``HORIZON`` after it."""
        table = self._covering(self._table, t, t)
        while bisect_right(table.closes, t) == len(table.closes) and table.last <= t + HORIZON:
            table = self._covering(table, t, table.last)
        return table

    def _covering(self, table: _Table, low: int, high: int) -> _Table:
        """The table, after it has been made to reach from ``low`` to ``high``."""
        if table.first <= low and high < table.last:
            return table
        # A range that began on the day before may still be open, and a clock that is put back shows a day again.
        lower, upper = self.zone.day(low) - 2, self.zone.day(high) + 2
        lower, upper = lower - lower % _CHUNK, upper - upper % _CHUNK + _CHUNK
        first_day, last_day = table[4:] if table is not _NOTHING else (lower, lower)
        lower, upper = min(lower, first_day), max(upper, last_day)
        known = zip(table.opens, table.closes, strict=True)
        merged = _merged(chain(self._of_days(lower, first_day), known, self._of_days(last_day, upper)))
        opens, closes = [one[0] for one in merged], [one[1] for one in merged]
        first, last = self.zone.day_start(lower + 1), self.zone.day_start(upper)
        self._table = _Table(first, last, opens, closes, lower, upper)
        return self._table

    def _of_days(self, first_day: int, last_day: int) -> Iterator[tuple[int, int]]:
        """The openings that begin on the days from ``first_day`` (in) to ``last_day`` (out), by their start."""
        return self._instants(
            (day, *one) for day in range(first_day, last_day) for one in sorted(self.hours.of_day(day))
        )

    def _instants(self, ranges: Iterable[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
        """From when to when each range (day, start, end) is open; those that fall wholly into a gap are left out."""
        instant = self.zone.instant
        for day, start, end in ranges:
            opens, closes = instant(day * DAY + start), instant(day * DAY + end)
            if opens < closes:
                yield opens, closes


@lru_cache(maxsize=1024)
def openings(hours: SendingHours, zone: Zone) -> Openings:
    """The openings of ``hours`` in ``zone``."""
    return Openings(hours, zone)


def _merged(ordered: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans, ordered by their start, with those that overlap or touch made one."""
    merged: list[tuple[int, int]] = []
    for opens, closes in ordered:
        if merged and opens <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(closes, merged[-1][1])
        else:
            merged.append((opens, closes))
    return merged
