"""Contacts exported: many as CSV, one with everything that is held of the person."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import AfterValidator, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from api import auditing
from api.dependencies import Ctx
from api.filters import EXAMPLE_RULES, INVALID, FilterRules, matching
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, Read, Text
from db import contact_exports
from db.contact_exports import COLUMNS, CUSTOM
from db.models import Contact

router = new_router("contacts")

MAX_COLUMNS = 200
_DEFAULT = ["email", "first_name", "last_name", "job_title", "company_name", "phone", "country", "status"]


def _exportable(name: str) -> str:
    if name not in COLUMNS and not (name.startswith(CUSTOM) and len(name) > len(CUSTOM)):
        raise ValueError(f"{name!r} is no field of contacts; custom ones are written {CUSTOM}name")
    return name


class ContactExport(Body):
    """Which contacts, and what of them."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"filter": EXAMPLE_RULES, "columns": ["email", "full_name", "custom_fields.plan"]}
        }
    )
    filter: FilterRules | None = None
    columns: Annotated[
        list[Annotated[Text, AfterValidator(_exportable)]], Field(min_length=1, max_length=MAX_COLUMNS)
    ] = _DEFAULT
    bom: bool = Field(default=False, description="Begin with a byte order mark, by which Excel knows UTF-8")


class PersonExport(Read):
    """Everything that is held of a person, table by table, as it is stored."""

    exported_at: datetime
    contact: dict[str, Any] = Field(examples=[{"email": "bob@example.com"}])
    memberships: list[dict[str, Any]]
    list_changes: list[dict[str, Any]]
    activities: list[dict[str, Any]]
    messages: list[dict[str, Any]] = Field(description="With their bodies")
    inbound_messages: list[dict[str, Any]]
    provider_events: list[dict[str, Any]]
    tasks: list[dict[str, Any]]
    enrollments: list[dict[str, Any]]
    suppressions: list[dict[str, Any]]
    enrichment_queue: list[dict[str, Any]]
    enrichment_answers: list[dict[str, Any]]
    import_changes: list[dict[str, Any]]


_LINES = "email,phone\r\nbob@example.com,+34600000000\r\n"
_CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The contacts in the order of their ids (RFC 4180, UTF-8)",
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": "email,phone\r\nbob@example.com,+34600000000"}
        },
    }
}


@router.post(
    "/api/contacts/export",
    summary="Export contacts as CSV",
    response_class=StreamingResponse,
    responses=problems(INVALID) | _CSV,
)
async def export_contacts(body: ContactExport, ctx: Ctx, request: Request) -> StreamingResponse:
    """Streamed, however many they are; cells that a spreadsheet would run as a formula get an apostrophe.

    The answer is not kept under an `Idempotency-Key`: asked again, it is made again.
    """
    condition = Contact.customer_id == ctx.customer_id
    if body.filter is not None:
        condition = await matching(ctx, body.filter, "/filter")
    details = {"columns": body.columns, "by_filter": body.filter is not None}
    await auditing.record(ctx, "contacts.exported", "contact", None, details)
    # The request's own transaction ends before the first line is sent.
    sessions: async_sessionmaker[AsyncSession] = request.app.state.sessions
    lines = contact_exports.lines(sessions, condition, body.columns, bom=body.bom)
    disposition = f'attachment; filename="contacts-{ctx.now:%Y-%m-%d}.csv"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/api/contacts/{id}/export", summary="Export all that is held of a person", responses=problems(404))
async def export_person(id: UUID, ctx: Ctx) -> PersonExport:
    """For a person who asks what is held of them (GDPR, articles 15 and 20), with the bodies of all messages."""
    held = await contact_exports.person(ctx.session, customer_id=ctx.customer_id, contact_id=id)
    await auditing.record(ctx, "contact.exported", "contact", id, {})
    return PersonExport(exported_at=ctx.now, **held)
