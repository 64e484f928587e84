"""Dynamic lists by the keeper, by jobs and by the schedule, on real servers."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from activities.list_refreshing import ListActivities
from db import jobs, list_refreshing, lists
from domain.vocabulary import JobKind, ListType
from tests.factories import column, email_step, make_contact, make_sequence
from tests.workflows.conftest import PATIENCE_SECONDS, World
from workflows import schedules
from workflows.list_keeper import ListKeeper
from workflows.list_refresh import ListRefreshWorkflow
from workflows.policies import JOB_QUEUE

RULES = {"conditions": [{"field": "industry", "operator": "equals", "value": "technology"}]}


async def new_list(world: World, **fields: object) -> UUID:
    given = {"name": "A list", "type": ListType.DYNAMIC, "filter_rules": RULES, **fields}
    tenant = world.tenant
    owner = {"customer_id": tenant.customer_id, "workspace_id": tenant.workspace_id, "user_id": tenant.user_id}
    async with world.sessions.begin() as session:
        return UUID(str((await lists.create(session, **owner, fields=given, now=world.resources.clock())).id))


async def new_contact(world: World, **fields: object) -> UUID:
    async with world.sessions.begin() as session:
        return (await make_contact(session, world.tenant, **{"industry": "technology", **fields})).id


async def ids(world: World, statement: str, **parameters: object) -> set[UUID]:
    async with world.sessions() as session:
        return set(await column(session, statement, **parameters))


async def members(world: World, list_id: UUID) -> set[UUID]:
    return await ids(world, "SELECT contact_id FROM contact_list_memberships WHERE list_id = :id", id=list_id)


def keeper(world: World) -> ListKeeper:
    return ListKeeper(world.engine, world.sessions, world.resources.clock)


async def test_the_keeper_fills_a_new_list_follows_changes_and_enrolls_who_joins(world: World) -> None:
    async with world.sessions.begin() as session:
        sequence = await make_sequence(session, world.tenant, [email_step("Hello")], mailbox=world.mailbox)
    ann = await new_contact(world)
    tech = await new_list(world, enroll_sequence_id=sequence.id)
    await keeper(world).drain()
    assert await members(world, tech) == {ann}
    bob = await new_contact(world)
    await keeper(world).drain()
    assert await members(world, tech) == {ann, bob}
    enrolled = "SELECT contact_id FROM sequence_enrollments WHERE sequence_id = :id"
    assert await ids(world, enrolled, id=sequence.id) == {ann, bob}


async def test_of_two_keepers_one_is_at_work_and_the_other_takes_over(world: World) -> None:
    tech = await new_list(world)
    first, second = (asyncio.create_task(keeper(world).run()) for _ in range(2))
    try:
        for task in (first, second):
            contact = await new_contact(world)
            async with asyncio.timeout(PATIENCE_SECONDS):
                while contact not in await members(world, tech):
                    await asyncio.sleep(0.05)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    finally:
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)


async def test_a_list_of_which_nothing_can_be_made_keeps_no_other_back(world: World) -> None:
    broken, tech = await new_list(world), await new_list(world)
    async with world.sessions.begin() as session:
        wrong = text(
            """UPDATE contact_lists SET filter_rules = '{"conditions": [{"field": "shoe_size"}]}' WHERE id = :id"""
        )
        await session.execute(wrong, {"id": broken})
    ann = await new_contact(world)
    await keeper(world).drain()
    assert (await members(world, broken), await members(world, tech)) == (set(), {ann})


async def test_a_list_of_many_contacts_is_filled_by_a_job(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_refreshing, "FEW", 1)
    people = {await new_contact(world), await new_contact(world)}
    tech = await new_list(world)
    # However often the keeper looks, there is one job for it.
    await keeper(world).drain()
    await keeper(world).drain()
    async with world.working():
        await world.settle()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while await members(world, tech) != people:
                await asyncio.sleep(0.05)
            while not (found := await ids(world, "SELECT id FROM jobs WHERE status = 'completed'")):
                await asyncio.sleep(0.05)
    async with world.sessions() as session:
        job = await jobs.get(session, customer_id=world.tenant.customer_id, job_id=found.pop())
    assert (job.kind, job.result) == (JobKind.LIST_REFRESH, {"joined": 2, "left": 0})
    await keeper(world).drain()
    assert len(await ids(world, "SELECT id FROM jobs")) == 1


async def test_the_workflow_refreshes_lists_with_auto_refresh_that_are_due(world: World) -> None:
    due, manual = await new_list(world, auto_refresh=True), await new_list(world)
    ann = await new_contact(world)
    async with world.working():
        run = ListRefreshWorkflow.run
        answer = await world.client.execute_workflow(run, id=schedules.LIST_REFRESH, task_queue=JOB_QUEUE)
    assert (answer.refreshed, answer.failed) == (1, 0)
    assert (await members(world, due), await members(world, manual)) == ({ann}, set())
    # Begun again it goes on with what is left, and nothing is.
    assert (await ListActivities(world.resources).refresh_lists()).refreshed == 0


async def test_schedules_are_made_once_and_follow_the_settings(world: World) -> None:
    settings = world.resources.settings
    await schedules.ensure(world.client, settings)
    handle = world.client.get_schedule_handle(schedules.LIST_REFRESH)
    await handle.pause()
    await schedules.ensure(world.client, settings.model_copy(update={"list_refresh_minutes": 5}))
    described = (await handle.describe()).schedule
    assert [one.every for one in described.spec.intervals] == [timedelta(minutes=5)]
    # Who has paused it is not overruled by the next start of a worker.
    assert described.state.paused
    await handle.delete()
