"""Lists of contacts, static, dynamic and suppressing, and their members."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import Ctx
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, Color, JsonObject, LongText, Name, Read
from api.updates import UNSENT, partial, sent
from db import lists
from db.models import ContactList
from domain.errors import FieldError, Invalid
from domain.filter_rules import rule_problems
from domain.vocabulary import ListType, MembershipSource

router = new_router("lists")

MAX_MEMBERS_PER_CALL = 10_000
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
    auto_refresh: bool = Field(default=False, description="Only a dynamic list refreshes")


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
    """A list; its counts are those of its members at the moment of the answer."""

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
    last_refreshed_at: datetime | None
    created_at: datetime | None
    updated_at: datetime | None
    total_contacts: int = Field(examples=[200])
    active_contacts: int = Field(examples=[198], description="Members whose status is `active`")


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
    """A `dynamic` list needs `filter_rules`.

    The rules are checked for their form and kept; this version does not yet evaluate them, so a dynamic list
    stays empty and `last_refreshed_at` null. A `suppression` list keeps its members from being mailed.
    """
    _check_rules(body)
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
    """Writes the fields that are sent and leaves the others."""
    _check_rules(body)
    row = await lists.change(ctx.session, customer_id=ctx.customer_id, list_id=id, fields=sent(body), now=ctx.now)
    return ListRead.model_validate(row)


@router.delete("/api/lists/{id}", status_code=204, summary="Delete a list", responses=problems(404))
async def delete_list(id: UUID, ctx: Ctx) -> None:
    """Its contacts stay."""
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
        ctx.session, customer_id=ctx.customer_id, list_id=id, contact_ids=body.contact_ids
    )
    return await _verdicts(ctx, id, verdicts)


def _check_rules(body: _ListFields) -> None:
    if body.filter_rules is None:
        return
    wrong = [
        FieldError(f"/filter_rules{one.pointer}", one.code, one.detail) for one in rule_problems(body.filter_rules)
    ]
    if wrong:
        raise Invalid("list.rules", "The filter rules are not well formed.", tuple(wrong))


async def _verdicts(ctx: Ctx, list_id: UUID, verdicts: dict[UUID, str]) -> MemberVerdicts:
    row = await lists.get(ctx.session, customer_id=ctx.customer_id, list_id=list_id)
    return MemberVerdicts(
        results=[MemberVerdict(contact_id=id, verdict=verdict) for id, verdict in verdicts.items()],
        total_contacts=row.total_contacts,
        active_contacts=row.active_contacts,
    )
