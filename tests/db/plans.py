"""What is planned: the slots still to come, who was told that theirs have moved, and the re-planner."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from db import email_accounts, enrollments, executions, messages, sequences, slots, steps, workspaces
from db.models import Sequence as SequenceRow
from db.secrets import SecretBox
from domain.enrollments import Standing
from domain.time_scale import TimeScale
from domain.vocabulary import SequenceStatus, WaitingReason
from tests.db.conftest import NOW, Scene, claim_current, current_step
from workflows.replanner import Replanner

BOX = SecretBox("0123456789abcdef")
SLOTS = text("SELECT * FROM send_slots WHERE enrollment_id = :id ORDER BY slot_at, id")

Plan = Mapping[UUID, list[datetime]]


async def plan(scene: Scene) -> Plan:
    """The slots that are still to come, of every enrollment of the customer that has any."""
    rows = await scene.column(
        """SELECT jsonb_build_array(enrollment_id, slot_at) FROM send_slots
           WHERE customer_id = :customer_id AND used_at IS NULL ORDER BY slot_at, id"""
    )
    found: dict[UUID, list[datetime]] = {}
    for id, slot_at in rows:
        found.setdefault(UUID(id), []).append(datetime.fromisoformat(slot_at))
    return found


async def slots_of(scene: Scene, *ids: UUID) -> list[datetime]:
    """The next slot of each enrollment."""
    planned = await plan(scene)
    return [planned[id][0] for id in ids]


def moved(before: Plan, after: Plan) -> set[UUID]:
    """Whose plan is another one, or is gone or new."""
    return {id for id in before.keys() | after.keys() if before.get(id) != after.get(id)}


async def told(scene: Scene) -> set[UUID]:
    """Whose workflow is told, since the last time that this was asked, that it was planned again."""
    replanned = "customer_id = :customer_id AND payload ->> 'kind' = 'replanned'"
    letters = await scene.column(f"SELECT subject_id FROM outbox WHERE {replanned}")
    await scene.execute(f"DELETE FROM outbox WHERE {replanned}")
    assert len(letters) == len(set(letters))
    return set(letters)


async def replan(scene: Scene, now: datetime = NOW) -> None:
    """The re-planner takes all letters that are for it now."""
    # Postgres dates letters by its own clock, which these tests do not follow.
    await scene.execute("UPDATE outbox SET next_attempt_at = :now WHERE attempts = 0", now=now)
    engine = scene.sessions.kw["bind"]
    assert isinstance(engine, AsyncEngine)
    await Replanner(engine, scene.sessions, lambda: now, TimeScale()).drain()


async def pace(scene: Scene, **columns: Any) -> None:
    """How much the mailbox sends from the first: nothing is planned again."""
    assignments = ", ".join(f"{name} = :{name}" for name in columns)
    await scene.execute(f"UPDATE email_accounts SET {assignments} WHERE id = :id", id=scene.mailbox.id, **columns)


# --- changes, as the API makes them ------------------------------------------------------------------------------


async def change_mailbox(scene: Scene, now: datetime = NOW, **fields: Any) -> None:
    async with scene.sessions.begin() as session:
        await email_accounts.change(
            session,
            customer_id=scene.tenant.customer_id,
            email_account_id=scene.mailbox.id,
            fields=fields,
            box=BOX,
            now=now,
        )


async def change_workspace(scene: Scene, now: datetime = NOW, **fields: Any) -> None:
    customer_id, workspace_id = scene.tenant.customer_id, scene.tenant.workspace_id
    async with scene.sessions.begin() as session:
        await workspaces.change(session, customer_id=customer_id, workspace_id=workspace_id, fields=fields, now=now)


async def change_sequence(scene: Scene, sequence: SequenceRow, now: datetime = NOW, **fields: Any) -> None:
    async with scene.sessions.begin() as session:
        await sequences.change(
            session,
            customer_id=scene.tenant.customer_id,
            sequence_id=sequence.id,
            user_id=scene.tenant.user_id,
            fields=fields,
            now=now,
        )


async def move_sequence(scene: Scene, sequence: SequenceRow, target: SequenceStatus, now: datetime = NOW) -> None:
    async with scene.sessions.begin() as session:
        await sequences.move(
            session,
            customer_id=scene.tenant.customer_id,
            sequence_id=sequence.id,
            target=target,
            user_id=scene.tenant.user_id,
            now=now,
        )


async def change_step(scene: Scene, sequence: SequenceRow, order: int, now: datetime = NOW, **fields: Any) -> None:
    """Change the step that has this order."""
    async with scene.sessions.begin() as session:
        row = await sequences.lock(session, customer_id=scene.tenant.customer_id, sequence_id=sequence.id)
        (step_id,) = [step.id for step in await steps.of_sequence(session, row.id) if step.step_order == order]
        await steps.change(session, row, step_id=step_id, fields=fields, now=now)
        await sequences.touch(session, row, user_id=scene.tenant.user_id, now=now)


async def add_step(scene: Scene, sequence: SequenceRow, now: datetime = NOW, **fields: Any) -> None:
    async with scene.sessions.begin() as session:
        row = await sequences.lock(session, customer_id=scene.tenant.customer_id, sequence_id=sequence.id)
        await steps.add(session, row, fields=fields, now=now)
        await sequences.touch(session, row, user_id=scene.tenant.user_id, now=now)


# --- what enrollments do -----------------------------------------------------------------------------------------


async def pause(scene: Scene, id: UUID, now: datetime = NOW) -> None:
    async with scene.sessions.begin() as session:
        await enrollments.pause(session, enrollment_id=id, now=now)


async def resume(scene: Scene, id: UUID, now: datetime = NOW) -> None:
    async with scene.sessions.begin() as session:
        await enrollments.resume(session, enrollment_id=id, now=now)


async def stop(scene: Scene, id: UUID, now: datetime = NOW) -> None:
    async with scene.sessions.begin() as session:
        await enrollments.stop(session, enrollment_id=id, now=now)


async def hold(scene: Scene, id: UUID, reason: WaitingReason, error: str | None = None) -> None:
    async with scene.sessions.begin() as session:
        await executions.hold(session, id, reason, error)


async def claim(scene: Scene, id: UUID, now: datetime) -> UUID:
    """Claim the send of the current step with its slot, as a worker does; answers the claim's token."""
    token = uuid4()
    async with scene.sessions.begin() as session:
        assert await claim_current(session, id, scene.mailbox.id, token=token, now=now)
        assert await slots.use(session, id, await current_step(session, id), now)
    return token


async def send(scene: Scene, id: UUID, now: datetime) -> Standing:
    """The current step's email goes out, and the next step is planned."""
    await claim(scene, id, now)
    async with scene.sessions.begin() as session:
        row = await enrollments.lock(session, id)
        await messages.record_sent(session, messages.claim_id(id, row.current_step_id), now)
        return await executions.complete_step_of(session, row, step_id=row.current_step_id, now=now)


async def put_off(scene: Scene, id: UUID, token: UUID, now: datetime, until: datetime) -> Standing:
    """The server answered a claimed send with 4xx."""
    async with scene.sessions.begin() as session:
        step_id = await current_step(session, id)
        assert await messages.release(session, messages.claim_id(id, step_id), token, code=451, response="later")
        return await executions.reschedule(session, id, now=now, until=until, error="451 later")


async def complete(scene: Scene, id: UUID, step_id: UUID, now: datetime, **how: Any) -> Standing:
    async with scene.sessions.begin() as session:
        return await executions.complete_step(session, enrollment_id=id, step_id=step_id, now=now, **how)
