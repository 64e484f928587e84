"""Keeps parts running: one that died is started again, on the ports that it had."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from embedded.processes import ServiceError, wait_until

_LOOK_SECONDS = 0.1
_FIRST_PAUSE_SECONDS = 0.1
_LONGEST_PAUSE_SECONDS = 5.0
# A part that lived so long is taken for sound again: its next death is answered quickly.
_SOUND_SECONDS = 10.0
_log = logging.getLogger(__name__)


class Part(Protocol):
    """Something that runs as a child process."""

    @property
    def name(self) -> str:
        """What it is called in logs and in `pids`."""

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""

    @property
    def alive(self) -> bool:
        """Whether it runs."""

    async def start(self) -> None:
        """Start it and wait until it is ready; raises `ServiceError`."""

    async def stop(self) -> None:
        """End it and wait until it has ended."""


class Supervisor:
    """Starts parts in order, restarts each that dies, and stops them in reverse order.

    `on_change` is called after every restart, when process ids have changed.
    """

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self._on_change = on_change
        self._parts: list[Part] = []
        self._watchers: list[asyncio.Task[None]] = []

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of the parts that run now."""
        return {part.name: part.pid for part in self._parts if part.pid is not None}

    async def start(self, part: Part) -> None:
        """Start `part` and watch it from now on. Raises `ServiceError`."""
        self._parts.append(part)
        await part.start()
        self._watchers.append(asyncio.create_task(self._watch(part), name=f"watch {part.name}"))

    async def stop(self) -> None:
        """Stop watching, then end the parts, the last started first."""
        for watcher in self._watchers:
            watcher.cancel()
        await asyncio.gather(*self._watchers, return_exceptions=True)
        self._watchers.clear()
        while self._parts:
            await self._parts.pop().stop()

    async def _watch(self, part: Part) -> None:
        pause, started = _FIRST_PAUSE_SECONDS, time.monotonic()
        while True:
            await wait_until(lambda: not part.alive, every=_LOOK_SECONDS)
            if time.monotonic() - started > _SOUND_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            _log.warning("%s has died and is started again in %.1f s", part.name, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
            started = time.monotonic()
            await self._restart(part)

    async def _restart(self, part: Part) -> None:
        try:
            await part.start()
        except ServiceError as error:
            _log.warning("%s", error)
            return
        # The record of the process ids is worth no crash of the supervisor.
        with suppress(OSError):
            self._on_change()
