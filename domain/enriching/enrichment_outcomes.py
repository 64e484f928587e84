"""What a provider's answer means, and when it may be asked again (RFC 9110)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from domain.vocabulary import EnrichmentOutcome, ProviderState

MAX_TRIES: Final = 8
"""How often an entry is taken up for answers that are not there yet, or servers that fail over it."""
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=1)
WITHOUT_CREDITS: Final = timedelta(hours=6)
"""After which a provider that had no credits left is asked again."""
LONGEST_RETRY_AFTER: Final = timedelta(days=1)
_EPOCH_SECONDS = 1_000_000_000
"""A reset above it is an instant, and below it a number of seconds."""

_OUTCOMES: Final[Mapping[int, EnrichmentOutcome]] = {
    202: EnrichmentOutcome.NOT_READY,
    401: EnrichmentOutcome.UNAUTHORISED,
    402: EnrichmentOutcome.OUT_OF_CREDITS,
    403: EnrichmentOutcome.UNAUTHORISED,
    404: EnrichmentOutcome.NOT_FOUND,
    408: EnrichmentOutcome.UNAVAILABLE,
    425: EnrichmentOutcome.UNAVAILABLE,
    429: EnrichmentOutcome.RATE_LIMITED,
}

STATES: Final[Mapping[EnrichmentOutcome, ProviderState]] = {
    EnrichmentOutcome.UNAUTHORISED: ProviderState.UNAUTHORISED,
    EnrichmentOutcome.OUT_OF_CREDITS: ProviderState.OUT_OF_CREDITS,
    EnrichmentOutcome.RATE_LIMITED: ProviderState.RATE_LIMITED,
    EnrichmentOutcome.UNAVAILABLE: ProviderState.UNAVAILABLE,
    # Who does not answer in time is given time, whatever becomes of the entry.
    EnrichmentOutcome.UNKNOWN: ProviderState.UNAVAILABLE,
}
"""What an outcome says about the provider itself; the others say that it works."""

SENTENCES: Final[Mapping[EnrichmentOutcome, str]] = {
    EnrichmentOutcome.NOT_FOUND: "The provider knows nothing about this contact.",
    EnrichmentOutcome.NOT_READY: "The provider is still looking; it is asked again.",
    EnrichmentOutcome.REFUSED: "The provider refuses the request, or its answer cannot be read.",
    EnrichmentOutcome.UNAUTHORISED: "The provider refuses the credentials; the entry waits for others.",
    EnrichmentOutcome.OUT_OF_CREDITS: "No credits are left, there or of the workspace's budget; the entry waits.",
    EnrichmentOutcome.RATE_LIMITED: "The provider has been asked too often; the entry waits.",
    EnrichmentOutcome.UNAVAILABLE: "The provider cannot be reached or cannot answer now; it is asked again.",
    EnrichmentOutcome.UNKNOWN: "The provider was asked and no answer came. It may have been paid for, so it is asked "
    "again only on request.",
}


def outcome_of(status: int, departures: Mapping[int, EnrichmentOutcome]) -> EnrichmentOutcome:
    """What a status means; ``departures`` are those by which the provider means something else."""
    known = departures.get(status) or _OUTCOMES.get(status)
    if known is not None:
        return known
    if 200 <= status < 300:
        return EnrichmentOutcome.FOUND
    return EnrichmentOutcome.UNAVAILABLE if status >= 500 else EnrichmentOutcome.REFUSED


def wait_of(outcome: EnrichmentOutcome, headers: Mapping[str, str], *, failures: int, now: datetime) -> timedelta:
    """How long the provider is left alone after an answer; ``headers`` in lower case, ``now`` in real time.

    ``failures`` in a row before this one double the wait where the provider names none.
    """
    named = _named_wait(headers, now)
    if outcome not in STATES:
        # The answer that used up the last request of a window says when the next begins.
        return named or timedelta(0) if headers.get("x-ratelimit-remaining", "").strip() == "0" else timedelta(0)
    if named is not None:
        return named
    return WITHOUT_CREDITS if outcome is EnrichmentOutcome.OUT_OF_CREDITS else backoff(failures)


def backoff(failures: int) -> timedelta:
    """30 seconds, doubling to an hour."""
    return min(FIRST_WAIT * 2.0 ** min(failures, 10), LONGEST_WAIT)


def _named_wait(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """By ``Retry-After`` (RFC 9110 10.2.3: seconds or a date), else ``X-RateLimit-Reset`` (seconds or an instant)."""
    retry_after = headers.get("retry-after", "").strip()
    wait = _seconds(retry_after, now) if retry_after else None
    if wait is None and retry_after:
        wait = _until_date(retry_after, now)
    if wait is None:
        wait = _seconds(headers.get("x-ratelimit-reset", "").strip(), now)
    return None if wait is None else min(max(wait, timedelta(0)), LONGEST_RETRY_AFTER)


def _seconds(text: str, now: datetime) -> timedelta | None:
    if not text.isascii() or not text.isdecimal() or len(text) > 12:
        return None
    number = int(text)
    return timedelta(seconds=number - now.timestamp() if number > _EPOCH_SECONDS else number)


def _until_date(text: str, now: datetime) -> timedelta | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)) - now
