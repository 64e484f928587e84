"""Clicks are remembered for a minute, by email and by client, and never more than a bounded number of one."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from api.recent_clicks import MOST_OF_ONE, RecentClicks
from domain.tracking.hit_classes import Hit, HitKind

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def click(at: datetime = NOW, *, ip: str = "84.128.10.20", agent: str = "Mozilla/5.0 (X11)") -> Hit:
    return Hit(HitKind.CLICK, uuid4(), at, "GET", agent, ip, 1)


def test_clicks_of_the_same_email_and_of_the_same_client_are_found() -> None:
    recent = RecentClicks()
    one, same_client, other = click(), click(), click(ip="91.12.13.14")
    for hit in (one, same_client, other):
        recent.add(hit)
    assert recent.near([one]) == [one, same_client]
    assert recent.near([Hit(HitKind.CLICK, other.message_id, NOW)]) == [other]
    assert recent.near([click(ip="10.0.0.1")]) == []


def test_a_click_is_forgotten_after_a_minute() -> None:
    recent = RecentClicks()
    old, young = click(NOW), click(NOW + SECOND)
    recent.add(old)
    recent.add(young)
    recent.forget_until(NOW + 60 * SECOND)
    assert recent.near([old]) == [old, young]
    recent.forget_until(NOW + 61 * SECOND)
    assert recent.near([old]) == [young]
    recent.forget_until(NOW + 90 * SECOND)
    assert recent.near([old, young]) == []


def test_only_the_latest_clicks_of_one_client_are_remembered() -> None:
    recent = RecentClicks()
    hits = [click(NOW + n * SECOND / 100) for n in range(MOST_OF_ONE + 50)]
    for hit in hits:
        recent.add(hit)
    assert recent.near([click()]) == hits[50:]
    recent.forget_until(NOW + 60 * SECOND + 100 * SECOND / 100)
    assert recent.near([click()]) == hits[100:]
