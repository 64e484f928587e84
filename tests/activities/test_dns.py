"""DNS is asked within bounds, and what it does not say is told apart from what is not there."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from dns.nameserver import Do53Nameserver

from activities import dns
from activities.dkim import DkimKey, signed
from domain.sending import dkim_keys, name_servers
from domain.sending.domain_checks import Answer, Outcome
from domain.sending.sending_domains import SendingMailbox
from settings import Settings
from tests.activities.name_server import NameServer, name_server

MAILBOX = SendingMailbox(email="ann@customer.example", smtp_host="smtp.gmail.com")
RECORDS = {
    ("customer.example", "MX"): ["10 aspmx.l.google.com."],
    ("customer.example", "TXT"): ["google-site-verification=x", "v=spf1 include:_spf.google.com ~all"],
    ("_spf.google.com", "TXT"): ["v=spf1 include:_netblocks.google.com ~all"],
    ("_netblocks.google.com", "TXT"): ["v=spf1 ip4:64.233.160.0/19 ~all"],
    ("_dmarc.customer.example", "TXT"): ["v=DMARC1; p=none; rua=mailto:dmarc@customer.example"],
}


def verdicts(report: Mapping[str, Any]) -> dict[str, str]:
    return {one["name"]: one["status"] for one in report["checks"]}


def detail(report: Mapping[str, Any], name: str) -> str:
    return next(str(one["detail"]) for one in report["checks"] if one["name"] == name)


async def checked(server: NameServer, mailbox: SendingMailbox = MAILBOX, seconds: float = 10) -> Mapping[str, Any]:
    return await dns.check(mailbox, dns.resolver([server.address]), seconds=seconds)


async def test_a_domain_that_is_ready_is_reported_so() -> None:
    key = rsa.generate_private_key(65537, 2048)
    # Longer than the 255 bytes of one string of TXT.
    published = {("od._domainkey.customer.example", "TXT"): [dkim_keys.record(key)]}
    mailbox = SendingMailbox(
        email="ann@customer.example",
        smtp_host="smtp.gmail.com",
        dkim_domain="customer.example",
        dkim_selector="od",
        dkim_record=dkim_keys.record(key),
    )
    async with name_server(RECORDS | published) as server:
        report = await checked(server, mailbox)
    assert report["status"] == "ok", report
    assert report["domain"] == "customer.example"
    assert verdicts(report) == {"mx": "ok", "spf": "ok", "dkim": "ok", "dmarc": "ok"}
    assert report["checks"][0]["found"] == ["10 aspmx.l.google.com"]


async def test_what_dns_publishes_verifies_what_we_sign() -> None:
    import dkim  # type: ignore[import-untyped]

    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    async with name_server({("od._domainkey.customer.example", "TXT"): [dkim_keys.record(key)]}) as server:
        answer = await dns.ask(("od._domainkey.customer.example", "TXT"), dns.resolver([server.address]))
    message = signed(b"From: ann@customer.example\r\n\r\nHello\r\n", DkimKey("customer.example", "od", pem))
    assert dkim.verify(message, dnsfunc=lambda name, timeout=5: answer.records[0].encode())


async def test_each_question_is_asked_once() -> None:
    async with name_server(RECORDS) as server:
        await checked(server)
    assert len(server.questions) == len(set(server.questions))
    assert ("_netblocks.google.com", "TXT") in server.questions


async def test_no_such_name_no_such_record_and_no_answer_are_told_apart() -> None:
    async with name_server(RECORDS) as server:
        server.failing.add("failing.example")
        server.silent.add("silent.example")
        resolver = dns.resolver([server.address])
        assert await dns.ask(("missing.example", "TXT"), resolver) == Answer(Outcome.NO_NAME)
        assert await dns.ask(("customer.example", "AAAA"), resolver) == Answer(Outcome.NO_RECORD)
        failed = await dns.ask(("failing.example", "TXT"), resolver)
        assert (failed.outcome, failed.error) == (Outcome.FAILED, "its name servers fail or refuse to answer")
        silent = await dns.ask(("silent.example", "TXT"), resolver)
        assert (silent.outcome, silent.error) == (Outcome.FAILED, "no answer in time")


@pytest.mark.parametrize(
    "name", ["a..b.example", "x" * 64 + ".example", ".".join(["abcdefgh"] * 40), "ä\udcff.example"]
)
async def test_a_name_that_cannot_be_asked_is_an_answer(name: str) -> None:
    async with name_server(RECORDS) as server:
        assert (await dns.ask((name, "TXT"), dns.resolver([server.address]))).outcome is Outcome.FAILED
    assert server.questions == []


async def test_a_server_that_fails_is_no_verdict_on_the_domain() -> None:
    async with name_server(RECORDS) as server:
        server.failing |= {"customer.example", "_dmarc.customer.example"}
        report = await checked(server)
    assert verdicts(report) == {"mx": "warning", "spf": "warning", "dkim": "warning", "dmarc": "warning"}
    assert "check again later" in detail(report, "spf")


async def test_a_silent_server_holds_a_report_up_for_a_bounded_time() -> None:
    async with name_server(RECORDS) as server:
        server.silent |= {"customer.example", "_dmarc.customer.example", "_netblocks.google.com"}
        started = time.monotonic()
        report = await checked(server, seconds=0.5)
        assert time.monotonic() - started < 1.5
    assert "no answer in time" in detail(report, "spf")


async def test_a_domain_cannot_make_us_ask_without_end() -> None:
    wide = " ".join(f"include:{i}.wide.example" for i in range(200))
    records: dict[tuple[str, str], Sequence[str]] = {("customer.example", "TXT"): [f"v=spf1 {wide} -all"]}
    records |= {(f"{i}.wide.example", "TXT"): [f"v=spf1 {wide} -all"] for i in range(200)}
    async with name_server(records) as server:
        report = await checked(server)
    assert "more than 10 look-ups" in detail(report, "spf")
    assert len(server.questions) < 60


async def test_bytes_that_nobody_can_store_or_read_do_no_harm() -> None:
    async with name_server({}) as server:
        server.zone["customer.example", "TXT"] = ['"v=spf1 \\000\\255 -all"']
        answer = await dns.ask(("customer.example", "TXT"), dns.resolver([server.address]))
    assert answer.records == ("v=spf1 �� -all",)


def test_name_servers_are_addresses() -> None:
    made = dns.resolver(name_servers.parse("192.0.2.1, 192.0.2.1:5353,2001:db8::1,[2001:db8::1]:5353,"))
    servers = [one for one in made.nameservers if isinstance(one, Do53Nameserver)]
    assert [(one.address, one.port) for one in servers] == [
        ("192.0.2.1", 53),
        ("192.0.2.1", 5353),
        ("2001:db8::1", 53),
        ("2001:db8::1", 5353),
    ]
    for wrong in ("dns.example", "192.0.2.1:x", "192.0.2.1 192.0.2.2"):
        with pytest.raises(ValueError, match="is no name server"):
            name_servers.parse(wrong)


def test_a_setting_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().dns_servers == ()
    monkeypatch.setenv("OPENDOORS_DNS_SERVERS", "192.0.2.1:5353")
    assert Settings().dns_servers == (("192.0.2.1", 5353),)
    monkeypatch.setenv("OPENDOORS_DNS_SERVERS", "dns.example")
    with pytest.raises(ValueError, match="is no name server"):
        Settings()
