"""The fields that filters and conditions can ask of a contact, what each holds, and which operators fit it.

``FIELDS`` names them all but the open ones: ``custom_fields.<name>`` (and so for the other columns of JSON),
``activities.<type>`` and ``activity_counts.<type>``; ``field`` finds every one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.filtering.filters import FilterOperator
from domain.vocabulary import (
    ActivityType,
    CompanySize,
    ContactSource,
    ContactStatus,
    Department,
    Industry,
    PhoneType,
    Seniority,
    TimezoneSource,
)


class FieldKind(StrEnum):
    """What a field holds; it decides which operators and operands fit."""

    TEXT = "text"
    ENUM = "enum"
    NUMBER = "number"
    INSTANT = "instant"
    BOOLEAN = "boolean"
    ID = "id"
    OBJECT = "object"
    """A whole column of JSON."""
    JSON = "JSON"
    """What stands in a column of JSON under a name: a text, number, boolean, list or object, null, or nothing."""
    MEMBERSHIP = "membership"
    """The ids of what the contact is in."""
    ACTIVITY = "activity"
    """The instants of the contact's activities of a type."""
    COUNT = "count"
    """How many activities of a type the contact has."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field by its whole name. ``key`` is what follows the point, ``words`` the labels of an enum."""

    name: str
    kind: FieldKind
    words: type[StrEnum] | None = None
    key: str = ""

    @property
    def column(self) -> str:
        """What stands before the point, or the whole name."""
        return self.name.removesuffix(f".{self.key}") if self.key else self.name

    @property
    def operators(self) -> frozenset[FilterOperator]:
        return OPERATORS[self.kind]


_EMPTINESS = frozenset({FilterOperator.IS_EMPTY, FilterOperator.IS_NOT_EMPTY})
_EQUALITY = frozenset(
    {FilterOperator.EQUALS, FilterOperator.NOT_EQUALS, FilterOperator.IN, FilterOperator.NOT_IN, *_EMPTINESS}
)
_ORDER = frozenset({FilterOperator.GREATER_THAN, FilterOperator.LESS_THAN, FilterOperator.BETWEEN})
_WORDING = frozenset(
    {FilterOperator.CONTAINS, FilterOperator.NOT_CONTAINS, FilterOperator.STARTS_WITH, FilterOperator.ENDS_WITH}
)
_DATING = _ORDER | {FilterOperator.EQUALS, FilterOperator.DATE_RELATIVE}

OPERATORS: Mapping[FieldKind, frozenset[FilterOperator]] = {
    FieldKind.TEXT: _EQUALITY | _ORDER | _WORDING,
    FieldKind.ENUM: _EQUALITY | _ORDER | _WORDING,
    FieldKind.NUMBER: _EQUALITY | _ORDER,
    FieldKind.INSTANT: _EQUALITY | _DATING,
    FieldKind.BOOLEAN: _EQUALITY,
    FieldKind.ID: _EQUALITY,
    FieldKind.OBJECT: _EMPTINESS,
    FieldKind.JSON: frozenset(FilterOperator),
    FieldKind.MEMBERSHIP: _EQUALITY,
    FieldKind.ACTIVITY: _EMPTINESS | _DATING,
    FieldKind.COUNT: (_EQUALITY | _ORDER) - _EMPTINESS,
}
"""The operators that fit each kind of field."""

_KINDS: Mapping[FieldKind, str] = {
    FieldKind.TEXT: """email first_name last_name full_name job_title company_name company_domain
        company_secondary_domain phone linkedin_profile twitter_profile facebook_profile website country state city
        postal_code timezone bounce_reason""",
    FieldKind.NUMBER: """total_emails_received total_emails_opened total_links_clicked total_replies open_rate
        click_rate reply_rate enrichment_score""",
    FieldKind.INSTANT: """unsubscribed_at bounced_at first_seen_at last_seen_at last_contacted_at last_opened_at
        last_clicked_at last_replied_at created_at updated_at email_verification_date last_enriched_at""",
    FieldKind.BOOLEAN: "do_not_contact email_verified",
    FieldKind.ID: "id workspace_id created_by updated_by",
    FieldKind.OBJECT: "custom_fields source_details field_sources",
}
_ENUMS: Mapping[str, type[StrEnum]] = {
    "company_size": CompanySize,
    "industry": Industry,
    "phone_type": PhoneType,
    "seniority": Seniority,
    "department": Department,
    "status": ContactStatus,
    "source": ContactSource,
    "timezone_source": TimezoneSource,
}
COLUMNS: dict[str, Field] = {name: Field(name, kind) for kind, names in _KINDS.items() for name in names.split()} | {
    name: Field(name, FieldKind.ENUM, words) for name, words in _ENUMS.items()
}
"""Every column of contacts, except the customer's id, which is the same for all that a filter can see."""

MEMBERSHIPS = ("list_ids", "sequence_ids", "active_sequence_ids")
"""The lists that a contact is on, the sequences that it was ever enrolled in, and those of open enrollments."""
ACTIVITIES, COUNTS = "activities", "activity_counts"
FIELDS: Mapping[str, Field] = (
    COLUMNS
    | {name: Field(name, FieldKind.MEMBERSHIP) for name in MEMBERSHIPS}
    | {
        f"{prefix}.{type}": Field(f"{prefix}.{type}", kind, key=type)
        for prefix, kind in ((ACTIVITIES, FieldKind.ACTIVITY), (COUNTS, FieldKind.COUNT))
        for type in ActivityType
    }
)
"""Every field whose name is fixed."""


def field(name: object) -> Field | None:
    """The field of that name, or None when there is none."""
    if not isinstance(name, str):
        return None
    column, _, key = name.partition(".")
    if key and column in COLUMNS and COLUMNS[column].kind is FieldKind.OBJECT:
        return Field(name, FieldKind.JSON, key=key)
    return FIELDS.get(name)
