"""What is known of a sequence when its health is judged, and what is found.

``db/health.py`` gathers the facts, ``health`` has the rules.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from domain.sending import templates
from domain.sequences import Sequence, Step
from domain.vocabulary import EmailAccountStatus, StepType

MOST_ENROLLMENTS = 100_000
"""Enrollments of a sequence that are looked at for variables that their contacts lack."""
MOST_VARIABLES = 50
"""Variables of a sequence that contacts are asked for, those of the first steps first."""


class HealthStatus(StrEnum):
    """From the best to the worst.

    ``degraded``: it goes, but something is wrong or slow. ``stalled``: nothing goes until somebody or something
    changes. ``blocked``: nothing can ever go as it is set up, or the sequence has paused itself.
    """

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    STALLED = "stalled"
    BLOCKED = "blocked"


class Severity(StrEnum):
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong: ``code`` is stable, ``status`` is what it makes of the sequence.

    ``detail`` is a sentence with the numbers and how to mend it; ``pointer`` is a JSON Pointer (RFC 6901) to the
    setting in the sequence.
    """

    code: str
    status: HealthStatus
    detail: str
    pointer: str | None = None
    facts: Mapping[str, int | float] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        return Severity.WARNING if self.status is HealthStatus.DEGRADED else Severity.ERROR


@dataclass(frozen=True, slots=True)
class Health:
    """The worst of the issues, and all of them."""

    issues: tuple[Issue, ...] = ()

    @property
    def status(self) -> HealthStatus:
        ranks = list(HealthStatus)
        return max((issue.status for issue in self.issues), key=ranks.index, default=HealthStatus.HEALTHY)


@dataclass(frozen=True, slots=True)
class MailboxFacts:
    """A mailbox from which emails of the sequence may go.

    ``away`` says whether it is away today, ``away_until`` until which day (the last one away; None: until it is told).
    ``enrollments`` is how many active ones are to be mailed from it next.
    """

    id: UUID
    address: str
    status: EmailAccountStatus = EmailAccountStatus.ACTIVE
    daily_limit: int = 200
    min_gap_seconds: int = 0
    away: bool = False
    away_until: date | None = None
    enrollments: int = 0

    @property
    def works(self) -> bool:
        return self.status is EmailAccountStatus.ACTIVE and not self.away


@dataclass(frozen=True, slots=True)
class Variable:
    """A contact's field that emails print without a ``default``.

    ``path`` is below ``contact`` (``("custom_fields", "x")``); ``pointer`` shows the first template that prints it,
    in the step ``first_order``; ``last_order`` is the last step that does.
    """

    path: tuple[str, ...]
    pointer: str
    first_order: int
    last_order: int

    @property
    def name(self) -> str:
        return ".".join(("contact", *self.path))


@dataclass(frozen=True, slots=True)
class HealthFacts:
    """What the rules look at.

    ``waiting`` counts active enrollments. ``lacking`` counts, by variable, contacts that have no value for it and an
    email before them that prints it. ``queued`` first emails have a slot, the last one at ``queue_ends``. ``sends`` and
    ``hard_bounces`` are of the emails that were sent since ``counted_from`` (None: ever).
    ``weekly_ranges``: the hours are the JSON of ``sending_hours``, not the sequence's one window.
    """

    sequence: Sequence
    now: datetime
    waiting: int = 0
    mailboxes: tuple[MailboxFacts, ...] = ()
    lacking: Mapping[Variable, int] = field(default_factory=dict)
    queued: int = 0
    queue_ends: datetime | None = None
    sends: int = 0
    hard_bounces: int = 0
    counted_from: datetime | None = None
    pause_reason: str | None = None
    weekly_ranges: bool = False

    @property
    def configured(self) -> list[MailboxFacts]:
        """The mailboxes that new enrollments may get; others are only kept by threads that began with them."""
        ids = {id for _, step in emails(self.sequence) for id in mailboxes_of(self.sequence, step)}
        return [mailbox for mailbox in self.mailboxes if mailbox.id in ids]


def emails(sequence: Sequence) -> Iterator[tuple[int, Step]]:
    """The email steps, each with its index among all steps."""
    return ((index, step) for index, step in enumerate(sequence.steps) if step.step_type is StepType.EMAIL)


def mailboxes_of(sequence: Sequence, step: Step) -> tuple[UUID, ...]:
    """The mailboxes that may send a step: its own, else the sequence's default, else those of its pool."""
    named = step.email_account_id or sequence.default_email_account_id
    return sequence.email_account_ids if named is None else (named,)


def needed_variables(sequence: Sequence) -> tuple[Variable, ...]:
    """The contact's fields whose absence can stop an email, in the order of the steps; ``MOST_VARIABLES`` at most."""
    found: dict[tuple[str, ...], Variable] = {}
    for index, step in emails(sequence):
        for name in ("subject_template", "body_template"):
            for path in sorted(_contact_paths(getattr(step, name) or "")):
                known = found.get(path)
                pointer, first = (known.pointer, known.first_order) if known else (f"/steps/{index}/{name}", None)
                found[path] = Variable(path, pointer, first or step.step_order, step.step_order)
    return tuple(found.values())[:MOST_VARIABLES]


def _contact_paths(source: str) -> Iterator[tuple[str, ...]]:
    """The paths below ``contact`` that a template needs; none of one that cannot be parsed: activation refuses it."""
    try:
        paths = templates.variable_paths(source)
    except templates.TemplateProblem:
        return
    yield from (path[1:] for path in paths if path[0] == "contact" and len(path) > 1)
