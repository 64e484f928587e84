"""Small worlds for properties of planning: mailboxes, sequences with rules of every kind, and people in them."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from domain.scheduling.capacity import MailboxRules, WorkspaceRules
from domain.scheduling.chains import Chain, Course
from domain.scheduling.hours import ALWAYS, SendingHours, parse_hours
from domain.scheduling.ledger import Enrollee, Ledger
from domain.scheduling.schedule import Delay
from domain.scheduling.zones import zone
from domain.sequences import Sequence, Step
from domain.vocabulary import SequenceStatus, StepType
from tests.domain.plan_samples import DAY, HOUR
from tests.domain.rules_checker import HOURS, Calendar, Send
from tests.domain.sequence_samples import FINISH, OPENED
from tests.domain.wall import at

NOW = at("2026-10-20 09:00")
"""A Tuesday; within the fortnight the clocks of Berlin and New York are put back."""
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo")
DELAYS = (Delay(), Delay(days=1), Delay(days=3), Delay(hours=20), Delay(days=1, hours=5), Delay(minutes=30))


@dataclass(frozen=True)
class World:
    """What is given: the rules, what was sent by others, and the chains that are to be planned."""

    workspace: WorkspaceRules
    mailboxes: dict[UUID, MailboxRules]
    courses: tuple[Course, ...]
    calendars: dict[UUID, Calendar]
    chains: tuple[Chain, ...]
    sent: tuple[Send, ...]
    ahead: bool

    def ledger(self, *, partial: bool = False) -> Ledger:
        """A ledger of the rules; it holds what was sent if it is not partial."""
        ledger = Ledger(self.workspace, self.mailboxes, partial=partial)
        if not partial:
            for send in self.sent:
                for book in ledger.books(send.sequence.rules, send.enrollee, send.mailbox_id):
                    book.add(send.at)
        return ledger

    def fresh(self) -> list[Chain]:
        """The chains, for one more planner: it changes them."""
        return [replace(chain, slots=list(chain.slots)) for chain in self.chains]


def hours_of(name: str, holidays: frozenset[date]) -> SendingHours:
    hours = ALWAYS if name == "always" else parse_hours(HOURS[name])
    return hours.on_holidays(holidays)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """A world with one to three mailboxes and sequences, and up to twelve people in them."""
    workspace = WorkspaceRules(
        zone(draw(st.sampled_from(ZONES))) or zone("UTC"),  # type: ignore[arg-type]
        domain_cap=draw(st.sampled_from([None, None, 1, 1, 2])),
        contact_cap=draw(st.sampled_from([None, None, 1, 2])),
    )
    mailboxes = {UUID(int=n): draw(_mailboxes(UUID(int=n))) for n in range(1, draw(st.sampled_from([1, 1, 2, 3])) + 1)}
    drawn = [draw(_sequences(UUID(int=100 + n), tuple(mailboxes))) for n in range(draw(st.sampled_from([1, 2, 3])))]
    courses = tuple(Course(sequence) for sequence, _ in drawn)
    chains = [
        draw(_chains(number, courses, tuple(mailboxes))) for number in range(draw(st.sampled_from([12, 9, 6, 3])))
    ]
    return World(
        workspace,
        mailboxes,
        courses,
        {sequence.id: calendar for sequence, calendar in drawn},
        tuple(chains),
        tuple(draw(_sent(courses))),
        draw(st.booleans()),
    )


@st.composite
def _mailboxes(draw: st.DrawFn, id: UUID) -> MailboxRules:
    today = NOW // DAY
    special: dict[int, int] = {}
    kind = draw(st.sampled_from(["plain", "plain", "ramp-up", "away"]))
    if kind == "ramp-up":
        special = {today + n: 1 + n // 2 for n in range(8)}
    elif kind == "away":
        first = today + draw(st.integers(0, 5))
        special = {first + n: 0 for n in range(draw(st.integers(1, 4)))}
    return MailboxRules(
        id,
        daily_limit=draw(st.sampled_from([2, 1, 3, 5])),
        gap=draw(st.sampled_from([0, 0, 60, 900, 5 * HOUR, DAY + 600])),
        jitter=draw(st.sampled_from([0, 0, 300])),
        limits=special,
        working=draw(st.sampled_from([True, True, True, False])),
    )


@st.composite
def _sequences(draw: st.DrawFn, id: UUID, mailbox_ids: tuple[UUID, ...]) -> tuple[Sequence, Calendar]:
    first_day = date(2026, 10, 20)
    holidays = frozenset(first_day + timedelta(n) for n in draw(st.sets(st.integers(0, 12), max_size=3)))
    names = [draw(st.sampled_from(["always", "office", "office", "short", "night"])) for _ in "ab"]
    calendar = Calendar(names[0], names[1], holidays)
    default, pool = draw(st.sampled_from([(mailbox_ids[0], ()), (None, mailbox_ids)]))
    sequence = Sequence(
        id=id,
        status=SequenceStatus.ACTIVE,
        steps=tuple(draw(_steps(id, mailbox_ids))),
        sending_timezone=draw(st.sampled_from(ZONES)),
        use_contact_timezone=draw(st.booleans()),
        hours=hours_of(names[0], holidays),
        follow_up_hours=hours_of(names[1], holidays),
        max_emails_per_day=draw(st.sampled_from([None, None, 1, 3])),
        throttle_delay_minutes=draw(st.sampled_from([0, 0, 10, 40, 25 * 60])),
        default_email_account_id=default,
        email_account_ids=pool,
    )
    return sequence, calendar


@st.composite
def _steps(draw: st.DrawFn, sequence_id: UUID, mailbox_ids: tuple[UUID, ...]) -> list[Step]:
    email, rest = StepType.EMAIL, [StepType.TASK, StepType.DELAY, StepType.CALL, StepType.CONDITIONAL]
    kinds = draw(st.lists(st.sampled_from([email, email, email, StepType.LINKEDIN, *rest]), min_size=1, max_size=6))
    steps = []
    for order, kind in enumerate(kinds, start=1):
        ways: dict[str, Any] = {}
        if kind is StepType.CONDITIONAL:
            later = [{"go_to_step": target} for target in range(order + 1, len(kinds) + 1)]
            ways = {"on_false": draw(st.sampled_from([FINISH, *later]))} if draw(st.booleans()) else {}
        asks = kind is StepType.CONDITIONAL or (kind is StepType.DELAY and draw(st.booleans()))
        named = draw(st.sampled_from([None, None, None, *mailbox_ids])) if kind is email else None
        steps.append(
            Step(
                id=UUID(int=sequence_id.int * 1_000 + order),
                step_order=order,
                step_type=kind,
                delay=draw(st.sampled_from(DELAYS)),
                conditions={**OPENED, **ways} if asks else None,
                email_account_id=named,
            )
        )
    return steps


@st.composite
def _chains(draw: st.DrawFn, number: int, courses: tuple[Course, ...], mailbox_ids: tuple[UUID, ...]) -> Chain:
    course = draw(st.sampled_from(courses))
    begun = draw(st.booleans())
    after = draw(st.integers(0, len(course.sequence.steps) - 1))
    contact = draw(st.integers(0, 5))
    enrollee = Enrollee(
        UUID(int=10_000 + number),
        UUID(int=20_000 + contact),
        draw(st.sampled_from([None, *ZONES[1:]])),
        [None, "a.example", "b.example"][contact % 3],
        draw(st.sampled_from(mailbox_ids)) if begun else None,
    )
    over = NOW + draw(st.sampled_from([0, -DAY, -1, 0, 17 * 60 + 5, 7 * HOUR, 2 * DAY]))
    return Chain(course, enrollee, after, over, begun=begun)


@st.composite
def _sent(draw: st.DrawFn, courses: tuple[Course, ...]) -> list[Send]:
    """Emails to others that were sent before today, as far apart as any rule asks for."""
    sends = []
    for number in range(draw(st.integers(0, 2))):
        enrollee = Enrollee(UUID(int=30_000 + number), UUID(int=30_000 + number))
        sequence = courses[0].sequence
        sends.append(Send(sequence, enrollee, UUID(int=1), NOW - DAY - 100 - 3 * DAY * number))
    return sends
