"""What puts an email off: the setting that costs it its instant, or its day."""

from datetime import date, time

import pytest

from domain.scheduling.capacity import MailboxRules
from domain.scheduling.chains import Chain
from domain.scheduling.hours import SendingHours
from domain.scheduling.ledger import Ledger
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
    planner_of,
    times_of,
)
from tests.domain.sequence_samples import (
    mail,
)

WEEK = (True,) * 7
OFFICE = SendingHours.daily(time(9), time(17), WEEK)


def blocker(chain: Chain, ledger: Ledger, *others: Chain) -> Blocker | None:
    """What put the first email of the chain off, when the others were planned before."""
    planner = planner_of(ledger)
    for other in others:
        assert planner.place(other)
    assert planner.place(chain)
    return chain.slots[0].blocker


def test_nothing_puts_off_an_email_without_a_delay() -> None:
    assert blocker(chain_of(course_of(mail())), ledger_of(box())) is None


def test_an_email_waits_for_its_delay() -> None:
    assert blocker(chain_of(course_of(mail(days=1)), MONDAY + DAY), ledger_of(box())) is Blocker.DELAY


def test_an_email_waits_for_its_hours() -> None:
    chain = chain_of(course_of(mail(days=1), hours=OFFICE), MONDAY + DAY)
    assert blocker(chain, ledger_of(box())) is Blocker.WINDOW
    assert chain.slots[0].at == chain.slots[0].due == MONDAY + DAY + 9 * HOUR


def test_an_email_waits_for_the_end_of_a_holiday() -> None:
    hours = OFFICE.on_holidays([date(2026, 11, 23)])
    chain = chain_of(course_of(mail(), hours=hours), MONDAY + 10 * HOUR)
    assert blocker(chain, ledger_of(box())) is Blocker.HOLIDAY
    assert days_of(chain) == [1]
    # After hours it waits for the hours alone, whatever day it was.
    assert blocker(chain_of(course_of(mail(), hours=hours), MONDAY + 18 * HOUR), ledger_of(box())) is Blocker.WINDOW


def test_an_email_waits_for_a_day_on_which_the_mailbox_has_room() -> None:
    course = course_of(mail(), hours=OFFICE)
    assert blocker(chain_of(course), ledger_of(box(1)), chain_of(course)) is Blocker.MAILBOX_LIMIT


def test_an_email_waits_for_the_ramp_up_of_its_mailbox() -> None:
    course = course_of(mail())
    chain = chain_of(course)
    assert blocker(chain, ledger_of(box(limits={0: 1, 1: 2})), chain_of(course)) is Blocker.MAILBOX_LIMIT
    assert days_of(chain) == [1]


def test_an_email_waits_for_the_gap_of_its_mailbox() -> None:
    chain = chain_of(course_of(mail()))
    assert blocker(chain, ledger_of(box(gap=60)), chain_of(course_of(mail()))) is Blocker.MAILBOX_GAP
    assert times_of(chain) == [60]


def test_a_gap_that_reaches_over_the_end_of_the_hours_costs_the_day() -> None:
    course = course_of(mail(), hours=SendingHours.daily(time(9), time(10), WEEK))
    chain = chain_of(course)
    assert blocker(chain, ledger_of(box(gap=2 * HOUR)), chain_of(course)) is Blocker.MAILBOX_GAP
    assert times_of(chain) == [DAY + 9 * HOUR]


def test_an_email_waits_for_the_sender_to_come_back() -> None:
    chain = chain_of(course_of(mail()))
    assert blocker(chain, ledger_of(box(limits={0: 0, 1: 0}))) is Blocker.MAILBOX_AWAY
    assert days_of(chain) == [2]


def test_an_email_waits_for_the_cap_of_its_sequence() -> None:
    course = course_of(mail(), max_emails_per_day=1)
    assert blocker(chain_of(course), ledger_of(box()), chain_of(course)) is Blocker.SEQUENCE_CAP


def test_an_email_waits_for_the_throttle_of_its_sequence() -> None:
    course = course_of(mail(), throttle_delay_minutes=10)
    chain = chain_of(course)
    assert blocker(chain, ledger_of(box()), chain_of(course)) is Blocker.THROTTLE
    assert times_of(chain) == [600]


def test_an_email_waits_for_the_cap_of_its_recipients_domain() -> None:
    course = course_of(mail())
    one, other = (chain_of(course, domain="example.com") for _ in "ab")
    assert blocker(one, ledger_of(box(), domain_cap=1), other) is Blocker.DOMAIN_CAP


def test_an_email_waits_for_the_cap_of_its_contact() -> None:
    one = chain_of(course_of(mail()))
    other = chain_of(course_of(mail()), contact_id=one.enrollee.contact_id)
    assert blocker(one, ledger_of(box(), contact_cap=1), other) is Blocker.CONTACT_CAP


def test_a_first_email_waits_until_the_follow_ups_that_it_will_owe_have_room() -> None:
    follow_up = chain_of(course_of(mail()), MONDAY + 3 * DAY, begun=True)
    chain = chain_of(course_of(mail(), mail(days=3)))
    assert blocker(chain, ledger_of(box(1)), follow_up) is Blocker.FOLLOW_UPS
    assert days_of(chain) == [1, 4]


def test_what_gap_and_throttle_and_hours_cost_together_is_not_put_down_to_follow_ups() -> None:
    hours = SendingHours.daily(time(9), time(10), WEEK)
    course = course_of(mail(), hours=hours, throttle_delay_minutes=50)
    others = [chain_of(course), chain_of(course_of(mail(), hours=hours), MONDAY + 9 * HOUR + 48 * 60)]
    chain = chain_of(course)
    assert blocker(chain, ledger_of(box(gap=15 * 60)), *others) is Blocker.WINDOW
    assert days_of(chain) == [1]


def test_of_several_causes_the_one_that_costs_the_day_is_named() -> None:
    # The gap moves the email within the day, the limit over its end.
    course = course_of(mail(), hours=OFFICE)
    chain = chain_of(course)
    assert blocker(chain, ledger_of(box(2, gap=60)), chain_of(course), chain_of(course)) is Blocker.MAILBOX_LIMIT
    assert times_of(chain) == [DAY + 9 * HOUR]


@pytest.mark.parametrize("hours", [OFFICE, SendingHours.daily(time(9), time(10), WEEK)])
@pytest.mark.parametrize("mailbox", [box(2, gap=60), box(gap=1_000), box(3, gap=1_000, jitter=900)])
def test_every_email_that_is_put_off_has_a_blocker(hours: SendingHours, mailbox: MailboxRules) -> None:
    ledger = ledger_of(mailbox)
    planner = planner_of(ledger)
    course = course_of(mail(), mail(days=1), hours=hours)
    chains = [chain_of(course) for _ in range(20)]
    assert all(planner.place(chain) for chain in chains)
    assert all(slot.blocker is not None for chain in chains for slot in chain.slots if slot.at > slot.due)
