"""What explain says comes true, and the Temporal UI says the same: predictions and sentences against real workflows."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import text
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.testing import WorkflowEnvironment

from db import enrollments, explanations
from db.models import Contact
from domain.scheduling.explanations import Explanation, State
from domain.vocabulary import Blocker, StepType, WaitingReason
from tests.factories import email_step, make_contact, make_sequence
from tests.workflows.conftest import World, one_clock
from tests.workflows.test_delays import waiting_for
from tests.workflows.test_steps import arrange
from workflows.enrollment import EnrollmentWorkflow

PROMPT = timedelta(seconds=10)
"""How long a loaded machine may take from a slot to the send."""


@pytest_asyncio.fixture
async def clock_server() -> AsyncIterator[WorkflowEnvironment]:
    """A test server of its own for each test: its clock shows the present, for nobody has moved it on yet."""
    async with one_clock() as environment:
        yield environment


async def explain(world: World, id: UUID) -> Explanation:
    async with world.sessions() as session:
        customer_id, now = world.tenant.customer_id, world.resources.clock()
        return await explanations.explain(session, customer_id=customer_id, enrollment_id=id, now=now)


async def details(world: World, id: UUID) -> str:
    """What the Temporal UI shows as the workflow's current details."""
    metadata = await world.workflow(id).query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
    assert isinstance(metadata, WorkflowMetadata)
    return metadata.current_details


async def queue_up(world: World, count: int, steps: list[dict[str, Any]], **mailbox: int) -> list[UUID]:
    """Enroll contacts behind each other on the mailbox, which is given a pace."""
    async with world.sessions.begin() as session:
        pairs = ", ".join(f"{name} = :{name}" for name in mailbox)
        await session.execute(
            text(f"UPDATE email_accounts SET {pairs} WHERE id = :id"), {"id": world.mailbox.id, **mailbox}
        )
        sequence = await make_sequence(session, world.tenant, steps, mailbox=world.mailbox)
        contacts: list[Contact] = [await make_contact(session, world.tenant) for _ in range(count)]
    return await world.enroll(sequence, *contacts)


async def sent(world: World) -> Mapping[UUID, list[datetime]]:
    """When the emails of each enrollment were sent."""
    found: dict[UUID, list[datetime]] = {}
    async with world.sessions() as session:
        rows = await session.execute(text("SELECT enrollment_id, sent_at FROM email_messages ORDER BY sent_at"))
        for row in rows:
            found.setdefault(row.enrollment_id, []).append(row.sent_at)
    return found


async def test_each_email_of_a_queue_goes_at_the_instant_that_was_told(world: World) -> None:
    ids = await queue_up(world, 8, [email_step("Hello")], daily_limit=3, min_gap_seconds=900, gap_jitter_seconds=120)
    told = {id: await explain(world, id) for id in ids}
    waiting = {id: one for id, one in told.items() if one.state is not State.RUNNING}
    assert len(waiting) >= 7
    assert all(one.state is State.WAITING and one.obstacles and one.at for one in waiting.values())
    limited = [one for one in waiting.values() if Blocker.MAILBOX_LIMIT in {o.kind for o in one.obstacles}]
    assert len(limited) == 5
    assert [one.place.ahead for one in told.values() if one.place] == list(range(8))[-len(waiting) :]
    async with world.working():
        for id in ids:
            await world.result(id)
    really = await sent(world)
    late = [really[id][0] - one.at for id, one in waiting.items() if one.at]
    assert all(timedelta(0) <= one <= PROMPT for one in late), late


async def test_a_follow_up_goes_at_the_instant_that_was_told_after_the_first_email(still_world: World) -> None:
    world = still_world
    sequence, contact = await arrange(world, [email_step("One"), email_step(delay_days=3, delay_hours=2)])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await waiting_for(world, id, 2)
        told = await explain(world, id)
        assert (told.state, [one.kind for one in told.obstacles]) == (State.WAITING, [Blocker.DELAY])
        assert told.at is not None
        assert told.obstacles[0].lifts_at == told.at
        await world.skip(told.at - world.resources.clock())
        await world.result(id)
    late = (await sent(world))[id][1] - told.at
    assert timedelta(0) <= late <= PROMPT


async def test_the_temporal_ui_shows_the_sentence_of_the_api_while_it_waits(still_world: World) -> None:
    world = still_world
    steps = [email_step("One"), email_step(delay_days=1)]
    ids = await queue_up(world, 3, steps, daily_limit=1, min_gap_seconds=60)
    async with world.working():
        await waiting_for(world, ids[0], 2)
        for id in ids[1:]:
            await world.workflow(id).execute_update(EnrollmentWorkflow.wake)
        sentences = [(await explain(world, id)).summary for id in ids]
        assert sentences == [await details(world, id) for id in ids]
    assert sentences[0].endswith("behind its delay.")
    assert all(sentence.startswith("Step 1 (email) is planned for 20") for sentence in sentences[1:])
    assert all(sentence.endswith("behind the mailbox's daily limit.") for sentence in sentences[1:])


@pytest.mark.parametrize("kind", [kind for kind in StepType if kind is not StepType.EMAIL])
async def test_the_temporal_ui_shows_the_sentence_of_the_api_for_every_kind_of_step(
    still_world: World, kind: StepType
) -> None:
    world, now = still_world, still_world.resources.clock()
    opened = {"conditions": [{"field": "email_opened", "operator": "equals", "value": True}]}
    step = {"step_type": kind, "delay_days": 2, "conditions": opened if kind is StepType.CONDITIONAL else None}
    sequence, contact = await arrange(world, [email_step("One"), step])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await waiting_for(world, id, 2)
        assert (await explain(world, id)).summary == await details(world, id)
        async with world.sessions.begin() as session:
            await enrollments.pause(session, enrollment_id=id, now=now, resume_at=now + timedelta(days=9))
        await world.settle()
        await world.until(id, lambda progress: progress.waiting_reason is WaitingReason.PAUSED)
        assert (await explain(world, id)).summary == await details(world, id)
        async with world.sessions.begin() as session:
            await enrollments.resume(session, enrollment_id=id, now=now)
        await world.settle()
        await world.until(id, lambda progress: progress.waiting_reason is None)
        waiting = await explain(world, id)
        assert (waiting.state, waiting.summary) == (State.WAITING, await details(world, id))


async def test_the_temporal_ui_shows_the_sentence_of_the_api_for_what_is_held_and_what_has_ended(world: World) -> None:
    sequence, contact = await arrange(world, [{"step_type": StepType.CALL}])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await world.until(id, lambda progress: progress.waiting_reason is WaitingReason.TASK)
        assert (await explain(world, id)).summary == await details(world, id)
        assert await details(world, id) == "Step 1 (call) is held: a person has to do its task first."
        async with world.sessions.begin() as session:
            await enrollments.stop(session, enrollment_id=id, now=world.resources.clock())
        await world.settle()
        await world.result(id)
        assert (await explain(world, id)).summary == await details(world, id) == "Ended: stopped (manual_stop)."
