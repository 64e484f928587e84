"""Hunter.io, API v2: whether an address works, and the company behind a domain (hunter.io/api-documentation/v2)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from domain.enriching.enrichment import Fields, Request, Subject
from domain.enriching.enrichment_labels import INDUSTRIES, label, size_of
from domain.enriching.enrichment_providers.protocol import KeyedProvider, whole
from domain.vocabulary import EnrichmentLookup, EnrichmentOutcome, EnrichmentProvider

_VERDICTS = {"deliverable": True, "undeliverable": False}
"""``risky`` and ``unknown`` say nothing that could be written."""


class Hunter(KeyedProvider):
    name = EnrichmentProvider.HUNTER
    base_url = "https://api.hunter.io/v2"
    lookups = (EnrichmentLookup.VERIFICATION, EnrichmentLookup.COMPANY)
    # 300 verifications a minute, 10 a second.
    entries_at_once, pause = 5, timedelta(seconds=1)
    departures: Mapping[int, EnrichmentOutcome] = {
        # A mail server did not answer as it should; the same request may be made again.
        222: EnrichmentOutcome.NOT_READY,
        # Too many requests a second; a key that is wrong is 401.
        403: EnrichmentOutcome.RATE_LIMITED,
        # The plan's requests are used up.
        429: EnrichmentOutcome.OUT_OF_CREDITS,
        # The person has asked Hunter to keep nothing about them.
        451: EnrichmentOutcome.NOT_FOUND,
    }

    def request(self, lookup: EnrichmentLookup, subject: Subject, access: str) -> Request:
        # The documentation also takes the key as ?api_key=, which would put it into logs of URLs.
        headers = {"X-API-KEY": access}
        if lookup is EnrichmentLookup.VERIFICATION:
            return Request("GET", "/email-verifier", {"email": subject.email}, headers)
        return Request("GET", "/domain-search", {"domain": subject.domain or "", "limit": "1"}, headers)

    def read(self, lookup: EnrichmentLookup, payload: Mapping[str, Any]) -> Fields | None:
        data = whole(payload, "data")
        if lookup is EnrichmentLookup.VERIFICATION:
            return {"email_verified": _VERDICTS.get(str(data.get("result")))}
        if not data.get("organization"):
            return None
        return {
            "company_name": data.get("organization"),
            "company_domain": data.get("domain"),
            "industry": label(INDUSTRIES, data.get("industry")),
            "company_size": size_of(data.get("headcount")),
        }
