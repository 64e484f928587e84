"""Plans: which step comes next and when; branches; and what forbids that a sequence is activated."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from domain.schedule import Delay, SendingWindow, TimeScale
from domain.sequences import (
    Sequence,
    Step,
    activation_problems,
    branch_target,
    delays_before,
    first_mailbox,
    next_plan,
    opens_at,
    step_problems,
)
from domain.vocabulary import SequenceStatus, StepType

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)  # A Monday.
MAILBOX, OTHER = uuid4(), uuid4()
FINISH = {"finish": True}
OPENED = {"conditions": [{"field": "email_opened", "operator": "equals", "value": True}]}
EMAIL, TASK, CALL, DELAY = StepType.EMAIL, StepType.TASK, StepType.CALL, StepType.DELAY
CONDITIONAL, LINKEDIN = StepType.CONDITIONAL, StepType.LINKEDIN


def make(*steps: Step, **columns: Any) -> Sequence:
    numbered = tuple(replace(step, step_order=order) for order, step in enumerate(steps, start=1))
    return Sequence(
        **{
            "id": uuid4(),
            "status": SequenceStatus.DRAFT,
            "steps": numbered,
            "default_email_account_id": MAILBOX,
            **columns,
        }
    )


def step(kind: StepType, delay: Delay | None = None, **columns: Any) -> Step:
    return Step(id=uuid4(), step_order=0, step_type=kind, delay=delay or Delay(), **columns)


def email(subject: str | None = "Hello", delay: Delay | None = None, **columns: Any) -> Step:
    return step(EMAIL, delay, **{"subject_template": subject, "body_template": "Hi", **columns})


def leading_to(order: Any) -> Step:
    return step(CONDITIONAL, conditions={**OPENED, "on_true": {"go_to_step": order}})


def plan(sequence: Sequence, after: int = 0, zone: str | None = None, scale: TimeScale | None = None) -> Any:
    return next_plan(sequence, after=after, completed_at=NOW, contact_timezone=zone, scale=scale or TimeScale())


# --- plans -------------------------------------------------------------------------------------------------------


def test_the_first_step_counts_from_the_enrollment() -> None:
    sequence = make(email(delay=Delay(hours=2)))
    first = plan(sequence)
    assert (first.step_id, first.step_order, first.step_type) == (sequence.steps[0].id, 1, EMAIL)
    assert first.due_at == NOW + timedelta(hours=2)
    assert not first.conditional


def test_after_the_last_step_there_is_no_plan() -> None:
    assert plan(make(email()), after=1) is None
    assert plan(make()) is None


def test_orders_need_not_follow_one_another() -> None:
    steps = (replace(email(), step_order=10), replace(email(None), step_order=30))
    assert plan(make(steps=steps), after=10).step_order == 30
    assert plan(make(steps=steps), after=29).step_order == 30


def test_delays_are_added_to_the_time_of_the_step_that_follows() -> None:
    sequence = make(email(), step(DELAY, Delay(days=2)), step(DELAY, Delay(hours=3)), email(None, Delay(minutes=5)))
    following = plan(sequence, after=1)
    assert following.step_order == 4
    assert following.due_at == NOW + timedelta(days=2, hours=3, minutes=5)
    assert delays_before(sequence, sequence.steps[3]) == [sequence.steps[2].id, sequence.steps[1].id]


def test_added_delays_wait_for_no_window_before_their_sum() -> None:
    office = SendingWindow(time(9), time(17), (True,) * 5 + (False, False))
    friday_evening = Delay(days=4, hours=12)
    sequence = make(email(), step(DELAY, friday_evening), email(None, Delay(days=2)), window=office)
    assert plan(sequence, after=1).due_at == datetime(2026, 11, 30, 9, tzinfo=UTC)


def test_a_trailing_delay_is_a_stop_of_its_own() -> None:
    sequence = make(email(), step(DELAY, Delay(days=1)), step(DELAY, Delay(days=2)))
    last = plan(sequence, after=1)
    assert (last.step_order, last.step_type, last.due_at) == (3, DELAY, NOW + timedelta(days=3))
    assert delays_before(sequence, sequence.steps[2]) == [sequence.steps[1].id]


def test_a_delay_with_conditions_is_a_stop_of_its_own() -> None:
    sequence = make(email(), step(DELAY, Delay(days=2), conditions=OPENED), email(None))
    stop = plan(sequence, after=1)
    assert (stop.step_order, stop.conditional) == (2, True)
    assert delays_before(sequence, sequence.steps[2]) == []


def test_a_delay_before_a_conditional_is_a_stop_of_its_own_since_a_conditional_is_asked_before_it_is_due() -> None:
    conditional = step(CONDITIONAL, conditions=OPENED)
    sequence = make(email(), step(DELAY, Delay(days=1)), step(DELAY, Delay(days=2)), conditional)
    stop = plan(sequence, after=1)
    assert (stop.step_order, stop.step_type, stop.due_at) == (3, DELAY, NOW + timedelta(days=3))
    assert delays_before(sequence, sequence.steps[2]) == [sequence.steps[1].id]
    assert delays_before(sequence, sequence.steps[3]) == []


@pytest.mark.parametrize(
    ("kind", "windowed"),
    [(EMAIL, True), (LINKEDIN, True), (TASK, False), (CALL, False), (CONDITIONAL, False), (DELAY, False)],
)
def test_windows_hold_emails_and_linkedin_and_nothing_else(kind: StepType, windowed: bool) -> None:
    afternoon = SendingWindow(time(14), time(17))
    due = plan(make(step(kind), window=afternoon)).due_at
    assert due == (datetime(2026, 11, 23, 14, tzinfo=UTC) if windowed else NOW)
    sequence = make(step(kind), window=afternoon)
    assert opens_at(sequence, sequence.steps[0], now=NOW, contact_timezone=None) == due


def test_a_conditional_is_planned_for_the_end_of_its_patience_and_is_always_asked() -> None:
    waiting = plan(make(step(CONDITIONAL, Delay(days=3))))
    assert (waiting.due_at, waiting.conditional) == (NOW + timedelta(days=3), True)


@pytest.mark.parametrize(
    ("of_contact", "contact", "sending", "expected"),
    [
        (True, "Asia/Tokyo", "Europe/Berlin", "Asia/Tokyo"),
        (True, "Not/AZone", "Europe/Berlin", "Europe/Berlin"),
        (True, None, "Europe/Berlin", "Europe/Berlin"),
        (False, "Asia/Tokyo", "Europe/Berlin", "Europe/Berlin"),
        (True, "Not/AZone", "Not/Either", "UTC"),
    ],
)
def test_the_zone_is_the_contacts_only_when_the_sequence_says_so_and_it_is_valid(
    of_contact: bool, contact: str | None, sending: str, expected: str
) -> None:
    sequence = make(
        email(), window=SendingWindow(time(3), time(4)), use_contact_timezone=of_contact, sending_timezone=sending
    )
    due = plan(sequence, zone=contact).due_at
    assert due.astimezone(ZoneInfo(expected)).hour == 3
    assert opens_at(sequence, sequence.steps[0], now=NOW, contact_timezone=contact) == due


def test_a_plan_in_scaled_time_shortens_the_whole_wait() -> None:
    sequence = make(step(DELAY, Delay(days=1)), email(delay=Delay(days=1)))
    assert plan(sequence, scale=TimeScale(86_400)).due_at == NOW + timedelta(seconds=2)


def test_a_window_that_never_opens_gives_no_plan_but_an_error() -> None:
    with pytest.raises(ValueError, match="no sending day"):
        plan(make(email(), window=SendingWindow(days=(False,) * 7)))


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
    assert (None if target is None else plan(sequence, after=target).step_order) == order


def test_a_branch_to_a_delay_waits_it_out() -> None:
    ways = {"on_true": {"go_to_step": 3}}
    sequence = make(step(CONDITIONAL, conditions={**OPENED, **ways}), email(), step(DELAY, Delay(days=1)), email())
    target = branch_target(sequence, sequence.steps[0], True)
    assert target == 2
    assert plan(sequence, after=target).due_at == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("steps", "mailbox"),
    [
        ((step(TASK), email(email_account_id=OTHER)), OTHER),
        ((email(), email(email_account_id=OTHER)), MAILBOX),
        ((step(TASK),), MAILBOX),
    ],
)
def test_a_thread_begins_with_the_mailbox_of_the_first_email_else_the_sequences(
    steps: tuple[Step, ...], mailbox: UUID
) -> None:
    assert first_mailbox(make(*steps)) == mailbox


def test_a_step_is_found_by_its_id() -> None:
    sequence = make(email())
    assert sequence.step(sequence.steps[0].id) is sequence.steps[0]
    assert sequence.step(uuid4()) is None


# --- problems ----------------------------------------------------------------------------------------------------


def wrong(sequence: Sequence) -> list[tuple[str, str]]:
    return [(one.pointer, one.code) for one in activation_problems(sequence)]


def test_a_sequence_that_can_run_has_no_problem() -> None:
    ways = {"on_true": {"go_to_step": 4}, "on_false": {"finish": True}}
    assert (
        wrong(make(email(), step(DELAY, Delay(days=1)), step(CONDITIONAL, conditions={**OPENED, **ways}), email(None)))
        == []
    )


@pytest.mark.parametrize(
    ("sequence", "pointer", "code"),
    [
        (make(), "/steps", "empty"),
        (make(email(), sending_timezone="Mars/Olympus"), "/sending_timezone", "unknown_zone"),
        (make(email(), sending_timezone=None), "/sending_timezone", "unknown_zone"),
        (make(email(), window=SendingWindow(days=(False,) * 7)), "/sending_days", "never_opens"),
        (make(email(None)), "/steps/0/subject_template", "required"),
        (make(email(" ")), "/steps/0/subject_template", "required"),
        (make(step(TASK), email(body_template=" ")), "/steps/1/body_template", "required"),
        (make(email(), default_email_account_id=None), "/steps/0/email_account_id", "no_mailbox"),
        (make(email("{% if %}")), "/steps/0/subject_template", "template_syntax"),
        (make(email(), email(None, body_template="{{ nobody.x }}")), "/steps/1/body_template", "template_syntax"),
        (make(step(CONDITIONAL)), "/steps/0/conditions", "required"),
        (make(step(CONDITIONAL, conditions={"conditions": []})), "/steps/0/conditions/conditions", "type"),
        (make(step(TASK, conditions={**OPENED, "on_true": FINISH})), "/steps/0/conditions/on_true", "unexpected"),
        (make(leading_to(7)), "/steps/0/conditions/on_true/go_to_step", "not_found"),
        (make(step(TASK, conditions=["x"])), "/steps/0/conditions", "type"),
        (make(leading_to([2])), "/steps/0/conditions/on_true/go_to_step", "backward"),
    ],
)  # fmt: skip
def test_what_would_fail_later_is_pointed_at_before(sequence: Sequence, pointer: str, code: str) -> None:
    assert wrong(sequence) == [(pointer, code)]


def test_a_sequence_without_a_sending_day_may_have_tasks() -> None:
    assert wrong(make(step(TASK), window=SendingWindow(days=(False,) * 7))) == []


def test_an_email_after_one_that_may_be_skipped_needs_a_subject_too() -> None:
    sequence = make(email(conditions=OPENED), email(None), email(None))
    assert wrong(sequence) == [("/steps/1/subject_template", "required")]
    assert wrong(make(email(conditions=OPENED), email("Two"), email(None))) == []


def test_an_email_after_one_that_may_be_leapt_over_needs_a_subject_too() -> None:
    leap = leading_to(3)
    assert wrong(make(leap, email(), email(None))) == [("/steps/2/subject_template", "required")]
    assert wrong(make(leap, email(), email("Three"), email(None))) == []


def test_the_problems_of_a_step_point_into_the_step() -> None:
    broken = step(EMAIL, subject_template="{{", body_template="{% if %}", conditions={"conditions": 5})
    assert [one.pointer for one in step_problems(broken)] == [
        "/subject_template",
        "/body_template",
        "/conditions/conditions",
    ]
