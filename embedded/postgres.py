"""A Postgres server of our own: made at the first start, on 127.0.0.1 and a unix socket, with a password."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from embedded.postgres_binaries import find_binaries, reachable_binaries
from embedded.processes import (
    HOST,
    POLL_SECONDS,
    Child,
    ServiceError,
    User,
    die_with_parent,
    free_port,
    is_running,
    until_free,
)
from embedded.secret_files import read_or_make

DATABASE = "opendoors"
ROLE = "opendoors"
# The nobody of Linux systems: Postgres refuses to run as root.
_NOBODY = User(65534, 65534)
# sun_path of unix(7) holds 108 bytes on Linux and 104 on macOS.
_LONGEST_SOCKET_PATH = 103
_START_SECONDS = 60.0
_RETRY_SECONDS = 0.1
_HBA = "local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n"
_SETTINGS = {
    "opendoors.embedded": "on",
    "listen_addresses": HOST,
    "max_connections": "200",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "wal_compression": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One server on `data_dir`, which it makes if it is missing.

    `port` 0 takes a free one and keeps it for later starts of this object. `durable=False` gives up what is
    written for speed; it is for tests. As root the server runs as nobody (65534), to whom `data_dir` then belongs.
    The password is kept in the folder above `data_dir`, mode 0600.
    """

    name = "postgres"

    def __init__(self, data_dir: Path, *, port: int = 0, durable: bool = True, log: Path | None = None) -> None:
        self.data_dir = data_dir.resolve()
        self.port = port
        self.durable = durable
        self._log = log or self.data_dir.parent / "postgres.log"
        self._user = _NOBODY if os.geteuid() == 0 else None
        self._child: Child | None = None
        self._socket_dir: Path | None = None
        self._password = ""

    @property
    def url(self) -> str:
        """postgresql://user:password@127.0.0.1:port/opendoors, known after the first start."""
        return f"postgresql://{ROLE}:{self._password}@{HOST}:{self.port}/{DATABASE}"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id while it runs."""
        return self._child.pid if self._child and self._child.alive else None

    @property
    def alive(self) -> bool:
        return self.pid is not None

    @property
    def socket_dir(self) -> Path | None:
        """The folder of the unix socket, as `host` of a connection takes it."""
        return self._socket_dir

    async def start(self) -> None:
        """Start the server and wait until it takes connections. Raises `ServiceError` with the log's end."""
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        self._password = read_or_make(self.data_dir.parent / "postgres.password")
        binaries = reachable_binaries(find_binaries(), self._user)
        if not (self.data_dir / "PG_VERSION").exists():
            await asyncio.to_thread(self._make_cluster, binaries)
        self.port = self.port or free_port()
        deadline = time.monotonic() + _START_SECONDS
        while not await self._try_start(binaries, deadline):
            pass

    async def stop(self) -> None:
        """Fast shutdown (SIGINT), then an immediate one (SIGQUIT), then SIGKILL."""
        if self._child:
            await self._child.end(signal.SIGINT, signal.SIGQUIT, seconds=20.0)
            self._child = None
        if self._socket_dir and self._socket_dir != self.data_dir:
            shutil.rmtree(self._socket_dir, ignore_errors=True)
        self._socket_dir = None

    async def _try_start(self, binaries: Path, deadline: float) -> bool:
        """Start once; False, after a pause, when what a killed server left behind is still going away."""
        await self._clear_remains(deadline)
        await until_free(self.port, name=self.name)
        said_before = self._log.stat().st_size if self._log.exists() else 0
        self._socket_dir = self._socket_dir or self._choose_socket_dir()
        child = self._child = self._spawn(binaries)
        try:
            await child.until_ready(self._is_ready, seconds=max(1.0, deadline - time.monotonic()))
        except ServiceError:
            said = self._log.read_bytes()[said_before:]
            if b"pre-existing shared memory block" not in said or time.monotonic() > deadline:
                await self.stop()
                raise
            await asyncio.sleep(_RETRY_SECONDS)
            return False
        return True

    def _spawn(self, binaries: Path) -> Child:
        settings = _SETTINGS | ({} if self.durable else _NOT_DURABLE)
        settings |= {"port": str(self.port), "unix_socket_directories": self._seen_by_server(self._socket_dir)}
        arguments = [text for name, value in settings.items() for text in ("-c", f"{name}={value}")]
        return Child.spawn(
            self.name,
            [str(binaries / "postgres"), "-D", self._seen_by_server(self.data_dir), *arguments],
            log=self._log,
            cwd=self.data_dir,
            env=_environment(),
            user=self._user,
            # A fast shutdown, so that a killed parent costs no recovery at the next start.
            death_signal=signal.SIGINT,
        )

    async def _is_ready(self) -> bool:
        """Whether postmaster.pid is our server's and its eighth line, which the postmaster writes last, says ready."""
        lines = _read_lines(self.data_dir / "postmaster.pid")
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def _make_cluster(self, binaries: Path) -> None:
        """Make the cluster beside its place and rename it, so that a kill in the middle leaves no half of one."""
        work = self.data_dir.with_name(f"{self.data_dir.name}.new")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        if self._user:
            os.chown(work, self._user.uid, self._user.gid)
        place = self._seen_by_server(work)
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        initdb = [str(binaries / "initdb"), "-D", place, "-U", ROLE, *locale, "--auth=trust", "--no-sync"]
        self._run(initdb, work)
        (work / "pg_hba.conf").write_text(_HBA)
        single = [str(binaries / "postgres"), "--single", "-D", place, "postgres"]
        # The single-user server needs no password and listens nowhere; one line is one statement.
        self._run(single, work, f"ALTER ROLE {ROLE} PASSWORD '{self._password}'\nCREATE DATABASE {DATABASE}\n")
        if self.durable:
            os.sync()
        if self.data_dir.exists():
            self.data_dir.rmdir()
        work.rename(self.data_dir)

    def _run(self, argv: Sequence[str], cwd: Path, text: str = "") -> None:
        done = subprocess.run(  # noqa: S603
            argv,
            cwd=cwd,
            env=_environment(),
            input=text.encode(),
            capture_output=True,
            check=False,
            start_new_session=True,
            user=self._user.uid if self._user else None,
            group=self._user.gid if self._user else None,
            extra_groups=[] if self._user else None,
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
        said = (done.stdout + done.stderr).decode(errors="replace")
        if done.returncode or "ERROR:" in said or "FATAL:" in said:
            raise ServiceError(f"{Path(argv[0]).name} failed ({done.returncode}):\n{said[-2000:]}")

    def _seen_by_server(self, folder: Path | None) -> str:
        """The path by which the server, started in it, reaches the data folder.

        As another user it may be unable to pass the folders above (a home of mode 0700, for one). Through
        /proc/self/cwd it enters at once where its parent, before it changed the user, had put it: proc(5).
        """
        if folder is None:
            return ""
        private = self._user is not None and folder.parent == self.data_dir.parent and sys.platform == "linux"
        return "/proc/self/cwd" if private else str(folder)

    def _choose_socket_dir(self) -> Path:
        if len(os.fsencode(self.data_dir / ".s.PGSQL.65535")) <= _LONGEST_SOCKET_PATH:
            return self.data_dir
        folder = Path(tempfile.mkdtemp(prefix="opendoors-"))
        if self._user:
            os.chown(folder, self._user.uid, self._user.gid)
        return folder

    async def _clear_remains(self, deadline: float) -> None:
        """Wait for a server of an earlier parent to end; remove the lock files of one that was killed.

        Postgres itself takes any living process with the noted id, a zombie or a stranger, for a running server.
        """
        while (pid := self._running_postmaster()) is not None:
            if time.monotonic() > deadline:
                raise ServiceError(f"another Postgres (pid {pid}) runs on {self.data_dir}")
            await asyncio.sleep(POLL_SECONDS)
        for name in ("postmaster.pid", f".s.PGSQL.{self.port}", f".s.PGSQL.{self.port}.lock"):
            (self.data_dir / name).unlink(missing_ok=True)

    def _running_postmaster(self) -> int | None:
        lines = _read_lines(self.data_dir / "postmaster.pid")
        if not lines or not lines[0].isdecimal():
            return None
        pid = int(lines[0])
        if not is_running(pid):
            return None
        try:
            works_in = Path(f"/proc/{pid}/cwd").resolve(strict=True)
        except OSError:
            # Without /proc, or without the right to look, it has to count as the server.
            return pid
        return pid if works_in == self.data_dir else None


def _environment() -> dict[str, str]:
    """The environment without libpq's variables, which would change what the programs do."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []
