"""The way through a sequence: which stop comes next, which delays lead there, and where branches go."""

from dataclasses import replace
from typing import Any

import pytest

from domain.scheduling.itineraries import Leg, branch_target, leg_to, legs, next_leg
from domain.scheduling.schedule import Delay
from domain.scheduling.zones import UTC, zone
from domain.sequences import Sequence
from domain.vocabulary import StepType
from tests.domain.sequence_samples import (
    CALL,
    CONDITIONAL,
    DELAY,
    EMAIL,
    FINISH,
    LINKEDIN,
    OPENED,
    OTHER,
    TASK,
    email,
    mail,
    make,
    step,
)
from tests.domain.wall import at


def leg_after(sequence: Sequence, after: int) -> Leg:
    leg = next_leg(sequence, after)
    assert leg is not None
    return leg


def orders(way: tuple[Leg, ...]) -> list[int]:
    return [leg.step_order for leg in way]


# --- the next stop -----------------------------------------------------------------------------------------------


def test_the_first_leg_leads_to_the_first_step() -> None:
    sequence = make(mail(hours=2, email_account_id=OTHER))
    first = leg_after(sequence, 0)
    assert (first.step_id, first.step_order, first.step_type) == (sequence.steps[0].id, 1, EMAIL)
    assert (first.delays, first.passed, first.conditional) == ((Delay(hours=2),), (), False)
    assert first.mailbox_id == OTHER


def test_after_the_last_step_there_is_no_leg() -> None:
    assert next_leg(make(email()), 1) is None
    assert next_leg(make(), 0) is None


def test_orders_need_not_follow_one_another() -> None:
    sequence = make(steps=(replace(email(), step_order=10), replace(email(None), step_order=30)))
    assert leg_after(sequence, 10).step_order == 30
    assert leg_after(sequence, 29).step_order == 30


def test_the_time_of_delay_steps_is_part_of_the_leg_that_follows() -> None:
    sequence = make(email(), step(DELAY, Delay(days=2)), step(DELAY, Delay(hours=3)), mail(minutes=5))
    leg = leg_after(sequence, 1)
    assert leg.step_order == 4
    assert leg.delays == (Delay(days=2), Delay(hours=3), Delay(minutes=5))
    assert leg.passed == (sequence.steps[1].id, sequence.steps[2].id)


def test_a_trailing_delay_is_a_stop_of_its_own() -> None:
    sequence = make(email(), step(DELAY, Delay(days=1)), step(DELAY, Delay(days=2)))
    last = leg_after(sequence, 1)
    assert (last.step_order, last.step_type, last.passed) == (3, DELAY, (sequence.steps[1].id,))
    assert last.delays == (Delay(days=1), Delay(days=2))


def test_a_delay_with_conditions_is_a_stop_of_its_own() -> None:
    sequence = make(email(), step(DELAY, Delay(days=2), conditions=OPENED), email(None))
    stop = leg_after(sequence, 1)
    assert (stop.step_order, stop.conditional) == (2, True)
    assert leg_after(sequence, 2).delays == (Delay(),)


def test_a_delay_before_a_conditional_is_a_stop_of_its_own_since_a_conditional_is_asked_before_it_is_due() -> None:
    conditional = step(CONDITIONAL, Delay(days=5), conditions=OPENED)
    sequence = make(email(), step(DELAY, Delay(days=1)), step(DELAY, Delay(days=2)), conditional)
    stop = leg_after(sequence, 1)
    assert (stop.step_order, stop.step_type, stop.delays) == (3, DELAY, (Delay(days=1), Delay(days=2)))
    assert leg_after(sequence, 3).delays == (Delay(days=5),)


def test_a_conditional_is_always_asked_and_an_email_only_when_it_has_conditions() -> None:
    assert leg_after(make(step(CONDITIONAL)), 0).conditional
    assert leg_after(make(email(conditions=OPENED)), 0).conditional
    assert not leg_after(make(email()), 0).conditional


@pytest.mark.parametrize(
    ("kind", "sends", "windowed", "awaited"),
    [
        (EMAIL, True, True, False),
        (LINKEDIN, False, True, True),
        (CALL, False, False, True),
        (TASK, False, False, False),
        (CONDITIONAL, False, False, False),
        (DELAY, False, False, False),
    ],
)
def test_windows_hold_emails_and_linkedin_and_people_are_waited_for_at_linkedin_and_calls(
    kind: StepType, sends: bool, windowed: bool, awaited: bool
) -> None:
    leg = leg_after(make(step(kind)), 0)
    assert (leg.sends, leg.windowed, leg.awaited) == (sends, windowed, awaited)


# --- delays ------------------------------------------------------------------------------------------------------


def test_delays_pass_one_after_the_other() -> None:
    berlin = zone("Europe/Berlin")
    assert berlin is not None
    # On 2027-03-28 the clocks leap from 02:00 to 03:00: 02:30 is skipped, and the day after counts from 03:00.
    sequence = make(step(DELAY, Delay(days=1)), mail(days=1, hours=1))
    over = leg_after(sequence, 0).delay_over(at("2027-03-27 02:30", "Europe/Berlin"), berlin)
    assert over == at("2027-03-29 04:00", "Europe/Berlin")


@pytest.mark.parametrize(("delay", "any_delay"), [(Delay(), False), (Delay(minutes=1), True), (Delay(days=1), True)])
def test_a_leg_tells_whether_it_takes_time(delay: Delay, any_delay: bool) -> None:
    leg = leg_after(make(step(DELAY, delay), email()), 0)
    assert leg.waits is any_delay
    assert (leg.delay_over(0, UTC) > 0) is any_delay


# --- the whole way -----------------------------------------------------------------------------------------------


def test_the_way_goes_over_every_stop() -> None:
    sequence = make(email(), step(DELAY, Delay(days=1)), mail(), step(CALL), step(TASK), mail(days=1))
    assert orders(legs(sequence)) == [1, 3, 4, 5, 6]
    assert orders(legs(sequence, 3)) == [4, 5, 6]
    assert legs(sequence, 6) == ()


@pytest.mark.parametrize(
    ("ways", "expected"),
    [
        ({"on_true": {"go_to_step": 4}}, [1, 2, 3, 4]),
        ({"on_false": {"go_to_step": 4}}, [1, 2, 4]),
        ({"on_false": FINISH}, [1, 2]),
        ({"on_true": FINISH}, [1, 2, 3, 4]),
    ],
)
def test_the_way_beforehand_is_that_of_conditions_that_never_come_true(
    ways: dict[str, Any], expected: list[int]
) -> None:
    sequence = make(email(), step(CONDITIONAL, Delay(days=3), conditions={**OPENED, **ways}), mail(), mail())
    assert orders(legs(sequence)) == expected


def test_the_way_beforehand_is_that_of_steps_whose_conditions_hold() -> None:
    assert orders(legs(make(email(), mail(conditions=OPENED), mail()))) == [1, 2, 3]


def test_the_leg_to_a_step_begins_at_the_stop_before_it_and_that_to_a_delay_ends_at_the_stop_after_it() -> None:
    sequence = make(email(), step(DELAY, Delay(days=2)), mail(hours=1), mail(hours=4))
    assert [leg_to(sequence, one).delays for one in sequence.steps] == [
        (Delay(),),
        (Delay(days=2), Delay(hours=1)),
        (Delay(days=2), Delay(hours=1)),
        (Delay(hours=4),),
    ]
    assert [leg_to(sequence, one).step_order for one in sequence.steps] == [1, 3, 3, 4]


def test_the_leg_to_each_stop_is_the_one_that_the_way_takes() -> None:
    sequence = make(
        email(), step(DELAY, Delay(days=1)), step(CONDITIONAL, Delay(days=5), conditions=OPENED), mail(), step(CALL)
    )
    for leg in legs(sequence):
        stop = sequence.step(leg.step_id)
        assert stop is not None
        assert leg_to(sequence, stop) == leg


# --- branches ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ways", "verdict", "order"),
    [
        ({"on_true": {"go_to_step": 4}}, True, 4),
        ({"on_true": {"go_to_step": 4}}, False, 2),
        ({"on_false": {"finish": True}}, False, None),
        ({}, True, 2),
    ],
)
def test_a_branch_leads_to_its_step_to_the_end_or_to_the_next(
    ways: dict[str, Any], verdict: bool, order: int | None
) -> None:
    sequence = make(step(CONDITIONAL, conditions={**OPENED, **ways}), email(), email(None), email(None))
    target = branch_target(sequence, sequence.steps[0], verdict)
    assert (None if target is None else leg_after(sequence, target).step_order) == order


def test_a_branch_to_a_delay_waits_it_out() -> None:
    ways = {"on_true": {"go_to_step": 3}}
    sequence = make(step(CONDITIONAL, conditions={**OPENED, **ways}), email(), step(DELAY, Delay(days=1)), email())
    target = branch_target(sequence, sequence.steps[0], True)
    assert target == 2
    assert leg_after(sequence, target).delays == (Delay(days=1), Delay())
