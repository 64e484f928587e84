"""A CSV of contacts as rows of fields: its delimiter told, its header mapped, its broken lines kept apart.

RFC 4180, more or less: real files differ in their delimiter, line ends and quotes.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.errors import Invalid

DELIMITERS = (",", ";", "\t", "|")
MAX_COLUMNS = 200

COLUMNS = (
    "email",
    "first_name",
    "last_name",
    "job_title",
    "company_name",
    "company_domain",
    "company_secondary_domain",
    "company_size",
    "industry",
    "phone",
    "phone_type",
    "linkedin_profile",
    "twitter_profile",
    "facebook_profile",
    "website",
    "country",
    "state",
    "city",
    "postal_code",
    "timezone",
    "seniority",
    "department",
    "do_not_contact",
)
"""The columns of a contact that a file may give; every other one becomes a custom field."""
_ENUMS = frozenset({"company_size", "industry", "phone_type", "seniority", "department"})
_SYNONYMS = {
    "e_mail": "email",
    "email_address": "email",
    "e_mail_address": "email",
    "mail": "email",
    "work_email": "email",
    "firstname": "first_name",
    "given_name": "first_name",
    "forename": "first_name",
    "lastname": "last_name",
    "surname": "last_name",
    "family_name": "last_name",
    "title": "job_title",
    "jobtitle": "job_title",
    "position": "job_title",
    "role": "job_title",
    "company": "company_name",
    "organization": "company_name",
    "organisation": "company_name",
    "account_name": "company_name",
    "domain": "company_domain",
    "company_website": "company_domain",
    "employees": "company_size",
    "headcount": "company_size",
    "phone_number": "phone",
    "telephone": "phone",
    "mobile": "phone",
    "linkedin": "linkedin_profile",
    "linkedin_url": "linkedin_profile",
    "twitter": "twitter_profile",
    "facebook": "facebook_profile",
    "url": "website",
    "web": "website",
    "region": "state",
    "province": "state",
    "town": "city",
    "zip": "postal_code",
    "zip_code": "postal_code",
    "zipcode": "postal_code",
    "postcode": "postal_code",
    "time_zone": "timezone",
    "tz": "timezone",
    "seniority_level": "seniority",
    "opt_out": "do_not_contact",
}


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A record and the line of the file on which it begins (1 is the header's); ``problem`` says what is broken."""

    line: int
    fields: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None


def read(text: str) -> Iterator[CsvRow]:
    """The records of a CSV with a header; blank lines are passed over.

    An empty cell gives no field. Raises ``Invalid`` when the header cannot be read, has no email or names a
    column twice.
    """
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    first = next((index for index, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise Invalid("csv.empty", "The file is empty: it needs a header and a line per contact.")
    delimiter = tell_delimiter(lines[first])
    header, begin, problem = _record(lines, first, delimiter)
    if problem is not None:
        raise Invalid("csv.header", f"The header cannot be read: {problem}.")
    columns = _map_header(header)
    while begin < len(lines):
        cells, end, problem = _record(lines, begin, delimiter)
        if problem is not None:
            yield CsvRow(begin + 1, problem=problem)
        elif any(cell.strip() for cell in cells):
            yield _row(begin + 1, cells, columns)
        begin = end


def tell_delimiter(header: str) -> str:
    """The delimiter that the header uses most outside quotes; a comma when it uses none."""
    bare = re.sub(r'"[^"]*"', "", header)
    return max(DELIMITERS, key=bare.count)


def _record(lines: Sequence[str], begin: int, delimiter: str) -> tuple[list[str], int, str | None]:
    """The cells that begin on line ``begin``, the index of the line after them, and what is wrong.

    A broken record ends with its first line, so that a quote left open does not swallow what follows.
    """
    # Lines are handed over one by one: a record takes as many as it has, and no copy of the rest is made.
    rest = (lines[index] for index in range(begin, len(lines)))
    reader = csv.reader(rest, delimiter=delimiter, strict=True)
    try:
        cells = next(reader, [])
    except csv.Error as error:
        return [], begin + 1, str(error)
    return cells, begin + max(reader.line_num, 1), None


def _map_header(header: Sequence[str]) -> list[tuple[str, bool]]:
    """Each column as (name of the field, whether it is a custom one)."""
    if len(header) > MAX_COLUMNS:
        raise Invalid("csv.header", f"The header has {len(header)} columns; {MAX_COLUMNS} are the most.")
    columns = [_column(name) for name in header]
    twice = sorted({name for name, _ in columns if name and [one for one, _ in columns].count(name) > 1})
    if twice:
        raise Invalid("csv.header", f"Two columns of the header are the same field: {', '.join(twice)}.")
    if ("email", False) not in columns:
        raise Invalid("csv.no_email", "The header has no column for the email address; name it email.")
    return columns


def _column(name: str) -> tuple[str, bool]:
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    known = _SYNONYMS.get(plain, plain)
    return (known, False) if known in COLUMNS else (name.strip(), True)


def _row(line: int, cells: Sequence[str], columns: Sequence[tuple[str, bool]]) -> CsvRow:
    if len(cells) != len(columns):
        return CsvRow(line, problem=f"the line has {len(cells)} cells, the header {len(columns)}")
    fields: dict[str, Any] = {}
    custom: dict[str, Any] = {}
    for cell, (name, is_custom) in zip(cells, columns, strict=True):
        value = cell.strip()
        if value and name:
            (custom if is_custom else fields)[name] = _label(value) if name in _ENUMS else value
    if custom:
        fields["custom_fields"] = custom
    return CsvRow(line, fields)


def _label(value: str) -> str:
    """A value as the labels of enums are written: ``Real Estate`` is ``real_estate``."""
    return re.sub(r"[\s-]+", "_", value.lower()) if not value[0].isdigit() else value.replace(" ", "")
