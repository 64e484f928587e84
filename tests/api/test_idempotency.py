"""Idempotency-Key: the same request twice is one request, whatever happens between."""

import asyncio

import httpx2
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ContactActivity, IdempotencyKey
from tests.api.arrange import answered, refused
from tests.api.conftest import Tenant

KEY = {"Idempotency-Key": "one"}
BOB = {"email": "bob@example.com"}


async def test_a_replay_gives_the_first_answer_and_changes_nothing(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    first = await client.post("/api/contacts", json=BOB, headers=KEY)
    again = await client.post("/api/contacts", json=BOB, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    recorded = (
        select(func.count()).select_from(ContactActivity).where(ContactActivity.customer_id == tenant.customer_id)
    )
    assert await session.scalar(recorded) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [("/api/contacts", {"email": "eve@example.com"}), ("/api/contacts?x=1", BOB), ("/api/suppressions", BOB)],
)
async def test_the_key_of_another_request_is_a_422(client: httpx2.AsyncClient, path: str, body: object) -> None:
    answered(await client.post("/api/contacts", json=BOB, headers=KEY), 201)
    refused(await client.post(path, json=body, headers=KEY), 422, "idempotency.mismatch")


async def test_concurrent_requests_with_one_key_happen_once(client: httpx2.AsyncClient) -> None:
    answers = await asyncio.gather(*(client.post("/api/contacts", json=BOB, headers=KEY) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == 5


async def test_an_error_leaves_the_key_free(client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant) -> None:
    refused(await client.post("/api/contacts", json={"email": "?"}, headers=KEY), 422, "request.invalid")
    mine = select(func.count()).select_from(IdempotencyKey).where(IdempotencyKey.customer_id == tenant.customer_id)
    assert await session.scalar(mine) == 0
    answered(await client.post("/api/contacts", json=BOB, headers=KEY), 201)


async def test_the_keys_of_two_tenants_are_apart(
    client: httpx2.AsyncClient, other_tenant_client: httpx2.AsyncClient
) -> None:
    mine = answered(await client.post("/api/contacts", json=BOB, headers=KEY), 201)
    theirs = answered(await other_tenant_client.post("/api/contacts", json=BOB, headers=KEY), 201)
    assert mine["id"] != theirs["id"]


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_an_empty_or_endless_key_is_a_422(client: httpx2.AsyncClient, key: str) -> None:
    answer = await client.post("/api/contacts", json=BOB, headers={"Idempotency-Key": key})
    refused(answer, 422, "idempotency.key")


async def test_a_key_on_a_get_says_nothing(client: httpx2.AsyncClient) -> None:
    for _ in range(2):
        answer = await client.get("/api/contacts", headers=KEY)
        assert (answer.status_code, "Idempotent-Replayed" in answer.headers) == (200, False)
