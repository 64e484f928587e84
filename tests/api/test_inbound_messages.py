"""What came in, as it is read and reviewed."""

from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Contact, ContactSuppressionList
from domain.vocabulary import InboundKind
from tests.api.arrange import RAW, Json, active, answered, contacts, enrolled, inbound, mailbox, message, refused
from tests.api.conftest import Tenant


async def replied(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, **columns: Any
) -> tuple[str, Json, str]:
    """A reply to a send: its id, the sequence and the id of the contact."""
    sequence = await active(client)
    (contact,) = await contacts(session, tenant)
    (enrollment,) = await enrolled(client, sequence, [contact])
    send = await message(session, tenant, enrollment, sequence["default_email_account_id"])
    of_send = {"email_message_id": send.id, "contact_id": send.contact_id, "enrollment_id": send.enrollment_id}
    id = await inbound(
        session, tenant, sequence["default_email_account_id"], matched_by="reference", **of_send | columns
    )
    return id, sequence, contact


async def suppressed(session: AsyncSession, tenant: Tenant) -> set[tuple[str, str, str | None]]:
    rows = await session.scalars(
        select(ContactSuppressionList).where(ContactSuppressionList.customer_id == tenant.customer_id)
    )
    return {(row.email, row.suppression_type.value, row.source) for row in rows}


async def review(client: httpx2.AsyncClient, id: str, action: str) -> httpx2.Response:
    return await client.post(f"/api/inbound-messages/{id}/review", json={"action": action})


async def test_messages_are_listed_by_every_filter(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    id, sequence, contact = await replied(client, session, tenant, needs_review=True)
    await inbound(session, tenant, (await mailbox(client))["id"], kind=InboundKind.UNPARSEABLE)
    reply = answered(await client.get(f"/api/inbound-messages/{id}"))
    for query, count in (
        ({}, 2),
        ({"kind": "reply"}, 1),
        ({"kind": "complaint"}, 0),
        ({"needs_review": "true"}, 1),
        ({"needs_review": "false"}, 1),
        ({"contact_id": contact}, 1),
        ({"enrollment_id": reply["enrollment_id"]}, 1),
        ({"sequence_id": sequence["id"]}, 1),
        ({"sequence_id": str(uuid4())}, 0),
        ({"email_account_id": sequence["default_email_account_id"]}, 1),
    ):
        data = answered(await client.get("/api/inbound-messages", params=query))["data"]
        assert len(data) == count, query
        assert all("body_text" not in one and "raw" not in one for one in data)


async def test_a_list_goes_on_behind_its_cursor(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    account = (await mailbox(client))["id"]
    ids = {await inbound(session, tenant, account) for _ in range(3)}
    first = answered(await client.get("/api/inbound-messages", params={"limit": 2}))
    rest = answered(await client.get("/api/inbound-messages", params={"limit": 2, "cursor": first["next_cursor"]}))
    assert {one["id"] for one in first["data"] + rest["data"]} == ids
    assert rest["next_cursor"] is None


async def test_a_message_is_read_with_its_text_and_downloaded_as_it_came(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    id, _, contact = await replied(client, session, tenant)
    read = answered(await client.get(f"/api/inbound-messages/{id}"))
    assert (read["body_text"], read["contact_id"], read["matched_by"]) == ("No, thanks.", contact, "reference")
    raw = await client.get(f"/api/inbound-messages/{id}/raw")
    assert (raw.status_code, raw.content, raw.headers["content-type"]) == (200, RAW, "message/rfc822")
    assert raw.headers["content-disposition"] == f'attachment; filename="{id}.eml"'


async def test_a_message_that_was_never_handed_over_has_nothing_to_download(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    id = await inbound(session, tenant, (await mailbox(client))["id"], kind=InboundKind.UNPARSEABLE, raw=b"")
    refused(await client.get(f"/api/inbound-messages/{id}/raw"), 404, "raw_message.not_found")


async def test_a_reviewed_message_needs_no_review(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    id, _, contact = await replied(client, session, tenant, needs_review=True)
    read = answered(await review(client, id, "none"))
    assert (read["needs_review"], read["reviewed_by"]) == (False, str(tenant.user_id))
    assert read["reviewed_at"] is not None
    assert await suppressed(session, tenant) == set()
    assert answered(await client.get(f"/api/contacts/{contact}"))["status"] == "active"


async def test_a_review_unsubscribes_once(client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant) -> None:
    id, _, contact = await replied(client, session, tenant, needs_review=True)
    for _ in range(2):
        answered(await review(client, id, "unsubscribe"))
    person = await session.get_one(Contact, UUID(contact))
    assert answered(await client.get(f"/api/contacts/{contact}"))["status"] == "unsubscribed"
    assert await suppressed(session, tenant) == {(person.email, "unsubscribe", "reply")}


async def test_a_review_suppresses_who_wrote_and_who_was_mailed(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    id, _, contact = await replied(client, session, tenant)
    person = await session.get_one(Contact, UUID(contact))
    answered(await review(client, id, "suppress"))
    assert await suppressed(session, tenant) == {
        ("bob@prospect.example", "manual", "review"),
        (person.email, "manual", "review"),
    }
    assert answered(await client.get(f"/api/contacts/{contact}"))["status"] == "active"


@pytest.mark.parametrize(
    ("action", "code"), [("unsubscribe", "inbound_message.no_send"), ("suppress", "inbound_message.no_address")]
)
async def test_a_report_about_nobody_known_has_nobody_to_act_on(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, action: str, code: str
) -> None:
    account = (await mailbox(client))["id"]
    id = await inbound(session, tenant, account, kind=InboundKind.BOUNCE, from_address="mailer-daemon@mx.example")
    refused(await review(client, id, action), 409, code)
    assert answered(await client.get(f"/api/inbound-messages/{id}"))["reviewed_at"] is None


async def test_an_unknown_action_is_an_error(client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant) -> None:
    id = await inbound(session, tenant, (await mailbox(client))["id"])
    assert refused(await review(client, id, "erase"), 422, "request.invalid") == {"/action"}


async def test_a_message_of_another_customer_does_not_exist(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, other_tenant_client: httpx2.AsyncClient
) -> None:
    id, _, _ = await replied(client, session, tenant)
    path = f"/api/inbound-messages/{id}"
    for answer in (
        await other_tenant_client.get(path),
        await other_tenant_client.get(f"{path}/raw"),
        await review(other_tenant_client, id, "unsubscribe"),
    ):
        refused(answer, 404, "inbound_message.not_found")
    assert answered(await other_tenant_client.get("/api/inbound-messages"))["data"] == []
