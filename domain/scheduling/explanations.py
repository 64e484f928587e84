"""Why an enrollment waits: one sentence on how it stands, and every obstacle before its next step.

The sentence is made of what the workflow knows, and is the same in the Temporal UI and in the API. Nothing personal is
in it; the obstacles, which only the API answers, name mailboxes, tasks and variables.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.enrollments import Plan, Standing
from domain.scheduling.capacity_obstacles import of_capacity, of_stale_plan
from domain.scheduling.chains import Chain
from domain.scheduling.obstacles import Facts, Obstacle, Resource, Setting, of_delay, of_window, openings_of, spoken
from domain.scheduling.planning import Planner
from domain.scheduling.schedule import moment, seconds
from domain.vocabulary import Blocker, EmailAccountStatus, SequenceStatus, StepType, WaitingReason


class State(StrEnum):
    """How an enrollment is: it waits for an instant, is held until something happens, runs a step, or has ended."""

    WAITING = "waiting"
    HELD = "held"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Place:
    """An email's place among those that its mailbox is still to send: ``ahead`` of them go before it."""

    mailbox_id: UUID
    ahead: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """How an enrollment stands and why; ``at`` is when its next step runs if nothing new happens."""

    standing: Standing
    state: State
    summary: str
    at: datetime | None = None
    place: Place | None = None
    obstacles: tuple[Obstacle, ...] = ()


def explained(
    standing: Standing, now: datetime, obstacles: tuple[Obstacle, ...] = (), place: Place | None = None
) -> Explanation:
    """The explanation of an enrollment that these obstacles keep; one without an instant leaves it no prediction."""
    running = runs(standing, now)
    state = State.WAITING
    if standing.ended:
        state = State.ENDED
    elif running:
        state = State.RUNNING
    elif standing.held or any(one.lifts_at is None for one in obstacles):
        state = State.HELD
    at = standing.plan.due_at if standing.plan and state is State.WAITING else None
    return Explanation(standing, state, summary(standing, running=running), at, place, obstacles)


def runs(standing: Standing, now: datetime) -> bool:
    """Whether the next step is due, and nothing is known to hold it."""
    return not standing.ended and not standing.held and standing.plan is not None and standing.plan.due_at <= now


# --- the sentence ---------------------------------------------------------------------------------------------

_BEHIND: Mapping[Blocker, str] = {
    Blocker.DELAY: "its delay",
    Blocker.WINDOW: "the sending hours",
    Blocker.HOLIDAY: "a holiday",
    Blocker.MAILBOX_LIMIT: "the mailbox's daily limit",
    Blocker.MAILBOX_GAP: "the mailbox's gap between two emails",
    Blocker.MAILBOX_AWAY: "the absence of the mailbox's sender",
    Blocker.SEQUENCE_CAP: "the sequence's emails per day",
    Blocker.THROTTLE: "the sequence's throttle",
    Blocker.DOMAIN_CAP: "the daily cap of the recipient's domain",
    Blocker.CONTACT_CAP: "the contact's daily cap",
    Blocker.FOLLOW_UPS: "the room that is kept for follow-ups",
}
_HELD_BY: Mapping[WaitingReason, str] = {
    WaitingReason.PAUSED: "it is paused",
    WaitingReason.SEQUENCE_PAUSED: "its sequence is paused",
    WaitingReason.MISSING_VARIABLE: "its template has no value for a variable",
    WaitingReason.MAILBOX_ERROR: "its mailbox cannot send",
    WaitingReason.TASK: "a person has to do its task first",
    WaitingReason.NO_SLOT: "no day has room for its emails",
    WaitingReason.OUT_OF_OFFICE: "its contact is away",
}


def summary(standing: Standing, *, running: bool = False) -> str:
    """One sentence on how an enrollment stands; ``running``: its next step is being done."""
    plan = standing.plan
    if standing.ended or plan is None:
        reason = f" ({standing.completion_reason})" if standing.completion_reason else ""
        return f"Ended: {standing.status}{reason}."
    step = f"Step {plan.step_order} ({plan.step_type})"
    if standing.held:
        reason = _HELD_BY[standing.waiting_reason or WaitingReason.PAUSED]
        until = f" until {spoken(standing.resume_at)}" if standing.resume_at else ""
        return f"{step} is held{until}: {reason}."
    if running:
        return f"{step} is running."
    return f"{step} {_waiting(plan, standing.waiting_reason)}."


def _waiting(plan: Plan, reason: WaitingReason | None) -> str:
    instant = spoken(plan.due_at)
    if plan.step_type is StepType.CONDITIONAL:
        return f"waits for its conditions, until {instant} at the latest"
    if reason is WaitingReason.RETRY:
        return f"is tried again at {instant}: a mail server put it off"
    # Only the slot of an email keeps what put it off; of other steps no more is told than when they are due.
    behind = _BEHIND.get(plan.blocker) if plan.blocker and plan.step_type is StepType.EMAIL else None
    return f"is planned for {instant}, behind {behind}" if behind else f"is planned for {instant}"


# --- what has no instant --------------------------------------------------------------------------------------

_PLANNED_ANEW = "the planner has found it a new slot, in a moment"


def of_states(standing: Standing, facts: Facts) -> Iterator[Obstacle]:
    """What somebody or something has to end: pauses, the mailbox's trouble, tasks, missing variables, no room."""
    reason = standing.waiting_reason or (WaitingReason.PAUSED if standing.held else None)
    match reason:
        case WaitingReason.PAUSED:
            yield _paused(standing, facts)
        case WaitingReason.OUT_OF_OFFICE:
            yield _out_of_office(standing, facts)
        case WaitingReason.MISSING_VARIABLE:
            yield from _missing_variables(standing, facts)
        case WaitingReason.TASK:
            yield _task(facts)
        case WaitingReason.NO_SLOT:
            yield _no_slot(facts)
        case _:
            pass
    status = facts.rows[Resource.SEQUENCE]["status"]
    if status != SequenceStatus.ACTIVE or reason is WaitingReason.SEQUENCE_PAUSED:
        yield _sequence_paused(facts, active=status == SequenceStatus.ACTIVE)
    if (standing.plan and standing.plan.step_type is StepType.EMAIL) or reason is WaitingReason.MAILBOX_ERROR:
        yield from _mailbox(facts, held=reason is WaitingReason.MAILBOX_ERROR)


def _paused(standing: Standing, facts: Facts) -> Obstacle:
    detail = "The enrollment is paused."
    left = facts.rows[Resource.ENROLLMENT]["remaining_seconds"]
    if left:
        detail = f"The enrollment is paused; {left / 3600:.1f} hours of its delay are left, and go on when it resumes."
    setting = facts.setting(Resource.ENROLLMENT, "status")
    when = None if standing.resume_at else "somebody resumes the enrollment"
    return Obstacle(Blocker.PAUSED, detail, setting, standing.resume_at, when)


def _out_of_office(standing: Standing, facts: Facts) -> Obstacle:
    detail = "An automatic answer said that the contact is away; the sequence goes on after the absence."
    setting = facts.setting(Resource.ENROLLMENT, "resume_at")
    when = None if standing.resume_at else "somebody resumes the enrollment"
    return Obstacle(Blocker.OUT_OF_OFFICE, detail, setting, standing.resume_at, when)


def _missing_variables(standing: Standing, facts: Facts) -> Iterator[Obstacle]:
    """One for each variable; a template that cannot be filled at all has none."""
    error = str(facts.rows[Resource.ENROLLMENT]["last_error"] or "")
    _, _, names = error.partition("No value and no default for ")
    contact = facts.rows[Resource.CONTACT]
    for name in filter(None, names.split(", ")):
        path = name.removeprefix("contact.")
        setting = Setting(Resource.CONTACT, UUID(str(contact["id"])), path, None)
        detail = f"The email prints {name}, which has no value and no default."
        when = f"{name} has a value or a default, and somebody resumes the enrollment"
        yield Obstacle(Blocker.MISSING_VARIABLE, detail, setting, standing.resume_at, when)
    if not names:
        when = "the template is mended, and somebody resumes the enrollment"
        setting = facts.setting(Resource.STEP, "body_template")
        yield Obstacle(Blocker.MISSING_VARIABLE, f"The email cannot be written: {error}", setting, None, when)


def _task(facts: Facts) -> Obstacle:
    task = facts.rows[Resource.STEP]["task"]
    detail = f"The {task['type']} task “{task['title']}” ({task['id']}) is open." if task else "Its task is open."
    setting = facts.setting(Resource.STEP, "step_type")
    return Obstacle(Blocker.TASK, detail, setting, lifts_when="the task is completed or skipped")


def _no_slot(facts: Facts) -> Obstacle:
    detail = "No day of the next years has room for all of its emails: each needs a mailbox, open hours and free caps."
    when = "the sequence's hours, caps or mailboxes, or the mailboxes' limits, are changed so that there is room"
    return Obstacle(Blocker.NO_SLOT, detail, facts.setting(Resource.ENROLLMENT, "waiting_reason"), lifts_when=when)


def _sequence_paused(facts: Facts, *, active: bool) -> Obstacle:
    setting = facts.setting(Resource.SEQUENCE, "status")
    if active:
        detail = "The sequence was paused when the step was due, and is active again."
        return Obstacle(Blocker.SEQUENCE_PAUSED, detail, setting, lifts_when=_PLANNED_ANEW)
    row = facts.rows[Resource.SEQUENCE]
    detail = f"The sequence “{row['name']}” is {row['status']}. {row['pause_reason'] or ''}".rstrip()
    return Obstacle(Blocker.SEQUENCE_PAUSED, detail, setting, lifts_when="somebody resumes the sequence")


def _mailbox(facts: Facts, *, held: bool) -> Iterator[Obstacle]:
    row = facts.rows.get(Resource.EMAIL_ACCOUNT)
    if row is None:
        setting = facts.setting(Resource.SEQUENCE, "default_email_account_id")
        when = "the step, the sequence or its pool names a mailbox"
        yield Obstacle(Blocker.MAILBOX_ERROR, "The step has no mailbox.", setting, lifts_when=when)
        return
    setting = facts.setting(Resource.EMAIL_ACCOUNT, "status")
    if row["status"] == EmailAccountStatus.ACTIVE:
        if held:
            detail = f"The mailbox {row['email']} could not send when the step was due, and is active again."
            yield Obstacle(Blocker.MAILBOX_ERROR, detail, setting, lifts_when=_PLANNED_ANEW)
        return
    paused = row["status"] == EmailAccountStatus.PAUSED
    kind = Blocker.MAILBOX_PAUSED if paused else Blocker.MAILBOX_ERROR
    trouble = "is paused" if paused else f"is in error: {row['last_error'] or 'no words were kept'}"
    when = "somebody sets the mailbox's status to active"
    yield Obstacle(kind, f"The mailbox {row['email']} {trouble}.", setting, lifts_when=when)


# --- what has one ---------------------------------------------------------------------------------------------


def of_waiting(standing: Standing, facts: Facts, chain: Chain, planner: Planner, *, counted: bool) -> list[Obstacle]:
    """What an active enrollment waits for, in the order in which it meets it; the last lifts when it goes.

    The planner's ledger does not hold the chain's slots. ``counted``: its delay counts from the step before; else it
    was set.
    """
    assert standing.plan is not None
    at, now = seconds(standing.plan.due_at), planner.now
    obstacles: list[Obstacle] = []
    if chain.delay_until > now:
        put_off = standing.waiting_reason is WaitingReason.RETRY
        obstacles.append(_retry(facts, chain) if put_off else of_delay(facts, chain, counted=counted))
    since = max(chain.delay_until, now)
    opens = openings_of(chain)
    start = since if opens is None else opens.next_open(since)
    obstacles += of_window(facts, chain, since, start)
    if start is not None:
        obstacles += of_capacity(facts, chain, planner, start, at)
    if all(one.lifts_at is not None and one.lifts_at < moment(at) for one in obstacles):
        obstacles.append(of_stale_plan(facts, standing.plan.blocker, at))
    return obstacles


def _retry(facts: Facts, chain: Chain) -> Obstacle:
    until, words = moment(chain.delay_until), facts.rows[Resource.ENROLLMENT]["last_error"]
    detail = f"A mail server put the email off, and it is not tried before {spoken(until)}: {words or 'without words'}"
    return Obstacle(Blocker.RETRY, detail, facts.setting(Resource.ENROLLMENT, "last_error"), until)
