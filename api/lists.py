"""Lists of contacts, static, dynamic and suppressing, their members, and who came and went."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import Ctx
from api.filters import check_rules
from api.jobs import JobRead
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, Color, JsonObject, LongText, Name, Read
from api.updates import UNSENT, partial, sent
from db import jobs, list_changes, lists
from db.models import ContactList, ContactListChange
from domain.vocabulary import JobKind, ListType, MembershipSource

router = new_router("lists")

MAX_MEMBERS_PER_CALL = 10_000
_IN_USE = (409, "list.in_use", "The rules of other lists speak of this one: 0198c0de-0000-7000-8000-000000000001.")
_NOT_DYNAMIC = (409, "list.not_dynamic", "This list is static: it has no rules by which it could be refreshed.")
_DYNAMIC = (409, "list.dynamic", "This list is dynamic: its rules choose its members.")
_TYPE = (409, "list.type", "This list is static; the type of a list does not change.")
_RULES = {"operator": "AND", "conditions": [{"field": "industry", "operator": "equals", "value": "technology"}]}


class _ListFields(Body):
    description: LongText | None = Field(default=None, examples=["Trials of November"])
    color: Color | None = Field(default=None, examples=["#3366cc"])
    is_public: bool = True
    filter_rules: JsonObject | None = Field(
        default=None, examples=[_RULES], description="Of a dynamic list, and of no other"
    )
    auto_refresh: bool = Field(
        default=False,
        description="Refresh a dynamic list as time goes by: its rules speak of `last 30 days` and the like",
    )
    enroll_sequence_id: UUID | None = Field(
        default=None, examples=[None], description="Whoever joins from now on is enrolled in this sequence"
    )


class ListCreate(_ListFields):
    """A new list."""

    name: Name = Field(examples=["Trials"])
    type: ListType = ListType.STATIC


class ListChange(_ListFields):
    """The fields to write; what is left out stays as it is."""

    model_config = ConfigDict(json_schema_extra=partial({"name": "Trials", "color": "#3366cc"}))

    name: Name = UNSENT
    type: ListType = Field(default=ListType.STATIC, description="Cannot change: accepted when it is the list's own")


class ListRead(Read):
    """A list; its counts are always those of its members."""

    id: UUID
    customer_id: UUID
    workspace_id: UUID
    name: str = Field(examples=["Trials"])
    description: str | None = Field(examples=["Trials of November"])
    type: ListType | None
    created_by: UUID
    color: str | None = Field(examples=["#3366cc"])
    is_public: bool | None
    filter_rules: dict[str, Any] | None = Field(examples=[_RULES])
    auto_refresh: bool | None
    last_refreshed_at: datetime | None = Field(description="When all contacts were last judged by its rules")
    created_at: datetime | None
    updated_at: datetime | None
    total_contacts: int = Field(examples=[200])
    active_contacts: int = Field(examples=[198], description="Members whose status is `active`")
    enroll_sequence_id: UUID | None = Field(examples=[None])


class MembershipChange(Read):
    """A contact joined a list or left it. Changes of contacts that were erased are gone with them."""

    id: UUID
    contact_id: UUID
    joined: bool = Field(description="false: it left")
    source: MembershipSource = Field(
        examples=["rule_evaluation"], description="`rule_evaluation`: by the list's rules; else who did it, and how"
    )
    changed_at: datetime
    changed_by: UUID | None = Field(description="null for rules")


class Members(Body):
    """The contacts that are put into a list or taken out."""

    contact_ids: list[UUID] = Field(min_length=1, max_length=MAX_MEMBERS_PER_CALL)


class MemberVerdict(BaseModel):
    """What became of one contact: `added`, `already_member`, `removed`, `not_member` or `not_found`."""

    contact_id: UUID
    verdict: str = Field(examples=["added"])


class MemberVerdicts(BaseModel):
    """One verdict per contact that was sent, and the list's counts after."""

    results: list[MemberVerdict]
    total_contacts: int = Field(examples=[200])
    active_contacts: int = Field(examples=[198])


@router.get("/api/lists", summary="List contact lists")
async def list_lists(
    ctx: Ctx,
    page: PageQuery,
    type: ListType | None = None,
    name: Annotated[str | None, Query(max_length=255, description="Part of the name, in any case")] = None,
) -> Page[ListRead]:
    """Newest first."""
    statement = lists.listing(customer_id=ctx.customer_id, type=type, name=name)
    return Page[ListRead].of(await paginate(ctx.session, statement, (ContactList.created_at, ContactList.id), page))


@router.post("/api/lists", status_code=201, summary="Create a list")
async def create_list(body: ListCreate, ctx: Ctx, response: Response) -> ListRead:
    """A `dynamic` list needs `filter_rules`, which choose its members; a `suppression` list keeps its own from being
    mailed.

    A dynamic list is filled within a second, or, of a customer with more than 10,000 contacts, by a job; until then
    `last_refreshed_at` is null. From then on it follows every change of a contact within a second. Its rules may speak
    of other lists, but not so that they come back to it.
    """
    await _check_rules(ctx, body)
    row = await lists.create(
        ctx.session,
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        user_id=ctx.user_id,
        fields=body.model_dump(),
        now=ctx.now,
    )
    response.headers["Location"] = f"/api/lists/{row.id}"
    return ListRead.model_validate(row)


@router.get("/api/lists/{id}", summary="Read a list", responses=problems(404))
async def read_list(id: UUID, ctx: Ctx) -> ListRead:
    """Its members are `GET /api/contacts?list_id=`."""
    return ListRead.model_validate(await lists.get(ctx.session, customer_id=ctx.customer_id, list_id=id))


@router.put("/api/lists/{id}", summary="Update a list", responses=problems(404, _TYPE))
async def update_list(id: UUID, body: ListChange, ctx: Ctx) -> ListRead:
    """Writes the fields that are sent and leaves the others. By other rules it is filled anew, as a new list is."""
    await _check_rules(ctx, body)
    row = await lists.change(ctx.session, customer_id=ctx.customer_id, list_id=id, fields=sent(body), now=ctx.now)
    return ListRead.model_validate(row)


@router.delete("/api/lists/{id}", status_code=204, summary="Delete a list", responses=problems(404, _IN_USE))
async def delete_list(id: UUID, ctx: Ctx) -> None:
    """Its contacts stay. One that other lists' rules speak of stays too, since they would choose others without it."""
    await lists.remove(ctx.session, customer_id=ctx.customer_id, list_id=id)


@router.post("/api/lists/{id}/contacts", summary="Add contacts to a list", responses=problems(404, _DYNAMIC))
async def add_contacts_to_list(id: UUID, body: Members, ctx: Ctx) -> MemberVerdicts:
    """Each contact has its verdict; one that does not exist keeps no other out."""
    verdicts = await lists.add_contacts(
        ctx.session,
        customer_id=ctx.customer_id,
        list_id=id,
        contact_ids=body.contact_ids,
        user_id=ctx.user_id,
        source=MembershipSource.API,
        now=ctx.now,
    )
    return await _verdicts(ctx, id, verdicts)


@router.delete("/api/lists/{id}/contacts", summary="Remove contacts from a list", responses=problems(404, _DYNAMIC))
async def remove_contacts_from_list(id: UUID, body: Members, ctx: Ctx) -> MemberVerdicts:
    """Each contact has its verdict; the contacts themselves stay."""
    verdicts = await lists.remove_contacts(
        ctx.session,
        customer_id=ctx.customer_id,
        list_id=id,
        contact_ids=body.contact_ids,
        user_id=ctx.user_id,
        source=MembershipSource.API,
        now=ctx.now,
    )
    return await _verdicts(ctx, id, verdicts)


@router.post(
    "/api/lists/{id}/refresh",
    status_code=202,
    summary="Refresh a dynamic list",
    responses=problems(404, _NOT_DYNAMIC),
)
async def refresh_list(id: UUID, ctx: Ctx, response: Response) -> JobRead:
    """Judges every contact by the list's rules, as a job: follow `Location`. Sending goes on meanwhile."""
    row = await lists.require_dynamic(ctx.session, customer_id=ctx.customer_id, list_id=id)
    job = await jobs.create(
        ctx.session,
        customer_id=ctx.customer_id,
        workspace_id=row.workspace_id,
        user_id=ctx.user_id,
        kind=JobKind.LIST_REFRESH,
        parameters={"list_id": str(id)},
        now=ctx.now,
    )
    response.headers["Location"] = f"/api/jobs/{job.id}"
    return JobRead.model_validate(job)


@router.get("/api/lists/{id}/history", summary="List who joined a list and who left", responses=problems(404))
async def list_changes_of_list(
    id: UUID,
    ctx: Ctx,
    page: PageQuery,
    contact_id: Annotated[UUID | None, Query(description="Of this contact alone")] = None,
    joined: Annotated[bool | None, Query(description="Only joins, or only leaves")] = None,
) -> Page[MembershipChange]:
    """Newest first."""
    await lists.get(ctx.session, customer_id=ctx.customer_id, list_id=id)
    statement = list_changes.listing(customer_id=ctx.customer_id, list_id=id, contact_id=contact_id, joined=joined)
    order = (ContactListChange.changed_at, ContactListChange.id)
    return Page[MembershipChange].of(await paginate(ctx.session, statement, order, page))


async def _check_rules(ctx: Ctx, body: _ListFields) -> None:
    if body.filter_rules is not None:
        await check_rules(ctx, body.filter_rules, "/filter_rules", code="list.rules")


async def _verdicts(ctx: Ctx, list_id: UUID, verdicts: dict[UUID, str]) -> MemberVerdicts:
    row = await lists.get(ctx.session, customer_id=ctx.customer_id, list_id=list_id)
    return MemberVerdicts(
        results=[MemberVerdict(contact_id=id, verdict=verdict) for id, verdict in verdicts.items()],
        total_contacts=row.total_contacts,
        active_contacts=row.active_contacts,
    )
