"""What every provider of data on contacts has to say about itself."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

from domain.enriching.enrichment import Fields, Request, Subject
from domain.vocabulary import EnrichmentLookup, EnrichmentOutcome, EnrichmentProvider

Credentials = Mapping[str, str]


class Provider(Protocol):
    """A provider: one object, without state."""

    @property
    def name(self) -> EnrichmentProvider: ...

    @property
    def base_url(self) -> str: ...

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of the credentials that an account there has."""

    @property
    def lookups(self) -> tuple[EnrichmentLookup, ...]:
        """What it can be asked, in the order in which it is asked."""

    @property
    def entries_at_once(self) -> int:
        """How many contacts are asked about at the same time."""

    @property
    def pause(self) -> timedelta:
        """From one such group to the next, so that the documented limits are kept at a steady rate."""

    @property
    def departures(self) -> Mapping[int, EnrichmentOutcome]:
        """Statuses that mean something else here than by HTTP."""

    @property
    def paid(self) -> frozenset[EnrichmentOutcome]:
        """The outcomes that cost a credit."""

    def login(self, credentials: Credentials) -> Request | None:
        """The request for an access token; None where the credentials themselves are sent."""

    def access(self, credentials: Credentials, logged_in: Mapping[str, Any] | None) -> tuple[str, timedelta] | None:
        """What authorises requests and for how long, from the credentials or the answer to ``login``."""

    def request(self, lookup: EnrichmentLookup, subject: Subject, access: str) -> Request: ...

    def read(self, lookup: EnrichmentLookup, payload: Mapping[str, Any]) -> Fields | None:
        """What a 200 tells, as columns with values still to be cleaned; None: nothing is known.

        Raises ``ValueError`` when it is not as documented.
        """


class KeyedProvider:
    """What providers have in common that are sent one key with every request."""

    secrets: tuple[str, ...] = ("api_key",)
    departures: Mapping[int, EnrichmentOutcome] = {}
    paid: frozenset[EnrichmentOutcome] = frozenset({EnrichmentOutcome.FOUND})

    def login(self, credentials: Credentials) -> Request | None:
        return None

    def access(self, credentials: Credentials, logged_in: Mapping[str, Any] | None) -> tuple[str, timedelta] | None:
        return credentials["api_key"], timedelta.max


def part(payload: object, *path: str) -> Any:
    """A member of nested objects; None where one of them is missing or is none."""
    for name in path:
        payload = payload.get(name) if isinstance(payload, Mapping) else None
    return payload


def whole(payload: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object that an answer must have. Raises ``ValueError``."""
    found = payload.get(name)
    if not isinstance(found, Mapping):
        raise ValueError(f"the answer has no {name}")
    return found
