"""Tasks: completed or skipped once, recorded, and the enrollment that waits goes on."""

import asyncio
import uuid
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ContactActivity, SequenceEnrollment, SequenceStepExecution
from domain.vocabulary import ActivityType, LinkedinAction, TaskType, WaitingReason
from tests.api.arrange import CALL_STEP, EMAIL_STEP, Json, active, answered, contacts, enrolled, letters, refused, task
from tests.api.conftest import Tenant

TASK_STEP: Json = {"step_type": "task", "task_title": "Look"}


async def waiting(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, step: Json, task_type: TaskType, **fields: Any
) -> tuple[str, str]:
    """An enrollment that waits for its open task, and the task: the step itself is run by a worker."""
    sequence = await active(client, [step, EMAIL_STEP])
    (enrollment,) = await enrolled(client, sequence, await contacts(session, tenant))
    row = await session.get_one(SequenceEnrollment, uuid.UUID(enrollment))
    row.waiting_reason = WaitingReason.TASK
    await session.commit()
    return enrollment, await task(session, tenant, enrollment, task_type, **fields)


async def activities(session: AsyncSession, enrollment: str) -> list[ContactActivity]:
    of_tasks = (ActivityType.CALL_COMPLETED, ActivityType.LINKEDIN_CONNECTED, ActivityType.LINKEDIN_VIEWED)
    statement = select(ContactActivity).where(
        ContactActivity.enrollment_id == uuid.UUID(enrollment), ContactActivity.activity_type.in_(of_tasks)
    )
    return list(await session.scalars(statement))


async def test_a_completed_call_is_recorded_and_the_enrollment_goes_on(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    enrollment, id = await waiting(client, session, tenant, CALL_STEP, TaskType.CALL)
    body = {"outcome": "interested", "notes": "Call again."}
    done = answered(await client.post(f"/api/tasks/{id}/complete", json=body))
    assert done == done | body | {
        "status": "completed",
        "completed_at": "2026-11-21T09:00:00Z",
        "completed_by": str(tenant.user_id),
    }
    (activity,) = await activities(session, enrollment)
    assert (activity.activity_type, activity.activity_subtype) == (ActivityType.CALL_COMPLETED, "interested")
    assert activity.metadata_ == {"task_id": id}
    now = answered(await client.get(f"/api/enrollments/{enrollment}"))
    assert (now["status"], now["waiting_reason"], now["current_step"]["step_order"]) == ("active", None, 2)
    assert await letters(session, enrollment) == ["enrollment.start", "enrollment.event"]


async def test_a_skipped_call_leaves_no_activity_and_counts_as_skipped(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    enrollment, id = await waiting(client, session, tenant, CALL_STEP, TaskType.CALL)
    assert answered(await client.post(f"/api/tasks/{id}/skip"))["status"] == "skipped"
    assert await activities(session, enrollment) == []
    executed = select(SequenceStepExecution.outcome).where(SequenceStepExecution.enrollment_id == uuid.UUID(enrollment))
    assert await session.scalar(executed) == "skipped"
    assert answered(await client.get(f"/api/enrollments/{enrollment}"))["current_step"]["step_order"] == 2


@pytest.mark.parametrize(
    ("action", "recorded"),
    [
        (LinkedinAction.CONNECT, [ActivityType.LINKEDIN_CONNECTED]),
        (LinkedinAction.VIEW_PROFILE, [ActivityType.LINKEDIN_VIEWED]),
        (LinkedinAction.MESSAGE, []),
    ],
)
async def test_a_completed_linkedin_action_is_recorded_as_what_it_is(
    client: httpx2.AsyncClient,
    session: AsyncSession,
    tenant: Tenant,
    action: LinkedinAction,
    recorded: list[ActivityType],
) -> None:
    step = {"step_type": "linkedin", "linkedin_action": action}
    enrollment, id = await waiting(client, session, tenant, step, TaskType.LINKEDIN, linkedin_action=action)
    answered(await client.post(f"/api/tasks/{id}/complete", json={}))
    assert [one.activity_type for one in await activities(session, enrollment)] == recorded


@pytest.mark.parametrize("first", ["complete", "skip"])
@pytest.mark.parametrize("second", ["complete", "skip"])
async def test_a_task_is_finished_once(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, first: str, second: str
) -> None:
    enrollment, id = await waiting(client, session, tenant, CALL_STEP, TaskType.CALL)
    answers = await asyncio.gather(client.post(f"/api/tasks/{id}/{first}"), client.post(f"/api/tasks/{id}/{second}"))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused(await client.post(f"/api/tasks/{id}/{second}"), 409, "task.wrong_state")
    assert await letters(session, enrollment) == ["enrollment.start", "enrollment.event"]


async def test_a_plain_task_moves_nothing_but_is_told_to_conditions(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    enrollment, id = await waiting(client, session, tenant, TASK_STEP, TaskType.TASK)
    answered(await client.post(f"/api/tasks/{id}/complete", json={"outcome": "done"}))
    assert answered(await client.get(f"/api/enrollments/{enrollment}"))["current_step"]["step_order"] == 1
    assert await letters(session, enrollment) == ["enrollment.start", "enrollment.event"]


async def test_a_stopped_enrollment_cancels_what_it_waited_for(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    enrollment, id = await waiting(client, session, tenant, CALL_STEP, TaskType.CALL)
    answered(await client.post(f"/api/enrollments/{enrollment}/stop"))
    assert answered(await client.get(f"/api/tasks/{id}"))["status"] == "cancelled"
    refused(await client.post(f"/api/tasks/{id}/complete"), 409, "task.wrong_state")


async def test_a_plain_task_outlives_its_enrollment(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    enrollment, id = await waiting(client, session, tenant, TASK_STEP, TaskType.TASK)
    answered(await client.post(f"/api/enrollments/{enrollment}/stop"))
    assert answered(await client.post(f"/api/tasks/{id}/complete"))["status"] == "completed"
    assert await letters(session, enrollment) == ["enrollment.start", "enrollment.stop"]


async def test_tasks_are_filtered(client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant) -> None:
    enrollment, call = await waiting(client, session, tenant, CALL_STEP, TaskType.CALL, assignee_id=tenant.user_id)
    _, plain = await waiting(client, session, tenant, TASK_STEP, TaskType.TASK)
    answered(await client.post(f"/api/tasks/{plain}/skip"))
    one = answered(await client.get(f"/api/tasks/{call}"))
    sequence_id = answered(await client.get(f"/api/enrollments/{enrollment}"))["sequence_id"]
    for query, found in (
        ({}, {call, plain}),
        ({"status": "open"}, {call}),
        ({"task_type": "task"}, {plain}),
        ({"assignee_id": str(tenant.user_id)}, {call}),
        ({"contact_id": one["contact_id"]}, {call}),
        ({"enrollment_id": enrollment}, {call}),
        ({"sequence_id": sequence_id}, {call}),
    ):
        data = answered(await client.get("/api/tasks", params=query))["data"]
        assert {task["id"] for task in data} == found


async def test_a_task_of_another_customer_does_not_exist(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, other_tenant_client: httpx2.AsyncClient
) -> None:
    _, id = await waiting(client, session, tenant, CALL_STEP, TaskType.CALL)
    for answer in [
        await other_tenant_client.get(f"/api/tasks/{id}"),
        await other_tenant_client.post(f"/api/tasks/{id}/complete"),
        await other_tenant_client.post(f"/api/tasks/{id}/skip"),
    ]:
        refused(answer, 404, "task.not_found")
    assert answered(await other_tenant_client.get("/api/tasks"))["data"] == []
