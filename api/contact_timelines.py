"""What happened with a contact, in one feed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from api.dependencies import Ctx
from api.pagination import Page, PageQuery, read_cursor, read_key, write_cursor
from api.problems import problems
from api.routing import new_router
from api.schemas import Read
from db import contact_timeline, contacts
from db.contact_timeline import EventKind

router = new_router("contacts")


class TimelineEntry(Read):
    """Something that happened; `id` is that of the activity, message, task, enrollment or change of a list."""

    kind: EventKind
    at: datetime
    id: UUID
    data: dict[str, Any] = Field(examples=[{"type": "email_opened", "subtype": "human"}])


@router.get("/api/contacts/{id}/timeline", summary="Read a contact's timeline", responses=problems(404))
async def read_timeline(id: UUID, ctx: Ctx, page: PageQuery) -> Page[TimelineEntry]:
    """Activities, messages sent and received, tasks, enrollments and lists, the newest first. It is not counted."""
    await contacts.get(ctx.session, customer_id=ctx.customer_id, contact_id=id)
    after = None
    if page.cursor is not None:
        texts = read_cursor(page.cursor, 3)
        after = (read_key(texts[0], datetime), read_key(texts[1], str), read_key(texts[2], UUID))
    rows = await contact_timeline.read(
        ctx.session, customer_id=ctx.customer_id, contact_id=id, limit=page.limit + 1, after=after
    )
    shown = rows[: page.limit]
    last = shown[-1] if len(rows) > page.limit else None
    return Page[TimelineEntry].of((shown, last and write_cursor((last.at, last.kind, last.id)), None))
