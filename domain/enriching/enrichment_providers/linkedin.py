"""LinkedIn profiles by People Data Labs, API v5 (docs.peopledatalabs.com/docs/person-enrichment-api).

LinkedIn's own API gives an application nobody's profile but that of who logs in to it, and Proxycurl, which sold them,
closed in 2025. People Data Labs documents a lookup by profile or address, and charges for people it finds.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from domain.enriching.enrichment import Fields, Request, Subject
from domain.enriching.enrichment_labels import DEPARTMENTS, INDUSTRIES, SENIORITIES, label, size_of
from domain.enriching.enrichment_providers.protocol import KeyedProvider, whole
from domain.vocabulary import EnrichmentLookup, EnrichmentProvider

_LIKELY = "6"
"""Of 10: how sure it has to be that the person is the one, so that nobody gets a namesake's data."""


class LinkedIn(KeyedProvider):
    name = EnrichmentProvider.LINKEDIN
    base_url = "https://api.peopledatalabs.com/v5"
    lookups = (EnrichmentLookup.PERSON,)
    # 100 a minute on the smallest plan.
    entries_at_once, pause = 5, timedelta(seconds=3)

    def request(self, lookup: EnrichmentLookup, subject: Subject, access: str) -> Request:
        query = {"email": subject.email, "min_likelihood": _LIKELY, "titlecase": "true"}
        if subject.linkedin_profile:
            query["profile"] = subject.linkedin_profile
        return Request("GET", "/person/enrich", query, {"X-Api-Key": access})

    def read(self, lookup: EnrichmentLookup, payload: Mapping[str, Any]) -> Fields | None:
        data = whole(payload, "data")
        # Of what the plan does not include it only says true or false; such values are dropped with other wrong ones.
        return {
            "first_name": data.get("first_name"),
            "last_name": data.get("last_name"),
            "job_title": data.get("job_title"),
            "seniority": label(SENIORITIES, *_listed(data.get("job_title_levels"))),
            "department": label(DEPARTMENTS, data.get("job_title_role")),
            "phone": data.get("mobile_phone"),
            "linkedin_profile": data.get("linkedin_url"),
            "twitter_profile": data.get("twitter_url"),
            "facebook_profile": data.get("facebook_url"),
            "country": data.get("location_country"),
            "state": data.get("location_region"),
            "city": data.get("location_locality"),
            "postal_code": data.get("location_postal_code"),
            "company_name": data.get("job_company_name"),
            "company_domain": data.get("job_company_website"),
            "company_size": size_of(data.get("job_company_size")),
            "industry": label(INDUSTRIES, data.get("job_company_industry")),
            "website": data.get("job_company_website"),
        }


def _listed(words: object) -> list[object]:
    return list(words) if isinstance(words, list) else []
