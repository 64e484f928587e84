"""Zones in whole numbers: gaps, overlaps, days without midnight, and offsets that no rule is simple enough for."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.scheduling import zones
from domain.scheduling.zones import DAY, Zone, date_of, day_number, step_zone, zone
from tests.domain.wall import at, day, wall

HOUR = 3600
YEAR_2200 = at("2200-01-01 00:00")


def named(name: str) -> Zone:
    found = zone(name)
    assert found is not None
    return found


# --- names -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        None,
        "",
        "Mars/Olympus",
        "../../etc/passwd",
        "/etc/passwd",
        "Europe",
        "europe/berlin",
        "UTC\0",
        "CEST",
        "x" * 9999,
    ],
)
def test_what_is_no_iana_name_is_no_zone(name: str | None) -> None:
    assert zone(name) is None


def test_a_name_has_one_zone() -> None:
    assert zone("Europe/Berlin") is zone("Europe/Berlin")


@pytest.mark.parametrize(
    ("contact", "sequence", "of_contact", "expected"),
    [
        ("Asia/Tokyo", "Europe/Berlin", True, "Asia/Tokyo"),
        ("Asia/Tokyo", "Europe/Berlin", False, "Europe/Berlin"),
        ("Nowhere", "Europe/Berlin", True, "Europe/Berlin"),
        (None, "Europe/Berlin", True, "Europe/Berlin"),
        ("Nowhere", "Nowhere", True, "UTC"),
        (None, None, False, "UTC"),
    ],
)
def test_the_zone_is_the_contacts_if_asked_and_valid_else_the_sequences(
    contact: str | None, sequence: str | None, of_contact: bool, expected: str
) -> None:
    assert step_zone(contact, sequence, of_contact=of_contact).name == expected


def test_days_have_the_numbers_of_utc() -> None:
    assert (day_number(date(1970, 1, 1)), day_number(date(2026, 11, 23))) == (0, at("2026-11-23 00:00") // DAY)
    assert date_of(day_number(date(2028, 2, 29))) == date(2028, 2, 29)


# --- gaps and overlaps -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "skipped", "first_after"),
    [
        ("Europe/Berlin", "2026-03-29 02:30", "2026-03-29 01:00"),
        ("America/New_York", "2026-03-08 02:30", "2026-03-08 07:00"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30"),
        ("Antarctica/Troll", "2026-03-29 01:30", "2026-03-29 01:00"),
        ("Antarctica/Troll", "2026-03-29 02:59:59", "2026-03-29 01:00"),
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 10:00"),
        ("America/Sao_Paulo", "2017-10-15 00:00", "2017-10-15 03:00"),
        ("America/Santiago", "2025-09-07 00:30", "2025-09-07 04:00"),
        ("Africa/Cairo", "2025-04-25 00:30", "2025-04-24 22:00"),
        ("Asia/Beirut", "2026-03-29 00:00", "2026-03-28 22:00"),
        ("Africa/Casablanca", "2026-03-22 02:30", "2026-03-22 02:00"),
    ],
)
def test_a_time_that_the_zone_skips_is_the_first_instant_after_the_gap(
    name: str, skipped: str, first_after: str
) -> None:
    assert named(name).instant(wall(skipped)) == at(first_after)


@pytest.mark.parametrize(
    ("name", "repeated", "first"),
    [
        ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25 00:30"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01 05:30"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45"),
        ("Antarctica/Troll", "2026-10-25 01:30", "2026-10-24 23:30"),
        ("Africa/Casablanca", "2026-02-15 02:30", "2026-02-15 01:30"),
        ("America/Santiago", "2025-04-05 23:30", "2025-04-06 02:30"),
    ],
)
def test_a_time_that_the_zone_repeats_is_the_first_of_the_two(name: str, repeated: str, first: str) -> None:
    assert named(name).instant(wall(repeated)) == at(first)
    assert named(name).local(at(first)) == wall(repeated)


def test_the_clock_shows_a_repeated_time_twice() -> None:
    berlin = named("Europe/Berlin")
    first, second = (at("2026-10-25 02:30", "Europe/Berlin", fold=fold) for fold in (0, 1))
    assert berlin.local(first) == berlin.local(second) == wall("2026-10-25 02:30")
    assert second - first == HOUR


@pytest.mark.parametrize(
    ("name", "text", "hours"),
    [("Europe/Berlin", "2026-03-29", 23), ("Europe/Berlin", "2026-10-25", 25), ("Antarctica/Troll", "2026-03-29", 22)],
)
def test_a_day_is_as_long_as_the_clock_makes_it(name: str, text: str, hours: int) -> None:
    of_zone = named(name)
    assert of_zone.day_start(day(text) + 1) - of_zone.day_start(day(text)) == hours * HOUR


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("America/Santiago", "2025-09-07"),
        ("Africa/Cairo", "2025-04-25"),
        ("Asia/Beirut", "2026-03-29"),
        ("America/Sao_Paulo", "2017-10-15"),
    ],
)
def test_a_day_without_midnight_starts_after_the_gap(name: str, text: str) -> None:
    of_zone = named(name)
    start = of_zone.day_start(day(text))
    assert of_zone.local(start) == wall(f"{text} 01:00")
    assert (of_zone.day(start - 1), of_zone.day(start)) == (day(text) - 1, day(text))


@pytest.mark.parametrize(("name", "text"), [("Asia/Beirut", "2026-10-25"), ("America/Santiago", "2025-04-06")])
def test_a_day_starts_after_the_last_hour_of_the_day_before_was_repeated(name: str, text: str) -> None:
    of_zone = named(name)
    start = of_zone.day_start(day(text))
    assert of_zone.day(start - 1) == of_zone.day(start - 2 * HOUR) == day(text) - 1
    assert start - of_zone.day_start(day(text) - 1) == 25 * HOUR


def test_a_day_that_is_skipped_whole_starts_with_the_day_after() -> None:
    apia = named("Pacific/Apia")
    assert apia.day_start(day("2011-12-30")) == apia.day_start(day("2011-12-31")) == at("2011-12-30 10:00")
    assert apia.day(at("2011-12-30 09:59:59")) == day("2011-12-29")
    assert apia.day(at("2011-12-30 10:00")) == day("2011-12-31")


def test_a_midnight_that_is_shown_twice_is_the_first() -> None:
    st_johns = named("America/St_Johns")
    midnight = st_johns.day_start(day("2010-11-07"))
    assert midnight == at("2010-11-07 00:00", "America/St_Johns")
    assert st_johns.day(midnight + 60) == day("2010-11-06")


def test_offsets_to_the_second_are_exact() -> None:
    monrovia = named("Africa/Monrovia")
    until = at("1972-01-07 00:44:30")
    assert monrovia.local(until - 1) == until - 1 - 2670
    assert monrovia.local(until) == until
    assert monrovia.instant(wall("1972-01-07 00:30")) == until
    assert monrovia.instant(wall("1972-01-06 12:00")) == at("1972-01-06 12:44:30")


@pytest.mark.parametrize("name", ["Asia/Kathmandu", "Australia/Eucla", "Pacific/Chatham", "Pacific/Marquesas"])
def test_offsets_of_quarters_of_an_hour_are_exact(name: str) -> None:
    for t in (at("1985-12-31 18:29:59"), at("2026-04-04 14:00"), at("2026-06-01 12:34:56")):
        assert named(name).local(t) == wall_by_zoneinfo(name, t)


# --- any instant -------------------------------------------------------------------------------------------------


def wall_by_zoneinfo(name: str, t: int) -> int:
    return int(datetime.fromtimestamp(t, ZoneInfo(name)).replace(tzinfo=UTC).timestamp())


names = st.sampled_from(
    [
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Antarctica/Troll", "Africa/Casablanca",
        "Africa/Cairo", "America/Santiago", "Asia/Beirut", "Asia/Gaza", "Asia/Kathmandu", "Europe/Dublin",
        "Pacific/Apia", "Africa/Monrovia", "Etc/GMT+12", "Pacific/Kiritimati", "America/Nuuk", "UTC",
    ]
)  # fmt: skip
instants = st.one_of(st.integers(0, at("2040-01-01 00:00")), st.integers(0, YEAR_2200))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(names, st.lists(instants, min_size=1, max_size=4))
@example("America/New_York", [YEAR_2200, 0])
@example("Europe/Berlin", [at("2199-07-01 00:00"), at("2199-12-01 00:00")])
def test_the_clock_shows_what_zoneinfo_says_in_whatever_order_it_is_asked(name: str, ts: list[int]) -> None:
    fresh = Zone(name)
    for t in ts:
        assert fresh.local(t) == wall_by_zoneinfo(name, t)
        assert fresh.day(t) == wall_by_zoneinfo(name, t) // DAY


@settings(max_examples=300, deadline=None, derandomize=True)
@given(names, instants)
def test_the_instant_of_what_the_clock_shows_is_that_instant_or_the_first_of_two(name: str, t: int) -> None:
    of_zone = named(name)
    shown = of_zone.local(t)
    assert of_zone.instant(shown) <= t
    assert of_zone.local(of_zone.instant(shown)) == shown


@settings(max_examples=300, deadline=None, derandomize=True)
@given(names, instants, st.integers(0, 3 * DAY))
def test_later_on_the_wall_is_never_earlier(name: str, shown: int, later: int) -> None:
    assert named(name).instant(shown) <= named(name).instant(shown + later)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(names, instants)
def test_a_day_starts_at_the_first_instant_at_which_the_calendar_has_come_to_it(name: str, t: int) -> None:
    of_zone = named(name)
    start = of_zone.day_start(of_zone.day(t))
    assert start <= t
    assert of_zone.day(start) >= of_zone.day(t) > of_zone.day(start - 1)


def test_utc_is_utc() -> None:
    assert zones.UTC.local(12345678) == zones.UTC.instant(12345678) == 12345678
