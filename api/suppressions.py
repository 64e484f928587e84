"""The suppression list: addresses and domains that are not mailed."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Query, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api import audit_events
from api.audit_events import AuditEventRead
from api.dependencies import Context, Ctx
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, LongText, Read, ShortText, Text
from db import audit, suppression_lifting, suppressions
from db.audit import AuditFilter
from db.models import ContactSuppressionList
from db.suppression_lifting import Lift
from domain.errors import FieldError, Invalid
from domain.profiles.addresses import AddressProblem, domain_of, normalise
from domain.vocabulary import SuppressionType

router = new_router("suppressions")

OVER = "is in the past"
_NO_REASON = (422, "suppression.reason", "The recipient asked for no email: say why this is lifted.")


def _address_or_domain(value: str) -> str:
    """``bob@example.com`` or ``@example.com``, normalised."""
    value = value.strip()
    try:
        return f"@{domain_of(normalise(f'any{value}'))}" if value.startswith("@") else normalise(value)
    except AddressProblem as problem:
        raise ValueError(str(problem)) from None


AddressOrDomain = Annotated[Text, StringConstraints(max_length=320), AfterValidator(_address_or_domain)]


_OF_DOMAINS = frozenset({SuppressionType.DOMAIN_BLOCK, SuppressionType.ISP_BLOCK})
_PASSING = frozenset({SuppressionType.TEMPORARY, SuppressionType.SOFT_BOUNCE})


def _fit_to_be_kept(value: str) -> str:
    value = value.strip()
    if not value:
        raise ValueError("must say something")
    if "@" in value:
        raise ValueError("must not name an address: it is kept for ever")
    return value


LiftReason = Annotated[Text, StringConstraints(max_length=1000), AfterValidator(_fit_to_be_kept)]


class SuppressionCreate(Body):
    """A new entry. `domain_block` and `isp_block` are for `@domain`; the other types for one address or a domain.

    `@example.com` stands for all addresses there and at its sub-domains.
    """

    email: AddressOrDomain = Field(examples=["bob@example.com"], description="An address, or `@domain` for all of it")
    suppression_type: SuppressionType = SuppressionType.MANUAL
    reason: LongText | None = Field(default=None, examples=["Asked by phone not to be written to"])
    source: ShortText = Field(default="api", examples=["api"])
    expires_at: AwareDatetime | None = Field(
        default=None,
        examples=[None],
        description="From then on it stops no email; null: never. `temporary` and `soft_bounce` need it",
    )
    notes: LongText | None = Field(default=None, examples=["Ticket 1234"])

    @model_validator(mode="after")
    def _check(self) -> Self:
        kind = self.suppression_type
        if kind in _OF_DOMAINS and not self.email.startswith("@"):
            raise PydanticCustomError("domain_block", f"The email of a {kind} is a domain, such as @example.com")
        if kind in _PASSING and self.expires_at is None:
            raise PydanticCustomError("expires_at", f"A {kind} needs expires_at")
        return self

    def is_over(self, now: datetime) -> bool:
        """Whether the entry would have expired before it was made."""
        return self.expires_at is not None and self.expires_at <= now


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
    erased_at: datetime | None = Field(
        description="When the contact was erased: since then `email` is a keyed hash, until the address comes back"
    )


class SuppressionLift(Body):
    """Why an entry is lifted."""

    reason: LiftReason | None = Field(
        default=None,
        examples=["Asked for our newsletter again on the phone"],
        description="Needed for `unsubscribe` and `complaint`. Kept for ever, so it names nobody",
    )
    reactivate: bool = Field(
        default=False,
        description="Whether a contact that is `bounced` or `unsubscribed`, as the entry's type says, becomes `active`",
    )


class SuppressionLifted(BaseModel):
    """What became of the entry and its contact."""

    suppression_id: UUID
    reactivated_contact_id: UUID | None = Field(description="The contact that is `active` again")


@router.get("/api/suppressions", summary="List suppressions")
async def list_suppressions(
    ctx: Ctx,
    page: PageQuery,
    email: Annotated[AddressOrDomain | None, Query(description="The whole address or @domain")] = None,
    suppression_type: SuppressionType | None = None,
) -> Page[SuppressionRead]:
    """Newest first."""
    emails = None if email is None else [email, *ctx.settings.address_hashes.each(ctx.customer_id, email)]
    statement = suppressions.listing(customer_id=ctx.customer_id, emails=emails, suppression_type=suppression_type)
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
    """From the moment of the answer no send to the address is claimed. It need not be a contact's.

    An entry that has expired is written anew.
    """
    if body.is_over(ctx.now):
        wrong = FieldError("/expires_at", "suppression.over", OVER)
        raise Invalid("suppression.over", "The entry would have expired already.", (wrong,))
    row = await suppressions.add(
        ctx.session,
        hashes=ctx.settings.address_hashes,
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        user_id=ctx.user_id,
        fields=body.model_dump(),
        now=ctx.now,
    )
    response.headers["Location"] = f"/api/suppressions/{row.id}"
    return SuppressionRead.model_validate(row)


@router.get("/api/suppressions/history", summary="List what was done to the suppression of an address")
async def list_suppression_history(
    ctx: Ctx,
    page: PageQuery,
    email: Annotated[AddressOrDomain, Query(examples=["bob@example.com"], description="The whole address or @domain")],
) -> Page[AuditEventRead]:
    """Entries for it that users added one by one or lifted, newest first, also long after it was erased."""
    wanted = AuditFilter(subject="suppression", address_hashes=ctx.settings.address_hashes.each(ctx.customer_id, email))
    statement = audit.listing(customer_id=ctx.customer_id, wanted=wanted)
    return Page[AuditEventRead].of(await paginate(ctx.session, statement, audit_events.KEYS, page))


@router.get("/api/suppressions/{id}", summary="Read a suppression", responses=problems(404))
async def read_suppression(id: UUID, ctx: Ctx) -> SuppressionRead:
    return SuppressionRead.model_validate(
        await suppressions.get(ctx.session, customer_id=ctx.customer_id, suppression_id=id)
    )


@router.post("/api/suppressions/{id}/lift", summary="Lift a suppression", responses=problems(404, _NO_REASON))
async def lift_suppression(id: UUID, body: SuppressionLift, ctx: Ctx) -> SuppressionLifted:
    """The entry is deleted; who lifted it, when and why is kept. A contact is `active` again only with `reactivate`."""
    contact_id = await _lift(ctx, id, body)
    return SuppressionLifted(suppression_id=id, reactivated_contact_id=contact_id)


@router.delete(
    "/api/suppressions/{id}", status_code=204, summary="Delete a suppression", responses=problems(404, _NO_REASON)
)
async def delete_suppression(
    id: UUID,
    ctx: Ctx,
    reason: Annotated[LiftReason | None, Query(description="Needed for `unsubscribe` and `complaint`")] = None,
) -> None:
    """Lifts it. A contact that is unsubscribed or bounced stays so."""
    await _lift(ctx, id, SuppressionLift(reason=reason))


async def _lift(ctx: Context, id: UUID, body: SuppressionLift) -> UUID | None:
    lift = Lift(
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        user_id=ctx.user_id,
        reason=body.reason,
        reactivate=body.reactivate,
    )
    return await suppression_lifting.lift(
        ctx.session, lift, suppression_id=id, hashes=ctx.settings.address_hashes, now=ctx.now
    )
