"""Enrichment by API: what is queued, what a user knows, and providers whose keys never come back."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import AuditEvent, Contact, EnrichmentCall, OutboxEntry, ProviderAccount
from db.secrets import SecretBox
from domain.vocabulary import EnrichmentLookup, EnrichmentOutcome, EnrichmentProvider, TimezoneSource
from tests.api.arrange import Json, answered, contacts, refused
from tests.api.conftest import NOW, Tenant

KEY = "a-key-that-nobody-sees"
HUNTER = "/api/enrichment/providers/hunter"


def pointers(answer: httpx2.Response) -> set[str]:
    assert answer.status_code == 422, answer.text
    return {error["pointer"] for error in answer.json()["errors"]}


async def hunter(client: httpx2.AsyncClient, **fields: Any) -> Json:
    return answered(await client.put(HUNTER, json={"credentials": {"api_key": KEY}, **fields}))


async def test_a_provider_is_used_as_the_workspace_says_and_its_key_never_comes_back(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, other_tenant_client: httpx2.AsyncClient
) -> None:
    settings = {"rank": 3, "fields": ["email_verified"], "overwrites": ["job_title"], "daily_budget": 50}
    made = await client.put(HUNTER, json={"credentials": {"api_key": KEY}, **settings})
    shown = answered(made)
    assert shown | settings | {"provider": "hunter", "enabled": True, "state": "ok"} == shown
    again = answered(await client.put(HUNTER, json={"rank": 4}))
    assert (again["rank"], again["fields"], again["daily_budget"], again["id"]) == (4, None, None, shown["id"])
    listed = await client.get("/api/enrichment/providers")
    assert [one["provider"] for one in listed.json()] == ["hunter"]
    status = await client.get("/api/enrichment/status")
    row = (
        await session.execute(select(ProviderAccount).where(ProviderAccount.workspace_id == tenant.workspace_id))
    ).scalar_one()
    assert KEY in SecretBox("0123456789abcdef").decrypt(row.credentials_encrypted)
    for answer in (made, listed, status, await client.get(HUNTER)):
        assert KEY not in answer.text
        assert "credentials" not in answer.text
    assert KEY.encode() not in row.credentials_encrypted
    assert (await other_tenant_client.get("/api/enrichment/providers")).json() == []
    for method in ("GET", "DELETE"):
        refused(await other_tenant_client.request(method, HUNTER), 404, "enrichment_provider.not_found")
    audited = await session.scalars(select(AuditEvent.action).where(AuditEvent.customer_id == tenant.customer_id))
    assert list(audited).count("enrichment_provider.changed") == 2
    assert (await client.delete(HUNTER)).status_code == 204
    refused(await client.get(HUNTER), 404, "enrichment_provider.not_found")


@pytest.mark.parametrize(
    ("provider", "body", "wrong"),
    [
        ("hunter", {}, {"/credentials"}),
        ("hunter", {"credentials": {"username": "a", "password": "b"}}, {"/credentials"}),
        ("zoominfo", {"credentials": {"api_key": "a"}}, {"/credentials"}),
        ("hunter", {"credentials": {"api_key": ""}}, {"/credentials/api_key"}),
        ("hunter", {"credentials": {"api_key": "a\r\nX-Evil: b"}}, {"/credentials/api_key"}),
        ("hunter", {"credentials": {"api_key": "schlüssel"}}, {"/credentials/api_key"}),
        ("hunter", {"credentials": {"api_key": "a"}, "base_url": "https://example.com/?a=b"}, {"/base_url"}),
        ("hunter", {"credentials": {"api_key": "a"}, "fields": ["phone", "status"]}, {"/fields/1"}),
        ("hunter", {"credentials": {"api_key": "a"}, "overwrites": ["email"]}, {"/overwrites/0"}),
        ("hunter", {"credentials": {"api_key": "a"}, "base_url": "https://10.0.0.1/v2"}, {"/base_url"}),
        ("hunter", {"credentials": {"api_key": "a"}, "base_url": "http://example.com"}, {"/base_url"}),
        ("hunter", {"credentials": {"api_key": "a"}, "daily_budget": -1}, {"/daily_budget"}),
    ],
)
async def test_settings_that_cannot_be_are_refused_with_their_place(
    client: httpx2.AsyncClient, provider: str, body: Json, wrong: set[str]
) -> None:
    answer = await client.put(f"/api/enrichment/providers/{provider}", json=body)
    assert pointers(answer) == wrong
    assert (await client.get("/api/enrichment/providers")).json() == []


async def test_manual_has_no_settings(client: httpx2.AsyncClient) -> None:
    answer = await client.put("/api/enrichment/providers/manual", json={"credentials": {"api_key": "a"}})
    refused(answer, 404, "enrichment_provider.not_found")


async def test_what_a_user_knows_is_written_at_once_over_what_providers_have_told(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    [contact] = await contacts(session, tenant, job_title="Clerk", field_sources={"job_title": "clearbit"})
    data = {"job_title": "Head of Sales", "phone": "600 123 456", "country": "Spain", "industry": "finance"}
    body = {"enrichment_provider": "manual", "data": data}
    entry = answered(await client.post(f"/api/contacts/{contact}/enrich", json=body), 202)
    assert (entry["status"], entry["processed_at"]) == ("completed", NOW.isoformat().replace("+00:00", "Z"))
    row = await session.get_one(Contact, contact, populate_existing=True)
    assert (row.job_title, row.phone, row.industry) == ("Head of Sales", "+34600123456", "finance")
    assert (row.timezone, row.timezone_source) == ("Europe/Madrid", TimezoneSource.DERIVED)
    assert row.field_sources == dict.fromkeys(data, "manual")
    assert row.enrichment_score == 12 + 8 + 6 + 4


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"enrichment_provider": "manual"}, {"/data"}),
        ({"enrichment_provider": "hunter", "data": {"city": "Rome"}}, {"/data"}),
        ({"enrichment_provider": "manual", "data": {"website": "javascript:x"}}, {"/data/website"}),
        ({"enrichment_provider": "manual", "data": {"email": "a@b.example"}}, {"/data/email"}),
        ({"enrichment_provider": "manual", "data": {"timezone": "Mars"}}, {"/data/timezone"}),
        ({"enrichment_provider": "bunter"}, {"/enrichment_provider"}),
        ({"priority": 11}, {"/priority"}),
    ],
)
async def test_a_request_that_cannot_be_is_refused_with_its_place(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, body: Json, wrong: set[str]
) -> None:
    [contact] = await contacts(session, tenant)
    assert pointers(await client.post(f"/api/contacts/{contact}/enrich", json=body)) == wrong
    assert answered(await client.get("/api/enrichment/queue"))["data"] == []


async def test_many_are_queued_by_one_request_each_once(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, other_tenant: Tenant
) -> None:
    mine = await contacts(session, tenant, 5)
    [theirs] = await contacts(session, other_tenant)
    answered(await client.post(f"/api/contacts/{mine[0]}/enrich"), 202)
    body = {"contact_ids": [*mine, mine[1], theirs], "enrichment_provider": "hunter", "priority": 7}
    assert answered(await client.post("/api/contacts/enrich", json=body), 202) == {"queued": 4}
    assert answered(await client.post("/api/contacts/enrich", json=body), 202) == {"queued": 0}
    page = answered(await client.get("/api/enrichment/queue", params={"count": "true", "status": "pending"}))
    assert page["total"] == 5
    assert {one["priority"] for one in page["data"]} == {1, 7}
    # One letter for each request that has queued something.
    letters = select(func.count()).where(OutboxEntry.subject_id == tenant.workspace_id)
    assert await session.scalar(letters) == 2
    by_hand = await client.post("/api/contacts/enrich", json={"contact_ids": mine, "enrichment_provider": "manual"})
    assert pointers(by_hand) == {"/enrichment_provider"}


async def test_the_status_tells_how_each_provider_does(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    await hunter(client, daily_budget=10)
    answered(await client.put("/api/enrichment/providers/clearbit", json={"credentials": {"api_key": KEY}, "rank": 1}))
    first, second = await contacts(session, tenant, 2)
    answered(await client.post(f"/api/contacts/{first}/enrich", json={"enrichment_provider": "hunter"}), 202)
    answered(await client.post(f"/api/contacts/{second}/enrich"), 202)
    for credits, asked_at in [(1, NOW), (2, NOW.replace(day=2)), (4, NOW.replace(month=10))]:
        session.add(
            EnrichmentCall(
                customer_id=tenant.customer_id,
                workspace_id=tenant.workspace_id,
                provider=EnrichmentProvider.HUNTER,
                lookup=EnrichmentLookup.VERIFICATION,
                outcome=EnrichmentOutcome.FOUND,
                credits=credits,
                asked_at=asked_at,
            )
        )
    await session.commit()
    status = answered(await client.get("/api/enrichment/status"))
    assert (status["pending"], status["total"]) == (2, 2)
    by_rank = [
        (one["provider"], one["waiting"], one["credits_today"], one["credits_this_month"])
        for one in status["providers"]
    ]
    assert by_rank == [("clearbit", 1, 0, 0), ("hunter", 2, 1, 3)]
    assert status["providers"][1]["daily_budget"] == 10


async def test_a_field_that_a_person_edits_is_no_providers_any_more(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sources = {"job_title": "clearbit", "city": "clearbit"}
    [contact] = await contacts(session, tenant, job_title="Clerk", city="Rome", field_sources=sources)
    shown = answered(await client.patch(f"/api/contacts/{contact}", json={"job_title": "Boss", "city": "Rome"}))
    assert shown["field_sources"] == {"city": "clearbit"}


async def test_a_field_that_a_file_writes_over_is_no_providers_any_more(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sources = {"job_title": "clearbit", "city": "clearbit"}
    known: Json = {"email": "grace@acme.example", "job_title": "Clerk", "city": "Rome"}
    [contact] = await contacts(session, tenant, **known, field_sources=sources)
    body = {"contacts": [known | {"job_title": "Boss"}], "on_conflict": "update"}
    answer = await client.post("/api/contacts/bulk", json=body)
    assert answer.status_code < 300, answer.text
    row = await session.get_one(Contact, contact, populate_existing=True)
    assert (row.job_title, row.field_sources) == ("Boss", {"city": "clearbit"})
