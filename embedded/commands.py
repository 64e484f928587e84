"""The engine's own commands, `python -m opendoors …`, as children."""

import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from embedded.processes import Child, ServiceError, http_get

_ROOT = Path(__file__).resolve().parents[1]
_START_SECONDS = 60.0
# Longer than a worker takes to finish the sends that it has begun.
_STOP_SECONDS = 30.0


class Command:
    """One long-running command, ready when `probe` says yes or, without one, as soon as it runs."""

    def __init__(
        self,
        name: str,
        arguments: tuple[str, ...],
        *,
        environment: Mapping[str, str],
        log: Path,
        probe: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        self.name = name
        self._arguments = arguments
        self._environment = environment
        self._log = log
        self._probe = probe
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """The command's process id while it runs."""
        return self._child.pid if self._child and self._child.alive else None

    @property
    def alive(self) -> bool:
        return self.pid is not None

    async def start(self) -> None:
        """Start the command and wait until it is ready. Raises `ServiceError` with the log's end."""
        child = self._child = _spawn(self.name, self._arguments, self._environment, self._log)
        if self._probe:
            try:
                await child.until_ready(self._probe, seconds=_START_SECONDS)
            except BaseException:
                await self.stop()
                raise

    async def stop(self) -> None:
        """End the command: SIGTERM, which lets it finish what it does, then SIGKILL."""
        if self._child:
            await self._child.end(signal.SIGTERM, seconds=_STOP_SECONDS)
            self._child = None


def api_probe(port: int) -> Callable[[], Awaitable[bool]]:
    """Whether the API on `port` answers GET /health with 200."""

    async def is_healthy() -> bool:
        answer = await http_get(port, "/health")
        return answer is not None and answer[0] == 200

    return is_healthy


async def run_command(
    name: str, *arguments: str, environment: Mapping[str, str], log: Path, seconds: float = 120.0
) -> str:
    """Run a command to its end; what it printed. Raises `ServiceError` when it fails or takes longer."""
    output = log.with_suffix(".out")
    output.unlink(missing_ok=True)
    child = _spawn(name, arguments, environment, log, output=output)
    try:
        if not await child.wait(seconds):
            raise ServiceError(f"{name} took longer than {seconds:g} s:\n{child.log_tail()}")
        if child.exit_code:
            raise ServiceError(f"{name} ended with code {child.exit_code}:\n{child.log_tail()}")
        return output.read_text(encoding="utf-8").strip()
    finally:
        await child.end(signal.SIGTERM)
        # It may hold a key.
        output.unlink(missing_ok=True)


def _spawn(
    name: str,
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    log: Path,
    output: Path | None = None,
) -> Child:
    return Child.spawn(
        name,
        [sys.executable, "-m", "opendoors", *arguments],
        log=log,
        output=output,
        # `-m` finds the module in the working folder, whether or not the project is installed.
        cwd=_ROOT,
        env={**os.environ, **environment},
    )
