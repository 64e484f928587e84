"""Hours, days and weeks of a zone, as they begin on its own clocks."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random  # noqa: TID251 - the accidents of a test are not drawn from the engine's hashes
from zoneinfo import ZoneInfo

import pytest

from domain.scheduling.zones import UTC as UTC_ZONE
from domain.scheduling.zones import Zone, zone
from domain.tracking.intervals import Interval, edges


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def zone_of(name: str) -> Zone:
    found = zone(name)
    assert found is not None
    return found


def test_days_begin_at_midnight_of_the_zone_and_the_first_and_last_are_cut_short() -> None:
    found = edges(at("2026-11-20T12:00:00Z"), at("2026-11-22T12:00:00Z"), Interval.DAY, zone_of("Asia/Kathmandu"))
    assert list(found) == [at("2026-11-20T12:00:00Z"), at("2026-11-20T18:15:00Z"), at("2026-11-21T18:15:00Z")]


def test_an_interval_that_begins_at_the_end_is_not_there() -> None:
    found = edges(at("2026-11-20T00:00:00Z"), at("2026-11-21T00:00:00Z"), Interval.DAY, UTC_ZONE)
    assert list(found) == [at("2026-11-20T00:00:00Z")]


def test_weeks_begin_on_monday() -> None:
    found = list(edges(at("2026-11-01T00:00:00Z"), at("2026-12-01T00:00:00Z"), Interval.WEEK, UTC_ZONE))
    assert [one.day for one in found] == [1, 2, 9, 16, 23, 30]


def test_a_day_is_as_long_as_clocks_make_it() -> None:
    berlin = zone_of("Europe/Berlin")
    days = list(edges(at("2026-10-23T22:00:00Z"), at("2026-10-27T23:00:00Z"), Interval.DAY, berlin))
    assert [later - earlier for earlier, later in pairwise(days)] == [
        timedelta(hours=24), timedelta(hours=25), timedelta(hours=24),
    ]  # fmt: skip


def test_a_day_that_the_zone_skips_is_left_out() -> None:
    days = edges(at("2011-12-29T10:00:00Z"), at("2012-01-01T10:00:00Z"), Interval.DAY, zone_of("Pacific/Apia"))
    assert [one.astimezone(ZoneInfo("Pacific/Apia")).day for one in days] == [29, 31, 1]


@pytest.mark.parametrize("name", ["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana"])
@pytest.mark.parametrize("interval", Interval)
def test_edges_rise_and_are_the_first_instants_of_what_the_calendar_shows(name: str, interval: Interval) -> None:
    random, info = Random(name), ZoneInfo(name)
    for _ in range(20):
        since = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=random.randint(0, 70_000_000))
        found = list(edges(since, since + 40 * timedelta(seconds=interval.seconds), interval, zone_of(name)))
        assert found == sorted(set(found))
        for edge in found[1:]:
            before, after = (edge - timedelta(seconds=1)).astimezone(info), edge.astimezone(info)
            assert _shown(before, interval) != _shown(after, interval)


def _shown(moment: datetime, interval: Interval) -> tuple[object, ...]:
    if interval is Interval.WEEK:
        return moment.isocalendar()[:2]
    return (moment.date(),) if interval is Interval.DAY else (moment.date(), moment.hour)
