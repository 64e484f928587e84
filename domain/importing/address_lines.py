"""A file of addresses: one a line, or a CSV whose header names what else its columns say."""

import csv
import io
from collections.abc import Collection, Iterator

from domain.errors import Invalid

DELIMITERS = ",;\t"


def read(text: str, known: Collection[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """The number and the fields of each line that is not empty; without a header that is ``email`` alone.

    A header is a first line that has no ``@``; it names an ``email`` column, and else only those of ``known``. Empty
    cells are left out, and so are cells beyond the header. Raises ``Invalid`` for another header.
    """
    lines = io.StringIO(text.removeprefix("\ufeff"), newline="")
    rows = csv.reader(lines, delimiter=_delimiter(lines))
    names: list[str] = []
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if not names:
                is_header = "@" not in "".join(cells)
                names = _header(cells, known) if is_header else ["email"]
                if is_header:
                    continue
            yield rows.line_num, {name: cell for name, cell in zip(names, cells, strict=False) if cell}
    except csv.Error as error:
        raise Invalid("csv.malformed", f"Line {rows.line_num} cannot be read: {error}.") from None


def _delimiter(lines: io.StringIO) -> str:
    first = lines.readline()
    lines.seek(0)
    return max(DELIMITERS, key=first.count)


def _header(cells: list[str], known: Collection[str]) -> list[str]:
    names = [cell.lower().replace(" ", "_") for cell in cells]
    unknown = [name for name in names if name not in known]
    if "email" not in names or unknown or len(set(names)) < len(names):
        told = f"The header names email, and nothing else but {', '.join(sorted(set(known) - {'email'}))}, each once."
        raise Invalid("csv.header", told)
    return names
