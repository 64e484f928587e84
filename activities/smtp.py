"""The open SMTP connections of this process: kept between messages, a few for each mailbox, and sending over them."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from activities.smtp_errors import SmtpAuthenticationFailed, SmtpError
from activities.smtp_session import Accepted, SmtpLogin, SmtpSession, SmtpTimeouts, dot_stuffed


@dataclass(frozen=True, slots=True)
class _Kept:
    """A connection that waits for its next message."""

    since: float
    timer: asyncio.TimerHandle


class SmtpConnections:
    """Open connections, at most ``per_login`` for each login.

    One is kept for the next message for ``idle_seconds``, and for ``messages_per_connection`` messages altogether: many
    servers end it after some number of them. Certificates are verified against ``tls_context``, the system's
    authorities when it is None.
    """

    def __init__(
        self,
        *,
        per_login: int = 2,
        messages_per_connection: int = 100,
        idle_seconds: float = 30.0,
        timeouts: SmtpTimeouts | None = None,
        tls_context: ssl.SSLContext | None = None,
        local_hostname: str | None = None,
    ) -> None:
        self._per_login = per_login
        self._messages_per_connection = messages_per_connection
        self._idle_seconds = idle_seconds
        self._timeouts = timeouts or SmtpTimeouts()
        self._tls_context = tls_context
        self._local_hostname = local_hostname
        self._slots: dict[SmtpLogin, asyncio.Semaphore] = {}
        self._idle: dict[SmtpLogin, dict[SmtpSession, _Kept]] = {}

    async def deliver(
        self,
        login: SmtpLogin,
        *,
        sender: str,
        recipient: str,
        message: bytes,
        before_data: Callable[[], Awaitable[None]],
    ) -> Accepted:
        """Send ``message`` (lines ended by CRLF, not dot-stuffed) from ``sender`` to one ``recipient``.

        ``before_data`` is awaited when the server has said 354 and before a byte of the message is written; what it
        raises ends the try, with nothing accepted. Raises an ``SmtpError``; ``ValueError`` for a bare CR or LF.
        """
        content = dot_stuffed(message)
        async with self._slots.setdefault(login, asyncio.Semaphore(self._per_login)):
            session = await self._begin(login, sender, recipient)
            try:
                await before_data()
                accepted = await session.finish(content)
            except SmtpError as error:
                await self._after(session, error)
                raise
            except BaseException:
                session.close()
                raise
            self._keep(session)
            return accepted

    async def close(self) -> None:
        """Say QUIT on every idle connection."""
        for login in list(self._idle):
            for session, kept in self._idle.pop(login).items():
                kept.timer.cancel()
                session.quit()
        await asyncio.sleep(0)  # The transports close in the loop's next turn.

    async def _begin(self, login: SmtpLogin, sender: str, recipient: str) -> SmtpSession:
        """A connection whose server waits for the message; a kept one that its server has ended is replaced unseen."""
        while session := self._take(login):
            try:
                return await self._begun(session, sender, recipient)
            except SmtpError as error:
                if not _is_over(error):
                    raise  # The server is there and means it; asked again it would only say it again.
        session = await SmtpSession.open(
            login, timeouts=self._timeouts, tls_context=self._tls_context, local_hostname=self._local_hostname
        )
        self._local_hostname = session.local_hostname
        return await self._begun(session, sender, recipient)

    async def _begun(self, session: SmtpSession, sender: str, recipient: str) -> SmtpSession:
        try:
            await session.begin(sender, recipient)
        except SmtpError as error:
            await self._after(session, error)
            raise
        except BaseException:
            session.close()
            raise
        return session

    async def _after(self, session: SmtpSession, error: SmtpError) -> None:
        """Keep a connection whose server answered properly; drop it when the server is leaving or fell silent."""
        if _is_over(error) or (error.code or 0) < 400:
            session.close()
            return
        await session.reset()
        self._keep(session)

    def _take(self, login: SmtpLogin) -> SmtpSession | None:
        idle, now = self._idle.get(login, {}), asyncio.get_running_loop().time()
        while idle:
            session, kept = idle.popitem()
            kept.timer.cancel()
            # A timer rings late when the process was busy or asleep; the server has not waited for it.
            if session.is_open and now - kept.since < self._idle_seconds:
                return session
            session.quit()
        return None

    def _keep(self, session: SmtpSession) -> None:
        if not session.is_open:
            return
        if session.begun >= self._messages_per_connection:
            session.quit()
            return
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._idle_seconds, self._drop, session)
        self._idle.setdefault(session.login, {})[session] = _Kept(loop.time(), timer)

    def _drop(self, session: SmtpSession) -> None:
        self._idle.get(session.login, {}).pop(session, None)
        session.quit()


def _is_over(error: SmtpError) -> bool:
    """Whether an error ends its connection: it is gone (no code), its server leaves, or knows its login no more."""
    return error.code in {None, 421} or isinstance(error, SmtpAuthenticationFailed)
