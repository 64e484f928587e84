"""Tenants: with another customer's ids every path answers as if there were nothing."""

from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from api.app import create_app
from api.openapi import operations
from db import jobs
from db.models import ProviderEvent
from domain.tracking.provider_events import EventKind
from domain.vocabulary import JobStatus, TaskType
from settings import Settings
from tests.api.arrange import Json, active, answered, contacts, enrolled, inbound, message, refused, task
from tests.api.conftest import NOW, Tenant

DOCUMENT = create_app(Settings()).openapi()
WALK = [
    pytest.param(path, method, operation, id=f"{method} {path}")
    for path, method, operation in operations(DOCUMENT)
    if "{id}" in path
]
LISTS = [
    path
    for path, method, operation in operations(DOCUMENT)
    if method == "get" and any(parameter["name"] == "cursor" for parameter in operation.get("parameters", ()))
]

NEEDED = {"/api/suppressions/history": {"email": "eve@example.com"}}
"""Parameters without which a list does not answer."""

NEVER_EMPTY = {"/api/users", "/api/audit-events"}
"""Lists in which everybody with a key has something: oneself, and that the key was made."""


async def belongings(session: AsyncSession, tenant: Tenant) -> dict[str, str]:
    """One thing of each kind of the tenant's: the id for each first word of a path below /api."""
    client = tenant.client
    [contact] = await contacts(session, tenant)
    sequence = await active(client)
    [enrollment] = await enrolled(client, sequence, [contact])
    mailbox = sequence["default_email_account_id"]
    entry = answered(await client.post("/api/suppressions", json={"email": "eve@example.com"}), 201)
    trials = answered(await client.post("/api/lists", json={"name": "Trials"}), 201)
    answered(await client.post(f"/api/contacts/{contact}/enrich"), 202)
    await provider_event(session, tenant)
    upload = await client.post("/api/imports", content="email\nbob@example.com\n", headers={"Content-Type": "text/csv"})
    file = answered(upload, 201)
    job = answered(await client.post(f"/api/imports/{file['id']}/start", json={}), 202)
    # Who watches a job is told of it until it ends.
    await jobs.end(session, UUID(job["id"]), JobStatus.COMPLETED, now=NOW)
    await session.commit()
    return {
        "imports": file["id"],
        "jobs": job["id"],
        "contacts": contact,
        "sequences": sequence["id"],
        "steps": sequence["steps"][0]["id"],
        "enrollments": enrollment,
        "email-accounts": mailbox,
        "messages": str((await message(session, tenant, enrollment, mailbox)).id),
        "tasks": await task(session, tenant, enrollment, TaskType.TASK),
        "suppressions": entry["id"],
        "lists": trials["id"],
        "inbound-messages": await inbound(session, tenant, mailbox),
    }


async def provider_event(session: AsyncSession, tenant: Tenant) -> None:
    about = {"customer_id": tenant.customer_id, "workspace_id": tenant.workspace_id, "provider": "sendgrid"}
    when = {"occurred_at": NOW, "received_at": NOW}
    session.add(ProviderEvent(external_id="1", event_type=EventKind.DELIVERED, payload={}, **about, **when))
    await session.commit()


async def ask(
    client: httpx2.AsyncClient, path: str, method: str, operation: Json, ids: dict[str, str]
) -> httpx2.Response:
    """The operation on ``ids``, with its own documented example as its body."""
    content = operation.get("requestBody", {}).get("content", {})
    body: Any = content["application/json"]["example"] if content else None
    if body and "list_id" in body:
        # What the body refers to is the asker's own: the path alone is foreign.
        body |= {"list_id": answered(await client.post("/api/lists", json={"name": "Mine"}), 201)["id"]}
    return await client.request(method, path.format(id=ids[path.split("/")[2]], stepId=ids["steps"]), json=body)


@pytest.mark.parametrize(("path", "method", "operation"), WALK)
async def test_the_things_of_another_customer_do_not_exist(
    session: AsyncSession,
    tenant: Tenant,
    other_tenant: Tenant,
    path: str,
    method: str,
    operation: Json,
) -> None:
    ids = await belongings(session, tenant)
    answer = await ask(other_tenant.client, path, method, operation, ids)
    assert answer.status_code == 404, answer.text
    assert answer.json()["code"].endswith(".not_found")
    if method == "get":
        assert (await ask(tenant.client, path, method, operation, ids)).status_code == 200


async def test_a_step_is_found_under_its_own_sequence_alone(session: AsyncSession, tenant: Tenant) -> None:
    ids = await belongings(session, tenant)
    other = await active(tenant.client)
    answer = await tenant.client.patch(f"/api/sequences/{other['id']}/steps/{ids['steps']}", json={"delay_days": 1})
    refused(answer, 404, "sequence_step.not_found")


@pytest.mark.parametrize("path", [path for path in LISTS if "{id}" not in path and path not in NEVER_EMPTY])
async def test_a_list_holds_nothing_of_another_customer(
    session: AsyncSession, tenant: Tenant, other_tenant: Tenant, path: str
) -> None:
    await belongings(session, tenant)
    params = {"count": "true"} | NEEDED.get(path, {})
    theirs = answered(await other_tenant.client.get(path, params=params))
    assert (theirs["data"], theirs["total"]) == ([], 0)
    mine = answered(await tenant.client.get(path, params=params))
    assert mine["total"] == len(mine["data"]) > 0


async def test_a_filter_by_another_customers_id_finds_nothing(
    session: AsyncSession, tenant: Tenant, other_tenant: Tenant
) -> None:
    ids = await belongings(session, tenant)
    answered(await tenant.client.post(f"/api/lists/{ids['lists']}/contacts", json={"contact_ids": [ids["contacts"]]}))
    for path, name, noun in (
        ("/api/contacts", "list_id", "lists"),
        ("/api/enrollments", "sequence_id", "sequences"),
        ("/api/enrollments", "contact_id", "contacts"),
    ):
        assert answered(await other_tenant.client.get(path, params={name: ids[noun]}))["data"] == []
