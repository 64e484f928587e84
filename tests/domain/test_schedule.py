"""Due times against calendars: delays, hours, zones with gaps and overlaps, and a brute force by the minute."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.scheduling.hours import SendingHours, openings
from domain.scheduling.schedule import Delay, after_delay, moment, seconds
from domain.scheduling.zones import DAY, Zone, zone
from tests.domain.brute_calendar import changes, minutes_of, offset_minutes
from tests.domain.calendar_sweep import Case
from tests.domain.wall import at, due_at

WORKDAYS = (True,) * 5 + (False,) * 2
OFFICE = SendingHours.daily(time(9), time(17), WORKDAYS)


def named(name: str) -> Zone:
    found = zone(name)
    assert found is not None
    return found


BERLIN, NEW_YORK = named("Europe/Berlin"), named("America/New_York")


# --- instants and datetimes --------------------------------------------------------------------------------------


def test_a_moment_lies_in_its_whole_second() -> None:
    assert seconds(datetime(1970, 1, 1, 0, 0, 1, 999_999, tzinfo=UTC)) == 1
    assert seconds(datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=UTC)) == -1
    assert seconds(datetime(2026, 11, 23, 10, tzinfo=timezone(timedelta(hours=1)))) == at("2026-11-23 09:00")


def test_a_second_is_a_moment_in_utc() -> None:
    assert moment(at("2026-11-23 09:00")) == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert moment(0).tzinfo is UTC
    assert seconds(moment(7_258_118_400)) == 7_258_118_400


# --- delays ------------------------------------------------------------------------------------------------------


def test_days_keep_the_time_of_day_over_a_change_of_the_clock() -> None:
    start = at("2026-03-28 09:00", "Europe/Berlin")
    assert after_delay(start, Delay(days=1), BERLIN) == at("2026-03-29 09:00", "Europe/Berlin")
    assert after_delay(start, Delay(days=1), BERLIN) - start == 23 * 3600


def test_hours_are_elapsed_time_over_a_change_of_the_clock() -> None:
    start = at("2026-03-28 09:00", "Europe/Berlin")
    assert after_delay(start, Delay(hours=24), BERLIN) - start == DAY


def test_hours_and_minutes_are_added_after_the_days() -> None:
    due = after_delay(at("2026-03-28 01:45", "Europe/Berlin"), Delay(days=1, minutes=30), BERLIN)
    assert due == at("2026-03-29 03:15", "Europe/Berlin")


def test_days_are_those_of_the_zone_and_not_of_utc() -> None:
    late = at("2026-11-01 00:30", "America/New_York")
    assert after_delay(late, Delay(days=1), NEW_YORK) == at("2026-11-02 00:30", "America/New_York")


def test_a_day_from_the_second_of_two_equal_times_is_the_same_time_of_day() -> None:
    second = at("2026-10-25 02:30", "Europe/Berlin", fold=1)
    assert after_delay(second, Delay(days=1), BERLIN) == at("2026-10-26 02:30", "Europe/Berlin")


def test_a_day_that_ends_in_a_repeated_hour_ends_in_the_first() -> None:
    start = at("2026-10-24 02:30", "Europe/Berlin")
    assert after_delay(start, Delay(days=1), BERLIN) == at("2026-10-25 02:30", "Europe/Berlin", fold=0)


def test_no_delay_is_no_change_even_in_the_second_of_two_equal_hours() -> None:
    second = at("2026-10-25 02:30", "Europe/Berlin", fold=1)
    assert after_delay(second, Delay(), BERLIN) == second
    assert after_delay(second, Delay(minutes=10), BERLIN) == second + 600


@pytest.mark.parametrize(
    ("name", "start", "days", "due"),
    [
        ("Europe/Berlin", "2026-03-28 02:30:15", 1, "2026-03-29 01:00"),
        ("Australia/Lord_Howe", "2026-10-01 02:15", 3, "2026-10-03 15:30"),
        ("Antarctica/Troll", "2026-03-28 01:10", 1, "2026-03-29 01:00"),
        ("America/Santiago", "2025-09-06 00:00", 1, "2025-09-07 04:00"),
        ("Pacific/Apia", "2011-12-29 12:00", 1, "2011-12-30 10:00"),
        ("Pacific/Apia", "2011-12-29 12:00", 2, "2011-12-30 22:00"),
    ],
)
def test_a_day_that_ends_at_a_skipped_time_ends_right_after_the_gap(name: str, start: str, days: int, due: str) -> None:
    assert after_delay(at(start, name), Delay(days=days), named(name)) == at(due)


# --- due ---------------------------------------------------------------------------------------------------------


def test_due_is_the_delay_and_then_the_hours() -> None:
    friday, office = at("2026-11-20 16:00", "Europe/Berlin"), openings(OFFICE, BERLIN)
    assert due_at(friday, Delay(hours=2), BERLIN, office) == at("2026-11-23 09:00", "Europe/Berlin")
    assert due_at(friday, Delay(hours=2), BERLIN) == at("2026-11-20 18:00", "Europe/Berlin")


def test_due_waits_for_a_holiday_to_pass() -> None:
    closed = openings(OFFICE.on_holidays([date(2026, 11, 23)]), BERLIN)
    friday = at("2026-11-20 16:00", "Europe/Berlin")
    assert due_at(friday, Delay(hours=2), BERLIN, closed) == at("2026-11-24 09:00", "Europe/Berlin")


def test_what_never_opens_is_never_due() -> None:
    never = openings(SendingHours.daily(time(9), time(17), (False,) * 7), BERLIN)
    assert due_at(at("2026-11-23 09:00"), Delay(days=1), BERLIN, never) is None


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    st.sampled_from(["Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "America/Santiago", "Asia/Kathmandu"]),
    st.integers(at("2024-01-01 00:00"), at("2031-01-01 00:00")),
    st.builds(Delay, st.integers(0, 30), st.integers(0, 48), st.integers(0, 90)),
)
def test_days_are_counted_on_the_calendar_and_the_rest_by_the_second(name: str, t: int, delay: Delay) -> None:
    of_zone = named(name)
    by_days = after_delay(t, Delay(delay.days), of_zone)
    assert by_days >= t
    assert of_zone.day(by_days) == of_zone.day(t) + delay.days
    assert after_delay(t, delay, of_zone) - by_days == delay.hours * 3600 + delay.minutes * 60


# --- against a brute force ---------------------------------------------------------------------------------------
# `make sweep` compares every change of every zone from 2024 to 2030; these are the worst, and some of all zones.

NASTY = [
    ("Europe/Berlin", "2026-03-29 01:00"),
    ("Europe/Berlin", "2026-10-25 01:00"),
    ("America/New_York", "2026-11-01 06:00"),
    ("Australia/Lord_Howe", "2026-04-04 15:00"),
    ("Australia/Lord_Howe", "2026-10-03 15:30"),
    ("Antarctica/Troll", "2026-03-29 01:00"),
    ("Antarctica/Troll", "2026-10-25 01:00"),
    ("Africa/Casablanca", "2026-02-15 02:00"),
    ("Africa/Casablanca", "2026-03-22 02:00"),
    ("Africa/Cairo", "2025-04-24 22:00"),
    ("America/Santiago", "2025-09-07 04:00"),
    ("America/Santiago", "2025-04-06 03:00"),
    ("America/Sao_Paulo", "2017-10-15 03:00"),
    ("Asia/Beirut", "2026-03-28 22:00"),
    ("Asia/Beirut", "2026-10-24 21:00"),
    ("Asia/Pyongyang", "2018-05-04 15:00"),
    ("Pacific/Apia", "2011-12-30 10:00"),
    ("Pacific/Kwajalein", "1993-08-21 12:00"),
    ("America/Caracas", "2016-05-01 07:00"),
    ("America/St_Johns", "2010-11-07 02:31"),
    ("Asia/Kathmandu", "2026-06-01 00:00"),
]


@pytest.mark.parametrize(("name", "change"), NASTY)
def test_around_the_worst_changes_every_answer_is_that_of_walking_by_the_minute(name: str, change: str) -> None:
    tally = Case(name, at(change) // 60).compared()
    assert not tally.disagreements
    assert tally.compared > 10_000


def test_around_changes_of_many_zones_every_answer_is_that_of_walking_by_the_minute() -> None:
    """The first change in a year of every third zone; the years and the kinds of hours take turns."""
    drawn = list(enumerate(sorted(available_timezones())))[::3]
    found = [(index, case) for index, name in drawn if (case := _first_change(name, 2024 + index % 7))]
    assert len(found) > 50
    for index, (name, change) in found:
        assert not Case(name, change).compared(slice(index % 8, None, 8)).disagreements


def _first_change(name: str, year: int) -> tuple[str, int] | None:
    info = ZoneInfo(name)
    for before, after in pairwise(minutes_of(date(year, 1, 1), date(year + 1, 1, 1), 2 * 24 * 60)):
        if offset_minutes(info, before) != offset_minutes(info, after):
            return name, next(changes(info, before, after))
    return None
