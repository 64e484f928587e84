"""The import of many contacts at once: JSON rows or a CSV, each row with its verdict."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import Headers

from api import uploads
from api.contact_bodies import ContactFields
from api.dependencies import Ctx
from api.problems import problems
from api.routing import new_router
from api.schemas import Address, Body
from db import bulk_imports
from db.contact_upserts import Importer
from domain.errors import Invalid
from domain.importing import contact_csv, import_rows
from domain.importing.contact_csv import CsvRow
from domain.importing.contact_imports import OnConflict
from domain.vocabulary import ContactSource, ImportVerdict

router = new_router("contacts")

MAX_ROWS = 10_000
_NOTHING_NEW = "the address is a contact already, and nothing in the row changes it"


class ImportedContact(ContactFields):
    """A row of an import."""

    email: Address = Field(examples=["bob@example.com"])


class BulkImport(Body):
    """Contacts as JSON; each row is checked by itself, as the body of `POST /api/contacts` is."""

    contacts: list[dict[str, Any]] = Field(max_length=MAX_ROWS)
    on_conflict: OnConflict = OnConflict.SKIP


class RowVerdict(BaseModel):
    """What became of one row."""

    line: int = Field(
        examples=[2], description="The line of the file (its header is line 1), or the place in the list from 1"
    )
    email: str | None = Field(examples=["bob@example.com"])
    verdict: ImportVerdict
    contact_id: UUID | None = Field(description="null for an invalid row")
    mailable: bool | None = Field(
        examples=[True], description="false when the contact or its address is suppressed, unsubscribed or bounced"
    )
    reason: str | None = Field(examples=[None], description="Why the row is invalid or was skipped")


class ImportResult(BaseModel):
    """How many rows were created, updated, skipped and invalid, and the verdict of each in the order of the file."""

    created: int = Field(examples=[1])
    updated: int = Field(examples=[0])
    skipped: int = Field(examples=[0])
    invalid: int = Field(examples=[0])
    results: list[RowVerdict]


@dataclass(frozen=True, slots=True)
class _Checked:
    """A row after its check: the values to write, or the verdict that is known without the database and its reason."""

    line: int
    email: str | None
    values: dict[str, Any] | None = None
    verdict: ImportVerdict | None = None
    reason: str | None = None


_ROW = {"email": "bob@example.com", "first_name": "Bob", "custom_fields": {"plan": "trial"}}
_CSV = "email,first_name,plan\nbob@example.com,Bob,trial\n"
_REQUEST_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": BulkImport.model_json_schema(),
            "example": {"contacts": [_ROW], "on_conflict": "skip"},
        },
        "text/csv": {"schema": {"type": "string"}, "example": _CSV},
    },
}


@router.post(
    "/api/contacts/bulk",
    summary="Import contacts",
    responses=problems(413, 415),
    openapi_extra={"requestBody": _REQUEST_BODY},
)
async def import_contacts(
    request: Request,
    ctx: Ctx,
    on_conflict: Annotated[OnConflict | None, Query(description="For a CSV; JSON says it in its body")] = None,
) -> ImportResult:
    """Takes JSON, or a CSV with a header (`text/csv`), of at most 10,000 rows.

    A row that is wrong is `invalid` with its reason and the others are imported. `on_conflict` says what happens
    with a known address: `skip` leaves the contact, `update` writes the fields that the row gives, `fill_empty` only
    those that the contact has not. Of rows with the same address the first one counts. An address that is
    suppressed or unsubscribed stays so.

    CSV: UTF-8, or the `charset` of the content type; the delimiter is comma, semicolon, tab or bar; headers such as
    `E-mail` or `Company` are understood, and a column that is not a field of contacts becomes a custom field.
    """
    # Thousands of rows take a second to check: in a thread, so that other requests go on meanwhile.
    checked, chosen, source = await asyncio.to_thread(_checked_rows, request.headers, await request.body())
    importer = Importer(
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        user_id=ctx.user_id,
        source=source,
        hashes=ctx.settings.address_hashes,
    )
    rows = [one.values for one in checked if one.values is not None]
    imported = await bulk_imports.import_contacts(
        ctx.session, importer, rows, on_conflict=on_conflict or chosen, now=ctx.now
    )
    return _result([_verdict(one, imported) for one in checked])


def _checked_rows(headers: Headers, body: bytes) -> tuple[list[_Checked], OnConflict, ContactSource]:
    rows, on_conflict, source = _rows(headers, body)
    return list(_check(rows)), on_conflict, source


def _rows(headers: Headers, body: bytes) -> tuple[Iterable[CsvRow], OnConflict, ContactSource]:
    if uploads.is_csv(headers):
        return _csv_rows(uploads.text_of(headers, body)), OnConflict.SKIP, ContactSource.CSV_IMPORT
    bulk = uploads.parsed(BulkImport, body)
    rows = [CsvRow(index, fields) for index, fields in enumerate(bulk.contacts, start=1)]
    return rows, bulk.on_conflict, ContactSource.API


def _csv_rows(text: str) -> list[CsvRow]:
    rows = []
    for row in contact_csv.read(text):
        rows.append(row)
        if len(rows) > MAX_ROWS:
            raise Invalid("import.too_many", f"The file has more than {MAX_ROWS} rows; send it in parts.")
    return rows


def _check(rows: Iterable[CsvRow]) -> Iterator[_Checked]:
    first_line: dict[str, int] = {}
    for row in rows:
        given = row.fields.get("email")
        shown = given if isinstance(given, str) else None
        if row.problem is not None:
            yield _Checked(row.line, shown, verdict=ImportVerdict.INVALID, reason=row.problem)
            continue
        try:
            contact = ImportedContact.model_validate(row.fields)
        except ValidationError as error:
            yield _Checked(row.line, shown, verdict=ImportVerdict.INVALID, reason=uploads.reason_of(error, "contacts"))
            continue
        earlier = first_line.setdefault(contact.email, row.line)
        if earlier != row.line:
            reason = f"the same address as line {earlier}"
            yield _Checked(row.line, contact.email, verdict=ImportVerdict.SKIPPED, reason=reason)
        else:
            values = contact.model_dump(mode="json", exclude_unset=True)
            yield _Checked(row.line, contact.email, values, reason=import_rows.complete(values))


def _verdict(row: _Checked, imported: dict[str, bulk_imports.Imported]) -> RowVerdict:
    if row.email is None or row.verdict is ImportVerdict.INVALID:
        return RowVerdict(
            line=row.line,
            email=row.email,
            verdict=ImportVerdict.INVALID,
            contact_id=None,
            mailable=None,
            reason=row.reason,
        )
    contact = imported[row.email]
    verdict = row.verdict or contact.verdict
    reason = row.reason or (_NOTHING_NEW if verdict is ImportVerdict.SKIPPED else None)
    return RowVerdict(
        line=row.line,
        email=row.email,
        verdict=verdict,
        contact_id=contact.contact_id,
        mailable=contact.mailable,
        reason=reason,
    )


def _result(verdicts: list[RowVerdict]) -> ImportResult:
    counts = {kind.value: sum(one.verdict is kind for one in verdicts) for kind in ImportVerdict}
    return ImportResult(**counts, results=verdicts)
