"""One virtual clock: how calendar time, which all of the product lives in, runs against real time.

    calendar = epoch + (real - epoch) × factor

Everything that is called ``now`` or is kept in a row is calendar time. Real time is what Temporal's timers, time-outs
of servers and the wall clock know. At factor 1, which it is everywhere but in the embedded services, both are the same.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class TimeScale:
    """``factor`` calendar seconds pass in one real second; at ``epoch`` (aware) the two clocks show the same.

    All processes of an installation share both, so that they agree on the calendar.
    """

    factor: float = 1.0
    epoch: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    def calendar(self, real: datetime) -> datetime:
        """What the calendar shows at a ``real`` instant (both aware)."""
        return real if self.factor == 1 else self.epoch + (real - self.epoch) * self.factor

    def real(self, calendar: datetime) -> datetime:
        """The real instant at which the calendar shows ``calendar``, to the microsecond, and never too early."""
        if self.factor == 1:
            return calendar
        elapsed = (calendar - self.epoch) / _MICROSECOND / self.factor
        return self.epoch + timedelta(microseconds=math.ceil(elapsed))

    def stretch(self, real: timedelta) -> timedelta:
        """The calendar time that passes in a ``real`` duration."""
        return real if self.factor == 1 else real * self.factor
