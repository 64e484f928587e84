"""Due times against calendars: delays, windows, zones with gaps and overlaps, and a brute force by the minute."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.schedule import Delay, SendingWindow, TimeScale, after_delay, due_at, instant, next_open, step_zone, zone

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
UTC_ZONE = ZoneInfo("UTC")
MINUTE = timedelta(minutes=1)


def at(text: str, tz: ZoneInfo = UTC_ZONE, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=tz, fold=fold).astimezone(UTC)


def on(*days: int) -> tuple[bool, ...]:
    """Sending days: 0 is Monday."""
    return tuple(day in days for day in range(7))


OFFICE = SendingWindow(time(9), time(17), on(0, 1, 2, 3, 4))
NIGHT = SendingWindow(time(22), time(6))


# --- delays ------------------------------------------------------------------------------------------------------


def test_days_keep_the_time_of_day_over_a_change_of_the_clock() -> None:
    start = at("2026-03-28 09:00", BERLIN)
    assert after_delay(start, Delay(days=1), BERLIN) == at("2026-03-29 09:00", BERLIN)
    assert after_delay(start, Delay(days=1), BERLIN) - start == timedelta(hours=23)


def test_hours_are_elapsed_time_over_a_change_of_the_clock() -> None:
    start = at("2026-03-28 09:00", BERLIN)
    assert after_delay(start, Delay(hours=24), BERLIN) - start == timedelta(hours=24)


def test_hours_and_minutes_are_added_after_the_days() -> None:
    due = after_delay(at("2026-03-28 01:45", BERLIN), Delay(days=1, minutes=30), BERLIN)
    assert due == at("2026-03-29 03:15", BERLIN)


def test_days_are_those_of_the_zone_and_not_of_utc() -> None:
    late = at("2026-11-01 00:30", NEW_YORK)
    assert after_delay(late, Delay(days=1), NEW_YORK) == at("2026-11-02 00:30", NEW_YORK)


def test_a_day_from_the_second_of_two_equal_times_is_the_same_time_of_day() -> None:
    second = at("2026-10-25 02:30", BERLIN, fold=1)
    assert after_delay(second, Delay(days=1), BERLIN) == at("2026-10-26 02:30", BERLIN)


def test_no_delay_is_no_change_even_in_the_second_of_two_equal_hours() -> None:
    second = at("2026-10-25 02:30", BERLIN, fold=1)
    assert after_delay(second, Delay(), BERLIN) == second


@pytest.mark.parametrize(
    ("zone_name", "skipped", "first_after"),
    [
        ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29T01:00:00+00:00"),
        ("America/New_York", "2026-03-08 02:30", "2026-03-08T07:00:00+00:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03T15:30:00+00:00"),
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30T10:00:00+00:00"),
        ("America/Sao_Paulo", "2017-10-15 00:00", "2017-10-15T03:00:00+00:00"),
        ("Asia/Beirut", "2026-03-29 00:00", "2026-03-28T22:00:00+00:00"),
        ("Africa/Casablanca", "2026-03-22 02:30", "2026-03-22T02:00:00+00:00"),
    ],
)
def test_a_time_that_the_zone_skips_is_the_first_instant_after_the_gap(
    zone_name: str, skipped: str, first_after: str
) -> None:
    wall = datetime.fromisoformat(skipped)
    assert instant(wall, ZoneInfo(zone_name)).isoformat() == first_after
    assert instant(wall + timedelta(microseconds=1), ZoneInfo(zone_name)).isoformat() == first_after


@pytest.mark.parametrize(
    ("zone_name", "repeated", "first"),
    [
        ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25T00:30:00+00:00"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01T05:30:00+00:00"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04T14:45:00+00:00"),
        ("Africa/Casablanca", "2026-02-15 02:30", "2026-02-15T01:30:00+00:00"),
    ],
)
def test_a_time_that_the_zone_repeats_is_the_first_of_the_two(zone_name: str, repeated: str, first: str) -> None:
    assert instant(datetime.fromisoformat(repeated), ZoneInfo(zone_name)).isoformat() == first


# --- windows -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "moment", "opens"),
    [
        (OFFICE, "2026-11-23 08:59", "2026-11-23 09:00"),
        (OFFICE, "2026-11-23 09:00", "2026-11-23 09:00"),
        (OFFICE, "2026-11-23 16:59:59", "2026-11-23 16:59:59"),
        (OFFICE, "2026-11-23 17:00", "2026-11-24 09:00"),
        (OFFICE, "2026-11-27 17:00", "2026-11-30 09:00"),
        (NIGHT, "2026-11-23 05:59", "2026-11-23 05:59"),
        (NIGHT, "2026-11-23 06:00", "2026-11-23 22:00"),
        (SendingWindow(time(9), time(9)), "2026-11-23 08:59", "2026-11-23 08:59"),
        (SendingWindow(time(9), None), "2026-11-23 23:59", "2026-11-23 23:59"),
        (SendingWindow(time(9), None), "2026-11-23 00:00", "2026-11-23 09:00"),
        (SendingWindow(None, time(9)), "2026-11-23 08:59", "2026-11-23 08:59"),
        (SendingWindow(None, time(9)), "2026-11-23 09:00", "2026-11-24 00:00"),
        (SendingWindow(days=on(2)), "2026-11-23 12:00", "2026-11-25 00:00"),
        (SendingWindow(days=on(0)), "2026-11-23 12:00", "2026-11-23 12:00"),
        (SendingWindow(time(9), time(10), on(0)), "2026-11-23 10:00", "2026-11-30 09:00"),
    ],
)
def test_a_window_is_from_its_start_in_to_its_end_out_on_its_days(
    window: SendingWindow, moment: str, opens: str
) -> None:
    assert next_open(at(moment, NEW_YORK), window, NEW_YORK) == at(opens, NEW_YORK)


def test_a_night_belongs_to_the_day_on_which_it_starts() -> None:
    sunday_night = SendingWindow(time(22), time(6), on(6))
    assert next_open(at("2026-11-23 03:00"), sunday_night, UTC_ZONE) == at("2026-11-23 03:00")
    monday_night = SendingWindow(time(22), time(6), on(0))
    assert next_open(at("2026-11-23 03:00"), monday_night, UTC_ZONE) == at("2026-11-23 22:00")


def test_a_window_that_opens_in_a_gap_opens_after_it() -> None:
    window = SendingWindow(time(2, 30), time(5))
    assert next_open(at("2026-03-29 00:00", BERLIN), window, BERLIN) == at("2026-03-29 03:00", BERLIN)


def test_a_day_that_begins_with_a_gap_begins_after_it() -> None:
    sao_paulo = ZoneInfo("America/Sao_Paulo")
    sunday = SendingWindow(days=on(6))
    assert next_open(at("2017-10-14 12:00", sao_paulo), sunday, sao_paulo) == at("2017-10-15 01:00", sao_paulo)


def test_a_window_that_falls_into_a_gap_is_left_out() -> None:
    window = SendingWindow(time(2), time(3))
    assert next_open(at("2026-03-28 12:00", BERLIN), window, BERLIN) == at("2026-03-30 02:00", BERLIN)


def test_a_weekly_window_that_falls_into_a_gap_waits_for_the_week_after() -> None:
    weekly = SendingWindow(time(2), time(3), on(6))
    assert next_open(at("2026-03-22 03:00", BERLIN), weekly, BERLIN) == at("2026-04-05 02:00", BERLIN)


def test_a_weekly_day_that_the_zone_leaps_over_waits_for_the_week_after() -> None:
    apia = ZoneInfo("Pacific/Apia")
    fridays = SendingWindow(days=on(4))
    assert next_open(at("2011-12-24 12:00", apia), fridays, apia) == at("2012-01-06 00:00", apia)


def test_a_window_without_a_day_never_opens() -> None:
    never = SendingWindow(time(9), time(17), on())
    assert never.never_opens
    assert next_open(at("2026-11-23 09:00"), never, UTC_ZONE) is None
    assert due_at(at("2026-11-23 09:00"), Delay(days=1), never, UTC_ZONE) is None


def test_due_is_the_delay_and_then_the_window() -> None:
    friday = at("2026-11-20 16:00", BERLIN)
    assert due_at(friday, Delay(hours=2), OFFICE, BERLIN) == at("2026-11-23 09:00", BERLIN)
    assert due_at(friday, Delay(hours=2), None, BERLIN) == at("2026-11-20 18:00", BERLIN)


def test_whatever_zone_an_instant_comes_in_the_answer_is_in_utc() -> None:
    moment = datetime(2026, 11, 23, 10, tzinfo=BERLIN)
    answers = [
        next_open(moment, OFFICE, BERLIN),
        after_delay(moment, Delay(), BERLIN),
        after_delay(moment, Delay(1), BERLIN),
    ]
    assert all(answer is not None and answer.tzinfo is UTC for answer in answers)


# --- zones and scale ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", [None, "", "Mars/Olympus", "../../etc/passwd", "Europe", "europe/berlin", "UTC\0", "CEST"]
)
def test_what_is_no_iana_name_is_no_zone(name: str | None) -> None:
    assert zone(name) is None


@pytest.mark.parametrize(
    ("contact", "sequence", "of_contact", "expected"),
    [
        ("Asia/Tokyo", "Europe/Berlin", True, "Asia/Tokyo"),
        ("Asia/Tokyo", "Europe/Berlin", False, "Europe/Berlin"),
        ("Nowhere", "Europe/Berlin", True, "Europe/Berlin"),
        (None, "Europe/Berlin", True, "Europe/Berlin"),
        ("Nowhere", "Nowhere", True, "UTC"),
    ],
)
def test_the_zone_is_the_contacts_if_asked_and_valid_else_the_sequences(
    contact: str | None, sequence: str, of_contact: bool, expected: str
) -> None:
    assert step_zone(contact, sequence, of_contact=of_contact).key == expected


def test_scaled_time_shortens_the_wait_and_not_the_calendar() -> None:
    now = at("2026-11-23 09:00")
    assert TimeScale(86_400).shorten(now, now + timedelta(days=3)) == now + timedelta(seconds=3)
    assert TimeScale().shorten(now, now + timedelta(days=3)) == now + timedelta(days=3)


# --- against a brute force ---------------------------------------------------------------------------------------
# A zone's clock is walked minute by minute in UTC. The furthest wall-clock time that it has shown says what has
# begun: a skipped time has once the clock leapt over it, a repeated one when the clock showed it first.

CHANGES = {
    "Europe/Berlin": ("2026-03-29T01:00", "2026-10-25T01:00"),
    "America/New_York": ("2026-03-08T07:00", "2026-11-01T06:00"),
    "Australia/Lord_Howe": ("2026-04-04T15:00", "2026-10-03T15:30"),
    "Africa/Casablanca": ("2026-02-15T02:00", "2026-03-22T02:00"),
    "Pacific/Apia": ("2011-12-30T10:00",),
    "America/Sao_Paulo": ("2017-10-15T03:00", "2018-02-18T02:00"),
    "Asia/Beirut": ("2026-03-28T22:00", "2026-10-24T21:00"),
    "Asia/Kathmandu": ("2026-06-01T00:00",),
}
MINUTES_OF_A_DAY = 24 * 60
moments = st.sampled_from([(name, at(change)) for name, changes in CHANGES.items() for change in changes]).flatmap(
    lambda pair: st.tuples(
        st.just(ZoneInfo(pair[0])),
        # Most near the change, some days away from it.
        st.one_of(st.integers(-180, 180), st.integers(-6 * MINUTES_OF_A_DAY, 2 * MINUTES_OF_A_DAY)).map(
            lambda minutes: pair[1] + minutes * MINUTE
        ),
    )
)
times = st.one_of(
    st.none(),
    st.builds(time, st.integers(0, 3), st.sampled_from([0, 15, 30, 45])),
    st.builds(time, st.integers(0, 23), st.integers(0, 59)),
)
windows = st.builds(SendingWindow, times, times, st.tuples(*[st.booleans()] * 7))


def wall_at(moment: datetime, tz: ZoneInfo) -> datetime:
    return moment.astimezone(tz).replace(tzinfo=None)


def is_open(shown: datetime, window: SendingWindow) -> bool:
    start, end, clock = window.start or time.min, window.end or time.min, shown.time()
    today, yesterday = window.days[shown.weekday()], window.days[shown.weekday() - 1]
    if start < end:
        return today and start <= clock < end
    return (today and clock >= start) or (yesterday and clock < end)


def first_open_minute(moment: datetime, window: SendingWindow, tz: ZoneInfo) -> datetime | None:
    """The answer of ``next_open`` by walking; None after three weeks."""
    clock = moment - timedelta(hours=4)
    furthest = wall_at(clock, tz)
    while clock < moment + timedelta(days=21):
        furthest = max(furthest, wall_at(clock, tz))
        if clock >= moment and is_open(furthest, window):
            return clock
        clock += MINUTE
    return None


def first_minute_past(target: datetime, around: datetime, tz: ZoneInfo) -> datetime:
    clock = around - timedelta(hours=30)
    while wall_at(clock, tz) < target:
        clock += MINUTE
    return clock


@settings(max_examples=150, deadline=None, derandomize=True)
@given(moments, windows)
@example((BERLIN, at("2026-03-22 03:00", BERLIN)), SendingWindow(time(2), time(3), on(6)))
def test_the_next_opening_is_the_one_that_walking_by_the_minute_finds(
    place: tuple[ZoneInfo, datetime], window: SendingWindow
) -> None:
    tz, moment = place
    assert next_open(moment, window, tz) == (None if window.never_opens else first_open_minute(moment, window, tz))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(moments, st.integers(1, 8))
def test_days_on_are_when_the_clock_first_shows_that_time_of_day(place: tuple[ZoneInfo, datetime], days: int) -> None:
    tz, start = place
    target = wall_at(start, tz) + timedelta(days=days)
    assert after_delay(start, Delay(days=days), tz) == first_minute_past(target, start + timedelta(days=days), tz)
