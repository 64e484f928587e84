"""Whether a mailbox's domain is ready to send: MX, SPF, DKIM and DMARC, from what DNS answers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.profiles.addresses import domain_of
from domain.sending import dkim_keys, dmarc, spf
from domain.sending.domain_checks import (
    Check,
    Finding,
    Lookup,
    Outcome,
    conclude,
    fail,
    tags_of,
    unanswered,
    warning,
    worst,
)

USUAL_SELECTORS = (
    "google",
    "selector1",
    "selector2",
    "s1",
    "s2",
    "k1",
    "k2",
    "default",
    "dkim",
    "mail",
    "zoho",
    "fm1",
    "mte1",
    "pm",
    "20230601",
)
"""Of Google, Microsoft, SendGrid, Mailchimp, cPanel, Zoho, Fastmail, Mandrill, Postmark, Gmail."""


@dataclass(frozen=True, slots=True)
class SendingMailbox:
    """What of a mailbox DNS has to agree with."""

    email: str
    smtp_host: str
    bounce_address: str | None = None
    dkim_domain: str | None = None
    dkim_selector: str | None = None
    dkim_record: str | None = None
    """The record of its own key (``dkim_keys.record``); None when it does not sign itself."""


def report(mailbox: SendingMailbox, lookup: Lookup) -> Mapping[str, Any]:
    """The report as JSON: ``domain``, ``status`` (ok, warning, fail: that of its worst check) and ``checks``.

    Every check has ``name`` (mx, spf, dkim, dmarc), ``status``, ``found`` (records) and ``detail``, which says what is
    wrong and how to mend it.
    """
    domain = domain_of(mailbox.email)
    envelope = domain_of(mailbox.bounce_address) if mailbox.bounce_address else domain
    checks = [
        _mx(domain, envelope, lookup),
        spf.check(envelope, mailbox.smtp_host, lookup),
        _own_dkim(mailbox, lookup) if mailbox.dkim_record else _usual_dkim(domain, lookup),
        dmarc.check(domain, envelope, mailbox.dkim_domain if mailbox.dkim_record else None, lookup),
    ]
    return {
        "domain": domain,
        "status": str(worst(one.status for one in checks)),
        "checks": [one.as_json() for one in checks],
    }


# --- MX ---------------------------------------------------------------------------------------------------------


def _mx(domain: str, envelope: str, lookup: Lookup) -> Check:
    """Replies go to the domain of From, delivery reports to that of the return address."""
    findings: list[Finding] = []
    found: list[str] = []
    for name, what in {envelope: "delivery reports", domain: "replies"}.items():
        found += lookup(name, "MX").records
        findings += _mx_findings(name, what, lookup)
    return conclude("mx", dict.fromkeys(found), findings, otherwise="Replies and delivery reports find their server.")


def _mx_findings(domain: str, what: str, lookup: Lookup) -> Iterator[Finding]:
    answer = lookup(domain, "MX")
    if answer.outcome is Outcome.FAILED:
        yield unanswered(domain, answer)
    elif answer.outcome is Outcome.NO_NAME:
        yield fail(
            f"The domain {domain} does not exist: mail from it is refused. Check its spelling and its registrar."
        )
    elif any(one.split()[-1:] == ["."] for one in answer.records):
        yield fail(f"{domain} takes no mail (null MX, RFC 7505): {what} are lost, and many refuse mail from it.")
    elif not answer.records and _has_address(domain, lookup):
        yield warning(f"{domain} has no MX record; {what} go to its address record. Publish an MX record.")
    elif not answer.records:
        yield fail(f"{domain} has no MX record: {what} are lost, and many refuse mail from it. Publish one.")


def _has_address(domain: str, lookup: Lookup) -> bool:
    return any(lookup(domain, type).outcome is Outcome.FOUND for type in ("A", "AAAA"))


# --- DKIM -------------------------------------------------------------------------------------------------------


def _own_dkim(mailbox: SendingMailbox, lookup: Lookup) -> Check:
    """Whether verifiers find the public half of the mailbox's own key."""
    name, record = f"{mailbox.dkim_selector}._domainkey.{mailbox.dkim_domain}", mailbox.dkim_record or ""
    answer = lookup(name, "TXT")
    findings = (
        [unanswered(name, answer)]
        if answer.outcome is Outcome.FAILED
        else list(_own_dkim_findings(name, answer.records, record))
    )
    return conclude(
        "dkim", answer.records, findings, otherwise=f"{name} publishes the key that this mailbox signs with."
    )


def _own_dkim_findings(name: str, records: tuple[str, ...], record: str) -> Iterator[Finding]:
    publish = f"publish the TXT record “{record}” there."
    if not records:
        yield fail(f"There is no key at {name}, so every signature of this mailbox fails: {publish}")
        return
    if len(records) > 1:
        yield fail(f"{name} has {len(records)} TXT records; verifiers may take any (RFC 6376 3.6.2.2): keep one.")
    tags = tags_of(records[0])
    if tags.get("p") == "":
        yield fail(f"The key at {name} is revoked (p= is empty): give the mailbox another key and selector.")
    elif not any(dkim_keys.publishes(tags_of(one), record) for one in records):
        yield fail(f"The key at {name} is not that of this mailbox, so every signature fails: {publish}")
    yield from _weaknesses(name, tags)


def _usual_dkim(domain: str, lookup: Lookup) -> Check:
    """The provider signs or nobody does: keys under the usual selectors speak for the first."""
    names = [f"{selector}._domainkey.{domain}" for selector in USUAL_SELECTORS]
    answers = {name: lookup(name, "TXT") for name in names}
    keys = {
        name: record
        for name, answer in answers.items()
        for record in answer.records
        if tags_of(record).get("p") and tags_of(record).get("v", "DKIM1") == "DKIM1"
    }
    findings = [one for name, record in keys.items() for one in _weaknesses(name, tags_of(record))]
    if not keys:
        findings = [
            warning(
                "No key under the usual selectors: whether your provider signs with DKIM cannot be told from DNS. Send "
                "a mail to an address of your own at another provider and look for dkim=pass in its headers, or set "
                "dkim_domain, dkim_selector and dkim_private_key."
            )
        ]
    found = [f"{name}: {record}" for name, record in keys.items()]
    return conclude(
        "dkim", found, findings, otherwise="Keys are published; whether your provider signs, DNS cannot tell."
    )


def _weaknesses(name: str, tags: dict[str, str]) -> Iterator[Finding]:
    bits = dkim_keys.bits(tags)
    if tags.get("k", "rsa") == "rsa" and bits is not None and bits < dkim_keys.MIN_BITS:
        yield fail(f"The key at {name} has {bits} bits, which verifiers refuse (RFC 8301): take one of 2048.")
    if "y" in tags.get("t", "").lower().split(":"):
        yield warning(
            f"The key at {name} is marked as a test (t=y), so its signatures do not count: take the mark out."
        )
