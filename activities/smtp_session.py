"""One conversation with an SMTP server (RFC 5321), command by command, so that each failure tells how far it came.

What matters is the final dot. Before it, nothing was accepted and a later try is safe; once it may have been written,
only the server's answer tells, and without one nobody knows (``SmtpUnknown``).
"""

import asyncio
import re
import ssl
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import Self, cast

from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected
from aiosmtplib.protocol import SMTPProtocol
from aiosmtplib.response import SMTPResponse

from activities.smtp_errors import (
    SmtpAuthenticationFailed,
    SmtpDeferred,
    SmtpError,
    SmtpRefused,
    SmtpUnknown,
    error_of,
    readable,
    words_of,
)
from domain.sending.smtp_answers import Phase, Verdict
from domain.vocabulary import ConnectionSecurity

_DOT = b".\r\n"
_PASSWORD_METHODS = ("plain", "login", "cram-md5")
"""Ways to log in with a password, the first that the server offers: CRAM-MD5 last, since few who offer it have it."""


@dataclass(frozen=True, slots=True)
class SmtpLogin:
    """Where and as whom a mailbox sends. Without a ``username`` no authentication takes place.

    An ``access_token`` is used in the place of the password (XOAUTH2). Two logins that differ in it alone are the same:
    a connection that was let in with the one before is good for the next.
    """

    host: str
    port: int
    security: ConnectionSecurity
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class SmtpTimeouts:
    """Seconds to wait for each answer; the defaults are the least that RFC 5321 4.5.3.2 asks for."""

    connect: float = 300.0
    mail: float = 300.0
    rcpt: float = 300.0
    data: float = 120.0
    dot: float = 600.0

    def capped(self, seconds: float | None) -> Self:
        """The same, none above ``seconds``; None changes nothing."""
        if seconds is None:
            return self
        return type(self)(**{each.name: min(getattr(self, each.name), seconds) for each in fields(self)})


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took the message over; ``text`` is its answer, which often names its own id of it."""

    code: int
    text: str


class SmtpSession:
    """One open connection, logged in: ``begin`` and ``finish`` send a message, as often as the server likes."""

    def __init__(self, smtp: SMTP, login: SmtpLogin, timeouts: SmtpTimeouts) -> None:
        self._smtp = smtp
        self._login = login
        self._timeouts = timeouts
        self.begun = 0
        """Messages that were begun on it."""

    @classmethod
    async def open(
        cls,
        login: SmtpLogin,
        *,
        timeouts: SmtpTimeouts,
        tls_context: ssl.SSLContext | None = None,
        local_hostname: str | None = None,
    ) -> Self:
        """Connect, protect the line and log in, as ``login`` says. Raises an ``SmtpError``.

        Certificates are verified against ``tls_context``, the system's authorities when it is None.
        """
        smtp = SMTP(
            hostname=login.host,
            port=login.port,
            use_tls=login.security is ConnectionSecurity.TLS,
            start_tls=False,
            tls_context=tls_context,
            local_hostname=local_hostname,
            timeout=timeouts.connect,
        )
        session = cls(smtp, login, timeouts)
        try:
            await session._answer("connect", smtp.connect())
            await session._protect_and_log_in()
        except BaseException:
            smtp.close()
            raise
        return session

    @property
    def login(self) -> SmtpLogin:
        return self._login

    @property
    def is_open(self) -> bool:
        return self._smtp.is_connected

    @property
    def local_hostname(self) -> str | None:
        """The name that this side says at EHLO."""
        return self._smtp.local_hostname

    async def begin(self, sender: str, recipient: str) -> None:
        """MAIL, RCPT and DATA, up to the server's 354: not a byte of the message is written."""
        self.begun += 1
        smtp, timeouts = self._smtp, self._timeouts
        await self._answer("mail", smtp.mail(sender, timeout=timeouts.mail))
        await self._answer("rcpt", smtp.rcpt(recipient, timeout=timeouts.rcpt))
        response = await self._answer("data", smtp.execute_command(b"DATA", timeout=timeouts.data))
        if response.code != 354:
            raise self._error("data", response.code, response.message)

    async def finish(self, content: bytes) -> Accepted:
        """Write the message (``dot_stuffed``), then its dot, and read the answer.

        Raises ``SmtpUnknown`` when none comes: from the dot on, silence tells nothing.
        """
        protocol = await self._write_body(content.removesuffix(_DOT))
        try:
            protocol.write(_DOT)
            response = await protocol.read_response(timeout=self._timeouts.dot)
        except (SMTPException, OSError) as error:
            self.close()
            raise SmtpUnknown("dot", words_of(error)) from None
        if 200 <= response.code < 300:
            return Accepted(response.code, readable(response.message))
        if 400 <= response.code < 600:
            raise self._error("dot", response.code, response.message)
        self.close()
        raise SmtpUnknown("dot", readable(response.message), response.code)

    async def reset(self) -> None:
        """Take back what was begun (RSET), or close the line when that cannot be done."""
        try:
            await self._smtp.rset(timeout=self._timeouts.mail)
        except (SMTPException, OSError):
            self.close()

    def quit(self) -> None:
        """Take leave without waiting for the answer."""
        if self._smtp.protocol is not None and self.is_open:
            with suppress(SMTPException, OSError):
                self._smtp.protocol.write(b"QUIT\r\n")
        self.close()

    def close(self) -> None:
        """End the connection at once: in the middle of DATA nothing else takes the message back."""
        self._smtp.close()

    async def _protect_and_log_in(self) -> None:
        """STARTTLS and AUTH, as the login wants them: never a password over a line that should be protected."""
        smtp, login = self._smtp, self._login
        if login.security is ConnectionSecurity.STARTTLS:
            await self._answer("connect", smtp.ehlo())
            if not smtp.supports_extension("starttls"):
                raise SmtpAuthenticationFailed("login", "The server offers no STARTTLS, which the mailbox asks for.")
            await self._answer("connect", smtp.starttls())
        if login.username is not None:
            await self._answer("connect", smtp.ehlo())
            await self._log_in(login.username)

    async def _log_in(self, username: str) -> None:
        smtp, token = self._smtp, self._login.access_token
        offered = smtp.server_auth_methods
        if token is not None:
            if "xoauth2" not in offered:
                raise SmtpAuthenticationFailed("login", "The server offers no login by access token (XOAUTH2).")
            await self._answer("login", smtp.auth_xoauth2(username, token))
            return
        password = self._login.password or ""
        ways = {"plain": smtp.auth_plain, "login": smtp.auth_login, "cram-md5": smtp.auth_crammd5}
        refusal = SmtpAuthenticationFailed("login", "The server offers no login by password (PLAIN or LOGIN).")
        for method in (each for each in _PASSWORD_METHODS if each in offered):
            try:
                await self._answer("login", ways[method](username, password))
                return
            except SmtpAuthenticationFailed as error:
                # A server that offers what it does not have (504) is asked for the next; a wrong password is said once.
                refusal = error
                if error.code != 504:
                    break
        raise refusal

    async def _answer(self, phase: Phase, answer: Awaitable[SMTPResponse]) -> SMTPResponse:
        """The answer to a command before the dot, or the error that it means."""
        try:
            return await answer
        except SMTPResponseException as error:
            raise self._error(phase, error.code, error.message) from None
        except UnicodeError:
            words = "5.6.7 An address has letters that this connection cannot carry."
            about = Verdict.MESSAGE if phase == "rcpt" else Verdict.MAILBOX
            raise SmtpRefused(phase, words, 553, about) from None
        except (SMTPException, OSError) as error:
            self.close()
            raise SmtpDeferred(phase, words_of(error)) from None

    def _error(self, phase: Phase, code: int, text: str) -> SmtpError:
        return error_of(phase, code, text, with_token=self._login.access_token is not None)

    async def _write_body(self, body: bytes) -> SMTPProtocol:
        """Hand the whole body to the system, all but the dot: a line that breaks until then has lost nothing."""
        protocol = self._smtp.protocol
        try:
            if protocol is None or not protocol.is_connected:
                raise SMTPServerDisconnected("The server closed the connection before the message was sent.")
            # With no room in the buffer the drain ends only when the system has taken everything.
            cast(asyncio.WriteTransport, protocol.transport).set_write_buffer_limits(high=0)
            protocol.write(body)
            async with asyncio.timeout(self._timeouts.dot):
                await protocol._drain_helper()
        except (SMTPException, OSError) as error:
            self.close()
            raise SmtpDeferred("data", words_of(error)) from None
        if not protocol.is_connected:
            raise SmtpDeferred("data", "The server closed the connection in the middle of the message.")
        return protocol


def dot_stuffed(message: bytes) -> bytes:
    """The message as DATA carries it (RFC 5321 4.5.2), the final dot included; ``ValueError`` for a bare CR or LF."""
    if re.search(rb"\r(?!\n)|(?<!\r)\n", message):
        raise ValueError("A message for SMTP must not hold a bare CR or LF.")
    ended = message if message.endswith(b"\r\n") else message + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", ended) + _DOT
