"""What the dates of filter rules say: "30 days ago", "last 2 weeks", "this month", "2026-11-23".

Each is a period of instants in a zone, at a moment ``now``:

- "3 days ago", "3 days from now", "now", "2026-11-23T09:00:00Z" are instants, periods of no length;
- "last 3 days" reaches from 3 days ago to now, "next 3 days" from now on;
- "today", "yesterday", "tomorrow", "2026-11-23" are days, and "this week", "last month", "next quarter", "this year"
  are what the calendar calls so, a week from Monday on (ISO 8601).

Hours, days and weeks that are counted are elapsed time (a day is 24 hours), the same in every zone. Months, quarters
and years that are counted are the calendar's: the same time of day on the same day of the month, or on the month's last
day if it is too short. A time of day that the zone skips is the first instant after the gap; one that it repeats is the
first of the two. Outside the years 1970 to 2199 every zone is taken for UTC.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from domain.scheduling.zones import Zone

_TIME = r"[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
_DATE = "[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}"
WITH_OFFSET = rf"{_DATE}{_TIME}(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])"
"""Instants of ISO 8601, as Python and Postgres both match and read them; the day may still be none of its month."""
WITHOUT_OFFSET = rf"{_DATE}({_TIME})?"
"""Days and wall-clock times of ISO 8601, likewise."""

_UNITS = "(hour|day|week|month|quarter|year)s?"
_POINT = re.compile(rf"([0-9]{{1,5}}) {_UNITS} (ago|from now)")
_SPAN = re.compile(rf"(last|next) ([0-9]{{1,5}}) {_UNITS}")
_UNIT = re.compile("(last|this|next) (week|month|quarter|year)")
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_STEPS = {"last": -1, "this": 0, "next": 1}
_ELAPSED = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_ISO = re.compile(f"{WITH_OFFSET}|{WITHOUT_OFFSET}")

_TICK = timedelta(microseconds=1)
"""The least time between two instants, in Python as in Postgres."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(2200, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """From ``start`` to ``end``, aware and both in; ``zone`` is the one in which it was said."""

    start: datetime
    end: datetime
    zone: Zone

    @property
    def wall_start(self) -> datetime:
        """What the zone's clocks show at the start, without a zone."""
        return _wall(self.start, self.zone)

    @property
    def wall_end(self) -> datetime:
        """What the zone's clocks show at the end, without a zone."""
        return _wall(self.end, self.zone)


def is_span(text: Any) -> bool:
    """Whether ``text`` says a period of some length, seen from now: what ``date_relative`` asks for."""
    return isinstance(text, str) and bool(_SPAN.fullmatch(text) or _UNIT.fullmatch(text) or text in _DAYS)


def period(operand: Any, *, now: datetime, zone: Zone) -> Period | None:
    """The period that an operand says, or None when it says none."""
    if not isinstance(operand, str):
        return None
    if match := _POINT.fullmatch(operand):
        moment = _shifted(now, int(match[1]) * (-1 if match[3] == "ago" else 1), match[2], zone)
        return Period(moment, moment, zone)
    if match := _SPAN.fullmatch(operand):
        other = _shifted(now, int(match[2]) * _STEPS[match[1]], match[3], zone)
        return Period(min(now, other), max(now, other), zone)
    if operand == "now":
        return Period(now, now, zone)
    return _calendar_period(operand, now, zone) or _written_period(operand, zone)


def reading(value: Any) -> datetime | None:
    """The instant that a value of a contact is, aware, or the wall-clock time that it shows, naive; None if neither.

    Instants in JSON are texts of ISO 8601; one without an offset is a day or a time of nobody's zone yet.
    """
    if isinstance(value, str):
        return _parsed(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time())
    return value if isinstance(value, datetime) else None


def edge(moment: datetime, said: Period, *, end: bool) -> datetime:
    """The start or the end of a period as ``moment`` can be compared with it: an instant, or what the clocks show."""
    if moment.tzinfo is None:
        return said.wall_end if end else said.wall_start
    return said.end if end else said.start


def within(moment: datetime, said: Period) -> bool:
    """Whether the instant, or the wall-clock time, is in the period."""
    return edge(moment, said, end=False) <= moment <= edge(moment, said, end=True)


def _calendar_period(operand: str, now: datetime, zone: Zone) -> Period | None:
    today = _wall(now, zone).date()
    if operand in _DAYS:
        day = today + timedelta(days=_DAYS[operand])
        return _between_days(day, day + timedelta(days=1), zone)
    if match := _UNIT.fullmatch(operand):
        step, unit = _STEPS[match[1]], match[2]
        return _between_days(_unit_start(today, unit, step), _unit_start(today, unit, step + 1), zone)
    return None


def _written_period(operand: str, zone: Zone) -> Period | None:
    moment = _parsed(operand)
    if moment is None:
        return None
    if len(operand) == len("2026-11-23"):
        next_day = datetime.combine(date.max, time()) if moment.date() == date.max else moment + timedelta(days=1)
        return _between_days(moment.date(), next_day.date(), zone)
    instant = _instant(moment, zone) if moment.tzinfo is None else _utc(moment)
    return Period(instant, instant, zone)


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if _ISO.fullmatch(text) else None
    except ValueError:
        return None


def _between_days(first: date, after: date, zone: Zone) -> Period:
    start, end = (_instant(datetime.combine(day, time()), zone) for day in (first, after))
    return Period(start, end - _TICK, zone)


def _unit_start(day: date, unit: str, step: int) -> date:
    """The first day of the week, month, quarter or year ``step`` units after that of ``day``."""
    if unit == "week":
        return day + timedelta(days=7 * step - day.weekday())
    size = _MONTHS[unit]
    month = day.year * 12 + day.month - 1
    year, index = divmod(month - month % size + step * size, 12)
    return date(year, index + 1, 1)


def _shifted(now: datetime, count: int, unit: str, zone: Zone) -> datetime:
    """``now`` and ``count`` units; what no calendar can say is its first or last instant."""
    try:
        if unit in _ELAPSED:
            return now + count * _ELAPSED[unit]
        return _instant(_months_on(_wall(now, zone), count * _MONTHS[unit]), zone)
    except (OverflowError, ValueError):
        return _EARLIEST if count < 0 else _LATEST


def _months_on(wall: datetime, months: int) -> datetime:
    year, index = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    if not date.min.year <= year <= date.max.year:
        raise ValueError("no year of the calendar")
    length = calendar.monthrange(year, index + 1)[1]
    return wall.replace(year=year, month=index + 1, day=min(wall.day, length))


def _wall(moment: datetime, zone: Zone) -> datetime:
    since = moment - _EPOCH
    if not _EPOCH <= moment < _LAST:
        return moment.replace(tzinfo=None)
    seconds = since.days * 86_400 + since.seconds
    return datetime(1970, 1, 1) + timedelta(seconds=zone.local(seconds), microseconds=since.microseconds)  # noqa: DTZ001


def _instant(wall: datetime, zone: Zone) -> datetime:
    in_utc = wall.replace(tzinfo=UTC)
    if not _EPOCH <= in_utc < _LAST:
        return in_utc
    since = in_utc - _EPOCH
    seconds = since.days * 86_400 + since.seconds
    instant = zone.instant(seconds)
    # Only a time that the clocks show has a fraction of its second; one in a gap is the gap's end.
    fraction = since.microseconds if zone.local(instant) == seconds else 0
    return _EPOCH + timedelta(seconds=instant, microseconds=fraction)


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        return _LATEST
