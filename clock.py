"""The clock: the one place that reads the wall clock. Everything else is given the present as an argument."""

from collections.abc import Callable
from datetime import UTC, datetime

from settings import Settings


def utc_now() -> datetime:
    """The wall clock's present, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251


def clock_of(settings: Settings) -> Callable[[], datetime]:
    """Reads the calendar's present: the wall clock's, unless ``time_scale`` lets the calendar run faster."""
    scale = settings.scale
    return utc_now if scale.factor == 1 else lambda: scale.calendar(utc_now())
