"""Audit events are read by page and filter, and no request writes or changes one."""

import httpx2
import pytest

from tests.api.arrange import answered, mailbox, refused
from tests.api.conftest import Tenant

PATH = "/api/audit-events"


async def three_entries(client: httpx2.AsyncClient) -> list[str]:
    """The ids of three suppressions, oldest first."""
    bodies = [{"email": f"{name}@example.com"} for name in ("one", "two", "three")]
    return [answered(await client.post("/api/suppressions", json=body), 201)["id"] for body in bodies]


async def test_events_are_listed_newest_first_page_by_page(client: httpx2.AsyncClient) -> None:
    ids = await three_entries(client)
    page = answered(await client.get(PATH, params={"limit": 2, "count": "true"}))
    rest = answered(await client.get(PATH, params={"limit": 2, "cursor": page["next_cursor"]}))
    assert page["total"] == 4
    assert [event["subject_id"] for event in page["data"] + rest["data"]][:3] == ids[::-1]
    assert rest["data"][-1]["action"] == "api_key.created"
    assert rest["next_cursor"] is None


async def test_nobody_sees_what_others_did(client: httpx2.AsyncClient, other_tenant_client: httpx2.AsyncClient) -> None:
    await three_entries(client)
    theirs = answered(await other_tenant_client.get(PATH))["data"]
    assert [event["action"] for event in theirs] == ["api_key.created"]


async def test_a_key_is_noted_with_its_user_and_nothing_of_itself(tenant: Tenant) -> None:
    [event] = answered(await tenant.client.get(PATH))["data"]
    assert (event["action"], event["subject"], event["user_id"]) == ("api_key.created", "api_key", None)
    assert event["details"] == {"user_id": str(tenant.user_id)}
    assert tenant.key[:11] not in str(event)


async def test_what_is_done_to_a_mailbox_is_noted_without_values(client: httpx2.AsyncClient, tenant: Tenant) -> None:
    account = await mailbox(client)
    path = f"/api/email-accounts/{account['id']}"
    answered(await client.patch(path, json={"smtp_password": "a new password", "daily_limit": 50}))
    assert (await client.delete(path)).status_code == 204
    deleted, changed, created = answered(await client.get(PATH, params={"subject_id": account["id"]}))["data"]
    assert {event["user_id"] for event in (deleted, changed, created)} == {str(tenant.user_id)}
    assert [event["action"].split(".")[1] for event in (deleted, changed, created)] == ["deleted", "changed", "created"]
    assert (deleted["details"], changed["details"]) == ({}, {"fields": ["daily_limit", "smtp_password"]})
    assert "password" not in str(created["details"]).replace("smtp_password", "")


async def test_events_are_filtered(client: httpx2.AsyncClient, tenant: Tenant) -> None:
    first, *_ = await three_entries(client)
    answered(await client.post(f"/api/suppressions/{first}/lift", json={}))

    async def found(**params: str) -> int:
        return len(answered(await client.get(PATH, params=params))["data"])

    assert await found(action="suppression.lifted") == 1
    assert await found(subject="suppression", subject_id=first) == 2
    assert await found(user_id=str(tenant.user_id)) == 4
    assert await found(since="2026-11-21T09:00:00Z") == 5
    assert await found(since="2026-11-21T09:00:01Z") == 0
    refused(await client.get(PATH, params={"since": "2026-11-21T09:00:00"}), 422, "request.invalid")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_no_request_writes_an_event(client: httpx2.AsyncClient, method: str) -> None:
    refused(await client.request(method, PATH), 405, "method.not_allowed")
