"""Contacts: the people whom sequences write to."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from pydantic import StringConstraints

from api.contact_authors import author_of
from api.contact_bodies import ContactChange, ContactCreate, ContactRead
from api.contact_orders import SortQuery, order_of
from api.contact_reads import contact_page
from api.dependencies import Ctx
from api.etags import IfMatch, etag, expected
from api.pagination import Page, PageQuery
from api.problems import problems
from api.routing import new_router
from api.schemas import Address, Text
from api.sorting import paginate_by
from api.updates import sent
from db import contact_erasure, contact_search, contacts
from db.contact_reads import PLAIN
from domain.vocabulary import ContactSource, ContactStatus

router = new_router("contacts")

SearchText = Annotated[Text, StringConstraints(strip_whitespace=True, min_length=1, max_length=255)]
Q = "Beginnings of words of the name or the company, or of the address; from four letters on also misspelt ones"
_EXISTS = (409, "contact.exists", "There is already a contact with the address bob@example.com.")


@router.get("/api/contacts", summary="List contacts", response_model=Page[ContactRead])
async def list_contacts(
    ctx: Ctx,
    page: PageQuery,
    status: ContactStatus | None = None,
    email: Annotated[Address | None, Query(description="The whole address, in any case")] = None,
    q: Annotated[SearchText | None, Query(description=Q)] = None,
    list_id: Annotated[UUID | None, Query(description="Members of this list")] = None,
    company_domain: Annotated[str | None, Query(max_length=255)] = None,
    source: ContactSource | None = None,
    sort: SortQuery = None,
) -> Response:
    """Filters are joined by AND; a list that does not exist has no members."""
    order = order_of(sort, q)
    if q is not None:
        await contact_search.prepare(ctx.session)
    found = contacts.listing(
        customer_id=ctx.customer_id,
        status=status,
        email=email,
        q=q,
        list_id=list_id,
        company_domain=company_domain,
        source=source,
    )
    statement = found.with_only_columns(*PLAIN)
    return contact_page(await paginate_by(ctx.session, statement, order, page))


@router.post("/api/contacts", status_code=201, summary="Create a contact", responses=problems(_EXISTS))
async def create_contact(body: ContactCreate, ctx: Ctx, response: Response) -> ContactRead:
    """The address is unique for the customer. A suppressed address may be a contact; it is not mailed."""
    row = await contacts.create(
        ctx.session,
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        user_id=ctx.user_id,
        fields={"source": body.source, **sent(body)},
        hashes=ctx.settings.address_hashes,
        now=ctx.now,
    )
    response.headers["Location"] = f"/api/contacts/{row.id}"
    response.headers["ETag"] = etag(row.version)
    return ContactRead.model_validate(row)


@router.put("/api/contacts/{id}", summary="Update a contact", responses=problems(404, _EXISTS, 412))
async def update_contact(
    id: UUID, body: ContactChange, ctx: Ctx, response: Response, if_match: IfMatch = None
) -> ContactRead:
    """Writes the fields that are sent and leaves the others, as PATCH does; `If-Match` only if it is that version.

    `custom_fields` is replaced as a whole. The status `unsubscribed` suppresses the address and ends the
    contact's enrollments in sequences that stop on an unsubscribe.
    """
    row = await contacts.change(
        ctx.session,
        customer_id=ctx.customer_id,
        contact_id=id,
        user_id=ctx.user_id,
        fields=sent(body),
        now=ctx.now,
        hashes=ctx.settings.address_hashes,
        versions=expected(if_match),
    )
    response.headers["ETag"] = etag(row.version)
    return ContactRead.model_validate(row)


@router.patch("/api/contacts/{id}", summary="Change fields of a contact", responses=problems(404, _EXISTS, 412))
async def change_contact(
    id: UUID, body: ContactChange, ctx: Ctx, response: Response, if_match: IfMatch = None
) -> ContactRead:
    """Writes the fields that are sent and leaves the others; `If-Match` only if it is that version."""
    return await update_contact(id, body, ctx, response, if_match)


@router.delete("/api/contacts/{id}", status_code=204, summary="Erase a contact", responses=problems(404, 412))
async def delete_contact(id: UUID, ctx: Ctx, if_match: IfMatch = None) -> None:
    """Stops its enrollments, then erases it with its messages, tasks, activities and all else that speaks of it.

    Entries of the suppression list stay under a keyed hash, so that the address is not mailed when it is imported
    again. `If-Match` only if it is that version.
    """
    versions = expected(if_match)
    await contact_erasure.erase(ctx.session, author_of(ctx), contact_id=id, now=ctx.now, versions=versions)
