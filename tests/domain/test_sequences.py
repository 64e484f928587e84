"""What forbids that a sequence is activated."""

from datetime import time
from typing import Any
from uuid import uuid4

import pytest

from domain.errors import FieldError
from domain.scheduling.hours import SendingHours
from domain.scheduling.schedule import Delay
from domain.scheduling.zones import UTC, zone
from domain.sequences import Sequence, Step, activation_problems, step_problems
from domain.vocabulary import StepType
from tests.domain.sequence_samples import (
    CONDITIONAL,
    DELAY,
    EMAIL,
    FINISH,
    LINKEDIN,
    MAILBOX,
    OPENED,
    OTHER,
    TASK,
    email,
    leading_to,
    make,
    step,
)

NEVER_OPEN = SendingHours.daily(time(9), time(17), (False,) * 7)


def test_a_step_is_found_by_its_id() -> None:
    sequence = make(email())
    assert sequence.step(sequence.steps[0].id) is sequence.steps[0]
    assert sequence.step(uuid4()) is None


def test_the_promises_of_a_sequence_count_in_seconds_and_in_its_zone() -> None:
    rules = make(sending_timezone="Asia/Tokyo", max_emails_per_day=40, throttle_delay_minutes=3).rules
    assert (rules.zone, rules.daily_cap, rules.throttle) == (zone("Asia/Tokyo"), 40, 180)
    assert make(sending_timezone="Mars/Olympus").rules.zone is UTC


# --- problems ----------------------------------------------------------------------------------------------------


def wrong(sequence: Sequence) -> list[tuple[str, str]]:
    problems: list[FieldError] = list(activation_problems(sequence))
    return [(one.pointer, one.code) for one in problems]


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
        (make(email(), hours=NEVER_OPEN), "/sending_days", "never_opens"),
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
    assert wrong(make(step(TASK), hours=NEVER_OPEN)) == []


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


@pytest.mark.parametrize("kind", [EMAIL, LINKEDIN])
def test_what_waits_for_hours_needs_hours_that_open(kind: StepType) -> None:
    one = email() if kind is EMAIL else step(kind)
    assert wrong(make(one, hours=NEVER_OPEN)) == [("/sending_days", "never_opens")]
    assert wrong(make(one)) == []


@pytest.mark.parametrize(
    ("one", "columns"),
    [
        (email(), {"default_email_account_id": MAILBOX}),
        (email(), {"email_account_ids": (MAILBOX, OTHER)}),
        (email(email_account_id=OTHER), {}),
    ],
)
def test_an_email_has_a_mailbox_by_its_step_by_the_default_or_by_the_pool(one: Step, columns: dict[str, Any]) -> None:
    assert wrong(make(one, **{"default_email_account_id": None, **columns})) == []


def test_each_email_without_a_mailbox_is_pointed_at() -> None:
    sequence = make(email(), email(None, email_account_id=OTHER), email(None), default_email_account_id=None)
    assert wrong(sequence) == [("/steps/0/email_account_id", "no_mailbox"), ("/steps/2/email_account_id", "no_mailbox")]
