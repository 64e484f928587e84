"""Many contacts changed or erased at once: tried first if wished, then done by a job."""

from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Response
from fastapi.responses import JSONResponse
from pydantic import ConfigDict, Field, model_validator
from sqlalchemy import Row

from api import auditing
from api.contact_bodies import ContactFields, ContactRead
from api.dependencies import Context, Ctx
from api.filters import EXAMPLE_RULES, INVALID, FilterRules, check_rules, in_time
from api.jobs import JobRead
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, JsonObject, Read
from api.updates import partial
from db import contact_changes, jobs
from db.contact_selections import Selection
from domain.vocabulary import ContactStatus, JobKind

router = new_router("contacts")

MAX_IDS = 10_000
SAMPLE = 10
_ID = "0198c0de-0000-7000-8000-000000000001"


class ContactChoice(Body):
    """Which contacts: exactly one of the two. Ids of contacts that are not there are passed over."""

    filter: FilterRules | None = None
    contact_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_IDS)] | None = None
    dry_run: bool = Field(default=False, description="Count them and show some, and change nothing")

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if (self.filter is None) == (self.contact_ids is None):
            raise ValueError("give exactly one of filter and contact_ids")
        return self


class BulkChanges(ContactFields):
    """The fields to write to each contact; what is left out stays as it is, and null empties a field."""

    model_config = ConfigDict(json_schema_extra=partial({"department": "sales"}))
    status: ContactStatus = ContactStatus.ACTIVE
    source_details: JsonObject | None = Field(default=None, examples=[{"form": "pricing"}])

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one field")
        return self


class BulkUpdate(ContactChoice):
    """Whom to change, and what."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"filter": EXAMPLE_RULES, "changes": {"department": "sales"}, "dry_run": True},
        }
    )
    changes: BulkChanges


class BulkDelete(ContactChoice):
    """Whom to erase."""

    model_config = ConfigDict(json_schema_extra={"example": {"contact_ids": [_ID], "dry_run": True}})


class BulkPreview(Read):
    """Whom it would concern."""

    count: int = Field(examples=[1])
    sample: list[ContactRead] = Field(description="The first of them")


_ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"model": JobRead, "description": "A job does it: `Location` is where its progress is"}
}


@router.post(
    "/api/contacts/bulk-update",
    summary="Change many contacts",
    response_model=BulkPreview,
    responses=problems(INVALID) | _ACCEPTED,
)
async def bulk_update_contacts(body: BulkUpdate, ctx: Ctx) -> BulkPreview | Response:
    """Each is changed as by PATCH, in the order of their ids, by a job in batches of 500.

    A contact that fits the filter when its turn comes is changed once. With `dry_run` the answer is 200 with whom it
    would concern, else 202 with the job.
    """
    chosen = await _chosen(ctx, body)
    changes = body.changes.model_dump(mode="json", exclude_unset=True)
    # What cannot be is told at once, and not by the job.
    contact_changes.standing(contact_changes.typed(changes), None, ctx.now)
    async with in_time(ctx, "/filter"):
        if body.dry_run:
            return await _preview(ctx, chosen)
        total = await chosen.count(ctx.session)
    return _accepted(await _begin(ctx, JobKind.CONTACTS_UPDATE, {**_choice(body), "changes": changes}, total))


@router.post(
    "/api/contacts/bulk-delete",
    summary="Erase many contacts",
    response_model=BulkPreview,
    responses=problems(INVALID) | _ACCEPTED,
)
async def bulk_delete_contacts(body: BulkDelete, ctx: Ctx) -> BulkPreview | Response:
    """Each is erased as by DELETE, in the order of their ids, by a job in batches of 500.

    With `dry_run` the answer is 200 with whom it would concern, else 202 with the job.
    """
    chosen = await _chosen(ctx, body)
    async with in_time(ctx, "/filter"):
        if body.dry_run:
            return await _preview(ctx, chosen)
        total = await chosen.count(ctx.session)
    job = await _begin(ctx, JobKind.CONTACTS_DELETE, _choice(body), total)
    details = {"contacts": total, "by_filter": body.filter is not None}
    await auditing.record(ctx, "contacts.bulk_deleted", "job", job.id, details)
    return _accepted(job)


async def _chosen(ctx: Context, body: ContactChoice) -> Selection:
    if body.filter is not None:
        await check_rules(ctx, body.filter, "/filter")
    return await Selection.of(
        ctx.session, _choice(body), customer_id=ctx.customer_id, workspace_id=ctx.workspace_id, now=ctx.now
    )


def _choice(body: ContactChoice) -> dict[str, Any]:
    return body.model_dump(mode="json", include={"filter", "contact_ids"}, exclude_none=True)


async def _preview(ctx: Context, chosen: Selection) -> BulkPreview:
    count, sample = await chosen.count(ctx.session), await chosen.sample(ctx.session, SAMPLE)
    return BulkPreview(count=count, sample=[ContactRead.model_validate(row) for row in sample])


async def _begin(ctx: Context, kind: JobKind, parameters: dict[str, Any], total: int) -> Row[Any]:
    return await jobs.create(
        ctx.session,
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        user_id=ctx.user_id,
        kind=kind,
        parameters=parameters,
        now=ctx.now,
        total=total,
    )


def _accepted(job: Row[Any]) -> Response:
    headers = {"Location": f"/api/jobs/{job.id}"}
    return JSONResponse(JobRead.model_validate(job).model_dump(mode="json"), 202, headers)
