"""Quotas count sends by the day of a zone; lanes keep them apart. Both say when the next one fits."""

from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.scheduling.capacity import DAY_SECONDS, HORIZON_DAYS, NEVER, Lane, NotLoaded, Quota
from domain.scheduling.zones import UTC, Zone, zone
from tests.domain.wall import at, day

MAILBOX, SEQUENCE = UUID(int=0xABCDEF), UUID(int=7)
MONDAY = "2026-11-23"


def named(name: str) -> Zone:
    found = zone(name)
    assert found is not None
    return found


# --- quotas ------------------------------------------------------------------------------------------------------


def test_a_day_with_room_takes_a_send_at_the_instant_asked_for() -> None:
    quota = Quota(UTC, 2)
    noon = at(f"{MONDAY} 12:00")
    quota.add(noon)
    assert quota.room(day(MONDAY)) == 1
    assert quota.earliest(noon) == noon


def test_a_full_day_puts_off_to_the_midnight_after_it() -> None:
    quota = Quota(UTC, 1)
    quota.add(at(f"{MONDAY} 12:00"))
    assert quota.earliest(at(f"{MONDAY} 00:00")) == at("2026-11-24 00:00")
    assert quota.earliest(at("2026-11-22 23:59:59")) == at("2026-11-22 23:59:59")


@pytest.mark.parametrize("name", ["America/New_York", "Asia/Tokyo", "Asia/Kathmandu", "Pacific/Auckland"])
def test_days_are_those_of_the_zone(name: str) -> None:
    quota = Quota(named(name), 1)
    quota.add(at(f"{MONDAY} 00:00", name))
    assert quota.earliest(at(f"{MONDAY} 23:59:59", name)) == at("2026-11-24 00:00", name)
    assert quota.earliest(at("2026-11-22 23:59:59", name)) == at("2026-11-22 23:59:59", name)


def test_a_day_of_25_hours_is_one_day() -> None:
    quota = Quota(named("Europe/Berlin"), 1)
    quota.add(at("2026-10-25 00:00", "Europe/Berlin"))
    late = at("2026-10-25 23:59", "Europe/Berlin")
    assert late - at("2026-10-25 00:00", "Europe/Berlin") > DAY_SECONDS
    assert quota.earliest(late) == at("2026-10-26 00:00", "Europe/Berlin")


def test_a_day_of_a_ramp_up_has_its_own_limit() -> None:
    quota = Quota(UTC, 3, {day(MONDAY): 1, day("2026-11-24"): 2})
    free = []
    for _ in range(6):
        free.append(quota.earliest(at(f"{MONDAY} 09:00")))
        quota.add(free[-1])
    assert [(t - at(f"{MONDAY} 00:00")) // DAY_SECONDS for t in free] == [0, 1, 1, 2, 2, 2]


def test_a_day_away_takes_nothing() -> None:
    away = {day(MONDAY) + n: 0 for n in range(3)}
    assert Quota(UTC, 5, away).earliest(at(f"{MONDAY} 09:00")) == at("2026-11-26 00:00")


def test_a_quota_of_nothing_never_has_room() -> None:
    assert Quota(UTC, 0).earliest(at(f"{MONDAY} 09:00")) == NEVER


def test_room_is_looked_for_as_far_as_the_horizon() -> None:
    today = day(MONDAY)
    away = {today + n: 0 for n in range(HORIZON_DAYS)}
    assert Quota(UTC, 1, away).earliest(at(f"{MONDAY} 09:00")) == (today + HORIZON_DAYS) * DAY_SECONDS
    away[today + HORIZON_DAYS] = 0
    assert Quota(UTC, 1, away).earliest(at(f"{MONDAY} 09:00")) == NEVER


def test_what_is_given_back_is_found_again_even_after_it_was_leapt_over() -> None:
    quota = Quota(UTC, 1)
    for n in range(10):
        quota.add(at(f"{MONDAY} 09:00") + n * DAY_SECONDS)
    assert quota.earliest(at(f"{MONDAY} 09:00")) == at("2026-12-03 00:00")
    quota.remove(at("2026-11-27 09:00"))
    assert quota.earliest(at(f"{MONDAY} 09:00")) == at("2026-11-27 00:00")
    assert quota.earliest(at("2026-11-28 09:00")) == at("2026-12-03 00:00")


def test_a_quota_that_was_told_nothing_asks_to_be_loaded() -> None:
    quota = Quota(UTC, 1, key=("email_account_id", MAILBOX), known=False)
    for ask in (quota.earliest, quota.require):
        with pytest.raises(NotLoaded) as missing:
            ask(0)
        assert missing.value.book is quota
        assert not missing.value.buckets
    quota.known = True
    quota.require(0)
    assert quota.earliest(0) == 0


@settings(max_examples=100, deadline=None)
@given(
    limit=st.integers(1, 3),
    limits=st.dictionaries(st.integers(20_000, 20_012), st.integers(0, 3)),
    deeds=st.lists(st.tuples(st.sampled_from("aaar?"), st.integers(0, 10 * DAY_SECONDS)), max_size=60),
)
def test_a_quota_agrees_with_a_search_day_by_day(
    limit: int, limits: dict[int, int], deeds: list[tuple[str, int]]
) -> None:
    tokyo = named("Asia/Tokyo")
    quota = Quota(tokyo, limit, limits)
    sent: list[int] = []
    for deed, offset in deeds:
        t = 20_000 * DAY_SECONDS + offset
        if deed == "r" and sent:
            quota.remove(sent.pop(offset % len(sent)))
            continue
        expected = t
        while sum((one + 9 * 3600) // DAY_SECONDS == (expected + 9 * 3600) // DAY_SECONDS for one in sent) >= (
            limits.get((expected + 9 * 3600) // DAY_SECONDS, limit)
        ):
            expected = ((expected + 9 * 3600) // DAY_SECONDS + 1) * DAY_SECONDS - 9 * 3600
        assert quota.earliest(t) == expected
        if deed == "a":
            quota.add(expected)
            sent.append(expected)


# --- lanes -------------------------------------------------------------------------------------------------------


def test_an_empty_lane_takes_a_send_at_once() -> None:
    assert Lane(60).earliest(1_000) == 1_000


def test_the_next_send_follows_after_the_gap() -> None:
    lane = Lane(60)
    lane.add(1_000)
    assert [lane.earliest(t) for t in (1_000, 1_030, 1_059, 1_060, 2_000)] == [1_060, 1_060, 1_060, 1_060, 2_000]


def test_a_send_keeps_its_gap_to_the_one_after_it_too() -> None:
    lane = Lane(60)
    lane.add(1_000)
    assert [lane.earliest(t) for t in (900, 940, 941, 999)] == [900, 940, 1_060, 1_060]


def test_a_hole_between_two_sends_is_used_when_it_is_wide_enough() -> None:
    lane = Lane(60)
    for t in (1_000, 1_119, 1_300):
        lane.add(t)
    assert lane.earliest(1_000) == 1_179
    lane.remove(1_119)
    assert lane.earliest(1_000) == 1_060


def test_a_hole_that_was_leapt_over_is_found_once_it_is_wide_enough() -> None:
    lane = Lane(60)
    for n in range(100):
        lane.add(1_000 + n * 60)
    assert lane.earliest(1_000) == 7_000
    lane.remove(1_600)
    assert lane.earliest(1_000) == 1_600
    assert lane.earliest(1_601) == 7_000


def test_a_send_that_is_taken_out_fits_again_whatever_jitter_was_drawn() -> None:
    lane = Lane(60, 300, key=(MAILBOX, None))
    sends = [0]
    for _ in range(200):
        sends.append(lane.earliest(sends[-1]))
        lane.add(sends[-1])
    for t in sends[1:]:
        lane.remove(t)
        assert lane.earliest(t) == t
        lane.add(t)


@pytest.mark.parametrize("t", [DAY_SECONDS, DAY_SECONDS - 1, DAY_SECONDS + 59, 5 * DAY_SECONDS])
def test_neighbours_are_seen_over_the_edge_of_a_bucket(t: int) -> None:
    lane = Lane(60)
    lane.add(t)
    assert [lane.earliest(t + n) for n in (-60, -59, 0, 59, 60)] == [t - 60, t + 60, t + 60, t + 60, t + 60]


@pytest.mark.parametrize("gap", [DAY_SECONDS + 1, 3 * DAY_SECONDS])
def test_a_gap_may_be_longer_than_a_day(gap: int) -> None:
    lane = Lane(gap)
    lane.add(10 * DAY_SECONDS)
    assert lane.earliest(10 * DAY_SECONDS + 5) == 10 * DAY_SECONDS + gap
    assert lane.earliest(10 * DAY_SECONDS - gap + 1) == 10 * DAY_SECONDS + gap
    assert lane.earliest(10 * DAY_SECONDS - gap) == 10 * DAY_SECONDS - gap


def test_jitter_lengthens_gaps_and_never_shortens_one() -> None:
    lane = Lane(60, 30, key=(MAILBOX, None))
    t = 0
    for _ in range(500):
        t = lane.earliest(t)
        lane.add(t)
    gaps = [later - earlier for earlier, later in pairwise(sorted(t for some in lane._sends.values() for t in some))]
    assert min(gaps) >= 60
    assert max(gaps) <= 90
    assert len(set(gaps)) > 20


def test_jitter_is_the_same_for_the_same_mailbox_and_instant_and_differs_between_mailboxes() -> None:
    one, same, other = (Lane(60, 300, key=(id, None)) for id in (MAILBOX, MAILBOX, UUID(int=1)))
    instants = range(1_000_000, 1_000_200)
    assert [one.length(t) for t in instants] == [same.length(t) for t in instants]
    assert [one.length(t) for t in instants] != [other.length(t) for t in instants]


def test_a_lane_without_jitter_has_one_length() -> None:
    assert {Lane(60).length(t) for t in range(100)} == {60}


def test_a_lane_asks_for_the_buckets_near_an_instant() -> None:
    lane = Lane(60, key=(MAILBOX, SEQUENCE), known=set())
    for ask in (lane.earliest, lane.require):
        with pytest.raises(NotLoaded) as missing:
            ask(5 * DAY_SECONDS + 7)
        assert missing.value.book is lane
        assert missing.value.buckets == {4, 5, 6}
    lane.known = {4, 5}
    with pytest.raises(NotLoaded) as missing:
        lane.earliest(5 * DAY_SECONDS)
    assert missing.value.buckets == {6}
    lane.known = {4, 5, 6}
    lane.require(5 * DAY_SECONDS)
    assert lane.earliest(5 * DAY_SECONDS) == 5 * DAY_SECONDS


def test_a_lane_asks_again_where_a_leap_takes_it() -> None:
    lane = Lane(DAY_SECONDS, key=(MAILBOX, None), known={4, 5, 6})
    lane.add(5 * DAY_SECONDS)
    with pytest.raises(NotLoaded) as missing:
        lane.earliest(5 * DAY_SECONDS)
    assert missing.value.buckets == {7}


def test_a_lane_that_knows_everything_needs_nothing() -> None:
    Lane(60).require(12_345)


deeds = st.lists(st.tuples(st.sampled_from("aaaxr?"), st.integers(0, 5_000)), max_size=60)


@settings(max_examples=150, deadline=None)
@given(gap=st.integers(0, 400), jitter=st.sampled_from([0, 0, 30, 500]), deeds=deeds)
def test_a_lane_agrees_with_a_search_second_by_second(gap: int, jitter: int, deeds: list[tuple[str, int]]) -> None:
    lane = Lane(gap, jitter, key=(MAILBOX, None))
    start = 3 * DAY_SECONDS - 2_500
    sent: list[int] = []

    def fits(t: int, room: int) -> bool:
        return all(one + lane.length(one) <= t if one <= t else t + room <= one for one in sent)

    for deed, offset in deeds:
        if deed == "r" and sent:
            lane.remove(sent.pop(offset % len(sent)))
            continue
        asked = start + offset
        # The instant asked for is taken if it fits. Others are looked for where a send may follow another at once,
        # and only as far from the one after it as any jitter could reach.
        follow = sorted(one + lane.length(one) for one in sent if one + lane.length(one) > asked)
        found = (t for t in follow if fits(t, gap + jitter))
        expected = asked if fits(asked, lane.length(asked)) else next(found)
        assert lane.earliest(asked) == expected
        if deed != "?":
            lane.add(expected)
            sent.append(expected)
    assert all(later - earlier >= gap for earlier, later in pairwise(sorted(sent)))
