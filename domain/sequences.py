"""A sequence as the engine sees it: its steps, its settings, and what forbids its activation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.errors import FieldError
from domain.filtering import conditions
from domain.scheduling.capacity import SequenceRules
from domain.scheduling.hours import ALWAYS, SendingHours
from domain.scheduling.schedule import Delay
from domain.scheduling.zones import UTC, zone
from domain.sending import templates
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
    hours: SendingHours = ALWAYS
    follow_up_hours: SendingHours = ALWAYS
    """The hours of every email after an enrollment's first."""
    max_emails_per_day: int | None = None
    throttle_delay_minutes: int = 0
    default_email_account_id: UUID | None = None
    email_account_ids: tuple[UUID, ...] = ()
    """The pool of mailboxes, for enrollments whose steps name none where the sequence has no default."""

    @property
    def rules(self) -> SequenceRules:
        """Its promises about capacity."""
        tz = zone(self.sending_timezone) or UTC
        return SequenceRules(self.id, tz, self.max_emails_per_day, self.throttle_delay_minutes * 60)

    def step(self, step_id: UUID) -> Step | None:
        """The step with this id, or None when it was removed."""
        return next((step for step in self.steps if step.id == step_id), None)


def activation_problems(sequence: Sequence) -> Iterator[FieldError]:
    """Everything that would make the sequence fail once it runs; pointers are into the sequence."""
    if not sequence.steps:
        yield FieldError("/steps", "empty", "a sequence needs at least one step before it is activated")
    if zone(sequence.sending_timezone) is None:
        detail = f"{sequence.sending_timezone!r} is not an IANA zone such as Europe/Berlin"
        yield FieldError("/sending_timezone", "unknown_zone", detail)
    if sequence.hours.never_opens and any(step.step_type in WINDOWED for step in sequence.steps):
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
        if not (step.email_account_id or sequence.default_email_account_id or sequence.email_account_ids):
            detail = "give the step an email_account_id or the sequence a default_email_account_id or email_account_ids"
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
