"""A table as a file holds it: a header, and rows that know on which line they began."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from domain.errors import Invalid

MAX_COLUMNS = 200


class Row(NamedTuple):
    """One record: the line of the file on which it begins (from 1) and as many cells as the header has.

    Cells are texts as they stand in the file; JSON Lines also give numbers, booleans, None and, for custom fields,
    whatever JSON holds. A row that is broken says so in ``problem`` and has no cells.
    """

    line: int
    cells: Sequence[Any]
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The names of the columns, no two alike, and the rows, which are read as they are asked for, once.

    ``delimiter`` is that of a CSV.
    """

    header: list[str]
    rows: Iterator[Row]
    delimiter: str | None = None


def checked_header(names: Sequence[str]) -> list[str]:
    """The header's names without blanks around them; raises ``Invalid`` when they cannot name columns."""
    header = [name.strip() for name in names]
    if len(header) > MAX_COLUMNS:
        raise Invalid("csv.header", f"The header has {len(header)} columns; {MAX_COLUMNS} are the most.")
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise Invalid("csv.header", f"Two columns of the header have the same name: {', '.join(twice)}.")
    return header


def cell_count_problem(cells: int, columns: int) -> str:
    """What is wrong with a line that has another number of cells than the header."""
    return f"the line has {cells} cells, the header {columns}"
