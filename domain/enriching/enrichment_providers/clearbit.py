"""Clearbit Enrichment, API v2: person and company behind an address (dashboard.clearbit.com/docs)."""

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from domain.enriching.enrichment import Fields, Request, Subject
from domain.enriching.enrichment_labels import DEPARTMENTS, INDUSTRIES, SENIORITIES, label, size_of
from domain.enriching.enrichment_providers.protocol import KeyedProvider, part
from domain.vocabulary import EnrichmentLookup, EnrichmentOutcome, EnrichmentProvider

_SITES = {
    "linkedin": "https://www.linkedin.com/",
    "twitter": "https://twitter.com/",
    "facebook": "https://www.facebook.com/",
}


class Clearbit(KeyedProvider):
    """One request, counted once for each address, tells of person and company.

    A lookup that takes longer is answered by 202 and finished there; the same request then gets the answer.
    """

    name = EnrichmentProvider.CLEARBIT
    base_url = "https://person.clearbit.com/v2"
    lookups = (EnrichmentLookup.PERSON,)
    # 600 a minute.
    entries_at_once, pause = 10, timedelta(seconds=1)
    # It counts requests that find nobody, too, each address once in a billing period.
    paid = frozenset({EnrichmentOutcome.FOUND, EnrichmentOutcome.NOT_FOUND})

    def request(self, lookup: EnrichmentLookup, subject: Subject, access: str) -> Request:
        # The key is the user name, without a password (RFC 7617).
        authorization = "Basic " + base64.b64encode(f"{access}:".encode()).decode()
        return Request("GET", "/combined/find", {"email": subject.email}, {"Authorization": authorization})

    def read(self, lookup: EnrichmentLookup, payload: Mapping[str, Any]) -> Fields | None:
        if not payload.keys() & {"person", "company"}:
            raise ValueError("the answer has neither person nor company")
        person, company = payload.get("person"), payload.get("company")
        return {**_person(person), **_company(company)} if person or company else None


def _person(person: object) -> Fields:
    return {
        "first_name": part(person, "name", "givenName"),
        "last_name": part(person, "name", "familyName"),
        "job_title": part(person, "employment", "title"),
        "seniority": label(SENIORITIES, part(person, "employment", "seniority")),
        "department": label(DEPARTMENTS, part(person, "employment", "role")),
        "country": part(person, "geo", "country"),
        "state": part(person, "geo", "state"),
        "city": part(person, "geo", "city"),
        "timezone": part(person, "timeZone"),
        **{f"{site}_profile": _profile(person, site) for site in _SITES},
    }


def _profile(person: object, site: str) -> str | None:
    handle = part(person, site, "handle")
    return _SITES[site] + handle if isinstance(handle, str) and handle else None


def _company(company: object) -> Fields:
    category = part(company, "category")
    words = (part(category, name) for name in ("industry", "industryGroup", "sector"))
    domain = part(company, "domain")
    return {
        "company_name": part(company, "name"),
        "company_domain": domain,
        "company_size": size_of(part(company, "metrics", "employees"))
        or size_of(part(company, "metrics", "employeesRange")),
        "industry": label(INDUSTRIES, *words),
        "website": f"https://{domain}" if domain else None,
    }
