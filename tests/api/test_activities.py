"""ContactActivities: recorded once, counted at once, and told to the enrollment that they speak of."""

import asyncio
import uuid
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import SequenceEnrollment
from domain.vocabulary import CompletionReason, EnrollmentStatus
from tests.api.arrange import Json, active, answered, contacts, enrolled, letters, refused
from tests.api.conftest import NOW, Tenant


@pytest.fixture
async def contact_id(session: AsyncSession, tenant: Tenant) -> str:
    [id] = await contacts(session, tenant)
    return id


async def record(client: httpx2.AsyncClient, **fields: object) -> Json:
    return answered(await client.post("/api/activities", json=fields), 201)


async def read(client: httpx2.AsyncClient, contact_id: str) -> Json:
    return answered(await client.get(f"/api/contacts/{contact_id}"))


async def test_an_activity_is_kept_as_it_was_sent(client: httpx2.AsyncClient, contact_id: str) -> None:
    sent = {
        "contact_id": contact_id,
        "activity_type": "call_completed",
        "activity_subtype": "inbound",
        "occurred_at": "2026-11-20T10:00:00+01:00",
        "metadata": {"minutes": 3},
        "ip_address": "2001:db8::1",
        "user_agent": "phone",
        "geo_country": "Spain",
        "geo_city": "Madrid",
        "email_message_id": "<1@example.com>",
        "external_id": "call-1",
    }
    activity = await record(client, **sent)
    assert activity | sent | {"occurred_at": "2026-11-20T09:00:00Z", "created_at": "2026-11-21T09:00:00Z"} == activity
    [listed] = answered(await client.get(f"/api/contacts/{contact_id}/activities"))["data"]
    assert listed == activity


@pytest.mark.parametrize(
    ("activity_type", "counter", "last"),
    [
        ("email_opened", "total_emails_opened", "last_opened_at"),
        ("email_clicked", "total_links_clicked", "last_clicked_at"),
        ("email_replied", "total_replies", "last_replied_at"),
    ],
)
async def test_engagement_counts_in_the_contact_and_keeps_its_latest_instant(
    client: httpx2.AsyncClient, contact_id: str, activity_type: str, counter: str, last: str
) -> None:
    for occurred_at in ("2026-11-20T12:00:00Z", "2026-11-19T12:00:00Z"):
        await record(client, contact_id=contact_id, activity_type=activity_type, occurred_at=occurred_at)
    contact = await read(client, contact_id)
    assert (contact[counter], contact[last]) == (2, "2026-11-20T12:00:00Z")


async def test_an_external_id_is_recorded_and_counted_once(client: httpx2.AsyncClient, contact_id: str) -> None:
    body = {"contact_id": contact_id, "activity_type": "email_opened", "external_id": "evt-1"}
    answers = await asyncio.gather(*(client.post("/api/activities", json=body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200] * 4 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await read(client, contact_id))["total_emails_opened"] == 1
    answer = await client.post("/api/activities", json=body | {"activity_type": "email_clicked"})
    refused(answer, 409, "activity.external_id")


async def test_an_external_id_of_another_tenant_is_free(
    client: httpx2.AsyncClient, session: AsyncSession, contact_id: str, other_tenant: Tenant
) -> None:
    body = {"activity_type": "email_opened", "external_id": "evt-1"}
    [theirs] = await contacts(session, other_tenant)
    await record(client, contact_id=contact_id, **body)
    await record(other_tenant.client, contact_id=theirs, **body)


async def test_an_activity_lies_not_in_the_future(client: httpx2.AsyncClient, contact_id: str) -> None:
    body = {"contact_id": contact_id, "activity_type": "email_opened"}
    await record(client, **body, occurred_at=(NOW + timedelta(minutes=4)).isoformat())
    answer = await client.post("/api/activities", json=body | {"occurred_at": (NOW + timedelta(hours=1)).isoformat()})
    assert refused(answer, 422, "activity.future") == {"/occurred_at"}
    answer = await client.post("/api/activities", json=body | {"occurred_at": "2026-11-20T10:00:00"})
    assert refused(answer, 422, "request.invalid") == {"/occurred_at"}


@pytest.mark.parametrize("name", ["contact_id", "sequence_id", "sequence_step_id", "email_account_id", "enrollment_id"])
async def test_what_an_activity_refers_to_exists_for_the_tenant(
    client: httpx2.AsyncClient, session: AsyncSession, contact_id: str, other_tenant: Tenant, name: str
) -> None:
    [theirs] = await contacts(session, other_tenant)
    sequence = await active(other_tenant.client)
    [enrollment] = await enrolled(other_tenant.client, sequence, [theirs])
    foreign = {
        "contact_id": theirs,
        "sequence_id": sequence["id"],
        "sequence_step_id": sequence["steps"][0]["id"],
        "email_account_id": sequence["default_email_account_id"],
        "enrollment_id": enrollment,
    }
    for id in (foreign[name], str(uuid.uuid4())):
        body = {"contact_id": contact_id, "activity_type": "email_opened", name: id}
        answer = await client.post("/api/activities", json=body)
        assert refused(answer, 422, "reference.not_found") == {f"/{name}"}


async def test_the_enrollment_is_found_by_the_sequence_counted_in_and_told(
    client: httpx2.AsyncClient, session: AsyncSession, contact_id: str
) -> None:
    sequence = await active(client)
    [enrollment] = await enrolled(client, sequence, [contact_id])
    activity = await record(client, contact_id=contact_id, activity_type="email_clicked", sequence_id=sequence["id"])
    assert activity["enrollment_id"] == enrollment
    assert (await session.get_one(SequenceEnrollment, uuid.UUID(enrollment))).total_clicks == 1
    assert answered(await client.get(f"/api/sequences/{sequence['id']}"))["total_clicked"] == 1
    assert (await letters(session, enrollment))[-1] == "enrollment.event"


async def test_the_enrollment_of_another_contact_is_refused(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, contact_id: str
) -> None:
    [other] = await contacts(session, tenant)
    [enrollment] = await enrolled(client, await active(client), [other])
    body = {"contact_id": contact_id, "activity_type": "email_opened", "enrollment_id": enrollment}
    answer = await client.post("/api/activities", json=body)
    assert refused(answer, 422, "activity.enrollment") == {"/enrollment_id"}


@pytest.mark.parametrize(
    ("settings", "status", "reason"),
    [
        ({}, EnrollmentStatus.COMPLETED, CompletionReason.REPLIED),
        ({"goal_type": "replies"}, EnrollmentStatus.COMPLETED, CompletionReason.GOAL_ACHIEVED),
        ({"stop_on_reply": False}, EnrollmentStatus.ACTIVE, None),
    ],
)
async def test_a_reply_ends_the_enrollment_as_its_sequence_says(
    client: httpx2.AsyncClient,
    session: AsyncSession,
    contact_id: str,
    settings: Json,
    status: EnrollmentStatus,
    reason: CompletionReason | None,
) -> None:
    sequence = await active(client, **settings)
    [enrollment] = await enrolled(client, sequence, [contact_id])
    await record(client, contact_id=contact_id, activity_type="email_replied", enrollment_id=enrollment)
    row = await session.get_one(SequenceEnrollment, uuid.UUID(enrollment))
    assert (row.status, row.completion_reason, row.total_replies) == (status, reason, 1)


async def test_the_activities_of_a_contact_are_latest_first_by_type_and_page(
    client: httpx2.AsyncClient, contact_id: str
) -> None:
    for day in (1, 3, 2):
        await record(
            client, contact_id=contact_id, activity_type="email_opened", occurred_at=f"2026-11-0{day}T00:00:00Z"
        )
    await record(client, contact_id=contact_id, activity_type="email_sent")
    path, days, cursor = f"/api/contacts/{contact_id}/activities", [], None
    for _ in range(3):
        parameters = {"activity_type": "email_opened", "limit": "1"} | ({"cursor": cursor} if cursor else {})
        page = answered(await client.get(path, params=parameters))
        days += [row["occurred_at"][8:10] for row in page["data"]]
        cursor = page["next_cursor"]
    assert (days, cursor) == (["03", "02", "01"], None)


async def test_the_activities_of_a_contact_are_filtered_by_time_and_sequence(
    client: httpx2.AsyncClient, contact_id: str
) -> None:
    sequence = await active(client)
    for day in (1, 2, 3):
        await record(
            client, contact_id=contact_id, activity_type="call_completed", occurred_at=f"2026-11-0{day}T00:00:00Z"
        )
    await record(client, contact_id=contact_id, activity_type="linkedin_viewed", sequence_id=sequence["id"])
    path = f"/api/contacts/{contact_id}/activities"
    period = {"since": "2026-11-02T00:00:00Z", "until": "2026-11-03T00:00:00Z"}
    [one] = answered(await client.get(path, params=period))["data"]
    assert one["occurred_at"] == "2026-11-02T00:00:00Z"
    [one] = answered(await client.get(path, params={"sequence_id": sequence["id"]}))["data"]
    assert one["activity_type"] == "linkedin_viewed"
