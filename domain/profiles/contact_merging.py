"""What a contact becomes that takes in its duplicates: it keeps what it has, and gets from them what it lacks."""

from collections.abc import Mapping, Sequence
from typing import Any

from domain.enriching.enrichment_scores import score
from domain.profiles.contact_values import COLUMNS
from domain.vocabulary import ContactStatus, TimezoneSource

_APART = {"email", "phone", "phone_type", "timezone", "do_not_contact"}
FILLED = tuple(name for name in COLUMNS if name not in _APART)
"""Fields that are taken one by one from the first duplicate that has them."""
_TOGETHER = (("phone", "phone_type"), ("bounced_at", "bounce_reason"), ("unsubscribed_at",))
"""Fields that are taken with the first of each."""
_STRICTNESS = (ContactStatus.ACTIVE, ContactStatus.BOUNCED, ContactStatus.UNSUBSCRIBED, ContactStatus.DO_NOT_CONTACT)
"""Whose status wins: the later."""
_KNOWN_ZONES = (TimezoneSource.UNKNOWN, TimezoneSource.DERIVED, TimezoneSource.GIVEN)

Fields = Mapping[str, Any]


def merged(survivor: Fields, duplicates: Sequence[Fields]) -> dict[str, Any]:
    """The columns of the survivor that become others; ``duplicates`` come in the order in which they are believed."""
    after = dict(survivor)
    for duplicate in duplicates:
        _take(after, duplicate)
    after["enrichment_score"] = score(after)
    return {name: value for name, value in after.items() if value != survivor[name]}


def _take(after: dict[str, Any], duplicate: Fields) -> None:
    for name in FILLED:
        after[name] = after[name] or duplicate[name]
    for first, *others in _TOGETHER:
        if not after[first] and duplicate[first]:
            after |= {name: duplicate[name] for name in (first, *others)}
    if _KNOWN_ZONES.index(duplicate["timezone_source"]) > _KNOWN_ZONES.index(after["timezone_source"]):
        after |= {name: duplicate[name] for name in ("timezone", "timezone_source")}
    for name in ("custom_fields", "source_details", "field_sources"):
        if duplicate[name]:
            after[name] = {**duplicate[name], **(after[name] or {})}
    after["status"] = max(after["status"], duplicate["status"], key=_STRICTNESS.index)
    after["do_not_contact"] = bool(after["do_not_contact"] or duplicate["do_not_contact"])
    seen = [one["first_seen_at"] for one in (after, duplicate) if one["first_seen_at"]]
    after["first_seen_at"] = min(seen, default=None)
