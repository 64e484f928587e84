"""Who asks to be left alone is heard, and who does not is not said to."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.incoming.inbound import parse
from domain.incoming.opt_outs import asks_to_stop
from tests.domain.mail.people import built
from tests.domain.opt_out_samples import ASKED, NOT_ASKED


@pytest.mark.parametrize("text", ASKED)
def test_a_request_is_heard_in_many_languages(text: str) -> None:
    assert asks_to_stop(text)
    assert parse(built(text, "", subject="Re: Hello")).opts_out


@pytest.mark.parametrize("text", NOT_ASKED)
def test_another_answer_is_no_request(text: str) -> None:
    assert not asks_to_stop(text)


@pytest.mark.parametrize(
    "below",
    [
        "\n\nOn Mon, 23 Nov 2026 at 09:00, Ann <ann@sender.example> wrote:\n> Hi\n> Unsubscribe: https://sender.example/u",
        "\n\n-----Original Message-----\nFrom: Ann\nSent: Monday\nTo: Bob\nSubject: Hello\n\nPlease unsubscribe me",
        "\n\n-- \nBob\nPlease unsubscribe me",
        "\n\nSent from my iPhone\n\n> unsubscribe me",
    ],
)
def test_only_the_persons_own_words_count(below: str) -> None:
    assert not parse(built("Yes, let us talk." + below, "", subject="Re: Hello")).opts_out
    assert parse(built("Please unsubscribe me." + below, "", subject="Re: Hello")).opts_out


def test_the_subject_of_an_empty_new_mail_may_ask_it() -> None:
    assert parse(built("", "", subject="Unsubscribe", In_Reply_To="", References="")).opts_out
    assert not parse(built("", "", subject="Re: How to unsubscribe users")).opts_out


def test_an_automatic_answer_asks_nothing() -> None:
    assert not parse(built("Please unsubscribe me.", "", subject="Automatic reply: Hello")).opts_out


@settings(deadline=None)
@given(st.text(max_size=300))
def test_no_text_makes_it_fail(text: str) -> None:
    asks_to_stop(text)


@pytest.mark.parametrize(
    "piece", ["!", "please ", "please remove ", "to ", "unsubscribe ", "\n", "remove me ", "keine ", "x"]
)
def test_long_texts_take_no_longer(piece: str) -> None:
    begun = time.process_time()
    asks_to_stop(piece * 50_000)
    asks_to_stop(piece * 8)
    assert time.process_time() - begun < 0.5
