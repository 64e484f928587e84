"""What makes an email tell of opens and clicks: the links of its HTML rewritten, a pixel, and the tokens in both.

Only the values of ``href`` change, and only those of ``<a>`` that lead to the web: every other byte of the body
stays as it was. Text parts are never touched. What the HTML standard would not read as a link is left alone.
"""

import html as markup
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.entities import html5
from uuid import UUID

import idna

from domain.tokens import BadToken, sign, verify_with_detail

OPEN = "open"
CLICK = "click"
HONEYPOT = 0
"""The id of the link that no person sees; those of links that are stored begin with 1."""
MAX_URL = 8000
"""Characters: what is longer is not rewritten, since servers refuse such addresses anyway."""

_SPACE = "\t\n\f\r "
_WEB = re.compile(r"https?://[^/?#\\\x00][^\x00\ud800-\udfff]*", re.IGNORECASE)
_AUTHORITY = re.compile(r"(https?://)([^/?#\\]*)(.*)", re.IGNORECASE | re.DOTALL)
_NOT_IN_A_HEADER = re.compile(r"[^\x21-\x7e]")
_TAG = re.compile(r"</?([A-Za-z][^\t\n\f\r />]*)")
_NAME = re.compile(r"[\t\n\f\r /]*([^\t\n\f\r />][^\t\n\f\r />=]*)")
_VALUE = re.compile(r"""[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:(["'])|([^\t\n\f\r >]*))""")
_TAG_END = re.compile(r"[\t\n\f\r /]*>")
_RAW_TEXT = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
"""Elements in which a tag is only text (HTML standard, 13.2.5.1)."""
_REFERENCE = re.compile(r"&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[A-Za-z][A-Za-z0-9]*[;=]?)")


@dataclass(frozen=True, slots=True)
class _Link:
    """The ``href`` of an ``<a>``: where its value stands in the source, and the address that it says."""

    start: int
    end: int
    url: str


def links(html: str, *, base_url: str) -> list[str]:
    """The addresses that clicks on the body lead to, each once, in their order; not ours under ``base_url``."""
    return list(dict.fromkeys(link.url for link in _links(html, base_url)))


def tracked_html(
    html: str,
    *,
    base_url: str,
    keys: str,
    message_id: UUID,
    link_ids: Mapping[str, int],
    opens: bool,
    clicks: bool,
) -> str:
    """The body of the send ``message_id`` as it tells of its opens and clicks; ``link_ids`` are those of ``links``.

    A link without an id stays as it is. Where links are rewritten, one is added that no person sees: whoever
    follows it is a machine.
    """
    known = [link for link in _links(html, base_url) if link.url in link_ids] if clicks else []
    pieces, position = [], 0
    for link in known:
        target = click_url(base_url, keys, message_id, link_ids[link.url])
        pieces += [html[position : link.start], markup.escape(target)]
        position = link.end
    tracked = "".join([*pieces, html[position:]])
    added = _honeypot(base_url, keys, message_id) if known else ""
    if opens:
        added += _pixel(base_url, keys, message_id)
    return _before_end(tracked, added)


def open_url(base_url: str, keys: str, message_id: UUID) -> str:
    """The address of the pixel of a send."""
    return f"{base_url}/t/o/{sign(keys, OPEN, message_id)}.gif"


def click_url(base_url: str, keys: str, message_id: UUID, link_id: int) -> str:
    """The address that leads from a send to a stored link."""
    detail = link_id.to_bytes((link_id.bit_length() + 7) // 8 or 1, "big")
    return f"{base_url}/t/c/{sign(keys, CLICK, message_id, detail)}"


def clicked(keys: str, token: str) -> tuple[UUID, int]:
    """The send and the link of a token of ``click_url``. Raises ``BadToken``."""
    message_id, detail = verify_with_detail(keys, CLICK, token)
    if not detail:
        raise BadToken("it names no link")
    return message_id, int.from_bytes(detail, "big")


def location(url: str) -> str:
    """The address as a header can carry it: what a browser itself makes of it before it asks a server.

    Names of hosts become A-labels (UTS 46), other characters beyond ASCII percent-encoded UTF-8; tabs and line ends go
    (URL standard, 4.4). Everything else, escapes included, stays to the byte.
    """
    whole = _AUTHORITY.fullmatch(re.sub(r"[\t\r\n]", "", url))
    if whole is None:
        raise ValueError("not an address of the web")
    user, at, host = whole[2].rpartition("@")
    return whole[1] + _escaped(user) + at + _ascii_host(host) + _escaped(whole[3])


def _ascii_host(host: str) -> str:
    if host.isascii():
        return _escaped(host)
    name, colon, port = host.partition(":")
    try:
        return idna.encode(name, uts46=True).decode() + colon + _escaped(port)
    except idna.IDNAError:
        return _escaped(host)


def _escaped(part: str) -> str:
    return _NOT_IN_A_HEADER.sub(lambda one: "".join(f"%{octet:02X}" for octet in one[0].encode()), part)


# --- what is added -----------------------------------------------------------------------------------------------


def _pixel(base_url: str, keys: str, message_id: UUID) -> str:
    source = markup.escape(open_url(base_url, keys, message_id))
    return f'<img src="{source}" width="1" height="1" alt="" style="border:0">'


def _honeypot(base_url: str, keys: str, message_id: UUID) -> str:
    target = markup.escape(click_url(base_url, keys, message_id, HONEYPOT))
    return f'<span style="display:none" aria-hidden="true"><a href="{target}" tabindex="-1" rel="nofollow"></a></span>'


def _before_end(html: str, added: str) -> str:
    """``added`` right before the last ``</body>``, else at the end."""
    ends = [start for start, name in _tags(html) if name == "/body"]
    end = ends[-1] if ends else len(html)
    return f"{html[:end]}{added}{html[end:]}" if added else html


# --- reading HTML ------------------------------------------------------------------------------------------------


def _links(html: str, base_url: str) -> Iterator[_Link]:
    ours = (f"{base_url}/u/", f"{base_url}/t/")
    for start, name in _tags(html):
        link = _href(html, start + len("<a")) if name == "a" else None
        if link and len(link.url) <= MAX_URL and _WEB.fullmatch(link.url) and not link.url.startswith(ours):
            yield link


def _tags(html: str) -> Iterator[tuple[int, str]]:
    """Where each whole tag begins, and its name in small letters, with a slash before it where it ends an element.

    Comments and the text of scripts and styles have none. Every character is looked at a bounded number of times.
    """
    at = html.find("<")
    while at >= 0:
        end: int | None = at + 1
        if html.startswith("<!--", at):
            end = _after(html, "-->", at + 2)
        elif tag := _TAG.match(html, at):
            end = _end_of_tag(html, tag.end())
            if end is None:
                return
            closing, name = tag[0].startswith("</"), tag[1].lower()
            yield at, f"/{name}" if closing else name
            if name in _RAW_TEXT and not closing:
                text_end = re.compile(rf"</{name}[\t\n\f\r />]", re.IGNORECASE).search(html, end)
                end = text_end.start() if text_end else None
        if end is None:
            return
        at = html.find("<", end)


def _after(html: str, what: str, start: int) -> int | None:
    found = html.find(what, start)
    return None if found < 0 else found + len(what)


def _attributes(html: str, at: int) -> Iterator[tuple[str, int, int, int]]:
    """Each attribute of the tag whose name ends at ``at``: its name, its value's start and end, and its own end.

    The end of a quoted value that is never closed is -1: the tag has none, either.
    """
    while name := _NAME.match(html, at):
        start = end = at = name.end()
        if value := _VALUE.match(html, at):
            start, end = (value.end(), html.find(value[1], value.end())) if value[1] else value.span(2)
            at = end + 1 if value[1] else end
        yield name[1].lower(), start, end, at
        if end < 0:
            return


def _end_of_tag(html: str, at: int) -> int | None:
    """Where the tag whose name ends at ``at`` is over; None when it never is."""
    for _, _, end, after in _attributes(html, at):
        if end < 0:
            return None
        at = after
    over = _TAG_END.match(html, at)
    return over.end() if over else None


def _href(html: str, at: int) -> _Link | None:
    """The first ``href`` is the one that counts (HTML standard, 13.2.5.33)."""
    for name, start, end, _ in _attributes(html, at):
        if name == "href":
            return _Link(start, end, _said(html[start:end]).strip(_SPACE))
    return None


def _said(value: str) -> str:
    """The text of an attribute's value: its character references replaced as a browser does it.

    In attributes a named one without a semicolon before ``=`` or a letter is no reference: the ``&copy=1`` of a query
    stays (HTML standard, 13.2.5.73).
    """
    return _REFERENCE.sub(_character, value)


def _character(reference: re.Match[str]) -> str:
    said = reference[0]
    if said.startswith("&#") or (not said.endswith("=") and said[1:] in html5):
        return markup.unescape(said)
    return said
