"""What the author of a mail wrote, apart from what he quotes and how he signs.

Quotes are cut by simple rules that take time in proportion to the text; mail-parser-reply, whose time grows with the
square of it, then finds the signature in what is left.
"""

import re
from collections.abc import Iterator
from email.message import Message

from mailparser_reply.parser import EmailMessage

from domain.incoming.mail_parts import own_parts, text_content
from domain.incoming.quote_marks import CONFIDENTIAL, DISCLAIMER, FROM_LINE, MOBILE, OTHER_LINE, RULE, WROTE
from domain.sending.bodies import text_of

MAX_TEXT = 5_000  # Characters of an answer that are looked at.
_MAX_SOURCE = 200_000  # Characters of a part that are looked at; Outlook puts 50,000 of styles before the first word.
_MAX_PLAIN = 60_000
_MAX_LINES = 2_000
_MAX_SIGNED = 3_000
_LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "cs"]


def unquoted_text(message: Message) -> str:
    """The body without what it quotes and without a signature that is marked as one: what opt-outs are looked for in.

    It is the first plain part that has text and is no attachment, else the first HTML part.
    """
    html = ""
    for part in own_parts(message):
        if part.is_multipart() or part.get_content_disposition() == "attachment":
            continue
        kind = part.get_content_type()
        if kind == "text/plain":
            text = text_content(part)[:_MAX_SOURCE]
            if text.strip():
                return without_quotes(text)
        elif kind == "text/html" and not html:
            html = text_content(part)[:_MAX_SOURCE]
    return without_quotes(text_of(_without_quoted_elements(html)[: 6 * MAX_TEXT])) if html else ""


def own_words(text: str) -> str:
    """An unquoted text without its signature. What cannot be told apart stays."""
    if not text:
        return ""
    email = EmailMessage(text=text[:_MAX_SIGNED], languages=_LANGUAGES, keep_hyphen_lists=True)
    _, signature = email._process_signatures_disclaimers(email.text)
    signature = signature.strip()
    # A sentence is no regards: the languages share words, and “Tak, …” thanks in Danish but says yes in Polish.
    if not signature or len(signature.splitlines()[0].split()) > 4 or len(text) > _MAX_SIGNED:
        return text
    return email.text[: email.text.rfind(signature)].strip() or text


_HAS_DATE = re.compile(r"\d{1,4}|@")


def without_quotes(text: str) -> str:
    """A text without what it quotes, be the answer above it, below it or in between, and without marked signatures."""
    whole = text[:_MAX_PLAIN].replace("\r\n", "\n").replace("\xa0", " ")
    lines = [line.strip() for line in whole.split("\n")[:_MAX_LINES]]
    kept: list[str] = []
    place = quoted = 0
    while place < len(lines):
        if lines[place].startswith((">", "|>")):
            place += 1
            continue
        length = _quote_at(lines, place)
        quoted += length
        if length and any(kept):
            # Below its answer a quote goes on to the end, but for what is answered between lines with “>”.
            kept += _between_quotes(lines[place + length :])
            break
        if length:
            place += length
        else:
            kept.append(lines[place])
            place += 1
    answer = "\n".join(_unsigned(_unwrapped(kept), alone=quoted > 0)).strip()[:MAX_TEXT]
    if not answer and (quoted or any(_quote_at(_inner(lines[n : n + 3]), 0) for n in range(len(lines)))):
        return ""  # Somebody sent our mail back with nothing added: its words are ours.
    return re.sub(r"\n{3,}", "\n\n", answer) or text.strip()[:MAX_TEXT]


def _inner(lines: list[str]) -> list[str]:
    return [line.lstrip("|> ") for line in lines]


def has_quote(message: Message) -> bool:
    """Whether a mail quotes another below, above or between its own words."""
    for part in own_parts(message):
        if part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text":
            continue
        source = text_content(part)[:_MAX_PLAIN]
        if part.get_content_subtype() == "html":
            if any(block[2].lower() == "blockquote" or _QUOTE.search(block[3]) for block in _BLOCK.finditer(source)):
                return True
            if _DIVIDER.search(source):
                return True
            continue
        lines = [line.strip() for line in source.split("\n")[:_MAX_LINES]]
        if any(line.startswith(">") or _quote_at(lines, place) for place, line in enumerate(lines)):
            return True
    return False


_DESK_LINE = re.compile(r"#{2,}\s?-.{0,120}-\s?#{2,}")
_DESK_DATE = re.compile(r".{0,30}\b\d{1,2}\b.{0,30}\d{1,2}:\d\d.{0,20}")
_DESK_END = re.compile(r"-{10,}|this e-?mail is a service from", re.IGNORECASE)


def _unwrapped(lines: list[str]) -> list[str]:
    """An agent's answer without what his ticket system puts around it: a rule, his name and the time above."""
    said = [n for n, line in enumerate(lines) if line]
    if not said or not _DESK_LINE.fullmatch(lines[said[0]]):
        return lines
    above = 3 if len(said) > 3 and _DESK_DATE.fullmatch(lines[said[2]]) else 1
    kept = lines[said[above - 1] + 1 :]
    below = next((n for n, line in enumerate(kept) if _DESK_END.match(line)), len(kept))
    return kept[:below]


def _quote_at(lines: list[str], place: int) -> int:
    """How many lines from this one on announce a quote; 0 when none do."""
    line = lines[place][:400]
    if not line:
        return 0
    if RULE.match(line):
        return 1 + _headers_at(lines, place + 1)
    if re.fullmatch(r"[_-]{20,}", line) and place + 1 < len(lines):
        headers = _headers_at(lines, place + 1)
        return 1 + headers if headers else 0
    if FROM_LINE.match(line) or OTHER_LINE.match(line):
        return _headers_at(lines, place)
    for length in (1, 2, 3):
        part = lines[place : place + length]
        if len(part) < length or not part[-1] or (length > 1 and not _OPENS.match(line)):
            return 0
        said = " ".join(part)[:400].lstrip("> ")
        if WROTE.search(said) and _HAS_DATE.search(said) and len(said) < 300 and _announces(said):
            return length
    return 0


_OPENS = re.compile(
    r"(?:on|am|le|el|il|em|a|op|w dniu|dnia|dne|den|d\.|på|no dia|pe|în|в|у|στις|mon|tue|wed|thu|fri|sat|sun|man|tir"
    r"|tis|ons|tor"
    r"|fre|lør|lör|søn|sön|ma|ti|ke|to|la|su|po|út|st|čt|pá|so|ne|вт|пн|ср|чт|пт|сб|вс|нд)\b|\d",
    re.IGNORECASE,
)
_NAMED = re.compile(r".{0,80}<[^<>\s]+@|.{0,80}\d{1,2}[:.]\d\d")


def _announces(said: str) -> bool:
    """Whether a line that ends with “wrote:” begins as mail programs begin it, or has an address or a time in it."""
    return _OPENS.match(said) is not None or _NAMED.match(said) is not None


def _headers_at(lines: list[str], place: int) -> int:
    """How many lines the header block of a quoted mail has there (From, Sent, To, Subject); 0 when it is none."""
    while place < len(lines) and not lines[place]:
        place += 1
    window = [line[:200].lstrip("> ") for line in lines[place : place + 10]]
    if not window or not (FROM_LINE.match(window[0]) or OTHER_LINE.match(window[0])):
        return 0
    matches = [n for n, line in enumerate(window) if FROM_LINE.match(line) or OTHER_LINE.match(line)]
    named = any(FROM_LINE.match(line) for line in window)
    return matches[-1] + 1 if len(matches) >= 3 and named else 0


def _between_quotes(lines: list[str]) -> Iterator[str]:
    """What stands between and below quoted lines, if the quote is marked with “>” at all."""
    quoted = [line.startswith(">") for line in lines]
    first = next((n for n, is_quoted in enumerate(quoted) if is_quoted), None)
    if first is None or any(lines[:first]):
        return
    for line, is_quoted in zip(lines[first:], quoted[first:], strict=True):
        if not is_quoted:
            yield line


def _unsigned(lines: list[str], *, alone: bool) -> list[str]:
    """The lines before “-- ”, a disclaimer or what a telephone signs with; these may stand ``alone`` beside a quote."""
    for place, line in enumerate(lines):
        if not line or not (alone or any(lines[:place])):
            continue
        if re.fullmatch(r"--|__+|\*-- ?\*", line) or MOBILE.match(line[:120]):
            return lines[:place]
        if DISCLAIMER.match(line[:200]) and CONFIDENTIAL.search(" ".join(lines[place : place + 6])[:400].lower()):
            return lines[:place]
    return lines


_INVISIBLE = re.compile(r"<!--.*?(?:-->|\Z)|<(style|script|title)\b.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_HEAD = re.compile(r"<head\b", re.IGNORECASE), re.compile(r"</head\s*>", re.IGNORECASE)
_BLOCK = re.compile(r"<(/?)(div|blockquote|section|table)\b([^<>]{0,1000})>", re.IGNORECASE)
_QUOTE = re.compile(
    r"gmail_quote|gmail_extra|gmail_attr|yahoo_quoted|moz-cite-prefix|protonmail_quote|tutanota_quote|zmail_extra"
    r"|wordsection_quote|front-blockquote|hs_reply|mail_android_quote|name=[\"']?quote(?:d-content)?\b",
    re.IGNORECASE,
)
_QUOTING = re.compile(
    rf"{_QUOTE.pattern}|gmail_signature|moz-signature|protonmail_signature|ms-outlook-mobile-signature"
    r"|id=[\"']?(?:x_)*signature\b",
    re.IGNORECASE,
)
# Below these stands another's mail to the very end.
_DIVIDER = re.compile(
    r"<[^<>]{0,300}?(?:id=[\"']?(?:x_)*(?:divRplyFwdMsg|appendonsend|OLK_SRC_BODY_SECTION|reply-intro"
    r"|mail-editor-reference-message-container"
    r"|ms-outlook-mobile-body-separator-line|isForwardContent|isReplyContent|replySplit)"
    r"|border-top:\s?solid #(?:E1E1E1|B5C4DF)|name=[\"']?_MailOriginal|id=[\"']?stopSpelling)",
    re.IGNORECASE,
)
_HAS_TEXT = re.compile(r"(?:>|\A)\s*(?:&nbsp;\s*|&#\w{2,5};\s*)*[^\s<>&]")


def _without_quoted_elements(html: str) -> str:
    """HTML without the elements that mail programs put quotes and signatures in, and without what nobody sees."""
    html = _INVISIBLE.sub(" ", _without_head(html))
    for divider in _DIVIDER.finditer(html):
        if _HAS_TEXT.search(html[: divider.start()]):
            html = html[: divider.start()]
        break
    pieces: list[str] = []
    place = depth = 0
    open_tag = ""
    for tag in _BLOCK.finditer(html):
        name = tag[2].lower()
        if depth:
            depth += (-1 if tag[1] else 1) if name == open_tag else 0
            place = tag.end() if depth == 0 else place
        elif not tag[1] and (name == "blockquote" or _QUOTING.search(tag[3])):
            pieces.append(html[place : tag.start()])
            open_tag, depth = name, 1
    kept = "".join(pieces) + ("" if depth else html[place:])
    return kept if _HAS_TEXT.search(kept) else html


def _without_head(html: str) -> str:
    begin = _HEAD[0].search(html)
    end = _HEAD[1].search(html, begin.end()) if begin else None
    return html[: begin.start()] + html[end.end() :] if begin and end else html
