"""Mailboxes by turns: of a pool the one with the most room, and the thread stays with it."""

from collections import Counter
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from domain.scheduling.chains import Chain, Course
from domain.scheduling.ledger import Ledger
from tests.domain.plan_samples import (
    MONDAY,
    box,
    chain_of,
    course_of,
    days_of,
    ledger_of,
    many,
    place_all,
    planner_of,
)
from tests.domain.sequence_samples import CALL, MAILBOX, OTHER, TASK, mail, step

THIRD = UUID(int=3)


def pooled(*steps: Any, **columns: Any) -> Course:
    return course_of(
        *steps, **{"default_email_account_id": None, "email_account_ids": (MAILBOX, OTHER, THIRD), **columns}
    )


def three(*limits: int, **rules: Any) -> Ledger:
    boxes = zip((MAILBOX, OTHER, THIRD), limits, strict=True)
    return ledger_of(*(box(limit, id=id, **rules) for id, limit in boxes))


def senders(chains: Iterable[Chain]) -> Counter[UUID | None]:
    return Counter(chain.slots[0].mailbox_id for chain in chains)


def test_of_a_pool_the_mailbox_with_the_most_room_goes_first() -> None:
    planner = planner_of(three(10, 20, 30))
    chains = place_all(planner, many(pooled(mail()), 30))
    assert senders(chains[:10]) == {THIRD: 10}
    assert senders(chains) == {THIRD: 20, OTHER: 10}
    more = place_all(planner, many(pooled(mail()), 30))
    assert senders([*chains, *more]) == {MAILBOX: 10, OTHER: 20, THIRD: 30}
    assert all(days_of(chain) == [0] for chain in more)


def test_a_mailbox_that_is_full_today_is_not_chosen_while_another_has_room() -> None:
    planner = planner_of(three(1, 1, 100, limits={0: 1}))
    chains = place_all(planner, many(pooled(mail()), 3))
    assert senders(chains) == {MAILBOX: 1, OTHER: 1, THIRD: 1}


def test_chains_of_several_kinds_share_the_pool_evenly() -> None:
    planner = planner_of(three(100, 100, 100))
    course = pooled(mail())
    chains = place_all(planner, (chain_of(course, MONDAY + number % 7) for number in range(90)))
    assert all(25 <= count <= 35 for count in senders(chains).values())


def test_the_thread_of_a_contact_stays_with_its_mailbox() -> None:
    planner = planner_of(three(4, 4, 4))
    chains = place_all(planner, many(pooled(mail(), mail(days=1), step(TASK), mail(days=2)), 20))
    assert len(senders(chains)) == 3
    for chain in chains:
        assert {slot.mailbox_id for slot in chain.slots} == {chain.enrollee.mailbox_id}


def test_a_mailbox_that_was_chosen_stays_chosen_when_the_chain_is_placed_again() -> None:
    planner = planner_of(three(4, 4, 4))
    chain = chain_of(pooled(mail()))
    place_all(planner, [chain])
    chosen = chain.enrollee.mailbox_id
    planner.take_out(chain)
    place_all(planner, many(pooled(mail()), 9, mailbox_id=chosen))
    place_all(planner, [chain])
    assert chain.slots[0].mailbox_id == chosen


def test_a_mailbox_that_does_not_work_is_left_out_while_another_works() -> None:
    broken = ledger_of(box(100, working=False), box(1, id=OTHER))
    chains = place_all(planner_of(broken), many(pooled(mail()), 3))
    assert senders(chains) == {OTHER: 3}
    nothing_works = ledger_of(box(100, working=False), box(1, id=OTHER, working=False))
    assert senders(place_all(planner_of(nothing_works), many(pooled(mail()), 3))) == {MAILBOX: 3}


def test_a_steps_own_mailbox_and_the_sequences_default_go_before_the_pool() -> None:
    ledger = three(1, 50, 100)
    named = chain_of(pooled(mail(email_account_id=OTHER), mail(days=1)))
    default = chain_of(pooled(mail(), default_email_account_id=MAILBOX))
    place_all(planner_of(ledger), [named, default])
    assert {slot.mailbox_id for slot in named.slots} == {OTHER}
    assert default.slots[0].mailbox_id == MAILBOX


def test_without_any_mailbox_nothing_is_placed() -> None:
    assert not planner_of(three(1, 1, 1)).place(chain_of(pooled(mail(), email_account_ids=())))


def test_looking_ahead_the_pool_is_shared_over_what_people_must_do_first() -> None:
    planner = planner_of(three(10, 10, 10), ahead=True)
    chains = place_all(planner, many(pooled(step(CALL), mail()), 3))
    assert senders(chains) == {MAILBOX: 1, OTHER: 1, THIRD: 1}
