"""When a step may run: its delay, then the first instant inside a sending window (rules of docs/architecture.md).

Everything is pure: ``now`` comes in, instants are aware datetimes, zones are IANA names of the pinned
``tzdata`` package (the system's files may be a year old, and two workers must never disagree).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones, reset_tzpath

reset_tzpath(())

WEEKDAYS = 7
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Delay:
    """``days`` are calendar days in a zone; ``hours`` and ``minutes`` are elapsed time, added after."""

    days: int = 0
    hours: int = 0
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class SendingWindow:
    """The wall-clock range in which a step may run: ``start`` (in) to ``end`` (out), on ``days`` (Monday first).

    No ``start`` means from midnight, no ``end`` means to midnight. An ``end`` that is not after ``start``
    crosses midnight and belongs to the day on which it starts.
    """

    start: time | None = None
    end: time | None = None
    days: Sequence[bool] = (True,) * WEEKDAYS

    @property
    def never_opens(self) -> bool:
        """Whether no weekday is a sending day."""
        return not any(self.days)


@dataclass(frozen=True, slots=True)
class TimeScale:
    """How much faster than the wall clock waits run: ``factor`` calendar seconds in one real second.

    1 everywhere but in the embedded services, where the demo lets a day pass in seconds.
    """

    factor: float = 1.0

    def shorten(self, now: datetime, due: datetime) -> datetime:
        """The real instant at which a wait from ``now`` to the calendar's ``due`` is over."""
        return due if self.factor == 1 else now + (due - now) / self.factor


@lru_cache(maxsize=1024)
def zone(name: str | None) -> ZoneInfo | None:
    """The zone of an IANA ``name``, or None when there is no such zone."""
    try:
        return ZoneInfo(name) if name and name in _zone_names() else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def step_zone(contact_timezone: str | None, sending_timezone: str | None, *, of_contact: bool) -> ZoneInfo:
    """The contact's zone when the sequence asks for it and it is valid, else the sequence's, else UTC."""
    return (zone(contact_timezone) if of_contact else None) or zone(sending_timezone) or ZoneInfo("UTC")


def instant(wall: datetime, tz: ZoneInfo) -> datetime:
    """The UTC instant of a naive wall-clock time in ``tz``.

    A time that the zone skips is the first instant after the gap; one that it repeats is the first of the two.
    """
    early = wall.replace(tzinfo=tz, fold=0).astimezone(UTC)
    if early.astimezone(tz).replace(tzinfo=None) == wall:
        return early
    return _end_of_gap(wall.replace(tzinfo=tz, fold=1).astimezone(UTC), early, tz)


def after_delay(start: datetime, delay: Delay, tz: ZoneInfo) -> datetime:
    """``start`` (aware) plus ``delay``: the same wall-clock time ``days`` on in ``tz``, then elapsed time."""
    moved = start.astimezone(UTC)
    if delay.days:
        local = start.astimezone(tz)
        # A fold=1 time that stays on its own day would otherwise be thrown back by an hour.
        moved = instant((local + timedelta(days=delay.days)).replace(tzinfo=None, fold=0), tz)
    return moved + timedelta(hours=delay.hours, minutes=delay.minutes)


def next_open(moment: datetime, window: SendingWindow, tz: ZoneInfo) -> datetime | None:
    """The first UTC instant at or after ``moment`` inside ``window`` in ``tz``; None if it never opens."""
    moment = moment.astimezone(UTC)
    first_day = moment.astimezone(tz).date() - timedelta(days=1)
    for opens, closes in _openings(first_day, window, tz):
        if closes > moment:
            return max(opens, moment)
    return None


def due_at(start: datetime, delay: Delay, window: SendingWindow | None, tz: ZoneInfo) -> datetime | None:
    """When a step that may run ``delay`` after ``start`` is due; None if its window never opens."""
    moment = after_delay(start, delay, tz)
    return moment if window is None else next_open(moment, window, tz)


def _openings(first_day: date, window: SendingWindow, tz: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """The window's openings of three weeks, in order; those that fall wholly into a gap are left out.

    A weekly window may have been missed by a moment and then fall into a gap: its next opening is in the third week.
    """
    start, end = window.start or time.min, window.end or time.min
    overnight = end <= start
    for offset in range(3 * WEEKDAYS):
        day = first_day + timedelta(days=offset)
        if window.days[day.weekday()]:
            opens = instant(datetime.combine(day, start), tz)
            closes = instant(datetime.combine(day + timedelta(days=int(overnight)), end), tz)
            if opens < closes:
                yield opens, closes


def _end_of_gap(before: datetime, after: datetime, tz: ZoneInfo) -> datetime:
    """The first instant in (before, after] with the offset of ``after``, to the second."""
    target = after.astimezone(tz).utcoffset()
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
        if middle.astimezone(tz).utcoffset() == target:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())
