"""Instants of tests by what a zone's clocks show, from ``zoneinfo`` alone."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.scheduling.hours import Openings
from domain.scheduling.schedule import Delay, after_delay
from domain.scheduling.zones import Zone


def at(text: str, zone_name: str = "UTC", *, fold: int = 0) -> int:
    """The epoch second at which the clocks of a zone show ``text``; ``fold=1`` is the second of two."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone_name), fold=fold).timestamp())


def wall(text: str) -> int:
    """A wall-clock time in seconds since 1970-01-01T00:00."""
    return at(text)


def day(text: str) -> int:
    """The number of a day."""
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def due_at(t: int, delay: Delay, zone: Zone, openings: Openings | None = None) -> int | None:
    """When a step that may run ``delay`` after ``t`` is due; None if nothing opens within years."""
    due = after_delay(t, delay, zone)
    return due if openings is None else openings.next_open(due)
