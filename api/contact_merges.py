"""Contacts that are one person: found, and made one."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import Response
from pydantic import ConfigDict, Field, model_validator

from api.contact_authors import author_of
from api.contact_bodies import ContactRead
from api.dependencies import Ctx
from api.etags import etag
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, Read
from db import contact_duplicates, contact_merging
from db.contact_duplicates import DuplicateReason
from domain.errors import FieldError, Invalid

router = new_router("contacts")

MAX_DUPLICATES = 50
_ID = "0198c0de-0000-7000-8000-000000000002"


class Merge(Body):
    """Whom to merge into the contact of the path, the best first: what it lacks is taken from the first that has it."""

    model_config = ConfigDict(json_schema_extra={"example": {"duplicate_ids": [_ID]}})
    duplicate_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_DUPLICATES)]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.duplicate_ids)) < len(self.duplicate_ids):
            raise ValueError("name each duplicate once")
        return self


class Duplicate(Read):
    """A contact that is likely the same person, and why."""

    contact: ContactRead
    reasons: list[DuplicateReason] = Field(description="The surest first")


class Duplicates(Read):
    """Likely duplicates, those with the most reasons first."""

    data: list[Duplicate]


@router.get("/api/contacts/{id}/duplicates", summary="Find likely duplicates", responses=problems(404))
async def find_duplicates(id: UUID, ctx: Ctx) -> Duplicates:
    """Those with the same mailbox (but for +tags, and dots at Gmail), LinkedIn profile, phone, or name and company
    domain; at most 100 for each reason."""
    found = await contact_duplicates.duplicates(ctx.session, customer_id=ctx.customer_id, contact_id=id)
    return Duplicates(
        data=[Duplicate(contact=ContactRead.model_validate(row), reasons=reasons) for row, reasons in found]
    )


@router.post("/api/contacts/{id}/merge", summary="Merge duplicates into a contact", responses=problems(404))
async def merge_contacts(id: UUID, body: Merge, ctx: Ctx, response: Response) -> ContactRead:
    """The contact keeps its fields and gets those that it lacks; all that happened with the duplicates becomes its own,
    and the duplicates go.

    The stricter status wins. Open enrollments of duplicates go on with the contact, from its mailbox's next slot, or
    are stopped where it has one in that sequence.
    """
    if id in body.duplicate_ids:
        wrong = FieldError(f"/duplicate_ids/{body.duplicate_ids.index(id)}", "self", "is the contact itself")
        raise Invalid("merge.self", "A contact cannot be merged into itself.", (wrong,))
    row = await contact_merging.merge(
        ctx.session, author_of(ctx), survivor_id=id, duplicate_ids=body.duplicate_ids, now=ctx.now
    )
    response.headers["ETag"] = etag(row.version)
    return ContactRead.model_validate(row)
