"""Housekeeping: months made ahead and detached when they are old, and rows that no month has."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import text
from structlog.testing import capture_logs
from temporalio.client import ScheduleActionStartWorkflow
from temporalio.testing import ActivityEnvironment

from activities.housekeeping import HousekeepingActivities, Kept
from db import activity_rollups, partitions
from settings import Settings
from tests.factories import make_contact
from tests.workflows.conftest import World
from workflows import schedules
from workflows.housekeeping import HousekeepingWorkflow
from workflows.policies import JOB_QUEUE
from workflows.rollup_keeper import RollupKeeper

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
_RECORD = text(
    """INSERT INTO contact_activities (contact_id, customer_id, activity_type, occurred_at)
       VALUES (:contact_id, :customer_id, 'call_completed', :at)"""
)


async def record(world: World, *instants: datetime) -> None:
    async with world.sessions.begin() as session:
        contact = await make_contact(session, world.tenant)
        for at in instants:
            values = {"contact_id": contact.id, "customer_id": world.tenant.customer_id, "at": at}
            await session.execute(_RECORD, values)


async def keep_house(world: World, at: datetime, **settings: object) -> Kept:
    """The activity alone, at a moment and with settings of the test's choice."""
    changed = world.resources.settings.model_copy(update=settings)
    resources = replace(world.resources, settings=changed, clock=lambda: at)
    kept = await ActivityEnvironment().run(HousekeepingActivities(resources).keep_house)
    assert isinstance(kept, Kept)
    return kept


async def test_the_schedule_starts_a_workflow_that_makes_the_months_ahead(world: World) -> None:
    action = schedules.wanted(Settings())[schedules.HOUSEKEEPING].action
    assert isinstance(action, ScheduleActionStartWorkflow)
    assert (action.workflow, action.task_queue) == ("HousekeepingWorkflow", JOB_QUEUE)
    async with world.sessions.begin() as session:
        last = (await partitions.attached(session))[-1]
        await session.execute(text(f"DROP TABLE {last}"))
    async with world.working():
        kept = await world.client.execute_workflow(
            HousekeepingWorkflow.run, id=f"housekeeping-{uuid4()}", task_queue=JOB_QUEUE
        )
    assert kept == Kept(made=[last], detached=[], waiting=0)


async def test_rows_that_waited_get_a_partition_of_their_month(world: World) -> None:
    await record(world, datetime(2024, 2, 29, tzinfo=UTC), datetime(2023, 12, 31, 23, 59, tzinfo=UTC))
    assert (await keep_house(world, NOW)).waiting == 0
    async with world.sessions() as session:
        months = await partitions.attached(session)
        assert {"contact_activities_y2024m02", "contact_activities_y2023m12"} < set(months)
        assert "contact_activities_y2024m01" not in months


async def test_rows_without_a_month_raise_an_alert(world: World) -> None:
    await record(world, datetime(1999, 12, 31, tzinfo=UTC))
    with capture_logs() as logs:
        assert (await keep_house(world, NOW)).waiting == 1
    [alert] = [one for one in logs if one["event"] == "housekeeping.default_partition_not_empty"]
    assert (alert["log_level"], alert["rows"], alert["first"][:10]) == ("warning", 1, "1999-12-31")


async def test_months_older_than_the_retention_are_detached_and_late_rows_follow_them(world: World) -> None:
    await record(world, datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 7, 31, tzinfo=UTC))
    kept = await keep_house(world, NOW, activity_retention_months=3)
    assert kept.detached == ["contact_activities_y2026m07"]
    await record(world, datetime(2026, 7, 30, tzinfo=UTC))
    assert (await keep_house(world, NOW, activity_retention_months=3)).waiting == 0
    async with world.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM contact_activities_y2026m07")) == 2
        assert await session.scalar(text("SELECT count(*) FROM contact_activities")) == 1
        assert await activity_rollups.drift(session) == []


async def test_nothing_is_detached_without_a_retention(world: World) -> None:
    assert (await keep_house(world, NOW + timedelta(days=4000))).detached == []


async def test_what_is_in_use_is_tried_again(world: World) -> None:
    await record(world, datetime(2026, 7, 31, tzinfo=UTC))
    await keep_house(world, NOW)
    async with world.sessions() as reader:
        await reader.execute(text("SELECT count(*) FROM contact_activities"))
        keeping = asyncio.create_task(keep_house(world, NOW, activity_retention_months=3))
        done, _ = await asyncio.wait({keeping}, timeout=0.6)
        assert not done
    assert (await keeping).detached == ["contact_activities_y2026m07"]


async def test_the_rollup_keeper_folds_everything(world: World) -> None:
    await record(world, *(NOW + timedelta(minutes=minute) for minute in range(50)))
    assert await RollupKeeper(world.engine, world.sessions, lambda: NOW).drain() == 50
    async with world.sessions() as session:
        assert await session.scalar(text("SELECT count(*) FROM activity_deltas")) == 0
        assert await session.scalar(text("SELECT sum(number) FROM activity_rollups_by_step")) == 50
        assert await activity_rollups.drift(session) == []
