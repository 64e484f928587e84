"""ZoomInfo Enterprise API: contacts of its database with their companies (api-docs.zoominfo.com)."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from domain.enriching.enrichment import Fields, Request, Subject
from domain.enriching.enrichment_labels import DEPARTMENTS, INDUSTRIES, SENIORITIES, label, size_of
from domain.enriching.enrichment_providers.protocol import Credentials, part
from domain.vocabulary import EnrichmentLookup, EnrichmentOutcome, EnrichmentProvider

_TOKEN_LIFE = timedelta(minutes=60)
_OUTPUT = [
    *("id", "firstName", "lastName", "jobTitle", "jobFunction", "managementLevel", "externalUrls"),
    *("phone", "directPhoneDoNotCall", "mobilePhone", "mobilePhoneDoNotCall", "city", "state", "zipCode", "country"),
    *("companyName", "companyWebsite", "companyEmployeeCount", "companyPrimaryIndustry"),
]


class ZoomInfo:
    """Requests carry a token of 60 minutes, which user name and password buy."""

    name = EnrichmentProvider.ZOOMINFO
    base_url = "https://api.zoominfo.com"
    secrets: tuple[str, ...] = ("username", "password")
    lookups = (EnrichmentLookup.PERSON,)
    # 1,500 a minute, 25 a second.
    entries_at_once, pause = 10, timedelta(seconds=1)
    departures: Mapping[int, EnrichmentOutcome] = {}
    paid = frozenset({EnrichmentOutcome.FOUND})

    def login(self, credentials: Credentials) -> Request | None:
        return Request("POST", "/authenticate", body={name: credentials[name] for name in self.secrets})

    def access(self, credentials: Credentials, logged_in: Mapping[str, Any] | None) -> tuple[str, timedelta] | None:
        token = part(logged_in, "jwt")
        return (token, _TOKEN_LIFE) if isinstance(token, str) and token.isascii() and token.isprintable() else None

    def request(self, lookup: EnrichmentLookup, subject: Subject, access: str) -> Request:
        person = {
            "emailAddress": subject.email,
            "firstName": subject.first_name,
            "lastName": subject.last_name,
            "companyName": subject.company_name,
        }
        body = {"matchPersonInput": [{name: value for name, value in person.items() if value}], "outputFields": _OUTPUT}
        return Request("POST", "/enrich/contact", headers={"Authorization": f"Bearer {access}"}, body=body)

    def read(self, lookup: EnrichmentLookup, payload: Mapping[str, Any]) -> Fields | None:
        results = part(payload, "data", "result")
        if not isinstance(results, list) or not results:
            raise ValueError("the answer has no result")
        data = part(results[0], "data")
        found = data[0] if isinstance(data, list) and data else data
        # Besides matches there are NO_MATCH, and OPT_OUT of people who want to be left alone.
        if not str(part(results[0], "matchStatus")).endswith("MATCH") or part(results[0], "matchStatus") == "NO_MATCH":
            found = None
        return {**_person(found), **_company(found)} if found else None


def _person(person: object) -> Fields:
    function = _first(part(person, "jobFunction"))
    return {
        "first_name": part(person, "firstName"),
        "last_name": part(person, "lastName"),
        "job_title": part(person, "jobTitle"),
        "seniority": label(SENIORITIES, _first(part(person, "managementLevel"))),
        "department": label(DEPARTMENTS, part(function, "department"), part(function, "name"), function),
        "phone": _phone(person),
        "linkedin_profile": _linkedin(part(person, "externalUrls")),
        "country": part(person, "country"),
        "state": part(person, "state"),
        "city": part(person, "city"),
        "postal_code": part(person, "zipCode"),
    }


def _company(person: object) -> Fields:
    company = part(person, "company")
    name = part(company, "name") or part(person, "companyName")
    website = part(company, "website") or part(person, "companyWebsite")
    employees = part(company, "employeeCount") or part(person, "companyEmployeeCount")
    industry = part(company, "primaryIndustry") or part(person, "companyPrimaryIndustry")
    return {
        "company_name": name,
        "company_domain": website,
        "company_size": size_of(employees),
        "industry": label(INDUSTRIES, _first(industry)),
        "website": website,
    }


def _phone(person: object) -> object:
    """The direct number, else the mobile one, unless it is listed as not to be called."""
    for number, forbidden in (("phone", "directPhoneDoNotCall"), ("mobilePhone", "mobilePhoneDoNotCall")):
        if part(person, number) and part(person, forbidden) is not True:
            return part(person, number)
    return None


def _linkedin(links: object) -> object:
    found = (
        (part(one, "url") for one in links if "linkedin" in str(part(one, "type"))) if isinstance(links, list) else ()
    )
    return next(iter(found), None)


def _first(words: object) -> object:
    return (words[0] if words else None) if isinstance(words, list) else words
