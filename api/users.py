"""The people who work for the customer."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.dependencies import Ctx
from api.pagination import Page, PageQuery, paginate
from api.routing import new_router
from api.schemas import Read
from db import workspaces
from db.models import User

router = new_router("users")


class UserRead(Read):
    """A user; `opendoors keys create` makes them."""

    id: UUID
    customer_id: UUID
    email: str = Field(examples=["ann@customer.example"])
    name: str | None = Field(examples=["Ann Lee"])
    created_at: datetime


@router.get("/api/users", summary="List the users of the customer")
async def list_users(ctx: Ctx, page: PageQuery) -> Page[UserRead]:
    """Newest first."""
    statement = workspaces.users(customer_id=ctx.customer_id)
    return Page[UserRead].of(await paginate(ctx.session, statement, (User.created_at, User.id), page))
