"""The mail that a report is about: where the report gives it back, and what its server wrote before it."""

import base64
import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from email.message import Message

from domain.incoming.mail_parts import ATTACHED, addresses, blocks, own_parts, raw_text, readable, text_content

_HEADERS_ONLY = frozenset({"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"})
_LONGEST_NOTICE = 4000
_SEARCHED = 20_000
_ID = re.compile(r"<[^<>\s]{1,900}>")
_ID_LINE = re.compile(
    r"^[>|* \t]*(?:x-)?(?:original-)?message-?id\s*:\s*(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE
)
_ID_INSIDE = re.compile(
    r"message[- ]?id(?:entifier)?\b[^<>\n]{0,20}\s{0,4}(<[^<>\s]{1,400}@[^<>\s]{1,400}>)", re.IGNORECASE
)
_ID_FIELDS = ("X-Original-Message-ID", "Original-Message-ID", "X-Failed-Message-ID")
_TO_LINE = re.compile(r"^[>|* \t]*to\s*:\s*([^\n]{3,500})", re.IGNORECASE | re.MULTILINE)
# Free forms put the original, or its headers, below such a line.
_ORIGINAL_BELOW = re.compile(
    r"^[->=*_#|\t ]{0,80}(?:this is a copy of|here is a copy|attach(?:ment|ed) is a copy|(?:below is )?a copy of"
    r"|original message(?! details)|the original message (?:is|follows|header)|message contents"
    r"|below (?:this|the next) line|returned m(?:ail|essage)|start of returned|message headers? follow"
    r"|the header and top|the first \d+ lines|header of the source|unsent message|undelivered message"
    r"|message header:|original headers?\b"
    r"|-{3,} ?(?:forwarded|original|urspr|mensa|messag[eg]|oorspr|oryginaln)|urspr[uü]ngliche nachricht"
    r"|message d['’]origine|mensaje original|messaggio originale|mensagem original"
    r"|received: (?:from|by)|return-path: ?<)",
    re.IGNORECASE | re.MULTILINE,
)


def text_before_original(message: Message) -> str:
    """What the reporting server wrote, at most 4,000 characters, without the mail that it gives back."""
    for part in own_parts(message):
        if (
            part.get_content_maintype() == "text"
            and not part.is_multipart()
            and part.get_content_type() not in _HEADERS_ONLY
        ):
            text = readable(part, 2 * _LONGEST_NOTICE)
        elif part.get_content_maintype() == "multipart" and not part.is_multipart():
            text = _unfolded(part)
        else:
            continue
        if text.strip():
            return before_original(text)
    return ""


def before_original(text: str) -> str:
    """A text until the line below which it gives a mail back; that mail is not the whole of it."""
    below = next((found for found in _ORIGINAL_BELOW.finditer(text) if found.start() > 0), None)
    return (text[: below.start()] if below else text)[:_LONGEST_NOTICE].strip()


def _unfolded(part: Message) -> str:
    """The text in a multipart whose boundary is nowhere to be found: without the fields between its parts."""
    text = raw_text(part)[: 2 * _LONGEST_NOTICE]
    return re.sub(r"(?im)^(?:--[^\n]{5,}|content-[a-z-]+:[^\n]*(?:\n[ \t][^\n]*)*|mime-version:[^\n]*)$", "", text)


def original_message_id(message: Message) -> str | None:
    """The Message-ID of the mail that a report gives back, else the one that it names or answers."""
    parts = list(own_parts(message))
    for find in (_attached_id, _named_id, _written_id):
        found = next((id for part in parts if (id := find(part, part is message))), None)
        if found:
            return found
    return _first_id(message.get("In-Reply-To")) or _last_id(message.get("References"))


def _attached_id(part: Message, whole: bool) -> str | None:
    if whole or part.get_content_type() not in ATTACHED | _HEADERS_ONLY:
        return None
    attached = next((_first_id(inner.get("Message-ID")) for inner in blocks(part)), None)
    return attached or _line_id(text_content(part)[:_SEARCHED]) or _line_id("\n".join(_texts_inside(part)))


def _texts_inside(part: Message) -> Iterator[str]:
    """What stands in an attached mail that could not be read as one: encoded whole, against RFC 2046."""
    for inner in blocks(part) or [part]:
        text = raw_text(inner)[:_SEARCHED]
        if text:
            yield text
            with suppress(binascii.Error, ValueError):
                packed = re.sub(r"\s", "", text)
                yield base64.b64decode(packed[: len(packed) // 4 * 4], validate=True).decode("utf-8", "replace")


def _named_id(part: Message, whole: bool) -> str | None:
    holders = blocks(part) if part.get_content_type().endswith("delivery-status") else [part] if whole else []
    return next((id for holder in holders for name in _ID_FIELDS if (id := _first_id(holder.get(name)))), None)


def _written_id(part: Message, whole: bool) -> str | None:
    if part.is_multipart() or part.get_content_type() in ATTACHED:
        return None
    if part.get_content_maintype() == "text":
        return _line_id(readable(part, _SEARCHED)) or _line_id(text_content(part)[:_SEARCHED])
    if part.get_content_maintype() in {"multipart", "message"}:
        return _line_id(raw_text(part)[:_SEARCHED])
    name = str(part.get_filename() or "").lower()
    return _line_id(text_content(part)[:_SEARCHED]) if name.endswith((".eml", ".txt", ".hdr", ".msg")) else None


def original_recipients(message: Message) -> tuple[str, ...]:
    """To whom the mail went that a report gives back."""
    for part in own_parts(message):
        if part is not message and part.get_content_type() in ATTACHED:
            lines = [str(inner.get("To", "")) for inner in blocks(part)]
        elif part.get_content_type() in _HEADERS_ONLY:
            lines = _TO_LINE.findall(text_content(part)[:_SEARCHED])[:1]
        else:
            continue
        found = addresses(line.lower() for line in lines)
        if found:
            return found
    return ()


def written_recipients(message: Message) -> tuple[str, ...]:
    """To whom the mail went that a report gives back below its own words."""
    for part in own_parts(message):
        if part.get_content_maintype() == "text" and not part.is_multipart():
            text = readable(part, _SEARCHED)
            below = _ORIGINAL_BELOW.search(text)
            lines = _TO_LINE.findall(text[below.start() :])[:1] if below else []
            if lines:
                return addresses(line.lower() for line in lines)
    return ()


def as_mailed(recipients: tuple[str, ...], message: Message) -> tuple[str, ...]:
    """With the recipient that a server forwarded the mail to, the one that the mail given back was sent to."""
    mailed = original_recipients(message)
    return tuple(dict.fromkeys(recipients + mailed)) if len(recipients) == len(mailed) == 1 else recipients


def _first_id(value: object) -> str | None:
    found = _ID.search(str(value or ""))
    return found[0] if found else None


def _last_id(value: object) -> str | None:
    found = _ID.findall(str(value or ""))
    return found[-1] if found else None


def _line_id(text: str) -> str | None:
    found = _ID_LINE.search(text) or _ID_INSIDE.search(text)
    return found[1] if found else None
