"""Capacity on real servers: each send wakes its enrollment once, and what was promised to mailboxes is kept."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, text
from temporalio.api.enums.v1 import EventType

from db import enrolling, sequences, steps
from db.models import Contact
from db.models import Sequence as SequenceRow
from domain.scheduling.schedule import PUNCTUAL
from domain.vocabulary import EnrollmentSource, StepType
from tests.factories import email_step, make_contact, make_sequence
from tests.workflows.conftest import World

GAP = timedelta(minutes=10)
WAKING = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
    EventType.EVENT_TYPE_TIMER_FIRED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
}
"""What makes a workflow that only waits run."""


async def pace(world: World, **columns: Any) -> None:
    """How much the mailbox sends."""
    assignments = ", ".join(f"{name} = :{name}" for name in columns)
    async with world.sessions.begin() as session:
        statement = text(f"UPDATE email_accounts SET {assignments} WHERE id = :id")
        await session.execute(statement, {"id": world.mailbox.id, **columns})


async def arrange(
    world: World, *steps: dict[str, Any], contacts: int = 1, **columns: Any
) -> tuple[SequenceRow, list[Contact]]:
    async with world.sessions.begin() as session:
        sequence = await make_sequence(session, world.tenant, steps, mailbox=world.mailbox, **columns)
        return sequence, [await make_contact(session, world.tenant) for _ in range(contacts)]


async def sends(world: World, enrollment_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """The sends with their slots, in the order in which they went."""
    async with world.sessions() as session:
        found = await session.execute(
            text(
                """SELECT enrollment_id, slot_at, used_at, sent_at, follow_up FROM send_slots
                   JOIN email_messages USING (enrollment_id, sequence_step_id)
                   WHERE enrollment_id = ANY(:ids) ORDER BY used_at"""
            ),
            {"ids": list(enrollment_ids)},
        )
        return found.all()


async def wake_ups(world: World, enrollment_id: UUID) -> int:
    """How often the enrollment's workflow was woken, by its history."""
    history = await world.workflow(enrollment_id).fetch_history()
    return sum(event.event_type in WAKING for event in history.events)


async def test_each_send_wakes_its_enrollment_once(world: World) -> None:
    await pace(world, min_gap_seconds=GAP.seconds, daily_limit=4)
    sequence, contacts = await arrange(world, email_step("One"), email_step(delay_days=1), contacts=6)
    async with world.working():
        ids = await world.enroll(sequence, *contacts)
        for id in ids:
            await world.result(id)
    went = await sends(world, ids)
    assert len(went) == 12
    assert [await wake_ups(world, id) for id in ids] == [2] * 6
    # Each went at its slot, and the slots keep the gap and the limit.
    assert all(timedelta(0) <= send.used_at - send.slot_at < PUNCTUAL for send in went)
    assert all(later.slot_at - earlier.slot_at >= GAP for earlier, later in pairwise(went))
    assert max(Counter(send.slot_at.date() for send in went).values()) <= 4
    # No follow-up waited behind a first email: it went on the day on which it was due.
    firsts = {send.enrollment_id: send.slot_at for send in went if not send.follow_up}
    assert all((send.slot_at.date() - firsts[send.enrollment_id].date()).days == 1 for send in went if send.follow_up)


async def test_who_is_planned_again_goes_at_the_new_instant_and_is_woken_once_more(still_world: World) -> None:
    world = still_world
    sequence, (moved, _) = await arrange(world, email_step("One"), email_step(delay_days=5), contacts=2)
    bystanders, (bystander,) = await arrange(world, email_step("One"), email_step(delay_days=1))
    async with world.working():
        (id,) = await world.enroll(sequence, moved)
        (other,) = await world.enroll(bystanders, bystander)
        for one in (id, other):
            await world.until(one, lambda progress: progress.due_at is not None, order=2)
        await change_delay(world, sequence, 2, 1)
        (first,) = [send for send in await sends(world, [id]) if not send.follow_up]
        await world.until(id, lambda progress: progress.due_at == first.slot_at + timedelta(days=1))
        await world.skip(timedelta(days=2))
        for one in (id, other):
            await world.result(one)
    _, second = await sends(world, [id])
    assert second.slot_at == first.slot_at + timedelta(days=1)
    assert second.sent_at - second.slot_at < GAP
    assert (await wake_ups(world, id), await wake_ups(world, other)) == (3, 2)


async def change_delay(world: World, sequence: SequenceRow, order: int, delay_days: int) -> None:
    """Change the delay of a step as the API does, and plan again."""
    now = world.resources.clock()
    async with world.sessions.begin() as session:
        row = await sequences.lock(session, customer_id=world.tenant.customer_id, sequence_id=sequence.id)
        (step,) = [step for step in await steps.of_sequence(session, row.id) if step.step_order == order]
        await steps.change(session, row, step_id=step.id, fields={"delay_days": delay_days}, now=now)
        await sequences.touch(session, row, user_id=world.tenant.user_id, now=now)
    await world.settle()


async def test_a_late_worker_sends_in_the_next_window_and_at_the_mailboxs_pace(world: World) -> None:
    await pace(world, min_gap_seconds=GAP.seconds)
    # They were enrolled twelve hours ago, in the middle of a window of two hours, and no worker was there.
    enrolled = world.resources.clock().replace(microsecond=0) - timedelta(hours=12)
    opens, closes = enrolled - timedelta(hours=1), enrolled + timedelta(hours=1)
    sequence, contacts = await arrange(
        world, email_step("One"), contacts=3, sending_window_start=opens.time(), sending_window_end=closes.time()
    )
    async with world.working():
        ids = await world.enroll(sequence, *contacts, at=enrolled)
        for id in ids:
            await world.result(id)
    went = await sends(world, ids)
    next_window = opens + timedelta(days=1)
    assert sorted(send.slot_at for send in went) == [next_window, next_window + GAP, next_window + 2 * GAP]
    assert all(timedelta(0) <= send.used_at - send.slot_at < PUNCTUAL for send in went)
    assert [await wake_ups(world, id) for id in ids] == [2] * 3


@pytest.mark.parametrize("rule", ["gap", "throttle"])
async def test_a_claim_keeps_its_distance_from_what_was_really_sent(world: World, rule: str) -> None:
    if rule == "gap":
        await pace(world, min_gap_seconds=GAP.seconds)
    throttle = 10 if rule == "throttle" else 0
    sequence, (late, contact) = await arrange(world, email_step("One"), contacts=2, throttle_delay_minutes=throttle)
    now = world.resources.clock()
    async with world.sessions.begin() as session:
        # Its worker came six minutes late, and has used the slot at the very edge of its grace.
        (made,) = await enrolling.enroll(
            session,
            customer_id=world.tenant.customer_id,
            sequence_id=sequence.id,
            contact_ids=[late.id],
            enrolled_by=None,
            source=EnrollmentSource.API,
            now=now,
        )
        await session.execute(text("DELETE FROM outbox"))
        really = now + timedelta(minutes=6)
        await session.execute(
            text("UPDATE send_slots SET used_at = :at WHERE enrollment_id = :id"),
            {"id": made.enrollment_id, "at": really},
        )
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await world.result(id)
    (send,) = await sends(world, [id])
    assert send.used_at >= really + GAP
    assert send.used_at >= send.slot_at


async def test_a_short_wait_for_the_send_before_is_waited_out_in_place(world: World) -> None:
    await pace(world, min_gap_seconds=GAP.seconds)
    sequence, (before, contact) = await arrange(world, email_step("One"), contacts=2)
    async with world.working():
        (first,) = await world.enroll(sequence, before)
        await world.result(first)
        async with world.sessions.begin() as session:
            await session.execute(text("UPDATE send_slots SET used_at = slot_at + interval '2 seconds'"))
        (second,) = await world.enroll(sequence, contact)
        await world.result(second)
    one, two = await sends(world, [first, second])
    assert two.slot_at - one.slot_at == GAP
    assert two.used_at - one.used_at >= GAP
    assert await wake_ups(world, second) == 1


async def test_a_done_task_does_not_move_the_email_behind_it(world: World) -> None:
    task = {"step_type": StepType.TASK, "delay_days": 1, "task_title": "Read"}
    sequence, (contact,) = await arrange(world, task, email_step("One", delay_days=1))
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        async with world.sessions() as session:
            planned = (await session.execute(text("SELECT id, slot_at FROM send_slots"))).one()
        await world.result(id)
    async with world.sessions() as session:
        assert (await session.execute(text("SELECT id, slot_at FROM send_slots"))).one() == planned
