"""One clock for many processes: the wall clock plus an offset that lies in a file which all of them have mapped.

Whoever drives the test moves the offset; between two moves the clock runs as fast as the wall clock does, so graces and
distances between sends mean what they mean in production.
"""

import asyncio
import mmap
import struct
import time
from collections.abc import Callable
from contextvars import Context, ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_TICK_SECONDS = 0.01
_WAKE: Callable[..., object] = asyncio.futures._set_result_unless_cancelled  # type: ignore[attr-defined]
"""What ``asyncio.sleep``, and nothing else, is called back by."""
_OFFSET, _NUMBER = struct.Struct("<d"), struct.Struct("<q")
_PROCESSES = 64
_SIZE = 24 + 8 * _PROCESSES


@dataclass(slots=True)
class Sleepers:
    """How many tasks of a kind sleep by the calendar at the moment."""

    count: int = 0


by_the_calendar: ContextVar[Sleepers | None] = ContextVar("by_the_calendar", default=None)
"""Set in tasks that sleep by the shared clock."""


class SharedClock:
    """The calendar's present for all processes that map ``path``; a file that is missing is made, with offset 0."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.exists():
            path.write_bytes(bytes(_SIZE))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _SIZE)

    @property
    def offset(self) -> float:
        """Seconds by which the calendar is ahead of the wall clock."""
        return float(_OFFSET.unpack_from(self._memory, 0)[0])

    @property
    def wave(self) -> int:
        """Counts the moves, so that whoever waits for something due sees that it is time to look."""
        return int(_NUMBER.unpack_from(self._memory, 8)[0])

    @property
    def stopped(self) -> bool:
        return bool(_NUMBER.unpack_from(self._memory, 16)[0])

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self.offset, UTC)

    def set(self, moment: datetime) -> None:
        """Show ``moment``."""
        self._write(moment.timestamp() - time.time())

    def move(self, by: timedelta) -> None:
        self._write(self.offset + by.total_seconds())

    def stop(self) -> None:
        """Tell everybody that the test is over."""
        _NUMBER.pack_into(self._memory, 16, 1)

    def note_busy(self, process: int, count: int) -> None:
        """The process is at so many things at the moment that take real time."""
        _NUMBER.pack_into(self._memory, 24 + 8 * process, count)

    @property
    def busy(self) -> list[int]:
        """The processes that are at something."""
        return [process for process in range(_PROCESSES) if any(self._memory[24 + 8 * process : 32 + 8 * process])]

    def _write(self, offset: float) -> None:
        _OFFSET.pack_into(self._memory, 0, offset)
        _NUMBER.pack_into(self._memory, 8, self.wave + 1)


class CalendarLoop(asyncio.SelectorEventLoop):
    """An event loop in which ``asyncio.sleep`` ends when the shared clock says so, in tasks that live by it.

    Time-outs of servers stay real, whatever the clock does meanwhile.
    """

    def __init__(self, clock: SharedClock) -> None:
        self._clock = clock
        super().__init__()

    def call_later(  # type: ignore[override]  # the arguments belong to a callback that is only handed on
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        sleepers = by_the_calendar.get()
        if callback is not _WAKE or sleepers is None:
            return super().call_later(delay, callback, *args, context=context)
        moment = self._clock.now() + timedelta(seconds=delay)
        sleepers.count += 1
        return super().call_later(min(delay, _TICK_SECONDS), self._wake, sleepers, moment, *args, context=context)

    def _wake(self, sleepers: Sleepers, moment: datetime, future: asyncio.Future[None], result: None) -> None:
        if self._clock.now() < moment and not future.cancelled():
            super().call_later(_TICK_SECONDS, self._wake, sleepers, moment, future, result)
            return
        sleepers.count -= 1
        _WAKE(future, result)
