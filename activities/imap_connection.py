"""Connections to IMAP servers (RFC 9051): opened, logged in by password or token, and left. All of it blocks."""

import imaplib
import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from imap_tools import BaseMailBox, MailBox, MailboxLoginError, MailBoxStartTls, MailBoxUnencrypted

from domain.vocabulary import ConnectionSecurity

TIMEOUT_SECONDS = 30

_PASSING = re.compile(r"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\b", re.IGNORECASE)
"""Response codes (RFC 5530, RFC 9051) of a refused login that is no fault of name or password."""


class ImapUnavailable(Exception):
    """The server cannot be reached, or its answer makes no sense; the next poll tries again."""


class ImapAuthenticationFailed(Exception):
    """The server does not let the mailbox in."""


@dataclass(frozen=True, slots=True)
class ImapLogin:
    """Where and as whom a mailbox is read: with ``access_token`` by XOAUTH2, else with ``password``."""

    host: str
    port: int
    security: ConnectionSecurity
    username: str
    password: str = field(repr=False)
    access_token: str | None = field(default=None, repr=False)


def connect(login: ImapLogin, tls_context: ssl.SSLContext | None = None) -> BaseMailBox:
    """A connection that has the inbox selected.

    Raises ``ImapAuthenticationFailed``, and what sockets and ``imaplib`` raise.
    """
    box = _open(login, tls_context)
    try:
        _log_in(box, login)
        # Many servers tell only who has logged in what they can do.
        box.client.capabilities = _capabilities(box)
        box.folder.set("INBOX")
    except BaseException:
        leave(box)
        raise
    return box


def leave(box: BaseMailBox, *, abruptly: bool = False) -> None:
    """Log out and close the socket, whatever state the connection is in; ``abruptly``: only close it."""
    if not abruptly:
        with suppress(OSError, imaplib.IMAP4.error):
            box.client.logout()
    with suppress(OSError):
        box.client.shutdown()


def _open(login: ImapLogin, tls_context: ssl.SSLContext | None) -> BaseMailBox:
    if login.security is ConnectionSecurity.NONE:
        return MailBoxUnencrypted(login.host, login.port, timeout=TIMEOUT_SECONDS)
    context = tls_context or ssl.create_default_context()
    kind = MailBox if login.security is ConnectionSecurity.TLS else MailBoxStartTls
    return kind(login.host, login.port, timeout=TIMEOUT_SECONDS, ssl_context=context)


def _log_in(box: BaseMailBox, login: ImapLogin) -> None:
    try:
        _authentication(box, login)()
    except imaplib.IMAP4.abort:
        raise  # The line broke: that says nothing of the password.
    except (MailboxLoginError, imaplib.IMAP4.error) as error:
        if _PASSING.search(str(error)):
            raise
        raise ImapAuthenticationFailed(f"{login.host} refuses the login: {error}") from error


def _authentication(box: BaseMailBox, login: ImapLogin) -> Callable[[], object]:
    name, password, token = login.username, login.password, login.access_token
    if token is not None:
        return lambda: _xoauth2(box, name, token)
    log_in = box.login if f"{name}{password}".isascii() else box.login_utf8
    return lambda: log_in(name, password, initial_folder=None)


def _xoauth2(box: BaseMailBox, name: str, token: str) -> None:
    """Google's and Microsoft's SASL XOAUTH2. A refusal first sends its reasons, which want an empty answer."""
    answers = iter([f"user={name}\1auth=Bearer {token}\1\1".encode()])
    box.client.authenticate("XOAUTH2", lambda _: next(answers, b""))


def _capabilities(box: BaseMailBox) -> tuple[str, ...]:
    verdict, answer = box.client.capability()
    told = answer[-1] if verdict == "OK" else None
    return tuple(told.decode("ascii", "replace").upper().split()) if told else ()
