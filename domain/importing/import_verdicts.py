"""What became of the rows of an import, and the file that tells it."""

import io
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from uuid import UUID

from defusedcsv import csv  # type: ignore[import-untyped]

from domain.vocabulary import ImportVerdict


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What became of one row. ``email`` is None once its contact is erased."""

    line: int
    email: str | None
    verdict: ImportVerdict
    contact_id: UUID | None
    reason: str | None


COLUMNS = tuple(field.name for field in fields(RowVerdict))


def header() -> str:
    """The first line of the file."""
    return _csv([COLUMNS])


def lines(rows: Iterable[RowVerdict]) -> str:
    """Lines of a CSV (RFC 4180) in which no cell is a formula to a program for spreadsheets."""
    return _csv(map(astuple, rows))


def _csv(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
