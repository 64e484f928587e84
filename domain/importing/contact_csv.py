"""A CSV of contacts as rows of fields: its header mapped by its names alone, its broken lines kept apart."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from domain.errors import Invalid
from domain.importing import contact_columns, contact_rows, csv_tables, header_names


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A record and the line of the file on which it begins (1 is the header's); ``problem`` says what is broken."""

    line: int
    fields: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None


def read(text: str) -> Iterator[CsvRow]:
    """The records of a CSV with a header; blank lines are passed over.

    An empty cell gives no field, and a column that is no field of contacts a custom one. Nobody sees how the header
    was understood before the rows count, so raises ``Invalid`` when it cannot be read, has no email or could be
    understood in two ways.
    """
    table = csv_tables.read(StringIO(text.removeprefix("\ufeff"), newline=""))
    meant = Counter(filter(None, map(header_names.field_named, table.header)))
    twice = sorted(field for field, count in meant.items() if count > 1)
    if twice:
        raise Invalid("csv.header", f"Two columns of the header are the same field: {', '.join(twice)}.")
    if not meant["email"]:
        raise Invalid("csv.no_email", "The header has no column for the email address; name it email.")
    targets = contact_columns.targets(table.header, contact_columns.guessed(table.header))
    for line, cells, problem in table.rows:
        # Labels that are none are for whoever checks all fields of a row, and tells what is wrong with each.
        yield CsvRow(line, {} if problem else contact_rows.fields(targets, cells)[0], problem)
