"""What an enrollment's workflow, its activities and the database tell each other: ids, instants and enum values.

Nothing here may carry personal data: these values are written into workflow histories, which erasure in
Postgres does not reach.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from domain.lifecycle import OPEN_ENROLLMENT
from domain.time_scale import TimeScale
from domain.vocabulary import Blocker, CompletionReason, EnrollmentStatus, StepType, WaitingReason

HOLDING = frozenset(WaitingReason) - {WaitingReason.RETRY}
"""Reasons for which no time is known: only an event ends the waiting."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The next step of an enrollment and the instant (UTC) at which it is due."""

    step_id: UUID
    step_order: int
    step_type: StepType
    due_at: datetime
    conditional: bool = False
    """Whether the step has conditions to evaluate when it is due."""
    blocker: Blocker | None = None
    """What keeps it waiting until then."""

    def in_real_time(self, scale: TimeScale) -> Self:
        """The plan for the real clock of a workflow."""
        return replace(self, due_at=scale.real(self.due_at))


@dataclass(frozen=True, slots=True)
class Standing:
    """How an enrollment stands: what the row says, and the answer of every step to "what now?"."""

    status: EnrollmentStatus
    plan: Plan | None = None
    waiting_reason: WaitingReason | None = None
    resume_at: datetime | None = None
    completion_reason: CompletionReason | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.status not in OPEN_ENROLLMENT or self.plan is None

    @property
    def held(self) -> bool:
        """Whether it waits for an event rather than for an instant."""
        return self.status is EnrollmentStatus.PAUSED or self.waiting_reason in HOLDING

    def in_real_time(self, scale: TimeScale) -> Self:
        """The standing for the real clock of a workflow."""
        return replace(
            self,
            plan=self.plan and self.plan.in_real_time(scale),
            resume_at=self.resume_at and scale.real(self.resume_at),
        )


@dataclass(frozen=True, slots=True)
class EnrollmentStart:
    """The input of the enrollment workflow."""

    enrollment_id: UUID
    plan: Plan


@dataclass(frozen=True, slots=True)
class EnrollmentResult:
    """What became of the enrollment."""

    status: EnrollmentStatus
    completion_reason: CompletionReason | None


@dataclass(frozen=True, slots=True)
class StepRun:
    """One step to do for one enrollment; ``now`` is the workflow's (real) clock when it asked."""

    enrollment_id: UUID
    step_id: UUID
    now: datetime
    branch: bool | None = None
    """The verdict on a conditional step's conditions."""


class Wish(StrEnum):
    """What a person at the Temporal UI asked of an enrollment by a bare signal."""

    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Settlement:
    """Bring row and workflow together: grant the wishes in their order (none: only read the row).

    ``now`` is the workflow's (real) clock.
    """

    enrollment_id: UUID
    now: datetime
    wishes: tuple[Wish, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """The argument of the signals pause, resume and stop.

    ``recorded`` says that the row was changed before the signal was sent, as the API does it; a signal without
    an argument is a person's wish, and the row then follows the workflow.
    """

    recorded: bool = False


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """The argument of the signal record_event: what Postgres has recorded of the enrollment, and the step's order."""

    kind: str
    step_order: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """The answer of the query progress."""

    status: EnrollmentStatus
    step_order: int | None
    step_type: StepType | None
    due_at: datetime | None
    waiting_reason: WaitingReason | None
    steps_done: int
