"""Small sequences for tests: their steps are numbered from one, and have what an email needs to be sent."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from domain.scheduling.schedule import Delay
from domain.sequences import Sequence, Step
from domain.vocabulary import SequenceStatus, StepType

MAILBOX, OTHER = UUID(int=1), UUID(int=2)
EMAIL, TASK, CALL, DELAY = StepType.EMAIL, StepType.TASK, StepType.CALL, StepType.DELAY
CONDITIONAL, LINKEDIN = StepType.CONDITIONAL, StepType.LINKEDIN
FINISH = {"finish": True}
OPENED = {"conditions": [{"field": "email_opened", "operator": "equals", "value": True}]}


def make(*steps: Step, **columns: Any) -> Sequence:
    """A sequence of the steps, which are numbered, with a mailbox."""
    numbered = tuple(replace(step, step_order=order) for order, step in enumerate(steps, start=1))
    defaults = {
        "id": uuid4(),
        "status": SequenceStatus.DRAFT,
        "steps": numbered,
        "default_email_account_id": MAILBOX,
    }
    return Sequence(**{**defaults, **columns})


def step(kind: StepType, delay: Delay | None = None, **columns: Any) -> Step:
    """A step whose order ``make`` gives."""
    return Step(id=uuid4(), step_order=0, step_type=kind, delay=delay or Delay(), **columns)


def email(subject: str | None = "Hello", delay: Delay | None = None, **columns: Any) -> Step:
    """An email with a body."""
    return step(EMAIL, delay, **{"subject_template": subject, "body_template": "Hi", **columns})


def mail(days: int = 0, hours: int = 0, minutes: int = 0, **columns: Any) -> Step:
    """An email after a delay."""
    return email(delay=Delay(days, hours, minutes), **columns)


def leading_to(order: Any) -> Step:
    """A conditional step that goes to the step of an order when it is true."""
    return step(CONDITIONAL, conditions={**OPENED, "on_true": {"go_to_step": order}})
