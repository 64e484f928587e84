"""``health`` in the answer of a sequence: what is wrong with it, and that it pauses itself and can be resumed."""

import uuid
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from db import inbound, messages
from db.models import EmailMessage
from domain.vocabulary import EmailMessageStatus
from tests.api.arrange import EMAIL_STEP, Json, act, active, answered, contacts, draft, enrolled, mailbox, message
from tests.api.conftest import NOW, Clock, Tenant

ALL_WELL: Json = {"throttle_delay_minutes": 0, "sending_days": [True] * 7}


async def health(client: httpx2.AsyncClient, sequence: Json) -> Json:
    found: Json = answered(await client.get(f"/api/sequences/{sequence['id']}"))["health"]
    return found


def codes(found: Json) -> tuple[str, list[str]]:
    return found["status"], [issue["code"] for issue in found["issues"]]


async def bounced(session: AsyncSession, tenant: Tenant, client: httpx2.AsyncClient, sequence: Json) -> None:
    """Fifty emails of the sequence were sent, and five of them bounced hard."""
    enrollments = await enrolled(client, sequence, await contacts(session, tenant, 50))
    ids = []
    for id in enrollments:
        sent = await message(session, tenant, id, sequence["default_email_account_id"])
        sending = update(EmailMessage).where(EmailMessage.id == sent.id).values(status=EmailMessageStatus.SENDING)
        await session.execute(sending)
        await messages.record_sent(session, sent.id, NOW)
        ids.append(sent.id)
    for sent_id in ids[:5]:
        row = await messages.get(session, sent_id)
        await inbound.record_bounce(session, row, hard=True, reason="550 5.1.1 no such user", now=NOW)
    await session.commit()


async def test_a_sequence_with_nothing_wrong_is_healthy(client: httpx2.AsyncClient) -> None:
    assert await health(client, await active(client, **ALL_WELL)) == {"status": "healthy", "issues": []}


async def test_a_new_draft_without_steps_has_its_health(client: httpx2.AsyncClient) -> None:
    made = answered(await client.post("/api/sequences", json={"name": "Empty"}), 201)
    assert await health(client, made) == {"status": "healthy", "issues": []}


async def test_the_defaults_contradict_each_other_and_the_issue_says_how(client: httpx2.AsyncClient) -> None:
    found = await health(client, await draft(client, sending_window_start="09:00", sending_window_end="17:00"))
    assert found["status"] == "degraded"
    (issue,) = found["issues"]
    assert issue["detail"].startswith(
        "max_emails_per_day promises 100, but throttle_delay_minutes of 60 lets 1 mailbox"
    )
    assert issue | {"detail": ""} == {
        "code": "throttle_against_cap",
        "severity": "warning",
        "detail": "",
        "pointer": "/throttle_delay_minutes",
        "facts": {"sends_per_day": 8, "max_emails_per_day": 100, "mailboxes": 1, "throttle_delay_minutes": 60},
    }


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"default_email_account_id": None}, "blocked", "no_mailbox"),
        ({"sending_days": [False] * 7}, "blocked", "window_never_opens"),
    ],
)
async def test_what_can_never_go_blocks(
    client: httpx2.AsyncClient, fields: dict[str, Any], status: str, code: str
) -> None:
    found = await health(client, await draft(client, **ALL_WELL | fields))
    assert codes(found) == (status, [code])
    assert found["issues"][0]["severity"] == "error"


async def test_a_paused_mailbox_stalls_until_it_is_active(client: httpx2.AsyncClient) -> None:
    account = await mailbox(client)
    sequence = await active(client, **ALL_WELL, default_email_account_id=account["id"])
    path = f"/api/email-accounts/{account['id']}"
    answered(await client.patch(path, json={"status": "paused"}))
    assert codes(await health(client, sequence)) == ("stalled", ["mailbox_not_working"])
    answered(await client.patch(path, json={"status": "active"}))
    assert codes(await health(client, sequence)) == ("healthy", [])


async def test_a_paused_sequence_stalls_those_who_wait(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sequence = await active(client, **ALL_WELL)
    await enrolled(client, sequence, await contacts(session, tenant, 3, first_name="Grace"))
    answered(await act(client, sequence, "pause"))
    found = await health(client, sequence)
    assert codes(found) == ("stalled", ["sequence_paused"])
    assert found["issues"][0]["facts"] == {"waiting": 3}


async def test_contacts_without_a_name_that_is_printed_are_counted(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sequence = await active(client, [EMAIL_STEP], **ALL_WELL)
    await enrolled(client, sequence, await contacts(session, tenant, 2))
    found = await health(client, sequence)
    assert codes(found) == ("degraded", ["missing_variables"])
    assert found["issues"][0]["pointer"] == "/steps/0/body_template"


async def test_a_sequence_pauses_itself_after_bounces_and_can_be_resumed(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, clock: Clock
) -> None:
    step = EMAIL_STEP | {"body_template": "Hello"}
    sequence = await active(client, [step, step | {"delay_days": 1}], **ALL_WELL)
    await bounced(session, tenant, client, sequence)

    paused = answered(await client.get(f"/api/sequences/{sequence['id']}"))
    assert paused["status"] == "paused"
    assert codes(paused["health"]) == ("blocked", ["bounce_rate_paused"])
    issue = paused["health"]["issues"][0]
    assert issue["detail"].startswith(f"5 of 50 emails sent since {NOW:%Y-%m-%d %H:%M} UTC bounced hard (10.0 %)")
    assert issue["facts"] == {"sends": 50, "hard_bounces": 5, "percent": 10.0, "waiting": 45}

    clock.now = NOW + timedelta(hours=1)
    try:
        resumed = answered(await act(client, sequence, "resume"))
        assert resumed["status"] == "active"
        assert codes(await health(client, sequence)) == ("healthy", [])
    finally:
        clock.now = NOW


async def test_the_answer_to_a_change_has_the_health_after_it_and_a_list_has_none(client: httpx2.AsyncClient) -> None:
    sequence = await active(client, **ALL_WELL)
    changed = await client.patch(f"/api/sequences/{sequence['id']}", json={"throttle_delay_minutes": 60})
    assert codes(answered(changed)["health"]) == ("degraded", ["throttle_against_cap"])
    assert "health" not in answered(await client.get("/api/sequences"))["data"][0]


async def test_the_health_of_another_customers_sequence_is_not_told(
    client: httpx2.AsyncClient, other_tenant_client: httpx2.AsyncClient
) -> None:
    sequence = await active(client, **ALL_WELL)
    assert (await other_tenant_client.get(f"/api/sequences/{sequence['id']}")).status_code == 404
    assert (await client.get(f"/api/sequences/{uuid.uuid4()}")).status_code == 404
