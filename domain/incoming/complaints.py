"""Complaints: a recipient pressed “spam”, and the provider reports it (RFC 5965 and the older forms)."""

import re
from dataclasses import dataclass
from email.message import Message

from domain.incoming.mail_parts import addresses, blocks, own_parts, readable, sender
from domain.incoming.original_mails import original_message_id

_TYPES = frozenset({"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list", "miscategorized", "complaint"})


@dataclass(frozen=True, slots=True)
class Complaint:
    """A recipient pressed “spam” (RFC 5965). ``recipients`` may be empty: many providers leave the address out."""

    recipients: tuple[str, ...]
    original_message_id: str | None


def complaint_of(message: Message) -> Complaint | None:
    """The complaint that a mail is: a feedback report, or one of the forms that are none; None for other mail."""
    part = next((p for p in own_parts(message) if p.get_content_type() == "message/feedback-report"), None)
    if part is None:
        return _without_report(message)
    fields = _feedback_fields(part)
    kind = (fields.get("feedback-type") or ["abuse"])[0].partition(";")[0].strip().lower()
    if kind not in _TYPES:
        return None
    named = fields.get("original-rcpt-to", []) + fields.get("removal-recipient", [])
    return Complaint(_addresses(named) or _recipients_of_original(message), original_message_id(message))


def _addresses(values: list[str]) -> tuple[str, ...]:
    # Some write rfc822;bob@contact.example, as delivery reports do.
    found = (address.lower() for address in addresses(value.rpartition(";")[2] for value in values))
    return tuple(dict.fromkeys(address for address in found if "redacted" not in address))


def _feedback_fields(part: Message) -> dict[str, list[str]]:
    """The fields of a feedback report, by name in lower case; Python parses them as a message inside of the part."""
    fields: dict[str, list[str]] = {}
    for block in blocks(part):
        for name, value in block.items():
            fields.setdefault(name.lower(), []).append(str(value).strip())
    if not fields:  # A report that is encoded, or empty lines before it: its lines are read as they stand.
        payload = part.get_payload(decode=True)
        for line in (payload if isinstance(payload, bytes) else b"").decode("utf-8", "replace").splitlines()[:200]:
            name, colon, value = line.partition(":")
            if colon:
                fields.setdefault(name.strip().lower(), []).append(value.strip())
    return fields


# Microsoft's Junk Mail Reporting Program, and others who send the mail itself back without a report.
_REPORTERS = re.compile(
    r"staff@hotmail\.[a-z.]{2,20}|(?:abuse|fbl|feedback|feedbackloop|complaints?|scomp)@.{3,200}",
    re.IGNORECASE,
)
# SpamCop writes from an address for each report, with the number of the report in the subject.
_SPAMCOP = re.compile(r"\s*\[SpamCop \([^()]{3,60}\) id:\d+\]")
_RECIPIENT = re.compile(r"^[> \t]*to:[^\n]{0,200}?([^\s<>@,;]{1,64}@[^\s<>@,;]{1,200})", re.IGNORECASE | re.MULTILINE)
_GIVEN_BACK = re.compile(r"^[> \t]*message-id:\s*<[^<>\s]+>", re.IGNORECASE | re.MULTILINE)
_ID = re.compile(r"<[^<>\s]{1,900}>")
_MAX_TEXT = 20_000
_SUBJECTS = re.compile(
    r"\s*(?:complaint about message from|abuse[ -]report|spam (?:report|complaint)|email feedback report|feedback loop"
    r"|client tos notification"
    r"|fw: abuse report)", re.IGNORECASE
)  # fmt: skip


def _without_report(message: Message) -> Complaint | None:
    """A complaint in a form of before RFC 5965: from a reporter's address, so called, with the mail in it or below."""
    _, reporter = sender(message)
    marked = message.get("X-HmXmrOriginalRecipient")
    subject = str(message.get("Subject", ""))
    named = (_REPORTERS.fullmatch(reporter) and (_SUBJECTS.match(subject) or marked)) or _SPAMCOP.match(subject)
    if not named:
        return None
    attached = any(part.get_content_type() == "message/rfc822" for part in own_parts(message))
    below = "" if attached else _mail_below(message)
    if not attached and not below:
        return None
    recipients = _addresses([str(marked)] if marked else []) or _recipients_of_original(message)
    return Complaint(recipients or _addresses(_RECIPIENT.findall(below)[:1]), _id_of_whole(message))


def _id_of_whole(message: Message) -> str | None:
    """The id of the mail given back, which may be the whole of the complaint, with no part around it."""
    inner = blocks(message) if message.get_content_type() == "message/rfc822" else []
    found = _ID.search(str(inner[0].get("Message-ID", ""))) if inner else None
    return found[0] if found else original_message_id(message)


def _mail_below(message: Message) -> str:
    """The mail that a plain text gives back from its headers on; empty if it gives none back."""
    for part in own_parts(message):
        if part.get_content_maintype() == "text" and not part.is_multipart():
            text = readable(part, _MAX_TEXT)
            if _GIVEN_BACK.search(text):
                return text
    return ""


def _recipients_of_original(message: Message) -> tuple[str, ...]:
    """Whom the mail that comes back was for, if its headers still say so."""
    for part in own_parts(message):
        if part.get_content_type() == "message/rfc822":
            for inner in blocks(part):
                return _addresses(
                    [str(inner[name]) for name in ("X-HmXmrOriginalRecipient", "To") if inner.get(name)][:1]
                )
    return ()
