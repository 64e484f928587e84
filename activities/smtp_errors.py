"""How a send can fail: put off, refused, not let in, or nobody knows."""

from domain.incoming.bounces import status_in
from domain.sending.smtp_answers import AUTHENTICATION_CODES, Phase, Verdict, verdict


class SmtpError(Exception):
    """A message was not accepted, or nobody knows. ``phase`` says how far the send had come.

    ``text`` are the server's words, ``code`` its reply code if it gave one, ``status`` its enhanced status.
    """

    def __init__(self, phase: Phase, text: str, code: int | None = None) -> None:
        super().__init__(f"{phase}: {code or ''} {text}".replace("  ", " "))
        self.phase = phase
        self.code = code
        self.status = status_in(text)
        self.text = text


class SmtpDeferred(SmtpError):
    """Not accepted for now: an answer that says so, no connection, or one that was lost before the dot. Try later."""


class SmtpUnknown(SmtpError):
    """The connection was lost, or no answer came in time, after the dot: it may have been accepted. Never try again."""


class SmtpAuthenticationFailed(SmtpError):
    """The server does not let the mailbox in; the message was not accepted.

    ``expired_token``: it was an access token that was refused before anything of the message was written, so that a
    fresh one may be tried at once.
    """

    def __init__(self, phase: Phase, text: str, code: int | None = None, *, expired_token: bool = False) -> None:
        super().__init__(phase, text, code)
        self.expired_token = expired_token


class SmtpRefused(SmtpError):
    """Refused for good. ``about`` says what the refusal speaks of: any verdict but ``later``."""

    def __init__(self, phase: Phase, text: str, code: int, about: Verdict) -> None:
        super().__init__(phase, text, code)
        self.about = about


def error_of(phase: Phase, code: int, text: str, *, with_token: bool = False) -> SmtpError:
    """The error that a negative answer means; ``with_token``: the login was by access token."""
    said = readable(text)
    about = verdict(phase, code, said)
    if about is Verdict.LATER:
        return SmtpDeferred(phase, said, code)
    if about is Verdict.MAILBOX and (phase == "login" or code in AUTHENTICATION_CODES):
        expired = with_token and code in {530, 535} and phase != "dot"
        return SmtpAuthenticationFailed(phase, said, code, expired_token=expired)
    return SmtpRefused(phase, said, code, about)


def readable(text: str) -> str:
    """A server's words as text that can be stored: bytes outside of UTF-8 (old servers') and NUL are replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace").replace("\x00", "\ufffd")


def words_of(error: BaseException) -> str:
    """What an error of the line says, or its name when it says nothing."""
    return readable(str(error)) or type(error).__name__
