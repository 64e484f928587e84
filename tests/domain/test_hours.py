"""Sending hours: their JSON, and when they are open where clocks leap, are put back, and dates are holidays."""

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import Invalid
from domain.scheduling.hours import (
    ALWAYS,
    HORIZON,
    MAX_RANGES,
    WEEKDAYS,
    Openings,
    SendingHours,
    hours_problems,
    openings,
    parse_hours,
)
from domain.scheduling.zones import DAY, Zone, zone
from tests.domain.wall import at, day

HOUR = 3600
NEW_YORK, BERLIN, APIA = "America/New_York", "Europe/Berlin", "Pacific/Apia"


def named(name: str) -> Zone:
    found = zone(name)
    assert found is not None
    return found


def on(*days: int) -> tuple[bool, ...]:
    """Sending days: 0 is Monday."""
    return tuple(one in days for one in range(7))


EVERY_DAY = on(*range(7))


def daily(start: str | None = None, end: str | None = None, *days: int) -> SendingHours:
    """The range of times on the days, 0 is Monday; on every day when none is named."""
    start_time, end_time = (None if edge is None else time.fromisoformat(edge) for edge in (start, end))
    return SendingHours.daily(start_time, end_time, on(*days) if days else EVERY_DAY)


def in_zone(hours: SendingHours, name: str = "UTC") -> Openings:
    return openings(hours, named(name))


def ordinary(hours: SendingHours) -> SendingHours:
    """The same hours without their holidays."""
    return replace(hours, holidays=frozenset())


def holidays(*texts: str) -> list[date]:
    return [date.fromisoformat(text) for text in texts]


OFFICE = daily("09:00", "17:00", 0, 1, 2, 3, 4)
NIGHT = daily("22:00", "06:00")


# --- ordinary hours ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "moment", "opens"),
    [
        (OFFICE, "2026-11-23 08:59", "2026-11-23 09:00"),
        (OFFICE, "2026-11-23 09:00", "2026-11-23 09:00"),
        (OFFICE, "2026-11-23 16:59:59", "2026-11-23 16:59:59"),
        (OFFICE, "2026-11-23 17:00", "2026-11-24 09:00"),
        (OFFICE, "2026-11-27 17:00", "2026-11-30 09:00"),
        (NIGHT, "2026-11-23 05:59", "2026-11-23 05:59"),
        (NIGHT, "2026-11-23 06:00", "2026-11-23 22:00"),
        (daily("09:00", "09:00"), "2026-11-23 08:59", "2026-11-23 08:59"),
        (daily("09:00"), "2026-11-23 23:59", "2026-11-23 23:59"),
        (daily("09:00"), "2026-11-23 00:00", "2026-11-23 09:00"),
        (daily(None, "09:00"), "2026-11-23 08:59", "2026-11-23 08:59"),
        (daily(None, "09:00"), "2026-11-23 09:00", "2026-11-24 00:00"),
        (daily(None, None, 2), "2026-11-23 12:00", "2026-11-25 00:00"),
        (daily(None, None, 0), "2026-11-23 12:00", "2026-11-23 12:00"),
        (daily("09:00", "10:00", 0), "2026-11-23 10:00", "2026-11-30 09:00"),
    ],
)
def test_hours_are_from_their_start_in_to_their_end_out_on_their_days(
    hours: SendingHours, moment: str, opens: str
) -> None:
    assert in_zone(hours, NEW_YORK).next_open(at(moment, NEW_YORK)) == at(opens, NEW_YORK)


def test_a_night_belongs_to_the_day_on_which_it_starts() -> None:
    monday = at("2026-11-23 03:00")
    assert in_zone(daily("22:00", "06:00", 6)).next_open(monday) == monday
    assert in_zone(daily("22:00", "06:00", 0)).next_open(monday) == at("2026-11-23 22:00")


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("07:59", "08:00"), ("11:59:59", "11:59:59"), ("12:00", "13:00"),
        ("17:29", "17:29"), ("17:30", "20:00"), ("23:59", "23:59"),
    ],
)  # fmt: skip
def test_a_day_may_have_several_ranges(moment: str, opens: str) -> None:
    several = in_zone(parse_hours({"monday": [["20:00", "02:00"], ["13:00", "17:30"], ["08:00", "12:00"]]}), BERLIN)
    assert several.next_open(at(f"2026-11-23 {moment}", BERLIN)) == at(f"2026-11-23 {opens}", BERLIN)
    assert several.next_open(at("2026-11-24 02:00", BERLIN)) == at("2026-11-30 08:00", BERLIN)


def test_hours_without_a_range_never_open() -> None:
    never = SendingHours.daily(time(9), time(17), on())
    assert never.never_opens
    assert not OFFICE.never_opens
    assert in_zone(never).next_open(at("2026-11-23 09:00")) is None
    assert in_zone(never).opening(at("2026-11-23 09:00")) is None


def test_always_is_at_any_instant() -> None:
    always, t = in_zone(ALWAYS, BERLIN), at("2026-03-29 01:00")
    assert always.next_open(t) == t
    assert always.opening(t) == (t - HORIZON, t + HORIZON)


# --- changes of the clock ----------------------------------------------------------------------------------------


def test_hours_that_begin_in_a_gap_open_after_it() -> None:
    early = in_zone(daily("02:30", "05:00"), BERLIN)
    assert early.opening(at("2026-03-29 00:00", BERLIN)) == (at("2026-03-29 01:00"), at("2026-03-29 05:00", BERLIN))


def test_hours_that_end_in_a_gap_close_at_it() -> None:
    early = in_zone(daily("00:30", "02:30"), BERLIN)
    assert early.opening(at("2026-03-29 00:45", BERLIN)) == (at("2026-03-29 00:30", BERLIN), at("2026-03-29 01:00"))


def test_hours_that_fall_into_a_gap_are_left_out() -> None:
    gone = in_zone(daily("02:00", "03:00"), BERLIN)
    assert gone.next_open(at("2026-03-28 12:00", BERLIN)) == at("2026-03-30 02:00", BERLIN)


def test_weekly_hours_that_fall_into_a_gap_wait_for_the_week_after() -> None:
    weekly = in_zone(daily("02:00", "03:00", 6), BERLIN)
    assert weekly.next_open(at("2026-03-22 03:00", BERLIN)) == at("2026-04-05 02:00", BERLIN)


def test_hours_that_are_shown_twice_are_open_from_the_first_start_to_the_first_end() -> None:
    half = in_zone(daily("02:00", "02:30", 6), BERLIN)
    first = at("2026-10-25 02:00", BERLIN)
    assert half.opening(first) == (first, first + HOUR // 2)
    assert half.next_open(at("2026-10-25 02:00", BERLIN, fold=1)) == at("2026-11-01 02:00", BERLIN)
    assert in_zone(daily("02:00", "03:00", 6), BERLIN).opening(first) == (first, first + 2 * HOUR)


@pytest.mark.parametrize(("evening", "hours"), [("2026-03-28", 7), ("2026-10-24", 9), ("2026-11-23", 8)])
def test_a_night_is_as_long_as_the_clock_makes_it(evening: str, hours: int) -> None:
    start = at(f"{evening} 22:00", BERLIN)
    assert in_zone(NIGHT, BERLIN).opening(start - HOUR) == (start, start + hours * HOUR)


@pytest.mark.parametrize(
    ("name", "text", "opens"),
    [
        ("America/Sao_Paulo", "2017-10-15", "2017-10-15 03:00"),
        ("America/Santiago", "2025-09-07", "2025-09-07 04:00"),
        ("Africa/Cairo", "2025-04-25", "2025-04-24 22:00"),
        ("Asia/Beirut", "2026-03-29", "2026-03-28 22:00"),
    ],
)
def test_a_day_that_begins_with_a_gap_begins_after_it(name: str, text: str, opens: str) -> None:
    whole_day = daily(None, None, date.fromisoformat(text).weekday())
    start = at(opens)
    assert in_zone(whole_day, name).opening(start - 12 * HOUR) == (start, start + 23 * HOUR)


def test_half_an_hour_is_a_gap_too() -> None:
    lord_howe = in_zone(parse_hours({"sunday": [["02:00", "02:30"], ["02:30", "03:00"]]}), "Australia/Lord_Howe")
    gap = at("2026-10-03 15:30")
    assert lord_howe.opening(gap - HOUR) == (gap, gap + HOUR // 2)


def test_two_hours_are_a_gap_too() -> None:
    gap = at("2026-03-29 01:00")
    assert in_zone(daily("01:30", "02:30", 6), "Antarctica/Troll").next_open(gap) == at(
        "2026-04-05 01:30", "Antarctica/Troll"
    )
    assert in_zone(daily("01:30", "03:30", 6), "Antarctica/Troll").opening(gap) == (gap, gap + HOUR // 2)


def test_the_clock_of_ramadan_is_followed() -> None:
    office = in_zone(OFFICE, "Africa/Casablanca")
    lengths = [at(f"2026-02-{d} 09:00", "Africa/Casablanca") for d in (13, 16)]
    assert lengths[1] - lengths[0] == 3 * DAY + HOUR
    assert office.next_open(lengths[0] + 8 * HOUR) == lengths[1]


def test_weekly_hours_of_a_day_that_the_zone_leaps_over_wait_for_the_week_after() -> None:
    fridays = in_zone(daily(None, None, 4), APIA)
    assert fridays.next_open(at("2011-12-24 12:00", APIA)) == at("2012-01-06 00:00", APIA)


def test_a_night_into_a_skipped_day_ends_where_the_day_is_skipped() -> None:
    start = at("2011-12-29 22:00", APIA)
    assert in_zone(daily("22:00", "06:00", 3), APIA).opening(start) == (start, start + 2 * HOUR)


# --- openings ----------------------------------------------------------------------------------------------------


def test_ranges_that_touch_or_overlap_make_one_opening() -> None:
    touching = in_zone(parse_hours({"monday": [["09:00", "12:00"], ["12:00", "15:00"]]}))
    assert touching.opening(at("2026-11-23 12:00")) == (at("2026-11-23 09:00"), at("2026-11-23 15:00"))
    overlapping = in_zone(
        parse_hours({"monday": [["20:00", "10:00"]], "tuesday": [["08:00", "09:00"], ["09:30", "11:00"]]})
    )
    assert overlapping.opening(at("2026-11-24 10:30")) == (at("2026-11-23 20:00"), at("2026-11-24 11:00"))


def test_whole_days_in_a_row_make_one_opening() -> None:
    workdays = in_zone(daily(None, None, 0, 1, 2, 3, 4), BERLIN)
    assert workdays.opening(at("2026-11-21 12:00")) == (at("2026-11-23 00:00", BERLIN), at("2026-11-28 00:00", BERLIN))


def test_a_long_opening_does_not_depend_on_what_was_asked_before() -> None:
    closed_once = ALWAYS.on_holidays(holidays("2026-01-01"))
    t, edge = at("2027-11-23 09:00"), at("2026-01-02 00:00")
    asked, fresh = (Openings(closed_once, named("UTC")) for _ in range(2))
    for earlier in (at("2025-12-31 12:00"), at("2029-01-01 00:00")):
        asked.opening(earlier)
    assert asked.opening(t) == fresh.opening(t) == (edge, t + HORIZON)


def test_an_opening_more_than_years_away_is_none_whatever_was_asked_before() -> None:
    closed = OFFICE.on_holidays(date.fromordinal(date(2026, 1, 1).toordinal() + n) for n in range(1461))
    late, early, opens = at("2029-06-01 12:00"), at("2026-06-01 12:00"), at("2030-01-01 09:00")
    of_late = Openings(closed, named("UTC"))
    assert of_late.next_open(late) == opens
    assert of_late.next_open(early) is Openings(closed, named("UTC")).next_open(early) is None
    assert of_late.next_open(opens - HORIZON) == opens
    assert of_late.next_open(opens - HORIZON - 1) is None


def test_the_same_hours_in_a_zone_are_worked_out_once() -> None:
    same = parse_hours({name: [["09:00", "17:00"]] for name in WEEKDAYS[:5]})
    assert openings(OFFICE, named(BERLIN)) is openings(same, named(BERLIN))


# --- holidays ----------------------------------------------------------------------------------------------------


def test_nothing_is_open_on_a_holiday() -> None:
    closed = in_zone(daily().on_holidays(holidays("2026-12-25", "2026-12-26")), BERLIN)
    eve = at("2026-12-24 23:59:59", BERLIN)
    assert closed.next_open(eve) == eve
    assert closed.next_open(eve + 1) == at("2026-12-27 00:00", BERLIN)


def test_a_night_that_begins_on_a_holiday_is_closed_throughout() -> None:
    closed = in_zone(NIGHT.on_holidays(holidays("2026-12-25")), BERLIN)
    assert closed.next_open(at("2026-12-25 22:00", BERLIN)) == at("2026-12-26 22:00", BERLIN)
    assert closed.next_open(at("2026-12-26 03:00", BERLIN)) == at("2026-12-26 22:00", BERLIN)


def test_a_night_that_begins_on_the_eve_of_a_holiday_closes_at_midnight() -> None:
    closed = in_zone(NIGHT.on_holidays(holidays("2026-12-25")), BERLIN)
    assert closed.opening(at("2026-12-24 20:00", BERLIN)) == (
        at("2026-12-24 22:00", BERLIN),
        at("2026-12-25 00:00", BERLIN),
    )


def test_a_holiday_without_midnight_begins_after_the_gap() -> None:
    closed = in_zone(daily().on_holidays(holidays("2025-09-07")), "America/Santiago")
    start = at("2025-09-07 04:00")
    assert closed.next_open(start - 1) == start - 1
    assert closed.next_open(start) == start + 23 * HOUR


def test_a_holiday_on_a_skipped_day_closes_nothing() -> None:
    closed = in_zone(daily().on_holidays(holidays("2011-12-30")), APIA)
    t = at("2011-12-30 10:00")
    assert [closed.next_open(one) for one in (t - 1, t)] == [t - 1, t]


def test_holidays_add_up() -> None:
    twice = OFFICE.on_holidays(holidays("2026-12-25")).on_holidays(holidays("2026-12-28"))
    assert twice.holidays == {day("2026-12-25"), day("2026-12-28")}
    assert in_zone(twice).next_open(at("2026-12-24 17:00")) == at("2026-12-29 09:00")
    assert in_zone(ordinary(twice)).next_open(at("2026-12-24 17:00")) == at("2026-12-25 09:00")


@pytest.mark.parametrize(
    ("moment", "met"),
    [
        ("2026-12-24 16:59", []),
        ("2026-12-24 17:00", ["2026-12-25", "2026-12-28"]),
        ("2026-12-25 12:00", ["2026-12-25", "2026-12-28"]),
        ("2026-12-25 17:00", ["2026-12-28"]),
        ("2026-12-28 17:00", []),
        ("2026-12-29 09:00", []),
    ],
)
def test_an_instant_waits_for_the_holidays_that_close_what_would_be_open(moment: str, met: list[str]) -> None:
    """The 26th is a Saturday, on which the office is closed anyway; so it is at night on the 28th."""
    closed = in_zone(OFFICE.on_holidays(holidays("2026-12-25", "2026-12-26", "2026-12-28", "2026-12-31")), BERLIN)
    assert closed.holidays_met(at(moment, BERLIN)) == tuple(day(text) for text in met)


@pytest.mark.parametrize(
    ("moment", "met"),
    [
        ("2026-12-24 23:59", []),
        ("2026-12-25 00:00", ["2026-12-25"]),
        ("2026-12-26 05:59", ["2026-12-25"]),
        ("2026-12-26 06:00", []),
    ],
)
def test_a_holiday_is_met_by_night_as_long_as_its_nights_would_last(moment: str, met: list[str]) -> None:
    closed = in_zone(NIGHT.on_holidays(holidays("2026-12-25")), BERLIN)
    assert closed.holidays_met(at(moment, BERLIN)) == tuple(day(text) for text in met)


# --- the seeds' columns and JSON -----------------------------------------------------------------------------------


def test_the_columns_of_a_sequence_are_one_range_a_day() -> None:
    assert daily("09:00", "17:00", 0).ranges == (((9 * HOUR, 17 * HOUR),), (), (), (), (), (), ())
    assert daily("22:00", "06:00").ranges == (((22 * HOUR, 30 * HOUR),),) * 7
    assert daily() == ALWAYS
    assert daily("09:00", "09:00").ranges[0] == ((9 * HOUR, 33 * HOUR),)


def test_json_of_hours_is_read() -> None:
    hours = parse_hours(
        {"tuesday": [["13:00", "17:30"], ["09:00", "12:30"]], "sunday": [["00:00", "00:00"]], "friday": []}
    )
    half_past = HOUR // 2
    tuesday = ((9 * HOUR, 12 * HOUR + half_past), (13 * HOUR, 17 * HOUR + half_past))
    assert hours == SendingHours(((), tuesday, (), (), (), (), ((0, DAY),)))


@pytest.mark.parametrize(
    ("json", "problems"),
    [
        (None, [("", "type")]),
        ([], [("", "type")]),
        ("monday", [("", "type")]),
        ({}, [("", "never_opens")]),
        ({"monday": [], "tuesday": []}, [("", "never_opens")]),
        ({"Monday": [["09:00", "10:00"]]}, [("/Monday", "unknown_field"), ("", "never_opens")]),
        ({"a/b~": [], "monday": [["09:00", "10:00"]]}, [("/a~1b~0", "unknown_field")]),
        ({"monday": {}}, [("/monday", "type"), ("", "never_opens")]),
        ({"monday": [["09:00", "10:00"]], "friday": None}, [("/friday", "type")]),
        ({"monday": [["09:00"]]}, [("/monday/0", "type")]),
        ({"monday": ["09:00"]}, [("/monday/0", "type")]),
        ({"monday": [["09:00", "10:00", "11:00"]]}, [("/monday/0", "type")]),
        ({"monday": [["09:00", "10:00"], [9, 10]]}, [("/monday/1", "type")]),
        ({"monday": [["09:00", "24:00"]]}, [("/monday/0", "type")]),
        ({"monday": [["9:00", "10:00"]]}, [("/monday/0", "type")]),
        ({"monday": [["09:00:00", "10:00"]]}, [("/monday/0", "type")]),
        ({"monday": [["09:00\n", "10:00"]]}, [("/monday/0", "type")]),
        ({"monday": [["٠٩:00", "10:00"]]}, [("/monday/0", "type")]),
        ({"monday": [["09:00", None]], "tuesday": [["x", "y"]]}, [("/monday/0", "type"), ("/tuesday/0", "type")]),
        ({"monday": [["09:00", "12:00"], ["11:59", "13:00"]]}, [("/monday/1", "overlap")]),
        ({"monday": [["11:59", "13:00"], ["09:00", "12:00"]]}, [("/monday/0", "overlap")]),
        ({"monday": [["09:00", "09:00"], ["10:00", "11:00"]]}, [("/monday/1", "overlap")]),
        (
            {"monday": [["00:00", "12:00"], ["01:00", "02:00"], ["03:00", "04:00"]]},
            [("/monday/1", "overlap"), ("/monday/2", "overlap")],
        ),
        ({"monday": [["09:00", "10:00"]] * (MAX_RANGES + 1)}, [("/monday", "too_many")]),
    ],
)
def test_json_that_is_no_hours_is_refused_with_every_wrong_place(json: Any, problems: list[tuple[str, str]]) -> None:
    found = list(hours_problems(json))
    assert [(one.pointer, one.code) for one in found] == problems
    with pytest.raises(Invalid) as refused:
        parse_hours(json)
    assert refused.value.fields == tuple(found)


@pytest.mark.parametrize(
    "ranges",
    [
        [["09:00", "12:00"], ["12:00", "13:00"]],
        [["22:00", "06:00"], ["05:00", "07:00"]],
        [["00:00", "00:00"]],
        [[f"{hour:02}:00", f"{hour:02}:30"] for hour in range(MAX_RANGES)],
    ],
)
def test_ranges_that_touch_or_meet_on_the_next_day_are_right(ranges: list[list[str]]) -> None:
    assert not list(hours_problems({"monday": ranges}))


# --- properties --------------------------------------------------------------------------------------------------

edges = st.integers(0, 24 * 60 - 1).map(lambda minute: minute * 60)
ranges = st.tuples(edges, edges).map(lambda pair: (pair[0], pair[1] if pair[1] > pair[0] else pair[1] + DAY))
weeks = st.tuples(*[st.lists(ranges, max_size=3).map(tuple)] * 7)
closed_days = st.frozensets(st.integers(day("2026-01-01"), day("2026-12-31")), max_size=40)
all_hours = st.builds(SendingHours, weeks, closed_days)
zone_names = st.sampled_from(
    [BERLIN, NEW_YORK, "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo", "Asia/Kathmandu"]
)
instants = st.integers(at("2026-01-01 00:00"), at("2027-01-01 00:00"))


@settings(max_examples=200, deadline=None, derandomize=True)
@given(all_hours, zone_names, instants)
def test_an_opening_contains_the_next_open_instant_and_begins_and_ends_with_it(
    hours: SendingHours, name: str, t: int
) -> None:
    of_zone = in_zone(hours, name)
    opened, span = of_zone.next_open(t), of_zone.opening(t)
    if opened is None or span is None:
        assert opened is None
        assert span is None
        assert hours.never_opens
        return
    opens, closes = span
    assert opened == max(t, opens) < closes
    assert of_zone.next_open(opens) == opens
    assert of_zone.next_open(closes - 1) == closes - 1
    assert closes == opened + HORIZON or of_zone.next_open(closes) != closes


@settings(max_examples=200, deadline=None, derandomize=True)
@given(all_hours, zone_names, instants)
def test_no_open_instant_is_on_a_holiday_and_none_opens_before_the_ordinary_hours(
    hours: SendingHours, name: str, t: int
) -> None:
    of_zone = in_zone(hours, name)
    opened, by_weekday = of_zone.next_open(t), in_zone(ordinary(hours), name).next_open(t)
    if opened is not None:
        assert named(name).day(opened) not in hours.holidays
        assert by_weekday is not None
        assert by_weekday <= opened
        assert bool(of_zone.holidays_met(t)) == (by_weekday < opened)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(all_hours, zone_names, st.lists(instants, min_size=2, max_size=6))
def test_the_answer_does_not_depend_on_what_was_asked_before(hours: SendingHours, name: str, ts: list[int]) -> None:
    asked = Openings(hours, named(name))
    for t in ts:
        fresh = Openings(hours, named(name))
        assert asked.next_open(t) == fresh.next_open(t)
        assert asked.opening(t) == fresh.opening(t)
