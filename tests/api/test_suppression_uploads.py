"""Suppressions by the thousand: each entry of a JSON body or a file gets its verdict."""

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.api.arrange import Json, answered, refused
from tests.api.conftest import NOW, Tenant

PATH = "/api/suppressions"
BULK = f"{PATH}/bulk"
CSV = {"Content-Type": "text/csv"}


def verdicts(body: Json) -> list[tuple[int, str | None, str]]:
    return [(one["line"], one["email"], one["verdict"]) for one in body["results"]]


async def listed(client: httpx2.AsyncClient) -> dict[str, Json]:
    """The entries by their email."""
    return {row["email"]: row for row in answered(await client.get(PATH, params={"limit": 200}))["data"]}


async def test_each_entry_of_a_json_body_has_its_verdict(client: httpx2.AsyncClient, tenant: Tenant) -> None:
    answered(await client.post(PATH, json={"email": "known@example.com"}), 201)
    entries: list[Json] = [
        {"email": "Bob@Example.com", "reason": "Asked", "source": "crm", "notes": "Ticket 1"},
        {"email": "known@example.com"},
        {"email": "known@example.com", "suppression_type": "complaint"},
        {"email": "bob@example.com", "reason": "Asked twice"},
        {"email": "@Example.org", "suppression_type": "domain_block"},
        {"email": "nobody"},
        {"emial": "ann@example.com"},
        {"email": "ann@example.com", "suppression_type": "temporary"},
        {"email": "ann@example.com", "expires_at": NOW.isoformat()},
        {"email": 7},
    ]
    body = answered(await client.post(BULK, json={"entries": entries}))
    assert verdicts(body) == [
        (1, "bob@example.com", "added"),
        (2, "known@example.com", "already"),
        (3, "known@example.com", "added"),
        (4, "bob@example.com", "already"),
        (5, "@example.org", "added"),
        (6, "nobody", "invalid"),
        (7, None, "invalid"),
        (8, "ann@example.com", "invalid"),
        (9, "ann@example.com", "invalid"),
        (10, None, "invalid"),
    ]
    assert (body["added"], body["already"], body["invalid"]) == (3, 2, 5)
    reasons = [one["reason"] for one in body["results"]]
    assert reasons[:5] == [None] * 5
    assert reasons[6:9] == [
        "email: is required; emial: is not a field of suppressions",
        "A temporary needs expires_at",
        "expires_at: is in the past",
    ]
    bob = (await listed(client))["bob@example.com"]
    assert (bob["id"], bob["added_by"]) == (body["results"][0]["suppression_id"], str(tenant.user_id))
    assert (bob["reason"], bob["source"], bob["notes"], bob["domain"]) == ("Asked", "crm", "Ticket 1", "example.com")


async def test_a_file_has_an_address_or_a_domain_on_each_line(client: httpx2.AsyncClient) -> None:
    file = "\ufeffbob@example.com\r\n\r\n@example.org\r\nbroken\r\nBOB@example.com\r\n"
    params = {"source": "old provider", "reason": "Unsubscribed there", "suppression_type": "unsubscribe"}
    body = answered(await client.post(BULK, content=file.encode(), headers=CSV, params=params))
    assert verdicts(body) == [
        (1, "bob@example.com", "added"),
        (3, "@example.org", "added"),
        (4, "broken", "invalid"),
        (5, "bob@example.com", "already"),
    ]
    found = await listed(client)
    told = {(row["source"], row["reason"], row["suppression_type"]) for row in found.values()}
    assert told == {("old provider", "Unsubscribed there", "unsubscribe")}


async def test_a_header_names_what_the_columns_say_and_the_query_fills_the_rest(client: httpx2.AsyncClient) -> None:
    file = (
        "Email;Suppression type;Expires at;Reason\n"
        "bob@example.com;temporary;2026-12-24T00:00:00Z;Away\n"
        "ann@example.com;;;\n"
    )
    body = answered(await client.post(BULK, content=file.encode(), headers=CSV, params={"reason": "Moved"}))
    assert verdicts(body) == [(2, "bob@example.com", "added"), (3, "ann@example.com", "added")]
    found = await listed(client)
    assert found["bob@example.com"]["expires_at"] == "2026-12-24T00:00:00Z"
    assert [found[f"{name}@example.com"]["reason"] for name in ("bob", "ann")] == ["Away", "Moved"]


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"email,colour\nbob@example.com,red\n", CSV, 422, "csv.header"),
        (b"name\nbob\n", CSV, 422, "csv.header"),
        (b"email,email\nbob@example.com,x\n", CSV, 422, "csv.header"),
        (b"\xff\xfe", CSV, 422, "csv.encoding"),
        (b"bob@example.com\n", {"Content-Type": "text/csv; charset=klingon"}, 422, "csv.encoding"),
        (b"bob@example.com", {"Content-Type": "text/plain"}, 415, "request.media_type"),
        (b"{", {"Content-Type": "application/json"}, 422, "request.invalid"),
        (b"@example.com\n" * 10_001, CSV, 422, "suppressions.too_many"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(
    client: httpx2.AsyncClient, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    refused(await client.post(BULK, content=content, headers=headers), status, code)
    assert await listed(client) == {}


async def test_a_file_in_another_charset_says_so(client: httpx2.AsyncClient) -> None:
    headers = {"Content-Type": "text/csv; charset=utf-16"}
    body = answered(await client.post(BULK, content="bob@bücher.example\n".encode("utf-16"), headers=headers))
    assert verdicts(body) == [(1, "bob@xn--bcher-kva.example", "added")]


async def test_ten_thousand_entries_are_added_at_once_and_told_of_by_one_event(
    client: httpx2.AsyncClient, session: AsyncSession
) -> None:
    entries = [{"email": f"{n}@example.com"} for n in range(10_000)]
    body = answered(await client.post(BULK, json={"entries": entries}))
    assert (body["added"], len({one["suppression_id"] for one in body["results"]})) == (10_000, 10_000)
    again = answered(await client.post(BULK, json={"entries": entries}))
    assert (again["added"], again["already"]) == (0, 10_000)
    [event] = answered(await client.get("/api/audit-events", params={"action": "suppressions.added"}))["data"]
    assert (event["details"], event["subject_id"]) == ({"manual": 10_000}, None)


async def test_entries_of_another_customer_are_not_in_the_way(
    client: httpx2.AsyncClient, other_tenant_client: httpx2.AsyncClient
) -> None:
    for one in (client, other_tenant_client):
        body = answered(await one.post(BULK, json={"entries": [{"email": "bob@example.com"}]}))
        assert body["added"] == 1
