"""The folder of `opendoors dev`: who uses it, its ports and its record of what runs."""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from clock import utc_now
from domain.time_scale import TimeScale
from embedded.processes import ServiceError, free_port, is_free, wait_until
from embedded.secret_files import read_or_make, write_privately

# What each server listens on where nothing else does.
USUAL_PORTS: Mapping[str, int] = {
    "api": 8000,
    "temporal": 7233,
    "temporal_ui": 8233,
    "postgres": 5432,
    "smtp": 1025,
    "imap": 1143,
    "mail_ui": 8025,
}
# A server of a run that was killed needs a moment to let go of its port.
_LET_GO_SECONDS = 3.0


def default_home() -> Path:
    """OPENDOORS_HOME, else `opendoors` in the user's data folder (XDG Base Directory Specification)."""
    named = os.environ.get("OPENDOORS_HOME")
    if named:
        return Path(named)
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "opendoors"


class DevHome:
    """The files below `path`. A port that is wanted again is waited for, `patience` seconds at most."""

    def __init__(self, path: Path, *, patience: float = _LET_GO_SECONDS) -> None:
        self.path = path.resolve()
        self._patience = patience

    @property
    def record(self) -> Path:
        """dev.json: addresses, key and process ids."""
        return self.path / "dev.json"

    @property
    def secret_key(self) -> str:
        """The engine's secret key, made at the first call."""
        return read_or_make(self.path / "secret.key")

    def time_epoch(self, factor: float) -> datetime:
        """The epoch of a calendar that runs `factor` (not 1) times as fast, kept from the first run at that factor on.

        Another factor goes on from where the calendar stands, so that nothing that is kept here lies suddenly ahead.
        """
        file = self.path / "time.json"
        kept = _read_object(file)
        scale = TimeScale(float(str(kept["factor"])), datetime.fromisoformat(str(kept["epoch"]))) if kept else None
        if scale and scale.factor == factor:
            return scale.epoch
        now = utc_now()
        ahead = (scale or TimeScale()).calendar(now) - now
        epoch = now - ahead / (factor - 1)
        write_privately(file, json.dumps({"factor": factor, "epoch": epoch.isoformat()}))
        return epoch

    def log(self, part: str) -> Path:
        """The log file of a part."""
        return self.path / "logs" / f"{part}.log"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder; the kernel lets go of it when the process ends. Raises `ServiceError` if it is held."""
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                holder = file.read().strip() or "unknown"
                raise ServiceError(
                    f"`opendoors dev` already runs on {self.path} (pid {holder}): stop it, or use another folder"
                ) from error
            file.seek(0)
            file.truncate()
            file.write(str(os.getpid()))
            file.flush()
            yield

    async def choose_ports(self, api_port: int | None) -> dict[str, int]:
        """The ports of this run: those of the last one, else the usual ones, else free ones.

        `api_port` is taken as asked; 0 lets the usual ones be, for all parts. Raises `ServiceError` when another
        program listens on it.
        """
        last = self._last_ports()
        ports: dict[str, int] = {}
        for name, usual in USUAL_PORTS.items():
            if name == "api" and api_port:
                ports[name] = await self._exactly(api_port)
                continue
            kept = last.get(name, 0)
            if kept and kept not in ports.values():
                await wait_until(partial(is_free, kept), self._patience)
            preferred = (kept,) if api_port == 0 else (kept, usual)
            ports[name] = free_port(*(port for port in preferred if port not in ports.values()))
        write_privately(self.path / "ports.json", json.dumps(ports))
        return ports

    def read_record(self) -> dict[str, object]:
        """What dev.json says, nothing when there is none."""
        return _read_object(self.record)

    def write_record(self, facts: Mapping[str, object]) -> None:
        """Replace dev.json, mode 0600, atomically."""
        write_privately(self.record, json.dumps(facts, indent=2) + "\n")

    async def _exactly(self, port: int) -> int:
        if not await wait_until(partial(is_free, port), self._patience):
            raise ServiceError(f"port {port} is taken: give the API another one")
        return port

    def _last_ports(self) -> dict[str, int]:
        kept = _read_object(self.path / "ports.json")
        return {name: port for name, port in kept.items() if isinstance(port, int)}


def _read_object(path: Path) -> dict[str, object]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
