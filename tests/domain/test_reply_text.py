# ruff: noqa: E501
"""What a person wrote, without what he quotes and how he signs."""

import time

import pytest

from domain.incoming.inbound import parse
from domain.incoming.reply_text import without_quotes
from tests.domain.mail import people


def test_the_authors_own_words_are_told_from_quotes_in_many_languages_and_mail_programs() -> None:
    wrong = [name for name, raw, text in people.replies() if parse(raw).text.split() != text.split()]
    assert wrong == []


SIGNED = [
    "Best regards,\nBob Builder\n+1 555 0100", "Kind regards\nBob", "Mit freundlichen Grüßen\nBob Builder\nContact GmbH",
    "Viele Grüße\nBob", "Met vriendelijke groet,\nBob", "-- \nBob\nUnsubscribe here", "Get Outlook for iOS", "Sent from my Galaxy",
    "Von meinem iPhone gesendet", "Envoyé de mon iPhone", "Enviado desde mi iPhone", "Inviato da iPhone", "Pozdrawiam\nBob",
    "Med vänliga hälsningar\nBob",
]  # fmt: skip


@pytest.mark.parametrize("signature", SIGNED)
def test_a_signature_is_cut(signature: str) -> None:
    assert parse(people.built(f"Yes, please.\n\n{signature}", "", subject="Re: Hello")).text == "Yes, please."


def test_what_is_answered_between_the_lines_stays() -> None:
    text = "On Mon, 23 Nov 2026 at 09:00, Ann <ann@sender.example> wrote:\n> Shall we talk?\nYes.\n> On Friday?\nNo, on Monday."
    assert without_quotes(text) == "Yes.\nNo, on Monday."
    assert without_quotes(f"Hi Ann\n\n{text}") == "Hi Ann\n\nYes.\nNo, on Monday."


def test_an_attribution_of_two_lines_is_cut() -> None:
    text = (
        "Fine.\n\nOn Mon, 23 Nov 2026 at 09:00, Ann Smith of Sender Limited\n<ann.smith@sender.example> wrote:\n\n> Hi"
    )
    assert without_quotes(text) == "Fine."


@pytest.mark.parametrize(
    "text",
    [
        "- Monday works\n- Tuesday does not", "Tak, proszę o ofertę i do usłyszenia w poniedziałek.",
        "From: my point of view it is fine.", "He wrote: hello.", "To: whom it may concern", "We met on 3 March and Jo said so.",
    ],
)  # fmt: skip
def test_a_text_that_looks_like_a_quote_or_a_signature_stays(text: str) -> None:
    assert parse(people.built(text, "", subject="Re: Hello")).text == text


def test_an_answer_that_is_nothing_but_a_quote_is_kept_whole() -> None:
    assert without_quotes("> Yes\n> No") == "> Yes\n> No"


def test_of_an_empty_plain_part_and_html_the_html_is_read() -> None:
    raw = people.built(" \n", "<p>Yes, <b>please</b>.</p>", subject="Re: Hello")
    assert parse(raw).text == "Yes, please."


@pytest.mark.parametrize(
    "html",
    [
        "<div>Yes.</div><div class='gmail_signature'>Bob, unsubscribe</div>",
        "<div>Yes.</div><div id='Signature'>Bob</div>",
        "<div>Yes.</div><blockquote><div>a<blockquote>b</blockquote>c</div></blockquote>",
        "<blockquote type='cite'>quoted</blockquote><div>Yes.</div>",
        "<!-- <div> --><style>x</style><div>Yes.</div><div class='yahoo_quoted'><div>q</div></div>",
        "<div>Yes.</div><hr id='stopSpelling'>From: Ann",
        "<div>Yes.</div><blockquote>never closed",
        "<div>Yes.</div><div class='moz-cite-prefix'>On 23.11.26 Ann wrote:</div><blockquote>x</blockquote>",
    ],
)
def test_quotes_in_html_are_cut_before_it_becomes_text(html: str) -> None:
    assert parse(people.built("", html, subject="Re: Hello")).text == "Yes."


def test_an_answer_in_html_that_is_nothing_but_a_quote_is_kept_whole() -> None:
    assert parse(people.built("", "<blockquote>Yes.</blockquote>", subject="Re: Hello")).text == "Yes."


@pytest.mark.parametrize(
    "piece",
    ["<div>", "</div>", "<blockquote>", "<", ">", "<style>", "<!--", "<head>", "&nbsp;", "<a href='x'>", "<div class='gmail_quote'>", "a ", "<p>a", "> a\n", "On 1 wrote\n", "From: a\n", "--\n", "_" * 40 + "\n", "1\n", "Tak\n", "\n"],
)  # fmt: skip
@pytest.mark.parametrize("kind", [b"plain", b"html"])
def test_long_texts_take_no_longer(piece: str, kind: bytes) -> None:
    raw = b"From: b@c.example\r\nContent-Type: text/%s\r\n\r\n%s" % (kind, (piece * (300_000 // len(piece))).encode())
    begun = time.process_time()
    parse(raw)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    "below",
    [
        "Gesendet: Freitag, 20. November 2026\nVon: Ann <ann@sender.example>\nAn: Bob\nBetreff: Hallo\n\nHi",
        "De la: Ann\nTrimis: vineri\nCătre: Bob\nSubiect: Hello\n\nHi",
        "Obtenir Outlook pour iOS<https://aka.ms/o0ukef>",
        "Sent with [Proton Mail](https://proton.me/mail/home) secure email.",
        "This email and its attachments are confidential and meant for its addressee alone.",
    ],
)
def test_header_blocks_footers_and_disclaimers_are_cut(below: str) -> None:
    assert without_quotes(f"Fine.\n\n{below}") == "Fine."


def test_a_quote_with_nothing_added_has_no_words_of_its_author() -> None:
    assert without_quotes("On Mon, 23 Nov 2026 at 09:00, Ann <ann@sender.example> wrote:\n> Unsubscribe") == ""
    assert without_quotes("> On Mon, 23 Nov 2026 at 09:00, Ann <ann@sender.example> wrote:\n> Unsubscribe") == ""


def test_an_agents_answer_is_told_from_what_his_ticket_system_puts_around_it() -> None:
    text = "##- Reply above this line -##\n\nBob (Support)\n\nNov 20, 2026, 10:02 GMT\n\nFine.\n\n----------------\nx"
    assert without_quotes(text) == "Fine."
