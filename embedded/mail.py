"""The mail server of `opendoors dev`, the demo and the tests, and how to start it.

`python -m embedded.mail --dir DIR --smtp-port N --imap-port N --http-port N` is the server: SMTP, IMAP and a web
inbox on 127.0.0.1, all durable in DIR. `MailServer` runs it as a child.
"""

import argparse
import os
import signal
import sys
from pathlib import Path

from embedded.mail_store import LEDGER, Received
from embedded.processes import HOST, Child, free_port, http_get, until_free
from embedded.secret_files import read_or_make

_START_SECONDS = 30.0
_REPOSITORY = Path(__file__).resolve().parents[1]


class MailServer:
    """The mail server as a child process over the folder `directory`.

    A port of 0 takes a free one and keeps it for later starts of this object. Any address logs in to IMAP with its
    own name, and to SMTP if it likes, with the one `password`, which is kept in the folder, mode 0600.
    """

    name = "mail"
    host = HOST

    def __init__(
        self,
        directory: Path,
        *,
        smtp_port: int = 0,
        imap_port: int = 0,
        http_port: int = 0,
        log: Path | None = None,
    ) -> None:
        self.directory = directory
        self.smtp_port = smtp_port
        self.imap_port = imap_port
        self.http_port = http_port
        self._log = log or directory / "mail.log"
        self._child: Child | None = None

    @property
    def password(self) -> str:
        """The password of every mailbox."""
        return read_password(self.directory)

    @property
    def ui_url(self) -> str:
        """The web inbox."""
        return f"http://{HOST}:{self.http_port}"

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._child.pid if self._child and self._child.alive else None

    @property
    def alive(self) -> bool:
        return self.pid is not None

    async def start(self) -> None:
        """Start the server and wait until all three ports answer. Raises `ServiceError` with the log's end."""
        read_password(self.directory)
        self.smtp_port = self.smtp_port or free_port()
        self.imap_port = self.imap_port or free_port()
        self.http_port = self.http_port or free_port()
        await until_free(self.smtp_port, self.imap_port, self.http_port, name=self.name)
        child = self._child = Child.spawn(self.name, self._command(), log=self._log, cwd=_REPOSITORY)
        try:
            await child.until_ready(self._is_ready, seconds=_START_SECONDS)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the server: SIGTERM, then SIGKILL."""
        if self._child:
            await self._child.end(signal.SIGTERM)
            self._child = None

    def received(self) -> list[Received]:
        """What the server has accepted, oldest first, also while it is down."""
        ledger = self.directory / LEDGER
        text = ledger.read_text(encoding="utf-8") if ledger.exists() else ""
        # Half a line is one that the server is writing at this moment.
        return [Received.from_line(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def _command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "embedded.mail", "--dir", str(self.directory.resolve())),
            *("--smtp-port", str(self.smtp_port), "--imap-port", str(self.imap_port)),
            *("--http-port", str(self.http_port)),
        ]

    async def _is_ready(self) -> bool:
        answer = await http_get(self.http_port, "/health")
        return answer == (200, str(self.pid).encode())


def read_password(directory: Path) -> str:
    """The password of the server over `directory`, made at the first call."""
    return read_or_make(directory / "password")


def main() -> None:
    """Run the server in this process."""
    parser = argparse.ArgumentParser(prog="embedded.mail", description="SMTP, IMAP and a web inbox on 127.0.0.1")
    parser.add_argument("--dir", type=Path, required=True, help="folder of the mailboxes and the ledger")
    parser.add_argument("--smtp-port", type=int, required=True)
    parser.add_argument("--imap-port", type=int, required=True)
    parser.add_argument("--http-port", type=int, required=True)
    given = parser.parse_args()
    os.umask(0o077)
    # The wrapper is imported by those who only start a child; the servers' libraries are for the child alone.
    from embedded.mail_server import run

    run(
        given.dir,
        read_password(given.dir),
        smtp_port=given.smtp_port,
        imap_port=given.imap_port,
        http_port=given.http_port,
    )


if __name__ == "__main__":
    main()
