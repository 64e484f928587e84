"""What one planning decision costs: CPU of this process, statements and transactions, each decision by itself.

It works on a database of its own beside the product's, where 10,000 contacts wait for a mailbox of 100 a day, and calls
the very functions that the API and the worker call. The CPU is that of Python alone (planner, SQLAlchemy, driver): that
of the Postgres server is in the wall time.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import StringIO
from statistics import median
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from pydantic import SecretStr
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from benchmarks.figures import Figure
from benchmarks.servers import Servers
from db import definitions, enrolling, executions, messages, next_steps, slots
from db.engine import create_engine, session_factory
from db.migrations import upgrade
from db.models import Contact, Customer, EmailAccount, Sequence, SequenceStep, User, Workspace
from domain.vocabulary import EnrollmentSource, SequenceStatus, StepType
from settings import Settings

WAITING = 10_000
NUMBER = 60
"""Decisions of one kind in one repetition; the median of their costs is one value."""
WARM_UP = 15
_NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
_CHUNK = 2_000
_STEPS: tuple[dict[str, Any], ...] = (
    {"subject_template": "One"},
    {"delay_days": 3},
    {"delay_days": 4},
    {"delay_days": 7},
)


class Cost(NamedTuple):
    """Of one decision."""

    cpu_ms: float
    wall_ms: float
    statements: int


@dataclass(slots=True)
class Queue:
    """The database in which contacts wait, and how many statements its connections have run."""

    engine: AsyncEngine
    customer_id: UUID
    sequence_id: UUID
    enrollments: list[UUID]
    """Those that wait, the first in the queue first."""
    statements: int = 0

    @property
    def sessions(self) -> async_sessionmaker[AsyncSession]:
        return session_factory(self.engine)

    def take(self, number: int) -> list[UUID]:
        """The next in the queue, each once."""
        taken, self.enrollments = self.enrollments[:number], self.enrollments[number:]
        return taken

    async def cost(self, decide: Callable[[AsyncSession], Awaitable[object]]) -> Cost:
        """The cost of one decision with its transaction, which is the only one."""
        sessions, statements = self.sessions, self.statements
        cpu, wall = time.process_time(), time.perf_counter()
        async with sessions.begin() as session:
            await decide(session)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        return Cost(1000 * cpu, 1000 * wall, self.statements - statements)


async def measure(servers: Servers, number: int | None, repetitions: int) -> list[Figure]:
    """Three decisions, each on the full queue."""
    number = number or NUMBER
    figures: list[Figure] = []
    async with waiting_queue(servers.running.database_url) as queue:
        kinds = {
            "the next step, kept in the chain": next_step_costs,
            "enrolling one behind 10,000": enrolling_costs,
            "a late email behind 10,000": rescheduling_costs,
        }
        for name, measured in kinds.items():
            await measured(queue, WARM_UP)
            rounds = [await measured(queue, number) for _ in range(repetitions)]
            figures += _figures(name, rounds)
    return figures


def _figures(name: str, rounds: Iterable[list[Cost]]) -> list[Figure]:
    medians = [Cost(*(median(column) for column in zip(*costs, strict=True))) for costs in rounds]
    return [
        Figure(f"Planning {name}: CPU", "ms", [one.cpu_ms for one in medians]),
        Figure(f"Planning {name}: statements", "in 1 transaction", [one.statements for one in medians]),
        Figure(f"Planning {name}: wall", "ms", [one.wall_ms for one in medians]),
    ]


async def next_step_costs(queue: Queue, number: int) -> list[Cost]:
    """The first email is sent: the sequence is read, and the enrollment keeps the slots that it has."""
    costs = []
    for id in queue.take(number):
        at = await _send(queue, id)

        async def decide(session: AsyncSession, id: UUID = id, at: datetime = at) -> None:
            sequence = await definitions.load(session, queue.sequence_id)
            await next_steps.after(session, id, sequence, order=1, counted_from=at, now=at, reserve=True)

        costs.append(await queue.cost(decide))
    return costs


async def enrolling_costs(queue: Queue, number: int) -> list[Cost]:
    """One more contact, as the API enrolls it."""
    contacts = await _contacts(queue, number)
    costs = []
    for contact in contacts:

        async def decide(session: AsyncSession, contact: UUID = contact) -> None:
            await _enroll(session, queue, [contact])

        costs.append(await queue.cost(decide))
    return costs


async def rescheduling_costs(queue: Queue, number: int) -> list[Cost]:
    """A first email that comes a minute too late for its slot, which others follow closely: it gets another."""
    costs = []
    for id in queue.take(number):

        async def decide(session: AsyncSession, id: UUID = id) -> None:
            await executions.reschedule(session, id, now=_NOW + timedelta(minutes=1))

        costs.append(await queue.cost(decide))
    return costs


@asynccontextmanager
async def waiting_queue(server_url: str, waiting: int = WAITING) -> AsyncIterator[Queue]:
    """A database on the server with ``waiting`` contacts in a queue, until the block ends."""
    name = f"planning_{uuid4().hex}"
    url = server_url.rsplit("/", 1)[0] + f"/{name}"
    server, engine = (create_engine(Settings(database_url=SecretStr(one))) for one in (server_url, url))
    await _on_server(server, f"CREATE DATABASE {name}")
    try:
        with redirect_stdout(StringIO()):
            await asyncio.to_thread(upgrade, url)
        yield await _fill(engine, waiting)
    finally:
        await engine.dispose()
        await _on_server(server, f"DROP DATABASE {name} WITH (FORCE)")
        await server.dispose()


async def _fill(engine: AsyncEngine, waiting: int) -> Queue:
    async with session_factory(engine).begin() as session:
        customer = Customer(name="Customer")
        session.add(customer)
        await session.flush()
        queue = Queue(engine, customer.id, await _make_sequence(session, customer.id), [])
    for _ in range(0, waiting, _CHUNK):
        contacts = await _contacts(queue, min(_CHUNK, waiting))
        async with queue.sessions.begin() as session:
            queue.enrollments += await _enroll(session, queue, contacts)
    async with engine.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text("ANALYZE"))

    @event.listens_for(engine.sync_engine, "before_cursor_execute")
    def count(*_: object) -> None:
        queue.statements += 1

    return queue


async def _make_sequence(session: AsyncSession, customer_id: UUID) -> UUID:
    """Four emails within working hours, from a mailbox with a gap and jitter, throttled and capped."""
    workspace = Workspace(
        customer_id=customer_id, name="Sales", postal_address="1 Main Street", timezone="Europe/Paris"
    )
    user = User(customer_id=customer_id, email="ann@customer.example")
    session.add_all([workspace, user])
    await session.flush()
    whose: dict[str, Any] = {"customer_id": customer_id, "workspace_id": workspace.id, "created_by": user.id}
    mailbox = EmailAccount(
        **whose, email="ann@s.example", smtp_host="127.0.0.1", smtp_port=25, daily_limit=100, gap_jitter_seconds=60
    )
    session.add(mailbox)
    await session.flush()
    sequence = Sequence(
        **whose,
        name="Queue",
        owner_id=user.id,
        status=SequenceStatus.ACTIVE,
        default_email_account_id=mailbox.id,
        sending_timezone="Europe/Paris",
        throttle_delay_minutes=1,
        sending_hours={day: [["08:00", "12:00"], ["13:00", "18:00"]] for day in _WORKING_DAYS},
    )
    session.add(sequence)
    await session.flush()
    for order, step in enumerate(_STEPS, start=1):
        fields = {"step_type": StepType.EMAIL, "body_template": "Hello", "step_order": order, **step}
        session.add(SequenceStep(sequence_id=sequence.id, customer_id=customer_id, **fields))
    return sequence.id


_WORKING_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


async def _contacts(queue: Queue, number: int) -> list[UUID]:
    async with queue.sessions.begin() as session:
        workspace_id = await session.scalar(text("SELECT id FROM workspaces"))
        whose = {"customer_id": queue.customer_id, "workspace_id": workspace_id}
        contacts = [Contact(**whose, email=f"{uuid4().hex}@prospect.example", id=uuid4()) for _ in range(number)]
        session.add_all(contacts)
        return [contact.id for contact in contacts]


async def _enroll(session: AsyncSession, queue: Queue, contacts: list[UUID]) -> list[UUID]:
    verdicts = await enrolling.enroll(
        session,
        customer_id=queue.customer_id,
        sequence_id=queue.sequence_id,
        contact_ids=contacts,
        enrolled_by=None,
        source=EnrollmentSource.API,
        now=_NOW,
    )
    return [one.enrollment_id for one in verdicts if one.enrollment_id is not None]


async def _send(queue: Queue, enrollment_id: UUID) -> datetime:
    """The enrollment's first email goes out at its slot, as the activity records it; answers when."""
    first = text(
        "SELECT sequence_step_id, email_account_id, slot_at FROM send_slots WHERE enrollment_id = :id ORDER BY slot_at"
    )
    token = uuid4()
    async with queue.sessions.begin() as session:
        slot = (await session.execute(first, {"id": enrollment_id})).first()
        assert slot is not None
        await messages.claim(
            session,
            enrollment_id=enrollment_id,
            step_id=slot.sequence_step_id,
            account_id=slot.email_account_id,
            message_id=f"<{enrollment_id}@s.example>",
            token=token,
            subject="One",
            body_text="Hello",
            body_html="",
            in_reply_to=None,
            now=slot.slot_at,
        )
        await slots.use(session, enrollment_id, slot.sequence_step_id, slot.slot_at)
        id = messages.claim_id(enrollment_id, slot.sequence_step_id)
        await messages.mark_sending(session, id, token, slot.slot_at)
        instant: datetime = slot.slot_at
        return instant


async def _on_server(server: AsyncEngine, statement: str) -> None:
    async with server.connect() as connection:
        await (await connection.execution_options(isolation_level="AUTOCOMMIT")).execute(text(statement))
