"""The two bodies of an email, text and HTML: which of them a template gave, how the other follows, and the footer."""

import html as markup
import re

from inscriptis import get_text  # type: ignore[import-untyped]
from inscriptis.model.config import ParserConfig  # type: ignore[import-untyped]

_TAG = re.compile(
    r"</?(?:a|abbr|b|blockquote|body|br|center|code|div|em|font|h[1-6]|head|hr|html|i|img|li|ol|p|pre|s|small|span|strong"
    r"|style|sub|sup|table|tbody|td|th|thead|tr|u|ul)(?:\s[^<>]*)?/?>|<!doctype\s",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://[^\s<>\"'`]+[^\s<>\"'`.,;:!?)\]}]")
_MARKED_LINK = re.compile(r"\[([^\[\]\n]*)\]\(([a-z]+:[^\s()]+)\)")
_BODY_END = re.compile(r"</body", re.IGNORECASE)
_WITH_LINKS = ParserConfig(display_links=True)


def is_html(body: str) -> bool:
    """Whether a body, or better its template, is written in HTML: it has at least one tag that mails use.

    Ask the template, before it is filled: what a contact is called must not decide it.
    """
    return _TAG.search(body) is not None


def bodies(body: str, *, html: bool | None = None) -> tuple[str, str]:
    """The text and the HTML of a filled body; ``html`` says which of them it is, None looks at it (``is_html``)."""
    if is_html(body) if html is None else html:
        return text_of(body), body
    return body, html_of(body)


def text_of(html: str) -> str:
    """HTML as readable text, with the target of each link in parentheses after its words."""
    text = _MARKED_LINK.sub(_plain_link, get_text(html, _WITH_LINKS))
    lines = (line.rstrip() for line in text.strip("\n").splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def html_of(text: str) -> str:
    """Text as HTML: escaped, a paragraph for each block between blank lines, addresses of the web as links."""
    blocks = re.split(r"\n[ \t]*\n\s*", "\n".join(text.strip().splitlines()))
    paragraphs = "\n".join(f"<p>{_linked(block)}</p>" for block in blocks)
    return f"<html><body>\n{paragraphs}\n</body></html>"


def with_footer(text: str, html: str, *, unsubscribe_url: str, postal_address: str | None) -> tuple[str, str]:
    """Both bodies with the postal address and the unsubscribe link at their end, where they do not have them yet."""
    address = "\n".join(line.strip() for line in (postal_address or "").strip().splitlines())
    in_text, in_html = [], []
    if address and not _has(text, address):
        in_text.append(address)
    if address and not _has(text_of_address(html), address):
        in_html.append(markup.escape(address).replace("\n", "<br>\n"))
    if unsubscribe_url not in text:
        in_text.append(f"Unsubscribe: {unsubscribe_url}")
    target = markup.escape(unsubscribe_url)
    if unsubscribe_url not in html and target not in html:
        in_html.append(f'<a href="{target}">Unsubscribe</a>')
    if in_text:
        text = f"{text.rstrip()}\n\n-- \n" + "\n".join(in_text)
    if in_html:
        footer = '<p style="color:#777;font-size:12px">' + "<br>\n".join(in_html) + "</p>\n"
        html = _before_end(html, footer)
    return text, html


def text_of_address(html: str) -> str:
    """HTML without its tags and entities: enough to look for an address in it."""
    return markup.unescape(re.sub(r"<[^<>]*>", " ", html))


def _has(text: str, address: str) -> bool:
    return " ".join(address.split()) in " ".join(text.split())


def _before_end(html: str, footer: str) -> str:
    # Not by lower(): it makes two characters of İ, and what it finds then stands elsewhere.
    ends = [end.start() for end in _BODY_END.finditer(html)]
    return f"{html[: ends[-1]]}{footer}{html[ends[-1] :]}" if ends else f"{html.rstrip()}\n{footer}"


def _plain_link(link: re.Match[str]) -> str:
    words, target = link[1].strip(), link[2]
    return target if not words or words == target.removeprefix("mailto:") or words == target else f"{words} ({target})"


def _linked(block: str) -> str:
    pieces, position = [], 0
    for link in _LINK.finditer(block):
        target = markup.escape(link[0])
        pieces += [markup.escape(block[position : link.start()]), f'<a href="{target}">{target}</a>']
        position = link.end()
    return "".join([*pieces, markup.escape(block[position:])]).replace("\n", "<br>\n")
