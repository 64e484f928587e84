"""The two bodies: how one follows from the other, and the footer that stands in both once."""

import pytest

from domain.sending.bodies import bodies, html_of, is_html, text_of, with_footer

URL, ADDRESS = "https://open.example/u/a?b=1&c=2", "Acme & Co\n1 Main Street"


@pytest.mark.parametrize("body", ["<p>Hi</p>", "Hi<br>", "<A HREF='x'>y</A>", "<!DOCTYPE html>", "x <br/> y"])
def test_a_tag_that_mails_use_makes_a_body_html(body: str) -> None:
    assert is_html(body)


@pytest.mark.parametrize("body", ["Hi", "a < b > c", "<bob@x.example>", "<3", "<https://x.example>", "x <- y"])
def test_signs_alone_do_not(body: str) -> None:
    assert not is_html(body)


def test_text_becomes_paragraphs_with_links_and_nothing_of_it_markup() -> None:
    html = html_of("Hi <b>\nthere\n\nSee https://x.example/?a=1&b=2.")
    assert "<p>Hi &lt;b&gt;<br>\nthere</p>" in html
    assert '<a href="https://x.example/?a=1&amp;b=2">https://x.example/?a=1&amp;b=2</a>.' in html


def test_html_becomes_text_with_the_targets_of_its_links() -> None:
    text = text_of('<p>Hi&nbsp;Ann &amp; Bob</p><style>p{}</style><p><a href="https://x.example/a">here</a></p>')
    assert "here (https://x.example/a)" in text
    assert "Ann & Bob" in text
    assert "p{}" not in text


def test_a_body_gives_both_whichever_it_was() -> None:
    assert bodies("<p>Hi</p>") == ("Hi", "<p>Hi</p>")
    assert bodies("Hi", html=False)[0] == "Hi"


def count(text: str, html: str) -> tuple[int, ...]:
    escaped = URL.replace("&", "&amp;")
    return text.count("Acme & Co"), text.count(URL), html.count("Acme &amp; Co"), html.count(f'"{escaped}"')


@pytest.mark.parametrize("body", ["Hi", "<p>Hi</p>", "<html><body><p>Hi</p></BODY></html>", ""])
def test_address_and_link_stand_in_both_bodies_once_however_often_they_are_asked_for(body: str) -> None:
    once = with_footer(*bodies(body), unsubscribe_url=URL, postal_address=ADDRESS)
    assert count(*once) == (1, 1, 1, 1)
    assert with_footer(*once, unsubscribe_url=URL, postal_address=ADDRESS) == once


def test_what_the_template_has_already_is_not_repeated() -> None:
    escaped = URL.replace("&", "&amp;")
    body = f'<p>Hi</p><p>Acme &amp; Co, 1 Main Street</p><p><a href="{escaped}">No more</a></p>'
    text, html = with_footer(*bodies(body), unsubscribe_url=URL, postal_address="Acme & Co, 1 Main Street")
    assert html == body
    assert text.count(URL) == 1
    plain, linked = with_footer(*bodies(f"Hi\n{URL}"), unsubscribe_url=URL, postal_address=None)
    assert plain == f"Hi\n{URL}"
    assert linked.count(f'"{escaped}"') == 1


def test_the_footer_stands_before_the_end_of_the_body_whatever_letters_come_first() -> None:
    _, html = with_footer("x", f"<body>{'İ' * 9}</body></html>", unsubscribe_url=URL, postal_address=None)
    assert html.startswith(f"<body>{'İ' * 9}<p style=")
    assert html.endswith("</p>\n</body></html>")
