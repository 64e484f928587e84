"""Email accounts: passwords go in and never come out, and what else hangs on a mailbox."""

import uuid
from typing import Any

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import EmailAccount
from db.secrets import SecretBox
from domain.vocabulary import EmailAccountStatus
from settings import Settings
from tests.api.arrange import (
    EMAIL_STEP,
    MAILBOX,
    PASSWORD,
    active,
    answered,
    contacts,
    draft,
    enrolled,
    letters,
    mailbox,
    message,
    refused,
)
from tests.api.conftest import Tenant


async def the_row(session: AsyncSession, id: str) -> EmailAccount:
    return await session.get_one(EmailAccount, uuid.UUID(id), populate_existing=True)


async def test_a_mailbox_has_the_defaults_of_mail(client: httpx2.AsyncClient) -> None:
    account = await mailbox(client, email="Ann@Customer.Example")
    assert account == account | {
        "email": "ann@customer.example",
        "smtp_port": 587,
        "smtp_security": "starttls",
        "imap_host": None,
        "imap_port": 993,
        "imap_security": "tls",
        "daily_limit": 200,
        "min_gap_seconds": 60,
        "gap_jitter_seconds": 0,
        "ramp_up_start": None,
        "ramp_up_per_day": None,
        "ramp_up_from": None,
        "away_from": None,
        "away_until": None,
        "status": "active",
        "last_error": None,
    }


async def test_a_password_never_leaves(
    client: httpx2.AsyncClient,
    session: AsyncSession,
    api_settings: Settings,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    secret = f"  {PASSWORD} "
    body = MAILBOX | {"email": "ann@never.example", "smtp_password": secret, "imap_password": PASSWORD}
    made = await client.post("/api/email-accounts", json=body, headers={"Idempotency-Key": "once"})
    id = answered(made, 201)["id"]
    path = f"/api/email-accounts/{id}"
    answers = [
        made,
        await client.post("/api/email-accounts", json=body, headers={"Idempotency-Key": "once"}),
        await client.post("/api/email-accounts", json=body),
        await client.get(path),
        await client.get("/api/email-accounts"),
        await client.put(path, json={"smtp_password": PASSWORD + "x", "nonsense": 1}),
        await client.put(path, json={"smtp_password": [PASSWORD]}),
        await client.put(path, json={"smtp_password": PASSWORD * 100}),
        await client.put(path, json={"imap_password": PASSWORD}),
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 409, 200, 200, 422, 422, 422, 200]
    for answer in answers:
        assert PASSWORD not in answer.text
        assert "password_encrypted" not in answer.text
    assert PASSWORD not in capsys.readouterr().out + caplog.text
    row = await the_row(session, id)
    box = SecretBox(api_settings.require_secret_key())
    assert row.smtp_password_encrypted is not None
    assert PASSWORD.encode() not in row.smtp_password_encrypted
    assert box.decrypt(row.smtp_password_encrypted) == secret
    answered(await client.put(path, json={"smtp_password": None, "from_name": "Ann"}))
    row = await the_row(session, id)
    assert row.smtp_password_encrypted is None
    assert box.decrypt(row.imap_password_encrypted or b"") == PASSWORD


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"email": "nobody"}, "/email"),
        ({"smtp_host": None}, "/smtp_host"),
        ({"smtp_host": "smtp.example\r\nDATA"}, "/smtp_host"),
        ({"smtp_port": 0}, "/smtp_port"),
        ({"smtp_security": "ssl"}, "/smtp_security"),
        ({"from_name": "Ann\r\nBcc: all@example.com"}, "/from_name"),
        ({"smtp_username": "a\nb"}, "/smtp_username"),
        ({"status": "error"}, "/status"),
        ({"last_error": "none"}, "/last_error"),
        ({"smtp_password_encrypted": "x"}, "/smtp_password_encrypted"),
        ({"daily_limit": -1}, "/daily_limit"),
        ({"daily_limit": 0}, "/daily_limit"),
        ({"min_gap_seconds": 86_401}, "/min_gap_seconds"),
        ({"gap_jitter_seconds": -1}, "/gap_jitter_seconds"),
        ({"gap_jitter_seconds": 86_401}, "/gap_jitter_seconds"),
        ({"gap_jitter_seconds": None}, "/gap_jitter_seconds"),
        ({"ramp_up_start": 0, "ramp_up_per_day": 5}, "/ramp_up_start"),
        ({"ramp_up_start": 5, "ramp_up_per_day": 0}, "/ramp_up_per_day"),
        ({"ramp_up_from": "tomorrow"}, "/ramp_up_from"),
        ({"away_until": "2026-02-30"}, "/away_until"),
    ],
)
async def test_a_wrong_field_of_a_mailbox_is_pointed_at(
    client: httpx2.AsyncClient, fields: dict[str, Any], pointer: str
) -> None:
    body = MAILBOX | {"email": "ann@wrong.example"} | fields
    assert refused(await client.post("/api/email-accounts", json=body), 422, "request.invalid") == {pointer}
    account = await mailbox(client)
    answer = await client.patch(f"/api/email-accounts/{account['id']}", json=fields)
    assert refused(answer, 422, "request.invalid") == {pointer}


async def test_an_address_is_one_mailbox_of_a_customer(
    client: httpx2.AsyncClient, other_tenant_client: httpx2.AsyncClient
) -> None:
    account = await mailbox(client, email="ann@one.example")
    body = MAILBOX | {"email": "ANN@one.example"}
    refused(await client.post("/api/email-accounts", json=body), 409, "email_account.exists")
    other = await mailbox(client)
    path = f"/api/email-accounts/{other['id']}"
    refused(await client.put(path, json={"email": "ann@one.example"}), 409, "email_account.exists")
    assert answered(await client.put(path, json={"email": other["email"]}))["email"] == other["email"]
    assert (await mailbox(other_tenant_client, email="ann@one.example"))["id"] != account["id"]


async def test_a_mailbox_with_an_inbox_is_watched(client: httpx2.AsyncClient, session: AsyncSession) -> None:
    watched = await mailbox(client, imap_host="imap.example")
    assert await letters(session, watched["id"]) == ["mailbox.start"]
    later = await mailbox(client)
    path = f"/api/email-accounts/{later['id']}"
    assert await letters(session, later["id"]) == []
    answered(await client.put(path, json={"imap_host": "imap.example"}))
    answered(await client.put(path, json={"imap_host": "imap.example", "imap_port": 143}))
    assert await letters(session, later["id"]) == ["mailbox.start"]


async def test_another_inbox_is_read_from_its_beginning(client: httpx2.AsyncClient, session: AsyncSession) -> None:
    account = await mailbox(client, imap_host="imap.example")
    row = await the_row(session, account["id"])
    row.imap_uidvalidity, row.imap_last_uid = 7, 42
    await session.commit()
    path = f"/api/email-accounts/{account['id']}"
    answered(await client.put(path, json={"imap_host": "imap.example", "imap_password": "new"}))
    row = await the_row(session, account["id"])
    assert (row.imap_uidvalidity, row.imap_last_uid) == (7, 42)
    answered(await client.put(path, json={"imap_host": "other.example"}))
    row = await the_row(session, account["id"])
    assert (row.imap_uidvalidity, row.imap_last_uid) == (None, 0)


@pytest.mark.parametrize("status", [EmailAccountStatus.ERROR, EmailAccountStatus.PAUSED])
async def test_a_mailbox_that_is_active_again_has_its_emails_planned_again(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, status: EmailAccountStatus
) -> None:
    sequence = await active(client)
    (held,) = await enrolled(client, sequence, await contacts(session, tenant, 1))
    account_id = sequence["default_email_account_id"]
    row = await the_row(session, account_id)
    row.status, row.last_error = status, "535 no"
    await session.commit()
    path = f"/api/email-accounts/{account_id}"
    answered(await client.put(path, json={"from_name": "Ann"}))
    assert await letters(session, account_id) == []
    account = answered(await client.patch(path, json={"status": "active"}))
    assert (account["status"], account["last_error"]) == ("active", None)
    assert await letters(session, account_id) == ["plan.mailbox"]
    assert await letters(session, held) == ["enrollment.start"]


async def test_a_mailbox_that_is_used_is_not_deleted(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    unused = await mailbox(client, imap_host="imap.example")
    assert (await client.delete(f"/api/email-accounts/{unused['id']}")).status_code == 204
    refused(await client.get(f"/api/email-accounts/{unused['id']}"), 404, "email_account.not_found")

    of_step = await mailbox(client)
    sequence = await draft(client, [EMAIL_STEP | {"email_account_id": of_step["id"]}])
    for id in (of_step["id"], sequence["default_email_account_id"]):
        refused(await client.delete(f"/api/email-accounts/{id}"), 409, "email_account.in_use")

    sequence = await active(client)
    sender = sequence["default_email_account_id"]
    (enrollment,) = await enrolled(client, sequence, await contacts(session, tenant))
    await message(session, tenant, enrollment, sender)
    answered(await client.post(f"/api/sequences/{sequence['id']}/stop"))
    assert (await client.delete(f"/api/enrollments/{enrollment}")).status_code == 204
    assert (await client.delete(f"/api/sequences/{sequence['id']}")).status_code == 204
    answer = await client.delete(f"/api/email-accounts/{sender}")
    refused(answer, 409, "email_account.in_use")
    assert "sent messages" in answer.json()["detail"]


async def test_a_mailbox_of_another_customer_does_not_exist(
    client: httpx2.AsyncClient, other_tenant_client: httpx2.AsyncClient
) -> None:
    path = f"/api/email-accounts/{(await mailbox(client))['id']}"
    for answer in [
        await other_tenant_client.get(path),
        await other_tenant_client.put(path, json={"status": "paused"}),
        await other_tenant_client.delete(path),
    ]:
        refused(answer, 404, "email_account.not_found")
    assert answered(await other_tenant_client.get("/api/email-accounts"))["data"] == []


async def test_mailboxes_are_listed_by_status(client: httpx2.AsyncClient) -> None:
    paused, _ = await mailbox(client, status="paused"), await mailbox(client)
    data = answered(await client.get("/api/email-accounts", params={"status": "paused"}))["data"]
    assert [one["id"] for one in data] == [paused["id"]]
