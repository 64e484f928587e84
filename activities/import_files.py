"""The file of an import on this machine, and its rows in batches, ready for the database."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, BinaryIO, Final

from activities import table_files
from activities.seen_addresses import SeenAddresses
from activities.table_files import TableFormat
from domain.importing import contact_columns, text_encodings
from domain.importing.contact_imports import Batch, FileOptions, ImportOptions, Remark
from domain.importing.import_rows import CheckedRow, RowCheck
from domain.importing.tables import Table
from domain.vocabulary import ImportVerdict

BATCH_ROWS: Final = 5_000
SAMPLE_ROWS: Final = 20
"""Rows by which columns are guessed."""


def opened(file: BinaryIO, options: FileOptions) -> Table:
    """The table of the file; raises ``Invalid`` when there is none."""
    return table_files.opened(
        file,
        format=TableFormat(options.format) if options.format else None,
        charset=options.encoding,
        delimiter=options.delimiter,
        sheet=options.sheet,
    )


def batches(file: BinaryIO, options: ImportOptions, size: int) -> Iterator[Batch]:
    """The rows in batches of ``size`` that are the same whenever the file is read with the same options.

    Of several rows with one address the first counts. Raises ``Invalid`` when the file or its mapping is wrong.
    """
    table = opened(file, options.file)
    mapping = options.mapping
    if mapping is None:
        mapping, table = guessed(table)
    check = RowCheck(contact_columns.targets(table.header, mapping))
    with SeenAddresses() as seen:
        number = 0
        while rows := [check(row) for row in islice(table.rows, size)]:
            yield _batch(number, check.columns, rows, seen)
            number += 1


def guessed(table: Table) -> tuple[dict[str, str | None], Table]:
    """The mapping that the table's header and first rows suggest, and the table as if those were not read yet."""
    sample = list(islice(table.rows, SAMPLE_ROWS))
    mapping = contact_columns.guessed(table.header, [row.cells for row in sample])
    return mapping, replace(table, rows=chain(sample, table.rows))


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file tells of itself, as JSON without any value of its rows, and its first rows as they would be."""

    told: dict[str, Any]
    columns: tuple[str, ...]
    rows: Sequence[CheckedRow]


def preview(file: BinaryIO, options: FileOptions) -> Preview:
    """Look into a file, from its beginning. Raises ``Invalid`` when it is no table or has no addresses."""
    file.seek(0)
    # Who wraps a file to read its text closes it in the end.
    with open(os.dup(file.fileno()), "rb") as copy:
        return _preview(copy, options)


def _preview(file: BinaryIO, options: FileOptions) -> Preview:
    format = TableFormat(options.format) if options.format else table_files.told_format(file)
    encoding = None
    if format is TableFormat.CSV:
        encoding = text_encodings.named(options.encoding) if options.encoding else table_files.told_encoding(file)
    told = FileOptions(format, encoding, options.delimiter, options.sheet)
    mapping, table = guessed(opened(file, told))
    check = RowCheck(contact_columns.targets(table.header, mapping))
    columns = [{"name": name, "field": mapping.get(name)} for name in table.header]
    says = {"format": format.value, "encoding": encoding, "delimiter": table.delimiter, "columns": columns}
    return Preview(says, check.columns, [check(row) for row in islice(table.rows, SAMPLE_ROWS)])


def _batch(number: int, columns: tuple[str, ...], rows: list[CheckedRow], seen: SeenAddresses) -> Batch:
    verdicts: list[ImportVerdict | None] = [None if row.values else ImportVerdict.INVALID for row in rows]
    remarks = {place: row.remark for place, row in enumerate(rows) if row.remark is not None}
    valid = [(place, row.line, row.values) for place, row in enumerate(rows) if row.values is not None]
    firsts = seen.first_lines([(values[0], line) for _, line, values in valid])
    fresh = []
    for (place, line, values), first in zip(valid, firsts, strict=True):
        if first == line:
            fresh.append((place, values))
        else:
            verdicts[place] = ImportVerdict.SKIPPED
            remarks[place] = Remark(f"the same address as line {first}", values[0])
    fresh.sort(key=lambda one: one[1][0])
    return Batch(number, columns, [row.line for row in rows], fresh, verdicts, remarks)
