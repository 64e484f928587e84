"""The suppression list: normal forms, kinds and what an entry leaves alone."""

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.api.arrange import Json, active, answered, contacts, refused
from tests.api.conftest import Tenant

PATH = "/api/suppressions"


@pytest.mark.parametrize(
    ("email", "stored", "domain"),
    [
        ("Bob@BÜCHER.example", "bob@xn--bcher-kva.example", "xn--bcher-kva.example"),
        (" @Acme.Example ", "@acme.example", "acme.example"),
    ],
)
async def test_an_entry_is_stored_normalised_and_found_in_any_spelling(
    client: httpx2.AsyncClient, tenant: Tenant, email: str, stored: str, domain: str
) -> None:
    entry = answered(await client.post(PATH, json={"email": email, "notes": "Ticket 1"}), 201)
    assert (entry["email"], entry["domain"], entry["suppression_type"]) == (stored, domain, "manual")
    assert (entry["added_by"], entry["suppressed_at"]) == (str(tenant.user_id), "2026-11-21T09:00:00Z")
    assert answered(await client.get(f"{PATH}/{entry['id']}")) == entry
    assert answered(await client.get(PATH, params={"email": email, "suppression_type": "manual"}))["data"] == [entry]
    assert answered(await client.get(PATH, params={"suppression_type": "complaint"}))["data"] == []
    refused(await client.post(PATH, json={"email": stored}), 409, "suppression.exists")
    assert (await client.delete(f"{PATH}/{entry['id']}")).status_code == 204
    refused(await client.get(f"{PATH}/{entry['id']}"), 404, "suppression.not_found")


@pytest.mark.parametrize(
    "body",
    [
        {"email": "@"},
        {"email": "bob"},
        {"email": "@a b.example"},
        {"email": "bob@example.com", "suppression_type": "domain_block"},
        {"email": "bob@example.com", "suppression_type": "temporary"},
        {"email": "bob@example.com", "suppression_type": "whim"},
        {"email": "bob@example.com", "expires_at": "2026-12-01T00:00:00"},
    ],
)
async def test_an_entry_that_makes_no_sense_is_refused(client: httpx2.AsyncClient, body: Json) -> None:
    refused(await client.post(PATH, json=body), 422, "request.invalid")


async def test_a_suppressed_contact_is_not_enrolled(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sequence, [contact] = await active(client), await contacts(session, tenant)
    answered(await client.post(PATH, json={"email": "@prospect.example", "suppression_type": "domain_block"}), 201)
    answer = await client.post(f"/api/sequences/{sequence['id']}/enroll", json={"contact_ids": [contact]})
    assert [row["verdict"] for row in answered(answer)["results"]] == ["suppressed"]
