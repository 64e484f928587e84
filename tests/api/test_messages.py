"""The ledger of sends, as it is read."""

import httpx2
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import EmailMessage
from domain.vocabulary import EmailMessageStatus
from tests.api.arrange import active, answered, contacts, enrolled, message, refused
from tests.api.conftest import Tenant


async def test_sends_are_listed_without_bodies_and_read_with_them(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sequence = await active(client)
    people = await contacts(session, tenant, 2)
    enrollments = await enrolled(client, sequence, people)
    sends = [await message(session, tenant, id, sequence["default_email_account_id"]) for id in enrollments]
    first = str(sends[0].id)
    for query, count in (
        ({}, 2),
        ({"status": "sent"}, 2),
        ({"status": "unknown"}, 0),
        ({"sequence_id": sequence["id"]}, 2),
        ({"enrollment_id": enrollments[0]}, 1),
        ({"contact_id": people[0]}, 1),
        ({"email_account_id": sequence["default_email_account_id"]}, 2),
    ):
        data = answered(await client.get("/api/messages", params=query))["data"]
        assert len(data) == count
        assert all("body_text" not in one and "claim_token" not in one for one in data)
    read = answered(await client.get(f"/api/messages/{first}"))
    assert (read["body_text"], read["status"], read["enrollment_id"]) == ("Hello", "sent", enrollments[0])
    assert "claim_token" not in read


async def test_a_send_of_another_customer_does_not_exist(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, other_tenant_client: httpx2.AsyncClient
) -> None:
    sequence = await active(client)
    (enrollment,) = await enrolled(client, sequence, await contacts(session, tenant))
    send = await message(session, tenant, enrollment, sequence["default_email_account_id"])
    refused(await other_tenant_client.get(f"/api/messages/{send.id}"), 404, "message.not_found")
    assert answered(await other_tenant_client.get("/api/messages"))["data"] == []


async def unknown(session: AsyncSession, tenant: Tenant, client: httpx2.AsyncClient) -> str:
    """A send whose answer was lost."""
    sequence = await active(client)
    (enrollment,) = await enrolled(client, sequence, await contacts(session, tenant))
    send = await message(session, tenant, enrollment, sequence["default_email_account_id"])
    lost = update(EmailMessage).where(EmailMessage.id == send.id).values(status=EmailMessageStatus.UNKNOWN)
    await session.execute(lost)
    await session.commit()
    return str(send.id)


async def test_a_person_decides_that_an_unknown_send_went_out(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, other_tenant_client: httpx2.AsyncClient
) -> None:
    id = await unknown(session, tenant, client)
    refused(await other_tenant_client.post(f"/api/messages/{id}/consider-sent"), 404, "message.not_found")
    settled = answered(await client.post(f"/api/messages/{id}/consider-sent"))
    assert (settled["status"], settled["settled_by"]) == ("sent", str(tenant.user_id))
    refused(await client.post(f"/api/messages/{id}/consider-sent"), 409, "message.not_unknown")


async def test_a_person_has_an_unknown_send_sent_again(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, other_tenant_client: httpx2.AsyncClient
) -> None:
    id = await unknown(session, tenant, client)
    refused(await other_tenant_client.post(f"/api/messages/{id}/resend"), 404, "message.not_found")
    again = answered(await client.post(f"/api/messages/{id}/resend"))
    assert (again["status"], again["settled_by"]) == ("claimed", str(tenant.user_id))
    refused(await client.post(f"/api/messages/{id}/resend"), 409, "message.not_unknown")
