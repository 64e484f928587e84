"""The suppression list: normal forms, kinds, what an entry leaves alone, and how it is lifted."""

from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db import suppressions
from settings import Settings
from tests.api.arrange import Json, active, answered, contacts, refused
from tests.api.conftest import NOW, Tenant

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
        {"email": "bob@example.com", "suppression_type": "isp_block"},
        {"email": "bob@example.com", "suppression_type": "temporary"},
        {"email": "bob@example.com", "suppression_type": "soft_bounce"},
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


async def test_an_entry_that_would_have_expired_is_refused(client: httpx2.AsyncClient) -> None:
    body = {"email": "bob@example.com", "suppression_type": "temporary", "expires_at": NOW.isoformat()}
    assert refused(await client.post(PATH, json=body), 422, "suppression.over") == {"/expires_at"}


# --- lifting ---------------------------------------------------------------------------------------------------------


async def entry(client: httpx2.AsyncClient, email: str = "bob@example.com", **fields: str) -> str:
    """The id of a new entry."""
    return str(answered(await client.post(PATH, json={"email": email, **fields}), 201)["id"])


async def history(client: httpx2.AsyncClient, email: str = "bob@example.com") -> list[Json]:
    """What was done to the suppression of the address, newest first."""
    found: list[Json] = answered(await client.get(f"{PATH}/history", params={"email": email}))["data"]
    return found


async def test_who_lifted_an_entry_when_and_why_is_kept(client: httpx2.AsyncClient, tenant: Tenant) -> None:
    id = await entry(client, suppression_type="complaint", source="phone")
    answer = await client.post(f"{PATH}/{id}/lift", json={"reason": "A mistake of the provider"})
    assert answered(answer) == {"suppression_id": id, "reactivated_contact_id": None}
    refused(await client.get(f"{PATH}/{id}"), 404, "suppression.not_found")
    refused(await client.post(f"{PATH}/{id}/lift", json={"reason": "Again"}), 404, "suppression.not_found")
    lifted, added = await history(client, " Bob@Example.com")
    assert (lifted["action"], added["action"]) == ("suppression.lifted", "suppression.added")
    assert (lifted["user_id"], lifted["subject_id"]) == (str(tenant.user_id), id)
    assert (lifted["occurred_at"], lifted["address_hash"]) == ("2026-11-21T09:00:00Z", added["address_hash"])
    assert lifted["details"] == {
        "reason": "A mistake of the provider",
        "suppression_type": "complaint",
        "source": "phone",
        "suppressed_at": "2026-11-21T09:00:00+00:00",
        "reactivated_contact_id": None,
    }
    assert "bob" not in str(lifted).lower()
    assert await history(client, "ann@example.com") == []


@pytest.mark.parametrize("kind", ["unsubscribe", "complaint"])
async def test_what_a_recipient_asked_for_is_lifted_with_a_reason_alone(client: httpx2.AsyncClient, kind: str) -> None:
    id = await entry(client, suppression_type=kind)
    for answer in (await client.post(f"{PATH}/{id}/lift", json={}), await client.delete(f"{PATH}/{id}")):
        assert refused(answer, 422, "suppression.reason") == {"/reason"}
    assert [event["action"] for event in await history(client)] == ["suppression.added"]
    assert (await client.delete(f"{PATH}/{id}", params={"reason": "Subscribed again"})).status_code == 204
    assert (await history(client))[0]["details"]["reason"] == "Subscribed again"


@pytest.mark.parametrize("reason", ["", "   ", "bob@example.com said so", "x" * 1001])
async def test_a_reason_that_is_kept_for_ever_is_a_text_without_addresses(
    client: httpx2.AsyncClient, reason: str
) -> None:
    id = await entry(client)
    refused(await client.post(f"{PATH}/{id}/lift", json={"reason": reason}), 422, "request.invalid")
    refused(await client.delete(f"{PATH}/{id}", params={"reason": reason}), 422, "request.invalid")


async def test_a_lifted_entry_can_be_made_again(client: httpx2.AsyncClient) -> None:
    answered(await client.post(f"{PATH}/{await entry(client)}/lift", json={}))
    await entry(client)
    assert [event["action"] for event in await history(client)] == [
        "suppression.added", "suppression.lifted", "suppression.added",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "status", "reactivate", "after"),
    [
        ("unsubscribe", "unsubscribed", False, "unsubscribed"),
        ("unsubscribe", "unsubscribed", True, "active"),
        ("complaint", "unsubscribed", True, "active"),
        ("hard_bounce", "bounced", False, "bounced"),
        ("hard_bounce", "bounced", True, "active"),
        ("hard_bounce", "unsubscribed", True, "unsubscribed"),
        ("unsubscribe", "bounced", True, "bounced"),
        ("manual", "unsubscribed", True, "unsubscribed"),
        ("unsubscribe", "do_not_contact", True, "do_not_contact"),
    ],
)
async def test_a_contact_is_active_again_only_if_asked_for_and_if_its_status_came_with_the_entry(
    client: httpx2.AsyncClient,
    session: AsyncSession,
    tenant: Tenant,
    kind: str,
    status: str,
    reactivate: bool,
    after: str,
) -> None:
    [contact] = await contacts(session, tenant, email="bob@example.com")
    statement = "UPDATE contacts SET status = CAST(:status AS contact_status_enum) WHERE id = :id"
    await session.execute(text(statement), {"id": UUID(contact), "status": status})
    await session.commit()
    id = await entry(client, suppression_type=kind)
    body = {"reason": "Signed up again", "reactivate": reactivate}
    answer = answered(await client.post(f"{PATH}/{id}/lift", json=body))
    assert answer["reactivated_contact_id"] == (contact if after == "active" else None)
    assert answered(await client.get(f"/api/contacts/{contact}"))["status"] == after
    assert (await history(client))[0]["details"]["reactivated_contact_id"] == answer["reactivated_contact_id"]


async def test_a_contact_that_is_active_again_is_not_mailed_while_another_entry_is_in_force(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sequence, [contact] = await active(client), await contacts(session, tenant, email="bob@example.com")
    answered(await client.patch(f"/api/contacts/{contact}", json={"status": "unsubscribed"}))
    [unsubscribe] = answered(await client.get(PATH))["data"]
    manual = await entry(client, "@example.com")
    body = {"reason": "Signed up again", "reactivate": True}
    answered(await client.post(f"{PATH}/{unsubscribe['id']}/lift", json=body))
    enrolling = {"contact_ids": [contact]}
    answer = answered(await client.post(f"/api/sequences/{sequence['id']}/enroll", json=enrolling))
    assert [row["verdict"] for row in answer["results"]] == ["suppressed"]
    assert (await client.delete(f"{PATH}/{manual}")).status_code == 204
    answer = answered(await client.post(f"/api/sequences/{sequence['id']}/enroll", json=enrolling))
    assert [row["verdict"] for row in answer["results"]] == ["enrolled"]


async def test_an_erased_address_is_found_and_lifted_and_its_history_goes_on(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, api_settings: Settings
) -> None:
    id = await entry(client, notes="Bob's desk")
    await suppressions.anonymise(
        session,
        hashes=api_settings.address_hashes,
        customer_id=tenant.customer_id,
        emails=["bob@example.com"],
        now=NOW,
    )
    await session.commit()
    [found] = answered(await client.get(PATH, params={"email": "bob@example.com"}))["data"]
    assert (found["id"], found["notes"], found["domain"]) == (id, None, None)
    assert (found["email"][:12], found["erased_at"]) == ("hmac-sha256:", "2026-11-21T09:00:00Z")
    answered(await client.post(f"{PATH}/{id}/lift", json={}))
    assert [event["action"] for event in await history(client)] == ["suppression.lifted", "suppression.added"]


@pytest.mark.parametrize("way", ["create", "import", "change"])
async def test_an_erased_address_that_comes_back_is_suppressed_from_the_first_moment(
    client: httpx2.AsyncClient, way: str
) -> None:
    contact = answered(await client.post("/api/contacts", json={"email": "bob@example.com"}), 201)["id"]
    answered(await client.patch(f"/api/contacts/{contact}", json={"status": "unsubscribed"}))
    assert (await client.delete(f"/api/contacts/{contact}")).status_code == 204
    [erased] = answered(await client.get(PATH))["data"]
    assert "bob" not in str(erased)
    match way:
        case "create":
            again = answered(await client.post("/api/contacts", json={"email": "Bob@example.com"}), 201)["id"]
        case "import":
            rows = {"contacts": [{"email": "bob@example.com"}]}
            [row] = answered(await client.post("/api/contacts/bulk", json=rows))["results"]
            assert (row["verdict"], row["mailable"]) == ("created", False)
            again = row["contact_id"]
        case _:
            other = answered(await client.post("/api/contacts", json={"email": "ann@example.com"}), 201)["id"]
            again = answered(await client.patch(f"/api/contacts/{other}", json={"email": "bob@example.com"}))["id"]
    [found] = answered(await client.get(PATH))["data"]
    assert (found["id"], found["email"], found["erased_at"]) == (erased["id"], "bob@example.com", None)
    sequence = await active(client)
    answer = await client.post(f"/api/sequences/{sequence['id']}/enroll", json={"contact_ids": [again]})
    assert [row["verdict"] for row in answered(answer)["results"]] == ["suppressed"]
