"""Delivery status notifications (RFC 3464, and RFC 6533 for addresses beyond ASCII), well formed or not."""

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser

from domain.incoming.bounce_reasons import is_gone, spoken, telling_status
from domain.incoming.bounce_report import BounceReport
from domain.incoming.bounce_words import speaks_of_gone, speaks_of_something_else
from domain.incoming.mail_parts import blocks, header, own_parts, raw_text, text_content
from domain.incoming.original_mails import as_mailed, original_message_id, original_recipients, text_before_original

_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RECIPIENT_FIELDS = ("Original-Recipient", "Final-Recipient", "X-Actual-Recipient")
_ABOUT_RECIPIENT = re.compile(r"^(?:final|original)-recipient\s*:", re.IGNORECASE | re.MULTILINE)
_ADDRESS = re.compile(r"[^\s<>;:,()\"\[\]]+@[^\s<>;:,()\"\[\]]+")
_SEARCHED = 20_000
_MOST_VERDICTS = 500  # Ours have one recipient each.


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What a report says of one recipient."""

    recipient: str | None
    action: str
    status: str
    diagnostic: str

    @property
    def failed(self) -> bool:
        """Some servers write ``failure`` or ``error``, or leave the action out where the status says it."""
        if not self.action:
            return self.status.startswith(("4", "5"))
        return self.action.startswith(("fail", "error", "bounced", "undeliver"))


def delivery_status(message: Message) -> BounceReport | None:
    """The report in a delivery status notification; None when the message is none."""
    part = _status_part(message)
    if part is None:
        return None
    verdicts = [_verdict(block) for block in _groups(part)[:_MOST_VERDICTS]]
    failed = [verdict for verdict in verdicts if verdict.failed]
    spoken_of = failed or verdicts
    notice = text_before_original(message)
    gone = [verdict for verdict in failed if _is_gone(verdict, notice)]
    diagnostic = " ".join(verdict.diagnostic for verdict in spoken_of).strip()
    return BounceReport(
        recipients=as_mailed(_addresses(spoken_of), message) or (original_recipients(message) if spoken_of else ()),
        hard=bool(failed) and len(gone) == len(failed),
        delayed=bool(verdicts) and not failed,
        status=next((status for v in spoken_of if (status := telling_status(v.diagnostic, v.status))), None),
        diagnostic=(diagnostic or notice)[:1000].strip(),
        original_message_id=original_message_id(message),
        gone=as_mailed(_addresses(gone), message),
    )


def _is_gone(verdict: _Verdict, notice: str) -> bool:
    status = telling_status(verdict.diagnostic, verdict.status) or (verdict.status or None)
    words = verdict.diagnostic
    if not _tells(words):
        # The notice says it where the fields do not: first what it quotes of the remote server, else all of it.
        quoted = spoken(notice)
        status = telling_status(verdict.diagnostic, verdict.status, quoted) or status
        words = f"{words} {quoted if _tells(quoted) else notice}"
    return is_gone(status, words)


def _tells(words: str) -> bool:
    return speaks_of_gone(words) or speaks_of_something_else(words)


def _status_part(message: Message) -> Message | None:
    """The part with the fields; some servers and gateways send it as mere text or give it no structure at all."""
    parts = list(own_parts(message))
    for part in parts:
        if part.get_content_type() in _TYPES:
            return part
    if message.get_content_type() != "multipart/report" and len(parts) < 2:
        return None
    return next((part for part in parts if not part.is_multipart() and _has_fields(part)), None)


def _has_fields(part: Message) -> bool:
    if part.get_content_type().startswith(("image/", "message/", "text/html")):
        return False
    text = _raw_text(part)
    return _ABOUT_RECIPIENT.search(text) is not None and re.search(r"(?im)^(?:action|status)\s*:", text) is not None


def _raw_text(part: Message) -> str:
    return (raw_text(part) if part.get_content_maintype() == "multipart" else text_content(part))[:_SEARCHED]


def _groups(part: Message) -> list[Message]:
    """The groups of fields that are about a recipient."""
    groups = [block for block in blocks(part) if any(block.get(name) for name in _RECIPIENT_FIELDS)]
    return groups or _loose_groups(part)


def _loose_groups(part: Message) -> list[Message]:
    """The groups in a part that is encoded, or is text, or whose end is missing."""
    text = _raw_text(part) or "\n\n".join(_decoded(block) for block in blocks(part))
    paragraphs = re.split(r"\n[ \t]*\r?\n", text.replace("\r\n", "\n"))
    found = [paragraph.lstrip("\n") for paragraph in paragraphs if _ABOUT_RECIPIENT.search(paragraph)]
    return [HeaderParser().parsestr(paragraph[_start(paragraph) :]) for paragraph in found[:50]]


def _start(paragraph: str) -> int:
    """Where the fields begin, behind whatever stands above them."""
    found = re.search(r"(?im)^(?:final-recipient|original-recipient|action|reporting-mta)\s*:", paragraph)
    return found.start() if found else 0


def _decoded(block: Message) -> str:
    """The fields of a part that was encoded as a whole, which RFC 3464 does not allow."""
    text = raw_text(block)
    if _ABOUT_RECIPIENT.search(text):
        return text
    holder = Message()
    holder["Content-Transfer-Encoding"] = "base64"
    holder.set_payload(text)
    return text_content(holder)


def _verdict(block: Message) -> _Verdict:
    return _Verdict(
        recipient=_recipient(block),
        action=_field(block, "Action").lower(),
        status=_field(block, "Status").partition(" ")[0].rstrip(";,"),
        diagnostic=_field(block, "Diagnostic-Code") or _field(block, "Status").partition(" ")[2],
    )


def _field(block: Message, name: str) -> str:
    return header(block, name)


def _recipient(block: Message) -> str | None:
    """The address in ``rfc822; bob@example.com``, the original one before the one that it was forwarded to."""
    for name in _RECIPIENT_FIELDS:
        found = _ADDRESS.search(_field(block, name))
        if found:
            return found[0].lower()
    return None


def _addresses(verdicts: list[_Verdict]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(v.recipient for v in verdicts if v.recipient))
