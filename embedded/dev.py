"""`opendoors dev`: Postgres, Temporal, a mail server, the API and a worker, started and kept running together."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from embedded.commands import Command, api_probe, run_command
from embedded.dev_home import DevHome, default_home
from embedded.mail import MailServer
from embedded.postgres import Postgres
from embedded.processes import HOST, ServiceError
from embedded.supervisor import Supervisor
from embedded.temporal import Temporal

_KEY_FOR = ("--customer", "Dev", "--workspace", "Dev", "--user", "dev@opendoors.test")


@dataclass(slots=True)
class DevServices:
    """What runs and how to reach it: the content of dev.json. `pids` is kept up to date over restarts."""

    api_url: str
    api_key: str
    database_url: str
    temporal_address: str
    temporal_ui_url: str
    smtp_host: str
    smtp_port: int
    imap_host: str
    imap_port: int
    mail_ui_url: str
    mail_password: str
    pids: dict[str, int] = field(default_factory=dict)


@asynccontextmanager
async def services(
    home: Path,
    *,
    api_port: int | None = None,
    worker: bool = True,
    durable: bool = True,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[DevServices]:
    """Run everything on the folder `home` and describe it in `home`/dev.json, until the block ends.

    `api_port` None takes the usual ports or free ones, 0 free ones for all parts. `durable=False` gives up
    Postgres' data for speed. `environment` goes to migrate,
    API and worker above what is set for them here. A part that dies is started again on its port. Raises
    `ServiceError`, also when another process uses `home`. Must be entered in the main thread: the kernel ends the
    children of a thread that ends.
    """
    place = DevHome(home)
    with place.locked():
        start = _Start(place, await place.choose_ports(api_port), durable, dict(environment or {}))
        try:
            yield await start.all(worker=worker)
        finally:
            await start.stop()


def run(home: Path | None = None, *, ephemeral: bool = False, api_port: int | None = None, worker: bool = True) -> int:
    """Run everything, show it in a table, and stop it at SIGINT, SIGTERM or SIGHUP; the exit code.

    `home` None is `default_home()`; `ephemeral` uses a folder that is removed at the end. What does not start is
    told on standard error, and the code is 1.
    """
    folder = Path(tempfile.mkdtemp(prefix="opendoors-dev-")) if ephemeral else home or default_home()
    try:
        asyncio.run(_serve(folder, api_port, worker))
    except ServiceError as error:
        Console(stderr=True).print(f"opendoors dev: {error}", markup=False, highlight=False, soft_wrap=True)
        return 1
    finally:
        if ephemeral:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


async def _serve(home: Path, api_port: int | None, worker: bool) -> None:
    console = Console()
    task = asyncio.current_task()
    assert task is not None
    asked_to_stop = asyncio.Event()

    def stop() -> None:
        # Once: a second signal would cancel the orderly stop that the first one began.
        if not asked_to_stop.is_set():
            asked_to_stop.set()
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    console.print(f"Starting OpenDoors in {home} …")
    with suppress(asyncio.CancelledError):
        async with services(home, api_port=api_port, worker=worker) as running:
            console.print(_table(running, DevHome(home)))
            await asyncio.get_running_loop().create_future()
    console.print("Stopped.")


class _Start:
    """The parts of one run, in the order in which they start."""

    def __init__(self, home: DevHome, ports: Mapping[str, int], durable: bool, environment: Mapping[str, str]) -> None:
        self._home = home
        self._ports = ports
        self._given = environment
        self._supervisor = Supervisor(self._record)
        self._services: DevServices | None = None
        data = home.path / "postgres"
        self._is_new = not (data / "PG_VERSION").exists()
        self._postgres = Postgres(data, port=ports["postgres"], durable=durable, log=home.log("postgres"))
        self._temporal = Temporal(
            home.path / "temporal",
            port=ports["temporal"],
            ui_port=ports["temporal_ui"],
            log=home.log("temporal"),
        )
        self._mail = MailServer(
            home.path / "mail",
            smtp_port=ports["smtp"],
            imap_port=ports["imap"],
            http_port=ports["mail_ui"],
            log=home.log("mail"),
        )

    async def all(self, *, worker: bool) -> DevServices:
        """What does not need each other starts together; the order of names is the reverse of that of stopping."""
        await _together(self._database(), self._supervisor.start(self._temporal), self._supervisor.start(self._mail))
        environment = self._environment()
        ours = [self._command(name, environment) for name in ("api", *(("worker",) if worker else ()))]
        key, *_ = await _together(self._api_key(environment), *(self._supervisor.start(one) for one in ours))
        self._services = self._describe(str(key))
        self._record()
        return self._services

    async def _database(self) -> None:
        await self._supervisor.start(self._postgres)
        await run_command("migrate", "migrate", environment=self._environment(), log=self._home.log("migrate"))

    async def stop(self) -> None:
        await self._supervisor.stop()
        if self._services:
            self._services.pids.clear()
            self._home.write_record(asdict(self._services))

    def _command(self, name: str, environment: Mapping[str, str]) -> Command:
        probe = api_probe(self._ports["api"]) if name == "api" else None
        return Command(name, (name,), environment=environment, log=self._home.log(name), probe=probe)

    async def _api_key(self, environment: Mapping[str, str]) -> str:
        """The key in dev.json, or a new one when there is none or the database is younger than it."""
        kept = self._home.read_record().get("api_key")
        if isinstance(kept, str) and kept and not self._is_new:
            return kept
        log = self._home.log("keys")
        return await run_command("keys", "keys", "create", *_KEY_FOR, "--quiet", environment=environment, log=log)

    def _environment(self) -> dict[str, str]:
        return {
            "OPENDOORS_DATABASE_URL": self._postgres.url,
            "OPENDOORS_TEMPORAL_ADDRESS": self._temporal.address,
            "OPENDOORS_TEMPORAL_NAMESPACE": self._temporal.namespace,
            "OPENDOORS_SECRET_KEY": self._home.secret_key,
            "OPENDOORS_PUBLIC_URL": f"http://{HOST}:{self._ports['api']}",
            "OPENDOORS_API_HOST": HOST,
            "OPENDOORS_API_PORT": str(self._ports["api"]),
            "OPENDOORS_IMAP_POLL_SECONDS": "2",
            "OPENDOORS_RECONCILE_SECONDS": "5",
            "OPENDOORS_ALLOW_PRIVATE_ADDRESSES": "true",
            "OPENDOORS_LOG_LEVEL": os.environ.get("OPENDOORS_LOG_LEVEL", "INFO"),
            # The pinned tzdata, not the system's files, which may be a year old.
            "PYTHONTZPATH": "",
            "PYTHONUNBUFFERED": "1",
            **self._epoch(),
            **self._given,
        }

    def _epoch(self) -> dict[str, str]:
        """The epoch that all processes share when time is scaled; a scale that is no number is theirs to refuse."""
        with suppress(ValueError):
            factor = float({**os.environ, **self._given}.get("OPENDOORS_TIME_SCALE", "1"))
            if factor > 1:
                return {"OPENDOORS_TIME_EPOCH": self._home.time_epoch(factor).isoformat()}
        return {}

    def _describe(self, key: str) -> DevServices:
        return DevServices(
            api_url=f"http://{HOST}:{self._ports['api']}",
            api_key=key,
            database_url=self._postgres.url,
            temporal_address=self._temporal.address,
            temporal_ui_url=self._temporal.ui_url or "",
            smtp_host=self._mail.host,
            smtp_port=self._mail.smtp_port,
            imap_host=self._mail.host,
            imap_port=self._mail.imap_port,
            mail_ui_url=self._mail.ui_url,
            mail_password=self._mail.password,
        )

    def _record(self) -> None:
        if self._services:
            self._services.pids.clear()
            self._services.pids.update({"dev": os.getpid()} | self._supervisor.pids)
            self._home.write_record(asdict(self._services))


async def _together(*work: Awaitable[object]) -> list[object]:
    """What each answers, once all have ended; raises the first failure."""
    answers = await asyncio.gather(*work, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    return list(answers)


def _table(running: DevServices, home: DevHome) -> Table:
    table = Table(title="OpenDoors", show_header=False, title_justify="left")
    table.add_column(no_wrap=True)
    # Folded, not cut: each is there to be copied.
    table.add_column(overflow="fold")
    facts = {
        "API": running.api_url,
        "API key": running.api_key,
        "Temporal UI": running.temporal_ui_url,
        "Temporal": running.temporal_address,
        "Web inbox": running.mail_ui_url,
        "SMTP": f"{running.smtp_host}:{running.smtp_port}",
        "IMAP": f"{running.imap_host}:{running.imap_port}",
        "Mail password": running.mail_password,
        "Database": running.database_url,
        "Processes": ", ".join(f"{name} {pid}" for name, pid in running.pids.items()),
        "Logs": str(home.log("…").parent),
        "Facts": str(home.record),
    }
    for name, value in facts.items():
        table.add_row(name, value)
    return table
