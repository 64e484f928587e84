"""What was done that must stay known: read, never written by a request of its own."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, Field

from api.dependencies import Ctx
from api.pagination import Page, PageQuery, paginate
from api.routing import new_router
from api.schemas import Read, Text
from db import audit
from db.audit import AuditFilter
from db.models import AuditEvent

router = new_router("audit events")

KEYS = (AuditEvent.occurred_at, AuditEvent.id)
"""By which pages of events are ordered."""


class AuditEventRead(Read):
    """Something that was done. Neither the API nor the application can change or delete it."""

    id: UUID
    workspace_id: UUID | None
    user_id: UUID | None = Field(description="Who did it; null: OpenDoors itself")
    action: str = Field(examples=["suppression.lifted"])
    subject: str = Field(examples=["suppression"], description="What kind of thing it was done to")
    subject_id: UUID | None = Field(description="Which one; it may be gone. Null: several")
    address_hash: str | None = Field(
        examples=["hmac-sha256:5d3a0b0e…"], description="Keyed hash of the address that it concerns"
    )
    details: dict[str, Any] = Field(examples=[{"suppression_type": "manual", "reason": "Asked for our mail again"}])
    occurred_at: datetime


@router.get("/api/audit-events", summary="List audit events")
async def list_audit_events(
    ctx: Ctx,
    page: PageQuery,
    action: Annotated[Text | None, Query(examples=["suppression.lifted"])] = None,
    subject: Annotated[Text | None, Query(examples=["suppression"], description="The kind of thing")] = None,
    subject_id: Annotated[UUID | None, Query(description="The id of the thing, which may be gone")] = None,
    user_id: Annotated[UUID | None, Query(description="Who did it")] = None,
    since: Annotated[AwareDatetime | None, Query(description="The earliest instant")] = None,
) -> Page[AuditEventRead]:
    """Newest first."""
    wanted = AuditFilter(action=action, subject=subject, subject_id=subject_id, user_id=user_id, since=since)
    statement = audit.listing(customer_id=ctx.customer_id, wanted=wanted)
    return Page[AuditEventRead].of(await paginate(ctx.session, statement, KEYS, page))
