"""The routes that ask no key."""

import httpx2
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from tests.api.arrange import answered, contacts
from tests.api.conftest import Tenant


async def test_health_asks_the_database_and_no_key(anonymous: httpx2.AsyncClient) -> None:
    answer = await anonymous.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_health_warns_of_activities_that_have_no_partition_of_their_month(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    [contact_id] = await contacts(session, tenant)
    body = {"contact_id": contact_id, "activity_type": "call_completed", "occurred_at": "1999-12-31T00:00:00Z"}
    answered(await client.post("/api/activities", json=body), 201)
    answer = await anonymous.get("/health")
    assert answer.json() == {"status": "ok", "warnings": ["activities.default_partition_not_empty"]}


async def test_the_docs_page_loads_nothing_from_elsewhere(anonymous: httpx2.AsyncClient) -> None:
    answer = await anonymous.get("/docs")
    assert answer.status_code == 200
    assert not [word for word in ("<script", "src=", 'href="http', "@import", "url(") if word in answer.text]


async def test_every_answer_carries_the_request_id_it_was_sent(anonymous: httpx2.AsyncClient) -> None:
    answer = await anonymous.get("/health", headers={"X-Request-Id": "abc-1"})
    assert answer.headers["X-Request-Id"] == "abc-1"


async def test_an_unreachable_database_is_a_503(app: FastAPI, anonymous: httpx2.AsyncClient) -> None:
    def refuse() -> None:
        raise ConnectionRefusedError

    working, app.state.sessions = app.state.sessions, refuse
    try:
        answer = await anonymous.get("/health")
    finally:
        app.state.sessions = working
    assert (answer.status_code, answer.json()["code"]) == (503, "database.unavailable")
    assert answer.headers["Retry-After"] == "1"
