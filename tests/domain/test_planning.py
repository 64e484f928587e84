"""Placing chains: follow-ups go before first emails, and put off those that have not begun."""

from collections.abc import Iterable
from datetime import time
from typing import Any
from uuid import UUID

import pytest

from domain.scheduling.chains import Chain
from domain.scheduling.hours import SendingHours
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
from tests.domain.rules_checker import broken_capacity, contents, sends_of, wrong_books
from tests.domain.sequence_samples import MAILBOX, OTHER, mail

OFFICE = SendingHours.daily(time(9), time(17), (True,) * 7)
WORKDAYS = SendingHours.daily(time(9), time(17), (True,) * 5 + (False,) * 2)


def late_follow_ups(chains: Iterable[Chain]) -> list[Chain]:
    """Those with a follow-up that does not go on the day on which it falls due."""
    return [
        chain for chain in chains if any(slot.at // DAY != slot.due // DAY for slot in chain.slots if slot.follow_up)
    ]


# --- follow-ups before first emails ------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [OFFICE, WORKDAYS], ids=["every day", "on workdays"])
def test_of_two_thousand_enrolled_at_once_every_follow_up_goes_on_its_day(hours: SendingHours) -> None:
    course = course_of(mail(), mail(days=3), mail(days=4), hours=hours, follow_up_hours=hours)
    ledger = ledger_of(box(100, gap=60))
    chains = place_all(planner_of(ledger), many(course, 2_000))
    assert late_follow_ups(chains) == []
    assert list(broken_capacity(ledger.workspace, ledger.mailboxes, sends_of(chains))) == []
    assert wrong_books(ledger, sends_of(chains)) == []
    firsts = [chain.slots[0].at for chain in chains]
    assert firsts == sorted(firsts)
    # 6,000 emails at 100 a day, five or seven days a week, need not take much longer than they must.
    days = len({slot.at // DAY for chain in chains for slot in chain.slots})
    assert 60 <= days <= 75


def test_three_hundred_follow_ups_that_come_due_do_not_wait_behind_ten_thousand_first_emails() -> None:
    first = course_of(mail(), mail(days=3), hours=OFFICE, follow_up_hours=OFFICE)
    under_way = course_of(mail(), mail(days=3), hours=OFFICE, follow_up_hours=OFFICE)
    ledger = ledger_of(box(100, gap=60))
    planner = planner_of(ledger)
    queue = place_all(planner, many(first, 10_000))
    wait(planner, queue)
    follow_ups = [
        chain_of(under_way, MONDAY + (1 + number % 3) * DAY + 10 * HOUR, after=1, begun=True) for number in range(300)
    ]
    place_all(planner, follow_ups)
    assert late_follow_ups(follow_ups) == []
    assert late_follow_ups(queue) == []
    assert len(planner.put_off) >= 200
    everybody = [*queue, *follow_ups]
    assert sum(len(chain.slots) for chain in everybody) == 20_300
    assert list(broken_capacity(ledger.workspace, ledger.mailboxes, sends_of(everybody))) == []


def test_a_follow_up_without_a_reservation_puts_off_who_has_not_begun_and_nobody_else() -> None:
    ledger = ledger_of(box(3))
    planner = planner_of(ledger)
    course = course_of(mail())
    begun = place_all(planner, [chain_of(course, MONDAY + DAY, begun=True)])
    waiting = place_all(planner, many(course, 2, over=MONDAY + DAY))
    wait(planner, [*begun, *waiting])
    late = chain_of(course, MONDAY + DAY, begun=True)
    assert planner.place(late)
    assert days_of(late) == [1]
    assert days_of(begun[0]) == [1]
    assert planner.put_off == [waiting[1]]
    assert [days_of(chain) for chain in waiting] == [[1], [2]]
    assert waiting[1].enrollee.enrollment_id not in planner.waiting


def test_who_has_begun_is_put_off_by_nobody() -> None:
    planner = planner_of(ledger_of(box(1)))
    course = course_of(mail())
    place_all(planner, [chain_of(course, begun=True)])
    second = chain_of(course, begun=True)
    assert planner.place(second)
    assert days_of(second) == [1]
    assert planner.put_off == []


def test_the_one_put_off_is_the_last_in_line() -> None:
    planner = planner_of(ledger_of(box(3)))
    course = course_of(mail())
    due_late = chain_of(course, MONDAY + 3 * HOUR)
    due_early = chain_of(course, MONDAY + HOUR)
    due_second = chain_of(course, MONDAY + 2 * HOUR)
    wait(planner, place_all(planner, [due_early, due_second, due_late]))
    place_all(planner, [chain_of(course, begun=True), chain_of(course, begun=True)])
    assert planner.put_off == [due_late, due_second]
    assert days_of(due_early) == [0]


def test_a_follow_up_whose_day_is_full_of_follow_ups_waits_behind_no_first_email_on_the_next() -> None:
    planner = planner_of(ledger_of(box(1)))
    course = course_of(mail())
    place_all(planner, [chain_of(course, begun=True)])
    waiting = place_all(planner, many(course, 2))
    wait(planner, waiting)
    assert [days_of(chain) for chain in waiting] == [[1], [2]]
    late = chain_of(course, begun=True)
    assert planner.place(late)
    assert days_of(late) == [1]
    assert planner.put_off == [waiting[0]]
    assert days_of(waiting[0]) == [3]


def test_who_is_put_off_goes_with_the_whole_chain() -> None:
    ledger = ledger_of(box(2))
    planner = planner_of(ledger)
    waiting = place_all(planner, many(course_of(mail(), mail(days=1)), 2))
    wait(planner, waiting)
    assert [days_of(chain) for chain in waiting] == [[0, 1], [0, 1]]
    late = chain_of(course_of(mail()), MONDAY + DAY, begun=True)
    assert planner.place(late)
    assert [days_of(chain) for chain in waiting] == [[0, 1], [2, 3]]
    assert late_follow_ups(waiting) == []
    assert wrong_books(ledger, sends_of([*waiting, late])) == []


def test_a_day_that_lacks_nothing_puts_nobody_off() -> None:
    planner = planner_of(ledger_of(box(3, gap=60)))
    course = course_of(mail())
    wait(planner, place_all(planner, many(course, 2)))
    assert planner.place(chain_of(course, begun=True))
    assert planner.put_off == []


@pytest.mark.parametrize("cap", ["contact_cap", "domain_cap"])
def test_nobody_is_put_off_for_a_follow_up_that_its_recipients_own_cap_keeps_from_its_day(cap: str) -> None:
    caps: dict[str, Any] = {cap: 1}
    ledger = ledger_of(box(5), **caps)
    planner = planner_of(ledger)
    course = course_of(mail())
    who: dict[str, Any] = {"contact_id": UUID(int=77), "domain": "example.com"}
    place_all(planner, [chain_of(course, begun=True, **who)])
    waiting = place_all(planner, many(course, 3))
    wait(planner, waiting)
    before = [chain.slots for chain in waiting]
    late = chain_of(course, begun=True, **who)
    assert planner.place(late)
    assert days_of(late) == [1]
    assert planner.put_off == []
    assert [chain.slots for chain in waiting] == before


def test_only_chains_of_its_own_sequence_are_put_off_for_the_cap_of_a_sequence() -> None:
    planner = planner_of(ledger_of(box(5)))
    capped, other = course_of(mail(), max_emails_per_day=2), course_of(mail())
    mine = place_all(planner, many(capped, 2))
    others = place_all(planner, many(other, 2, over=MONDAY + HOUR))
    wait(planner, [*mine, *others])
    late = chain_of(capped, begun=True)
    assert planner.place(late)
    assert days_of(late) == [0]
    assert planner.put_off == [mine[1]]
    assert [days_of(chain) for chain in others] == [[0], [0]]


def test_a_first_email_to_the_same_recipient_gives_way_where_a_cap_allows_only_one() -> None:
    planner = planner_of(ledger_of(box(5), domain_cap=1))
    course = course_of(mail())
    same, others = chain_of(course, domain="example.com"), many(course, 2, over=MONDAY + HOUR)
    wait(planner, place_all(planner, [same, *others]))
    late = chain_of(course, begun=True, domain="example.com")
    assert planner.place(late)
    assert [days_of(chain) for chain in (late, same, *others)] == [[0], [1], [0], [0]]
    assert planner.put_off == [same]


def test_nobody_is_put_off_on_a_day_on_which_the_sender_is_away() -> None:
    ledger = ledger_of(box(5, limits={0: 0}))
    planner = planner_of(ledger)
    chain = chain_of(course_of(mail()), mailbox_id=MAILBOX)
    place_all(planner_of(ledger_of(box(5))), [chain])
    # It was planned before the sender said so.
    ledger.add(chain.course.rules, chain.enrollee, chain.slots)
    wait(planner, [chain])
    late = chain_of(course_of(mail()), begun=True)
    assert planner.place(late)
    assert days_of(late) == [1]
    assert planner.put_off == []


def test_those_put_off_together_keep_their_order() -> None:
    planner = planner_of(ledger_of(box(3, gap=60)))
    course = course_of(mail())
    waiting = place_all(planner, many(course_of(mail(), mail(minutes=1)), 1) + many(course, 1))
    wait(planner, waiting)
    both = chain_of(course_of(mail(), mail(minutes=1), mail(minutes=1)), begun=True)
    assert planner.place(both)
    assert [days_of(chain) for chain in waiting] == [[1, 1], [1]]
    assert waiting[0].slots[0].at < waiting[1].slots[0].at


def test_a_follow_up_that_its_own_gaps_put_off_its_day_does_not_keep_the_chain_from_beginning() -> None:
    planner = planner_of(ledger_of(box(gap=26 * HOUR)))
    chain = chain_of(course_of(mail(), mail(hours=1)))
    assert planner.place(chain)
    assert times_of(chain) == [0, 26 * HOUR]


def test_a_chain_without_room_for_years_takes_what_comes() -> None:
    # Every day has room for one, and the follow-up is due on the day of the first email, which takes it.
    ledger = ledger_of(box(1))
    chain = chain_of(course_of(mail(), mail(hours=1)))
    assert planner_of(ledger).place(chain)
    assert days_of(chain) == [0, 1]


def test_an_email_that_can_never_go_leaves_the_chain_without_slots() -> None:
    ledger = ledger_of(box(), box(0, id=OTHER))
    chain = chain_of(course_of(mail(), mail(days=1, email_account_id=OTHER)))
    assert not planner_of(ledger).place(chain)
    assert chain.slots == []
    assert contents(ledger) == {}


def test_where_a_follow_up_can_never_go_who_was_put_off_for_it_has_the_slots_back() -> None:
    ledger = ledger_of(box(1), box(0, id=OTHER))
    planner = planner_of(ledger)
    waiting = place_all(planner, many(course_of(mail()), 1))
    wait(planner, waiting)
    before, slots = contents(ledger), waiting[0].slots
    doomed = chain_of(course_of(mail(), mail(days=1), mail(days=1, email_account_id=OTHER)), after=1, begun=True)
    assert not planner.place(doomed)
    assert doomed.slots == []
    assert contents(ledger) == before
    assert waiting[0].slots == slots
    assert list(planner.waiting.values()) == waiting
    assert planner.put_off == []


def test_a_chain_that_is_due_earlier_is_not_held_up_by_one_that_was_placed_before_it() -> None:
    planner = planner_of(ledger_of(box(10)))
    course = course_of(mail(), mail(days=1))
    far, near = chain_of(course, MONDAY + 10 * DAY), chain_of(course)
    place_all(planner, [far, near])
    assert days_of(far) == [10, 11]
    assert days_of(near) == [0, 1]
