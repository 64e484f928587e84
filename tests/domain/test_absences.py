# ruff: noqa: E501
"""The last day that somebody is away, read from an automatic answer."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.incoming.absences import return_date
from tests.domain.absence_samples import SAID

TODAY = date(2026, 8, 5)


@pytest.mark.parametrize(("text", "last"), SAID, ids=[text[:40] for text, _ in SAID])
def test_the_last_day_away_is_read_in_many_languages(text: str, last: str | None) -> None:
    assert return_date(text, "Automatic reply: Hello", TODAY) == (date.fromisoformat(last) if last else None)


def test_the_subject_may_name_the_day() -> None:
    assert return_date("", "Out of office until 21 August", TODAY) == date(2026, 8, 21)
    assert return_date("I am away.", "Abwesend bis 21.08.", TODAY) == date(2026, 8, 21)


@pytest.mark.parametrize(
    ("text", "today", "last"),
    [
        ("I will return on 01/06/2027.", date(2026, 12, 20), date(2027, 1, 5)),
        ("I will return on 06/01/2027.", date(2026, 12, 20), date(2027, 1, 5)),
        ("I will return on 12/01/2026.", date(2026, 11, 21), date(2026, 11, 30)),
        ("I will return on 25/12/2026.", date(2026, 11, 21), date(2026, 12, 24)),
        ("I will return on 12/25/2026.", date(2026, 11, 21), date(2026, 12, 24)),
        ("I will return on 09/08/2026.", date(2026, 8, 5), date(2026, 9, 7)),
    ],
)
def test_of_two_readings_the_near_one_counts_and_of_two_near_ones_the_later(text: str, today: date, last: date) -> None:
    assert return_date(text, "", today) == last


def test_a_year_that_is_left_out_is_that_of_the_next_such_day_unless_it_was_just_over() -> None:
    assert return_date("I'm away until 7 January.", "", date(2026, 12, 20)) == date(2027, 1, 7)
    assert return_date("I'm away until 4 August.", "", TODAY) is None


def test_a_day_that_is_past_or_too_far_away_is_none() -> None:
    assert return_date("I'm away until 4 August 2026.", "", TODAY) is None
    assert return_date("I'm away until 4 August 2028.", "", TODAY) is None
    assert return_date("I'm away until 5 August 2026.", "", TODAY) == TODAY


def test_of_several_days_the_latest_counts() -> None:
    text = "I'm in Rome until 7 August and then on leave from 10 August to 21 August."
    assert return_date(text, "", TODAY) == date(2026, 8, 21)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_no_text_makes_it_fail(text: str) -> None:
    return_date(text, text[:50], TODAY)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(["until", "back", "31", "30.02.", "29", "february", "may", "99/99", "12-13", "0", "月", "日", "8", "to", "-", "/", ".", "2026", "mon'"]), max_size=25)
)  # fmt: skip
def test_what_it_answers_is_neither_past_nor_farther_than_400_days(words: list[str]) -> None:
    last = return_date(" ".join(words), "", TODAY)
    assert last is None or TODAY <= last <= TODAY + timedelta(days=400)


@settings(max_examples=5, deadline=None)
@given(st.sampled_from(["until ", "1 ", "12.08.", "monday ", "a" * 50, "back in ", "8月", "- ", "\n", "1/1/"]))
def test_long_texts_take_no_longer(piece: str) -> None:
    return_date(piece * 100_000, "", TODAY)
