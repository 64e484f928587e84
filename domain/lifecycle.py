"""The states of sequences, enrollments and tasks, and the only moves between them.

Each table maps a state to the states that it may move to; a status changes through ``move`` alone.
"""

from collections.abc import Mapping
from typing import TypeVar

from domain.errors import Conflict
from domain.vocabulary import CompletionReason, EnrollmentStatus, GoalType, SequenceStatus, TaskStatus

State = TypeVar("State", bound=str)

SEQUENCE_MOVES: Mapping[SequenceStatus, frozenset[SequenceStatus]] = {
    SequenceStatus.DRAFT: frozenset({SequenceStatus.ACTIVE, SequenceStatus.STOPPED}),
    SequenceStatus.ACTIVE: frozenset({SequenceStatus.PAUSED, SequenceStatus.STOPPED}),
    SequenceStatus.PAUSED: frozenset({SequenceStatus.ACTIVE, SequenceStatus.STOPPED, SequenceStatus.ARCHIVED}),
    SequenceStatus.STOPPED: frozenset({SequenceStatus.ARCHIVED}),
    SequenceStatus.ARCHIVED: frozenset(),
}

OPEN_ENROLLMENT = frozenset({EnrollmentStatus.ACTIVE, EnrollmentStatus.PAUSED})
"""An open enrollment has a running workflow; every other state is final."""

_FINAL_ENROLLMENT = frozenset(EnrollmentStatus) - OPEN_ENROLLMENT

ENROLLMENT_MOVES: Mapping[EnrollmentStatus, frozenset[EnrollmentStatus]] = {
    EnrollmentStatus.ACTIVE: _FINAL_ENROLLMENT | {EnrollmentStatus.PAUSED},
    EnrollmentStatus.PAUSED: _FINAL_ENROLLMENT | {EnrollmentStatus.ACTIVE},
    **{status: frozenset() for status in _FINAL_ENROLLMENT},
}

TASK_MOVES: Mapping[TaskStatus, frozenset[TaskStatus]] = {
    TaskStatus.OPEN: frozenset({TaskStatus.COMPLETED, TaskStatus.SKIPPED, TaskStatus.CANCELLED}),
    TaskStatus.COMPLETED: frozenset(),
    TaskStatus.SKIPPED: frozenset(),
    TaskStatus.CANCELLED: frozenset(),
}


def move_sequence(current: SequenceStatus, target: SequenceStatus) -> SequenceStatus:
    """``target`` if the sequence may go there, else ``Conflict`` ``sequence.wrong_state`` naming both states."""
    return _move("sequence", SEQUENCE_MOVES, current, target)


def move_enrollment(current: EnrollmentStatus, target: EnrollmentStatus) -> EnrollmentStatus:
    """``target`` if the enrollment may go there, else ``Conflict`` ``enrollment.wrong_state``."""
    return _move("enrollment", ENROLLMENT_MOVES, current, target)


def move_task(current: TaskStatus, target: TaskStatus) -> TaskStatus:
    """``target`` if the task may go there, else ``Conflict`` ``task.wrong_state``."""
    return _move("task", TASK_MOVES, current, target)


def reason_of_reply(goal: str | None) -> CompletionReason:
    """Why an enrollment is completed that a reply ends: replies may be what its sequence is for."""
    return CompletionReason.GOAL_ACHIEVED if goal == GoalType.REPLIES else CompletionReason.REPLIED


def _move(noun: str, moves: Mapping[State, frozenset[State]], current: State, target: State) -> State:
    if target in moves[current]:
        return target
    allowed = ", ".join(sorted(moves[current])) or "nothing: it is final"
    raise Conflict(
        f"{noun}.wrong_state",
        f"This {noun} is {current} and cannot become {target}; from {current} it may become: {allowed}.",
    )
