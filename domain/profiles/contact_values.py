"""What follows from the fields of a contact that somebody writes: its phone in one form, its time zone, its score."""

from collections.abc import Mapping
from typing import Any

from domain.enriching.enrichment_scores import score
from domain.profiles import contact_zones, phones
from domain.vocabulary import TimezoneSource

COLUMNS = (
    "email",
    "first_name",
    "last_name",
    "job_title",
    "company_name",
    "company_domain",
    "company_secondary_domain",
    "company_size",
    "industry",
    "phone",
    "phone_type",
    "linkedin_profile",
    "twitter_profile",
    "facebook_profile",
    "website",
    "country",
    "state",
    "city",
    "postal_code",
    "timezone",
    "seniority",
    "department",
    "do_not_contact",
)
"""What people and files give of a contact; whatever else a file has is a custom field."""
UNKNOWN_ZONE = "UTC"
"""The zone of a contact of whom none is known, as the column's default is."""
_PLACE = ("country", "state", "city")


def written(given: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` with everything that follows from it, for a contact that was ``before`` (empty: a new one).

    A field that is written over is no provider's any more. A phone that cannot be read stays as it is. A zone that was
    given is never replaced by one that a place implies.
    """
    values = dict(given)
    after = {**before, **values}
    if values.get("phone"):
        values["phone"] = phones.normalised(values["phone"], after.get("country")) or values["phone"]
    values |= _zone(values, before, after)
    sources = before.get("field_sources") or {}
    overwritten = {name for name in sources.keys() & values.keys() if values[name] != before.get(name)}
    if overwritten:
        values["field_sources"] = {name: source for name, source in sources.items() if name not in overwritten}
    values["enrichment_score"] = score({**after, **values})
    return values


def _zone(given: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    if given.get("timezone"):
        return {"timezone": given["timezone"], "timezone_source": TimezoneSource.GIVEN}
    is_emptied = "timezone" in given
    is_given = before.get("timezone_source") is TimezoneSource.GIVEN and not is_emptied
    if is_given or not given.keys() & {*_PLACE, "timezone"}:
        return {}
    derived = contact_zones.derive(*(after.get(name) for name in _PLACE))
    if derived is not None:
        return {"timezone": derived, "timezone_source": TimezoneSource.DERIVED}
    return {"timezone": None if is_emptied else UNKNOWN_ZONE, "timezone_source": TimezoneSource.UNKNOWN}
