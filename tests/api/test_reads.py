"""What is read most goes by the driver: it answers as any other route does, also when the server goes away."""

import uuid

import asyncpg
import httpx2
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db.driver import driver_connection
from tests.api.arrange import answered, contacts, refused
from tests.api.conftest import Tenant
from tests.api.test_contacts import make


async def terminate_others(url: str) -> None:
    """End every connection to the database but ours, as a restart of the server does."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()


async def test_one_contact_a_page_and_a_search_show_it_alike(client: httpx2.AsyncClient) -> None:
    made = await make(client, custom_fields={"plan": "trial", "seats": 4.5, "tags": ["a", None]}, timezone="UTC")
    one = answered(await client.get(f"/api/contacts/{made['id']}"))
    [in_page] = answered(await client.get("/api/contacts"))["data"]
    [found] = answered(await client.post("/api/contacts/search", json={}))["data"]
    assert one == made == in_page == found


async def test_a_contact_of_another_customer_or_of_nobody_does_not_exist(
    client: httpx2.AsyncClient, other_tenant: Tenant, session: AsyncSession
) -> None:
    [foreign] = await contacts(session, other_tenant)
    for id in (foreign, uuid.uuid4()):
        refused(await client.get(f"/api/contacts/{id}"), 404, "contact.not_found")


async def test_a_read_goes_on_after_the_server_has_ended_its_connections(
    client: httpx2.AsyncClient, api_database_url: str
) -> None:
    made = await make(client)
    for _ in range(2):
        await terminate_others(api_database_url)
        assert answered(await client.get(f"/api/contacts/{made['id']}")) == made


async def test_a_write_goes_on_after_the_server_has_ended_its_connections_or_says_that_it_did_not(
    client: httpx2.AsyncClient, api_database_url: str
) -> None:
    made = await make(client)
    await terminate_others(api_database_url)
    answer = await client.patch(f"/api/contacts/{made['id']}", json={"city": "Madrid"})
    if answer.status_code != 200:
        refused(answer, 503, "database.unavailable")
        answer = await client.patch(f"/api/contacts/{made['id']}", json={"city": "Madrid"})
    assert answered(answer)["city"] == "Madrid"


async def test_a_connection_by_the_driver_is_in_no_transaction(app: FastAPI) -> None:
    async with driver_connection(app.state.engine) as connection:
        assert not connection.is_in_transaction()
        await connection.execute("CREATE TEMPORARY TABLE seen (id int)")
        assert await connection.fetchval("SELECT count(*) FROM seen") == 0
        await connection.execute("DROP TABLE seen")
    async with app.state.sessions() as session:
        assert await session.scalar(text("SELECT 1")) == 1
