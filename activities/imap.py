"""Reading a mailbox by IMAP (RFC 9051), in threads: what has come in since a UID, as raw bytes.

A message is known by (UIDVALIDITY, UID); when UIDVALIDITY changes, all UIDs known before mean nothing, and the
mailbox is read from its start (what was recorded before is recognised by its Message-ID). Reading peeks: it
marks nothing as seen.
"""

import asyncio
import imaplib
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from imap_tools import (
    BaseMailBox,
    ImapToolsError,
    MailBox,
    MailboxLoginError,
    MailBoxStartTls,
    MailBoxUnencrypted,
)

from domain.vocabulary import ConnectionSecurity

Result = TypeVar("Result")

TIMEOUT_SECONDS = 30
BATCH = 200
"""Messages that one call fetches at the most; the next call goes on behind them."""

BATCH_BYTES = 32 * 1024 * 1024
"""A call that has fetched so much fetches no further message."""

_PASSING = re.compile(r"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\b", re.IGNORECASE)
"""Response codes (RFC 5530, RFC 9051) of a refused login that is no fault of name or password."""

_THREADS = ThreadPoolExecutor(max_workers=32, thread_name_prefix="imap")


class ImapUnavailable(Exception):
    """The server cannot be reached, or its answer makes no sense; the next poll tries again."""


class ImapAuthenticationFailed(Exception):
    """The server does not let the mailbox in."""


@dataclass(frozen=True, slots=True)
class ImapLogin:
    """Where and as whom a mailbox is read."""

    host: str
    port: int
    security: ConnectionSecurity
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What is new: the mailbox's UIDVALIDITY and (UID, raw message) in the order of UIDs."""

    uidvalidity: int
    messages: tuple[tuple[int, bytes], ...]


class ImapInbox:
    """The inbox of one mailbox; its connection is kept between calls and opened again when it was lost."""

    def __init__(self, login: ImapLogin, *, tls_context: ssl.SSLContext | None = None) -> None:
        self.login = login
        self._tls_context = tls_context
        self._box: BaseMailBox | None = None

    async def start(self) -> tuple[int, int]:
        """UIDVALIDITY and the highest UID now: where reading begins that is not to see what lies there already."""
        return await self._run(self._start)

    async def fetch_new(self, uidvalidity: int, last_uid: int) -> Fetched:
        """The messages above ``last_uid``, or all when UIDVALIDITY is no longer ``uidvalidity``; ``BATCH`` at most.

        Raises ``ImapUnavailable`` when the server refuses one of them: a message is never passed over unread.
        """
        return await self._run(lambda: self._fetch_new(uidvalidity, last_uid))

    async def close(self) -> None:
        """Log out; a connection that is dead already is let go."""
        await asyncio.get_running_loop().run_in_executor(_THREADS, self._drop)

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(_THREADS, self._safely, work)

    def _safely(self, work: Callable[[], Result]) -> Result:
        """Do ``work`` on the kept connection; if that was lost meanwhile, once more on a new one."""
        kept = self._box is not None
        try:
            return work()
        except ImapAuthenticationFailed:
            raise
        except (OSError, imaplib.IMAP4.error, ImapToolsError, ValueError) as error:
            self._drop()
            if kept:
                return self._safely(work)
            raise ImapUnavailable(f"{self.login.host}:{self.login.port}: {error}") from error

    def _start(self) -> tuple[int, int]:
        status = self._status(self._connected())
        return status["UIDVALIDITY"], status["UIDNEXT"] - 1

    def _fetch_new(self, uidvalidity: int, last_uid: int) -> Fetched:
        box = self._connected()
        # NOOP lets the server tell this connection of what has come in since it was last used.
        box.client.noop()
        present = self._status(box)["UIDVALIDITY"]
        above = last_uid if present == uidvalidity else 0
        # "n:*" always answers with the last message, also when its UID is below n (RFC 9051 6.4.8).
        found = sorted(int(uid) for uid in box.uids(f"UID {above + 1}:*") if int(uid) > above)
        return Fetched(present, tuple(self._messages(box, found[:BATCH])))

    def _messages(self, box: BaseMailBox, uids: Sequence[int]) -> Iterator[tuple[int, bytes]]:
        """The messages with these UIDs that are still there, the first of them at least."""
        room = BATCH_BYTES
        for uid in uids:
            raw = self._raw(box, uid) if room > 0 else None
            if raw is not None:
                room -= len(raw)
                yield uid, raw

    def _raw(self, box: BaseMailBox, uid: int) -> bytes | None:
        """The message's bytes; None when it was deleted meanwhile."""
        verdict, answer = box.client.uid("FETCH", str(uid), "(BODY.PEEK[])")
        if verdict != "OK":  # A refusal is no deletion: to pass the message over would lose a reply.
            raise imaplib.IMAP4.error(f"FETCH of message {uid}: {verdict} {answer[0]!r}")
        return next((part[1] for part in answer if isinstance(part, tuple)), None)

    def _status(self, box: BaseMailBox) -> dict[str, int]:
        return box.folder.status("INBOX", ["UIDVALIDITY", "UIDNEXT"])

    def _connected(self) -> BaseMailBox:
        if self._box is None:
            box = self._open()
            try:
                self._log_in(box)
            except BaseException:
                _leave(box)
                raise
            self._box = box
        return self._box

    def _log_in(self, box: BaseMailBox) -> None:
        name, password = self.login.username, self.login.password
        log_in = box.login if f"{name}{password}".isascii() else box.login_utf8
        try:
            log_in(name, password, initial_folder="INBOX")
        except imaplib.IMAP4.abort:
            raise  # The line broke: that says nothing of the password.
        except (MailboxLoginError, imaplib.IMAP4.error) as error:
            if _PASSING.search(str(error)):
                raise
            raise ImapAuthenticationFailed(f"{self.login.host} refuses the login: {error}") from error

    def _open(self) -> BaseMailBox:
        host, port = self.login.host, self.login.port
        if self.login.security is ConnectionSecurity.NONE:
            return MailBoxUnencrypted(host, port, timeout=TIMEOUT_SECONDS)
        context = self._tls_context or ssl.create_default_context()
        kind = MailBox if self.login.security is ConnectionSecurity.TLS else MailBoxStartTls
        return kind(host, port, timeout=TIMEOUT_SECONDS, ssl_context=context)

    def _drop(self) -> None:
        box, self._box = self._box, None
        if box is not None:
            _leave(box)


def _leave(box: BaseMailBox) -> None:
    """Log out and close the socket, whatever state the connection is in."""
    with suppress(OSError, imaplib.IMAP4.error):
        box.client.logout()
    with suppress(OSError):
        box.client.shutdown()
