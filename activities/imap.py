"""Reading a mailbox by IMAP (RFC 9051): what has come in since a UID, and word of what comes in.

A message is known by (UIDVALIDITY, UID); when UIDVALIDITY changes, all UIDs known before mean nothing, and the
mailbox is read from its start (what was recorded before is recognised by its Message-ID).
"""

import asyncio
import imaplib
import ssl
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from threading import RLock
from typing import Any, TypeVar

from imap_tools import BaseMailBox, ImapToolsError

from activities import imap_idle
from activities.imap_connection import (
    ImapAuthenticationFailed,
    ImapLogin,
    ImapUnavailable,
    connect,
    leave,
)
from activities.imap_reading import Fetched, RawMessage, Reader, status

__all__ = ["Fetched", "ImapAuthenticationFailed", "ImapInbox", "ImapLogin", "ImapUnavailable", "RawMessage"]

Result = TypeVar("Result")

AFTER_LOSS_SECONDS = 10
"""How long a connection that broke while it idled is let be at least."""

_THREADS = ThreadPoolExecutor(max_workers=64, thread_name_prefix="imap")
"""For commands alone: a mailbox that idles needs none."""


class ImapInbox:
    """The inbox of one mailbox; its connection is kept between calls and opened again when it was lost."""

    def __init__(self, login: ImapLogin, *, tls_context: ssl.SSLContext | None = None) -> None:
        self.login = login
        self._tls_context = tls_context
        self._box: BaseMailBox | None = None
        self._idling: bytes | None = None
        # Whoever is cancelled leaves his thread at work; the next waits for it.
        self._lock = RLock()

    async def start(self) -> tuple[int, int]:
        """UIDVALIDITY and the highest UID now: where reading begins that is not to see what lies there already."""
        return await self.run(status)

    async def fetch_new(self, uidvalidity: int, last_uid: int, known: Collection[int] = ()) -> Fetched:
        """The messages above ``last_uid`` but those ``known``, or all when UIDVALIDITY is no longer ``uidvalidity``."""
        reader = Reader(self._connected, self._drop)
        return await self._in_thread(lambda: reader.fetch_new(uidvalidity, last_uid, known))

    async def run(self, work: Callable[[BaseMailBox], Result]) -> Result:
        """Do ``work`` on the connection, in a thread.

        Raises ``ImapAuthenticationFailed`` and ``ImapUnavailable``, as all methods do that speak to the server.
        """
        return await self._in_thread(lambda: work(self._connected()))

    async def wait(self, stop: asyncio.Future[Any], seconds: float) -> None:
        """Until the server tells of new mail, ``stop`` is done or ``seconds`` are over.

        A server that has no IDLE, or cannot be reached, tells nothing.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while not stop.done() and (left := until - loop.time()) > 0:
            try:
                if not await self._in_thread(self._begin_idle):
                    await asyncio.wait([stop], timeout=left)
                elif await self._idle(stop, min(left, imap_idle.RENEW_SECONDS)):
                    return
            except (ImapAuthenticationFailed, ImapUnavailable):
                await asyncio.wait([stop], timeout=min(until - loop.time(), AFTER_LOSS_SECONDS))
                return

    async def close(self) -> None:
        """Log out; a connection that is dead already is let go."""
        await asyncio.get_running_loop().run_in_executor(_THREADS, self._drop)

    async def _idle(self, stop: asyncio.Future[Any], seconds: float) -> bool:
        """Idle until the server speaks; answers whether it tells of mail."""
        box = self._connected()
        with imap_idle.speaking(box) as spoken:
            if not imap_idle.has_news(box):
                await asyncio.wait([stop, spoken], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return await self._in_thread(self._end_idle)

    def _begin_idle(self) -> bool:
        self._idling = imap_idle.begin(self._connected())
        return self._idling is not None

    def _end_idle(self) -> bool:
        """Raises ``OSError`` when the connection on which the idling began is gone."""
        tag, self._idling = self._idling, None
        if self._box is None or tag is None:
            raise ConnectionResetError("the connection was lost while it idled")
        return imap_idle.end(self._box, tag)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(_THREADS, self._safely, work)

    def _safely(self, work: Callable[[], Result]) -> Result:
        """Do ``work`` on the kept connection; if that was lost meanwhile, once more on a new one."""
        with self._lock:
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

    def _connected(self) -> BaseMailBox:
        if self._box is None:
            self._box = connect(self.login, self._tls_context)
        return self._box

    def _drop(self) -> None:
        with self._lock:
            # A server that waits for the end of IDLE understands no LOGOUT.
            idling, self._idling = self._idling is not None, None
            box, self._box = self._box, None
            if box is not None:
                leave(box, abruptly=idling)
