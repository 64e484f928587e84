"""Reading a parsed mail whatever state it is in: its headers, its own parts, their text."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from html import unescape

ATTACHED = frozenset({"message/rfc822", "message/global"})
_MOST_PARTS = 100  # A mail with more is an attack or a mistake.
_INVISIBLE = re.compile(r"<(/?)(?:style|script|head|title)\b[^<>]{0,1000}>", re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|/?p|/?div|/?tr|/?li|/?h\d|/?table)\b[^<>]{0,1000}>", re.IGNORECASE)
_TAG = re.compile(r"<[!/?a-z][^<>]{0,4000}>", re.IGNORECASE)


_ADDRESS = re.compile(r"[^\s<>()\[\],;:\"\\]{1,256}@[^\s<>()\[\],;:\"\\]{1,256}")
_BRACKETED = re.compile(r"<\s*([^<>\s]{1,256}@[^<>\s]{1,256})\s*>\s*(?:\([^()]*\)\s*)?$")


def header(message: Message, name: str) -> str:
    """A header's text, its encoded-words decoded as far as they can be, on one line."""
    value = next((str(raw) for given, raw in message.raw_items() if given.lower() == name.lower()), "")
    # Octets beyond ASCII are UTF-8 (RFC 6532); the parser keeps them as surrogates.
    value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if "=?" in value:
        # An encoded-word in an unknown charset, or one that is broken, stays as it came.
        with suppress(LookupError, ValueError):
            value = str(make_header(decode_header(value)))
    return " ".join(value.encode("utf-8", "replace").decode().split())


def sender(message: Message) -> tuple[str, str]:
    """Name and address of ``From``; the address alone is "" where there is none.

    What stands in angle brackets at the end is the address, whatever stands before it: names with commas and brackets
    that nobody has quoted are frequent, and versions of Python differ in what they make of them.
    """
    value = header(message, "From")
    bracketed = _BRACKETED.search(value)
    if bracketed:
        return value[: bracketed.start()].strip().strip('"'), bracketed[1]
    return parseaddr(value)


def addresses(values: Iterable[str]) -> tuple[str, ...]:
    """The addresses in headers, as they are written, each once."""
    return tuple(dict.fromkeys(found.strip(".'") for value in values for found in _ADDRESS.findall(value)))


def null_return_path(message: Message) -> bool:
    """Whether the mail must not be answered: reports and automatic answers have an empty return path."""
    return header(message, "Return-Path") == "<>"


def own_parts(message: Message) -> Iterator[Message]:
    """The message and its parts, without what stands inside of a mail that is attached: that is another's."""
    waiting = [message]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        yield part
        if part.get_content_type() not in ATTACHED:
            waiting.extend(reversed(blocks(part)))


def blocks(part: Message) -> list[Message]:
    """The messages inside of a part: the groups of fields of a report, or the mail that is attached."""
    if not part.is_multipart():  # Else the payload would be decoded, which fails for some charsets.
        return []
    return [block for block in part.get_payload() if isinstance(block, Message)]


def text_content(part: Message) -> str:
    """A text part decoded, whatever charset it claims: UTF-8 where the octets are, else what it says, else Latin."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    with suppress(LookupError, ValueError):
        return payload.decode(_charset(part, payload))
    return payload.decode("cp1252", "replace") if _mostly_latin(payload) else payload.decode("utf-8", "replace")


def raw_text(part: Message) -> str:
    """A part's text as it stands, for what is neither decoded nor divided as it should be."""
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


def _mostly_latin(payload: bytes) -> bool:
    """Whether octets that are no UTF-8 stand alone among ASCII, as accents in a Western text do."""
    return len(re.findall(rb"[\x80-\xff]", payload[:4000])) * 4 < len(payload[:4000])


def _charset(part: Message, payload: bytes) -> str:
    claimed = str(part.get_content_charset("utf-8")).lower()
    if claimed.startswith("iso-2022") or claimed == "utf-7":
        return claimed  # They look like ASCII.
    with suppress(UnicodeError):
        payload.decode("utf-8")
        return "utf-8"
    return "gb18030" if claimed in {"gb2312", "gbk"} else claimed


def readable(part: Message, limit: int) -> str:
    """The first ``limit`` characters of a text part, without the markup if it is HTML."""
    text = text_content(part)
    if part.get_content_subtype() == "html":
        text = text_of_markup(text[: 20 * limit])
    return text[:limit].strip()


def text_of_markup(html: str) -> str:
    """HTML as plain words, a line for each block: fast, and without any promise about its looks.

    An address in angle brackets is no tag and stays.
    """
    return unescape(_TAG.sub(" ", _BREAK.sub("\n", _visible(html))))


def _visible(html: str) -> str:
    """HTML without its styles, scripts and head, in one pass: until the next tag that ends one of them."""
    kept, hidden, at = [], False, 0
    for tag in _INVISIBLE.finditer(html):
        if not hidden:
            kept.append(html[at : tag.start()])
        hidden, at = not tag[1], tag.end()
    return " ".join((*kept, html[at:]))
