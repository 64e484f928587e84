"""The share of a sequence's emails that bounced hard, and from where on it is too much."""

from datetime import UTC, datetime

WARNING_PERCENT = 4
"""Hard bounces above this share of the sends are a warning."""
PAUSE_PERCENT = 8
"""Hard bounces above this share of the sends pause the sequence."""
MINIMUM_SENDS = 50
"""Sends from which on a rate counts: of the first twenty, two bounce by chance on a list that bounces at 3 %."""


def must_pause(sends: int, hard_bounces: int) -> bool:
    """Whether so many hard bounces among so many sends pause the sequence."""
    return exceeds(PAUSE_PERCENT, sends, hard_bounces)


def exceeds(limit: int, sends: int, hard_bounces: int) -> bool:
    """Whether more than ``limit`` per cent bounced, of enough sends to tell."""
    return sends >= MINIMUM_SENDS and hard_bounces * 100 > limit * sends


def percent(sends: int, hard_bounces: int) -> float:
    """The share in per cent, to one decimal; 0 of no sends."""
    return round(100 * hard_bounces / sends, 1) if sends else 0.0


def sentence(sends: int, hard_bounces: int, since: datetime | None) -> str:
    """The numbers in words, without a full stop: ``9 of 100 emails sent since … bounced hard (9.0 %)``."""
    sent = "" if since is None else f" sent since {since.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"{hard_bounces} of {sends} emails{sent} bounced hard ({percent(sends, hard_bounces)} %)"
