"""An absence holds the workflow until the day after it, and the next sending window then."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest_asyncio
from sqlalchemy import text, update
from temporalio.testing import WorkflowEnvironment

from db import absences
from db.models import Contact, Sequence
from domain.vocabulary import EnrollmentStatus, WaitingReason
from tests.factories import column, email_step
from tests.workflows.conftest import World, one_clock
from tests.workflows.test_steps import arrange


@pytest_asyncio.fixture
async def clock_server() -> AsyncIterator[WorkflowEnvironment]:
    """A server of its own for each test: the clock of the shared one has been moved on by others."""
    async with one_clock() as environment:
        yield environment


async def away(world: World, contact: Contact, until: date) -> None:
    """The contact's mailbox answers that they are away."""
    async with world.sessions.begin() as session:
        message = await session.execute(
            text("SELECT id AS contact_id, workspace_id FROM contacts WHERE id = :id"), {"id": contact.id}
        )
        await absences.pause_for(session, message.one(), until, world.resources.clock())
    await world.settle()


async def sent_at(world: World, id: UUID) -> datetime:
    async with world.sessions() as session:
        (instant,) = await column(session, "SELECT sent_at FROM email_messages WHERE enrollment_id = :id", id=id)
    assert isinstance(instant, datetime)
    return instant


async def test_after_an_absence_the_step_goes_in_the_next_window(world: World) -> None:
    sequence, contact = await arrange(world, [email_step("Hello", delay_days=2)])
    async with world.sessions.begin() as session:
        await session.execute(update(Sequence).where(Sequence.id == sequence.id).values(sending_window_start=time(9)))
    (id,) = await world.enroll(sequence, contact)
    until = world.resources.clock().date() + timedelta(days=10)
    await away(world, contact, until)
    async with world.working():
        await world.result(id)
    back = datetime.combine(until + timedelta(days=1), time(9), UTC)
    assert back <= await sent_at(world, id) < back + timedelta(minutes=5)


async def test_an_absence_that_is_extended_holds_a_running_workflow_longer(still_world: World) -> None:
    world = still_world
    sequence, contact = await arrange(world, [email_step("Hello", delay_days=2)])
    today = world.resources.clock().date()
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await away(world, contact, today + timedelta(days=5))
        held = await world.until(id, lambda p: p.status is EnrollmentStatus.PAUSED)
        assert held.waiting_reason is WaitingReason.OUT_OF_OFFICE
        await away(world, contact, today + timedelta(days=20))
        await world.skip(timedelta(days=10))
        assert (await world.until(id, lambda p: True)).status is EnrollmentStatus.PAUSED
        await world.skip(timedelta(days=15))
        await world.result(id)
    assert (await sent_at(world, id)).date() > today + timedelta(days=20)
