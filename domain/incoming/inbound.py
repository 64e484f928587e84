"""What came in: a complaint, a delivery report, an automatic answer or a person's reply, told in that order.

In doubt it is a person: a reply that is taken for a machine's would let a sequence go on at someone who answered.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from email.message import Message
from email.utils import parsedate_to_datetime

from domain.incoming.absences import return_date
from domain.incoming.auto_replies import is_automatic
from domain.incoming.bounces import BounceReport, bounce_of
from domain.incoming.complaints import Complaint, complaint_of
from domain.incoming.mail_parts import addresses, header, sender
from domain.incoming.opt_outs import asks_to_stop
from domain.incoming.reply_text import own_words, unquoted_text
from domain.vocabulary import InboundKind

__all__ = ["BounceReport", "Complaint", "Inbound", "parse"]

MAX_BYTES = 10 * 1024 * 1024  # What follows is attachments.
_MAX_HEAD = 200_000
_MAX_HEADER = 20_000
_MAX_ADDRESSES = 200


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message that came in. Ids keep their angle brackets; ``text`` is what its author wrote, without quotes and
    signature; ``bounce`` and ``complaint`` belong to the kinds of these names.

    ``absent_until`` is the last day away that an automatic answer names. ``opts_out``: a person asks to be left alone.
    ``recipients`` are the addresses it came to (To, Cc, Delivered-To, X-Original-To), in lower case. ``unsubscribes``
    is the token of a mail that was sent to our ``mailto:`` unsubscribe link, unverified.
    """

    kind: InboundKind
    message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    from_address: str | None = None
    subject: str = ""
    text: str = ""
    bounce: BounceReport | None = None
    complaint: Complaint | None = None
    absent_until: date | None = None
    opts_out: bool = False
    recipients: tuple[str, ...] = ()
    unsubscribes: str | None = None


def parse(raw: bytes, *, received_on: date | None = None) -> Inbound:
    """Read and class one message. Never raises: what cannot be read is ``UNPARSEABLE``.

    ``received_on`` is the day from which words such as “until Monday” count, by default that of the Date header.
    """
    try:
        message = message_from_bytes(_bounded(raw[:MAX_BYTES]))
        _cut_long_headers(message)
    except Exception:
        return Inbound(kind=InboundKind.UNPARSEABLE)
    # The libraries below fail on hostile mail in ways that no list names; one message must not stop the next.
    for prepare in (lambda _: None, _forget_charsets):
        with suppress(Exception):
            prepare(message)
            return _inbound(message, received_on) if message.keys() else Inbound(kind=InboundKind.UNPARSEABLE)
    return Inbound(kind=InboundKind.UNPARSEABLE)


def _bounded(raw: bytes) -> bytes:
    """The mail with no more headers than mails have: every look at one goes through all of them."""
    end = re.search(rb"\r?\n\r?\n", raw)
    length = end.start() if end else len(raw)
    if length <= _MAX_HEAD:
        return raw
    return raw[: raw.rfind(b"\n", 0, _MAX_HEAD) + 1 or _MAX_HEAD] + b"\r\n" + raw[end.end() if end else length :]


def _cut_long_headers(message: Message) -> None:
    """Nobody writes that much into a header, and what looks for words in them takes its time."""
    for name, value in list(message.raw_items()):
        if len(value) > _MAX_HEADER:
            message.replace_header(name, str(value)[:_MAX_HEADER])


def _forget_charsets(message: Message) -> None:
    """Of charsets that cannot be decoded Python's parser knows some only by failing."""
    for part in message.walk():
        part.del_param("charset")


def _inbound(message: Message, received_on: date | None) -> Inbound:
    subject, said = header(message, "Subject"), unquoted_text(message)
    complaint = complaint_of(message)
    bounce = None if complaint else bounce_of(message)
    kind = _kind(message, complaint, bounce, subject, said)
    ids = _ids(message, "Message-ID")
    away = _last_day_away(message, subject, said, received_on) if kind is InboundKind.AUTO_REPLY else None
    return Inbound(
        kind=kind,
        message_id=ids[0] if ids else None,
        in_reply_to=_ids(message, "In-Reply-To"),
        references=_ids(message, "References"),
        from_address=_from_address(message),
        subject=subject,
        text=own_words(said) if kind is InboundKind.REPLY else said,
        bounce=bounce,
        complaint=complaint,
        absent_until=away,
        opts_out=kind is InboundKind.REPLY and (asks_to_stop(said) or _is_bare_request(message, subject, said)),
        recipients=_recipients(message),
        unsubscribes=_unsubscribe_token(message, subject),
    )


def _kind(
    message: Message, complaint: Complaint | None, bounce: BounceReport | None, subject: str, said: str
) -> InboundKind:
    if complaint:
        return InboundKind.COMPLAINT
    if bounce:
        return InboundKind.BOUNCE
    automatic = is_automatic(message, subject=subject, text=said)
    return InboundKind.AUTO_REPLY if automatic else InboundKind.REPLY


def _last_day_away(message: Message, subject: str, said: str, received_on: date | None) -> date | None:
    day = received_on or _date(message)
    return return_date(said, subject, day) if day else None


def _date(message: Message) -> date | None:
    try:
        return parsedate_to_datetime(str(message.get("Date", ""))).date()
    except (ValueError, OverflowError):
        return None


def _is_bare_request(message: Message, subject: str, said: str) -> bool:
    """Whether the subject alone asks it, as in a new mail “Unsubscribe” with nothing below."""
    return len(said) <= 100 and not message.get("In-Reply-To") and len(subject) <= 60 and asks_to_stop(subject)


_SIGNED = r"(?P<token>[A-Za-z0-9_-]{38})(?![A-Za-z0-9_-])"  # As ``domain.tokens.sign`` makes them.
_IN_SUBJECT = re.compile(rf"(?:^|[\s:\]])unsubscribe[\s:]+<?{_SIGNED}", re.IGNORECASE)
_IN_ADDRESS = re.compile(rf"[^@\s]*\+{_SIGNED}@")


def _unsubscribe_token(message: Message, subject: str) -> str | None:
    """The token of a mail sent to our ``mailto:`` link, in its subject or behind a plus in the address that it was sent
    to; whether we signed it is for others to tell."""
    found = _IN_SUBJECT.search(subject)
    if found is None:
        found = next((match for match in map(_IN_ADDRESS.match, _addresses(message)) if match), None)
    return found["token"] if found else None


def _ids(message: Message, name: str) -> tuple[str, ...]:
    values: Iterable[object] = message.get_all(name, [])
    found = [id for value in values for id in re.findall(r"<[^<>\s]{1,900}>", str(value))]
    return tuple(dict.fromkeys(found))


def _from_address(message: Message) -> str | None:
    address = sender(message)[1].strip().lower()
    return address if "@" in address else None


def _recipients(message: Message) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address.lower() for address in _addresses(message)))


def _addresses(message: Message) -> list[str]:
    """Whom it came to, as they are written: tokens in them have capitals."""
    values = [
        str(value) for name in ("To", "Cc", "Delivered-To", "X-Original-To") for value in message.get_all(name, [])[:20]
    ]
    return list(addresses(values))[:_MAX_ADDRESSES]
