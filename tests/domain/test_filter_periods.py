"""What dates and words of dates say, at a moment in a zone."""

from datetime import UTC, date, datetime

import pytest

from domain.filtering.filter_periods import is_span, period, reading, within
from domain.scheduling.zones import zone

MONDAY = "2026-11-23T09:00:00Z"


def said(operand: str, at: str = MONDAY, name: str = "UTC") -> tuple[str, str]:
    """Start and end, to the second unless they have a fraction."""
    where = zone(name)
    assert where is not None
    found = period(operand, now=datetime.fromisoformat(at), zone=where)
    assert found is not None
    return found.start.isoformat().replace("+00:00", "Z"), found.end.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize(
    ("operand", "start", "end"),
    [
        ("now", "2026-11-23T09:00:00Z", "2026-11-23T09:00:00Z"),
        ("30 days ago", "2026-10-24T09:00:00Z", "2026-10-24T09:00:00Z"),
        ("2 weeks from now", "2026-12-07T09:00:00Z", "2026-12-07T09:00:00Z"),
        ("1 quarter ago", "2026-08-23T09:00:00Z", "2026-08-23T09:00:00Z"),
        ("99999 years ago", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("last 30 days", "2026-10-24T09:00:00Z", "2026-11-23T09:00:00Z"),
        ("next 1 hour", "2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z"),
        ("today", "2026-11-23T00:00:00Z", "2026-11-23T23:59:59.999999Z"),
        ("yesterday", "2026-11-22T00:00:00Z", "2026-11-22T23:59:59.999999Z"),
        ("tomorrow", "2026-11-24T00:00:00Z", "2026-11-24T23:59:59.999999Z"),
        ("this week", "2026-11-23T00:00:00Z", "2026-11-29T23:59:59.999999Z"),
        ("last week", "2026-11-16T00:00:00Z", "2026-11-22T23:59:59.999999Z"),
        ("next month", "2026-12-01T00:00:00Z", "2026-12-31T23:59:59.999999Z"),
        ("this quarter", "2026-10-01T00:00:00Z", "2026-12-31T23:59:59.999999Z"),
        ("next quarter", "2027-01-01T00:00:00Z", "2027-03-31T23:59:59.999999Z"),
        ("last year", "2025-01-01T00:00:00Z", "2025-12-31T23:59:59.999999Z"),
        ("2026-11-01", "2026-11-01T00:00:00Z", "2026-11-01T23:59:59.999999Z"),
        ("2026-11-01T10:30", "2026-11-01T10:30:00Z", "2026-11-01T10:30:00Z"),
        ("2026-11-01 10:30:00.5+01:00", "2026-11-01T09:30:00.500000Z", "2026-11-01T09:30:00.500000Z"),
    ],
)
def test_what_is_said_in_utc(operand: str, start: str, end: str) -> None:
    assert said(operand) == (start, end)


@pytest.mark.parametrize(
    ("operand", "now", "name", "start", "end"),
    [
        # The day on which Madrid's clocks leap has 23 hours, that on which they go back 25.
        ("today", "2026-03-29T12:00:00Z", "Europe/Madrid", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59.999999Z"),
        ("today", "2026-10-25T12:00:00Z", "Europe/Madrid", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59.999999Z"),
        # Havana's clocks leap at midnight: the day begins at one.
        ("today", "2026-03-08T12:00:00Z", "America/Havana", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59.999999Z"),
        ("yesterday", "2026-03-09T12:00:00Z", "America/Havana", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59.999999Z"),
        # It is next year in Kiritimati, and still this one in Pago Pago.
        (
            "this year",
            "2026-12-31T12:00:00Z",
            "Pacific/Kiritimati",
            "2026-12-31T10:00:00Z",
            "2027-12-31T09:59:59.999999Z",
        ),
        (
            "this year",
            "2027-01-01T10:00:00Z",
            "Pacific/Pago_Pago",
            "2026-01-01T11:00:00Z",
            "2027-01-01T10:59:59.999999Z",
        ),
        ("last month", "2027-01-01T00:30:00Z", "Europe/Madrid", "2026-11-30T23:00:00Z", "2026-12-31T22:59:59.999999Z"),
        # Counted days are elapsed time; counted months keep the time of day, across the change of the clocks.
        ("last 30 days", "2026-11-01T12:00:00Z", "Europe/Madrid", "2026-10-02T12:00:00Z", "2026-11-01T12:00:00Z"),
        ("last 1 month", "2026-11-01T12:00:00Z", "Europe/Madrid", "2026-10-01T11:00:00Z", "2026-11-01T12:00:00Z"),
        ("1 month ago", "2027-03-31T10:00:00Z", "UTC", "2027-02-28T10:00:00Z", "2027-02-28T10:00:00Z"),
        ("1 year ago", "2028-02-29T10:00:00Z", "UTC", "2027-02-28T10:00:00Z", "2027-02-28T10:00:00Z"),
        # A skipped time is the first instant after the gap, a repeated one the first of the two.
        ("2026-03-29T02:30", MONDAY, "Europe/Madrid", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"),
        ("2026-10-25T02:30", MONDAY, "Europe/Madrid", "2026-10-25T00:30:00Z", "2026-10-25T00:30:00Z"),
        ("1 month ago", "2026-04-29T00:30:00Z", "Europe/Madrid", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"),
        # Far from our time there are no zones.
        ("1900-01-01", MONDAY, "Europe/Madrid", "1900-01-01T00:00:00Z", "1900-01-01T23:59:59.999999Z"),
    ],
)
def test_what_is_said_in_a_zone(operand: str, now: str, name: str, start: str, end: str) -> None:
    assert said(operand, now, name) == (start, end)


@pytest.mark.parametrize(
    "operand", ["", "soon", "Today", "last days", "30 days", "1 fortnight ago", "2026-02-30", 5, None]
)
def test_what_says_no_date_says_none(operand: object) -> None:
    where = zone("UTC")
    assert where is not None
    assert period(operand, now=datetime.fromisoformat(MONDAY), zone=where) is None


def test_spans_are_what_has_a_length_seen_from_now() -> None:
    assert all(map(is_span, ("today", "last 30 days", "next 1 year", "this week", "next quarter")))
    assert not any(map(is_span, ("now", "30 days ago", "2026-11-23", "this day", "last 30 days ", None, 5)))


def test_a_day_without_a_zone_is_compared_by_the_wall() -> None:
    """The renewal date of a contract is the 23rd wherever one is."""
    now = datetime.fromisoformat(MONDAY)
    for name in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Madrid"):
        where = zone(name)
        assert where is not None
        today = period("today", now=now, zone=where)
        assert today is not None
        moment = reading(today.wall_start.date().isoformat())
        assert moment is not None
        assert within(moment, today)


def test_values_are_read_as_instants_or_as_times_of_the_wall() -> None:
    assert reading("2026-11-23T09:00:00Z") == datetime(2026, 11, 23, 9, tzinfo=UTC)
    assert reading(date(2026, 11, 23)) == datetime(2026, 11, 23)  # noqa: DTZ001
    assert [reading(value) for value in ("2026-13-01", "20261123", 5, None, True)] == [None] * 5
