"""The domain of a mailbox is checked in DNS, on demand, and the report stands on the mailbox."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from api.email_accounts import CHECKS_AT_ONCE
from db.models import EmailAccount
from db.secrets import SecretBox
from domain.sending import dkim_keys
from settings import Settings
from tests.activities.name_server import NameServer, name_server
from tests.api.arrange import Json, answered, mailbox, refused

KEY = rsa.generate_private_key(65537, 1024)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
DKIM: Json = {"dkim_domain": "customer.example", "dkim_selector": "od1", "dkim_private_key": PEM}
RECORDS = {
    ("customer.example", "MX"): ["10 mx.customer.example."],
    ("customer.example", "TXT"): ["v=spf1 ip4:192.0.2.0/24 -all"],
    ("od1._domainkey.customer.example", "TXT"): [dkim_keys.record(KEY)],
    ("_dmarc.customer.example", "TXT"): ["v=DMARC1; p=reject; rua=mailto:dmarc@customer.example"],
}


@pytest_asyncio.fixture(scope="module")
async def dns() -> AsyncIterator[NameServer]:
    async with name_server(RECORDS) as server:
        yield server


@pytest.fixture(scope="module")
def api_settings(api_database_url: str, dns: NameServer) -> Settings:
    return Settings(
        database_url=SecretStr(api_database_url),
        secret_key=SecretStr("0123456789abcdef"),
        dns_servers=(dns.address,),
    )


async def check(client: httpx2.AsyncClient, account: Json) -> httpx2.Response:
    return await client.post(f"/api/email-accounts/{account['id']}/check-domain")


async def test_a_report_is_stored_on_the_mailbox(client: httpx2.AsyncClient) -> None:
    account = await mailbox(client, **DKIM)
    checked = answered(await check(client, account))
    assert checked["domain_report"]["status"] == "ok", checked["domain_report"]
    assert checked["domain_report"]["domain"] == "customer.example"
    assert [one["name"] for one in checked["domain_report"]["checks"]] == ["mx", "spf", "dkim", "dmarc"]
    assert checked["domain_checked_at"] == "2026-11-21T09:00:00Z"
    assert checked["updated_at"] == account["updated_at"]
    assert answered(await client.get(f"/api/email-accounts/{account['id']}")) == checked


async def test_a_report_is_forgotten_when_what_it_looked_at_changes(client: httpx2.AsyncClient) -> None:
    account = await mailbox(client, **DKIM)
    path = f"/api/email-accounts/{account['id']}"
    for change in ({"dkim_selector": "od2"}, {"smtp_host": "smtp.gmail.com"}, {"bounce_address": "b@other.example"}):
        answered(await check(client, account))
        kept = answered(await client.patch(path, json={"from_name": "Ann"}))
        assert kept["domain_report"] is not None
        changed = answered(await client.patch(path, json=change))
        assert (changed["domain_report"], changed["domain_checked_at"]) == (None, None)


async def test_a_domain_that_does_not_exist_is_a_report_too(client: httpx2.AsyncClient) -> None:
    account = await mailbox(client, email="ann@typo.example")
    report = answered(await check(client, account))["domain_report"]
    assert report["status"] == "fail"
    assert "does not exist" in report["checks"][0]["detail"]


async def test_the_private_key_is_not_in_the_report(client: httpx2.AsyncClient) -> None:
    account = await mailbox(client, **DKIM | {"dkim_selector": "missing"})
    answer = await check(client, account)
    dkim = answered(answer)["domain_report"]["checks"][2]
    assert dkim["status"] == "fail"
    assert dkim_keys.record(KEY) in dkim["detail"]
    assert PEM.splitlines()[1] not in answer.text


async def test_a_key_that_no_secret_key_opens_is_told(client: httpx2.AsyncClient, session: AsyncSession) -> None:
    account = await mailbox(client, **DKIM)
    row = await session.get_one(EmailAccount, uuid.UUID(account["id"]))
    row.dkim_private_key_encrypted = SecretBox("a secret key that is lost").encrypt(PEM)
    await session.commit()
    answer = await check(client, account)
    refused(answer, 409, "email_account.key_unreadable")
    assert "OPENDOORS_SECRET_KEY" in answer.json()["detail"]


async def test_a_mailbox_of_another_customer_is_not_checked(
    client: httpx2.AsyncClient, other_tenant_client: httpx2.AsyncClient
) -> None:
    account = await mailbox(client)
    refused(await check(other_tenant_client, account), 404, "email_account.not_found")


async def test_slow_name_servers_do_not_take_the_api_from_others(client: httpx2.AsyncClient, dns: NameServer) -> None:
    dns.silent.add("slow.example")
    slow = [await mailbox(client, email=f"{i}@slow.example") for i in range(CHECKS_AT_ONCE)]
    checks = [asyncio.create_task(check(client, one)) for one in slow]
    while sum(name == "slow.example" for name, _ in dns.questions) < CHECKS_AT_ONCE:
        await asyncio.sleep(0.01)
    account = await mailbox(client)
    refused(await check(client, account), 409, "email_account.checks_busy")
    for one in await asyncio.gather(*checks):
        assert "no answer in time" in answered(one)["domain_report"]["checks"][0]["detail"]
    answered(await check(client, account))
