"""Links rewritten in HTML: only those of the web change, each leads to the byte where it led, and nothing breaks."""

import html as markup
import re
from html.parser import HTMLParser
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tokens import BadToken, sign, verify
from domain.tracking.tracking import HONEYPOT, MAX_URL, click_url, clicked, links, location, tracked_html

BASE = "https://t.example"
KEY = "0123456789abcdef"
ID = UUID("00000000-0000-7000-8000-000000000001")


def found(html: str) -> list[str]:
    return links(html, base_url=BASE)


def tracked(html: str, *, opens: bool = False, clicks: bool = True) -> str:
    ids = {url: number for number, url in enumerate(found(html), 1)}
    return tracked_html(html, base_url=BASE, keys=KEY, message_id=ID, link_ids=ids, opens=opens, clicks=clicks)


def token(html: str) -> list[str]:
    return re.findall(r"https://t\.example/t/c/([\w-]+)", html)


def without_honeypot(html: str) -> str:
    return re.sub(r'<span style="display:none".*?</span>', "", html)


@pytest.mark.parametrize(
    ("html", "url"),
    [
        ('<a href="https://x.example/">go</a>', "https://x.example/"),
        ("<a href='https://x.example/'>go</a>", "https://x.example/"),
        ("<a href=https://x.example/>go</a>", "https://x.example/"),
        ("<A class=b HREF = 'HTTP://X.example/'>go</A>", "HTTP://X.example/"),
        ('<a\n  id="1"\n  href="https://x.example/"\n>go</a>', "https://x.example/"),
        ('<a href="https://x.example/?b=2&amp;a=1#part">go</a>', "https://x.example/?b=2&a=1#part"),
        ('<a href="https://x.example/?b=2&a=1">go</a>', "https://x.example/?b=2&a=1"),
        # References without a semicolon are none in a query (HTML standard, 13.2.5.73).
        ('<a href="https://x.example/?a=1&copy=2&regex&lt=3">go</a>', "https://x.example/?a=1&copy=2&regex&lt=3"),
        ('<a href="https://x.example/&copy">go</a>', "https://x.example/©"),
        ('<a href="https://x.example/&#x2F;&#47;">go</a>', "https://x.example///"),
        (
            '<a href="https://x.example/%7Euser/%e2%82%ac?q=a%20b+c">go</a>',
            "https://x.example/%7Euser/%e2%82%ac?q=a%20b+c",
        ),
        ('<a href="https://bücher.example/straße?q=ö#ß">go</a>', "https://bücher.example/straße?q=ö#ß"),
        ('<a href=" https://x.example/ ">go</a>', "https://x.example/"),
        ('<a href="https://u:p@x.example:8080/">go</a>', "https://u:p@x.example:8080/"),
        ('<a href="https://first.example/" href="https://second.example/">go</a>', "https://first.example/"),
        ('<a title="a > b" href="https://x.example/">go</a>', "https://x.example/"),
        ('<a/href="https://x.example/">go</a>', "https://x.example/"),
        ('<!--> <a href="https://x.example/">go</a> -->', "https://x.example/"),
        ('<table><tr><td><a href="https://x.example/"><b>go</a>', "https://x.example/"),
    ],
)
def test_the_address_of_a_link_is_kept_to_the_byte_and_nothing_else_changes(html: str, url: str) -> None:
    assert found(html) == [url]
    written = without_honeypot(tracked(html))
    (said,) = token(written)
    assert clicked(KEY, said) == (ID, 1)
    before, after = re.split(r"https://t\.example/t/c/[\w-]+", written)
    assert html.startswith(before)
    assert html.endswith(after)
    assert len(before) + len(after) < len(html)


@pytest.mark.parametrize(
    "html",
    [
        "",
        "no markup",
        '<a href="mailto:ann@x.example">go</a>',
        '<a href="tel:+4930123456">go</a>',
        '<a href="#part">go</a>',
        '<a href="/path">go</a>',
        '<a href="//x.example/">go</a>',
        '<a href="javascript:alert(1)">go</a>',
        '<a href="https:x.example">go</a>',
        '<a href="https://">go</a>',
        '<a href="">go</a>',
        "<a href>go</a>",
        "<a href=>go</a>",
        "<a name=b>go</a>",
        '<a data-href="https://x.example/">go</a>',
        '<abbr href="https://x.example/">go</abbr>',
        '<img src="https://x.example/1.gif">',
        '<link href="https://x.example/style.css">',
        '<area href="https://x.example/">',
        "https://x.example/ as text",
        '&lt;a href="https://x.example/"&gt;',
        '<!-- <a href="https://x.example/">go</a> -->',
        '<!--[if mso]><a href="https://x.example/">go</a><![endif]-->',
        '<script>"<a href="https://x.example/">go</a>"</script>',
        '<style>/* <a href="https://x.example/"> */</style>',
        '<TEXTAREA><a href="https://x.example/">go</a></TEXTAREA>',
        f'<a href="{BASE}/u/token">Unsubscribe</a>',
        f'<a href="{BASE}/t/c/token">go</a>',
        f'<a href="https://x.example/{"a" * MAX_URL}">go</a>',
        # What is never closed is no tag.
        '<a href="https://x.example/',
        '<a href="https://x.example/"',
        '<a href="https://x.example/" title="go>go</a>',
        '<!-- never closed <a href="https://x.example/">go</a>',
        '<title>never closed <a href="https://x.example/">go</a>',
    ],
)
def test_everything_else_stays_as_it_was(html: str) -> None:
    assert found(html) == []
    assert tracked(html) == html


def test_a_link_without_an_id_stays_as_it_was() -> None:
    html = '<a href="https://x.example/">go</a>'
    assert tracked_html(html, base_url=BASE, keys=KEY, message_id=ID, link_ids={}, opens=False, clicks=True) == html


def test_the_same_address_is_one_link_and_the_order_is_that_of_the_body() -> None:
    html = '<a href="https://b.example/">1</a><a href="https://a.example/">2</a><a href="https://b.example/">3</a>'
    assert found(html) == ["https://b.example/", "https://a.example/"]
    assert [clicked(KEY, said)[1] for said in token(without_honeypot(tracked(html)))] == [1, 2, 1]


def test_nothing_is_tracked_that_is_switched_off() -> None:
    html = '<html><body><a href="https://x.example/">go</a></body></html>'
    assert tracked(html, clicks=False) == html
    assert "/t/o/" not in tracked(html)
    assert "/t/c/" not in tracked(html, opens=True, clicks=False)


def test_the_pixel_stands_right_before_the_end_of_the_body() -> None:
    html = "<html><body><p>Hi</p><!-- </body> --></BODY></html>"
    written = tracked(html, opens=True)
    (said,) = re.findall(r'<img src="https://t\.example/t/o/([\w-]+)\.gif" width="1" height="1" alt=""', written)
    assert verify(KEY, "open", said) == ID
    assert written.startswith("<html><body><p>Hi</p><!-- </body> --><img ")
    assert written.endswith("></BODY></html>")
    assert tracked("<p>Hi", opens=True).startswith("<p>Hi<img ")


def test_a_link_that_nobody_sees_is_added_where_links_are_tracked() -> None:
    written = tracked('<a href="https://x.example/">go</a>')
    hidden = re.search(r'<span style="display:none" aria-hidden="true"><a href="([^"]+)" tabindex="-1"', written)
    assert hidden is not None
    assert clicked(KEY, hidden[1].rpartition("/")[2]) == (ID, HONEYPOT)


def test_tokens_are_short_and_good_for_one_purpose() -> None:
    said = click_url(BASE, KEY, ID, 123_456).rpartition("/")[2]
    assert len(said) <= 42
    assert clicked(KEY, said) == (ID, 123_456)
    for wrong in (sign(KEY, "open", ID), sign(KEY, "click", ID), sign(KEY, "unsubscribe", ID, b"\x01")):
        with pytest.raises(BadToken):
            clicked(KEY, wrong)


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_every_link_id_comes_back_from_its_token(link_id: int) -> None:
    assert clicked(KEY, click_url(BASE, KEY, ID, link_id).rpartition("/")[2]) == (ID, link_id)


@pytest.mark.parametrize(
    ("url", "header"),
    [
        ("https://x.example/a%2Fb?q=%C3%B6&a=[1]|{}\"'#f", "https://x.example/a%2Fb?q=%C3%B6&a=[1]|{}\"'#f"),
        ("https://faß.example/ö?q=ü#é", "https://xn--fa-hia.example/%C3%B6?q=%C3%BC#%C3%A9"),
        ("https://Bücher.Example:8080/", "https://xn--bcher-kva.example:8080/"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://jü:p@x.example/", "https://j%C3%BC:p@x.example/"),
        ("https://x.example/a b\r\nSet-Cookie: c", "https://x.example/a%20bSet-Cookie:%20c"),
        ("https://x.example/\x07\x7f", "https://x.example/%07%7F"),
        ("https://a_ü.example/", "https://a_%C3%BC.example/"),
    ],
)
def test_a_header_carries_the_address_as_a_browser_reads_it(url: str, header: str) -> None:
    assert location(url) == header


HTML = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "<", ">", "<a ", "</a>", "<!--", "-->", "<script>", "</script>", "</body>", "<body>", "'", '"', "=",
                "/", "href", "href=", ' href="https://x.example/?a=1&amp;b=2"', " href=https://y.example/ ", "&copy",
                "&#", "İ", '<a href="https://z.example/">', "<a\nhref='http://q.example/&quot;'>", "\n", " ", "\0",
                "<p>", "]]>",
            ]
        ),
        st.text(max_size=5),
    ),
    max_size=25,
).map("".join)  # fmt: skip


@given(HTML)
def test_whatever_the_html_is_only_addresses_of_the_web_are_replaced(html: str) -> None:
    urls = found(html)

    def back(rewritten: re.Match[str]) -> str:
        return "".join(f"&#{ord(one)};" for one in urls[clicked(KEY, rewritten[1])[1] - 1])

    restored = re.sub(r"https://t\.example/t/c/([\w-]+)", back, without_honeypot(tracked(html)))
    assert found(restored) == urls
    assert markup.unescape(restored).count("<") == markup.unescape(html).count("<")


@given(HTML)
def test_a_browser_reads_every_rewritten_link(html: str) -> None:
    class Reader(HTMLParser):
        hrefs: list[str]

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.hrefs += [value or "" for name, value in attrs if tag == "a" and name == "href"]

    written = tracked(f'<a href="https://sure.example/">sure</a>{html}')
    reader = Reader()
    reader.hrefs = []
    reader.feed(written)
    first = reader.hrefs[0].removeprefix(f"{BASE}/t/c/")
    assert clicked(KEY, first) == (ID, 1)


@pytest.mark.parametrize("piece", ["<", "<a ", "<!--", '<a href="', "<a href='x' ", "&#", "</", "<script>", "=", "<a/"])
def test_hostile_html_takes_no_longer_than_its_length(piece: str) -> None:
    html = piece * (400_000 // len(piece))
    assert tracked(html, opens=True).startswith(html)
