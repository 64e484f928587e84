"""Imports of files: uploaded, looked at, tried, done as a job, told row by row, and undone."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from activities import import_files
from api.dependencies import Context, Ctx
from api.import_bodies import ImportCreated, ImportDetail, ImportRead, ImportStart, PreviewRow
from api.import_uploads import new_upload_router, upload_of
from api.jobs import JobRead
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from db import contact_imports, import_batches, import_undo
from db.models import ContactImport
from domain.errors import FieldError, Invalid
from domain.importing import contact_columns, import_verdicts
from domain.importing.contact_imports import FileOptions, ImportOptions, OnConflict
from domain.importing.import_rows import CheckedRow
from domain.importing.import_verdicts import RowVerdict
from domain.vocabulary import ImportVerdict

router = new_router("imports")
upload_router = new_upload_router("imports")

SAMPLE = 20
_STARTED = (409, "import.started", "This import is completed; upload the file again to import it again.")
_SENT = (409, "import.sent", "Something was sent to 3 of the contacts that this import made; it stays.")
_CSV_EXAMPLE = "E-mail,Name,Plan\nbob@example.com,Bob Ray,trial\n"
_FORM: dict[str, Any] = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
_BINARY: dict[str, Any] = {"type": "string"}
_REQUEST_BODY = {
    "required": True,
    "content": {
        "text/csv": {"schema": _BINARY, "example": _CSV_EXAMPLE},
        "application/octet-stream": {"schema": _BINARY, "example": _CSV_EXAMPLE},
        "multipart/form-data": {"schema": _FORM, "example": {"file": _CSV_EXAMPLE}},
    },
}
_VERDICTS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A line for each row of the file",
        "content": {
            "text/csv": {
                "schema": {"type": "string"},
                "example": f"{import_verdicts.header()}2,bob@example.com,created,0198c0de-0000-7000-8000-000000000001,",
            }
        },
    }
}


def _query_start(
    on_conflict: OnConflict = OnConflict.SKIP,
    dry_run: bool = False,
    list_id: UUID | None = None,
    encoding: Annotated[str | None, Query(max_length=50, description="Such as windows-1252")] = None,
    delimiter: Annotated[str | None, Query(min_length=1, max_length=1)] = None,
    sheet: Annotated[str | None, Query(max_length=255, description="Of a workbook; the first")] = None,
) -> ImportStart:
    """``ImportStart`` as parameters, for an upload that is imported at once."""
    return ImportStart(
        on_conflict=on_conflict,
        dry_run=dry_run,
        list_id=list_id,
        encoding=encoding,
        delimiter=delimiter,
        sheet=sheet,
    )


@upload_router.post(
    "/api/imports",
    status_code=201,
    summary="Upload a file of contacts",
    responses=problems(413),
    openapi_extra={"requestBody": _REQUEST_BODY},
)
async def upload_import(
    request: Request,
    ctx: Ctx,
    response: Response,
    asked: Annotated[ImportStart, Depends(_query_start)],
    start: Annotated[bool, Query(description="Import it at once, with the columns as guessed")] = False,
    file_name: Annotated[str | None, Query(max_length=255, description="Of a body that is the file itself")] = None,
) -> ImportCreated:
    """CSV in any encoding and with any usual delimiter, Excel or JSON Lines, as the body itself or in a form.

    Answers what the file is taken for and its first rows as they would be imported; nothing is imported before
    `POST /api/imports/{id}/start`, unless `start=true`.
    """
    upload = upload_of(request)
    # Telling the encoding reads the whole file: in a thread, so that other requests go on meanwhile.
    look = await asyncio.to_thread(
        import_files.preview, upload.file, replace(asked.file, encoding=asked.encoding or upload.charset)
    )
    upload = upload_of(request)
    import_id = await contact_imports.create(
        ctx.session,
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        user_id=ctx.user_id,
        file_name=upload.name,
        pieces=iter(partial(upload.file.read, contact_imports.PIECE_BYTES), b""),
        told=look.told,
        now=ctx.now,
    )
    if start:
        await _start(ctx, import_id, asked.model_copy(update={"encoding": None, "delimiter": None}), look.told)
    response.headers["Location"] = f"/api/imports/{import_id}"
    rows = [_preview(row, look.columns) for row in look.rows]
    return ImportCreated(**(await _detail(ctx, import_id)).model_dump(), preview=rows)


@router.get("/api/imports", summary="List imports")
async def list_imports(ctx: Ctx, page: PageQuery) -> Page[ImportRead]:
    """Newest first."""
    statement = contact_imports.listing(customer_id=ctx.customer_id)
    keys = (ContactImport.created_at, ContactImport.id)
    return Page[ImportRead].of(await paginate(ctx.session, statement, keys, page))


@router.get("/api/imports/{id}", summary="Get an import", responses=problems(404))
async def get_import(id: UUID, ctx: Ctx) -> ImportDetail:
    """Its counts move with its job, whose events are at `/api/jobs/{job_id}/events`."""
    return await _detail(ctx, id)


@router.post(
    "/api/imports/{id}/start",
    status_code=202,
    summary="Start an import",
    responses=problems(404, _STARTED),
)
async def start_import(id: UUID, body: ImportStart, ctx: Ctx, response: Response) -> JobRead:
    """Imports the file as a job: follow `Location`. After a dry run it can be started again."""
    row = await contact_imports.get(ctx.session, customer_id=ctx.customer_id, import_id=id)
    job = await _start(ctx, id, body, row.told)
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return job


@router.get(
    "/api/imports/{id}/rows.csv",
    summary="Read what became of each row",
    response_class=StreamingResponse,
    responses=_VERDICTS | problems(404),
)
async def read_rows(
    id: UUID,
    ctx: Ctx,
    request: Request,
    verdict: Annotated[ImportVerdict | None, Query(description="Only rows with this one")] = None,
) -> StreamingResponse:
    """In the order of the file, as far as the import is. A program for spreadsheets finds no formula in it."""
    await contact_imports.get(ctx.session, customer_id=ctx.customer_id, import_id=id)
    headers = {"Content-Disposition": f'attachment; filename="import-{id}.csv"'}
    batches = import_batches.verdicts(request.app.state.sessions, import_id=id, verdict=verdict)
    return StreamingResponse(_lines(batches), media_type="text/csv", headers=headers)


@router.post(
    "/api/imports/{id}/undo",
    status_code=202,
    summary="Undo an import",
    responses=problems(404, _SENT),
)
async def undo_import(id: UUID, ctx: Ctx, response: Response) -> JobRead:
    """Removes the contacts that it made, and gives those that it changed their values back, as a job.

    Contacts that are in an enrollment by now stay, and so does what somebody has changed since. It is refused once
    something was sent to a contact that the import made. Suppressions stay whatever happens.
    """
    job = await import_undo.request(
        ctx.session, customer_id=ctx.customer_id, import_id=id, user_id=ctx.user_id, now=ctx.now
    )
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return JobRead.model_validate(job)


async def _lines(batches: AsyncIterator[Sequence[RowVerdict]]) -> AsyncIterator[str]:
    yield import_verdicts.header()
    async for rows in batches:
        yield import_verdicts.lines(rows)


async def _start(ctx: Context, import_id: UUID, asked: ImportStart, told: dict[str, Any]) -> JobRead:
    options = asked.options(told)
    if asked.file == FileOptions():
        _require_mapping([column["name"] for column in told["columns"]], options)
    job = await contact_imports.start(
        ctx.session,
        customer_id=ctx.customer_id,
        import_id=import_id,
        user_id=ctx.user_id,
        options=options,
        now=ctx.now,
    )
    return JobRead.model_validate(job)


def _require_mapping(header: list[str], options: ImportOptions) -> None:
    """Raises ``Invalid`` at once for what the job would find wrong."""
    try:
        contact_columns.targets(header, options.mapping or {})
    except Invalid as error:
        fields = tuple(FieldError(f"/mapping{one.pointer}", one.code, one.detail) for one in error.fields)
        raise Invalid(error.code, error.detail, fields) from None


async def _detail(ctx: Context, import_id: UUID) -> ImportDetail:
    row = await contact_imports.get(ctx.session, customer_id=ctx.customer_id, import_id=import_id)
    changes = await contact_imports.sample_of_changes(ctx.session, import_id=import_id, limit=SAMPLE)
    return ImportDetail.model_validate({**row._mapping, "changes": changes}, from_attributes=True)


def _preview(row: CheckedRow, columns: tuple[str, ...]) -> PreviewRow:
    contact = None
    if row.values is not None:
        contact = {name: value for name, value in zip(columns, row.values, strict=True) if value is not None}
        if "custom_fields" in contact:
            contact["custom_fields"] = json.loads(contact["custom_fields"])
    return PreviewRow(line=row.line, contact=contact, remark=row.remark.reason if row.remark else None)
