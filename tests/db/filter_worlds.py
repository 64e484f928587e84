"""Random contacts and random filters that may find them: hostile texts, JSON of every kind, instants on borders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from domain.filtering.filter_fields import FIELDS, Field, FieldKind, field
from domain.filtering.filter_limits import MAX_TEXT
from domain.filtering.filters import WITHOUT_OPERAND, FilterOperator
from domain.vocabulary import ActivityType, EnrollmentStatus

Tree = dict[str, Any]

LISTS = [UUID(int=number) for number in (1, 2, 3)]
SEQUENCES = [UUID(int=number) for number in (11, 12, 13)]
"""Stand-ins for ids that only the database gives; whoever arranges a world puts the real ones in their place."""

MOMENTS = [
    datetime.fromisoformat(text)
    for text in (
        "2026-11-23T09:00:00Z",
        "2026-10-25T00:30:00Z",  # Half an hour before, and in, the hour that Europe repeats.
        "2026-10-25T01:30:00Z",
        "2026-03-29T01:00:00Z",  # Europe's clocks leap.
        "2026-11-01T05:30:00.000001Z",  # New York's and Havana's last hour of summer.
        "2026-03-08T05:00:00Z",  # Havana has no midnight.
        "2026-12-31T23:30:00Z",
        "2027-01-01T00:00:00Z",
        "2028-02-29T12:00:00Z",
        "2026-03-31T22:59:59.999999Z",
    )
]
ZONES = [
    "UTC",
    "Europe/Madrid",
    "America/New_York",
    "America/Havana",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
]
PHRASES = [
    "now",
    "today",
    "yesterday",
    "tomorrow",
    *(f"{step} {unit}" for step in ("last", "this", "next") for unit in ("week", "month", "quarter", "year")),
    *(
        f"{step} {count}"
        for step in ("last", "next")
        for count in ("1 hour", "24 hours", "30 days", "1 month", "2 years")
    ),
    *("30 days ago", "1 month ago", "1 quarter from now", "99999 years ago", "99999 weeks from now"),
]
SPANS = [phrase for phrase in PHRASES if phrase.startswith(("last", "this", "next")) or phrase.endswith(("day", "row"))]
DATES = [
    *("2026-11-23", "2026-02-28", "2028-02-29", "1969-12-31", "1000-01-01", "9999-12-31", "2300-07-01"),
    *("2026-11-23T09:00", "2026-10-25 02:30:00", "2026-03-29T02:30:00.5", "2026-11-23T09:00:00+00:00"),
    *(
        "2026-11-23T10:00:00+01:00",
        "2026-03-08T00:00:00-05:00",
        "9999-12-31T23:59:59-14:00",
        "2026-11-23T09:00:00.000001Z",
    ),
]
NO_DATES = ["2026-02-30", "2026-13-01", "2026-11-23T24:00", "2026-11-23T09:60", "2026-11-23T09:00:60Z", "0000-01-01"]
NUMERALS = ["0", "7", "10", "010", "+5", "-3.50", "25", "25.0", "99999999999999999999.5"]
NO_NUMERALS = ["1e5", "NaN", "Infinity", "１２", "1.", ".5", "--1", "7 ", "1" * 31]
WORDS = [
    *("", " ", "a", "A", "Grace", "gRACE", "ß", "SS", "ẞ", "İ", "i̇", "ı", "I", "Σς", "σσ", "ΣΣ", "ǅ", "ﬁ", "fi"),
    *(
        "%",
        "_",
        "\\",
        "/",
        "a%b",
        "a_b\\c/d",
        "'",
        '"',
        "😀",
        "👩‍👩‍👧",
        "e\u0301",
        "é",
        "É",
        "\u200b",
        "\ufeff",
        "\U0010ffff",
    ),
    *("true", "null", "[]", "{}", "technology", "51-200", "a\nb", "A\nB", "x" * 250, "X" * 250),
]
NUMBERS: list[int | float] = [0, 1, 2, 7, 25, 25.0, 33.33, -3.5, 0.1, 2**31 - 1, 2**31, 10**30, 1e300, 5e-324, 1e22]
# Letters that this Python's Unicode does not know yet have other cases in a newer one.
LETTERS = st.characters(blacklist_categories=("Cs", "Cn"), blacklist_characters="\x00")
TEXTS = st.one_of(
    st.sampled_from(WORDS + NUMERALS + NO_NUMERALS + DATES + NO_DATES + PHRASES), st.text(LETTERS, max_size=8)
)
SCALARS = st.one_of(TEXTS, st.sampled_from(NUMBERS), st.integers(-50, 50), st.booleans())
VALUES = st.recursive(
    st.one_of(st.none(), SCALARS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)),
    max_leaves=4,
)
KEYS = ["x", "y", "a.b", "ß%", "tags"]
_JSON_COLUMNS = ("custom_fields", "source_details", "field_sources")
_WIDTHS = {
    "first_name": 250,
    "last_name": 2,
    "postal_code": 20,
    "phone": 50,
    "timezone": 50,
    "country": 100,
    "state": 100,
    "city": 100,
}
_WRITTEN = [
    one for one in FIELDS.values() if one.name not in {"full_name", "open_rate", "click_rate", "reply_rate", "email"}
]


@dataclass(frozen=True, slots=True)
class Row:
    """A contact to be made: its columns, what it is in, and its activities with type, instant and subtype."""

    columns: Mapping[str, Any]
    list_ids: frozenset[UUID]
    enrollments: Mapping[UUID, EnrollmentStatus]
    activities: Sequence[tuple[ActivityType, datetime, str | None]]


@dataclass(frozen=True, slots=True)
class World:
    """Contacts at a moment in a workspace's zone, and filters that are asked of them."""

    now: datetime
    timezone: str
    rows: Sequence[Row]
    trees: Sequence[Tree]


@st.composite
def worlds(draw: st.DrawFn, *, rows: int = 6, trees: int = 8) -> World:
    now = draw(st.sampled_from(MOMENTS))
    return World(
        now=now,
        timezone=draw(st.sampled_from(ZONES)),
        rows=draw(st.lists(_rows(now), min_size=rows // 2, max_size=rows)),
        trees=draw(st.lists(groups(), min_size=trees // 2, max_size=trees)),
    )


def groups(depth: int = 1) -> st.SearchStrategy[Tree]:
    """Groups of leaves and, for a while, of groups."""
    part = leaves() if depth == 3 else st.one_of(leaves(), leaves(), groups(depth + 1))
    joined = st.builds(
        lambda operator, parts: {"operator": operator, "conditions": parts},
        st.sampled_from(["AND", "OR"]),
        st.lists(part, min_size=1, max_size=3),
    )
    return st.one_of(joined, part.map(lambda one: {"operator": "NOT", "conditions": [one]}))


@st.composite
def leaves(draw: st.DrawFn) -> Tree:
    asked = draw(st.one_of(st.sampled_from(list(FIELDS.values())), st.sampled_from(KEYS).map(_custom)))
    operator = draw(st.sampled_from(sorted(asked.operators)))
    leaf: Tree = {"field": asked.name, "operator": str(operator)}
    if operator not in WITHOUT_OPERAND:
        leaf["value"] = draw(_operands(asked, operator))
    if asked.kind in {FieldKind.INSTANT, FieldKind.JSON, FieldKind.ACTIVITY, FieldKind.COUNT}:
        leaf |= draw(
            st.fixed_dictionaries({}, optional={"timezone": st.sampled_from(["contact", "workspace", *ZONES])})
        )
    if asked.kind is FieldKind.COUNT:
        leaf |= draw(st.fixed_dictionaries({}, optional={"within": st.sampled_from(SPANS)}))
    if asked.key in {"email_opened", "email_clicked"} and asked.kind is not FieldKind.JSON:
        leaf |= draw(st.fixed_dictionaries({}, optional={"include_machine": st.booleans()}))
    return leaf


def _custom(key: str) -> Field:
    found = field(f"custom_fields.{key}")
    assert found is not None
    return found


def _operands(asked: Field, operator: FilterOperator) -> st.SearchStrategy[Any]:
    one = _single(asked, operator)
    if operator in {FilterOperator.IN, FilterOperator.NOT_IN}:
        return st.lists(one, min_size=1, max_size=3)
    return st.lists(one, min_size=2, max_size=2) if operator is FilterOperator.BETWEEN else one


def _single(asked: Field, operator: FilterOperator) -> st.SearchStrategy[Any]:
    if operator is FilterOperator.DATE_RELATIVE:
        return st.sampled_from(SPANS)
    match asked.kind:
        case FieldKind.ENUM:
            wording = operator in {"contains", "not_contains", "starts_with", "ends_with"}
            labels = st.sampled_from([word.value for word in asked.words or ()])
            return st.sampled_from(["", "o", "E", "1", "_", "%", "TECH"]) if wording else labels
        case FieldKind.NUMBER | FieldKind.COUNT:
            return st.one_of(st.sampled_from(NUMBERS), st.integers(0, 3))
        case FieldKind.INSTANT | FieldKind.ACTIVITY:
            return st.sampled_from(DATES + PHRASES)
        case FieldKind.BOOLEAN:
            return st.booleans()
        case FieldKind.ID:
            return st.sampled_from([str(UUID(int=99)), str(UUID(int=98))])
        case FieldKind.MEMBERSHIP:
            return st.sampled_from([str(id) for id in (LISTS if asked.name == "list_ids" else SEQUENCES)])
        case FieldKind.JSON:
            ordered = operator in {FilterOperator.GREATER_THAN, FilterOperator.LESS_THAN, FilterOperator.BETWEEN}
            return SCALARS.filter(lambda one: not isinstance(one, bool)) if ordered else SCALARS
        case _:
            return TEXTS.filter(lambda text: len(text) <= MAX_TEXT)


@st.composite
def _rows(draw: st.DrawFn, now: datetime) -> Row:
    chosen = draw(st.lists(st.sampled_from(_WRITTEN), max_size=12, unique_by=lambda one: one.name))
    columns = {one.name: draw(_column(one, now)) for one in chosen if _is_column(one)}
    columns["custom_fields"] = draw(st.one_of(st.none(), st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4)))
    statuses = st.sampled_from(list(EnrollmentStatus))
    activity = st.tuples(
        st.sampled_from(list(ActivityType)[:8]), _instants(now), st.sampled_from([None, "human", "machine", "unknown"])
    )
    return Row(
        columns,
        frozenset(draw(st.sets(st.sampled_from(LISTS), max_size=2))),
        draw(st.dictionaries(st.sampled_from(SEQUENCES), statuses, max_size=2)),
        draw(st.lists(activity, max_size=3)),
    )


def _is_column(one: Field) -> bool:
    return one.kind not in {FieldKind.MEMBERSHIP, FieldKind.ACTIVITY, FieldKind.COUNT, FieldKind.ID}


def _column(one: Field, now: datetime) -> st.SearchStrategy[Any]:
    match one.kind:
        case FieldKind.TEXT:
            texts = st.sampled_from([*ZONES, "Nowhere/Land", ""]) if one.name == "timezone" else TEXTS
            width = _WIDTHS.get(one.name, 255)
            return st.one_of(st.none(), texts.map(lambda text: text[:width]))
        case FieldKind.ENUM:
            words = st.sampled_from(list(one.words or ()))
            return words if one.name == "timezone_source" else st.one_of(st.none(), words)
        case FieldKind.NUMBER:
            return st.one_of(st.none(), st.sampled_from([0, 1, 2, 7, 25, 100]))
        case FieldKind.INSTANT:
            return st.one_of(st.none(), _instants(now))
        case FieldKind.BOOLEAN:
            return st.one_of(st.none(), st.booleans())
        case _:
            return st.one_of(st.none(), st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=2))


def _instants(now: datetime) -> st.SearchStrategy[datetime]:
    """Around now, around the borders of days and periods in some zones, and far away."""
    tick = timedelta(microseconds=1)
    hours = st.integers(-24 * 40, 24 * 40).map(
        lambda count: now.replace(minute=0, second=0, microsecond=0) + count * HOUR
    )
    near = st.sampled_from([now + count * DAY for count in (-30, -1, 0, 1, 30)])
    far = st.integers(-2_000_000, 4_000_000).map(lambda count: datetime(1970, 1, 1, tzinfo=UTC) + count * HOUR)
    return st.builds(
        lambda moment, off: moment + off * tick, st.one_of(hours, near, far), st.sampled_from([-1, 0, 0, 1])
    )


DAY, HOUR = timedelta(days=1), timedelta(hours=1)
