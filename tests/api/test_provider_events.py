"""Webhooks of email providers: told once, matched to the send, with their consequences."""

from typing import Any

import httpx2
import pytest
import pytest_asyncio
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import EmailMessage
from domain.vocabulary import EmailMessageStatus
from tests.api.arrange import Json, active, answered, contacts, enrolled, message, refused
from tests.api.conftest import NOW, Tenant


@pytest_asyncio.fixture
async def send(client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant) -> EmailMessage:
    """A send that went out."""
    sequence = await active(client)
    (enrollment,) = await enrolled(client, sequence, await contacts(session, tenant))
    return await message(session, tenant, enrollment, sequence["default_email_account_id"])


async def path(client: httpx2.AsyncClient, provider: str = "opendoors") -> str:
    hooks = answered(await client.get("/api/provider-webhooks"))["data"]
    (url,) = [hook["url"] for hook in hooks if hook["provider"] == provider]
    return "/hooks/" + str(url).partition("/hooks/")[2]


def event(send: EmailMessage, kind: str, **fields: Any) -> Json:
    return {
        "id": f"{send.id}/{kind}",
        "event": kind,
        "occurred_at": NOW.isoformat(),
        "message_id": send.message_id,
    } | fields


async def post(client: httpx2.AsyncClient, *events: Json) -> httpx2.Response:
    return await client.post(await path(client), json={"events": list(events)}, headers={"Authorization": ""})


async def enrollment_of(client: httpx2.AsyncClient, send: EmailMessage) -> Json:
    found: Json = answered(await client.get(f"/api/enrollments/{send.enrollment_id}"))
    return found


async def test_a_bounce_ends_the_enrollment_however_often_it_is_told(
    client: httpx2.AsyncClient, send: EmailMessage
) -> None:
    bounce = event(send, "bounced", reason="550 5.1.1 no such user")
    for _ in range(2):
        assert (await post(client, bounce)).status_code == 204
    assert (await enrollment_of(client, send))["status"] == "bounced"
    sequence = answered(await client.get(f"/api/sequences/{send.sequence_id}"))
    assert sequence["total_bounced"] == 1
    (kept,) = answered(await client.get("/api/provider-events"))["data"]
    assert (kept["event_type"], kept["email_message_id"]) == ("bounced", str(send.id))


async def test_a_full_mailbox_ends_nothing(client: httpx2.AsyncClient, send: EmailMessage) -> None:
    await post(client, event(send, "bounced", reason="552 5.2.2 mailbox full"))
    assert (await enrollment_of(client, send))["status"] == "active"


@pytest.mark.parametrize(
    ("reason", "blamed", "suppressed"),
    [("552 5.2.2 mailbox full", False, 1), ("550 5.7.1 message blocked: spam content", True, 0)],
)
async def test_a_soft_bounce_counts_against_the_address_and_a_policy_block_against_the_mailbox(
    client: httpx2.AsyncClient, send: EmailMessage, reason: str, blamed: bool, suppressed: int
) -> None:
    answered(await client.patch("/api/workspace", json={"soft_bounce_limit": 1}))
    await post(client, event(send, "bounced", reason=reason))
    account = answered(await client.get(f"/api/email-accounts/{send.email_account_id}"))
    assert account["policy_error"] == (reason if blamed else None)
    found = answered(await client.get("/api/suppressions", params={"suppression_type": "soft_bounce"}))["data"]
    assert len(found) == suppressed


@pytest.mark.parametrize("kind", ["complained", "unsubscribed"])
async def test_complaints_and_unsubscribes_end_it(client: httpx2.AsyncClient, send: EmailMessage, kind: str) -> None:
    await post(client, event(send, kind))
    assert (await enrollment_of(client, send))["status"] == "unsubscribed"
    contact = answered(await client.get(f"/api/contacts/{send.contact_id}"))
    assert contact["status"] == "unsubscribed"


async def test_opens_and_clicks_count_unless_the_provider_takes_them_for_a_machines(
    client: httpx2.AsyncClient, send: EmailMessage
) -> None:
    opened = event(send, "opened", automatic=True)
    await post(client, opened)
    assert (await enrollment_of(client, send))["total_opens"] == 0
    await post(client, opened | {"id": "2", "automatic": False}, event(send, "clicked", url="https://a.example/"))
    enrollment = await enrollment_of(client, send)
    assert (enrollment["total_opens"], enrollment["total_clicks"]) == (1, 1)


async def test_an_unknown_send_that_was_delivered_was_sent(
    client: httpx2.AsyncClient, session: AsyncSession, send: EmailMessage
) -> None:
    lost = update(EmailMessage).where(EmailMessage.id == send.id).values(status=EmailMessageStatus.UNKNOWN)
    await session.execute(lost)
    await session.commit()
    await post(client, event(send, "deferred"))
    assert answered(await client.get(f"/api/messages/{send.id}"))["status"] == "unknown"
    await post(client, event(send, "delivered"))
    assert answered(await client.get(f"/api/messages/{send.id}"))["status"] == "sent"


async def test_without_an_id_of_ours_it_is_of_the_latest_send_to_the_recipient(
    client: httpx2.AsyncClient, session: AsyncSession, send: EmailMessage
) -> None:
    await session.execute(update(EmailMessage).where(EmailMessage.id == send.id).values(sending_at=NOW))
    await session.commit()
    told = event(
        send, "bounced", message_id="<theirs@x.example>", recipient=send.to_address, reason="550 5.1.1 unknown user"
    )
    await post(client, told)
    assert (await enrollment_of(client, send))["status"] == "bounced"


async def test_of_a_mail_that_is_not_ours_it_is_kept_and_nothing_follows(
    client: httpx2.AsyncClient, send: EmailMessage
) -> None:
    await post(client, event(send, "bounced", message_id="<theirs@x.example>", reason="550 5.1.1 unknown user"))
    assert (await enrollment_of(client, send))["status"] == "active"
    (kept,) = answered(await client.get("/api/provider-events"))["data"]
    assert kept["email_message_id"] is None


async def test_an_address_that_we_did_not_make_does_not_exist(client: httpx2.AsyncClient) -> None:
    good = await path(client)
    # The last character holds two bits of the token, and in these two letters they differ.
    wrong = good[:-1] + ("A" if good[-1] != "A" else "Q")
    refused(await client.post(wrong, json={"events": []}), 404, "webhook.not_found")


async def test_a_body_that_is_no_webhook_says_so(client: httpx2.AsyncClient) -> None:
    response = await client.post(await path(client, "sendgrid"), content=b"{}")
    refused(response, 422, "provider_events.unreadable")


async def test_events_of_another_customer_are_neither_listed_nor_matched(
    client: httpx2.AsyncClient, other_tenant_client: httpx2.AsyncClient, send: EmailMessage
) -> None:
    await post(other_tenant_client, event(send, "bounced", reason="550 5.1.1 unknown user"))
    assert (await enrollment_of(client, send))["status"] == "active"
    assert answered(await client.get("/api/provider-events"))["data"] == []
