"""The SMTP side of the mail server: what it accepts, what it refuses and what it bounces later."""

import hmac
import re
from collections.abc import Callable
from datetime import datetime
from email import policy
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from embedded.mail_bounces import delivery_status_notification
from embedded.mail_store import Delivery, MailStore, Received

HOSTNAME = "mail.opendoors.test"
_REFUSED = re.compile(r"bounce[.+]", re.IGNORECASE)
_BOUNCED_LATER = re.compile(r"dsn\.", re.IGNORECASE)
_LARGEST_MESSAGE_BYTES = 32 * 1024 * 1024


def mailbox_of(address: str) -> str:
    """The mailbox that mail to `address` goes to: in lower case and without a detail part (RFC 5233: user+detail)."""
    local, _, domain = address.strip().lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" if local else domain


class Receiver:
    """aiosmtpd's handler. The simulated world knows every address but these:

    - the local part begins with ``bounce.`` or ``bounce+``: refused at RCPT with 550 5.1.1;
    - the local part begins with ``dsn.``: accepted, then bounced to the envelope sender (RFC 3464, 5.1.1).
    """

    def __init__(self, store: MailStore, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        """Answer RCPT TO."""
        if _REFUSED.match(address):
            return f"550 5.1.1 <{address}>: Recipient address rejected: User unknown"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the message, then answer 250: what was answered is not lost."""
        content = envelope.original_content or b""
        now = self._clock()
        received = received_from(content, envelope.mail_from or "", tuple(envelope.rcpt_tos), now)
        bounced = [address for address in envelope.rcpt_tos if _BOUNCED_LATER.match(address)]
        owners = dict.fromkeys(mailbox_of(each) for each in envelope.rcpt_tos if each not in bounced)
        deliveries = [Delivery(owner, content) for owner in owners]
        # A mail without an envelope sender is itself a bounce and is never bounced: RFC 5321 4.5.5.
        if received.mail_from:
            sender = mailbox_of(received.mail_from)
            deliveries += [
                Delivery(sender, delivery_status_notification(content, received.mail_from, address, HOSTNAME, now))
                for address in bounced
            ]
        self._store.accept(received, deliveries)
        return "250 2.0.0 Ok: queued"


def smtp_factory(store: MailStore, password: str, clock: Callable[[], datetime]) -> Callable[[], SMTP]:
    """A protocol factory for `loop.create_server`. Authentication is optional; a wrong password is refused."""
    receiver = Receiver(store, clock)

    def authenticate(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, credentials: object
    ) -> AuthResult:
        right = isinstance(credentials, LoginPassword) and hmac.compare_digest(credentials.password, password.encode())
        return AuthResult(success=right, handled=False)

    def build() -> SMTP:
        return SMTP(
            receiver,
            hostname=HOSTNAME,
            data_size_limit=_LARGEST_MESSAGE_BYTES,
            enable_SMTPUTF8=True,
            authenticator=authenticate,
            auth_require_tls=False,
        )

    return build


def received_from(content: bytes, mail_from: str, rcpt_to: tuple[str, ...], now: datetime) -> Received:
    """The ledger's record of a message."""
    headers = BytesHeaderParser(policy=policy.compat32).parsebytes(content)
    return Received(
        received_at=now,
        mail_from=mail_from,
        rcpt_to=rcpt_to,
        message_id=header_text(headers, "Message-ID"),
        in_reply_to=header_text(headers, "In-Reply-To"),
        subject=header_text(headers, "Subject"),
    )


def header_text(headers: Message, name: str) -> str | None:
    """A header in one decoded line, as it stands where it cannot be decoded; None when it is missing."""
    value = headers.get(name)
    if value is None:
        return None
    try:
        text = str(make_header(decode_header(value)))
    except (ValueError, LookupError):
        text = str(value)
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
