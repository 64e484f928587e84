"""Enrichment: whom providers are asked about, what they may tell, and what workflow and activity tell each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

from domain.profiles.free_mail import is_free_mail
from domain.vocabulary import EnrichmentLookup

Fields: TypeAlias = Mapping[str, Any]
"""Columns of a contact and their values."""

_OF_COMPANIES = frozenset({"company_name", "company_domain", "company_size", "industry", "website"})
_OF_PEOPLE = frozenset(
    {"first_name", "last_name", "job_title", "seniority", "department", "phone"}
    | {"linkedin_profile", "twitter_profile", "facebook_profile"}
    | {"country", "state", "city", "postal_code", "timezone"}
)
FIELDS_OF: Final[Mapping[EnrichmentLookup, frozenset[str]]] = {
    EnrichmentLookup.VERIFICATION: frozenset({"email_verified"}),
    EnrichmentLookup.PERSON: _OF_PEOPLE | _OF_COMPANIES,
    EnrichmentLookup.COMPANY: _OF_COMPANIES,
}
"""What each lookup can tell: who is asked about a person also tells of the company. Where that is says nothing about
where the person is."""
FIELDS: Final[frozenset[str]] = frozenset().union(*FIELDS_OF.values())

KEPT: Final[Mapping[EnrichmentLookup, timedelta]] = {
    EnrichmentLookup.VERIFICATION: timedelta(days=30),
    EnrichmentLookup.PERSON: timedelta(days=90),
    EnrichmentLookup.COMPANY: timedelta(days=180),
}
"""For how long an answer is used again instead of being bought again."""
NOTHING_KEPT: Final = timedelta(days=14)
"""The same for the answer that a provider knows nothing."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a provider is asked about."""

    email: str
    first_name: str | None = None
    last_name: str | None = None
    company_name: str | None = None
    company_domain: str | None = None
    linkedin_profile: str | None = None

    @property
    def domain(self) -> str | None:
        """The company's domain; None where the address is one that anybody can have."""
        domain = self.company_domain or self.email.rpartition("@")[2]
        return None if is_free_mail(domain) else domain

    def asked(self, lookup: EnrichmentLookup) -> str | None:
        """What is looked up: two contacts of one company ask the same of it. None: there is nothing to ask with."""
        return self.domain if lookup is EnrichmentLookup.COMPANY else self.email


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request to a provider. ``path`` stands after the provider's base URL; secrets are in headers or body."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Mapping[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class EnrichmentOrder:
    """The workspace whose queue is to be worked; ``asked_at`` is the workflow's real clock."""

    workspace_id: UUID
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class EnrichmentRound:
    """What became of one round over the queue: entries taken up, and in how many real seconds to look again.

    None: nothing waits that time alone will bring on.
    """

    taken: int
    again_in_seconds: float | None
