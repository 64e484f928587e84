"""Batches of activities: each recorded as it would be alone, each with its verdict, whatever the others are."""

import asyncio
import uuid
from typing import Any

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from db import statistics
from db.models import SequenceEnrollment
from domain.vocabulary import EnrollmentStatus
from tests.api.arrange import Json, active, answered, contacts, enrolled, letters, refused
from tests.api.conftest import Tenant

PATH = "/api/activities/batch"


@pytest.fixture
async def contact_id(session: AsyncSession, tenant: Tenant) -> str:
    [id] = await contacts(session, tenant)
    return id


async def send(client: httpx2.AsyncClient, *activities: Any) -> Json:
    return answered(await client.post(PATH, json={"activities": activities}))


def opened(contact_id: str, **fields: object) -> Json:
    return {"contact_id": contact_id, "activity_type": "email_opened", **fields}


async def test_each_has_its_verdict_and_an_invalid_one_keeps_nobody_out(
    client: httpx2.AsyncClient, session: AsyncSession, contact_id: str, other_tenant: Tenant
) -> None:
    [theirs] = await contacts(session, other_tenant)
    known = answered(await client.post("/api/activities", json=opened(contact_id, external_id="evt-1")), 201)
    answer = await send(
        client,
        opened(contact_id),
        {"contact_id": contact_id, "activity_type": "shrugged", "colour": 1},
        opened(theirs),
        opened(contact_id, external_id="evt-1"),
        opened(contact_id, external_id="evt-1", activity_type="email_clicked"),
        opened(contact_id, occurred_at="2099-01-01T00:00:00Z"),
        opened(contact_id, enrollment_id=str(uuid.uuid4()), sequence_id=str(uuid.uuid4())),
        opened(contact_id, external_id="evt-2"),
        opened(contact_id, external_id="evt-2"),
    )
    assert (answer["recorded"], answer["known"], answer["invalid"]) == (2, 2, 5)
    results = answer["results"]
    assert [(one["index"], one["verdict"], one["code"]) for one in results] == [
        (0, "recorded", None),
        (1, "invalid", "request.invalid"),
        (2, "invalid", "reference.not_found"),
        (3, "known", None),
        (4, "invalid", "activity.external_id"),
        (5, "invalid", "activity.future"),
        (6, "invalid", "reference.not_found"),
        (7, "recorded", None),
        (8, "known", None),
    ]
    assert {error["pointer"] for one in results for error in one["errors"]} == {
        "/activities/1/activity_type",
        "/activities/1/colour",
        "/activities/2/contact_id",
        "/activities/5/occurred_at",
        "/activities/6/enrollment_id",
        "/activities/6/sequence_id",
    }
    assert results[3]["activity_id"] == known["id"]
    assert results[7]["activity_id"] == results[8]["activity_id"] is not None
    assert answered(await client.get(f"/api/contacts/{contact_id}"))["total_emails_opened"] == 3
    assert await statistics.drift(session) == []


async def test_a_batch_is_not_empty_and_not_endless(client: httpx2.AsyncClient, contact_id: str) -> None:
    for activities in ([], [opened(contact_id)] * 1001):
        answer = await client.post(PATH, json={"activities": activities})
        assert refused(answer, 422, "request.invalid") == {"/activities"}


async def test_a_thousand_are_recorded_and_counted(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    people = await contacts(session, tenant, 10)
    kinds = ("email_sent", "email_opened", "email_clicked", "email_replied", "email_unsubscribed", "call_completed")
    activities = [
        {
            "contact_id": people[i % 10],
            "activity_type": kinds[i % 6],
            "email_message_id": f"<{i % 50}@elsewhere.example>",
        }
        for i in range(1000)
    ]
    assert (await send(client, *activities))["recorded"] == 1000
    assert await statistics.drift(session) == []


async def test_the_same_ids_from_several_clients_at_once_are_recorded_once(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    people = await contacts(session, tenant, 5)
    activities = [opened(people[i % 5], external_id=f"evt-{i}") for i in range(100)]
    one_by_one = [client.post("/api/activities", json=one) for one in activities[:10]]
    batches = [client.post(PATH, json={"activities": part}) for part in (activities, activities[::-1], activities[50:])]
    answers = await asyncio.gather(*batches, *one_by_one)
    recorded = sum(answer.json()["recorded"] for answer in answers[:3])
    assert recorded + [answer.status_code for answer in answers[3:]].count(201) == 100
    assert await statistics.drift(session) == []


async def test_enrollments_follow_as_they_do_for_one(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sequence = await active(client)
    ann, bob = await contacts(session, tenant, 2)
    answered_one, clicked = await enrolled(client, sequence, [ann, bob])
    await send(
        client,
        opened(ann, activity_type="email_replied", sequence_id=sequence["id"]),
        opened(bob, activity_type="email_clicked", enrollment_id=clicked),
        opened(bob, activity_type="email_clicked", enrollment_id=clicked),
    )
    ended = await session.get_one(SequenceEnrollment, uuid.UUID(answered_one))
    running = await session.get_one(SequenceEnrollment, uuid.UUID(clicked))
    assert (ended.status, ended.total_replies) == (EnrollmentStatus.COMPLETED, 1)
    assert (running.status, running.total_clicks) == (EnrollmentStatus.ACTIVE, 2)
    assert (await letters(session, clicked)).count("enrollment.event") == 1
    assert await statistics.drift(session) == []
