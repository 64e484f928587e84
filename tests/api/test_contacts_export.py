"""Exports: many contacts as a CSV that is safe to open, and everything that is held of one."""

import csv
import io
import uuid
from typing import Any

import httpx2
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import AuditEvent, Contact
from tests.api.arrange import active, answered, contacts, enrolled, inbound, message, refused
from tests.api.conftest import Tenant


async def exported(client: httpx2.AsyncClient, **body: Any) -> list[list[str]]:
    answer = await client.post("/api/contacts/export", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(answer.text)))


async def test_no_cell_is_run_as_a_formula_and_phone_numbers_stay_as_they_are(
    session: AsyncSession, tenant: Tenant
) -> None:
    names = ["=1+1", "+cmd|' /C calc'!A0", "-2", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "|x", "%y", "plain"]
    for place, name in enumerate(names):
        await contacts(session, tenant, first_name=name, phone="+34600000000", custom_fields={"place": place})
    columns = ["first_name", "phone", "custom_fields.place"]
    head, *rows = await exported(tenant.client, columns=columns)
    assert head == columns
    assert {row[1] for row in rows} == {"+34600000000"}
    cells = {int(row[2]): row[0] for row in rows}
    harmless = {"-2", "plain"}
    for place, name in enumerate(names):
        assert cells[place] == name if name in harmless else cells[place].startswith("'"), name


async def test_a_filter_chooses_and_the_columns_are_those_that_are_named(
    session: AsyncSession, tenant: Tenant, other_tenant: Tenant
) -> None:
    await contacts(session, tenant, email="bob@x.example", company_name="Köln, GmbH", custom_fields={"a": {"b": [1]}})
    await contacts(session, tenant)
    await contacts(session, other_tenant, company_name="Köln, GmbH")
    rules = {"operator": "AND", "conditions": [{"field": "company_name", "operator": "contains", "value": "köln"}]}
    rows = await exported(
        tenant.client, filter=rules, columns=["email", "company_name", "custom_fields.a", "created_at"]
    )
    assert rows[1][:3] == ["bob@x.example", "Köln, GmbH", '{"b": [1]}']
    assert len(rows) == 2
    answer = await tenant.client.post("/api/contacts/export", json={"bom": True})
    assert answer.content.startswith(b"\xef\xbb\xbfemail,")
    wrong = {"columns": ["email", "customer_id", "custom_fields."]}
    pointers = refused(await tenant.client.post("/api/contacts/export", json=wrong), 422, "request.invalid")
    assert pointers == {"/columns/1", "/columns/2"}


async def test_an_export_is_made_again_under_the_same_idempotency_key(session: AsyncSession, tenant: Tenant) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    await contacts(session, tenant)
    for number in (2, 3):
        answer = await tenant.client.post("/api/contacts/export", json={}, headers=headers)
        assert len(answer.text.splitlines()) == number
        await contacts(session, tenant)


async def test_a_person_is_given_everything_that_is_held_of_them(
    session: AsyncSession, tenant: Tenant, other_tenant: Tenant
) -> None:
    client = tenant.client
    [contact] = await contacts(session, tenant, custom_fields={"plan": "trial"})
    sequence = await active(client)
    [enrollment] = await enrolled(client, sequence, [contact])
    mailbox = sequence["default_email_account_id"]
    await message(session, tenant, enrollment, mailbox)
    await inbound(session, tenant, mailbox, contact_id=uuid.UUID(contact))
    trials = answered(await client.post("/api/lists", json={"name": "Trials"}), 201)
    answered(await client.post(f"/api/lists/{trials['id']}/contacts", json={"contact_ids": [contact]}))
    email = (await session.get_one(Contact, uuid.UUID(contact))).email
    answered(await client.post("/api/suppressions", json={"email": email}), 201)

    held = answered(await client.get(f"/api/contacts/{contact}/export"))
    assert (held["contact"]["email"], held["contact"]["custom_fields"]) == (email, {"plan": "trial"})
    assert [row["body_text"] for row in held["messages"]] == ["Hello"]
    assert [row["body_text"] for row in held["inbound_messages"]] == ["No, thanks."]
    assert [row["list"] for row in held["memberships"]] == ["Trials"]
    assert [row["sequence"] for row in held["enrollments"]] == ["Outreach"]
    assert [row["email"] for row in held["suppressions"]] == [email]
    assert "sequence_enrolled" in {row["activity_type"] for row in held["activities"]}
    refused(await other_tenant.client.get(f"/api/contacts/{contact}/export"), 404, "contact.not_found")


async def test_exports_leave_an_audit_event_without_anything_of_the_person(
    session: AsyncSession, tenant: Tenant
) -> None:
    [contact] = await contacts(session, tenant)
    answered(await tenant.client.get(f"/api/contacts/{contact}/export"))
    await exported(tenant.client, columns=["email"])
    events = await session.execute(
        select(AuditEvent.action, AuditEvent.subject_id, AuditEvent.details)
        .where(AuditEvent.customer_id == tenant.customer_id, AuditEvent.subject == "contact")
        .order_by(AuditEvent.action)
    )
    assert [tuple(row) for row in events] == [
        ("contact.exported", uuid.UUID(contact), {}),
        ("contacts.exported", None, {"columns": ["email"], "by_filter": False}),
    ]
