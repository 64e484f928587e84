"""Counts, pages and differences of planned chains, and what is planned behind people."""

from uuid import UUID

import pytest

from domain.scheduling.capacity import NotLoaded
from domain.scheduling.chains import Chain
from domain.scheduling.forecasts import NOBODY, Extending, Forecast, People, count, difference, newcomer
from domain.scheduling.hours import SendingHours
from domain.scheduling.ledger import Enrollee
from domain.scheduling.replanning import Placing, Replanning
from domain.scheduling.schedule import Delay
from domain.scheduling.zones import UTC, zone
from domain.sequences import Step
from domain.vocabulary import StepType
from tests.domain.plan_samples import DAY, HOUR, MONDAY, box, chain_of, course_of, days_of, ledger_of, planner_of
from tests.domain.sequence_samples import MAILBOX

NOON = MONDAY + 12 * HOUR


def email(order: int, days: int = 0, **columns: object) -> Step:
    return Step(UUID(int=order), order, StepType.EMAIL, Delay(days), **columns)  # type: ignore[arg-type]


def call(order: int, days: int = 0) -> Step:
    return Step(UUID(int=order), order, StepType.CALL, Delay(days))


def placed(number: int, *steps: Step, limit: int = 2, at: int = NOON) -> list[Chain]:
    """So many newcomers on a mailbox with this limit."""
    course = course_of(*steps, default_email_account_id=MAILBOX)
    chains = [newcomer(course, Enrollee(NOBODY, NOBODY), at) for _ in range(number)]
    planner = planner_of(ledger_of(box(limit)))
    Placing(planner, chains).run()
    Extending(planner, chains).run()
    return chains


def counted(chains: list[Chain], deadline: int | None = None) -> Forecast:
    return count(People(unnamed=chains), zone=UTC, deadline=deadline)


# --- counts ------------------------------------------------------------------------------------------------------


def test_days_count_first_emails_and_follow_ups_of_each_mailbox() -> None:
    forecast = counted(placed(3, email(1), email(2, days=2)))
    today = MONDAY // DAY
    assert [(one.day - today, one.sends, one.first_emails, one.follow_ups) for one in forecast.days] == [
        (0, 2, 2, 0),
        (1, 1, 1, 0),
        (2, 2, 0, 2),
        (3, 1, 0, 1),
    ]
    assert {one.mailbox_id for one in forecast.days} == {MAILBOX}
    assert (forecast.sends, forecast.first_send_at, forecast.unplaced) == (6, NOON, 0)


def test_days_are_those_of_the_zone() -> None:
    chains = placed(1, email(1))
    (tokyo,) = count(People(unnamed=chains), zone=zone("Pacific/Kiritimati") or UTC, deadline=None).days
    assert tokyo.day - MONDAY // DAY == 1


def test_who_ends_before_the_deadline_misses_nothing_and_who_ends_at_it_does() -> None:
    chains = placed(3, email(1))
    (_, last) = sorted({chain.slots[-1].at for chain in chains})
    assert counted(chains, last + 1).misses == 0
    assert counted(chains, last).misses == 1
    assert counted(chains).misses is None


def test_who_has_no_email_to_come_is_not_unplaced() -> None:
    course = course_of(email(1), default_email_account_id=MAILBOX)
    done = chain_of(course, after=1)
    lost = chain_of(course_of(email(1), default_email_account_id=None))
    assert not planner_of(ledger_of(box())).place(lost)
    assert counted([done, lost]).unplaced == 1


# --- sends -------------------------------------------------------------------------------------------------------


def test_sends_come_in_their_order_and_by_page() -> None:
    forecast = counted(placed(7, email(1), email(2, days=1), email(3, days=1), limit=3))
    whole = list(forecast.each_send())
    assert [one.slot.at for one in whole] == sorted(one.slot.at for one in whole)
    assert len(whole) == forecast.sends == 21
    paged = [one for offset in range(0, 21, 4) for one in forecast.each_send(4, offset)]
    assert paged == whole


def test_only_those_who_are_there_have_an_enrollment_and_only_named_ones_a_contact() -> None:
    one, two, three = placed(3, email(1), limit=9)
    sends = list(count(People([one], [two], [three]), zone=UTC, deadline=None).each_send())
    assert [(send.enrollment_id, send.contact_id) for send in sends] == [(NOBODY, NOBODY), (None, NOBODY), (None, None)]


# --- other settings ----------------------------------------------------------------------------------------------


def test_a_difference_counts_what_moves_comes_and_goes() -> None:
    before = counted(placed(2, email(1), email(2, days=1)))
    later = counted(placed(2, email(1), email(2, days=3)))
    less = counted(placed(2, email(1)))
    moved = difference(before, later)
    assert (moved.moved, moved.added, moved.dropped, moved.last_send_later_by) == (2, 0, 0, 2 * DAY)
    assert [one.sends for one in moved.days] == [-2, 2]
    assert (difference(before, less).dropped, difference(less, before).added) == (2, 2)
    same = difference(before, before)
    assert (same.moved, same.last_send_later_by, same.days) == (0, 0, [])


def test_without_sends_none_is_later() -> None:
    nothing, something = counted([chain_of(course_of(email(1)))]), counted(placed(1, email(1)))
    found = difference(nothing, something)
    assert (found.last_send_later_by, found.added, found.unplaced) == (None, 1, -1)


# --- what people must do -----------------------------------------------------------------------------------------


def test_emails_behind_people_take_the_room_that_is_left() -> None:
    steps = email(1), call(2, days=1), email(3, days=1)
    first, second, third = placed(3, *steps, limit=1)
    # The first emails are placed as they really are; what is behind the calls comes after them.
    assert [days_of(chain)[0] for chain in (first, second, third)] == [0, 1, 2]
    assert [days_of(chain)[1] for chain in (first, second, third)] == [3, 4, 5]


def test_extending_leaves_everything_as_it_was_when_there_is_no_way() -> None:
    never = SendingHours.daily(None, None, [False] * 7)
    course = course_of(email(1), call(2), email(3), follow_up_hours=never)
    chain, other = (chain_of(course, mailbox_id=MAILBOX) for _ in range(2))
    planner = planner_of(ledger_of(box(1)))
    assert planner.place(chain)
    before = list(chain.slots)
    Extending(planner, [chain]).run()
    assert chain.slots == before
    assert planner.place(other)
    assert (days_of(chain), days_of(other)) == ([0], [1])


# --- interruptions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("job", [Placing, Replanning])
def test_an_interrupted_job_goes_on_where_it_stopped(job: type[Placing] | type[Replanning]) -> None:
    course = course_of(email(1), default_email_account_id=MAILBOX)
    chains = [chain_of(course, mailbox_id=MAILBOX) for _ in range(3)]
    planner = planner_of(ledger_of(box(1, gap=60), partial=True))
    work = job(planner, chains)
    interruptions = 0
    while True:
        try:
            work.run()
            break
        except NotLoaded as missing:
            interruptions += 1
            missing.book.known = None if missing.buckets else True
    assert interruptions > 0
    assert work.left == 0
    assert sorted(days_of(chain) for chain in chains) == [[0], [1], [2]]
