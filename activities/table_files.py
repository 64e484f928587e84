"""A file of contacts, whatever it is: its format told, its table opened.

Workbooks are read by another process: their parser needs the whole sheet, and what a few kilobytes may unpack to cannot
be known before. That process has a limit of memory and of time, and if it dies the file is refused and nothing else.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from enum import StrEnum
from typing import IO, BinaryIO

from domain.errors import Invalid
from domain.importing import csv_tables, json_tables, text_encodings
from domain.importing.tables import Row, Table

_PIECE = 1 << 16
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""How a ZIP begins (xlsx, xlsb, ods) and an OLE2 compound file (xls)."""


class TableFormat(StrEnum):
    """What a file of contacts may be."""

    CSV = "csv"
    EXCEL = "excel"
    JSON_LINES = "json_lines"


def told_format(file: BinaryIO) -> TableFormat:
    """The format by the first bytes of the file; what is no workbook and does not begin with a brace is a CSV."""
    begin = file.tell()
    first = file.read(_PIECE)
    file.seek(begin)
    if first.startswith(_WORKBOOKS):
        return TableFormat.EXCEL
    is_object = first.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
    return TableFormat.JSON_LINES if is_object else TableFormat.CSV


def opened(
    file: BinaryIO,
    *,
    format: TableFormat | None = None,
    charset: str | None = None,
    delimiter: str | None = None,
    sheet: str | None = None,
) -> Table:
    """The table of a file that can be read twice and stays open as long as the rows are read.

    What is not given is told from the file. Raises ``Invalid`` when there is no table: ``csv.*``, ``excel.*`` and
    ``json.*`` say why. A workbook that turns out too large does so while its rows are read.
    """
    match format or told_format(file):
        case TableFormat.EXCEL:
            return _sheet(file, sheet)
        case TableFormat.JSON_LINES:
            return json_tables.read(file)
        case _:
            encoding = text_encodings.named(charset) if charset else told_encoding(file)
            return csv_tables.read(text_encodings.opened(file, encoding), delimiter=delimiter)


def told_encoding(file: BinaryIO) -> str:
    """The codec of a text file; it is read to its end and stands where it stood."""
    begin = file.tell()
    encoding = text_encodings.tell(_pieces(file))
    file.seek(begin)
    return encoding


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _sheet(file: BinaryIO, sheet: str | None) -> Table:
    lines = _told_by_child(file, sheet)
    header = json.loads(next(lines))  # A workbook without one raises here already.
    return Table(header, (Row(*json.loads(line)) for line in lines))


def _told_by_child(file: BinaryIO, sheet: str | None) -> Iterator[bytes]:
    """What the other process writes, line by line: the header, then the rows. It ends with whoever reads."""
    command = [sys.executable, "-m", "activities.workbook_process", *([sheet] if sheet else [])]
    with tempfile.TemporaryFile() as copy, tempfile.TemporaryFile() as errors:
        shutil.copyfileobj(file, copy)
        copy.seek(0)
        # The program is ours; the name of the sheet is an argument, and no shell reads it.
        with subprocess.Popen(command, stdin=copy, stdout=subprocess.PIPE, stderr=errors) as child:  # noqa: S603
            try:
                assert child.stdout is not None
                yield from child.stdout
                if child.wait() != 0:
                    raise _refusal(errors)
            finally:
                child.kill()


def _refusal(errors: IO[bytes]) -> Invalid:
    """What the other process said before it ended; if nothing that it meant to, then its limits ended it."""
    errors.seek(0)
    try:
        return Invalid(**json.loads(errors.read(_PIECE)))
    except (ValueError, TypeError):
        return Invalid("excel.too_large", "The workbook needs more memory or time than is given to it; save it as CSV.")
