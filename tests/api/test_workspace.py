"""The workspace of a key, its users, and the enrichment queue."""

import asyncio

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Workspace
from tests.api.arrange import Json, answered, contacts, refused
from tests.api.conftest import NOW, Tenant


async def test_the_settings_of_a_workspace_are_read_and_changed(client: httpx2.AsyncClient, tenant: Tenant) -> None:
    before = answered(await client.get("/api/workspace"))
    assert (before["id"], before["name"], before["out_of_office_days"]) == (str(tenant.workspace_id), "Sales", 7)
    assert (before["soft_bounce_limit"], before["soft_bounce_days"]) == (3, 30)
    assert (before["timezone"], before["holiday_country"], before["holiday_dates"]) == ("UTC", None, [])
    sent: Json = {
        "postal_address": "1 Main Street, Madrid",
        "recipient_domain_daily_cap": 50,
        "contact_daily_cap": 1,
        "timezone": "Europe/Madrid",
        "out_of_office_days": 3,
        "same_company_stop": True,
        "holiday_country": "es",
        "holiday_dates": ["2026-12-25", "2026-12-24", "2026-12-25"],
        "free_mail_domains": ["GMail.com"],
        "soft_bounce_limit": 0,
        "soft_bounce_days": 90,
    }
    after = answered(await client.patch("/api/workspace", json=sent))
    kept = {"holiday_country": "ES", "holiday_dates": ["2026-12-24", "2026-12-25"], "free_mail_domains": ["gmail.com"]}
    assert after == before | sent | kept | {"updated_at": NOW.isoformat().replace("+00:00", "Z")}
    assert answered(await client.patch("/api/workspace", json={"contact_daily_cap": None}))["contact_daily_cap"] is None
    assert answered(await client.get("/api/workspace"))["postal_address"] == "1 Main Street, Madrid"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("contact_daily_cap", 0),
        ("out_of_office_days", None),
        ("recipient_domain_daily_cap", -1),
        ("timezone", "Mars/Olympus"),
        ("timezone", None),
        ("holiday_country", "Spain"),
        ("holiday_country", "XX"),
        ("holiday_dates", ["tomorrow"]),
        ("free_mail_domains", ["not a domain"]),
        ("soft_bounce_limit", -1),
        ("soft_bounce_days", 0),
        ("name", None),
        ("customer_id", "0198c0de-0000-7000-8000-000000000001"),
    ],
)
async def test_a_wrong_setting_is_pointed_at(client: httpx2.AsyncClient, name: str, value: object) -> None:
    pointers = refused(await client.patch("/api/workspace", json={name: value}), 422, "request.invalid")
    assert {pointer.split("/")[1] for pointer in pointers} == {name}


async def test_two_workspaces_of_a_customer_have_two_names(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    session.add(Workspace(customer_id=tenant.customer_id, name="Support"))
    await session.commit()
    refused(await client.patch("/api/workspace", json={"name": "Support"}), 409, "workspace.exists")


async def test_the_users_are_those_of_the_customer(
    client: httpx2.AsyncClient, tenant: Tenant, other_tenant: Tenant
) -> None:
    users = answered(await client.get("/api/users"))["data"]
    assert [(user["id"], user["email"]) for user in users] == [(str(tenant.user_id), "ann@customer.example")]
    assert other_tenant.user_id != tenant.user_id


async def test_a_contact_waits_for_enrichment_once(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, other_tenant_client: httpx2.AsyncClient
) -> None:
    [contact] = await contacts(session, tenant)
    path, body = f"/api/contacts/{contact}/enrich", {"enrichment_provider": "hunter", "priority": 5}
    answers = await asyncio.gather(*(client.post(path, json=body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    [queued] = [answer.json() for answer in answers if answer.status_code == 202]
    assert queued | body | {"status": "pending", "contact_id": contact} == queued
    assert queued["queued_at"] == NOW.isoformat().replace("+00:00", "Z")
    refused(await client.post(path), 409, "enrichment.waiting")
    counts = answered(await client.get("/api/enrichment/status"))
    assert counts == {"pending": 1, "processing": 0, "completed": 0, "failed": 0, "total": 1, "providers": []}
    assert answered(await other_tenant_client.get("/api/enrichment/status"))["total"] == 0
