"""JSON Lines as a table: one object on each line, whose keys are the columns."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from domain.errors import Invalid
from domain.importing.record_lines import MAX_RECORD
from domain.importing.tables import MAX_COLUMNS, Row, Table, checked_header

_CUSTOM = "custom_fields"


def read(file: BinaryIO) -> Table:
    """The table of a UTF-8 file of JSON Lines, which is read twice: for its keys, then for its rows.

    The keys of a nested ``custom_fields`` are columns ``custom_fields.<key>``. A key that a line does not have is
    None there. A line that is no object is a row with a problem. Raises ``Invalid`` when no line is an object, or
    the keys are too many.
    """
    begin = file.tell()
    columns: dict[str, None] = {}
    for _, values, _ in _lines(file):
        columns |= dict.fromkeys(values)
        if len(columns) > MAX_COLUMNS:
            raise Invalid("json.too_many_keys", f"The lines have more than {MAX_COLUMNS} keys between them.")
    if not columns:
        raise Invalid("json.empty", "No line of the file is a JSON object with a key.")
    file.seek(begin)
    return Table(checked_header(list(columns)), _rows(file, list(columns)))


def _rows(file: BinaryIO, columns: Sequence[str]) -> Iterator[Row]:
    for line, values, problem in _lines(file):
        yield Row(line, [] if problem else list(map(values.get, columns)), problem)


def _lines(file: BinaryIO) -> Iterator[tuple[int, dict[str, Any], str | None]]:
    """Each line that is not blank: its number, what it holds by column, and what is wrong with it."""
    number = 0
    while line := file.readline(MAX_RECORD + 1):
        number += 1
        if len(line) > MAX_RECORD and not line.endswith(b"\n"):
            while (rest := file.readline(MAX_RECORD)) and not rest.endswith(b"\n"):
                pass
            yield number, {}, f"the line is longer than {MAX_RECORD} bytes"
        elif line.strip(b" \t\r\n\xef\xbb\xbf"):
            try:
                yield number, _flat(line), None
            except (ValueError, RecursionError) as error:
                yield number, {}, _told(error)


def _flat(line: bytes) -> dict[str, Any]:
    """The object of a line, its custom fields beside its other keys. Raises ``ValueError``."""
    values = json.loads(line.decode("utf-8-sig").rstrip(), parse_constant=_refused)
    if not isinstance(values, dict):
        raise ValueError("the line is no JSON object")
    custom = values.pop(_CUSTOM, None)
    if not isinstance(custom, dict | None):
        raise ValueError("custom_fields is no JSON object")
    if "\\u0000" in line.decode():
        raise ValueError("the line has a NUL character")
    if not all(map(str.isprintable, [*values, *(custom or {})])):
        raise ValueError("a key has a character that cannot be shown")
    return {key.strip(): value for key, value in values.items()} | {
        f"{_CUSTOM}.{key.strip()}": value for key, value in (custom or {}).items()
    }


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _told(error: Exception) -> str:
    match error:
        case json.JSONDecodeError():
            return f"the line is no JSON: {error.msg.lower()} at character {error.pos + 1}"
        case UnicodeDecodeError():
            return "the line has bytes that are no UTF-8"
        case RecursionError():
            return "the line is nested too deeply"
        case _:
            return str(error)
