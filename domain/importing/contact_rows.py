"""The fields of a contact out of the cells of a row."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from domain.importing import contact_labels
from domain.importing.contact_columns import CUSTOM, FULL_NAME

_HONORIFICS = frozenset(
    {"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "herr", "frau", "mme", "mlle", "sr", "sra", "sig", "dott"}
)


_Places = tuple[tuple[int, str], ...]
"""Columns of a file by their index, each with what its cells become."""
_READ = frozenset({FULL_NAME, "do_not_contact", *contact_labels.ENUMS})
"""The targets whose texts are not taken as they stand."""


def fields(targets: tuple[str | None, ...], cells: Sequence[Any]) -> tuple[dict[str, Any], str | None]:
    """What the cells say of a contact, by the columns of contacts, and what in them is wrong, if anything is.

    Blanks around a text go, and an empty cell gives no field. Labels of enums are told from what people write; a text
    that is none stays as it is, and the second answer names it. Custom fields are in ``custom_fields`` and keep
    their JSON type.
    """
    texts, custom_places, special = _places(targets)
    given: dict[str, Any] = {}
    to_read = list(special)
    for at, target in texts:
        if type(cell := cells[at]) is not str:
            to_read.append((at, target))
        elif text := cell.strip():
            given[target] = text
    custom = {name: value for at, name in custom_places if (value := _stripped(cells[at])) is not None}
    if custom:
        given["custom_fields"] = custom
    return given, _read(to_read, cells, given) if to_read else None


@lru_cache(maxsize=64)
def _places(targets: tuple[str | None, ...]) -> tuple[_Places, _Places, _Places]:
    """The columns that are texts, those that are custom fields, and the others."""
    used = [(at, target) for at, target in enumerate(targets) if target is not None]
    custom = tuple((at, target.removeprefix(CUSTOM)) for at, target in used if target.startswith(CUSTOM))
    special = tuple((at, target) for at, target in used if target in _READ)
    texts = tuple(one for one in used if not one[1].startswith(CUSTOM) and one[1] not in _READ)
    return texts, custom, special


def _stripped(cell: Any) -> Any:
    """The cell without blanks around it; None when nothing is left."""
    return (cell.strip() or None) if isinstance(cell, str) else cell


def _read(places: Iterable[tuple[int, str]], cells: Sequence[Any], given: dict[str, Any]) -> str | None:
    """Put what these cells say into ``given``; what is wrong with the first of them that is not understood."""
    problem = None
    for at, target in places:
        value = _stripped(cells[at])
        if value is None:
            continue
        if target == FULL_NAME:
            given |= split_name(str(value))
        else:
            given[target], wrong = _value(target, value)
            problem = problem or wrong
    return problem


def split_name(full_name: str) -> dict[str, str]:
    """First and last name of a name: ``Ludwig van Beethoven``, ``Smith, Ann``, ``Dr. Ann Smith``, ``Ann``."""
    last, comma, first = full_name.partition(",")
    if comma and first.strip() and last.strip():
        return {"first_name": first.strip(), "last_name": last.strip()}
    words = full_name.replace(",", " ").split()
    while len(words) > 1 and words[0].rstrip(".").lower() in _HONORIFICS:
        words = words[1:]
    names = {"first_name": words[0]} if words else {}
    return names | ({"last_name": " ".join(words[1:])} if len(words) > 1 else {})


def _value(column: str, value: Any) -> tuple[Any, str | None]:
    """The value as the column holds it, and what is wrong with it."""
    if isinstance(value, list | dict):
        return value, f"{column}: must be a text"
    if column in contact_labels.ENUMS:
        label = contact_labels.label(column, str(value))
        return (label, None) if label else (value, f"{column}: {_shown(value)} is not one of its labels")
    if column == "do_not_contact":
        flag = value if isinstance(value, bool) else contact_labels.flag(str(value))
        return (value, f"{column}: {_shown(value)} is not yes or no") if flag is None else (flag, None)
    return str(value), None


def _shown(value: Any) -> str:
    text = str(value)
    return f"“{text[:40]}{'…' if len(text) > 40 else ''}”"
