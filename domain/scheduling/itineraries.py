"""The way that an enrollment takes through its sequence: its legs, each a stop with the delays that lead to it.

Engine and forecast share it. Where the way forks, it follows what will happen if nothing new does: the conditions of
a step hold, those of a conditional step never come true, and a task is done the moment it is opened.
"""

from dataclasses import dataclass, field
from itertools import pairwise, zip_longest
from uuid import UUID

from domain.filtering import conditions
from domain.scheduling.schedule import Delay, after_delay
from domain.scheduling.zones import Zone
from domain.sequences import AWAITED, WINDOWED, Sequence, Step
from domain.vocabulary import StepType


@dataclass(frozen=True, slots=True)
class Leg:
    """The way to one stop: its ``delays`` pass one after the other, then a ``windowed`` one waits for an opening."""

    step_id: UUID
    step_order: int
    step_type: StepType
    delays: tuple[Delay, ...]
    passed: tuple[UUID, ...]
    """The delay steps whose time is part of this leg."""
    conditional: bool
    """Whether conditions are asked when the stop is due."""
    mailbox_id: UUID | None = None
    """The mailbox that the step names."""

    sends: bool = field(init=False)
    """Whether the stop is an email."""
    windowed: bool = field(init=False)
    """Whether the stop waits for a sending window."""
    awaited: bool = field(init=False)
    """Whether a person must do something before the enrollment goes on."""

    waits: bool = field(init=False)
    """Whether it takes any time to get there."""

    def __post_init__(self) -> None:
        # Planning asks for these for every send, so they are worked out once.
        object.__setattr__(self, "sends", self.step_type is StepType.EMAIL)
        object.__setattr__(self, "windowed", self.step_type in WINDOWED)
        object.__setattr__(self, "awaited", self.step_type in AWAITED)
        object.__setattr__(self, "waits", any(delay != Delay() for delay in self.delays))

    def delay_over(self, moment: int, zone: Zone) -> int:
        """When the delays of the leg are over, counted from ``moment``."""
        for delay in self.delays:
            moment = after_delay(moment, delay, zone)
        return moment


def next_leg(sequence: Sequence, after: int) -> Leg | None:
    """The leg to the first stop whose order is above ``after``; None: the sequence is finished.

    Delay steps without conditions are no stops of their own: their time is part of the leg that follows, unless that
    leads to a conditional, whose waiting for its conditions begins when the delay is over.
    """
    remaining = [step for step in sequence.steps if step.step_order > after]
    delays: list[Delay] = []
    passed: list[UUID] = []
    for step, following in zip_longest(remaining, remaining[1:]):
        delays.append(step.delay)
        if _is_no_stop(step, following):
            passed.append(step.id)
            continue
        return Leg(
            step_id=step.id,
            step_order=step.step_order,
            step_type=step.step_type,
            delays=tuple(delays),
            passed=tuple(passed),
            conditional=bool(step.conditions) or step.step_type is StepType.CONDITIONAL,
            mailbox_id=step.email_account_id,
        )
    return None


def legs(sequence: Sequence, after: int = 0) -> tuple[Leg, ...]:
    """The whole way behind the order ``after``, as far as it can be told beforehand."""
    way: list[Leg] = []
    order: int | None = after
    while order is not None and (leg := next_leg(sequence, order)) is not None:
        way.append(leg)
        order = leg.step_order
        if leg.step_type is StepType.CONDITIONAL:
            step = sequence.step(leg.step_id)
            assert step is not None
            order = branch_target(sequence, step, False)
    return tuple(way)


def leg_to(sequence: Sequence, step: Step) -> Leg:
    """The leg that ends at ``step``, from the stop before it."""
    way = [one for one in sequence.steps if one.step_order <= step.step_order]
    stops = [one.step_order for one, following in pairwise(way) if not _is_no_stop(one, following)]
    leg = next_leg(sequence, stops[-1] if stops else 0)
    assert leg is not None
    return leg


def branch_target(sequence: Sequence, step: Step, verdict: bool) -> int | None:
    """The order after which a conditional step goes on for ``verdict``; None: the enrollment is finished."""
    way = conditions.branch(step.conditions, verdict)
    if way.finish:
        return None
    return step.step_order if way.go_to_step is None else way.go_to_step - 1


def _is_no_stop(step: Step, following: Step | None) -> bool:
    if step.step_type is not StepType.DELAY or step.conditions:
        return False
    return following is not None and following.step_type is not StepType.CONDITIONAL
