"""Counts are those of a recount at any time, whatever happens at once; drift is named and mended."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from random import Random  # noqa: TID251 - the accidents of a test are not drawn from the engine's hashes
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from db import activity_reports, contact_erasure, enrolling, enrollments, executions, messages, statistics
from db.engagements import Engagement, record
from db.models import EmailMessage
from db.transience import is_transient
from domain.errors import Conflict, Invalid, NotFound
from domain.vocabulary import ActivityType, EmailMessageStatus, EnrollmentSource, StepOutcome
from tests.db.conftest import NOW, Scene, claim_current
from tests.db.lists import author
from tests.factories import email_step

OPENED, CLICKED, REPLIED, BOUNCED, UNSUBSCRIBED, DELIVERED, SENT = (
    ActivityType.EMAIL_OPENED,
    ActivityType.EMAIL_CLICKED,
    ActivityType.EMAIL_REPLIED,
    ActivityType.EMAIL_BOUNCED,
    ActivityType.EMAIL_UNSUBSCRIBED,
    ActivityType.EMAIL_DELIVERED,
    ActivityType.EMAIL_SENT,
)
SUBTYPES: dict[ActivityType, tuple[str | None, ...]] = {
    OPENED: ("human", "human", None, "machine", "unknown"),
    CLICKED: ("human", None, "machine", "unknown"),
    BOUNCED: ("hard", "soft"),
}
WORKERS = 8
"""Connections that do something at once."""


async def drift(scene: Scene) -> list[statistics.Drift]:
    async with scene.sessions() as session:
        return await statistics.drift(session, customer_id=scene.tenant.customer_id)


async def recount(scene: Scene) -> list[statistics.Drift]:
    return await statistics.recount(scene.sessions, customer_id=scene.tenant.customer_id)


# --- whatever happens ----------------------------------------------------------------------------------------------


class Traffic:
    """Things that happen, drawn at random, each in a transaction of its own."""

    def __init__(self, scene: Scene, sequence_ids: list[UUID], contact_ids: list[UUID], seed: int) -> None:
        self._scene, self._sequences, self._contacts = scene, sequence_ids, contact_ids
        self._random = Random(seed)
        self.done: set[str] = set()

    async def run(self, count: int, *, erasing: bool = False) -> None:
        events: list[Callable[[AsyncSession], Awaitable[object]]] = [
            self.enroll, self.send, self.send, self.send, self.learn, self.happen, self.happen, self.happen,
            self.report, self.report, self.batch, self.remove,
        ]  # fmt: skip
        for _ in range(count):
            event = self._random.choice(events) if not erasing or self._random.random() > 0.02 else self.erase
            try:
                async with self._scene.sessions.begin() as session:
                    await event(session)
                self.done.add(event.__name__)
            except (NotFound, Conflict, Invalid):
                # Somebody else was quicker: the enrollment or the contact is gone.
                continue
            except DBAPIError as error:
                # Who enrolls a contact, or sends to it, at the moment of its erasure may have to do it again.
                if not erasing or not (is_transient(error) or isinstance(error, IntegrityError)):
                    raise

    async def enroll(self, session: AsyncSession) -> None:
        tenant = self._scene.tenant
        await enrolling.enroll(
            session,
            customer_id=tenant.customer_id,
            sequence_id=self._random.choice(self._sequences),
            contact_ids=self._random.sample(self._contacts, 2),
            enrolled_by=tenant.user_id,
            source=EnrollmentSource.MANUAL,
            now=NOW,
        )

    async def send(self, session: AsyncSession) -> None:
        """A step's email: sent, refused, or nobody knows; its step is completed."""
        row = await self._any(session, "sequence_enrollments", "status = 'active' AND current_step_id IS NOT NULL")
        if row is None:
            return
        async with self._scene.sessions.begin() as claiming:
            if not await claim_current(claiming, row.id, self._scene.mailbox.id):
                return
        step_id = (await enrollments.lock(session, row.id)).current_step_id
        id, fate = messages.claim_id(row.id, step_id), self._random.choice(("sent", "sent", "unknown", "refused"))
        if await session.get(EmailMessage, id) is None:  # Somebody else has sent it meanwhile.
            return
        if fate == "sent":
            await messages.record_sent(session, id, self._at())
        else:
            status = EmailMessageStatus.UNKNOWN if fate == "unknown" else EmailMessageStatus.FAILED
            await messages.settle(session, id, status, self._at())
        if fate == "refused":
            await record(session, [Engagement(await messages.get(session, id), BOUNCED, self._at(), "hard")], now=NOW)
        outcome = StepOutcome.FAILED if fate == "refused" else StepOutcome.EXECUTED
        await executions.complete_step(session, enrollment_id=row.id, step_id=step_id, now=self._at(), outcome=outcome)

    async def learn(self, session: AsyncSession) -> None:
        """What nobody knew was sent after all."""
        row = await self._any(session, "email_messages", "status = 'unknown'")
        if row is not None:
            await messages.record_sent(session, row.id, self._at())

    async def happen(self, session: AsyncSession) -> None:
        """A batch of events of a few emails, of which some come many times."""
        emails = [row for row in [await self._any(session, "email_messages") for _ in range(3)] if row is not None]
        kinds = (OPENED, OPENED, CLICKED, REPLIED, BOUNCED, UNSUBSCRIBED, DELIVERED)
        events = []
        for _ in range(self._random.randint(1, 8) if emails else 0):
            kind = self._random.choice(kinds)
            subtype = self._random.choice(SUBTYPES.get(kind, (None,)))
            events.append(Engagement(self._random.choice(emails), kind, self._at(), subtype))
        await record(session, events, now=NOW)

    async def report(self, session: AsyncSession) -> None:
        customer_id, fields = self._scene.tenant.customer_id, await self._reported(session)
        await activity_reports.record(session, customer_id=customer_id, fields=fields, now=self._at())

    async def batch(self, session: AsyncSession) -> None:
        """Several reports at once, of which some are one and the same."""
        customer_id, reports = self._scene.tenant.customer_id, [await self._reported(session) for _ in range(8)]
        reports = [one | {"external_id": str(self._random.randint(1, 500))} for one in [*reports, reports[0]]]
        await activity_reports.record_all(session, customer_id=customer_id, reports=reports, now=self._at())

    async def _reported(self, session: AsyncSession) -> dict[str, Any]:
        """An API client's activity that names its email in one of many ways, or not at all."""
        kind = self._random.choice((SENT, DELIVERED, OPENED, OPENED, CLICKED, REPLIED, BOUNCED, UNSUBSCRIBED))
        contact_id = self._random.choice(self._contacts)
        where = f"contact_id = '{contact_id}'"
        email = await self._any(session, "email_messages", where)
        enrollment = await self._any(session, "sequence_enrollments", where)
        fields: dict[str, Any] = {"contact_id": contact_id, "activity_type": kind, "occurred_at": self._at()}
        fields["activity_subtype"] = self._random.choice(SUBTYPES.get(kind, (None,)))
        name = self._random.choice(("ours", "theirs", "enrollment", "step", "sequence", "nothing"))
        if name == "ours" and email is not None:
            fields["email_message_id"] = email.message_id
        elif name == "theirs":
            fields["email_message_id"] = f"<{self._random.randint(1, 3)}@elsewhere.example>"
            fields["sequence_id"] = self._random.choice([None, *self._sequences])
        elif name == "enrollment" and enrollment is not None:
            fields["enrollment_id"] = enrollment.id
        elif name == "step" and email is not None and email.enrollment_id is not None:
            fields |= {"enrollment_id": email.enrollment_id, "sequence_step_id": email.sequence_step_id}
        elif name == "sequence":
            fields["sequence_id"] = self._random.choice(self._sequences)
        return fields

    async def remove(self, session: AsyncSession) -> None:
        row = await self._any(session, "sequence_enrollments")
        if row is not None and self._random.random() < 0.3:
            customer_id = self._scene.tenant.customer_id
            await enrollments.remove(session, customer_id=customer_id, enrollment_id=row.id, now=self._at())

    async def erase(self, session: AsyncSession) -> None:
        id = self._random.choice(self._contacts)
        await contact_erasure.erase(session, author(self._scene), contact_id=id, now=self._at())

    async def _any(self, session: AsyncSession, table: str, where: str = "true") -> Row[Any] | None:
        found = await session.execute(
            text(f"SELECT * FROM {table} WHERE customer_id = :customer_id AND {where} ORDER BY id"),
            {"customer_id": self._scene.tenant.customer_id},
        )
        rows = found.all()
        return self._random.choice(rows) if rows else None

    def _at(self) -> Any:
        return NOW + timedelta(minutes=self._random.randint(0, 10_000))


async def busy(scene: Scene, seed: int, events: int, *, erasing: bool = False) -> set[str]:
    """Several connections at once, each with its own random events; answers which kinds came to pass."""
    sequences = [await scene.sequence(email_step("One"), email_step(delay_days=1)) for _ in range(2)]
    people = await scene.contacts(8)
    ids = [one.id for one in sequences], [one.id for one in people]
    traffic = [Traffic(scene, *ids, seed=seed * 100 + worker) for worker in range(WORKERS)]
    await asyncio.gather(*(one.run(events, erasing=erasing) for one in traffic))
    return set.union(*(one.done for one in traffic))


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_at_once_a_recount_finds_the_counts_that_are_there(scene: Scene, seed: int) -> None:
    happened = await busy(scene, seed, 40)
    assert await drift(scene) == []
    assert happened == {"enroll", "send", "learn", "happen", "report", "batch", "remove"}


@pytest.mark.parametrize("seed", range(2))
async def test_counts_stay_those_of_the_rows_while_contacts_are_erased(scene: Scene, seed: int) -> None:
    assert "erase" in await busy(scene, seed, 40, erasing=True)
    assert await drift(scene) == []


async def test_rates_stay_within_a_hundred_per_cent_whatever_clients_report(scene: Scene) -> None:
    contact = await scene.contact()
    for number in range(30):
        for kind in (OPENED, CLICKED, REPLIED):
            await report(scene, contact.id, kind, email_message_id=f"<{number}@elsewhere.example>")
            await report(scene, contact.id, kind)
    row = await scene.one("SELECT * FROM contacts WHERE id = :id", id=contact.id)
    assert (row.total_emails_received, row.total_emails_opened) == (120, 60)
    assert max(row.open_rate, row.click_rate, row.reply_rate) == 50
    assert await drift(scene) == []


async def report(scene: Scene, contact_id: UUID, kind: ActivityType, **fields: Any) -> None:
    values = {"contact_id": contact_id, "activity_type": kind, **fields}
    async with scene.sessions.begin() as session:
        await activity_reports.record(session, customer_id=scene.tenant.customer_id, fields=values, now=NOW)


# --- drift ---------------------------------------------------------------------------------------------------------

FALSIFIED = [
    ("email_messages", "opened_at"),
    ("email_messages", "replied_at"),
    ("contacts", "total_emails_received"),
    ("contacts", "total_links_clicked"),
    ("contacts", "last_contacted_at"),
    ("contacts", "last_seen_at"),
    ("contact_lists", "total_contacts"),
    ("contact_lists", "active_contacts"),
    ("sequences", "total_enrolled"),
    ("sequences", "total_delivered"),
    ("sequences", "total_unsubscribed"),
    ("sequence_steps", "times_executed"),
    ("sequence_steps", "success_rate"),
    ("sequence_enrollments", "total_emails_sent"),
    ("sequence_enrollments", "total_opens"),
    ("sequence_enrollments", "last_step_completed_at"),
]


async def test_every_statistic_that_is_false_is_named_and_mended(scene: Scene) -> None:
    await busy(scene, 99, 20)
    await scene.execute(
        """INSERT INTO contact_lists (customer_id, workspace_id, name, created_by)
           VALUES (:customer_id, :workspace_id, 'All', :user_id)""",
        workspace_id=scene.tenant.workspace_id,
        user_id=scene.tenant.user_id,
    )
    assert await drift(scene) == []
    for table, column in FALSIFIED:
        wrong = "'2001-01-01T00:00:00Z'" if column.endswith("_at") else "77"
        await scene.execute(
            f"""UPDATE {table} SET {column} = {wrong}
                WHERE id = (SELECT id FROM {table} WHERE customer_id = :customer_id ORDER BY id LIMIT 1)"""
        )
    found = await drift(scene)
    assert {(one.table, one.column) for one in found} == set(FALSIFIED)
    assert len(found) == len(FALSIFIED)
    assert sorted(await recount(scene), key=str) == sorted(found, key=str)
    assert await drift(scene) == []
    assert await recount(scene) == []


async def test_drift_says_what_is_stored_and_what_is_counted(scene: Scene) -> None:
    contact = await scene.contact()
    await scene.execute("UPDATE contacts SET total_replies = NULL WHERE id = :id", id=contact.id)
    assert await drift(scene) == [statistics.Drift("contacts", contact.id, "total_replies", None, 0)]


async def test_the_drift_of_a_customer_is_no_other_customers(scene: Scene, other: Scene) -> None:
    contact = await other.contact()
    await other.execute("UPDATE contacts SET total_replies = 1 WHERE id = :id", id=contact.id)
    assert await drift(scene) == []
    assert await recount(scene) == []
    async with scene.sessions() as session:
        assert contact.id in [one.id for one in await statistics.drift(session)]
    await statistics.recount(scene.sessions)
    assert await drift(other) == []


async def test_mending_loses_nothing_that_is_recorded_meanwhile(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))

    async def falsify_and_mend() -> None:
        for _ in range(5):
            await scene.execute("UPDATE sequences SET total_opened = 9 WHERE customer_id = :customer_id")
            await scene.execute("UPDATE contacts SET total_emails_opened = 9 WHERE customer_id = :customer_id")
            await recount(scene)

    async def open_again() -> None:
        for _ in range(10):
            async with scene.sessions.begin() as session:
                await record(session, [Engagement(message, OPENED, NOW)], now=NOW)

    await asyncio.gather(falsify_and_mend(), *(open_again() for _ in range(4)))
    assert await drift(scene) == []
    assert (await scene.enrollment(message.enrollment_id)).total_opens == 40


# --- what is classed anew ------------------------------------------------------------------------------------------


async def test_counts_follow_what_is_classed_anew(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    async with scene.sessions.begin() as session:
        await record(session, [Engagement(message, OPENED, NOW, "human")], now=NOW)
    machine = text("UPDATE contact_activities SET activity_subtype = 'machine' WHERE activity_type = 'email_opened'")
    async with scene.sessions.begin() as session, statistics.changing(session, [message.contact_id]):
        await session.execute(machine)
    assert await drift(scene) == []
    row = await scene.one("SELECT * FROM sequences WHERE id = :id", id=message.sequence_id)
    assert (row.total_sent, row.total_opened) == (1, 0)
    contact = await scene.one("SELECT * FROM contacts WHERE id = :id", id=message.contact_id)
    assert (contact.total_emails_opened, contact.last_opened_at, contact.open_rate) == (0, None, 0)
