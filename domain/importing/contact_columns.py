"""Which column of a file is which column of a contact: guessed from names and values, or said and then checked."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from domain.errors import FieldError, Invalid
from domain.importing import header_names
from domain.profiles import countries
from domain.profiles.contact_values import COLUMNS

FULL_NAME = "full_name"
"""A target that is no column: its value is split into ``first_name`` and ``last_name``."""
CUSTOM = "custom_fields."
"""What the target of a custom field begins with."""

_ADDRESS = re.compile(r"[^@\s;,]+@[^@\s;,]+\.[^@\s;,]+")
_PHONE = re.compile(r"(?:\+|00)[\d\s()./-]{7,20}|\(?\d{2,5}\)?[\s./-]\d{2,5}[\s./-][\d\s./-]{2,12}")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,18}", re.IGNORECASE)
_NAMELESS = re.compile(
    r"(column|col|field|spalte|feld|colonne|champ|columna|campo|colonna|kolom|veld|coluna|unnamed)?_*\d*|[a-z]"
)
"""What programs call a column that has no name; looked for in plain names."""
_MOSTLY = 0.8
_MOST_CUSTOM_NAME = 100


def guessed(header: Sequence[str], sample: Sequence[Sequence[Any]] = ()) -> dict[str, str | None]:
    """The target of each column that has a name: a column of contacts, ``full_name`` or ``custom_fields.<name>``.

    Names count first; of two columns that mean the same the first, and the other becomes a custom field. Values (the
    cells of the first rows) tell what has no telling name, and where the addresses are. Raises ``Invalid`` when the
    header is no header but a row.
    """
    _require_header(header)
    guess = _by_names([name for name in header if name])
    rows = [cells for cells in sample if len(cells) == len(header)]
    for column, name in enumerate(header):
        if name and guess[name] is None:
            field = _sniffed(name, [cells[column] for cells in rows])
            guess[name] = field if field not in guess.values() else None
    fields: dict[str, str | None] = {}
    for name, field in guess.items():
        target = field or CUSTOM + name.removeprefix(CUSTOM)
        fields[name] = target if _is_target(target) and target not in fields.values() else None
    return fields


def _by_names(names: Sequence[str]) -> dict[str, str | None]:
    """What each name means by itself, or None; nothing is meant twice."""
    guess: dict[str, str | None] = {}
    for name in names:
        field = header_names.field_named(name)
        guess[name] = field if field not in guess.values() else None
    # Beside a column of first names a column called "Name" holds last names; beside both it says nothing new.
    known = {"first_name", "last_name"} & set(guess.values())
    if known:
        instead = "last_name" if "last_name" not in known else None
        guess = {name: instead if field == FULL_NAME else field for name, field in guess.items()}
    return guess


def targets(header: Sequence[str], mapping: Mapping[str, str | None]) -> tuple[str | None, ...]:
    """The target of each column in its order, None for one that is left out: not in ``mapping``, or null there.

    Raises ``Invalid`` (``import.mapping``) with a pointer relative to the mapping for each place that is wrong: a
    column that the file does not have, a field that contacts do not have, a field twice, no ``email``.
    """
    problems = tuple(_mapping_problems(header, mapping))
    if problems:
        raise Invalid("import.mapping", "The columns of the file cannot be mapped so.", problems)
    return tuple(mapping.get(name) if name else None for name in header)


def _mapping_problems(header: Sequence[str], mapping: Mapping[str, str | None]) -> Iterator[FieldError]:
    filled: dict[str, str] = {}
    for name, target in mapping.items():
        pointer = "/" + name.replace("~", "~0").replace("/", "~1")
        if not name or name not in header:
            shown = ", ".join(filter(None, header[:20]))
            yield FieldError(pointer, "unknown_column", f"the file has no column {name!r}; it has: {shown}")
        if target is None:
            continue
        if not _is_target(target):
            yield FieldError(
                pointer, "unknown_field", f"{target!r} is no field of contacts; write custom_fields.<name>"
            )
        for field in _filled_by(target):
            if field in filled:
                detail = f"{field} is filled by the column {filled[field]!r} already"
                yield FieldError(pointer, "field_twice", detail)
            filled.setdefault(field, name)
    if "email" not in filled:
        yield FieldError("", "email_missing", "no column of the file is mapped to email, which every contact needs")


def _is_target(target: str) -> bool:
    custom = target.removeprefix(CUSTOM)
    if custom != target:
        return 0 < len(custom.strip()) <= _MOST_CUSTOM_NAME
    return target in COLUMNS or target == FULL_NAME


def _filled_by(target: str) -> tuple[str, ...]:
    return ("first_name", "last_name") if target == FULL_NAME else (target,)


def _require_header(header: Sequence[str]) -> None:
    if any(_ADDRESS.fullmatch(name.strip()) for name in header):
        detail = "The first line holds an email address: it is a contact, and the file needs a header above it."
        raise Invalid("csv.header", detail)


def _sniffed(name: str, cells: Sequence[Any]) -> str | None:
    """The column that these values must be; of a column with a name of its own only addresses are known."""
    values = [cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()]
    if not values:
        return None
    is_nameless = _NAMELESS.fullmatch(header_names.plain(name)) is not None
    for field, fits in _SIGNS.items():
        if (is_nameless or field == "email") and sum(map(fits, values)) >= _MOSTLY * len(values):
            return field
    return None


_SIGNS: dict[str, Callable[[str], bool]] = {
    "email": lambda value: _ADDRESS.fullmatch(value) is not None,
    "phone": lambda value: _PHONE.fullmatch(value) is not None,
    "company_domain": lambda value: _DOMAIN.fullmatch(value) is not None,
    "country": lambda value: countries.code(value) is not None,
}
