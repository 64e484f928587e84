"""Who may ask: keys, their hashes and what an unknown one is told."""

import hashlib
import uuid

import httpx2
import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import api_keys
from db.models import ApiKey, Customer, User, Workspace
from tests.api.arrange import refused
from tests.api.conftest import NOW, Tenant


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic b2Q6eA==", "od_1a2b3c4d_x"])
async def test_a_request_without_a_bearer_key_is_a_401_that_says_what_to_send(
    anonymous: httpx2.AsyncClient, header: str
) -> None:
    answer = await anonymous.get("/api/contacts", headers={"Authorization": header})
    refused(answer, 401, "key.missing")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_an_unknown_key_is_a_401(anonymous: httpx2.AsyncClient, key: str) -> None:
    answer = await anonymous.get("/api/contacts", headers={"Authorization": f"Bearer {key}x"})
    refused(answer, 401, "key.unknown")


async def test_a_revoked_key_is_a_401(client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant) -> None:
    mine = ApiKey.customer_id == tenant.customer_id
    await session.execute(update(ApiKey).where(mine).values(revoked_at=NOW))
    await session.commit()
    refused(await client.get("/api/contacts"), 401, "key.unknown")


async def test_the_key_is_asked_before_the_body_is_read(anonymous: httpx2.AsyncClient) -> None:
    answer = await anonymous.post("/api/contacts", content=b"{", headers={"Content-Type": "application/json"})
    refused(answer, 401, "key.missing")


async def test_a_key_is_kept_as_its_hash_and_its_use_is_noted(
    client: httpx2.AsyncClient, session: AsyncSession, key: str
) -> None:
    await client.get("/api/users")
    row = (await session.execute(select(ApiKey).where(ApiKey.prefix == key[:11]))).scalar_one()
    assert row.key_hash == hashlib.sha256(key.encode()).digest()
    assert row.last_used_at == NOW


async def test_a_second_key_for_the_same_names_makes_no_second_customer(session: AsyncSession) -> None:
    name = f"Acme {uuid.uuid4()}"
    keys = [
        await api_keys.create(session, name, "Sales", email, NOW) for email in ("Bob@Acme.Example", "bob@acme.example")
    ]
    customer = (await session.execute(select(Customer).where(Customer.name == name))).scalar_one()
    for model in (Workspace, User):
        (await session.execute(select(model).where(model.customer_id == customer.id))).scalar_one()
    assert len(set(keys)) == 2
    assert all(len(key.split("_", 2)[1]) == 8 for key in keys)
