"""Lists: their members, and counts that are always those of the rows."""

import asyncio
import uuid

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ContactList
from tests.api.arrange import Json, active, answered, contacts, refused
from tests.api.conftest import Tenant

RULES: Json = {"operator": "AND", "conditions": [{"field": "industry", "operator": "equals", "value": "technology"}]}


async def make(client: httpx2.AsyncClient, **fields: object) -> Json:
    return answered(await client.post("/api/lists", json={"name": "Trials"} | fields), 201)


def counts(row: Json) -> tuple[int, int]:
    return row["total_contacts"], row["active_contacts"]


async def test_a_list_is_made_read_changed_and_deleted(client: httpx2.AsyncClient, tenant: Tenant) -> None:
    trials = await make(client, color="#3366CC")
    path = f"/api/lists/{trials['id']}"
    assert (trials["type"], trials["created_by"], counts(trials)) == ("static", str(tenant.user_id), (0, 0))
    assert trials.keys() == set(ContactList.__table__.columns.keys()) - {"depends_on"}
    assert answered(await client.get(path)) == trials
    changed = answered(await client.put(path, json={"name": "Customers", "description": "Paid"}))
    assert (changed["name"], changed["color"]) == ("Customers", "#3366CC")
    found = answered(await client.get("/api/lists", params={"name": "custom", "type": "static"}))["data"]
    assert [row["id"] for row in found] == [trials["id"]]
    assert (await client.delete(path)).status_code == 204
    refused(await client.get(path), 404, "list.not_found")


async def test_members_are_added_and_removed_with_a_verdict_each(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, other_tenant: Tenant
) -> None:
    trials, stranger = await make(client), str(uuid.uuid4())
    ids = await contacts(session, tenant, 3)
    [foreign] = await contacts(session, other_tenant)
    path = f"/api/lists/{trials['id']}/contacts"
    answered(await client.post(path, json={"contact_ids": ids[:1]}))
    added = answered(await client.post(path, json={"contact_ids": [*ids, ids[2], foreign, stranger]}))
    assert [row["verdict"] for row in added["results"]] == [
        "already_member",
        "added",
        "added",
        "not_found",
        "not_found",
    ]
    assert counts(added) == (3, 3)
    members = answered(await client.get("/api/contacts", params={"list_id": trials["id"]}))["data"]
    assert {row["id"] for row in members} == set(ids)
    removed = answered(await client.request("DELETE", path, json={"contact_ids": [ids[0], foreign]}))
    assert [row["verdict"] for row in removed["results"]] == ["removed", "not_member"]
    assert counts(removed) == (2, 2)


async def test_counts_follow_the_status_and_the_end_of_a_member(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    trials = await make(client)
    ids = await contacts(session, tenant, 3)
    answered(await client.post(f"/api/lists/{trials['id']}/contacts", json={"contact_ids": ids}))
    answered(await client.patch(f"/api/contacts/{ids[0]}", json={"do_not_contact": True}))
    await client.delete(f"/api/contacts/{ids[1]}")
    assert counts(answered(await client.get(f"/api/lists/{trials['id']}"))) == (2, 1)
    stored = await session.get_one(ContactList, uuid.UUID(trials["id"]))
    assert (stored.total_contacts, stored.active_contacts) == (2, 1)


async def test_counts_are_right_after_concurrent_additions(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    trials = await make(client)
    ids = await contacts(session, tenant, 8)
    path = f"/api/lists/{trials['id']}/contacts"
    await asyncio.gather(*(client.post(path, json={"contact_ids": [id]}) for id in ids))
    stored = await session.get_one(ContactList, uuid.UUID(trials["id"]))
    assert (stored.total_contacts, stored.active_contacts) == (8, 8)


async def test_a_dynamic_list_keeps_its_rules_and_takes_no_contacts_by_hand(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    nested = RULES | {"conditions": [*RULES["conditions"], RULES | {"operator": "OR"}]}
    dynamic = await make(client, type="dynamic", filter_rules=nested, auto_refresh=True)
    assert (dynamic["filter_rules"], dynamic["last_refreshed_at"]) == (nested, None)
    [contact] = await contacts(session, tenant)
    path = f"/api/lists/{dynamic['id']}/contacts"
    for method in ("POST", "DELETE"):
        refused(await client.request(method, path, json={"contact_ids": [contact]}), 409, "list.dynamic")
    refused(await client.put(f"/api/lists/{dynamic['id']}", json={"type": "static"}), 409, "list.type")
    refused(await client.put(f"/api/lists/{dynamic['id']}", json={"filter_rules": None}), 422, "list.rules")


@pytest.mark.parametrize(
    ("rules", "pointer"),
    [
        (None, ""),
        ({}, "/conditions"),
        ({"conditions": [5]}, "/conditions/0"),
        ({"conditions": [{"field": "industri", "operator": "equals", "value": 1}]}, "/conditions/0/field"),
        ({"conditions": [{"field": [], "operator": "equals", "value": 1}]}, "/conditions/0/field"),
        ({"conditions": [{"field": "custom_fields.", "operator": "is_empty"}]}, "/conditions/0/field"),
        ({"conditions": [{"field": "city", "operator": [], "value": 1}]}, "/conditions/0/operator"),
        ({"conditions": [{"field": "city", "operator": "in", "value": "Rome"}]}, "/conditions/0/value"),
        ({"conditions": [{"field": "city", "operator": "is_empty", "value": 1}]}, "/conditions/0/value"),
        ({"conditions": [{"field": "city", "operator": "is_empty", "x": 1}]}, "/conditions/0/x"),
        ({"operator": [], "conditions": [{"field": "city", "operator": "is_empty"}]}, "/operator"),
        ({"conditions": [{"conditions": []}]}, "/conditions/0/conditions"),
    ],
)
async def test_rules_that_are_not_well_formed_are_pointed_at(
    client: httpx2.AsyncClient, rules: Json | None, pointer: str
) -> None:
    answer = await client.post("/api/lists", json={"name": "New", "type": "dynamic", "filter_rules": rules})
    assert refused(answer, 422, "list.rules") == {f"/filter_rules{pointer}"}


@pytest.mark.parametrize("fields", [{"filter_rules": RULES}, {"auto_refresh": True}])
async def test_a_static_list_has_no_rules(client: httpx2.AsyncClient, fields: Json) -> None:
    answer = await client.post("/api/lists", json={"name": "New"} | fields)
    assert refused(answer, 422, "list.rules") == {f"/{name}" for name in fields}


@pytest.mark.parametrize("ids", [[], ["x"], None])
async def test_members_are_a_list_of_ids(client: httpx2.AsyncClient, ids: object) -> None:
    trials = await make(client)
    answer = await client.post(f"/api/lists/{trials['id']}/contacts", json={"contact_ids": ids})
    refused(answer, 422, "request.invalid")


async def test_a_refresh_is_a_job(client: httpx2.AsyncClient) -> None:
    dynamic = await make(client, type="dynamic", filter_rules=RULES)
    answer = await client.post(f"/api/lists/{dynamic['id']}/refresh")
    job = answered(answer, 202)
    assert (job["kind"], job["status"]) == ("list_refresh", "queued")
    assert answer.headers["Location"] == f"/api/jobs/{job['id']}"
    assert answered(await client.get(answer.headers["Location"]))["id"] == job["id"]
    trials = await make(client)
    refused(await client.post(f"/api/lists/{trials['id']}/refresh"), 409, "list.not_dynamic")


async def test_the_history_of_a_list_says_who_joined_and_left_and_how(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    trials = await make(client)
    ann, bob = await contacts(session, tenant, 2)
    path = f"/api/lists/{trials['id']}"
    answered(await client.post(f"{path}/contacts", json={"contact_ids": [ann, bob]}))
    answered(await client.request("DELETE", f"{path}/contacts", json={"contact_ids": [ann]}))
    history = answered(await client.get(f"{path}/history"))["data"]
    assert [(row["contact_id"], row["joined"]) for row in history if row["contact_id"] == ann] == [
        (ann, False),
        (ann, True),
    ]
    assert {(row["source"], row["changed_by"]) for row in history} == {("api", str(tenant.user_id))}
    joined = answered(await client.get(f"{path}/history", params={"joined": "true", "contact_id": bob}))["data"]
    assert [row["contact_id"] for row in joined] == [bob]


async def test_rules_that_come_back_to_their_own_list_are_pointed_at(client: httpx2.AsyncClient) -> None:
    first = await make(client, type="dynamic", filter_rules=RULES)
    of_first = {"conditions": [{"field": "list_ids", "operator": "in", "value": [first["id"]]}]}
    second = await make(client, type="dynamic", filter_rules=of_first)
    of_second = {"conditions": [*RULES["conditions"], {"field": "list_ids", "operator": "in", "value": [second["id"]]}]}
    answer = await client.put(f"/api/lists/{first['id']}", json={"filter_rules": of_second})
    assert refused(answer, 422, "list.rules") == {"/filter_rules/conditions/1"}
    refused(await client.delete(f"/api/lists/{first['id']}"), 409, "list.in_use")


async def test_new_members_are_enrolled_in_a_sequence_of_the_customers_own(
    client: httpx2.AsyncClient, other_tenant: Tenant
) -> None:
    mine, theirs = await active(client), await active(other_tenant.client)
    trials = await make(client, enroll_sequence_id=mine["id"])
    assert trials["enroll_sequence_id"] == mine["id"]
    path = f"/api/lists/{trials['id']}"
    refused(await client.put(path, json={"enroll_sequence_id": theirs["id"]}), 404, "sequence.not_found")
    assert answered(await client.put(path, json={"enroll_sequence_id": None}))["enroll_sequence_id"] is None
    answer = await client.post(
        "/api/lists", json={"name": "Never", "type": "suppression", "enroll_sequence_id": mine["id"]}
    )
    assert refused(answer, 422, "list.rules") == {"/enroll_sequence_id"}
