"""Sending one message by SMTP (RFC 5321), spoken command by command, so that each failure tells how far it came.

What matters is the final dot. Before it, nothing was accepted and a later try is safe; once it may have been written,
only the server's answer tells, and without one nobody knows (``SmtpUnknown``).
"""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal, cast

from aiosmtplib import SMTP, SMTPAuthenticationError, SMTPException, SMTPResponseException, SMTPServerDisconnected
from aiosmtplib.protocol import SMTPProtocol
from aiosmtplib.response import SMTPResponse

from domain.bounces import is_gone, speaks_of_something_else, status_in
from domain.vocabulary import ConnectionSecurity

Phase = Literal["connect", "login", "mail", "rcpt", "data", "dot"]
About = Literal["recipient", "message", "mailbox"]


@dataclass(frozen=True, slots=True)
class SmtpLogin:
    """Where and as whom a mailbox sends. Without a ``username`` no authentication takes place."""

    host: str
    port: int
    security: ConnectionSecurity
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SmtpTimeouts:
    """Seconds to wait for each answer; the defaults are the least that RFC 5321 4.5.3.2 asks for."""

    connect: float = 300.0
    mail: float = 300.0
    rcpt: float = 300.0
    data: float = 120.0
    dot: float = 600.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took the message over; ``text`` is its answer, which often names its own id of it."""

    code: int
    text: str


class SmtpError(Exception):
    """A message was not accepted. ``text`` are the server's words, ``code`` its reply code if it gave one."""

    def __init__(self, phase: Phase, text: str, code: int | None = None) -> None:
        super().__init__(f"{phase}: {code or ''} {text}".replace("  ", " "))
        self.phase = phase
        self.code = code
        self.status = status_in(text)
        self.text = text


class SmtpDeferred(SmtpError):
    """Not accepted for now: an answer of class 4, no connection, or one that was lost before the dot. Try later."""


class SmtpUnknown(SmtpError):
    """The connection was lost, or no answer came in time, after the dot: it may have been accepted. Never try again."""


class SmtpAuthenticationFailed(SmtpError):
    """The server does not let the mailbox in; nothing of the message was sent."""


class SmtpRefused(SmtpError):
    """Refused for good (class 5). ``about`` says what the refusal speaks of.

    ``recipient``: the address does not exist (a hard bounce). ``mailbox``: who sends. ``message``: everything else,
    such as policy, content, rate or a full mailbox.
    """

    def __init__(self, phase: Phase, text: str, code: int) -> None:
        super().__init__(phase, text, code)
        self.about = _about(phase, text, self.status)


_DOT = b".\r\n"
_AUTHENTICATION_CODES = frozenset({530, 534, 535, 538})
_ADDRESS_REFUSED = re.compile(
    r"mailbox\sunavailable|user\snot\slocal|mailbox\sname|recipient.{0,40}(rejected|refused|invalid)|address\srejected"
    r"|not\s(available|deliverable)|undeliverable",
    re.IGNORECASE,
)
_SENDER_REFUSED = re.compile(
    r"sender|send\s?as|\bfrom\b.{0,30}(rejected|denied|refused)|not\s(allowed|permitted|authori[sz]ed)\sto\ssend"
    r"|authenticat|account\s.{0,30}(disabled|suspended|blocked)",
    re.IGNORECASE,
)


def _about(phase: Phase, text: str, status: str | None) -> About:
    if phase in {"connect", "login", "mail"}:
        return "mailbox"
    if is_gone(status, text):
        return "recipient"
    if _SENDER_REFUSED.search(text):
        return "mailbox"
    speaks_of_address = phase == "rcpt" and _ADDRESS_REFUSED.search(text) and not speaks_of_something_else(text)
    return "recipient" if speaks_of_address else "message"


class SmtpConnections:
    """Open connections, kept between messages: at most ``per_login`` for each login, an idle one for ``idle_seconds``.

    Certificates are verified against ``tls_context``, the system's authorities when it is None.
    """

    def __init__(
        self,
        *,
        per_login: int = 3,
        idle_seconds: float = 30.0,
        timeouts: SmtpTimeouts | None = None,
        tls_context: ssl.SSLContext | None = None,
        local_hostname: str | None = None,
    ) -> None:
        self._per_login = per_login
        self._idle_seconds = idle_seconds
        self._timeouts = timeouts or SmtpTimeouts()
        self._tls_context = tls_context
        self._local_hostname = local_hostname
        self._slots: dict[SmtpLogin, asyncio.Semaphore] = {}
        self._idle: dict[SmtpLogin, dict[SMTP, asyncio.TimerHandle]] = {}

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
        content = _dot_stuffed(message)
        async with self._slot(login):
            smtp = await self._begin(login, sender)
            try:
                await self._command(smtp, "rcpt", smtp.rcpt(recipient, timeout=self._timeouts.rcpt))
                await self._command(smtp, "data", smtp.execute_command(b"DATA", timeout=self._timeouts.data))
                await before_data()
                accepted = await self._finish(smtp, content)
            except SmtpError as error:
                await self._after(login, smtp, error)
                raise
            except BaseException:
                smtp.close()  # In the middle of DATA nothing but the end of the connection takes the message back.
                raise
            self._keep(login, smtp)
            return accepted

    async def close(self) -> None:
        """Say QUIT on every idle connection."""
        for login in list(self._idle):
            for smtp, timer in self._idle.pop(login).items():
                timer.cancel()
                _quit(smtp)
        await asyncio.sleep(0)  # The transports close in the loop's next turn.

    @asynccontextmanager
    async def _slot(self, login: SmtpLogin) -> AsyncIterator[None]:
        async with self._slots.setdefault(login, asyncio.Semaphore(self._per_login)):
            yield

    async def _begin(self, login: SmtpLogin, sender: str) -> SMTP:
        """A connection that has said MAIL FROM; a kept one that its server has closed is replaced unseen."""
        while smtp := self._take(login):
            try:
                return await self._mail(login, smtp, sender)
            except SmtpDeferred as error:
                if error.code not in {None, 421}:
                    raise  # The server is there and means it; asked again it would only say it again.
        return await self._mail(login, await self._connect(login), sender)

    async def _mail(self, login: SmtpLogin, smtp: SMTP, sender: str) -> SMTP:
        try:
            await self._command(smtp, "mail", smtp.mail(sender, timeout=self._timeouts.mail))
        except SmtpError as error:
            await self._after(login, smtp, error)
            raise
        except BaseException:
            smtp.close()
            raise
        return smtp

    async def _connect(self, login: SmtpLogin) -> SMTP:
        smtp = SMTP(
            hostname=login.host,
            port=login.port,
            use_tls=login.security is ConnectionSecurity.TLS,
            start_tls=False,
            tls_context=self._tls_context,
            local_hostname=self._local_hostname,
            timeout=self._timeouts.connect,
        )
        await self._command(smtp, "connect", smtp.connect())
        self._local_hostname = smtp.local_hostname
        try:
            await self._open(smtp, login)
        except BaseException:
            smtp.close()
            raise
        return smtp

    async def _open(self, smtp: SMTP, login: SmtpLogin) -> None:
        """STARTTLS and AUTH, as the login wants them: never a password over a line that should be protected."""
        try:
            if login.security is ConnectionSecurity.STARTTLS:
                await smtp.starttls()
            if login.username is not None:
                await smtp.login(login.username, login.password or "")
        except SMTPAuthenticationError as error:
            raise _error("login", error.code, error.message) from None
        except SMTPResponseException as error:
            raise _error("connect", error.code, error.message) from None
        except (OSError, TimeoutError) as error:
            raise SmtpDeferred("connect", _words(error)) from None
        except SMTPException as error:  # The server offers no STARTTLS, or no way to authenticate.
            raise SmtpAuthenticationFailed("login", _words(error)) from None

    async def _command(self, smtp: SMTP, phase: Phase, answer: Awaitable[SMTPResponse]) -> SMTPResponse:
        """The answer to a command before the dot, or the error that it means."""
        try:
            response = await answer
        except SMTPResponseException as error:
            raise _error(phase, error.code, error.message) from None
        except (SMTPException, OSError) as error:
            smtp.close()
            raise SmtpDeferred(phase, _words(error)) from None
        if phase == "data" and response.code != 354:
            raise _error(phase, response.code, response.message)
        return response

    async def _finish(self, smtp: SMTP, content: bytes) -> Accepted:
        """Write the message, then its dot, and read the answer. From the dot on, silence means unknown."""
        protocol = await self._write_body(smtp, content.removesuffix(_DOT))
        try:
            protocol.write(_DOT)
            response = await protocol.read_response(timeout=self._timeouts.dot)
        except (SMTPException, OSError) as error:
            smtp.close()
            raise SmtpUnknown("dot", _words(error)) from None
        if 200 <= response.code < 300:
            return Accepted(response.code, response.message)
        if 400 <= response.code < 600:
            raise _error("dot", response.code, response.message)
        smtp.close()
        raise SmtpUnknown("dot", response.message, response.code)

    async def _write_body(self, smtp: SMTP, body: bytes) -> SMTPProtocol:
        """Hand the whole body to the system, all but the dot: a line that breaks until then has lost nothing."""
        protocol = smtp.protocol
        try:
            if protocol is None or not protocol.is_connected:
                raise SMTPServerDisconnected("The server closed the connection before the message was sent.")
            # With no room in the buffer the drain ends only when the system has taken everything.
            cast(asyncio.WriteTransport, protocol.transport).set_write_buffer_limits(high=0)
            protocol.write(body)
            async with asyncio.timeout(self._timeouts.dot):
                await protocol._drain_helper()
        except (SMTPException, OSError) as error:
            smtp.close()
            raise SmtpDeferred("data", _words(error)) from None
        if not protocol.is_connected:
            raise SmtpDeferred("data", "The server closed the connection in the middle of the message.")
        return protocol

    def _take(self, login: SmtpLogin) -> SMTP | None:
        idle = self._idle.get(login, {})
        while idle:
            smtp, timer = idle.popitem()
            timer.cancel()
            if smtp.is_connected:
                return smtp
        return None

    def _keep(self, login: SmtpLogin, smtp: SMTP) -> None:
        if smtp.is_connected:
            timer = asyncio.get_running_loop().call_later(self._idle_seconds, self._drop, login, smtp)
            self._idle.setdefault(login, {})[smtp] = timer

    def _drop(self, login: SmtpLogin, smtp: SMTP) -> None:
        self._idle.get(login, {}).pop(smtp, None)
        _quit(smtp)

    async def _after(self, login: SmtpLogin, smtp: SMTP, error: SmtpError) -> None:
        """Keep a connection whose server answered properly; drop it when the server is leaving or fell silent."""
        if error.code is None or error.code == 421 or not smtp.is_connected:
            smtp.close()
            return
        try:
            await smtp.rset(timeout=self._timeouts.mail)
        except (SMTPException, OSError):
            smtp.close()
        else:
            self._keep(login, smtp)


def _error(phase: Phase, code: int, text: str) -> SmtpError:
    """The error that a negative answer means."""
    if code in _AUTHENTICATION_CODES or (phase == "login" and code >= 500):
        return SmtpAuthenticationFailed(phase, text, code)
    return SmtpRefused(phase, text, code) if 500 <= code < 600 else SmtpDeferred(phase, text, code)


def _dot_stuffed(message: bytes) -> bytes:
    """The message as DATA carries it (RFC 5321 4.5.2), the final dot included."""
    if re.search(rb"\r(?!\n)|(?<!\r)\n", message):
        raise ValueError("A message for SMTP must not hold a bare CR or LF.")
    ended = message if message.endswith(b"\r\n") else message + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", ended) + _DOT


def _quit(smtp: SMTP) -> None:
    """Take leave without waiting for the answer."""
    if smtp.protocol is not None and smtp.is_connected:
        with suppress(SMTPException, OSError):
            smtp.protocol.write(b"QUIT\r\n")
    smtp.close()


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
