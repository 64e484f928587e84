"""Contacts: made, found, changed and erased."""

import uuid

import httpx2
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import (
    Base,
    Contact,
    ContactActivity,
    ContactEnrichmentQueue,
    ContactListMembership,
    ContactSuppressionList,
    EmailMessage,
    Sequence,
    SequenceEnrollment,
)
from domain.vocabulary import EnrollmentStatus
from tests.api.arrange import Json, active, answered, enrolled, letters, message, refused
from tests.api.conftest import Tenant

BOB: Json = {"email": "bob@example.com", "first_name": "Bob", "last_name": "Ray"}


async def make(client: httpx2.AsyncClient, **fields: object) -> Json:
    return answered(await client.post("/api/contacts", json=BOB | fields), 201)


async def test_a_contact_has_the_defaults_of_its_columns(client: httpx2.AsyncClient, tenant: Tenant) -> None:
    contact = await make(client)
    assert (
        contact
        | {
            "full_name": "Bob Ray",
            "customer_id": str(tenant.customer_id),
            "workspace_id": str(tenant.workspace_id),
            "created_by": str(tenant.user_id),
            "phone_type": "work",
            "timezone": "UTC",
            "custom_fields": {},
            "status": "active",
            "do_not_contact": False,
            "source": "api",
            "open_rate": 0.0,
            "total_replies": 0,
            "created_at": "2026-11-21T09:00:00Z",
            "first_seen_at": "2026-11-21T09:00:00Z",
        }
        == contact
    )
    assert contact.keys() == set(Contact.__table__.columns.keys())
    assert answered(await client.get(f"/api/contacts/{contact['id']}")) == contact


async def test_a_contact_can_be_made_as_one_that_is_not_written_to(client: httpx2.AsyncClient) -> None:
    never = await make(client, do_not_contact=True, timezone=None)
    assert (never["status"], never["do_not_contact"], never["timezone"]) == ("do_not_contact", True, None)
    gone = await make(client, email="eve@example.com", status="unsubscribed")
    assert (gone["status"], gone["unsubscribed_at"]) == ("unsubscribed", "2026-11-21T09:00:00Z")
    body = {"email": "max@example.com", "status": "do_not_contact", "do_not_contact": False}
    refused(await client.post("/api/contacts", json=body), 422, "contact.contradiction")


async def test_an_address_is_stored_normalised_and_known_in_any_spelling(client: httpx2.AsyncClient) -> None:
    contact = await make(client, email="  Bob@BÜCHER.example ")
    assert contact["email"] == "bob@xn--bcher-kva.example"
    refused(await client.post("/api/contacts", json={"email": "BOB@bücher.example"}), 409, "contact.exists")
    found = answered(await client.get("/api/contacts", params={"email": "BOB@bücher.example"}))
    assert [row["id"] for row in found["data"]] == [contact["id"]]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({"status": "unsubscribed"}, {"eve"}),
        ({"q": "BOB"}, {"bob"}),
        ({"q": "100%"}, {"eve"}),
        ({"q": "_"}, set()),
        ({"company_domain": "acme.example"}, {"eve"}),
        ({"source": "web_form"}, {"bob"}),
        ({"list_id": str(uuid.uuid4())}, set()),
        ({}, {"bob", "eve"}),
    ],
)
async def test_a_list_of_contacts_holds_those_that_fit_every_filter(
    client: httpx2.AsyncClient, parameters: dict[str, str], found: set[str]
) -> None:
    await make(client, source="web_form")
    eve = {"email": "eve@acme.example", "company_name": "100% Acme", "company_domain": "acme.example"}
    await make(client, **eve, first_name="Eve", status="unsubscribed")
    rows = answered(await client.get("/api/contacts", params=parameters))["data"]
    assert {row["email"].split("@")[0] for row in rows} == found


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_change_writes_what_is_sent_and_records_which_fields_changed(
    client: httpx2.AsyncClient, method: str
) -> None:
    contact = await make(client)
    path = f"/api/contacts/{contact['id']}"
    body = {"first_name": "Rob", "last_name": None, "email": "ROB@example.com", "custom_fields": {"plan": 2}}
    changed = answered(await client.request(method, path, json=body))
    assert (changed["full_name"], changed["email"]) == ("Rob", "rob@example.com")
    assert changed["timezone"] == "UTC"
    activities = answered(await client.get(f"{path}/activities"))["data"]
    assert {row["activity_type"] for row in activities} == {"contact_created", "contact_updated"}
    metadata = next(row["metadata"] for row in activities if row["activity_type"] == "contact_updated")
    assert metadata == {"fields": ["custom_fields", "email", "first_name", "last_name"]}


async def test_a_change_that_changes_nothing_is_not_recorded(client: httpx2.AsyncClient) -> None:
    contact = await make(client)
    assert answered(await client.patch(f"/api/contacts/{contact['id']}", json=BOB)) == contact
    assert len(answered(await client.get(f"/api/contacts/{contact['id']}/activities"))["data"]) == 1


async def test_the_address_of_another_contact_is_a_409(client: httpx2.AsyncClient) -> None:
    await make(client)
    eve = await make(client, email="eve@example.com")
    refused(await client.put(f"/api/contacts/{eve['id']}", json={"email": "Bob@example.com"}), 409, "contact.exists")


@pytest.mark.parametrize(
    "body", [{"email": None}, {"status": None}, {"custom_fields": None}, {"id": str(uuid.uuid4())}]
)
async def test_what_cannot_be_empty_or_written_is_refused(client: httpx2.AsyncClient, body: Json) -> None:
    contact = await make(client)
    pointers = refused(await client.patch(f"/api/contacts/{contact['id']}", json=body), 422, "request.invalid")
    assert pointers == {f"/{name}" for name in body}


async def test_do_not_contact_and_status_move_together(client: httpx2.AsyncClient) -> None:
    path = f"/api/contacts/{(await make(client))['id']}"

    async def after(**body: object) -> tuple[str, bool, bool]:
        contact = answered(await client.patch(path, json=body))
        return contact["status"], contact["do_not_contact"], contact["unsubscribed_at"] is not None

    assert await after(do_not_contact=True) == ("do_not_contact", True, False)
    assert await after(do_not_contact=False) == ("active", False, False)
    assert await after(status="unsubscribed") == ("unsubscribed", False, True)
    assert await after(status="unsubscribed", first_name="X") == ("unsubscribed", False, True)
    assert await after(status="active") == ("active", False, False)
    refused(await client.patch(path, json={"status": "active", "do_not_contact": True}), 422, "contact.contradiction")


async def test_an_unsubscribe_suppresses_the_address_and_ends_the_enrollments(
    client: httpx2.AsyncClient, session: AsyncSession
) -> None:
    contact, sequence = await make(client), await active(client)
    [enrollment] = await enrolled(client, sequence, [contact["id"]])
    answered(await client.patch(f"/api/contacts/{contact['id']}", json={"status": "unsubscribed"}))
    row = await session.get_one(SequenceEnrollment, uuid.UUID(enrollment))
    assert row.status is EnrollmentStatus.UNSUBSCRIBED
    entries = answered(await client.get("/api/suppressions"))["data"]
    assert [(entry["email"], entry["suppression_type"]) for entry in entries] == [("bob@example.com", "unsubscribe")]


async def test_erasing_a_contact_stops_its_enrollments_and_takes_all_that_speaks_of_it(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    contact, sequence = await make(client), await active(client)
    path = f"/api/contacts/{contact['id']}"
    [enrollment] = await enrolled(client, sequence, [contact["id"]])
    await message(session, tenant, enrollment, sequence["default_email_account_id"])
    await session.execute(update(Sequence).where(Sequence.id == uuid.UUID(sequence["id"])).values(total_sent=1))
    await session.commit()
    opened = {"contact_id": contact["id"], "activity_type": "email_opened", "sequence_id": sequence["id"]}
    answered(await client.post("/api/activities", json=opened), 201)
    trials = answered(await client.post("/api/lists", json={"name": "Trials"}), 201)
    answered(await client.post(f"/api/lists/{trials['id']}/contacts", json={"contact_ids": [contact["id"]]}))
    answered(await client.post(f"{path}/enrich"), 202)
    answered(await client.post("/api/suppressions", json={"email": contact["email"]}), 201)

    assert (await client.delete(path)).status_code == 204
    refused(await client.delete(path), 404, "contact.not_found")

    assert "enrollment.stop" in await letters(session, enrollment)
    tables: list[type[Base]] = [
        Contact,
        ContactActivity,
        ContactEnrichmentQueue,
        ContactListMembership,
        EmailMessage,
        SequenceEnrollment,
    ]
    for table in tables:
        mine = table.__table__.c.customer_id == tenant.customer_id
        assert await session.scalar(select(func.count()).select_from(table).where(mine)) == 0, table
    assert answered(await client.get(f"/api/lists/{trials['id']}"))["total_contacts"] == 0
    row = await session.get_one(Sequence, uuid.UUID(sequence["id"]), populate_existing=True)
    assert (row.total_enrolled, row.total_sent, row.total_opened) == (0, 0, 0)
    outliving = select(ContactSuppressionList.email).where(ContactSuppressionList.customer_id == tenant.customer_id)
    assert [email.partition(":")[0] for email in await session.scalars(outliving)] == ["hmac-sha256"]
