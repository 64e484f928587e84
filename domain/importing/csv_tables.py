"""A CSV read as a stream: its delimiter told, its broken records kept apart, in the memory of a few records.

RFC 4180, more or less: real files differ in their delimiter, line ends and quotes, and some begin with ``sep=;``.
"""

import csv
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TextIO

from domain.errors import Invalid
from domain.importing.record_lines import TOO_LONG, RecordLines
from domain.importing.tables import Row, Table, cell_count_problem, checked_header

DELIMITERS = (",", ";", "\t", "|")

_SAMPLE_LINES = 50


def read(text: TextIO, *, delimiter: str | None = None) -> Table:
    """The table of a CSV with a header; blank lines are passed over.

    ``text`` keeps line ends as they are (``newline=""``). Without a ``delimiter`` that of the line ``sep=…`` counts,
    else what the header and the first records tell. A quote that is left open breaks its own line alone. Raises
    ``Invalid`` when there is no header that can be read, and for a delimiter that cannot be one.
    """
    if delimiter is not None and not _is_delimiter(delimiter):
        raise Invalid("csv.delimiter", f"{delimiter[:10]!r} cannot be a delimiter; it is one sign, such as ; or a tab.")
    lines = RecordLines(text)
    named = _separator(lines)
    chosen = delimiter or named or told_delimiter(lines.ahead(_SAMPLE_LINES))
    rows = _rows(lines, chosen)
    first = next(rows, None)
    if first is None:
        raise Invalid("csv.empty", "The file is empty: it needs a header and a line per contact.")
    if first.problem is not None:
        raise Invalid("csv.header", f"The header cannot be read: {first.problem}.")
    return Table(checked_header(first.cells), rows, chosen)


def told_delimiter(lines: Sequence[str]) -> str:
    """The delimiter by which most of these lines have as many cells as the first of them, which is the header.

    Of two that do equally well the one that makes more columns; a comma when none divides the header.
    """
    return max(DELIMITERS, key=partial(_fit, lines))


def _fit(lines: Sequence[str], delimiter: str) -> tuple[float, int]:
    """The share of the records that have as many cells as the header, and how many those are."""
    try:
        widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if any(map(str.strip, cells))]
    except csv.Error:
        return 0, 0
    header = widths[0] if widths else 1
    return (widths.count(header) / len(widths), header) if header > 1 else (0, 0)


def _separator(lines: RecordLines) -> str | None:
    """The delimiter that a first line ``sep=;`` names, as Excel writes it; that line is passed over."""
    first = next(iter(lines.ahead(1)), "").rstrip("\r\n")
    if not first.lower().startswith("sep=") or not _is_delimiter(first[4:]):
        return None
    next(lines.taken())
    lines.finish()
    return first[4]


def _is_delimiter(text: str) -> bool:
    return text == "\t" or (len(text) == 1 and text.isprintable() and not text.isalnum() and text not in "\"' ")


def _rows(lines: RecordLines, delimiter: str) -> Iterator[Row]:
    """The header as a row, then the rows below it; a record that is broken ends with its first line."""
    width = 0
    while lines.ahead(1):
        reader = csv.reader(lines.taken(), delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                line = lines.number
                flaw = lines.finish()
                if flaw is not None:
                    yield Row(line, [], flaw)
                elif cells and cells[0].strip() and len(cells) == width:
                    yield Row(line, cells)
                elif any(map(str.strip, cells)):
                    width = width or len(cells)
                    yield _fitted(line, cells, width)
        except csv.Error as error:
            line = lines.number
            yield Row(line, [], lines.hand_back() or _told(error))


def _fitted(line: int, cells: list[str], width: int) -> Row:
    """The row without the empty cells that some programs write at the end of a line."""
    if len(cells) < width or any(map(str.strip, islice(cells, width, None))):
        return Row(line, [], cell_count_problem(len(cells), width))
    return Row(line, cells[:width])


def _told(error: csv.Error) -> str:
    match str(error):
        case "unexpected end of data":
            return "a quote is left open"
        case told if "expected after" in told:
            return "text follows a closing quote"
        case told if "field larger" in told:
            return TOO_LONG
        case told:
            return told
