"""The suppression list: addresses and domains that are not mailed."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query, Response
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.dependencies import Ctx
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, LongText, Read, ShortText, Text
from db import suppressions
from db.models import ContactSuppressionList
from domain.addresses import AddressProblem, domain_of, normalise
from domain.vocabulary import SuppressionType

router = new_router("suppressions")


def _address_or_domain(value: str) -> str:
    """``bob@example.com`` or ``@example.com``, normalised."""
    value = value.strip()
    try:
        return f"@{domain_of(normalise(f'any{value}'))}" if value.startswith("@") else normalise(value)
    except AddressProblem as problem:
        raise ValueError(str(problem)) from None


AddressOrDomain = Annotated[Text, StringConstraints(max_length=320), AfterValidator(_address_or_domain)]


class SuppressionCreate(Body):
    """A new entry. `domain_block` and `isp_block` are for `@domain`; the other types for one address or a domain."""

    email: AddressOrDomain = Field(examples=["bob@example.com"], description="An address, or `@domain` for all of it")
    suppression_type: SuppressionType = SuppressionType.MANUAL
    reason: LongText | None = Field(default=None, examples=["Asked by phone not to be written to"])
    source: ShortText = Field(default="api", examples=["api"])
    expires_at: AwareDatetime | None = Field(default=None, description="A `temporary` entry needs it")
    notes: LongText | None = Field(default=None, examples=["Ticket 1234"])

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.suppression_type is SuppressionType.DOMAIN_BLOCK and not self.email.startswith("@"):
            raise PydanticCustomError("domain_block", "A domain_block has @domain for its email")
        if self.suppression_type is SuppressionType.TEMPORARY and self.expires_at is None:
            raise PydanticCustomError("expires_at", "A temporary entry needs expires_at")
        return self


class SuppressionRead(Read):
    """An entry of the suppression list."""

    id: UUID
    customer_id: UUID
    workspace_id: UUID
    suppression_type: SuppressionType
    reason: str | None = Field(examples=["Asked by phone not to be written to"])
    source: str | None = Field(examples=["api"])
    email: str = Field(examples=["bob@example.com"])
    domain: str | None = Field(examples=["example.com"])
    suppressed_at: datetime | None
    expires_at: datetime | None
    added_by: UUID | None
    notes: str | None = Field(examples=["Ticket 1234"])


@router.get("/api/suppressions", summary="List suppressions")
async def list_suppressions(
    ctx: Ctx,
    page: PageQuery,
    email: Annotated[AddressOrDomain | None, Query(description="The whole address or @domain")] = None,
    suppression_type: SuppressionType | None = None,
) -> Page[SuppressionRead]:
    """Newest first."""
    statement = suppressions.listing(customer_id=ctx.customer_id, email=email, suppression_type=suppression_type)
    keys = (ContactSuppressionList.suppressed_at, ContactSuppressionList.id)
    return Page[SuppressionRead].of(await paginate(ctx.session, statement, keys, page))


@router.post(
    "/api/suppressions",
    status_code=201,
    summary="Suppress an address or a domain",
    responses=problems(
        (409, "suppression.exists", "There is already a suppression of type manual for bob@example.com.")
    ),
)
async def create_suppression(body: SuppressionCreate, ctx: Ctx, response: Response) -> SuppressionRead:
    """From the moment of the answer no send to the address is claimed. It need not be a contact's."""
    row = await suppressions.add(
        ctx.session,
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        user_id=ctx.user_id,
        fields=body.model_dump(),
        now=ctx.now,
    )
    response.headers["Location"] = f"/api/suppressions/{row.id}"
    return SuppressionRead.model_validate(row)


@router.get("/api/suppressions/{id}", summary="Read a suppression", responses=problems(404))
async def read_suppression(id: UUID, ctx: Ctx) -> SuppressionRead:
    return SuppressionRead.model_validate(
        await suppressions.get(ctx.session, customer_id=ctx.customer_id, suppression_id=id)
    )


@router.delete("/api/suppressions/{id}", status_code=204, summary="Delete a suppression", responses=problems(404))
async def delete_suppression(id: UUID, ctx: Ctx) -> None:
    """A contact that is unsubscribed or bounced stays so."""
    await suppressions.remove(ctx.session, customer_id=ctx.customer_id, suppression_id=id)
