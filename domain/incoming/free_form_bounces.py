"""Bounces that follow no standard: plain words, as many servers and gateways send them."""

import logging
import re
from collections.abc import Iterable
from email.message import Message

from flufl.bounce import all_failures

from domain.incoming.bounce_reasons import is_gone, quotes_an_answer, spoken, status_in, telling_status
from domain.incoming.bounce_report import BounceReport
from domain.incoming.bounce_words import speaks_of_gone, speaks_of_something_else
from domain.incoming.mail_parts import ATTACHED, header, own_parts
from domain.incoming.mail_parts import addresses as mail_addresses
from domain.incoming.notice_words import reads_as_delay, reads_as_success
from domain.incoming.original_mails import (
    as_mailed,
    original_message_id,
    original_recipients,
    text_before_original,
    written_recipients,
)

# It logs every odd mail with its trace before it raises; what it raises is dealt with here.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)

_LARGEST = 60_000  # Characters of a mail that flufl.bounce is given: it reads every line with many patterns.
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}")
_LISTED = re.compile(
    r"(?:^[ \t>*|•·-]{0,20}|rcpt to:|recipients?(?:\(s\)|s)?:?\s|address(?:es|\(es\))?:?\s|addressed(?: to|,)\s"
    r"|\((?=[^\s()<>]{3,100}\)\s?<mailto:)|error-for:|attempts:|userid:|user:|smtp:|\b(?:to|an|for|a|de|nach):?\s|发送到|发送至|收件人|送达"
    r"|宛先|アドレス|送信先|받는 사람|수신자|кому|адрес\w*)"
    r"[\s\"'“”„(\[<:：]{0,8}(?:mailto:|smtp:)?([\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})",
    re.IGNORECASE | re.MULTILINE,
)
_OFFICES = re.compile(
    r"(?:post-?master|mailer-?daemon|abuse|helpdesk|hostmaster|microsoftexchange\w+|delist\w*|unblock\w*|\w+-owner)@",
    re.IGNORECASE,
)
_REFERRAL = re.compile(
    r"(?:contact|kontakt|contatt|wenden|redirig|reenviad|weitergeleitet|doorgestuurd|inoltrat"
    r"|\b(?:been|is|was) (?:forwarded|redirected)|questions?|assistance|further help)"
    r"\w*\s[^.:\n@(]{0,40}<?[^\s(<@]{1,64}@\S{1,90}$",
    re.IGNORECASE,
)


def free_form(message: Message) -> BounceReport | None:
    """The report in a bounce that follows no standard; None when no recipient is named.

    To be asked of mail from a mail server only: a person who quotes a bounce must not be taken for one.
    """
    report = told(message)
    return report if report.recipients else None


def told(message: Message) -> BounceReport:
    """What the words of a notice say, whoever is or is not named in it."""
    notice = text_before_original(message)
    subject = header(message, "Subject")
    recipients = (
        _known_forms(message)
        or listed(message, notice)
        or original_recipients(message)
        or named(message, notice)
        or written_recipients(message)
    )
    delayed = reads_as_delay(subject, notice) or reads_as_success(subject, notice)
    gone = () if delayed else _gone(recipients, notice)
    return BounceReport(
        recipients=as_mailed(recipients, message),
        hard=not delayed and (len(gone) == len(recipients) if recipients else _is_gone(notice)),
        delayed=delayed,
        status=telling_status(spoken(notice)) or status_in(notice),
        diagnostic=notice[:1000],
        original_message_id=original_message_id(message),
        gone=as_mailed(gone, message),
    )


def evidence(message: Message) -> bool:
    """Whether a notice gives what a server gives: an answer of SMTP, the recipient, or the mail itself."""
    notice = text_before_original(message)
    return (
        message.get("X-Failed-Recipients") is not None
        or status_in(notice) is not None
        or quotes_an_answer(notice)
        or bool(listed(message, notice))
        or any(part is not message and part.get_content_type() in ATTACHED for part in own_parts(message))
    )


def listed(message: Message, notice: str) -> tuple[str, ...]:
    """The addresses that a notice lists, without those of the mail's own header and of offices."""
    return _of_others(message, (found[1] for found in _LISTED.finditer(notice) if not _is_referral(notice, found)))


def named(message: Message, notice: str) -> tuple[str, ...]:
    """All addresses in a notice, without those of the mail's own header and of offices."""
    return _of_others(message, (found[0] for found in _ADDRESS.finditer(notice) if not _is_referral(notice, found)))


def _is_referral(notice: str, found: re.Match[str]) -> bool:
    """Whether an address is one that the reader is sent to, or that the mail was sent on to."""
    return _REFERRAL.search(notice[max(0, found.end() - 120) : found.end()]) is not None


def _of_others(message: Message, addresses: Iterable[str]) -> tuple[str, ...]:
    fields = [header(message, name) for name in ("From", "To", "Reply-To", "Cc")]
    own = {address.lower() for address in mail_addresses(fields)}
    found = (address.rstrip(".").lower() for address in addresses)
    return tuple(dict.fromkeys(a for a in found if a not in own and not _OFFICES.match(a)))[:50]


def _known_forms(message: Message) -> tuple[str, ...]:
    """The recipients by ``X-Failed-Recipients`` or one of the forms that flufl.bounce knows.

    Those that it calls delayed count too: it does so for some spam filters that refuse for good.
    """
    marked = mail_addresses([header(message, "X-Failed-Recipients").lower()])
    if marked:
        return marked
    try:
        delayed, failed = all_failures(_short(message))
    except Exception:
        return ()  # flufl.bounce raises on odd mail, such as one without From.
    return _of_others(message, _sorted(failed or delayed))


def _short(message: Message) -> Message:
    """The mail itself, or an empty one where a part is so long that reading it with every pattern takes seconds."""
    payloads = (part.get_payload() for part in message.walk())
    return message if sum(len(p) for p in payloads if isinstance(p, str)) <= _LARGEST else Message()


def _sorted(addresses: frozenset[bytes]) -> list[str]:
    found = {address.decode("utf-8", "replace").strip("<>\"' ").lower() for address in addresses}
    return sorted(a for a in found if _ADDRESS.fullmatch(a))


def _gone(recipients: tuple[str, ...], notice: str) -> tuple[str, ...]:
    """Those of the recipients that are gone, each by what stands behind its address where that tells anything."""
    if len(recipients) > 1:
        words = {address: _behind(address, recipients, notice) for address in recipients}
        if all(map(_tells, words.values())):
            return tuple(address for address, said in words.items() if _is_gone(said))
    return recipients if _is_gone(notice) else ()


def _behind(address: str, recipients: tuple[str, ...], notice: str) -> str:
    lower = notice.lower()
    start = lower.find(address)
    ends = [end for other in recipients if other != address and (end := lower.find(other, start + len(address))) > 0]
    return notice[start : min(ends, default=len(notice))] if start >= 0 else ""


def _is_gone(notice: str) -> bool:
    quoted = spoken(notice)
    words = quoted if _tells(quoted) else notice
    return is_gone(telling_status(words, notice), words)


def _tells(words: str) -> bool:
    return speaks_of_gone(words) or speaks_of_something_else(words)
