"""Chains: the walk that gives each email its slot, when the next stop is due, and which slots are expected."""

from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from domain.scheduling.capacity import NEVER, NotLoaded
from domain.scheduling.chains import Chain, NoWay, Stop, expects, next_due, walk
from domain.scheduling.hours import SendingHours
from domain.scheduling.ledger import Ledger
from domain.scheduling.schedule import Delay
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
    times_of,
)
from tests.domain.rules_checker import contents
from tests.domain.sequence_samples import (
    CALL,
    CONDITIONAL,
    DELAY,
    FINISH,
    LINKEDIN,
    MAILBOX,
    OPENED,
    OTHER,
    TASK,
    email,
    mail,
    step,
)

WEEK = (True,) * 7
OFFICE = SendingHours.daily(time(9), time(17), WEEK)
AFTERNOON = SendingHours.daily(time(14), time(17), WEEK)


def early(stop: Stop) -> tuple[int, Blocker | None]:
    return stop.earliest()


def walked(chain: Chain, ledger: Ledger | None = None, **options: Any) -> Chain:
    """The chain after its walk along the earliest instants."""
    chain = replace(chain, enrollee=replace(chain.enrollee, mailbox_id=chain.enrollee.mailbox_id or MAILBOX))
    chain.slots = walk(chain, ledger or ledger_of(box(), box(id=OTHER)), early, **options)
    return chain


# --- the walk ----------------------------------------------------------------------------------------------------


def test_each_email_goes_when_its_delay_after_the_one_before_is_over() -> None:
    chain = walked(chain_of(course_of(mail(), mail(days=2), mail(hours=5, minutes=1))))
    assert times_of(chain) == [0, 2 * DAY, 2 * DAY + 5 * HOUR + 60]
    assert [slot.follow_up for slot in chain.slots] == [False, True, True]
    assert [slot.step_order for slot in chain.slots] == [1, 2, 3]


def test_the_delay_of_the_first_stop_is_over_already() -> None:
    assert times_of(walked(chain_of(course_of(mail(days=5)), MONDAY + 7))) == [7]


def test_delay_steps_are_part_of_the_way() -> None:
    chain = walked(chain_of(course_of(mail(), step(DELAY, Delay(days=1)), step(DELAY, Delay(hours=2)), mail(days=1))))
    assert times_of(chain) == [0, 2 * DAY + 2 * HOUR]


def test_emails_wait_for_their_hours_and_follow_ups_for_theirs() -> None:
    course = course_of(mail(), mail(days=1), hours=OFFICE, follow_up_hours=AFTERNOON)
    assert times_of(walked(chain_of(course))) == [9 * HOUR, DAY + 14 * HOUR]
    assert times_of(walked(chain_of(course, begun=True))) == [14 * HOUR, DAY + 14 * HOUR]


def test_linkedin_waits_for_the_hours_of_first_emails_and_a_task_for_none() -> None:
    course = course_of(mail(), step(LINKEDIN, Delay(days=1)), mail(), hours=OFFICE, follow_up_hours=AFTERNOON)
    assert times_of(walked(chain_of(course), ahead=True)) == [9 * HOUR, DAY + 14 * HOUR]
    # The task opens at 01:00 and the delay after it is over at 02:00, before the hours begin.
    course = course_of(step(TASK), mail(hours=1), hours=OFFICE)
    assert times_of(walked(chain_of(course, MONDAY + HOUR))) == [9 * HOUR]
    course = course_of(step(LINKEDIN), mail(hours=1), hours=OFFICE)
    assert times_of(walked(chain_of(course, MONDAY + HOUR), ahead=True)) == [10 * HOUR]


@pytest.mark.parametrize("kind", [CALL, LINKEDIN])
def test_the_walk_ends_before_what_a_person_must_do_unless_it_looks_ahead(kind: Any) -> None:
    course = course_of(mail(), step(kind, Delay(days=1)), mail(days=1))
    assert days_of(walked(chain_of(course))) == [0]
    assert days_of(walked(chain_of(course), ahead=True)) == [0, 2]
    assert days_of(walked(chain_of(course, after=2))) == [0]


def test_a_task_holds_nothing_up() -> None:
    assert days_of(walked(chain_of(course_of(mail(), step(TASK, Delay(days=1)), mail(days=1))))) == [0, 2]


def test_a_conditional_waits_its_patience_out_and_goes_on_as_if_it_were_false() -> None:
    patient = step(CONDITIONAL, Delay(days=3), conditions={**OPENED, "on_false": {"go_to_step": 4}})
    chain = walked(chain_of(course_of(mail(), patient, mail(), mail(days=1))))
    assert days_of(chain) == [0, 4]
    assert [slot.step_order for slot in chain.slots] == [1, 4]
    ending = step(CONDITIONAL, Delay(days=3), conditions={**OPENED, "on_false": FINISH})
    assert days_of(walked(chain_of(course_of(mail(), ending, mail())))) == [0]


def test_days_are_those_of_the_contacts_zone_when_the_sequence_says_so() -> None:
    course = course_of(mail(), mail(days=1), hours=OFFICE, follow_up_hours=OFFICE, use_contact_timezone=True)
    assert times_of(walked(chain_of(course, timezone="Asia/Tokyo"))) == [0, DAY]
    assert times_of(walked(chain_of(course, timezone="America/New_York"))) == [14 * HOUR, DAY + 14 * HOUR]
    assert times_of(walked(chain_of(course))) == [9 * HOUR, DAY + 9 * HOUR]


def test_nothing_goes_before_the_present() -> None:
    chain = walked(chain_of(course_of(mail(), mail(days=1))), now=MONDAY + 3 * DAY)
    assert days_of(chain) == [3, 4]
    assert chain.slots[0].due == MONDAY
    task_first = walked(chain_of(course_of(step(TASK), mail(days=1))), now=MONDAY + 3 * DAY)
    assert [slot.due for slot in task_first.slots] == [MONDAY + 4 * DAY]


def test_a_step_may_name_another_mailbox_and_the_thread_keeps_its_own() -> None:
    chain = walked(chain_of(course_of(mail(), mail(days=1, email_account_id=OTHER), mail(days=1))))
    assert [slot.mailbox_id for slot in chain.slots] == [MAILBOX, OTHER, MAILBOX]


def test_the_walk_writes_its_slots_into_the_ledger() -> None:
    ledger = ledger_of(box())
    walked(chain_of(course_of(mail(), mail(days=2))), ledger)
    assert contents(ledger) == {("email_account_id", MAILBOX): {MONDAY // DAY: 1, MONDAY // DAY + 2: 1}}


# --- ways that lead nowhere --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "course",
    [
        course_of(mail(), mail(days=1), follow_up_hours=SendingHours.daily(None, None, (False,) * 7)),
        course_of(mail(), mail(days=1, email_account_id=OTHER)),
    ],
    ids=["a window that never opens", "a mailbox that sends nothing"],
)
def test_where_one_email_can_never_go_none_is_written(course: Any) -> None:
    ledger = ledger_of(box(), box(0, id=OTHER))
    with pytest.raises(NoWay):
        walked(chain_of(course), ledger)
    assert contents(ledger) == {}


def test_without_a_mailbox_there_is_no_way() -> None:
    with pytest.raises(NoWay):
        walk(chain_of(course_of(mail())), ledger_of(box()), early)


def test_whatever_settling_raises_leaves_nothing_behind() -> None:
    ledger = ledger_of(box())

    def settle(stop: Stop) -> tuple[int, Blocker | None]:
        if not stop.first:
            raise KeyboardInterrupt
        return stop.earliest()

    with pytest.raises(KeyboardInterrupt):
        walk(chain_of(course_of(mail(), mail(days=1)), mailbox_id=MAILBOX), ledger, settle)
    assert contents(ledger) == {}


def test_a_cause_that_is_not_loaded_leaves_nothing_behind() -> None:
    ledger = ledger_of(box(gap=60), partial=True)
    course = course_of(mail())
    track = ledger.track(course.rules, MAILBOX)
    track.mailbox.known = True
    lane = ledger._lanes[MAILBOX, None]
    later = MONDAY // DAY + 30
    lane.known = {later - 1, later, later + 1}

    def settle(stop: Stop) -> tuple[int, Blocker | None]:
        return later * DAY, Blocker.MAILBOX_LIMIT

    with pytest.raises(NotLoaded):
        walk(chain_of(course, mailbox_id=MAILBOX), ledger, settle)
    assert contents(ledger) == {}


# --- what is due, and what is expected ---------------------------------------------------------------------------


def test_the_next_stop_is_due_by_its_delay_and_its_window() -> None:
    course = course_of(mail(), mail(days=1), step(TASK), hours=OFFICE, follow_up_hours=AFTERNOON)
    assert next_due(chain_of(course)) == MONDAY + 9 * HOUR
    assert next_due(chain_of(course, MONDAY + 10 * HOUR)) == MONDAY + 10 * HOUR
    assert next_due(chain_of(course, after=1, begun=True)) == MONDAY + 14 * HOUR
    assert next_due(chain_of(course, after=2, begun=True)) == MONDAY
    assert next_due(chain_of(course_of(mail(), hours=SendingHours.daily(None, None, (False,) * 7)))) is None


def test_linkedin_is_due_in_the_hours_of_first_emails_even_after_one() -> None:
    course = course_of(mail(), step(LINKEDIN), hours=OFFICE, follow_up_hours=AFTERNOON)
    assert next_due(chain_of(course, after=1, begun=True)) == MONDAY + 9 * HOUR


def test_a_chain_expects_the_slots_that_it_was_given() -> None:
    course = course_of(step(TASK), mail(hours=1), mail(days=1), step(CALL), mail(), hours=OFFICE)
    chain = walked(chain_of(course))
    assert len(chain.slots) == 2
    assert expects(chain, chain.slots)
    assert expects(walked(chain_of(course, after=2, begun=True)), chain.slots[1:]) is False
    later = replace(chain, after=2, begun=True, delay_until=chain.slots[0].at + DAY)
    assert expects(later, chain.slots[1:])


@pytest.mark.parametrize(
    "change",
    [
        {"delay_until": MONDAY + 10 * HOUR},
        {"after": 1},
        {"course": course_of(mail(), mail(days=1))},
        {"course": course_of(mail())},
    ],
    ids=["another delay", "another place", "other steps", "fewer steps"],
)
def test_a_chain_whose_way_has_changed_expects_other_slots(change: dict[str, Any]) -> None:
    chain = walked(chain_of(course_of(mail(), mail(days=1), hours=OFFICE)))
    assert not expects(replace(chain, **change), chain.slots)


def test_a_change_that_leaves_the_first_email_due_at_the_same_instant_is_none() -> None:
    chain = walked(chain_of(course_of(mail(), mail(days=1), hours=OFFICE)))
    assert expects(replace(chain, delay_until=MONDAY + 8 * HOUR), chain.slots)


def test_a_chain_that_waits_for_a_person_expects_no_slots() -> None:
    chain = chain_of(course_of(step(CALL), mail()))
    assert expects(chain, [])
    assert not expects(chain_of(course_of(mail())), [])


def test_a_window_that_never_opens_expects_no_slot_that_there_is() -> None:
    chain = walked(chain_of(course_of(mail())))
    closed = replace(chain.course.sequence, hours=SendingHours.daily(None, None, (False,) * 7))
    assert not expects(replace(chain, course=type(chain.course)(closed)), chain.slots)


# --- order -------------------------------------------------------------------------------------------------------


def test_follow_ups_rank_first_then_the_earliest_due_then_the_earliest_slot() -> None:
    course = course_of(mail())
    late_follow_up = chain_of(course, MONDAY + 9 * DAY, begun=True)
    early_first, late_first = chain_of(course, MONDAY), chain_of(course, MONDAY + DAY)
    ledger = ledger_of(box(1))
    served, waits = walked(chain_of(course), ledger), walked(chain_of(course), ledger)
    ranked = sorted([late_first, waits, early_first, late_follow_up, served], key=lambda chain: chain.rank)
    assert ranked[0] is late_follow_up
    assert [ranked[-2], ranked[-1]] == [waits, late_first]


def test_an_instant_that_never_comes_is_on_no_day() -> None:
    seen: list[Stop] = []

    def settle(stop: Stop) -> tuple[int, Blocker | None]:
        seen.append(stop)
        return stop.earliest()

    walk(chain_of(course_of(email()), mailbox_id=MAILBOX), ledger_of(box()), settle)
    assert seen[0].on_its_day(MONDAY)
    assert seen[0].on_its_day(MONDAY + DAY - 1)
    assert not seen[0].on_its_day(MONDAY + DAY)
    assert not seen[0].on_its_day(NEVER)
