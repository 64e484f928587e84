"""Whether a domain is ready to send: each way in which it is not is told, with what mends it."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from domain.sending import dkim_keys
from domain.sending.domain_checks import Answer, Lookup, Outcome
from domain.sending.sending_domains import SendingMailbox, report

Records = Mapping[tuple[str, str], Sequence[str]]
KEY = rsa.generate_private_key(65537, 1024)
OWN = dkim_keys.record(KEY)
GOOGLE = SendingMailbox(email="ann@customer.example", smtp_host="smtp.gmail.com")
SIGNING = replace(GOOGLE, dkim_domain="customer.example", dkim_selector="od1", dkim_record=OWN)
GOOD: Records = {
    ("customer.example", "MX"): ["10 aspmx.l.google.com"],
    ("customer.example", "TXT"): ["v=spf1 include:_spf.google.com ~all", "other=1"],
    ("_spf.google.com", "TXT"): ["v=spf1 ip4:64.233.160.0/19 ip6:2001:4860:4000::/36 ~all"],
    ("od1._domainkey.customer.example", "TXT"): [OWN],
    ("_dmarc.customer.example", "TXT"): ["v=DMARC1; p=none; rua=mailto:dmarc@customer.example"],
}


def dns(records: Records, failing: Sequence[str] = ()) -> Lookup:
    """A look-up in the records; a name that is in none of them does not exist."""

    def lookup(name: str, record_type: str) -> Answer:
        if name in failing:
            return Answer(Outcome.FAILED, error="its name servers fail or refuse to answer")
        if found := records.get((name, record_type)):
            return Answer(Outcome.FOUND, tuple(found))
        known = any(one == name or one.endswith("." + name) for one, _ in records)
        return Answer(Outcome.NO_RECORD if known else Outcome.NO_NAME)

    return lookup


def checked(
    changes: Mapping[tuple[str, str], Sequence[str] | None] | None = None,
    mailbox: SendingMailbox = SIGNING,
    failing: Sequence[str] = (),
) -> Mapping[str, Any]:
    """The report with some records changed, or taken away."""
    records = {key: value for key, value in {**GOOD, **(changes or {})}.items() if value is not None}
    return report(mailbox, dns(records, failing))


def the(name: str, drawn_up: Mapping[str, Any]) -> tuple[str, str]:
    """Status and detail of one check."""
    return next((one["status"], one["detail"]) for one in drawn_up["checks"] if one["name"] == name)


def with_spf(*records: str, also: Records | None = None, mailbox: SendingMailbox = SIGNING) -> tuple[str, str]:
    return the("spf", checked({**(also or {}), ("customer.example", "TXT"): records}, mailbox))


def test_a_domain_that_is_ready_is_ok_in_all_checks() -> None:
    drawn_up = checked()
    assert drawn_up["status"] == "ok", drawn_up
    assert drawn_up["domain"] == "customer.example"
    assert [one["name"] for one in drawn_up["checks"]] == ["mx", "spf", "dkim", "dmarc"]
    assert drawn_up["checks"][1]["found"] == ["v=spf1 include:_spf.google.com ~all"]


def test_the_report_is_as_bad_as_its_worst_check() -> None:
    assert checked({("_dmarc.customer.example", "TXT"): ["v=DMARC1; p=none"]})["status"] == "warning"
    assert checked({("customer.example", "TXT"): None})["status"] == "fail"


# --- MX ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({("customer.example", "MX"): None}, "fail", "no MX record"),
        ({("customer.example", "MX"): ["0 ."]}, "fail", "null MX"),
        ({("customer.example", "MX"): None, ("customer.example", "A"): ["192.0.2.1"]}, "warning", "address record"),
        ({("customer.example", "MX"): None, ("customer.example", "AAAA"): ["2001:db8::1"]}, "warning", "address"),
    ],
)
def test_a_domain_that_takes_no_mail_loses_its_replies(changes: Any, status: str, words: str) -> None:
    found, detail = the("mx", checked(changes))
    assert found == status
    assert words in detail
    assert "replies" in detail


def test_a_domain_that_does_not_exist_is_told_so() -> None:
    status, detail = the("mx", report(replace(GOOGLE, email="ann@typo.example"), dns({})))
    assert status == "fail"
    assert "typo.example does not exist" in detail


def test_the_domain_of_the_return_address_has_to_take_reports() -> None:
    mailbox = replace(SIGNING, bounce_address="bounces@mail.customer.example")
    spf = {("mail.customer.example", "TXT"): ["v=spf1 include:_spf.google.com -all"]}
    status, detail = the("mx", checked(spf, mailbox))
    assert status == "fail"
    assert "mail.customer.example has no MX record: delivery reports are lost" in detail
    assert checked({**spf, ("mail.customer.example", "MX"): ["10 mx.example"]}, mailbox)["status"] == "ok"


# --- SPF --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("records", "status", "words"),
    [
        (["other=1"], "fail", "publish the TXT record “v=spf1 include:_spf.google.com -all”"),
        (["v=spf10 -all"], "fail", "has no SPF record"),
        (["v=spf1 -all", "v=spf1 include:_spf.google.com -all"], "fail", "has 2 SPF records"),
        (["v=spf1 include:_spf.google.com +all"], "fail", "lets everybody send"),
        (["v=spf1 include:_spf.google.com all"], "fail", "lets everybody send"),
        (["v=spf1 include:_spf.google.com ?all"], "warning", "does not end in -all or ~all"),
        (["v=spf1 include:_spf.google.com"], "warning", "does not end in -all or ~all"),
        (["v=spf1 mx -all"], "warning", "does not admit Google, by which this mailbox sends: add include:_spf.google"),
        (["v=spf1 include:_spf.google.com ipv4:192.0.2.1 -all"], "fail", "unknown term “ipv4”"),
        (["v=spf1 include:_spf.google.com ip4:192.0.2 -all"], "fail", "ip4:192.0.2, which is no address"),
        (["v=spf1 include:_spf.google.com ip6:192.0.2.1 -all"], "fail", "which is no address"),
        (["v=spf1 include:_spf.google.com include:gone.example -all"], "fail", "gone.example, which has no SPF record"),
        (["v=spf1 include:_spf.google.com include:customer.example -all"], "fail", "leads back to customer.example"),
        (["v=spf1 include:_spf.google.com a:x.gone mx:y.gone a:z.gone -all"], "warning", "a:x.gone, mx:y.gone"),
        (["v=spf1 include:_spf.google.com a mx -all"], "ok", "needs 3 look-ups of 10 and admits Google"),
        (["V=SPF1 INCLUDE:_spf.Google.com. -ALL"], "ok", "needs 1 look-ups"),
        (["v=spf1 redirect=_spf.google.com"], "ok", "needs 1 look-ups"),
        (["v=spf1 exists:%{i}.spf.example include:_spf.google.com exp=why.example -all"], "ok", "needs 2 look-ups"),
        (["v=spf1 include:%{d}.spf.example ?all"], "warning", "does not end in -all or ~all"),
        (["v=spf1 redirect=%{d}.spf.example"], "ok", "needs 1 look-ups"),
        (["v=spf1 a/24 a:customer.example/24//64 include:_spf.google.com -all"], "ok", "needs 3 look-ups"),
    ],
)
def test_what_an_spf_record_says(records: list[str], status: str, words: str) -> None:
    also = {("customer.example", "A"): ["192.0.2.1"]}
    found, detail = with_spf(*records, also=also)
    assert (found, words in detail) == (status, True), detail


def test_look_ups_are_counted_through_what_is_included() -> None:
    def nested(count: int) -> Records:
        inner = " ".join(f"include:{i}.deep.example" for i in range(count))
        also: dict[tuple[str, str], Sequence[str]] = {("deep.example", "TXT"): [f"v=spf1 {inner} -all"]}
        return also | {(f"{i}.deep.example", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"] for i in range(count)}

    record = "v=spf1 include:_spf.google.com include:deep.example -all"
    assert with_spf(record, also=nested(8)) == ("ok", "The record needs 10 look-ups of 10 and admits Google.")
    status, detail = with_spf(record, also=nested(9))
    assert status == "fail"
    assert "more than 10 look-ups" in detail
    assert "Google" not in with_spf("v=spf1 include:deep.example include:_spf.google.com", also=nested(10))[1]


def test_an_included_all_does_not_decide() -> None:
    also = {("open.example", "TXT"): ["v=spf1 +all"]}
    assert with_spf("v=spf1 include:open.example include:_spf.google.com -all", also=also)[0] == "ok"


def test_records_that_include_each_other_end() -> None:
    also = {
        ("a.example", "TXT"): ["v=spf1 include:b.example -all"],
        ("b.example", "TXT"): ["v=spf1 redirect=a.example"],
    }
    status, detail = with_spf("v=spf1 include:a.example include:_spf.google.com -all", also=also)
    assert status == "fail"
    assert "b.example leads back to a.example" in detail


def test_a_record_may_be_its_providers_own_by_another_way() -> None:
    also = {("_spf.customer.example", "TXT"): ["v=spf1 include:_spf.google.com -all"]}
    assert with_spf("v=spf1 include:_spf.customer.example -all", also=also)[0] == "ok"


@pytest.mark.parametrize(
    ("host", "include"),
    [
        ("smtp.office365.com", "spf.protection.outlook.com"),
        ("email-smtp.eu-west-1.amazonaws.com", "amazonses.com"),
        ("smtp.sendgrid.net", "sendgrid.net"),
        ("smtp.eu.mailgun.org", "mailgun.org"),
    ],
)
def test_each_provider_wants_its_own_include(host: str, include: str) -> None:
    status, detail = with_spf("v=spf1 a -all", mailbox=replace(SIGNING, smtp_host=host))
    assert status == "warning"
    assert f"add include:{include}." in detail


def test_a_server_of_ones_own_needs_no_include() -> None:
    assert with_spf("v=spf1 ip4:192.0.2.1 -all", mailbox=replace(SIGNING, smtp_host="smtp.customer.example"))[0] == "ok"


# --- DKIM -------------------------------------------------------------------------------------------------------


def published(record: str | None, *more: str, mailbox: SendingMailbox = SIGNING) -> tuple[str, str]:
    name = ("od1._domainkey.customer.example", "TXT")
    return the("dkim", checked({name: [record, *more] if record is not None else None}, mailbox))


def test_the_published_key_has_to_be_that_of_the_mailbox() -> None:
    other = dkim_keys.record(rsa.generate_private_key(65537, 1024))
    for record in (other, "v=DKIM1; p=AAAA", "v=DKIM1; p=!", "nonsense"):
        status, detail = published(record)
        assert status == "fail"
        assert f"publish the TXT record “{OWN}” there" in detail


def test_a_published_key_may_be_written_in_other_ways() -> None:
    pkcs1 = KEY.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    spki = OWN.partition("p=")[2]
    ways = [
        f"p={base64.b64encode(pkcs1).decode()}",
        f"v=DKIM1;p={spki[:70]} {spki[70:]};",
        f"v=DKIM1; h=sha256; p={spki}",
    ]
    for record in ways:
        assert published(record)[0] == "ok", record


def test_an_ed25519_key_is_known_by_its_kind() -> None:
    record = dkim_keys.record(ed25519.Ed25519PrivateKey.generate())
    mailbox = replace(SIGNING, dkim_record=record)
    assert published(record, mailbox=mailbox)[0] == "ok"
    assert published(record.replace("k=ed25519; ", ""), mailbox=mailbox)[0] == "fail"
    assert published(OWN, mailbox=mailbox)[0] == "fail"


@pytest.mark.parametrize(
    ("records", "status", "words"),
    [
        (None, "fail", "There is no key at od1._domainkey.customer.example"),
        (["v=DKIM1; p="], "fail", "revoked"),
        ([OWN, OWN], "fail", "has 2 TXT records"),
        ([OWN + "; t=y"], "warning", "marked as a test"),
    ],
)
def test_what_is_wrong_with_a_published_key(records: list[str] | None, status: str, words: str) -> None:
    found, detail = published(*records) if records else published(None)
    assert (found, words in detail) == (status, True), detail


def test_without_a_key_of_its_own_the_usual_selectors_are_tried() -> None:
    status, detail = the("dkim", checked(mailbox=GOOGLE))
    assert status == "warning"
    assert "cannot be told from DNS" in detail
    drawn_up = checked({("google._domainkey.customer.example", "TXT"): [OWN]}, GOOGLE)
    assert the("dkim", drawn_up)[0] == "ok"
    assert drawn_up["checks"][2]["found"] == [f"google._domainkey.customer.example: {OWN}"]
    # A wildcard answers every name with something else.
    assert the("dkim", checked({("s1._domainkey.customer.example", "TXT"): ["v=spf1 -all"]}, GOOGLE))[0] == "warning"


def test_a_short_key_is_refused() -> None:
    # 512 bits: too few to be made here.
    short = (
        "v=DKIM1; k=rsa; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu"
        "KUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ=="
    )
    status, detail = the("dkim", checked({("s1._domainkey.customer.example", "TXT"): [short]}, GOOGLE))
    assert (status, "has 512 bits" in detail) == ("fail", True), detail


# --- DMARC ------------------------------------------------------------------------------------------------------


def with_dmarc(*records: str, mailbox: SendingMailbox = SIGNING, also: Records | None = None) -> tuple[str, str]:
    return the("dmarc", checked({**(also or {}), ("_dmarc.customer.example", "TXT"): records or None}, mailbox))


@pytest.mark.parametrize(
    ("records", "status", "words"),
    [
        ([], "fail", "has no DMARC record"),
        (["v=spf1 -all"], "fail", "has no DMARC record"),
        (["v=DMARC1; p=none; rua=mailto:a@x.example", "v=DMARC1; p=reject"], "fail", "has 2 DMARC records"),
        (["v=DMARC1; rua=mailto:a@x.example"], "fail", "no valid policy"),
        (["v=DMARC1; p=monitor; rua=mailto:a@x.example"], "fail", "no valid policy"),
        (["v=DMARC1; p=reject"], "warning", "names no rua="),
        (["v=DMARC1; p=none; rua=mailto:a@x.example"], "ok", "only asks for reports"),
        (["v=DMARC1 ;p=Reject;rua=mailto:a@x.example"], "ok", "asks for “reject”"),
    ],
)
def test_what_a_dmarc_record_says(records: list[str], status: str, words: str) -> None:
    found, detail = with_dmarc(*records)
    assert (found, words in detail) == (status, True), detail


def test_the_organisations_record_holds_for_a_name_below_it() -> None:
    mailbox = replace(GOOGLE, email="ann@mail.customer.example")
    status, detail = with_dmarc("v=DMARC1; p=reject; sp=quarantine; rua=mailto:a@x.example", mailbox=mailbox)
    assert (status, detail) == ("ok", "_dmarc.customer.example asks for “quarantine” for forged mail.")


RECORD = "v=DMARC1; p=reject; rua=mailto:a@x.example"


@pytest.mark.parametrize(
    ("dkim_domain", "bounces", "record", "status"),
    [
        ("customer.example", "b@provider.example", RECORD, "ok"),
        ("mail.customer.example", "b@provider.example", RECORD, "ok"),
        ("mail.customer.example", "b@provider.example", RECORD + "; adkim=s", "fail"),
        ("provider.example", "b@provider.example", RECORD, "fail"),
        ("provider.example", "b@mail.customer.example", RECORD, "ok"),
        ("provider.example", "b@mail.customer.example", RECORD + "; aspf=s", "fail"),
        ("provider.example", "b@customer.example", RECORD + "; aspf=s", "ok"),
        ("evilcustomer.example", "b@evilcustomer.example", RECORD, "fail"),
        (None, "b@provider.example", RECORD, "warning"),
        (None, None, RECORD, "ok"),
    ],
)
def test_spf_or_dkim_has_to_speak_for_the_domain_of_from(
    dkim_domain: str | None, bounces: str | None, record: str, status: str
) -> None:
    mailbox = replace(GOOGLE, bounce_address=bounces)
    if dkim_domain:
        mailbox = replace(mailbox, dkim_domain=dkim_domain, dkim_selector="od1", dkim_record=OWN)
    assert with_dmarc(record, mailbox=mailbox)[0] == status


def test_names_under_a_public_suffix_are_not_one_organisation() -> None:
    mailbox = replace(
        SIGNING, email="ann@customer.co.example", dkim_domain="other.co.example", bounce_address="b@x.example"
    )
    also = {("_dmarc.co.example", "TXT"): ["v=DMARC1; p=reject; psd=y; rua=mailto:a@x.example"]}
    assert with_dmarc(mailbox=mailbox, also=also)[0] == "fail"
    assert with_dmarc(mailbox=replace(mailbox, dkim_domain="mail.customer.co.example"), also=also)[0] == "ok"


def test_a_long_name_asks_eight_times_at_most() -> None:
    asked: list[str] = []

    def lookup(name: str, record_type: str) -> Answer:
        asked.append(name)
        return Answer(Outcome.NO_NAME)

    report(replace(GOOGLE, email="ann@" + ".".join("abcdefghijklmn") + ".example"), lookup)
    assert sum(name.startswith("_dmarc.") for name in asked) == 8


# --- Any --------------------------------------------------------------------------------------------------------


def test_what_dns_does_not_say_is_a_warning_and_no_verdict() -> None:
    names = ["customer.example", "od1._domainkey.customer.example", "_dmarc.customer.example"]
    drawn_up = checked(failing=names)
    assert {one["status"] for one in drawn_up["checks"]} == {"warning"}
    assert all("check again later" in one["detail"] for one in drawn_up["checks"])
    assert the("spf", checked(failing=["_spf.google.com"]))[0] == "warning"


def test_a_report_keeps_little_of_what_strangers_write() -> None:
    drawn_up = checked({("customer.example", "MX"): [f"{i} {'m' * 5000}.example" for i in range(100)]})
    assert len(drawn_up["checks"][0]["found"]) == 10
    assert max(map(len, drawn_up["checks"][0]["found"])) == 1000
