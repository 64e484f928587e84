"""Contacts as they are read most: what Postgres gives is written as JSON without a model in between."""

from typing import Any
from uuid import UUID

from fastapi import Response
from pydantic_core import to_json

from api.contact_bodies import ContactRead
from api.dependencies import ReadCtx
from api.etags import IfNoneMatch, etag, is_known
from api.pagination import Listing
from api.problems import problems
from api.routing import new_read_router
from db import contact_reads
from db.contact_reads import NAMES

router = new_read_router("contacts")

_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "It is still a version that is known"}}


@router.get(
    "/api/contacts/{id}", summary="Read a contact", response_model=ContactRead, responses=problems(404) | _NOT_MODIFIED
)
async def read_contact(id: UUID, ctx: ReadCtx, if_none_match: IfNoneMatch = None) -> Response:
    """Its `ETag` changes with anything of it: `If-None-Match` is answered by 304 while it is the same."""
    contact, version = await contact_reads.one(ctx.connection, customer_id=ctx.customer_id, contact_id=id)
    headers = {"ETag": etag(version)}
    if is_known(if_none_match, version):
        return Response(status_code=304, headers=headers)
    return _json(contact, headers)


def contact_page(listing: Listing) -> Response:
    """A page of rows that begin with ``contact_reads.PLAIN``, as ``Page[ContactRead]`` would be written."""
    rows, next_cursor, total = listing
    page = {"data": [dict(zip(NAMES, row, strict=False)) for row in rows], "next_cursor": next_cursor}
    return _json(page if total is None else page | {"total": total})


def _json(content: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    return Response(to_json(content), media_type="application/json", headers=headers)
