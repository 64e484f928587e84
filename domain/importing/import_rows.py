"""A row of a file as a contact: every value checked, its phone and its zone completed."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from domain.importing import contact_rows
from domain.importing.contact_columns import CUSTOM, FULL_NAME
from domain.importing.contact_imports import Remark
from domain.importing.tables import Row
from domain.profiles import contact_zones, phones
from domain.profiles.addresses import normalise
from domain.scheduling.zones import zone
from domain.vocabulary import TimezoneSource

MAX_LENGTHS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("first_name", "last_name", "job_title", "company_name", "company_domain"), 255),
    "company_secondary_domain": 255,
    "phone": 50,
    **dict.fromkeys(("linkedin_profile", "twitter_profile", "facebook_profile", "website"), 500),
    **dict.fromkeys(("country", "state", "city"), 100),
    "postal_code": 20,
}
"""Characters of the texts of a contact, as wide as their columns."""

_ZONED = frozenset({"timezone", "country", "state", "city"})
_GIVEN, _DERIVED = TimezoneSource.GIVEN.value, TimezoneSource.DERIVED.value
_CUSTOM = "custom_fields"
_UNFIT = "has a character that cannot be stored"
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False)


class CheckedRow(NamedTuple):
    """The contact of a row, its values in the order of the columns and the address first; None: ``remark`` says why."""

    line: int
    values: tuple[Any, ...] | None
    remark: Remark | None = None


class RowCheck:
    """Makes contacts of the rows of a table; ``columns`` are those that each of them has, None where it gives none."""

    def __init__(self, targets: Sequence[str | None]) -> None:
        """``targets`` says which field each cell is, as ``contact_columns.targets`` gives it."""
        self._targets = tuple(targets)
        self.columns = _columns_of(targets)

    def __call__(self, row: Row) -> CheckedRow:
        """The contact, or what is wrong with the row."""
        if row.problem is not None:
            return CheckedRow(row.line, None, Remark(row.problem))
        fields, problem = contact_rows.fields(self._targets, row.cells)
        given = fields.get("email")
        try:
            if problem is not None:
                raise ValueError(problem)
            _check(fields, is_plain=_is_plain(row.cells))
        except ValueError as error:
            return CheckedRow(row.line, None, Remark(str(error), given if isinstance(given, str) else None))
        remark = complete(fields)
        return CheckedRow(row.line, tuple(map(fields.get, self.columns)), Remark(remark) if remark else None)


def complete(fields: dict[str, Any]) -> str | None:
    """Put the phone number into its stored form, and find the zone of the place where none is named.

    Answers what is to be said of a number that is kept although it cannot be read.
    """
    _find_zone(fields)
    return _normalise_phone(fields)


def _is_plain(cells: Sequence[Any]) -> bool:
    """Whether all cells are texts whose every character can be stored; most rows are told by this one look."""
    try:
        text = "".join(cells)
    except TypeError:
        return False
    return text.isascii() and "\x00" not in text


def _check(fields: dict[str, Any], *, is_plain: bool) -> None:
    """Put each value into its stored form; raises ``ValueError`` with a sentence for what cannot be stored."""
    if not fields.get("email"):
        raise ValueError("email: is required")
    for name, value in fields.items():
        limit = MAX_LENGTHS.get(name)
        if limit is None:
            if name in _CHECKS:
                fields[name] = _CHECKS[name](name, value)
        elif not is_plain or len(value) > limit:
            _check_text(name, value, limit)


def _columns_of(targets: Sequence[str | None]) -> tuple[str, ...]:
    names = {"email"}
    for target in targets:
        if target == FULL_NAME:
            names |= {"first_name", "last_name"}
        elif target is not None:
            names.add(_CUSTOM if target.startswith(CUSTOM) else target)
    if names & _ZONED:
        names |= {"timezone", "timezone_source"}
    return ("email", *sorted(names - {"email"}))


def _find_zone(fields: dict[str, Any]) -> None:
    """The zone that the row names, or that of its place."""
    if fields.get("timezone"):
        fields["timezone_source"] = _GIVEN
    elif "country" in fields:
        derived = _zone_of(fields["country"], fields.get("state"), fields.get("city"))
        if derived is not None:
            fields["timezone"], fields["timezone_source"] = derived, _DERIVED


def _normalise_phone(fields: dict[str, Any]) -> str | None:
    raw = fields.get("phone")
    if raw is None:
        return None
    normal = phones.normalised(raw, fields.get("country"))
    if normal is None:
        return f"phone: {raw} cannot be read as a number and was kept as it is"
    fields["phone"] = normal
    return None


def _address(_name: str, value: Any) -> str:
    return normalise(str(value))


def _check_text(name: str, text: str, limit: int) -> None:
    _storable(name, text)
    if len(text) > limit:
        raise ValueError(f"{name}: has {len(text)} characters; {limit} are the most")


def _timezone(name: str, value: Any) -> str:
    if not _is_zone(str(value)):
        raise ValueError(f"{name}: {value!r} is not an IANA time zone, such as Europe/Madrid")
    return str(value)


def _custom(name: str, value: Any) -> str:
    try:
        text = _JSON.encode(value)
    except (ValueError, RecursionError):
        raise ValueError(f"{name}: must hold no NaN, no Infinity and nothing that nests too deeply") from None
    if "\\u0000" in text:
        raise ValueError(f"{name}: {_UNFIT}")
    return _storable(name, text)


def _storable(name: str, text: str) -> str:
    """The text; raises ``ValueError`` for what Postgres cannot keep."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError(f"{name}: {_UNFIT}") from None
    if "\x00" in text:
        raise ValueError(f"{name}: {_UNFIT}")
    return text


_is_zone = cache(lambda name: len(name) <= 50 and zone(name) is not None)
_zone_of = cache(contact_zones.derive)
_CHECKS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "email": _address,
    "timezone": _timezone,
    _CUSTOM: _custom,
}
"""What the other fields pass through; labels were told already."""
