"""One sentence on how an enrollment stands, and which constraints an email meets on its way to its slot."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.enrollments import Plan, Standing
from domain.scheduling.capacity import NEVER, MailboxRules, WorkspaceRules
from domain.scheduling.capacity_obstacles import constraints_met, next_email
from domain.scheduling.chains import Chain, Course
from domain.scheduling.explanations import State, explained, runs, summary
from domain.scheduling.hours import SendingHours
from domain.scheduling.ledger import Enrollee, Ledger
from domain.scheduling.planning import Planner
from domain.scheduling.schedule import Delay, seconds
from domain.scheduling.zones import UTC as UTC_ZONE
from domain.sequences import Sequence, Step
from domain.vocabulary import (
    Blocker,
    CompletionReason,
    EnrollmentStatus,
    SequenceStatus,
    StepType,
    WaitingReason,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DUE = NOW + timedelta(days=1)
MAILBOX = UUID(int=1)
PLAN = Plan(uuid4(), 2, StepType.EMAIL, DUE)
WAITING = Standing(EnrollmentStatus.ACTIVE, plan=PLAN)


# --- the sentence ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blocker", [one for one in Blocker if list(Blocker).index(one) <= 10])
def test_the_sentence_of_an_email_names_its_instant_and_what_put_it_off(blocker: Blocker) -> None:
    sentence = summary(replace(WAITING, plan=replace(PLAN, blocker=blocker)))
    assert sentence.startswith("Step 2 (email) is planned for 2026-11-24 09:00:00 UTC, behind ")


@pytest.mark.parametrize("step_type", [StepType.TASK, StepType.LINKEDIN, StepType.CALL, StepType.DELAY])
def test_of_other_steps_it_names_the_instant_alone(step_type: StepType) -> None:
    expected = f"Step 2 ({step_type}) is planned for 2026-11-24 09:00:00 UTC."
    for blocker in (None, Blocker.DELAY, Blocker.WINDOW):
        plan = replace(PLAN, step_type=step_type, blocker=blocker)
        assert summary(replace(WAITING, plan=plan)) == expected


def test_a_conditional_step_waits_for_its_conditions() -> None:
    standing = replace(WAITING, plan=replace(PLAN, step_type=StepType.CONDITIONAL))
    assert (
        summary(standing)
        == "Step 2 (conditional) waits for its conditions, until 2026-11-24 09:00:00 UTC at the latest."
    )


@pytest.mark.parametrize("reason", [one for one in WaitingReason if one is not WaitingReason.RETRY])
def test_each_reason_to_be_held_has_its_words(reason: WaitingReason) -> None:
    held = replace(WAITING, waiting_reason=reason)
    assert summary(held).startswith("Step 2 (email) is held: ")
    assert summary(replace(held, resume_at=DUE)).startswith("Step 2 (email) is held until 2026-11-24 09:00:00 UTC: ")


def test_a_pause_without_a_reason_is_a_pause() -> None:
    standing = replace(WAITING, status=EnrollmentStatus.PAUSED)
    assert summary(standing) == "Step 2 (email) is held: it is paused."


def test_what_runs_or_has_ended_is_told_so() -> None:
    assert summary(WAITING, running=True) == "Step 2 (email) is running."
    ended = Standing(EnrollmentStatus.COMPLETED, completion_reason=CompletionReason.REPLIED)
    assert summary(ended) == "Ended: completed (replied)."
    assert summary(Standing(EnrollmentStatus.FAILED)) == "Ended: failed."


# --- the state ------------------------------------------------------------------------------------------------


def test_a_step_runs_from_its_instant_on() -> None:
    assert not runs(WAITING, DUE - timedelta(seconds=1))
    assert runs(WAITING, DUE)
    assert explained(WAITING, DUE).state is State.RUNNING
    assert not runs(replace(WAITING, waiting_reason=WaitingReason.TASK), DUE)


def test_only_what_waits_for_an_instant_has_a_prediction() -> None:
    assert (explained(WAITING, NOW).state, explained(WAITING, NOW).at) == (State.WAITING, DUE)
    held = explained(replace(WAITING, waiting_reason=WaitingReason.SEQUENCE_PAUSED), NOW)
    assert (held.state, held.at) == (State.HELD, None)
    ended = explained(Standing(EnrollmentStatus.STOPPED), NOW)
    assert (ended.state, ended.at) == (State.ENDED, None)


# --- the constraints --------------------------------------------------------------------------------------------


def course(hours: SendingHours, *, cap: int | None = None, throttle: int = 0) -> Course:
    steps = tuple(Step(uuid4(), order, StepType.EMAIL, Delay(days=order - 1)) for order in (1, 2))
    return Course(
        Sequence(
            uuid4(),
            SequenceStatus.ACTIVE,
            steps,
            hours=hours,
            follow_up_hours=hours,
            max_emails_per_day=cap,
            throttle_delay_minutes=throttle,
            default_email_account_id=MAILBOX,
        )
    )


def chain(course: Course, due: int) -> Chain:
    return Chain(course, Enrollee(uuid4(), uuid4(), mailbox_id=MAILBOX), 0, due)


@given(
    waiting=st.integers(0, 12),
    limit=st.integers(1, 4),
    gap=st.integers(0, 7200),
    jitter=st.integers(0, 600),
    cap=st.none() | st.integers(1, 4),
    throttle=st.integers(0, 120),
    opens=st.tuples(st.integers(0, 23), st.integers(1, 10)),
)
def test_the_last_constraint_that_an_email_meets_lifts_when_everything_is_kept(
    waiting: int, limit: int, gap: int, jitter: int, cap: int | None, throttle: int, opens: tuple[int, int]
) -> None:
    start, length = opens[0] * 3600, opens[1] * 3600
    path = course(SendingHours((((start, start + length),),) * 7), cap=cap, throttle=throttle)
    now = seconds(NOW)
    ledger = Ledger(WorkspaceRules(UTC_ZONE), {MAILBOX: MailboxRules(MAILBOX, limit, gap, jitter)})
    planner = Planner(ledger, now=now)
    for _ in range(waiting):
        assert planner.place(chain(path, now))
    stop = next_email(chain(path, now), planner)
    assert stop is not None
    met, alone = constraints_met(stop, stop.start)
    assert alone == stop.earliest()[0] < NEVER
    assert max((one.until for one in met), default=stop.start) == alone
    assert all(stop.start <= one.since < one.until for one in met)
    assert {name for name, check in stop.checks if check(stop.start) != stop.start} <= {one.kind for one in met}


def test_an_email_without_any_room_meets_its_constraint_for_ever() -> None:
    ledger = Ledger(WorkspaceRules(UTC_ZONE), {MAILBOX: MailboxRules(MAILBOX, 0)})
    stop = next_email(
        chain(course(SendingHours((((0, 86_400),),) * 7)), seconds(NOW)), Planner(ledger, now=seconds(NOW))
    )
    assert stop is not None
    met, alone = constraints_met(stop, stop.start)
    assert ([(one.kind, one.until) for one in met], alone) == ([(Blocker.MAILBOX_LIMIT, NEVER)], NEVER)
