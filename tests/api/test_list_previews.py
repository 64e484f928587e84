"""Whom a filter finds, before it becomes a list; and the same filters in bulk enrollment."""

import uuid
from typing import Any

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from api import filters
from domain.vocabulary import Industry
from tests.api.arrange import active, answered, contacts, refused
from tests.api.conftest import Clock, Tenant

TECHNOLOGY = {"field": "industry", "operator": "equals", "value": "technology"}
MILLIONS = {"operator": "OR", "conditions": [{"field": "custom_fields.x", "operator": "contains", "value": "x"}] * 100}


def rules(*leaves: Any, operator: str = "AND") -> dict[str, Any]:
    return {"operator": operator, "conditions": list(leaves)}


async def preview(client: httpx2.AsyncClient, *leaves: Any, **body: Any) -> httpx2.Response:
    return await client.post("/api/lists/preview", json={"filter_rules": rules(*leaves), **body})


async def test_a_preview_counts_and_shows_the_newest(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, other_tenant: Tenant
) -> None:
    mine = await contacts(session, tenant, 3, industry=Industry.TECHNOLOGY)
    await contacts(session, tenant, industry=Industry.FINANCE)
    await contacts(session, other_tenant, industry=Industry.TECHNOLOGY)
    body = answered(await preview(client, TECHNOLOGY))
    assert body["count"] == 3
    assert {one["id"] for one in body["sample"]} == set(mine)
    assert len(answered(await preview(client, TECHNOLOGY, sample=2))["sample"]) == 2
    assert answered(await preview(client, TECHNOLOGY, sample=0)) == {"count": 3, "sample": []}


async def test_words_of_dates_are_said_in_the_workspaces_zone(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, clock: Clock
) -> None:
    await contacts(session, tenant, last_seen_at=clock.now.replace(hour=8))
    seen = {"field": "last_seen_at", "operator": "equals", "value": "yesterday"}
    assert answered(await preview(client, seen))["count"] == 0
    # There it is 23:00 of the 21st now, and was 22:00 an hour before.
    assert answered(await client.patch("/api/workspace", json={"timezone": "Pacific/Kiritimati"}))
    assert answered(await preview(client, seen | {"value": "today"}))["count"] == 1
    assert answered(await preview(client, seen | {"value": "today", "timezone": "UTC"}))["count"] == 1


@pytest.mark.parametrize(
    ("one", "pointer"),
    [
        ({"field": "salary", "operator": "equals", "value": 1}, "/field"),
        ({"field": "industry", "operator": "equals", "value": "space"}, "/value"),
        ({"field": "open_rate", "operator": "contains", "value": "2"}, "/operator"),
        ({"field": "open_rate", "operator": "in", "value": [1, "2"]}, "/value/1"),
        ({"field": "list_ids", "operator": "in", "value": [str(uuid.uuid4())]}, "/value/0"),
    ],
)
async def test_wrong_rules_are_pointed_at(client: httpx2.AsyncClient, one: dict[str, Any], pointer: str) -> None:
    answer = await preview(client, TECHNOLOGY, rules(one))
    assert refused(answer, 422, "filter.invalid") == {f"/filter_rules/conditions/1/conditions/0{pointer}"}


async def test_a_list_of_another_customer_does_not_exist(
    client: httpx2.AsyncClient, other_tenant_client: httpx2.AsyncClient
) -> None:
    made = answered(await other_tenant_client.post("/api/lists", json={"name": "Theirs"}), 201)
    on_it = {"field": "list_ids", "operator": "equals", "value": made["id"]}
    assert refused(await preview(client, on_it), 422, "filter.invalid") == {"/filter_rules/conditions/0/value"}
    assert answered(await preview(other_tenant_client, on_it))["count"] == 0


async def test_the_sample_is_bounded(client: httpx2.AsyncClient) -> None:
    assert refused(await preview(client, TECHNOLOGY, sample=51), 422, "request.invalid") == {"/sample"}
    assert refused(await preview(client, TECHNOLOGY, sample=-1), 422, "request.invalid") == {"/sample"}


async def test_a_filter_that_takes_too_long_is_given_up(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    await contacts(session, tenant, 200, custom_fields={"x": ["x" * 50] * 500})
    monkeypatch.setattr(filters, "FILTER_SECONDS", 0.005)
    answer = await client.post("/api/lists/preview", json={"filter_rules": MILLIONS})
    assert refused(answer, 422, "filter.too_slow") == {"/filter_rules"}


async def test_whom_a_filter_finds_is_enrolled_oldest_first(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sequence = await active(client)
    path = f"/api/sequences/{sequence['id']}/bulk-enroll"
    found = [(await contacts(session, tenant, industry=Industry.TECHNOLOGY))[0] for _ in range(3)]
    await contacts(session, tenant, industry=Industry.FINANCE)
    not_yet = rules({"field": "sequence_ids", "operator": "is_empty"}, TECHNOLOGY)
    body = answered(await client.post(path, json={"filter": not_yet}))
    assert [(one["contact_id"], one["verdict"]) for one in body["results"]] == [(id, "enrolled") for id in found]
    assert answered(await client.post(path, json={"filter": not_yet})) == {"enrolled": 0, "results": []}
    wrong = rules({"field": "industry", "operator": "equals", "value": "space"})
    assert refused(await client.post(path, json={"filter": wrong}), 422, "filter.invalid") == {
        "/filter/conditions/0/value"
    }


async def test_a_filter_enrolls_nobody_when_it_finds_too_many(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.enrollments.MAX_BULK_ENROLL", 2)
    sequence = await active(client)
    path = f"/api/sequences/{sequence['id']}/bulk-enroll"
    await contacts(session, tenant, 3, industry=Industry.TECHNOLOGY)
    refusal = await client.post(path, json={"filter": rules(TECHNOLOGY)})
    assert refused(refusal, 422, "bulk_enroll.too_many") == {"/filter"}
    assert answered(await client.get(f"/api/sequences/{sequence['id']}"))["total_enrolled"] == 0
