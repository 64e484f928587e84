"""Plans that change: slots kept, given back and moved up, and what has to be loaded first."""

from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from domain.scheduling.capacity import Lane, MailboxRules, NotLoaded, Quota
from domain.scheduling.chains import Chain, Course
from domain.scheduling.hours import SendingHours
from domain.scheduling.ledger import Ledger
from domain.scheduling.planning import Planner, WaitingNotLoaded
from domain.vocabulary import Blocker
from tests.domain.plan_samples import (
    DAY,
    HOUR,
    MONDAY,
    box,
    chain_of,
    course_of,
    days_of,
    ledger_of,
    many,
    place_all,
    planner_of,
    times_of,
    wait,
)
from tests.domain.rules_checker import contents, sends_of, wrong_books
from tests.domain.sequence_samples import MAILBOX, OTHER, mail

OFFICE = SendingHours.daily(time(9), time(17), (True,) * 7)


# --- kept, given back, moved up ----------------------------------------------------------------------------------


def test_slots_that_still_keep_every_rule_are_kept() -> None:
    ledger = ledger_of(box(2, gap=60))
    planner = planner_of(ledger)
    chains = place_all(planner, many(course_of(mail(), mail(days=2)), 9))
    before, slots = contents(ledger), [chain.slots for chain in chains]
    for chain in chains:
        planner.take_out(chain)
    assert contents(ledger) == {}
    assert all(planner.keep(chain) for chain in chains)
    assert contents(ledger) == before
    assert [chain.slots for chain in chains] == slots


@pytest.mark.parametrize("jitter", [0, 300])
def test_slots_are_kept_in_whatever_order_they_are_asked_for(jitter: int) -> None:
    planner = planner_of(ledger_of(box(50, gap=600, jitter=jitter)))
    chains = place_all(planner, many(course_of(mail(), mail(days=2)), 30))
    for chain in chains:
        planner.take_out(chain)
    assert all(planner.keep(chain) for chain in reversed(chains))


@pytest.mark.parametrize(
    ("ledger", "change"),
    [
        (ledger_of(box(0)), {}),
        (ledger_of(box(limits={1: 0})), {}),
        (ledger_of(box()), {"course": course_of(mail(), mail(days=1))}),
        (ledger_of(box()), {"delay_until": MONDAY + 1}),
        (ledger_of(box()), {"after": 1}),
        (ledger_of(box(), box(id=OTHER)), {"mailbox_id": OTHER}),
    ],
    ids=["no room", "away", "other steps", "a longer delay", "a step that was done", "another mailbox"],
)
def test_slots_that_a_change_has_overtaken_are_not_kept(ledger: Ledger, change: dict[str, Any]) -> None:
    chain = chain_of(course_of(mail(), mail(days=1)))
    place_all(planner_of(ledger_of(box())), [chain])
    slots = list(chain.slots)
    if "mailbox_id" in change:
        change = {"enrollee": chain.enrollee.with_mailbox(change["mailbox_id"])}
    changed = replace(chain, **change)
    assert not planner_of(ledger).keep(changed)
    assert changed.slots == slots
    assert contents(ledger) == {}


def test_hours_that_have_changed_keep_only_what_is_inside_them() -> None:
    course = course_of(mail(), hours=OFFICE)
    inside, outside = chain_of(course, MONDAY + 15 * HOUR), chain_of(course)
    place_all(planner_of(ledger_of(box())), [inside, outside])
    afternoon = SendingHours.daily(time(14), time(17), (True,) * 7)
    changed = Course(replace(course.sequence, hours=afternoon))
    planner = planner_of(ledger_of(box()))
    assert planner.keep(replace(inside, course=changed))
    assert not planner.keep(replace(outside, course=changed))


def test_a_slot_that_has_passed_is_not_kept() -> None:
    chain = chain_of(course_of(mail()))
    place_all(planner_of(ledger_of(box())), [chain])
    assert not planner_of(ledger_of(box()), now=MONDAY + 1).keep(chain)


def test_what_is_given_back_is_used_by_whoever_waits() -> None:
    ledger = ledger_of(box(1))
    planner = planner_of(ledger)
    first, second, third = place_all(planner, many(course_of(mail()), 3))
    assert not planner.advance(second)
    planner.take_out(first)
    first.slots = []
    assert planner.advance(third)
    assert [days_of(chain) for chain in (second, third)] == [[1], [0]]
    assert wrong_books(ledger, sends_of([second, third])) == []


def test_who_goes_when_due_does_not_move_up() -> None:
    planner = planner_of(ledger_of(box()))
    chain = place_all(planner, [chain_of(course_of(mail(), mail(days=1)), MONDAY + DAY)])[0]
    assert not planner.advance(chain)


def test_who_cannot_go_earlier_stays_as_it_was() -> None:
    ledger = ledger_of(box(1))
    planner = planner_of(ledger)
    chains = place_all(planner, many(course_of(mail(), mail(days=3)), 6))
    before, slots = contents(ledger), [list(chain.slots) for chain in chains]
    assert not any(planner.advance(chain) for chain in chains)
    assert contents(ledger) == before
    assert [chain.slots for chain in chains] == slots


def test_nothing_is_placed_before_the_present() -> None:
    planner = planner_of(ledger_of(box(1)), now=MONDAY + 2 * DAY + HOUR)
    chains = place_all(planner, many(course_of(mail(), mail(days=1)), 2))
    assert times_of(chains[0]) == [2 * DAY + HOUR, 3 * DAY + HOUR]
    assert days_of(chains[1]) == [4, 5]


# --- what is not loaded yet --------------------------------------------------------------------------------------


def load(missing: NotLoaded) -> None:
    if isinstance(missing.book, Quota):
        missing.book.known = True
    elif missing.book.known is not None:
        missing.book.known |= missing.buckets


def wait_and_partial(mailbox: MailboxRules) -> tuple[Planner, list[Chain]]:
    """A planner that has loaded two waiting chains and must ask for everything else."""
    planner = planner_of(ledger_of(mailbox, partial=True), known_days=set())
    chains = many(course_of(mail()), 2)
    for chain in chains:
        while True:
            try:
                planner.place(chain)
                break
            except NotLoaded as missing:
                load(missing)
    wait(planner, chains)
    return planner, chains


def test_a_planner_that_lacks_something_in_the_middle_leaves_everything_as_it_was() -> None:
    planner, waiting = wait_and_partial(box(2, gap=60))
    course = course_of(mail(), mail(), mail(days=5), mail(days=40), throttle_delay_minutes=20)
    chain = chain_of(course, after=1, begun=True)
    asked: list[Any] = []
    while True:
        before, slots = contents(planner.ledger), [list(one.slots) for one in waiting]
        try:
            assert planner.place(chain)
            break
        except NotLoaded as missing:
            asked.append(type(missing.book))
            load(missing)
        except WaitingNotLoaded as unknown:
            asked.append(WaitingNotLoaded)
            assert planner.known_days is not None
            planner.known_days.add((unknown.mailbox_id, unknown.day))
        assert contents(planner.ledger) == before
        assert [one.slots for one in waiting] == slots
        assert set(planner.waiting) == {one.enrollee.enrollment_id for one in waiting}
        assert planner.put_off == []
        assert chain.slots == []
    assert {Lane, WaitingNotLoaded} <= set(asked)
    assert days_of(chain) == [0, 5, 45]
    assert planner.put_off == [waiting[1]]
    assert wrong_books(planner.ledger, sends_of([chain, *waiting])) == []


def test_a_move_up_that_lacks_something_leaves_the_chain_where_it_was() -> None:
    planner, (first, second) = wait_and_partial(box(1, gap=60))
    planner.take_out(first)
    first.slots = []
    before, slots = contents(planner.ledger), second.slots
    lane = planner.ledger._lanes[MAILBOX, None]
    assert lane.known is not None
    today = MONDAY // DAY
    lane.known -= {today - 1}
    with pytest.raises(NotLoaded):
        planner.advance(second)
    assert contents(planner.ledger) == before
    assert second.slots == slots
    lane.known.add(today - 1)
    assert planner.advance(second)
    assert days_of(second) == [0]


def test_what_is_taken_out_must_be_known_first() -> None:
    planner = planner_of(ledger_of(box(gap=60), partial=True))
    chain = chain_of(course_of(mail()), mailbox_id=MAILBOX)
    place_all(planner_of(ledger_of(box(gap=60))), [chain])
    with pytest.raises(NotLoaded):
        planner.take_out(chain)
    assert contents(planner.ledger) == {}


def test_the_chains_of_a_day_are_asked_for_only_where_the_day_is_full() -> None:
    planner = planner_of(ledger_of(box(1)), known_days=set())
    course = course_of(mail())
    place_all(planner, [chain_of(course, begun=True)])
    with pytest.raises(WaitingNotLoaded) as unknown:
        planner.place(chain_of(course, begun=True))
    assert (unknown.value.mailbox_id, unknown.value.day) == (MAILBOX, MONDAY // DAY)


def test_a_follow_up_that_is_put_off_says_what_put_it_off() -> None:
    planner = planner_of(ledger_of(box(1)))
    course = course_of(mail())
    place_all(planner, [chain_of(course, begun=True)])
    late = chain_of(course, begun=True)
    place_all(planner, [late])
    assert (days_of(late), late.slots[0].blocker) == ([1], Blocker.MAILBOX_LIMIT)
