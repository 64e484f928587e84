"""Delivery reports: what a server says of a mail that it did not deliver, and whether the address is gone for good.

A bounce is hard only when it says that the address or its domain does not exist or is disabled. Servers put a first
digit of 5 on much else (a full mailbox, greylisting, policy, spam, authentication), so the words and the enhanced
status (RFC 3463) decide, never the first digit.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.utils import getaddresses

from flufl.bounce import all_failures

# It logs every odd mail with its trace before it raises; what it raises is dealt with here.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class BounceReport:
    """What a delivery report says.

    ``recipients`` are the addresses concerned, in lower case. ``hard``: the address or domain does not exist or is
    disabled. ``delayed``: the server goes on trying, or reports a success: no bounce at all. ``status`` is the enhanced
    status code, ``diagnostic`` the server's words (at most 1,000 characters), ``original_message_id`` the Message-ID
    of the mail concerned, with its angle brackets.
    """

    recipients: tuple[str, ...]
    hard: bool
    delayed: bool
    status: str | None
    diagnostic: str
    original_message_id: str | None


_GONE_STATUS = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10"})
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)")

_TRANSIENT = re.compile(
    r"""quota|mailbox\s(is\s)?full|full\smailbox|mail\s?box\ssize|insufficient\s(system\s)?storage|out\sof\sstorage
    |storage\sspace|disk\s(is\s)?full|exceed(s|ed|ing)?|too\s(large|big|many|much|fast)|size\slimit|postfach.{0,20}voll
    |bo[iî]te.{0,30}pleine|buz[oó]n.{0,20}lleno|casella.{0,20}piena|caixa.{0,30}cheia
    |gr[ea]y-?list|try\s(again|later)|later\stime|temporar|tempor[aä]r|\bdefer|rate.{0,3}limit|throttl|over\sload|overload
    |timed?\s?out|time-?out|expired|retry|could\snot\sconnect|connection\s(refused|lost|reset|dropped)
    |spam|spf\b|dkim|dmarc|\brbl\b|dnsbl|black\s?-?list|block\s?-?list|blocked|banned|reputation|spamhaus|barracuda
    |virus|malware|phish|suspicious|content\s(reject|filter)|polic(y|ies)|not\spermitted|prohibit|unsolicited
    |authenticat|unauthenticat|unauthori[sz]ed|not\sauthori[sz]ed|relay(ing)?\s(access\s)?(denied|not)|access\sdenied
    |permission|reverse\sdns|\bptr\b|helo|\bsender\b.{0,40}(reject|verif|denied|invalid)|loop""",
    re.IGNORECASE | re.VERBOSE,
)
_GONE = re.compile(
    r"""(user|recipient|mailbox|mail\sbox|account|address|addressee|alias|e-?mail)\)?\s?(is\s|was\s|name\s|address\s|account\s)*
      (unknown|not\sfound|invalid|disabled|inactive|deactivated|suspended|terminated|closed|discontinued|unrecognized
      |(doesn't|does\snot|doesn’t|didn't|do\snot|no\slonger)\sexist|non-?existent|cannot\sbe\sfound|isn't\svalid|not\svalid
      |not\sknown|no\slonger\s(valid|available|active|in\suse)|has\sbeen\s(disabled|deactivated|suspended|closed|deleted
      |terminated)|not\slisted)
    |(unknown|no\ssuch|invalid|nonexistent|non-existent|bad|disabled|inactive|unrecognized|unrouteable|undefined)\s
      (local\s|destination\s|virtual\s|e?-?mail\s)*(user|recipient|mailbox|account|address|addressee|alias|person|domain
      |host|system|name)
    |(does\snot|doesn't|doesn’t)\s(exist|have\san?\s.{0,30}account)|not\s(a\s)?(valid|known)\s(user|recipient|mailbox|address)
    |tried\sto\sreach\s(is|has\sbeen)\s(disabled|inactive|deactivated|suspended|deleted)
    |no\s(mailbox|account|recipient|user)\s(here|by|with|for)|is\snot\sa\sknown\suser|not\sour\scustomer
    |(host|domain)(\sname)?(\sor\sdomain\sname)?\s(is\s)?not\sfound|domain\s(is\s)?(unknown|invalid|expired\sand)|nxdomain
    |name\sor\sservice\snot\sknown|null\s?mx|does\snot\saccept\s(e?-?)mail|no\smx\s.{0,30}(record|found)|unrouteable
    |(wasn't|couldn't|wasn’t|couldn’t|could\snot|was\snot)\s(be\s)?found|recipnotfound|recipientnotfound|no\slonger\swith
    |unbekannt|existiert\snicht|nicht\s(gefunden|bekannt)|inconnu|n['’]existe\spas|introuvable|no\sexiste|desconocid
    |sconosciut|inesistente|non\sesiste|n[aã]o\sexiste|inexistente|desconhecid|bestaat\sniet|onbekend|nie\sistnieje
    |finns\sinte|findes\sikke|finnes\sikke|не\sсуществует|не\sнайден""",
    re.IGNORECASE | re.VERBOSE,
)


def status_in(text: str) -> str | None:
    """The first enhanced status code (RFC 3463) in a server's words, such as ``5.1.1``."""
    found = _STATUS.search(text)
    return found[1] if found else None


def is_gone(status: str | None, words: str) -> bool:
    """Whether a server's answer says that the address or its domain does not exist or is disabled: a hard bounce.

    ``status`` is the enhanced status if there is one. A status of class 4 never is; one of RFC 3463's codes for bad
    addresses is, unless the words speak of something else only; any other code needs words to that effect, and
    nothing in them that speaks of policy, spam, space or time.
    """
    if status is not None and status.startswith("4"):
        return False
    said = " ".join(_STATUS.sub(" ", words[:4000]).split())
    gone, transient = _GONE.search(said) is not None, _TRANSIENT.search(said) is not None
    if status in _GONE_STATUS:
        return gone or not transient
    return gone and not transient


def speaks_of_something_else(words: str) -> bool:
    """Whether a server's words speak of policy, spam, space, rate or time."""
    return _TRANSIENT.search(words) is not None


def delivery_status(message: Message) -> BounceReport | None:
    """The report in a delivery status notification (RFC 3464); None when the message is none."""
    part = next((p for p in own_parts(message) if p.get_content_type() == "message/delivery-status"), None)
    if part is None:
        return None
    fields = [block for block in blocks(part) if block.get("Final-Recipient") or block.get("Original-Recipient")]
    failed = [block for block in fields if _field(block, "Action").lower() == "failed"]
    spoken = failed or fields
    diagnostic = " ".join(_field(block, "Diagnostic-Code") for block in spoken)
    status = next((_field(block, "Status").split()[0] for block in spoken if _field(block, "Status")), None)
    if status is None or status.endswith(".0.0"):
        status = status_in(diagnostic) or status
    notice = text_before_original(message)
    words = diagnostic if _GONE.search(diagnostic) or _TRANSIENT.search(diagnostic) else f"{diagnostic} {notice}"
    return BounceReport(
        recipients=tuple(dict.fromkeys(filter(None, map(_recipient, spoken)))),
        hard=bool(failed) and is_gone(status, words),
        delayed=bool(fields) and not failed,
        status=status,
        diagnostic=(diagnostic or notice)[:1000].strip(),
        original_message_id=original_message_id(message),
    )


def free_form(message: Message) -> BounceReport | None:
    """The report in a bounce that follows no standard, told by flufl.bounce; None when no recipient is named.

    To be asked of mail from a mailer-daemon only: a person who quotes a bounce must not be taken for one.
    """
    try:
        delayed, failed = all_failures(message)
    except Exception:
        delayed, failed = frozenset(), frozenset()  # flufl.bounce raises on odd mail, such as one without From.
    named = getaddresses([str(message.get("X-Failed-Recipients", ""))])
    recipients = {_lower(address) for address in failed} | {address.lower() for _, address in named if "@" in address}
    notice = text_before_original(message)
    status = status_in(notice)
    only_delayed = not recipients and bool(delayed)
    if not recipients and not delayed:
        return None
    return BounceReport(
        recipients=tuple(sorted(recipients or {_lower(address) for address in delayed})),
        hard=not only_delayed and is_gone(status, notice),
        delayed=only_delayed,
        status=status,
        diagnostic=notice[:1000],
        original_message_id=original_message_id(message),
    )


def original_message_id(message: Message) -> str | None:
    """The Message-ID of the mail that a report gives back, else the one that it answers."""
    for part in own_parts(message):
        if part is not message and part.get_content_type() == "message/rfc822":
            found = next((_id(inner.get("Message-ID")) for inner in blocks(part)), None)
        elif part.get_content_type() in {"text/rfc822-headers", "message/rfc822-headers"}:
            found = _id_line(text_content(part))
        else:
            continue
        if found:
            return found
    quoted = next((_id_line(text_content(p)) for p in own_parts(message) if p.get_content_type() == "text/plain"), None)
    return quoted or _id(message.get("In-Reply-To")) or _id(message.get("References"))


def text_before_original(message: Message) -> str:
    """What the reporting server wrote, without the mail that it gives back."""
    for part in own_parts(message):
        if part.get_content_maintype() == "text" and not part.is_multipart():
            text = text_content(part)
            if part.get_content_subtype() == "html":
                text = re.sub(r"<[^<>]*>", " ", text)
            # Free forms put the original below such a line.
            return re.split(
                r"(?im)^[- ]*(?:this is a copy of|original message|below this line|returned message)", text
            )[0][:4000].strip()
    return ""


def own_parts(message: Message) -> Iterator[Message]:
    """The message and its parts, without what stands inside of a mail that is attached: that is another's."""
    yield message
    if message.get_content_type() != "message/rfc822":
        for part in blocks(message):
            yield from own_parts(part)


def text_content(part: Message) -> str:
    """A text part decoded, whatever charset it claims."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        return payload.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, UnicodeError, ValueError):
        return payload.decode("utf-8", "replace")


def blocks(part: Message) -> list[Message]:
    """The messages inside of a part: the groups of fields of a report, or the mail that is attached."""
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _field(block: Message, name: str) -> str:
    return " ".join(str(block.get(name, "")).split())


def _recipient(block: Message) -> str | None:
    """The address in ``rfc822; bob@example.com``, the original one before the one that it was forwarded to."""
    for name in ("Original-Recipient", "Final-Recipient"):
        address = _field(block, name).rpartition(";")[2].strip().strip("<>").lower()
        if "@" in address:
            return address
    return None


def _lower(address: bytes | str) -> str:
    return (address.decode("utf-8", "replace") if isinstance(address, bytes) else address).strip("<> ").lower()


def _id(value: object) -> str | None:
    found = re.search(r"<[^<>\s]{1,900}>", str(value or ""))
    return found[0] if found else None


def _id_line(text: str) -> str | None:
    found = re.search(r"(?im)^[> ]*message-id:\s*(<[^<>\s]{1,900}>)", text)
    return found[1] if found else None
