"""When a step may run: its delay, then the first instant inside its sending hours (rules of docs/architecture.md).

Everything is pure. Instants are epoch seconds (UTC, whole seconds); ``seconds`` and ``moment`` lead there and back.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.scheduling.zones import DAY, Zone

PUNCTUAL = timedelta(seconds=15)
"""A step that runs at most so long after its instant counts as run at that instant, so that delays do not drift."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Delay:
    """``days`` are calendar days in a zone; ``hours`` and ``minutes`` are elapsed time, added after."""

    days: int = 0
    hours: int = 0
    minutes: int = 0


def after_delay(t: int, delay: Delay, zone: Zone) -> int:
    """``t`` plus ``delay``: the same wall-clock time ``days`` on in ``zone``, then elapsed time."""
    # Without days the wall clock is not asked: the second of two equal times would be thrown back to the first.
    if delay.days:
        t = zone.instant(zone.local(t) + delay.days * DAY)
    return t + delay.hours * 3600 + delay.minutes * 60


def seconds(moment: datetime) -> int:
    """The whole second in which an aware ``moment`` lies."""
    return (moment - _EPOCH) // _SECOND


def moment(t: int) -> datetime:
    """The aware UTC datetime of an instant."""
    return _EPOCH + timedelta(seconds=t)
