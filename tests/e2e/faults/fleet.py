"""The worker processes: started, killed (many sends at once) and started again."""

import asyncio
import os
import signal
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random  # noqa: TID251 - the accidents of a test are not drawn from the engine's hashes

from embedded.processes import Child

ROOT = Path(__file__).resolve().parents[3]
_TEND_SECONDS = 0.1
_LAST_WORDS_SECONDS = 0.03
"""The longest between the answers that the doomed process still gets and its death: it dies anywhere in its record."""


@dataclass(slots=True)
class _Doomed:
    """Conversations with one process that wait for its death."""

    last_words: list[Callable[[], None]] = field(default_factory=list)
    dead: asyncio.Event = field(default_factory=asyncio.Event)
    timer: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Fleet:
    """``size`` workers, replaced when killed. A kill waits for ``together`` sends, ``patience`` seconds at most."""

    environment: Mapping[str, str]
    folder: Path
    size: int
    together: int
    patience: float
    every: float | None = None
    """Seconds, on average, between two kills that nobody planned; None: there are none."""
    seed: int = 1
    kills: int = 0
    note_death: Callable[[int], None] = lambda pid: None
    _children: list[Child] = field(default_factory=list)
    _doomed: dict[int, _Doomed] = field(default_factory=lambda: defaultdict(_Doomed))
    _chores: list[asyncio.Task[None]] = field(default_factory=list)
    _draw: Random = field(init=False)

    def start(self) -> None:
        self._draw = Random(f"fleet/{self.seed}")
        self._children = [self._spawn(index) for index in range(self.size)]
        self._chores = [asyncio.create_task(self._tend())]
        if self.every is not None:
            self._chores.append(asyncio.create_task(self._kill_now_and_then(self.every)))

    async def stop(self) -> None:
        """End all workers, properly."""
        for chore in self._chores:
            chore.cancel()
            with suppress(asyncio.CancelledError):
                await chore
        await asyncio.gather(*(child.end(signal.SIGTERM, seconds=15) for child in self._children))

    def check(self) -> None:
        """Raises ``ChildProcessError`` when a worker or what tends them has ended by itself."""
        for chore in self._chores:
            if chore.done():
                raise ChildProcessError("the fleet is not tended any more") from chore.exception()

    async def kill(self, pid: int, last_words: Callable[[], None] | None = None) -> None:
        """Wait until the process is killed: with its ``together``-th candidate, or after ``patience`` seconds."""
        doomed = self._doomed[pid]
        doomed.last_words.append(last_words or (lambda: None))
        if doomed.timer is None:
            doomed.timer = asyncio.get_running_loop().call_later(self.patience, self._speak_and_kill, pid)
        elif len(doomed.last_words) == self.together:
            doomed.timer.cancel()
            self._speak_and_kill(pid)
        await doomed.dead.wait()

    def _speak_and_kill(self, pid: int) -> None:
        for speak in self._doomed[pid].last_words:
            speak()
        wait = self._draw.uniform(0, _LAST_WORDS_SECONDS)
        asyncio.get_running_loop().call_later(wait, self._kill, pid)

    def _kill(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.kills += 1
        self.note_death(pid)
        self._doomed.pop(pid, _Doomed()).dead.set()

    async def _tend(self) -> None:
        while True:
            for index, child in enumerate(self._children):
                if child.alive:
                    continue
                if child.exit_code != -signal.SIGKILL:
                    raise ChildProcessError(f"a worker ended with {child.exit_code}:\n{child.log_tail()}")
                self._children[index] = self._spawn(index)
            await asyncio.sleep(_TEND_SECONDS)

    async def _kill_now_and_then(self, every: float) -> None:
        while True:
            await asyncio.sleep(self._draw.uniform(0.5, 1.5) * every)
            self._kill(self._draw.choice(self._children).pid)

    def _spawn(self, index: int) -> Child:
        return Child.spawn(
            f"worker {index}",
            [sys.executable, "-m", "tests.e2e.faults.worker"],
            log=self.folder / f"worker-{index}.log",
            cwd=ROOT,
            env={**os.environ, **self.environment},
        )
