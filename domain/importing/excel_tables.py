"""A sheet of a workbook (xlsx, xlsb, xls, ods) as a table, its cells as texts.

The parser holds a sheet in memory as a whole, every cell of the rectangle that it spans. Files that say that they are
too large are refused here; those that do not say it need a process with a limit of memory (``activities/table_files``).
"""

import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import dropwhile
from typing import BinaryIO

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    WorksheetNotFound,
)

from domain.errors import Invalid
from domain.importing.tables import Row, Table, cell_count_problem, checked_header

MAX_UNPACKED = 300 << 20
"""Bytes of all parts of a workbook together, unpacked: a million rows of ten short cells are about that."""
MAX_CELLS = 12_000_000
"""Cells of the rectangle that a sheet spans."""

_Cell = int | float | str | bool | time | date | datetime | timedelta


def read(file: BinaryIO, *, sheet: str | None = None) -> Table:
    """The table of a sheet, the first one if none is named; its header is the first row that is not blank.

    A line is a row as Excel numbers it. Numbers are written without an exponent and dates by ISO 8601. Raises
    ``Invalid``: no workbook, protected by a password, too large, no such sheet, empty.
    """
    found = _sheet(file, sheet)
    texts = ((line, list(map(_text, cells))) for line, cells in enumerate(found.iter_rows(), start=1))
    rows = dropwhile(lambda row: not any(row[1]), texts)
    _, header = next(rows, (0, []))
    if not header:
        raise Invalid("excel.empty", "The sheet is empty: it needs a header and a row per contact.")
    columns = checked_header(_without_blank_end(header))
    return Table(columns, _fitted(rows, len(columns)))


def _sheet(file: BinaryIO, name: str | None) -> CalamineSheet:
    _require_bounded(file)
    try:
        workbook = CalamineWorkbook.from_filelike(file)
        found = workbook.get_sheet_by_name(name) if name else workbook.get_sheet_by_index(0)
    except WorksheetNotFound:
        raise Invalid("excel.no_sheet", f"The workbook has no sheet {name!r}.") from None
    except PasswordError:
        raise Invalid("excel.password", "The workbook is protected by a password.") from None
    except (CalamineError, OSError, ValueError) as error:
        raise Invalid("excel.unreadable", f"The file is no workbook that can be read: {error}.") from None
    if found.height * found.width > MAX_CELLS:
        raise Invalid("excel.too_large", f"The sheet spans more than {MAX_CELLS} cells; save it as CSV.")
    return found


def _require_bounded(file: BinaryIO) -> None:
    """Refuse an archive that unpacks to more than ``MAX_UNPACKED``, as it says itself."""
    begin = file.tell()
    if zipfile.is_zipfile(file):
        try:
            unpacked = sum(part.file_size for part in zipfile.ZipFile(file).infolist())
        # Archives of a version that zipfile does not know raise NotImplementedError.
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise Invalid("excel.unreadable", f"The file is no workbook that can be read: {error}.") from None
        if unpacked > MAX_UNPACKED:
            detail = f"The workbook unpacks to {unpacked >> 20} MiB; {MAX_UNPACKED >> 20} are the most. Save it as CSV."
            raise Invalid("excel.too_large", detail)
    file.seek(begin)


def _fitted(rows: Iterator[tuple[int, list[str]]], width: int) -> Iterator[Row]:
    """The rows that are not blank, with as many cells as the header; what stands beyond its end is a problem."""
    for line, cells in rows:
        if any(cells[width:]):
            yield Row(line, [], cell_count_problem(len(_without_blank_end(cells)), width))
        elif any("\0" in cell for cell in cells):
            yield Row(line, [], "the row has a NUL character")
        elif any(cells):
            yield Row(line, cells[:width])


def _without_blank_end(cells: Sequence[str]) -> list[str]:
    last = max((index for index, cell in enumerate(cells) if cell.strip()), default=-1)
    return list(cells[: last + 1])


def _text(cell: _Cell) -> str:
    match cell:
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float():
            return _plain_number(cell)
        case datetime():
            return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ", "seconds")
        case date():
            return cell.isoformat()
        case time():
            return cell.isoformat("seconds")
        case _:
            return str(cell)


def _plain_number(number: float) -> str:
    """A number as a cell shows it: ``34600123456``, not ``3.46e+10``; Excel keeps 15 digits."""
    return format(number, ".0f") if number.is_integer() and abs(number) < 1e15 else format(number, ".15g")
