"""When a send that a server put off is tried again, and when it is given up (RFC 5321 4.5.4.1)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class RetrySchedule:
    """The waits between the tries of one send, in minutes: the first after the first try; the last repeats.

    Raises ``ValueError`` when it is empty or holds anything but finite numbers above 0.
    """

    minutes: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.minutes or not all(math.isfinite(wait) and wait > 0 for wait in self.minutes):
            raise ValueError("a retry schedule is one or more numbers of minutes above 0, such as 30,30,60,120,240")

    @classmethod
    def parse(cls, value: RetrySchedule | str | float | Iterable[float]) -> RetrySchedule:
        """The schedule written as ``30,60,120``, as one number or as several."""
        if isinstance(value, RetrySchedule):
            return value
        if isinstance(value, str):
            return cls(tuple(_number(part) for part in value.split(",")))
        return cls((float(value),) if isinstance(value, int | float) else tuple(map(float, value)))

    def __str__(self) -> str:
        return ",".join(f"{wait:g}" for wait in self.minutes)

    def wait(self, attempts: int) -> timedelta:
        """The wait after so many tries (1 or more)."""
        return timedelta(minutes=self.minutes[min(max(attempts, 1), len(self.minutes)) - 1])

    def next_try(
        self, *, attempts: int, first_claimed_at: datetime, now: datetime, give_up_after: timedelta
    ) -> datetime | None:
        """When to try again after ``attempts`` tries; None: give up.

        A send is given up when its time is over and the whole schedule was used: days in which its mailbox could not
        send at all, so that hardly anything was tried, do not fail it.
        """
        if now - first_claimed_at >= give_up_after and attempts > len(self.minutes):
            return None
        return now + self.wait(attempts)


def _number(written: str) -> float:
    try:
        return float(written)
    except ValueError:
        return math.nan
