"""What came in: a complaint, a delivery report, an automatic answer or a person's reply, told in that order.

In doubt it is a person: a reply that is taken for a machine's would let a sequence go on at someone who answered.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parseaddr

from mailparser_reply import EmailReplyParser

from domain.bodies import text_of
from domain.bounces import (
    BounceReport,
    blocks,
    delivery_status,
    free_form,
    original_message_id,
    own_parts,
    status_in,
    text_before_original,
    text_content,
)
from domain.vocabulary import InboundKind

__all__ = ["BounceReport", "Complaint", "Inbound", "parse"]

MAX_BYTES = 10 * 1024 * 1024  # What follows is attachments.
MAX_TEXT = 5_000  # Characters of a body that are looked at: telling quotes apart takes time by the square of them.


@dataclass(frozen=True, slots=True)
class Complaint:
    """A recipient pressed “spam” (RFC 5965). ``recipients`` may be empty: many providers leave the address out."""

    recipients: tuple[str, ...]
    original_message_id: str | None


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message that came in. Ids keep their angle brackets; ``text`` is what its author wrote, without quotes and
    signature; ``bounce`` and ``complaint`` belong to the kinds of these names."""

    kind: InboundKind
    message_id: str | None = None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    from_address: str | None = None
    subject: str = ""
    text: str = ""
    bounce: BounceReport | None = None
    complaint: Complaint | None = None


def parse(raw: bytes) -> Inbound:
    """Read and class one message. Never raises: what cannot be read is ``UNPARSEABLE``."""
    try:
        message = message_from_bytes(raw[:MAX_BYTES])
        return _inbound(message) if message.keys() else Inbound(kind=InboundKind.UNPARSEABLE)
    except Exception:
        # The libraries below fail on hostile mail in ways that no list names; one message must not stop the next.
        return Inbound(kind=InboundKind.UNPARSEABLE)


def _inbound(message: Message) -> Inbound:
    complaint = _complaint(message)
    bounce = None if complaint else _bounce(message)
    if complaint:
        kind = InboundKind.COMPLAINT
    elif bounce:
        kind = InboundKind.BOUNCE
    else:
        kind = InboundKind.AUTO_REPLY if _is_automatic(message) else InboundKind.REPLY
    ids = _ids(message, "Message-ID")
    return Inbound(
        kind=kind,
        message_id=ids[0] if ids else None,
        in_reply_to=_ids(message, "In-Reply-To"),
        references=_ids(message, "References"),
        from_address=_from_address(message),
        subject=_header(message, "Subject"),
        text=_own_words(_text(message)),
        bounce=bounce,
        complaint=complaint,
    )


def _complaint(message: Message) -> Complaint | None:
    part = next((p for p in own_parts(message) if p.get_content_type() == "message/feedback-report"), None)
    if part is None:
        return None
    fields = _feedback_fields(part)
    if fields.get("feedback-type", ["abuse"])[0].lower() not in {"abuse", "fraud", "virus", "other", "opt-out"}:
        return None
    named = getaddresses(fields.get("original-rcpt-to", []) + fields.get("removal-recipient", []))
    recipients = tuple(dict.fromkeys(address.lower() for _, address in named if "@" in address))
    return Complaint(recipients=recipients, original_message_id=original_message_id(message))


def _feedback_fields(part: Message) -> dict[str, list[str]]:
    """The fields of a feedback report, by name in lower case; Python parses them as a message inside of the part."""
    fields: dict[str, list[str]] = {}
    for block in blocks(part):
        for name, value in block.items():
            fields.setdefault(name.lower(), []).append(str(value).strip())
    return fields


_DAEMON = re.compile(
    r"mailer-?daemon|mail\.?daemon|postmaster|mail-?delivery|mdaemon|bounces?(?:[+-].*)?", re.IGNORECASE
)
_BOUNCE_SUBJECT = re.compile(
    r"undeliver|undelivrable|non remis|unzustellbar|returned mail|mail delivery fail|delivery (status notification"
    r"|failure|has failed)|delivery.{0,20}fail|failure notice|could not be delivered|non recapitabile"
    r"|no se puede entregar|onbestelbaar|mail system error|nondeliverable|returning message|message not delivered",
    re.IGNORECASE,
)


def _bounce(message: Message) -> BounceReport | None:
    """The delivery report that a message is: by RFC 3464, else in a free form if a mailer-daemon wrote it."""
    report = delivery_status(message)
    if report and report.recipients:
        return report
    if report is None and not _from_daemon(message):
        return None
    free = free_form(message)
    if free or report:
        return free or report
    if not _BOUNCE_SUBJECT.search(_header(message, "Subject")):
        return None
    notice = text_before_original(message)
    return BounceReport((), False, False, status_in(notice), notice[:1000], original_message_id(message))


def _from_daemon(message: Message) -> bool:
    """Whether a mail server wrote it. An empty return path alone is no proof: automatic answers have it too."""
    name, address = parseaddr(str(message.get("From", "")))
    # Some write their name alone, or beside an empty address.
    if _DAEMON.fullmatch((address or name).strip().partition("@")[0]) or message.get("X-Failed-Recipients"):
        return True
    return _null_return_path(message) and _BOUNCE_SUBJECT.search(_header(message, "Subject")) is not None


def _null_return_path(message: Message) -> bool:
    return str(message.get("Return-Path", "x")).strip() == "<>"


_AUTO_HEADERS = (
    "X-Autoreply",
    "X-Auto-Reply",
    "X-Autorespond",
    "X-Autoresponder",
    "X-AutoReply-From",
    "X-Mail-Autoreply",
    "X-Autogenerated",
    "X-FC-MachineGenerated",
    "X-Vacation",
)
_AUTO_SUBJECT = re.compile(
    r"\s*\W{0,2}(?:auto(?:matic|mated)?[ -]?(?:reply|response|answer)|autoreply|out[ -]of[ -](?:the[ -])?office|ooo\b"
    r"|vacation (?:reply|response|notice)|away from (?:my|the) (?:office|desk|mail|email)"
    r"|abwesenheits|abwesend|automatische (?:antwort|abwesenheit)|automatisch antwoord|automatische beantwoording"
    r"|afwezig|r[ée]ponse automatique|absen(?:ce|t|te) (?:du bureau|de bureau)|message d['’]absence"
    r"|respuesta autom[áa]tica|fuera de la? ?oficina|risposta automatica|fuori (?:sede|ufficio)"
    r"|resposta autom[áa]tica|aus[êe]ncia|fora do escrit[óo]rio|autosvar|automatiskt svar|automatisk svar|fr[åa]nvaro"
    r"|automaattinen vastaus|poissa|odpowied[źz] automatyczna|automatyczna odpowied[źz]|nieobecno[śs][ćc]"
    r"|automatick[áa] odpov[ěe][ďd]|otomatik yan[ıi]t|автоответ|автоматический ответ|自動応答|自動返信"
    r"|自动(?:回复|答复))",
    re.IGNORECASE,
)


def _is_automatic(message: Message) -> bool:
    """Whether a program answered (RFC 3834, and what servers send that do not follow it)."""
    submitted = str(message.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    if submitted not in {"", "no"} or any(message.get(name) is not None for name in _AUTO_HEADERS):
        return True
    precedence = str(message.get("Precedence", "")).strip().lower()
    if precedence in {"auto_reply", "auto-reply"} or _null_return_path(message):
        return True
    if message.get_content_type() == "multipart/report":
        return True  # A read receipt, or a delivery report that names nobody.
    return _AUTO_SUBJECT.match(_header(message, "Subject")) is not None


def _header(message: Message, name: str) -> str:
    """A header's text, its encoded-words decoded as far as they can be, on one line."""
    value = next((str(raw) for given, raw in message.raw_items() if given.lower() == name.lower()), "")
    # Octets beyond ASCII are UTF-8 (RFC 6532); the parser keeps them as surrogates.
    value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    with suppress(LookupError, ValueError):  # An encoded-word in an unknown charset stays as it came.
        value = str(make_header(decode_header(value)))
    return " ".join(value.encode("utf-8", "replace").decode().split())


def _ids(message: Message, name: str) -> tuple[str, ...]:
    values: Iterable[object] = message.get_all(name, [])
    found = [id for value in values for id in re.findall(r"<[^<>\s]{1,900}>", str(value))]
    return tuple(dict.fromkeys(found))


def _from_address(message: Message) -> str | None:
    address = parseaddr(str(message.get("From", "")))[1].strip().lower()
    return address if "@" in address else None


def _text(message: Message) -> str:
    """The body as text: the first plain part that is no attachment, else the first HTML part."""
    html = ""
    for part in own_parts(message):
        if part.is_multipart() or part.get_content_disposition() == "attachment":
            continue
        if part.get_content_type() == "text/plain":
            return text_content(part)[:MAX_TEXT]
        if part.get_content_type() == "text/html" and not html:
            html = text_content(part)
    return text_of(html[: 10 * MAX_TEXT])[:MAX_TEXT] if html else ""


_READER = EmailReplyParser(languages=["en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "cs"])


def _own_words(text: str) -> str:
    """The answer alone: neither what it quotes nor its signature. What cannot be told apart stays."""
    whole = text.strip()
    for reply in _READER.read(whole).replies if whole else ():
        lines = [line for line in reply.body.splitlines() if not line.startswith(">")]
        own = "\n".join(lines).strip()
        if own:
            return own
    return whole
