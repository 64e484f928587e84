"""Enrollments: verdicts, pausing and resuming, stopping and removing, and what Temporal is told of each."""

import asyncio
import uuid
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ContactList, ContactListMembership, ContactSuppressionList, SequenceEnrollment
from domain.vocabulary import ContactStatus, SuppressionType
from tests.api.arrange import (
    EMAIL_STEP,
    act,
    active,
    answered,
    contacts,
    draft,
    enrolled,
    letters,
    message,
    refused,
)
from tests.api.conftest import NOW, Tenant

DELAYED = EMAIL_STEP | {"delay_hours": 2}
EVERY_DAY = {"sending_days": [True] * 7}


async def a_list(session: AsyncSession, tenant: Tenant, members: list[str]) -> str:
    row = ContactList(
        customer_id=tenant.customer_id, workspace_id=tenant.workspace_id, name="List", created_by=tenant.user_id
    )
    session.add(row)
    await session.flush()
    session.add_all(
        ContactListMembership(customer_id=tenant.customer_id, list_id=row.id, contact_id=uuid.UUID(member))
        for member in members
    )
    await session.commit()
    return str(row.id)


async def test_each_contact_gets_its_verdict(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, other_tenant: Tenant
) -> None:
    sequence = await active(client)
    (before,) = await contacts(session, tenant)
    (enrollment,) = await enrolled(client, sequence, [before])
    (fresh,) = await contacts(session, tenant)
    (unsubscribed,) = await contacts(session, tenant, status=ContactStatus.UNSUBSCRIBED)
    (bounced,) = await contacts(session, tenant, status=ContactStatus.BOUNCED)
    (blocked,) = await contacts(session, tenant, do_not_contact=True)
    (suppressed,) = await contacts(session, tenant, email="kept-out@prospect.example")
    session.add(
        ContactSuppressionList(
            customer_id=tenant.customer_id,
            workspace_id=tenant.workspace_id,
            email="kept-out@prospect.example",
            suppression_type=SuppressionType.MANUAL,
        )
    )
    await session.commit()
    (foreign,) = await contacts(session, other_tenant)
    unknown = str(uuid.uuid4())
    wanted = [before, fresh, unsubscribed, bounced, blocked, suppressed, foreign, unknown, fresh]
    body = answered(await client.post(f"/api/sequences/{sequence['id']}/bulk-enroll", json={"contact_ids": wanted}))
    verdicts = {result["contact_id"]: result["verdict"] for result in body["results"]}
    assert verdicts == {
        before: "already_enrolled",
        fresh: "enrolled",
        unsubscribed: "unsubscribed",
        bounced: "bounced",
        blocked: "suppressed",
        suppressed: "suppressed",
        foreign: "not_found",
        unknown: "not_found",
    }
    assert (body["enrolled"], len(body["results"])) == (1, 8)
    by_contact = {result["contact_id"]: result["enrollment_id"] for result in body["results"]}
    assert by_contact[before] == enrollment
    made = answered(await client.get(f"/api/enrollments/{by_contact[fresh]}"))
    assert made == made | {
        "contact_id": fresh,
        "sequence_id": sequence["id"],
        "status": "active",
        "enrolled_by": str(tenant.user_id),
        "enrollment_source": "bulk_import",
        "current_step_id": sequence["steps"][0]["id"],
        "current_step": {"id": sequence["steps"][0]["id"], "step_order": 1, "step_type": "email"},
        "email_account_id": sequence["default_email_account_id"],
    }
    assert await letters(session, by_contact[fresh]) == ["enrollment.start"]
    assert answered(await client.get(f"/api/sequences/{sequence['id']}"))["total_enrolled"] == 2


async def test_a_list_is_enrolled_as_a_whole(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, other_tenant: Tenant
) -> None:
    sequence = await active(client)
    path = f"/api/sequences/{sequence['id']}/bulk-enroll"
    members = await contacts(session, tenant, 3)
    body = answered(await client.post(path, json={"list_id": await a_list(session, tenant, members)}))
    assert body["enrolled"] == 3
    assert {result["contact_id"] for result in body["results"]} == set(members)
    foreign = await a_list(session, other_tenant, await contacts(session, other_tenant))
    assert refused(await client.post(path, json={"list_id": foreign}), 422, "reference.not_found") == {"/list_id"}


async def test_bulk_enroll_takes_exactly_one_source(client: httpx2.AsyncClient) -> None:
    sequence = await active(client)
    path = f"/api/sequences/{sequence['id']}/bulk-enroll"
    refused(await client.post(path, json={}), 422, "request.invalid")
    both = {"contact_ids": [str(uuid.uuid4())], "list_id": str(uuid.uuid4())}
    refused(await client.post(path, json=both), 422, "request.invalid")


@pytest.mark.parametrize(("path", "most"), [("enroll", 1_000), ("bulk-enroll", 10_000)])
async def test_the_number_of_contacts_is_bounded(client: httpx2.AsyncClient, path: str, most: int) -> None:
    sequence = await active(client)
    for ids in ([], [str(uuid.uuid4())] * (most + 1)):
        answer = await client.post(f"/api/sequences/{sequence['id']}/{path}", json={"contact_ids": ids})
        assert refused(answer, 422, "request.invalid") == {"/contact_ids"}
    ids = [str(uuid.uuid4())] * most
    body = answered(await client.post(f"/api/sequences/{sequence['id']}/{path}", json={"contact_ids": ids}))
    assert [result["verdict"] for result in body["results"]] == ["not_found"]


async def test_only_a_running_sequence_takes_contacts(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, other_tenant_client: httpx2.AsyncClient
) -> None:
    sequence = await draft(client)
    path = f"/api/sequences/{sequence['id']}/enroll"
    body = {"contact_ids": await contacts(session, tenant)}
    refused(await client.post(path, json=body), 409, "sequence.not_active")
    answered(await act(client, sequence, "activate"))
    refused(await other_tenant_client.post(path, json=body), 404, "sequence.not_found")
    answered(await act(client, sequence, "stop"))
    refused(await client.post(path, json=body), 409, "sequence.not_active")
    assert await session.scalar(select(func.count()).where(SequenceEnrollment.customer_id == tenant.customer_id)) == 0


async def test_the_same_contact_at_once_is_enrolled_once(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sequence = await active(client)
    ids = await contacts(session, tenant, 5)
    path = f"/api/sequences/{sequence['id']}/enroll"
    answers = await asyncio.gather(
        *(client.post(path, json={"contact_ids": one}) for one in (ids, ids[::-1], ids, ids[::-1]))
    )
    assert sum(answered(answer)["enrolled"] for answer in answers) == 5
    assert answered(await client.get(f"/api/sequences/{sequence['id']}"))["total_enrolled"] == 5


async def test_a_pause_freezes_what_is_left_and_a_resume_goes_on_with_it(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sequence = await active(client, [DELAYED], **EVERY_DAY)
    (id,) = await enrolled(client, sequence, await contacts(session, tenant))
    paused = answered(await client.put(f"/api/enrollments/{id}/pause"))
    assert (paused["status"], paused["waiting_reason"], paused["remaining_seconds"]) == ("paused", "paused", 7200)
    assert paused["paused_at"] == "2026-11-21T09:00:00Z"
    refused(await client.put(f"/api/enrollments/{id}/pause"), 409, "enrollment.wrong_state")
    resumed = answered(await client.put(f"/api/enrollments/{id}/resume"))
    assert (resumed["status"], resumed["next_step_scheduled_at"]) == ("active", "2026-11-21T11:00:00Z")
    assert (resumed["waiting_reason"], resumed["paused_at"], resumed["remaining_seconds"]) == (None, None, None)
    refused(await client.put(f"/api/enrollments/{id}/resume"), 409, "enrollment.wrong_state")
    assert await letters(session, id) == ["enrollment.start", "enrollment.pause", "enrollment.resume"]


async def test_a_resume_at_once_waits_no_more(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sequence = await active(client, [DELAYED], **EVERY_DAY)
    (id,) = await enrolled(client, sequence, await contacts(session, tenant))
    answered(await client.put(f"/api/enrollments/{id}/pause", json={}))
    resumed = answered(await client.put(f"/api/enrollments/{id}/resume", json={"at_once": True}))
    assert resumed["next_step_scheduled_at"] == "2026-11-21T09:00:00Z"


async def test_a_pause_may_say_when_it_ends(client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant) -> None:
    sequence = await active(client)
    (id,) = await enrolled(client, sequence, await contacts(session, tenant))
    path = f"/api/enrollments/{id}/pause"
    for wrong in (NOW.isoformat(), "2026-12-01T09:00:00", "tomorrow", 5):
        assert refused(await client.put(path, json={"resume_at": wrong}), 422, "request.invalid") == {"/resume_at"}
    soon = (NOW + timedelta(hours=1)).isoformat()
    assert answered(await client.put(path, json={"resume_at": soon}))["resume_at"] == "2026-11-21T10:00:00Z"


async def test_a_stopped_enrollment_never_goes_on(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sequence = await active(client)
    (id,) = await enrolled(client, sequence, await contacts(session, tenant))
    stopped = answered(await client.post(f"/api/enrollments/{id}/stop"))
    assert (stopped["status"], stopped["completion_reason"]) == ("stopped", "manual_stop")
    assert (stopped["completed_at"], stopped["next_step_scheduled_at"]) == ("2026-11-21T09:00:00Z", None)
    refused(await client.post(f"/api/enrollments/{id}/stop"), 409, "enrollment.wrong_state")
    refused(await client.put(f"/api/enrollments/{id}/pause"), 409, "enrollment.wrong_state")
    refused(await client.put(f"/api/enrollments/{id}/resume"), 409, "enrollment.wrong_state")
    assert await letters(session, id) == ["enrollment.start", "enrollment.stop"]


async def test_removing_an_enrollment_stops_it_and_keeps_its_sends(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sequence = await active(client)
    (contact,) = await contacts(session, tenant)
    (id,) = await enrolled(client, sequence, [contact])
    send = await message(session, tenant, id, sequence["default_email_account_id"])
    assert (await client.delete(f"/api/enrollments/{id}")).status_code == 204
    assert await letters(session, id) == ["enrollment.start", "enrollment.stop"]
    refused(await client.get(f"/api/enrollments/{id}"), 404, "enrollment.not_found")
    refused(await client.delete(f"/api/enrollments/{id}"), 404, "enrollment.not_found")
    assert answered(await client.get(f"/api/messages/{send.id}"))["enrollment_id"] is None
    assert answered(await client.get(f"/api/sequences/{sequence['id']}"))["total_enrolled"] == 0
    # The contact may be enrolled anew.
    assert await enrolled(client, sequence, [contact]) != [id]


async def test_a_list_of_enrollments_is_filtered_and_paged(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    one, other = await active(client), await active(client)
    people = await contacts(session, tenant, 3)
    ids = await enrolled(client, one, people)
    (elsewhere,) = await enrolled(client, other, people[:1])
    answered(await client.post(f"/api/enrollments/{ids[0]}/stop"))
    for query, found in (
        ({"sequence_id": one["id"]}, set(ids)),
        ({"contact_id": people[0]}, {ids[0], elsewhere}),
        ({"status": "stopped"}, {ids[0]}),
        ({"sequence_id": other["id"], "status": "stopped"}, set[str]()),
    ):
        data = answered(await client.get("/api/enrollments", params=query))["data"]
        assert {one["id"] for one in data} == found
    seen: list[str] = []
    cursor: str | None = None
    while cursor is not None or not seen:
        query = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = answered(await client.get("/api/enrollments", params=query))
        seen += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]
    assert sorted(seen) == sorted([*ids, elsewhere])


async def test_an_enrollment_of_another_customer_does_not_exist(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, other_tenant_client: httpx2.AsyncClient
) -> None:
    sequence = await active(client)
    (id,) = await enrolled(client, sequence, await contacts(session, tenant))
    path = f"/api/enrollments/{id}"
    for answer in [
        await other_tenant_client.get(path),
        await other_tenant_client.put(f"{path}/pause"),
        await other_tenant_client.put(f"{path}/resume"),
        await other_tenant_client.post(f"{path}/stop"),
        await other_tenant_client.delete(path),
    ]:
        refused(answer, 404, "enrollment.not_found")
    query = {"sequence_id": sequence["id"]}
    assert answered(await other_tenant_client.get("/api/enrollments", params=query))["data"] == []
    assert answered(await client.get(path))["status"] == "active"
