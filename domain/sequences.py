"""A sequence as the engine sees it: which step comes next, when it is due, and what forbids its activation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import Any
from uuid import UUID

from domain import conditions, templates
from domain.enrollments import Plan
from domain.errors import FieldError
from domain.schedule import Delay, SendingWindow, TimeScale, due_at, next_open, step_zone, zone
from domain.vocabulary import ConditionOperator, SequenceStatus, StepType

WINDOWED = frozenset({StepType.EMAIL, StepType.LINKEDIN})
"""Step types that wait for a sending window."""

AWAITED = frozenset({StepType.LINKEDIN, StepType.CALL})
"""Step types that are done by a person: the enrollment waits until the task is completed."""


@dataclass(frozen=True, slots=True)
class Step:
    """A row of ``sequence_steps``; templates and task texts are present only where they are needed."""

    id: UUID
    step_order: int
    step_type: StepType
    delay: Delay = field(default_factory=Delay)
    conditions: Mapping[str, Any] | None = None
    condition_operator: ConditionOperator = ConditionOperator.AND
    subject_template: str | None = None
    body_template: str | None = None
    email_account_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Sequence:
    """A row of ``sequences`` with its steps in their order."""

    id: UUID
    status: SequenceStatus
    steps: tuple[Step, ...]
    sending_timezone: str | None = "UTC"
    use_contact_timezone: bool = False
    window: SendingWindow = field(default_factory=SendingWindow)
    default_email_account_id: UUID | None = None

    def step(self, step_id: UUID) -> Step | None:
        """The step with this id, or None when it was removed."""
        return next((step for step in self.steps if step.id == step_id), None)


def next_plan(
    sequence: Sequence, *, after: int, completed_at: datetime, contact_timezone: str | None, scale: TimeScale
) -> Plan | None:
    """The plan for the first step whose order is above ``after``; None when the sequence is finished.

    ``completed_at`` is when the step before was completed, or the contact enrolled (``after`` = 0). Delay steps
    without conditions are not stops of their own: their time is added to that of the step which follows, unless that
    is a conditional, whose waiting for its conditions begins when the delay is over.
    Raises ``ValueError`` when the step's window never opens (activation forbids it).
    """
    tz = step_zone(contact_timezone, sequence.sending_timezone, of_contact=sequence.use_contact_timezone)
    remaining = [step for step in sequence.steps if step.step_order > after]
    moment = completed_at
    for step, following in zip_longest(remaining, remaining[1:]):
        due = due_at(moment, step.delay, sequence.window if step.step_type in WINDOWED else None, tz)
        if due is None:
            raise ValueError(f"sequence {sequence.id} has no sending day, so step {step.step_order} is never due")
        if _is_no_stop(step, following):
            moment = due
            continue
        return Plan(
            step_id=step.id,
            step_order=step.step_order,
            step_type=step.step_type,
            due_at=scale.shorten(completed_at, due),
            conditional=bool(step.conditions) or step.step_type is StepType.CONDITIONAL,
        )
    return None


def branch_target(sequence: Sequence, step: Step, verdict: bool) -> int | None:
    """The order after which a conditional step goes on for ``verdict``; None: the enrollment is finished."""
    way = conditions.branch(step.conditions, verdict)
    if way.finish:
        return None
    return step.step_order if way.go_to_step is None else way.go_to_step - 1


def first_mailbox(sequence: Sequence) -> UUID | None:
    """The mailbox with which a new enrollment's thread begins: the first email step's, else the sequence's."""
    emails = (step.email_account_id for step in sequence.steps if step.step_type is StepType.EMAIL)
    return next(emails, None) or sequence.default_email_account_id


def delays_before(sequence: Sequence, step: Step) -> list[UUID]:
    """The delay steps that ``next_plan`` added to the time of ``step``: those directly before it."""
    passed: list[UUID] = []
    for earlier in reversed([one for one in sequence.steps if one.step_order < step.step_order]):
        if not _is_no_stop(earlier, step):
            break
        passed.append(earlier.id)
        step = earlier
    return passed


def _is_no_stop(step: Step, following: Step | None) -> bool:
    if step.step_type is not StepType.DELAY or step.conditions:
        return False
    return following is not None and following.step_type is not StepType.CONDITIONAL


def opens_at(sequence: Sequence, step: Step, *, now: datetime, contact_timezone: str | None) -> datetime:
    """The first instant at or after ``now`` at which the step's window is open; ``now`` where it has none."""
    if step.step_type not in WINDOWED:
        return now
    tz = step_zone(contact_timezone, sequence.sending_timezone, of_contact=sequence.use_contact_timezone)
    return next_open(now, sequence.window, tz) or now


def activation_problems(sequence: Sequence) -> Iterator[FieldError]:
    """Everything that would make the sequence fail once it runs; pointers are into the sequence."""
    if not sequence.steps:
        yield FieldError("/steps", "empty", "a sequence needs at least one step before it is activated")
    if zone(sequence.sending_timezone) is None:
        detail = f"{sequence.sending_timezone!r} is not an IANA zone such as Europe/Berlin"
        yield FieldError("/sending_timezone", "unknown_zone", detail)
    if sequence.window.never_opens and any(step.step_type in WINDOWED for step in sequence.steps):
        yield FieldError("/sending_days", "never_opens", "at least one day must be a sending day")
    for index, step in enumerate(sequence.steps):
        for error in step_problems(step):
            yield FieldError(f"/steps/{index}{error.pointer}", error.code, error.detail)
    yield from _mail_problems(sequence)
    yield from _branch_problems(sequence)


def step_problems(step: Step) -> Iterator[FieldError]:
    """What is wrong with a step by itself; pointers are into the step."""
    for name in ("subject_template", "body_template"):
        source = getattr(step, name)
        if source is not None:
            try:
                templates.check(source)
            except templates.TemplateProblem as problem:
                yield FieldError(f"/{name}", "template_syntax", str(problem))
    conditional = step.step_type is StepType.CONDITIONAL
    if step.conditions is not None:
        for error in conditions.problems(step.conditions, step_order=step.step_order, conditional=conditional):
            yield FieldError(f"/conditions{error.pointer}", error.code, error.detail)
    elif conditional:
        yield FieldError("/conditions", "required", "a conditional step needs conditions")


def _mail_problems(sequence: Sequence) -> Iterator[FieldError]:
    threaded = False
    for index, step in enumerate(sequence.steps):
        if step.step_type is not StepType.EMAIL:
            continue
        if not (step.body_template or "").strip():
            yield FieldError(f"/steps/{index}/body_template", "required", "an email needs a body")
        if not threaded and not (step.subject_template or "").strip():
            detail = "an email that may be the first one sent needs a subject"
            yield FieldError(f"/steps/{index}/subject_template", "required", detail)
        if step.email_account_id is None and sequence.default_email_account_id is None:
            detail = "give the step an email_account_id or the sequence a default_email_account_id"
            yield FieldError(f"/steps/{index}/email_account_id", "no_mailbox", detail)
        threaded = threaded or not (step.conditions or _may_be_leapt_over(step, sequence))


def _branch_problems(sequence: Sequence) -> Iterator[FieldError]:
    orders = {step.step_order for step in sequence.steps}
    for index, step in enumerate(sequence.steps):
        for name, target in _targets(step):
            if target not in orders:
                detail = f"there is no step with the order {target}"
                yield FieldError(f"/steps/{index}/conditions/{name}/go_to_step", "not_found", detail)


def _targets(step: Step) -> Iterator[tuple[str, int]]:
    """The orders to which a step's branches lead, by ``on_true`` and ``on_false``."""
    for name in ("on_true", "on_false"):
        way = step.conditions.get(name) if isinstance(step.conditions, Mapping) else None
        target = way.get("go_to_step") if isinstance(way, Mapping) else None
        if type(target) is int:
            yield name, target


def _may_be_leapt_over(step: Step, sequence: Sequence) -> bool:
    return any(
        branching.step_order < step.step_order < target
        for branching in sequence.steps
        for _, target in _targets(branching)
    )
