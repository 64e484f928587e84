"""Contacts searched by words and rules, and listed in any order, page by page."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from api.contact_orders import FIELDS
from db.models import Contact
from tests.api.arrange import Json, answered, refused
from tests.api.conftest import Tenant

SEARCH = "/api/contacts/search"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PEOPLE = (
    {"email": "grace.hopper@navy.example", "first_name": "Grace", "last_name": "Hopper", "company_name": "US Navy"},
    {"email": "ada@analytical.example", "first_name": "Ada", "last_name": "Lovelace", "company_name": "Analytical Ltd"},
    {"email": "ghopper@acme.example", "first_name": "Grace", "last_name": "Kelly", "company_name": "Acme"},
    {"email": "nobody@acme.example"},
)


async def people(session: AsyncSession, tenant: Tenant, rows: Any = PEOPLE) -> None:
    about = {"customer_id": tenant.customer_id, "workspace_id": tenant.workspace_id}
    session.add_all(Contact(**about, **row) for row in rows)
    await session.commit()


async def found(client: httpx2.AsyncClient, **body: Any) -> list[str]:
    rows = answered(await client.post(SEARCH, json=body))["data"]
    return [row["email"].partition("@")[0] for row in rows]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("gra", {"grace.hopper", "ghopper"}),
        ("GRACE", {"grace.hopper", "ghopper"}),
        ("hopper", {"grace.hopper"}),
        ("ghop", {"ghopper"}),
        ("ada@an", {"ada"}),
        ("acme", {"ghopper"}),
        ("lovelase", {"ada"}),
        ("a", {"ada", "ghopper"}),
        ("%", set()),
        ("_", set()),
        ("opper", {"grace.hopper"}),
        ("zzz", set()),
    ],
)
async def test_words_are_found_by_their_beginning_and_despite_a_misspelling(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, q: str, expected: set[str]
) -> None:
    await people(session, tenant)
    assert set(await found(client, q=q)) == expected
    listed = answered(await client.get("/api/contacts", params={"q": q}))["data"]
    assert {row["email"].partition("@")[0] for row in listed} == expected


async def test_what_fits_best_comes_first_and_pages_by_relevance_hold_each_once(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    rows = [{"email": f"p{index}@x.example", "last_name": name} for index, name in enumerate(("Hoper", "Hopper"))]
    await people(session, tenant, [*rows, {"email": "hopper@x.example"}])
    assert await found(client, q="hopper") == ["hopper", "p1", "p0"]
    assert await found(client, q="HOPPER") == ["hopper", "p1", "p0"]
    assert await pages(client, q="hopper", limit=1) == ["hopper", "p1", "p0"]
    refused(await client.post(SEARCH, json={"sort": "relevance"}), 422, "sort.relevance")


async def test_rules_and_words_are_joined_and_counted_on_request_alone(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    await people(session, tenant)
    rules = {"operator": "AND", "conditions": [{"field": "company_name", "operator": "is_not_empty"}]}
    assert set(await found(client, filter=rules, q="grace")) == {"grace.hopper", "ghopper"}
    answer = answered(await client.post(SEARCH, json={"filter": rules, "count": True, "limit": 1}))
    assert (answer["total"], len(answer["data"])) == (3, 1)
    assert "total" not in answered(await client.post(SEARCH, json={"filter": rules}))


async def test_a_wrong_rule_is_told_with_its_place(client: httpx2.AsyncClient) -> None:
    rules = {"operator": "AND", "conditions": [{"field": "shoe_size", "operator": "equals", "value": 1}]}
    pointers = refused(await client.post(SEARCH, json={"filter": rules}), 422, "filter.invalid")
    assert pointers == {"/filter/conditions/0/field"}
    assert refused(await client.post(SEARCH, json={"sort": "shoe_size"}), 422, "request.invalid") == {"/sort"}


async def pages(client: httpx2.AsyncClient, **body: Any) -> list[str]:
    """Whom all pages hold, in their order."""
    emails: list[str] = []
    cursor = None
    while True:
        page = answered(await client.post(SEARCH, json={**body, "cursor": cursor}))
        emails += [row["email"].partition("@")[0] for row in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return emails
        assert len(page["data"]) == body["limit"]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("limit", [1, 2, 7])
async def test_pages_in_any_order_hold_each_contact_once_and_empty_values_last(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, field: str, limit: int
) -> None:
    await people(session, tenant, [row(index, field) for index in range(7)])
    everybody = await found(client, sort=field)
    assert len(everybody) == len(set(everybody)) == 7
    for sort in (field, f"-{field}"):
        paged = await pages(client, sort=sort, limit=limit)
        assert set(paged) == set(everybody)
        values = [(await shown(client, email))[field] for email in paged]
        present = [value for value in values if value is not None]
        assert present == sorted(present, reverse=sort[0] == "-")
        assert values == present + [None] * (len(values) - len(present))


def row(index: int, field: str) -> Json:
    """The seventh and the first have none, two have the same."""
    column = Contact.__table__.c[field]
    numbers = {"total_emails_received": index, "total_emails_opened": index // 2}
    values: Json = {"email": f"p{index}@x.example", **numbers}
    if index in {0, 6} and column.nullable and column.computed is None and field not in {"created_at", "updated_at"}:
        return values | ({field: None} if column.server_default is None else {})
    same = index // 2
    kind = column.type.python_type
    if field not in {"email", "open_rate", "click_rate", "reply_rate", "full_name", "total_emails_received"}:
        values[field] = NOON + timedelta(hours=same) if kind is datetime else kind(same)
    return values | ({"first_name": f"Name {same}"} if field == "full_name" and index else {})


async def shown(client: httpx2.AsyncClient, name: str) -> Json:
    [contact] = answered(await client.get("/api/contacts", params={"email": f"{name}@x.example"}))["data"]
    return dict(contact)


async def test_a_cursor_of_another_order_is_refused(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    await people(session, tenant)
    cursor = answered(await client.post(SEARCH, json={"sort": "email", "limit": 1}))["next_cursor"]
    for sort in ("-email", "company_name", None):
        refused(await client.post(SEARCH, json={"sort": sort, "cursor": cursor}), 422, "cursor.other_sort")
        parameters = {"cursor": cursor} | ({"sort": sort} if sort else {})
        refused(await client.get("/api/contacts", params=parameters), 422, "cursor.other_sort")
    refused(await client.post(SEARCH, json={"cursor": "WyJhIl0"}), 422, "cursor.invalid")


async def test_a_search_finds_nobody_of_another_customer(
    session: AsyncSession, tenant: Tenant, other_tenant: Tenant
) -> None:
    await people(session, tenant)
    for body in ({}, {"q": "grace"}, {"q": "ada@an"}, {"sort": "company_name"}):
        answer = answered(await other_tenant.client.post(SEARCH, json={**body, "count": True}))
        assert (answer["data"], answer["total"]) == ([], 0)
