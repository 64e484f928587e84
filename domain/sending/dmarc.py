"""What a domain asks receivers to do with mail that is not proven to be its own (DMARC, RFC 7489).

The organisational domain is found by the tree walk of DMARC's revision, which asks DNS in place of a list of public
suffixes: the topmost name above the address that has a record.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.sending.domain_checks import (
    Answer,
    Check,
    Finding,
    Lookup,
    Outcome,
    conclude,
    fail,
    tags_of,
    unanswered,
    warning,
)

_POLICIES = frozenset({"none", "quarantine", "reject"})
_MAX_STEPS = 8


@dataclass(frozen=True, slots=True)
class _Place:
    """One name of the walk with its answer."""

    domain: str
    answer: Answer

    @property
    def records(self) -> tuple[str, ...]:
        return tuple(one for one in self.answer.records if one.replace(" ", "").split(";")[0] == "v=DMARC1")


def check(from_domain: str, envelope_domain: str, dkim_domain: str | None, lookup: Lookup) -> Check:
    """What DMARC says of mail from ``from_domain`` with MAIL FROM at ``envelope_domain``.

    ``dkim_domain`` is that of our own signature; None when only the provider can sign.
    """
    walk = [_Place(name, lookup(f"_dmarc.{name}", "TXT")) for name in _names(from_domain)]
    place = next((one for one in walk if one.records or one.answer.outcome is Outcome.FAILED), None)
    if place is not None and not place.records:
        return conclude("dmarc", (), [unanswered(f"_dmarc.{place.domain}", place.answer)], otherwise="")
    if place is None:
        example = f"_dmarc.{from_domain} with “v=DMARC1; p=none; rua=mailto:<an address that you read>”"
        missing = fail(f"{from_domain} has no DMARC record, which large providers ask for: publish the TXT {example}.")
        return conclude("dmarc", (), [missing], otherwise="")
    if len(place.records) > 1:
        several = fail(f"_dmarc.{place.domain} has {len(place.records)} DMARC records, so none counts: keep one.")
        return conclude("dmarc", place.records, [several], otherwise="")
    tags = tags_of(place.records[0])
    policy = (tags.get("sp") if place.domain != from_domain else None) or tags.get("p", "")
    organisation = _organisation(from_domain, walk)
    findings = [
        *_policy_findings(policy, place.domain),
        *_report_findings(tags, place.domain),
        *_alignment_findings(tags, from_domain, organisation, envelope_domain, dkim_domain),
    ]
    meaning = "; it only asks for reports" if policy.lower() == "none" else ""
    said = f"_dmarc.{place.domain} asks for “{policy.lower()}” for forged mail{meaning}."
    return conclude("dmarc", place.records, findings, otherwise=said)


def _names(domain: str) -> list[str]:
    """The domain and those above it, eight at most: of a long name the first, then the last seven."""
    labels = domain.split(".")
    names = [".".join(labels[first:]) for first in range(len(labels))]
    return names if len(names) <= _MAX_STEPS else [names[0], *names[-_MAX_STEPS + 1 :]]


def _organisation(domain: str, walk: list[_Place]) -> str:
    """The domain under which names count as one organisation's."""
    found, below = domain, domain
    for place in walk:
        psd = tags_of(place.records[0]).get("psd", "u").lower() if len(place.records) == 1 else None
        if psd == "y":
            return below  # The name is a public suffix, such as co.uk.
        if psd is not None:
            found = place.domain
        if psd == "n":
            break
        below = place.domain
    return found


def _policy_findings(policy: str, at: str) -> Iterator[Finding]:
    if policy.lower() not in _POLICIES:
        yield fail(f"The DMARC record at _dmarc.{at} has no valid policy: give it p=none, p=quarantine or p=reject.")


def _report_findings(tags: dict[str, str], at: str) -> Iterator[Finding]:
    if "mailto:" not in tags.get("rua", "").lower():
        yield warning(f"The DMARC record at _dmarc.{at} names no rua=mailto:…, so you get no reports: add one.")


def _alignment_findings(
    tags: dict[str, str], from_domain: str, organisation: str, envelope_domain: str, dkim_domain: str | None
) -> Iterator[Finding]:
    """DMARC passes when SPF or DKIM passes for the organisation of From (RFC 7489 3.1)."""
    by_spf = _is_aligned(envelope_domain, from_domain, organisation, tags.get("aspf", "r"))
    by_dkim = dkim_domain is not None and _is_aligned(dkim_domain, from_domain, organisation, tags.get("adkim", "r"))
    if by_spf or by_dkim:
        return
    what = f"The return address is at {envelope_domain}, which is not {from_domain}"
    if dkim_domain is None:
        yield warning(f"{what}: DMARC passes only if your provider signs with DKIM for {from_domain}.")
    else:
        yield fail(f"{what}, and neither is dkim_domain, {dkim_domain}: DMARC fails. Sign for {from_domain}.")


def _is_aligned(domain: str, from_domain: str, organisation: str, mode: str) -> bool:
    if mode.lower() == "s" or domain == from_domain:
        return domain == from_domain
    return f".{domain}".endswith(f".{organisation}")
