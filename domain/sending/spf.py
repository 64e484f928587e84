"""Who may send with a domain in MAIL FROM: its SPF record, read without a sender (RFC 7208).

Every term is followed, as for a sender that none of them matches: the count of look-ups is the most that a receiver
can need. What depends on the sender (macros) is counted, but cannot be followed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_network

from domain.sending.domain_checks import Answer, Check, Finding, Lookup, Outcome, conclude, fail, unanswered, warning

MAX_LOOKUPS, MAX_VOID_LOOKUPS = 10, 2
"""RFC 7208 4.6.4."""


@dataclass(frozen=True, slots=True)
class Provider:
    """Who sends for customers: its SMTP hosts by their ends, and the names by which SPF admits it."""

    name: str
    hosts: tuple[str, ...]
    includes: tuple[str, ...]


PROVIDERS = (
    Provider("Google", (".gmail.com", ".google.com"), ("_spf.google.com",)),
    Provider("Microsoft", (".office365.com", ".outlook.com"), ("spf.protection.outlook.com",)),
    Provider("Amazon SES", (".amazonaws.com", ".awsapps.com"), ("amazonses.com",)),
    Provider("SendGrid", (".sendgrid.net",), ("sendgrid.net",)),
    Provider("Mailgun", (".mailgun.org",), ("mailgun.org", "eu.mailgun.org")),
    Provider("Postmark", (".postmarkapp.com",), ("spf.mtasv.net",)),
    Provider("Brevo", (".brevo.com", ".sendinblue.com"), ("spf.brevo.com", "spf.sendinblue.com")),
    Provider("Mailjet", (".mailjet.com",), ("spf.mailjet.com",)),
    Provider("Mandrill", (".mandrillapp.com",), ("spf.mandrillapp.com",)),
    Provider(
        "Zoho",
        (".zoho.com", ".zoho.eu", ".zoho.in"),
        ("zoho.com", "zohomail.com", "one.zoho.com", "zoho.eu", "zohomail.eu", "one.zoho.eu", "zoho.in", "zohomail.in"),
    ),
    Provider("Fastmail", (".fastmail.com",), ("spf.messagingengine.com",)),
)


def provider_of(smtp_host: str) -> Provider | None:
    """The provider to which the SMTP server belongs; None for one that is not known."""
    host = "." + smtp_host.lower().rstrip(".")
    return next((one for one in PROVIDERS if host.endswith(one.hosts)), None)


def check(domain: str, smtp_host: str, lookup: Lookup) -> Check:
    """What the SPF record of ``domain``, that of MAIL FROM, says of mail sent through ``smtp_host``."""
    answer = lookup(domain, "TXT")
    records = _records(answer)
    if answer.outcome is Outcome.FAILED:
        return conclude("spf", (), [unanswered(domain, answer)], otherwise="")
    provider = provider_of(smtp_host)
    if not records:
        example = f"v=spf1 include:{provider.includes[0]} -all" if provider else "v=spf1 a:<your SMTP server> -all"
        missing = fail(f"{domain} has no SPF record: publish the TXT record “{example}” there.")
        return conclude("spf", (), [missing], otherwise="")
    if len(records) > 1:
        several = f"{domain} has {len(records)} SPF records, which counts as an error (RFC 7208 4.5): merge them."
        return conclude("spf", records, [fail(several)], otherwise="")
    walk = _Walk(lookup)
    walk.follow(domain, records[0])
    findings = [*walk.findings, *_limits(walk), *_ending(walk), *_provider(walk, provider)]
    admitted = f" and admits {provider.name}" if provider else ""
    return conclude("spf", records, findings, otherwise=f"The record needs {walk.lookups} look-ups of 10{admitted}.")


@dataclass(slots=True)
class _Walk:
    """What was met on the way through a record and all that it includes."""

    lookup: Lookup
    lookups: int = 0
    voids: list[str] = field(default_factory=list)
    visited: set[str] = field(default_factory=set)
    ending: str | None = None
    """The qualifier of the ``all`` that decides; None when there is none."""
    depends_on_sender: bool = False
    findings: list[Finding] = field(default_factory=list)

    def follow(self, domain: str, record: str, path: tuple[str, ...] = (), decides: bool = True) -> None:
        """``decides``: whether the record's ``all`` is that of the domain, as it is not for an included one."""
        path = (*path, domain)
        self.visited.add(domain)
        redirect: str | None = None
        for term in record.split()[1:]:
            name, value = _split(term)
            qualifier = name[0] if name[:1] in set("+-~?") else "+"
            name = name.lstrip("+-~?")
            if name == "all":
                self.ending = qualifier if decides else self.ending
                return  # What stands after it is never looked at, a redirect neither (RFC 7208 5.1, 6.1).
            if name == "redirect=":
                redirect = value
            else:
                self._mechanism(name, value, domain, path)
        if redirect is not None:
            self._other(redirect, path, "redirect", decides)

    def _mechanism(self, name: str, value: str, domain: str, path: tuple[str, ...]) -> None:
        if name.endswith("="):
            return  # Other modifiers mean nothing here (RFC 7208 6).
        if name == "include":
            self._other(value, path, "include", False)
        elif name in {"a", "mx"}:
            self._address(name, value.partition("/")[0] or domain)
        elif name in {"ptr", "exists"}:
            self.lookups += 1
        elif name not in {"ip4", "ip6"}:
            self.findings.append(fail(f"The SPF record of {domain} has the unknown term “{name[:40]}”: take it out."))
        elif not _is_network(value, 4 if name == "ip4" else 6):
            self.findings.append(fail(f"The SPF record of {domain} has {name}:{value[:60]}, which is no address."))

    def _address(self, name: str, host: str) -> None:
        self.lookups += 1
        if self.is_over or "%" in host:
            return
        types = ("MX",) if name == "mx" else ("A", "AAAA")
        answers = [self.lookup(host, type) for type in types]
        if all(one.outcome in {Outcome.NO_NAME, Outcome.NO_RECORD} for one in answers):
            self.voids.append(f"{name}:{host}")

    def _other(self, target: str, path: tuple[str, ...], term: str, decides: bool) -> None:
        """The record of another domain."""
        target = target.lower().rstrip(".")
        self.lookups += 1
        if "%" in target:
            self.depends_on_sender = True
        elif target in path:
            self.findings.append(fail(f"The SPF record of {path[-1]} leads back to {target}: take the {term} out."))
        elif not self.is_over:
            answer = self.lookup(target, "TXT")
            records = _records(answer)
            if answer.outcome is Outcome.FAILED:
                self.findings.append(unanswered(target, answer))
            elif len(records) == 1:
                self.follow(target, records[0], path, decides)
            else:
                number = len(records) or "no"
                wrong = f"The SPF record of {path[-1]} has {term} {target[:100]}, which has {number} SPF records"
                self.findings.append(fail(f"{wrong}: receivers take that for an error, so take it out."))

    @property
    def is_over(self) -> bool:
        """The limit is reached: nobody looks further."""
        return self.lookups > MAX_LOOKUPS


def _limits(walk: _Walk) -> Iterator[Finding]:
    if walk.is_over:
        yield fail(
            "The SPF record needs more than 10 look-ups, which counts as an error (RFC 7208 4.6.4): take out includes "
            "of services that do not send for you any more."
        )
    elif len(walk.voids) > MAX_VOID_LOOKUPS:
        names = ", ".join(walk.voids[:5])
        yield warning(f"The SPF record asks for names without an answer ({names}); 2 are allowed: take them out.")


def _ending(walk: _Walk) -> Iterator[Finding]:
    if walk.ending == "+":
        yield fail("The SPF record ends in +all, which lets everybody send in your name: end it in -all or ~all.")
    elif walk.ending is None and (walk.depends_on_sender or walk.findings or walk.is_over):
        return  # It may end in what could not be followed.
    elif walk.ending not in {"-", "~"}:
        yield warning("The SPF record does not end in -all or ~all, so it says nothing of forged mail: add one.")


def _provider(walk: _Walk, provider: Provider | None) -> Iterator[Finding]:
    if walk.depends_on_sender or walk.is_over:
        return  # The include may be in what was not followed.
    if provider and walk.visited.isdisjoint(provider.includes):
        include = f"include:{provider.includes[0]}"
        yield warning(f"The SPF record does not admit {provider.name}, by which this mailbox sends: add {include}.")


def _records(answer: Answer) -> tuple[str, ...]:
    return tuple(one for one in answer.records if (one.lower() + " ").startswith("v=spf1 "))


def _split(term: str) -> tuple[str, str]:
    """``include:x`` as (include, x), ``redirect=x`` as (redirect=, x), ``a/24`` as (a, /24); names in lower case."""
    for index, character in enumerate(term):
        if character in ":=/":
            name = term[:index].lower() + ("=" if character == "=" else "")
            return name, term[index:] if character == "/" else term[index + 1 :]
    return term.lower(), ""


def _is_network(value: str, version: int) -> bool:
    try:
        return ip_network(value, strict=False).version == version
    except ValueError:
        return False
