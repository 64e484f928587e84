"""Child processes: free ports, children that never outlive their parent, waiting for readiness, ending in order."""

import asyncio
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

HOST = "127.0.0.1"
POLL_SECONDS = 0.02
_PR_SET_PDEATHSIG = 1
_LOG_TAIL_BYTES = 2000
_FREE_SECONDS = 3.0
_FIRST_PORT, _LAST_PORT = 15000, 32000

# Loaded before any fork: between fork and exec a child of a threaded parent must not import or allocate much.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class ServiceError(Exception):
    """An embedded service did not start, or cannot be used as asked."""


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(*preferred: int) -> int:
    """The first of the `preferred` ports that is free, else one drawn from those that no kernel hands out itself.

    A port of the ephemeral range (from 32768 on) could be taken as some connection's own while its server
    restarts.
    """
    candidates = (*preferred, *(_FIRST_PORT + secrets.randbelow(_LAST_PORT - _FIRST_PORT) for _ in range(200)))
    for port in candidates:
        if port and is_free(port):
            return port
    raise ServiceError(f"no free port between {_FIRST_PORT} and {_LAST_PORT}")


def is_running(pid: int) -> bool:
    """Whether `pid` is a process that runs; one that is dead and only waits to be reaped (a zombie) is not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    try:
        # proc(5): the state is the first field after the command, which is in parentheses and may hold any byte.
        state = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):
        # Without /proc the answer of kill(2) has to do; with it the process is gone since.
        return not Path("/proc/self/stat").exists()
    return state not in {b"Z", b"X"}


@dataclass(frozen=True, slots=True)
class User:
    """The numeric user and group that a child runs as."""

    uid: int
    gid: int


class Child:
    """A process in a session of its own that the kernel ends when this one dies."""

    def __init__(self, name: str, popen: subprocess.Popen[bytes], log: Path) -> None:
        self.name = name
        self.log = log
        self._popen = popen

    @classmethod
    def spawn(
        cls,
        name: str,
        argv: Sequence[str],
        *,
        log: Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        user: User | None = None,
        death_signal: signal.Signals = signal.SIGKILL,
        output: Path | None = None,
    ) -> "Child":
        """Run `argv` with what it prints appended to `log`, or its standard output to `output`, mode 0600.

        The session of its own keeps the terminal's Ctrl-C from it, so that the parent ends its children in order.
        `death_signal` is what the kernel sends when the thread that called this dies, kill -9 included
        (prctl(2), PR_SET_PDEATHSIG; Linux only).
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as said, _open_private(output) if output else log.open("ab") as printed:
            popen = subprocess.Popen(  # noqa: S603
                argv,
                cwd=cwd,
                env=None if env is None else dict(env),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=said,
                start_new_session=True,
                user=user.uid if user else None,
                group=user.gid if user else None,
                extra_groups=[] if user else None,
                # It runs after the change of user, which would have cleared the signal.
                preexec_fn=die_with_parent(death_signal),  # noqa: PLW1509
            )
        return cls(name, popen, log)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def alive(self) -> bool:
        return self._popen.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._popen.poll()

    async def wait(self, seconds: float | None = None) -> bool:
        """Wait until the child has ended, `seconds` at most; False when it still runs."""
        return await wait_until(lambda: not self.alive, seconds)

    async def end(self, *signals: signal.Signals, seconds: float = 10.0) -> None:
        """Send `signals` one after the other, each given `seconds` to work, and SIGKILL if none did."""
        for each in (*signals, signal.SIGKILL):
            if not self.alive:
                return
            self._popen.send_signal(each)
            if await self.wait(seconds):
                return

    def log_tail(self) -> str:
        """The last lines that the child wrote, for an error message."""
        try:
            return self.log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").strip()
        except OSError:
            return ""

    async def until_ready(self, probe: Callable[[], Awaitable[bool]], *, seconds: float) -> None:
        """Wait until `probe` says yes. Raises `ServiceError` when the child ends first or `seconds` are over."""
        deadline = time.monotonic() + seconds
        # The second look at the child tells an answer of its own from that of a stranger on the same port.
        while not await probe() or not self.alive:
            if not self.alive:
                raise ServiceError(f"{self.name} ended with code {self.exit_code}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise ServiceError(f"{self.name} was not ready after {seconds:g} s:\n{self.log_tail()}")
            await asyncio.sleep(POLL_SECONDS)


async def wait_until(
    condition: Callable[[], bool], seconds: float | None = None, *, every: float = POLL_SECONDS
) -> bool:
    """Look at `condition` every so many seconds until it holds, `seconds` at most; its last answer."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while not condition():
        if deadline is not None and time.monotonic() > deadline:
            return False
        await asyncio.sleep(every)
    return True


async def until_free(*ports: int, name: str) -> None:
    """Wait until nothing listens on `ports`, as a server that was killed a moment ago still may.

    Raises `ServiceError` after some seconds: another program's answers would pass for those of `name`.
    """
    for port in ports:
        if not await wait_until(partial(is_free, port), _FREE_SECONDS):
            raise ServiceError(f"{name} cannot listen on port {port} of {HOST}: another program does")


async def http_get(port: int, path: str) -> tuple[int, bytes] | None:
    """Status and body of a GET on 127.0.0.1, None when nothing answers within two seconds."""
    request = f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(2.0):
            reader, writer = await asyncio.open_connection(HOST, port)
            try:
                writer.write(request.encode())
                answer = await reader.read()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(maxsplit=2)
    return (int(words[1]), body) if len(words) > 1 and words[1].isdigit() else None


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn` by which the kernel sends `death_signal` to the child when this thread dies; None without one."""
    if _libc is None:
        return None
    parent, number, prctl = os.getpid(), int(death_signal), _libc.prctl

    def in_child() -> None:
        prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        # The parent may have died before the call above; then the signal will never come.
        if os.getppid() != parent:
            os._exit(1)

    return in_child


def _open_private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
