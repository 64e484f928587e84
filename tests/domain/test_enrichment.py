"""Enrichment by rule: what an answer means, who may write what, and how providers' words become ours."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.enriching.enrichment import FIELDS, FIELDS_OF, Subject
from domain.enriching.enrichment_labels import DEPARTMENTS, INDUSTRIES, SENIORITIES, label, size_of
from domain.enriching.enrichment_merging import WritingRights, merged
from domain.enriching.enrichment_outcomes import SENTENCES, outcome_of, wait_of
from domain.enriching.enrichment_providers import PROVIDERS
from domain.enriching.enrichment_values import cleaned
from domain.vocabulary import (
    CompanySize,
    Department,
    EnrichmentLookup,
    EnrichmentOutcome,
    EnrichmentProvider,
    Industry,
    Seniority,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
O = EnrichmentOutcome  # noqa: E741


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, O.FOUND),
        (202, O.NOT_READY),
        (400, O.REFUSED),
        (401, O.UNAUTHORISED),
        (402, O.OUT_OF_CREDITS),
        (403, O.UNAUTHORISED),
        (404, O.NOT_FOUND),
        (408, O.UNAVAILABLE),
        (422, O.REFUSED),
        (429, O.RATE_LIMITED),
        (302, O.REFUSED),
        (500, O.UNAVAILABLE),
        (503, O.UNAVAILABLE),
        (599, O.UNAVAILABLE),
    ],
)
def test_a_status_means_what_http_says(status: int, outcome: EnrichmentOutcome) -> None:
    assert outcome_of(status, {}) is outcome


def test_hunter_counts_requests_a_second_by_403_and_those_of_the_plan_by_429() -> None:
    departures = PROVIDERS[EnrichmentProvider.HUNTER].departures
    assert [outcome_of(status, departures) for status in (222, 401, 403, 429, 451)] == [
        O.NOT_READY,
        O.UNAUTHORISED,
        O.RATE_LIMITED,
        O.OUT_OF_CREDITS,
        O.NOT_FOUND,
    ]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120),
        ({"retry-after": " 0 "}, 0),
        ({"retry-after": "Mon, 23 Nov 2026 09:05:00 GMT"}, 300),
        ({"retry-after": "Mon, 23 Nov 2026 08:00:00 GMT"}, 0),
        ({"retry-after": "soon", "x-ratelimit-reset": "60"}, 60),
        ({"x-ratelimit-reset": str(int(NOW.timestamp()) + 90)}, 90),
        ({"retry-after": "99999999"}, 86_400),
        ({"retry-after": "-5"}, 30),
        ({}, 30),
    ],
)
def test_a_provider_is_left_alone_for_as_long_as_it_says(headers: dict[str, str], seconds: float) -> None:
    assert wait_of(O.RATE_LIMITED, headers, failures=0, now=NOW) == timedelta(seconds=seconds)


def test_without_a_word_from_the_provider_the_wait_doubles_to_an_hour() -> None:
    waits = [wait_of(O.UNAVAILABLE, {}, failures=n, now=NOW).total_seconds() for n in (0, 1, 2, 6, 7, 5_000)]
    assert waits == [30, 60, 120, 1920, 3600, 3600]
    assert wait_of(O.OUT_OF_CREDITS, {}, failures=3, now=NOW) == timedelta(hours=6)


def test_the_last_request_of_a_window_is_followed_by_a_wait_for_the_next() -> None:
    reset = {"x-ratelimit-reset": "45"}
    assert wait_of(O.FOUND, {"x-ratelimit-remaining": "0", **reset}, failures=0, now=NOW) == timedelta(seconds=45)
    assert wait_of(O.FOUND, {"x-ratelimit-remaining": "7", **reset}, failures=0, now=NOW) == timedelta(0)


def test_every_outcome_but_the_good_one_has_a_sentence() -> None:
    assert set(SENTENCES) == set(EnrichmentOutcome) - {O.FOUND}


def rights(provider: str, fields: set[str] | None = None, overwrites: set[str] | None = None) -> WritingRights:
    ranks = {"clearbit": 10, "zoominfo": 20}
    limit = None if fields is None else frozenset(fields)
    return WritingRights(EnrichmentProvider(provider), ranks, limit, frozenset(overwrites or ()))


@pytest.mark.parametrize(
    ("writer", "value", "source", "may"),
    [
        (rights("zoominfo"), None, None, True),
        (rights("zoominfo"), "", None, True),
        (rights("zoominfo", fields={"phone"}), None, None, False),
        (rights("zoominfo"), "CEO", None, False),
        (rights("zoominfo"), "CEO", "manual", False),
        (rights("zoominfo", overwrites={"job_title"}), "CEO", None, True),
        (rights("zoominfo", overwrites={"job_title"}), "CEO", "manual", True),
        (rights("zoominfo"), "CEO", "zoominfo", True),
        (rights("zoominfo"), "CEO", "clearbit", False),
        (rights("clearbit"), "CEO", "zoominfo", True),
        (rights("zoominfo"), "CEO", "linkedin", True),
    ],
    ids=[
        "empty",
        "empty text",
        "not allowed",
        "a person's",
        "by hand",
        "allowed",
        "allowed by hand",
        "its own",
        "of better rank",
        "of worse rank",
        "of a provider that is not in use",
    ],
)
def test_who_may_write_a_field(writer: WritingRights, value: Any, source: str | None, may: bool) -> None:
    sources = {} if source is None else {"job_title": source}
    assert ("job_title" in writer.writable({"job_title": value}, sources)) is may


def test_only_what_differs_is_written_and_all_that_is_taken_has_the_source() -> None:
    contact = {"city": "Rome", "phone": None, "job_title": "CEO"}
    found = {"city": "Rome", "phone": "+34600123456", "job_title": "CTO", "state": None}
    changes, taken = merged(found, contact, {"city", "phone", "state"})
    assert changes == {"phone": "+34600123456"}
    assert taken == {"city", "phone"}


@pytest.mark.parametrize(
    ("employees", "size"),
    [
        (1, CompanySize.UP_TO_10),
        (10, CompanySize.UP_TO_10),
        (11, CompanySize.UP_TO_50),
        (240, CompanySize.UP_TO_500),
        (10_000, CompanySize.UP_TO_10000),
        (10_001, CompanySize.OVER_10000),
        ("11-50", CompanySize.UP_TO_50),
        ("51-250", CompanySize.UP_TO_200),
        ("251-1K", CompanySize.UP_TO_1000),
        ("1K-5K", CompanySize.UP_TO_5000),
        ("5,001-10,000", CompanySize.UP_TO_10000),
        ("100K+", CompanySize.OVER_10000),
        ("10001+", CompanySize.OVER_10000),
        (0, None),
        (True, None),
        ("many", None),
        (None, None),
    ],
)
def test_a_number_of_employees_becomes_a_size(employees: object, size: CompanySize | None) -> None:
    assert size_of(employees) is size


@pytest.mark.parametrize(
    ("table", "word", "ours"),
    [
        (INDUSTRIES, "Internet Software & Services", Industry.TECHNOLOGY),
        (INDUSTRIES, "hospital & health care", Industry.HEALTHCARE),
        (INDUSTRIES, "Information Technology", Industry.TECHNOLOGY),
        (INDUSTRIES, "primary/secondary education", Industry.EDUCATION),
        (INDUSTRIES, "basket weaving", None),
        (SENIORITIES, "cxo", Seniority.C_SUITE),
        (SENIORITIES, "VP-Level Exec", Seniority.VP),
        (SENIORITIES, "executive", Seniority.C_SUITE),
        (DEPARTMENTS, "human_resources", Department.HR),
        (DEPARTMENTS, "Engineering & Technical", Department.ENGINEERING),
        (DEPARTMENTS, None, None),
    ],
)
def test_a_providers_word_becomes_ours_or_nothing(table: Any, word: object, ours: object) -> None:
    assert label(table, word) is ours


@pytest.mark.parametrize(
    ("name", "value", "written"),
    [
        ("first_name", "  Grace \n Brewster ", "Grace Brewster"),
        ("first_name", "x" * 256, None),
        ("first_name", "Gra\x00ce", None),
        ("first_name", True, None),
        ("phone", "+34 600 123 456", "+34600123456"),
        ("phone", "call me", None),
        ("phone", True, None),
        ("company_domain", "https://www.Example.com/about", "example.com"),
        ("company_domain", "example", None),
        ("website", "example.com", "https://example.com"),
        ("website", "javascript:alert(1)", None),
        ("website", "https://user@example.com", None),
        ("linkedin_profile", "linkedin.com/in/grace", "https://linkedin.com/in/grace"),
        ("timezone", "Europe/Madrid", "Europe/Madrid"),
        ("timezone", "Mars/Olympus", None),
        ("industry", Industry.FINANCE, "finance"),
        ("email_verified", False, False),
        ("email_verified", "yes", None),
        ("status", "unsubscribed", None),
    ],
)
def test_what_a_provider_says_is_bounded_or_left_out(name: str, value: object, written: object) -> None:
    assert cleaned({name: value}) == ({} if written is None else {name: written})


def test_a_national_number_is_dialled_in_the_country_of_the_answer() -> None:
    assert cleaned({"phone": "600 123 456", "country": "Spain"})["phone"] == "+34600123456"
    assert cleaned({"phone": "600 123 456"}, country="ES")["phone"] == "+34600123456"


def test_a_company_is_asked_for_by_its_domain_unless_anybody_can_have_an_address_there() -> None:
    company = EnrichmentLookup.COMPANY
    assert Subject("a@acme.example").asked(company) == "acme.example"
    assert Subject("a@gmail.com").asked(company) is None
    assert Subject("a@gmail.com", company_domain="acme.example").asked(company) == "acme.example"


def test_no_key_is_in_a_url_or_in_the_text_of_a_request() -> None:
    for provider in PROVIDERS.values():
        for lookup in provider.lookups:
            request = provider.request(lookup, Subject("a@acme.example"), "the-secret-key")
            assert "the-secret-key" not in f"{request.path}{request.query}{request!r}"
            assert any("the-secret-key" in value or "Basic" in value for value in request.headers.values())


def test_every_field_that_is_told_can_be_written() -> None:
    assert frozenset().union(*FIELDS_OF.values()) == FIELDS


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["data", "result", "person", "name", "employment", "geo", "organization", "matchStatus", "company"]
            ),
            inner,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["data", "person", "company"]), JSON))
def test_whatever_a_provider_answers_is_read_or_refused(payload: dict[str, Any]) -> None:
    for provider in PROVIDERS.values():
        for lookup in provider.lookups:
            try:
                found = provider.read(lookup, payload)
            except ValueError:
                continue
            assert cleaned(found or {}).keys() <= FIELDS
