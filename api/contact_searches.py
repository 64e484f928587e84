"""Contacts searched by rules, by words or by both, in any order, page by page."""

from typing import Annotated

from fastapi import Response
from pydantic import ConfigDict, Field
from sqlalchemy import select

from api.contact_bodies import ContactRead
from api.contact_orders import SORT, Sort, order_of
from api.contact_reads import contact_page
from api.contacts import Q, SearchText
from api.dependencies import Ctx
from api.filters import EXAMPLE_RULES, INVALID, FilterRules, in_time, matching
from api.pagination import DEFAULT_LIMIT, MAX_LIMIT, Page, PageOptions
from api.problems import problems
from api.routing import new_router
from api.schemas import Body
from api.sorting import paginate_by
from db import contact_search
from db.contact_reads import PLAIN
from db.models import Contact

router = new_router("contacts")


class ContactSearch(Body):
    """Whom to find; filter and q are joined by AND, and each may be left out."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"filter": EXAMPLE_RULES, "sort": "company_name", "limit": 50}}
    )
    filter: FilterRules | None = None
    q: SearchText | None = Field(default=None, description=Q)
    sort: Sort | None = Field(default=None, description=SORT)
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str | None, Field(max_length=1000, description="`next_cursor` of the page before")] = None
    count: bool = Field(default=False, description="Whether to count all that are found (`total`)")


@router.post(
    "/api/contacts/search", summary="Search contacts", response_model=Page[ContactRead], responses=problems(INVALID)
)
async def search_contacts(body: ContactSearch, ctx: Ctx) -> Response:
    """Rules are those of dynamic lists. A cursor is good for the same search in the same order."""
    order = order_of(body.sort, body.q)
    statement = select(*PLAIN).where(Contact.customer_id == ctx.customer_id)
    if body.filter is not None:
        statement = statement.where(await matching(ctx, body.filter, "/filter"))
    if body.q is not None:
        await contact_search.prepare(ctx.session)
        statement = statement.where(contact_search.found_by(body.q))
    page = PageOptions(limit=body.limit, cursor=body.cursor, count=body.count)
    async with in_time(ctx, "/filter"):
        return contact_page(await paginate_by(ctx.session, statement, order, page))
