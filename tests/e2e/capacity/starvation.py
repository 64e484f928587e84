"""Starvation: thousands of first emails wait for a mailbox, and every follow-up still goes on its day.

On the Temporal server with one clock for all, moved on by days. *Wake-ups* are read from histories: the workflow tasks
that something else than the answer of the workflow's own activity brought about (its start, a timer, a signal, an
update, or nothing that the history tells), over all workflows, those that only wait included. Those of enrollments that
a person paused and resumed meanwhile are counted apart: they have to hear of both.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

from pydantic import SecretStr
from sqlalchemy import text
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client

from activities.email import EmailActivities
from db import enrolling, enrollments
from db.engine import create_engine
from db.models import Contact
from db.models import Sequence as SequenceRow
from domain.enrollments import StepRun
from domain.vocabulary import EnrollmentSource
from embedded.mail import MailServer
from settings import Settings
from tests.factories import email_step, make_mailbox, make_sequence, make_tenant
from tests.workflows.conftest import World, one_clock
from worker import make_resources
from workflows.client import enrollment_workflow_id
from workflows.relay import Relay
from workflows.replanner import Replanner

FOLLOW_UP_AFTER = timedelta(days=4)
DAYS = 3
"""On each of so many days a share of the follow-ups falls due, from tomorrow on."""
MOST_WAKE_UPS = 1.2
"""For each email, on average."""
_BATCH = 2_000
_READ_AT_ONCE = 32
_ANSWERS = frozenset(
    {
        EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
    }
)
_CONSEQUENCES = frozenset(
    {
        EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED,
        EventType.EVENT_TYPE_TIMER_STARTED,
        EventType.EVENT_TYPE_TIMER_CANCELED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
        EventType.EVENT_TYPE_MARKER_RECORDED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
        EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED,
    }
)
"""Events that follow from a workflow task, or that go with one."""


@dataclass(frozen=True, slots=True)
class Starvation:
    """What came of it: days on which follow-ups went by the day on which they were due, and counts."""

    follow_ups: Counter[tuple[date, date]]
    by_day: Counter[date]
    sends: int
    wake_ups: Counter[str]
    """Of the workflows that nobody paused, those that only wait included, by what woke them."""
    sends_of_paused: int
    wake_ups_of_paused: Counter[str]
    """Of the workflows that a person paused and resumed: these hear of it twice."""
    messages_twice: int
    limit: int

    @property
    def on_their_day(self) -> int:
        return sum(count for (due, sent), count in self.follow_ups.items() if due == sent)

    @property
    def missed(self) -> int:
        """Follow-ups that went on another day, or not at all, are missed."""
        return sum(self.follow_ups.values()) - self.on_their_day

    @property
    def over_limit(self) -> int:
        return sum(max(0, count - self.limit) for count in self.by_day.values())

    @property
    def kept(self) -> bool:
        """Whether every follow-up went on its day, without a breach and without polling."""
        broken = self.missed or self.over_limit or self.messages_twice
        return not broken and self.wake_ups_per_send <= MOST_WAKE_UPS

    @property
    def wake_ups_per_send(self) -> float:
        """Without those that a person paused and resumed."""
        return self.wake_ups.total() / (self.sends - self.sends_of_paused)

    @property
    def wake_ups_per_send_of_all(self) -> float:
        return (self.wake_ups + self.wake_ups_of_paused).total() / self.sends


@asynccontextmanager
async def still_world(database_url: str, mail: MailServer, *, limit: int) -> AsyncIterator[World]:
    """A world on the test server, whose one clock stands until it is moved; the mailbox sends ``limit`` a day."""
    settings = Settings(database_url=SecretStr(database_url), secret_key=SecretStr("0123456789abcdef"))
    engine = create_engine(settings)
    resources = make_resources(settings, engine)
    async with one_clock() as server:
        async with resources.sessions.begin() as session:
            tenant = await make_tenant(session)
            mailbox = await make_mailbox(
                session, tenant, smtp_port=mail.smtp_port, daily_limit=limit, min_gap_seconds=60, gap_jitter_seconds=30
            )
        relay = Relay(engine, resources.sessions, server.client, resources.clock, resources.scale)
        replanner = Replanner(engine, resources.sessions, resources.clock, resources.scale)
        yield World(server.client, engine, resources, relay, replanner, tenant, mailbox, mail, server.sleep)
    await resources.close()
    await engine.dispose()


async def starve(
    world: World, *, firsts: int, follow_ups: int, limit: int, progress: Callable[[str], None] = lambda line: None
) -> Starvation:
    """Let ``follow_ups`` fall due over three days while ``firsts`` wait, some of them without a slot of their own."""
    steps = [email_step("One"), email_step(delay_days=FOLLOW_UP_AFTER.days)]
    async with world.sessions.begin() as session:
        sequence = await make_sequence(session, world.tenant, steps, mailbox=world.mailbox)
    # Half an hour ahead, so that today does not end meanwhile.
    today = (world.resources.clock() + timedelta(minutes=30)).date()
    begun = await _begin(world, sequence, today, follow_ups // DAYS)
    progress(f"{len(begun)} first emails were sent in the last days")
    waiting = []
    for start in range(0, firsts, _BATCH):
        contacts = await _contacts(world, min(_BATCH, firsts - start))
        waiting += await world.enroll(sequence, *contacts)
        progress(f"{len(waiting)} first emails wait")
    async with world.working():
        await _resume_some(world, begun)
        for day in range(1, DAYS + 2):
            await world.skip(_until(world, today + timedelta(days=day), day))
            await world.settle()
            progress(f"the end of day {day}")
    paused = set(_paused(begun))
    others = [id for id in (*begun, *waiting) if id not in paused]
    counts = await count_wake_ups(world.client, others), await count_wake_ups(world.client, list(paused))
    return await _result(world, today, begun, counts, limit)


def _until(world: World, midnight: date, day: int) -> timedelta:
    """From the clock, which was moved on ``day - 1`` times, to the midnight with which the next day begins."""
    end = datetime.combine(midnight, time(), UTC)
    return timedelta(days=1) if day > 1 else end - world.resources.clock()


async def _begin(world: World, sequence: SequenceRow, today: date, a_day: int) -> list[UUID]:
    """On each of the last days ``a_day`` contacts got their first email, by the activity itself, each at its slot."""
    begun: list[UUID] = []
    for back in range(DAYS, 0, -1):
        midnight = datetime.combine(today - timedelta(days=back), time(), UTC)
        contacts = await _contacts(world, a_day)
        async with world.sessions.begin() as session:
            verdicts = await enrolling.enroll(
                session,
                customer_id=world.tenant.customer_id,
                sequence_id=sequence.id,
                contact_ids=[contact.id for contact in contacts],
                enrolled_by=world.tenant.user_id,
                source=EnrollmentSource.API,
                now=midnight,
            )
            ids = [one.enrollment_id for one in verdicts if one.enrollment_id is not None]
            slots = text(
                """SELECT enrollment_id, sequence_step_id, slot_at FROM send_slots
                   WHERE enrollment_id = ANY(:ids) AND NOT follow_up ORDER BY slot_at"""
            )
            rows = (await session.execute(slots, {"ids": ids})).all()
        for row in rows:
            await _send_at(world, StepRun(row.enrollment_id, row.sequence_step_id, row.slot_at))
        begun += ids
    # Temporal hears of them only now, so their workflows begin with the follow-up.
    await world.settle()
    return begun


async def _send_at(world: World, run: StepRun) -> None:
    now = run.now
    resources = make_resources(world.resources.settings, world.engine, lambda: now)
    standing = await EmailActivities(resources)._send(run)
    await resources.close()
    assert standing.plan is not None
    assert standing.plan.due_at.date() == (now + FOLLOW_UP_AFTER).date(), "the follow-up was put off"


def _paused(begun: Sequence[UUID]) -> Sequence[UUID]:
    return begun[::10]


async def _resume_some(world: World, begun: Sequence[UUID]) -> None:
    """Every tenth follow-up gives its slot back, to a first email, and comes back when its day is full."""
    some = _paused(begun)
    for id in some:
        async with world.sessions.begin() as session:
            await enrollments.pause(session, enrollment_id=id, now=world.resources.clock())
    await world.settle()
    for id in some:
        async with world.sessions.begin() as session:
            await enrollments.resume(session, enrollment_id=id, now=world.resources.clock())
    await world.settle()


async def _contacts(world: World, number: int) -> list[Contact]:
    whose = {"customer_id": world.tenant.customer_id, "workspace_id": world.tenant.workspace_id}
    contacts = [
        Contact(**whose, id=uuid4(), email=f"{uuid4().hex}@prospect.example", first_name="Grace") for _ in range(number)
    ]
    async with world.sessions.begin() as session:
        session.add_all(contacts)
    return contacts


async def _result(
    world: World, today: date, begun: Sequence[UUID], wake_ups: tuple[Counter[str], Counter[str]], limit: int
) -> Starvation:
    async with world.sessions() as session:
        rows = (
            await session.execute(
                text(
                    """SELECT enrollment_id, message_id, sending_at, subject FROM email_messages
                       WHERE sending_at IS NOT NULL ORDER BY sending_at"""
                )
            )
        ).all()
    first_days: dict[UUID, date] = {}
    found: dict[UUID, date] = {}
    for row in rows:
        days = found if row.enrollment_id in first_days else first_days
        days[row.enrollment_id] = row.sending_at.date()
    never = date.max
    follow_ups = Counter((first_days[id] + FOLLOW_UP_AFTER, found.get(id, never)) for id in begun)
    received = Counter(one.message_id for one in world.mail.received())
    paused = set(_paused(begun))
    since = [row for row in rows if row.sending_at.date() >= today]
    return Starvation(
        follow_ups=follow_ups,
        by_day=Counter(row.sending_at.date() for row in rows),
        sends=len(since),
        wake_ups=wake_ups[0],
        sends_of_paused=sum(row.enrollment_id in paused for row in since),
        wake_ups_of_paused=wake_ups[1],
        messages_twice=sum(count > 1 for count in received.values()),
        limit=limit,
    )


async def count_wake_ups(client: Client, enrollment_ids: Sequence[UUID]) -> Counter[str]:
    """Over the whole histories of the enrollments' workflows, by what woke them."""
    gate = asyncio.Semaphore(_READ_AT_ONCE)

    async def count(id: UUID) -> Counter[str]:
        async with gate:
            history = await client.get_workflow_handle(enrollment_workflow_id(id)).fetch_history()
        return wake_ups([event.event_type for event in history.events])

    return sum(await asyncio.gather(*(count(id) for id in enrollment_ids)), Counter())


def wake_ups(events: Sequence["EventType.ValueType"]) -> Counter[str]:
    """Workflow tasks by what brought them about, without those that only hear what the workflow's activity answered."""
    causes: Counter[str] = Counter()
    cause, answered = "", False
    for event in events:
        if event == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            if cause or not answered:
                causes[cause or "nothing"] += 1
            cause, answered = "", False
        elif event in _ANSWERS:
            answered = True
        elif event not in _CONSEQUENCES:
            cause = cause or EventType.Name(event).removeprefix("EVENT_TYPE_").lower()
    return causes
