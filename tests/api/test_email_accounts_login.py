"""How a mailbox logs in and signs: what must be there together, and what never leaves again."""

import json
import uuid
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import EmailAccount
from db.secrets import SecretBox
from settings import Settings
from tests.api.arrange import MAILBOX, Json, answered, mailbox, refused
from tests.api.conftest import NOW

OAUTH: Json = {
    "auth_method": "xoauth2",
    "oauth_token_url": "https://oauth2.googleapis.com/token",
    "oauth_client_id": "opendoors.apps.example",
    "oauth_client_secret": "GOCSPX-the-client-secret",
    "oauth_scope": "https://mail.google.com/",
    "oauth_refresh_token": "1//the-refresh-token",
}


def pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


RSA, ED25519 = pem(rsa.generate_private_key(65537, 1024)), pem(ed25519.Ed25519PrivateKey.generate())
DKIM: Json = {"dkim_domain": "customer.example", "dkim_selector": "od1", "dkim_private_key": RSA}
SECRETS = (OAUTH["oauth_client_secret"], OAUTH["oauth_refresh_token"], RSA.splitlines()[1])


async def the_row(session: AsyncSession, id: str) -> EmailAccount:
    return await session.get_one(EmailAccount, uuid.UUID(id), populate_existing=True)


async def test_a_mailbox_logs_in_by_password_and_does_not_sign_unless_told(client: httpx2.AsyncClient) -> None:
    account = await mailbox(client)
    assert account == account | {
        "auth_method": "password",
        "oauth_token_url": None,
        "dkim_domain": None,
        "bounce_address": None,
        "policy_error": None,
        "policy_error_at": None,
        "domain_report": None,
        "domain_checked_at": None,
    }


async def test_tokens_and_keys_never_leave(
    client: httpx2.AsyncClient,
    session: AsyncSession,
    api_settings: Settings,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    body = MAILBOX | {"email": "ann@never.example"} | OAUTH | DKIM
    made = await client.post("/api/email-accounts", json=body, headers={"Idempotency-Key": "once"})
    path = f"/api/email-accounts/{answered(made, 201)['id']}"
    answers = [
        made,
        await client.post("/api/email-accounts", json=body, headers={"Idempotency-Key": "once"}),
        await client.post("/api/email-accounts", json=body),
        await client.get(path),
        await client.get("/api/email-accounts"),
        await client.put(path, json=OAUTH | DKIM | {"nonsense": 1}),
        await client.put(path, json={"oauth_refresh_token": [OAUTH["oauth_refresh_token"]]}),
        await client.put(path, json={"oauth_client_secret": OAUTH["oauth_client_secret"] + "\n"}),
        await client.put(path, json={"dkim_private_key": RSA[:-40]}),
        await client.put(path, json=OAUTH | DKIM),
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 409, 200, 200, 422, 422, 422, 422, 200]
    seen = "".join(answer.text for answer in answers) + capsys.readouterr().out + caplog.text
    for secret in (*SECRETS, "_encrypted", "oauth_refresh_token"):
        assert secret not in seen.replace('"/oauth_refresh_token', "")
    row = await the_row(session, made.json()["id"])
    box = SecretBox(api_settings.require_secret_key())
    assert box.decrypt(row.oauth_refresh_token_encrypted or b"") == OAUTH["oauth_refresh_token"]
    assert box.decrypt(row.oauth_client_secret_encrypted or b"") == OAUTH["oauth_client_secret"]
    assert box.decrypt(row.dkim_private_key_encrypted or b"") == RSA
    assert made.json() == made.json() | {
        "auth_method": "xoauth2",
        "oauth_token_url": OAUTH["oauth_token_url"],
        "oauth_client_id": OAUTH["oauth_client_id"],
        "oauth_scope": OAUTH["oauth_scope"],
        "dkim_domain": "customer.example",
        "dkim_selector": "od1",
    }


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"auth_method": "kerberos"}, "/auth_method"),
        ({"auth_method": None}, "/auth_method"),
        ({"oauth_client_id": "a\r\nb"}, "/oauth_client_id"),
        ({"oauth_refresh_token": "a\nb"}, "/oauth_refresh_token"),
        ({"oauth_refresh_token": ""}, "/oauth_refresh_token"),
        ({"oauth_access_token": "a"}, "/oauth_access_token"),
        ({"dkim_domain": "customer"}, "/dkim_domain"),
        ({"dkim_domain": "customer.example; x=y"}, "/dkim_domain"),
        ({"dkim_selector": "od1.\r\n"}, "/dkim_selector"),
        ({"dkim_selector": "-"}, "/dkim_selector"),
        ({"dkim_private_key": "nonsense"}, "/dkim_private_key"),
        ({"dkim_private_key": "\ud800"}, "/dkim_private_key"),
        ({"bounce_address": "bounces"}, "/bounce_address"),
        ({"bounce_address": "bounces+x@customer.example"}, "/bounce_address"),
        ({"bounce_address": "b" * 32 + "@customer.example"}, "/bounce_address"),
        ({"policy_error": None}, "/policy_error"),
        ({"domain_report": {}}, "/domain_report"),
        ({"domain_checked_at": None}, "/domain_checked_at"),
    ],
)
async def test_a_wrong_field_is_pointed_at(client: httpx2.AsyncClient, fields: dict[str, Any], pointer: str) -> None:
    # As JSON that is ASCII: the client's own cannot write half of a surrogate pair.
    body = json.dumps(MAILBOX | {"email": "ann@wrong.example"} | fields)
    answer = await client.post("/api/email-accounts", content=body, headers={"Content-Type": "application/json"})
    assert refused(answer, 422, "request.invalid") == {pointer}


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (pem(rsa.generate_private_key(65537, 1024)).replace("PRIVATE", "PUBLIC"), "no private key in PEM"),
        (pem(rsa.generate_private_key(65537, 1024))[:-200], "no private key in PEM"),
        ("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----", "no private key in PEM"),
    ],
)
async def test_a_key_that_cannot_sign_is_told_why(client: httpx2.AsyncClient, key: str, words: str) -> None:
    body = MAILBOX | {"email": "ann@wrong.example"} | DKIM | {"dkim_private_key": key}
    answer = await client.post("/api/email-accounts", json=body)
    assert words in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize("key", [RSA, ED25519])
async def test_both_kinds_of_keys_are_taken(client: httpx2.AsyncClient, key: str) -> None:
    account = await mailbox(client, **DKIM | {"dkim_private_key": key})
    assert account["dkim_selector"] == "od1"


async def test_xoauth2_needs_what_buys_a_token(client: httpx2.AsyncClient) -> None:
    body = {"email": "ann@wrong.example", "smtp_host": "smtp.example", "imap_host": "imap.example"}
    wrong = await client.post("/api/email-accounts", json=body | {"auth_method": "xoauth2"})
    assert refused(wrong, 422, "email_account.invalid") == {
        "/smtp_username",
        "/imap_username",
        "/oauth_token_url",
        "/oauth_client_id",
        "/oauth_refresh_token",
    }
    account = await mailbox(client, **OAUTH)
    path = f"/api/email-accounts/{account['id']}"
    for name in ("oauth_token_url", "oauth_client_id", "oauth_refresh_token", "smtp_username"):
        answer = await client.patch(path, json={name: None})
        assert refused(answer, 422, "email_account.invalid") == {f"/{name}"}
    answered(await client.patch(path, json={"oauth_client_secret": None, "oauth_scope": None}))
    answered(await client.patch(path, json={"auth_method": "password", "oauth_refresh_token": None}))


async def test_a_key_a_selector_and_a_domain_come_together(client: httpx2.AsyncClient) -> None:
    account = await mailbox(client)
    path = f"/api/email-accounts/{account['id']}"
    for name in DKIM:
        answer = await client.patch(path, json={name: DKIM[name]})
        assert refused(answer, 422, "email_account.invalid") == {f"/{other}" for other in DKIM if other != name}
    answered(await client.patch(path, json=DKIM))
    answered(await client.patch(path, json={"dkim_selector": "od2"}))
    answered(await client.patch(path, json=dict.fromkeys(DKIM)))


@pytest.mark.parametrize(
    "url",
    [
        "http://oauth2.googleapis.com/token",
        "https://127.0.0.1/token",
        "https://[::1]/token",
        "https://169.254.169.254/latest",
        "https://localhost/token",
        "https://ann:secret@login.example/token",
        "file:///etc/passwd",
        "token",
    ],
)
async def test_a_token_endpoint_is_public_and_https(client: httpx2.AsyncClient, url: str) -> None:
    body = MAILBOX | {"email": "ann@wrong.example"} | OAUTH | {"oauth_token_url": url}
    for _ in range(2):
        answer = await client.post("/api/email-accounts", json=body)
        assert refused(answer, 422, "email_account.invalid") == {"/oauth_token_url"}
    path = f"/api/email-accounts/{(await mailbox(client, **OAUTH))['id']}"
    answer = await client.patch(path, json={"oauth_token_url": url})
    assert refused(answer, 422, "email_account.invalid") == {"/oauth_token_url"}


async def test_another_way_to_buy_tokens_forgets_the_one_that_was_bought(
    client: httpx2.AsyncClient, session: AsyncSession
) -> None:
    account = await mailbox(client, **OAUTH)
    path = f"/api/email-accounts/{account['id']}"
    row = await the_row(session, account["id"])
    row.oauth_access_token_encrypted, row.oauth_expires_at = b"sealed", NOW + timedelta(hours=1)
    await session.commit()
    answered(await client.patch(path, json={"from_name": "Ann"}))
    assert (await the_row(session, account["id"])).oauth_access_token_encrypted == b"sealed"
    answered(await client.patch(path, json={"oauth_refresh_token": "1//another"}))
    row = await the_row(session, account["id"])
    assert (row.oauth_access_token_encrypted, row.oauth_expires_at) == (None, None)


async def test_a_return_address_leaves_room_for_the_send(client: httpx2.AsyncClient) -> None:
    account = await mailbox(client, bounce_address="B" * 31 + "@Mail.Customer.Example")
    assert account["bounce_address"] == "b" * 31 + "@mail.customer.example"
    path = f"/api/email-accounts/{account['id']}"
    assert answered(await client.patch(path, json={"bounce_address": None}))["bounce_address"] is None
