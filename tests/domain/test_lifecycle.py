"""The moves between states: those of the tables, and no other."""

from itertools import product

import pytest

from domain.errors import Conflict
from domain.lifecycle import (
    ENROLLMENT_MOVES,
    OPEN_ENROLLMENT,
    SEQUENCE_MOVES,
    TASK_MOVES,
    move_enrollment,
    move_sequence,
    move_task,
)
from domain.vocabulary import EnrollmentStatus, SequenceStatus, TaskStatus

# The state machine of the product's documents, written out once more by hand.
DIAGRAM = {
    ("draft", "active"),
    ("draft", "stopped"),
    ("active", "paused"),
    ("active", "stopped"),
    ("paused", "active"),
    ("paused", "stopped"),
    ("paused", "archived"),
    ("stopped", "archived"),
}


@pytest.mark.parametrize(("current", "target"), list(product(SequenceStatus, repeat=2)))
def test_a_sequence_moves_as_in_the_diagram_and_no_other_way(current: SequenceStatus, target: SequenceStatus) -> None:
    if (current, target) in DIAGRAM:
        assert move_sequence(current, target) is target
        return
    with pytest.raises(Conflict) as raised:
        move_sequence(current, target)
    assert raised.value.code == "sequence.wrong_state"
    assert str(current) in raised.value.detail
    assert str(target) in raised.value.detail


@pytest.mark.parametrize(("current", "target"), list(product(EnrollmentStatus, repeat=2)))
def test_an_open_enrollment_pauses_resumes_and_ends_and_an_ended_one_stays_so(
    current: EnrollmentStatus, target: EnrollmentStatus
) -> None:
    if current in OPEN_ENROLLMENT and current is not target:
        assert move_enrollment(current, target) is target
        return
    with pytest.raises(Conflict, match=f"{current} and cannot become {target}"):
        move_enrollment(current, target)


@pytest.mark.parametrize(("current", "target"), list(product(TaskStatus, repeat=2)))
def test_an_open_task_is_closed_once(current: TaskStatus, target: TaskStatus) -> None:
    if current is TaskStatus.OPEN and target is not TaskStatus.OPEN:
        assert move_task(current, target) is target
        return
    with pytest.raises(Conflict, match=r"^This task is"):
        move_task(current, target)


def test_every_state_has_its_moves() -> None:
    assert set(SEQUENCE_MOVES) == set(SequenceStatus)
    assert set(ENROLLMENT_MOVES) == set(EnrollmentStatus)
    assert set(TASK_MOVES) == set(TaskStatus)
