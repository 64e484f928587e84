"""Email accounts (mailboxes): passwords come in and are never answered."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from api.dependencies import Context, Ctx
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from api.schemas import Address, Body, Read
from api.updates import UNSENT, partial, sent
from db import email_accounts
from db.models import EmailAccount
from db.secrets import SecretBox
from db.tenancy import require
from domain.vocabulary import ConnectionSecurity, EmailAccountStatus

router = new_router("email accounts")

Host = Annotated[str, StringConstraints(min_length=1, max_length=255, to_lower=True, pattern=r"^[A-Za-z0-9_.:\-]+$")]
# Control characters would end a line of the protocol or of the header in which these stand.
OneLine = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]
Limit = Annotated[int, Field(ge=1, le=1_000_000)]
Seconds = Annotated[int, Field(ge=0, le=86_400)]
Port = Annotated[int, Field(ge=1, le=65_535)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=1_000, description="Stored encrypted, never answered")]
Settable = Literal[EmailAccountStatus.ACTIVE, EmailAccountStatus.PAUSED]
EXAMPLE: dict[str, Any] = {
    "email": "ann@customer.example",
    "from_name": "Ann Archer",
    "smtp_host": "smtp.customer.example",
    "smtp_port": 587,
    "smtp_security": "starttls",
    "smtp_username": "ann@customer.example",
    "smtp_password": "correct horse",
    "imap_host": "imap.customer.example",
    "imap_username": "ann@customer.example",
    "imap_password": "correct horse",
}


class EmailAccountFields(Body):
    """What a mailbox may have beside its address and SMTP server."""

    # A blank at either end of a password belongs to it.
    model_config = ConfigDict(str_strip_whitespace=False)
    from_name: OneLine | None = Field(default=None, description="Stands before the address in From")
    smtp_port: Port = 587
    smtp_security: ConnectionSecurity = ConnectionSecurity.STARTTLS
    smtp_username: OneLine | None = None
    smtp_password: Password | None = None
    imap_host: Host | None = Field(default=None, description="None: replies are not read")
    imap_port: Port = 993
    imap_security: ConnectionSecurity = ConnectionSecurity.TLS
    imap_username: OneLine | None = None
    imap_password: Password | None = None
    daily_limit: Limit = Field(
        default=200,
        description="The most emails that it sends on a calendar day of the workspace's `timezone`, all sequences "
        "together",
    )
    min_gap_seconds: Seconds = Field(
        default=60, description="The least time between two of its emails, all sequences together"
    )
    gap_jitter_seconds: Seconds = Field(
        default=0, description="The most by which a gap is lengthened; how much, differs from gap to gap"
    )
    ramp_up_start: Limit | None = Field(
        default=None,
        description="For a new mailbox: the daily limit on the first day. It grows by `ramp_up_per_day` each day, up "
        "to `daily_limit`; both or neither are given",
    )
    ramp_up_per_day: Limit | None = Field(default=None, description="By how many emails the limit grows each day")
    ramp_up_from: date | None = Field(
        default=None,
        description="The first day of the ramp-up, in the workspace's `timezone`; left out: the day on which the "
        "ramp-up is set",
    )
    away_from: date | None = Field(
        default=None,
        description="The first day on which it sends nothing since its sender is away, in the workspace's "
        "`timezone`; left out: today",
    )
    away_until: date | None = Field(default=None, description="The last day away; null: not away")
    status: Settable = Field(
        default=EmailAccountStatus.ACTIVE,
        description="`error` is set by the engine; `active` ends it and wakes the enrollments that waited",
    )


class EmailAccountCreate(EmailAccountFields):
    """A new mailbox."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})
    email: Address
    smtp_host: Host


class EmailAccountUpdate(EmailAccountFields):
    """Fields of a mailbox that change; the others stay, passwords too."""

    model_config = ConfigDict(json_schema_extra=partial({"status": "active", "smtp_password": "battery staple"}))
    email: Address = UNSENT
    smtp_host: Host = UNSENT


class EmailAccountRead(Read):
    """A mailbox, without its passwords."""

    id: UUID
    workspace_id: UUID
    email: str = Field(examples=[EXAMPLE["email"]])
    from_name: str | None
    smtp_host: str = Field(examples=[EXAMPLE["smtp_host"]])
    smtp_port: int = Field(examples=[587])
    smtp_security: ConnectionSecurity
    smtp_username: str | None
    imap_host: str | None
    imap_port: int | None = Field(examples=[993])
    imap_security: ConnectionSecurity
    imap_username: str | None
    daily_limit: int = Field(examples=[200])
    min_gap_seconds: int = Field(examples=[60])
    gap_jitter_seconds: int = Field(examples=[0])
    ramp_up_start: int | None = Field(examples=[20])
    ramp_up_per_day: int | None = Field(examples=[5])
    ramp_up_from: date | None = Field(examples=["2026-11-23"])
    away_from: date | None = Field(examples=["2026-12-21"])
    away_until: date | None = Field(examples=["2027-01-06"])
    status: EmailAccountStatus
    last_error: str | None = Field(description="Why the status is `error`, in the server's words")
    last_polled_at: datetime | None = Field(description="When the inbox was last read")
    created_at: datetime
    updated_at: datetime


_EXISTS = (409, "email_account.exists", "There is already a mailbox ann@customer.example.")
_INVALID = (422, "email_account.invalid", "The mailbox's settings contradict each other.")
_IN_USE = (409, "email_account.in_use", "This mailbox is used by sequences and cannot be deleted; pause it instead.")


@router.get("/api/email-accounts", summary="List email accounts")
async def list_email_accounts(
    ctx: Ctx, page: PageQuery, status: EmailAccountStatus | None = None
) -> Page[EmailAccountRead]:
    """The newest first."""
    statement = email_accounts.listing(customer_id=ctx.customer_id, status=status)
    return Page.of(await paginate(ctx.session, statement, (EmailAccount.created_at, EmailAccount.id), page))


@router.post(
    "/api/email-accounts",
    status_code=201,
    response_model=EmailAccountRead,
    summary="Create an email account",
    responses=problems(_EXISTS, _INVALID, 413),
)
async def create_email_account(body: EmailAccountCreate, ctx: Ctx, response: Response) -> EmailAccount:
    """With an `imap_host` its inbox is read from now on."""
    account = await email_accounts.create(
        ctx.session,
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        user_id=ctx.user_id,
        fields=_defaults(body) | _revealed(body),
        box=_box(ctx),
        now=ctx.now,
    )
    response.headers["Location"] = f"/api/email-accounts/{account.id}"
    return account


@router.get(
    "/api/email-accounts/{id}",
    response_model=EmailAccountRead,
    summary="Get an email account",
    responses=problems(404),
)
async def get_email_account(id: UUID, ctx: Ctx) -> EmailAccount:
    """Without its passwords."""
    return await require(ctx.session, EmailAccount, id, ctx.customer_id, "email_account")


@router.patch(
    "/api/email-accounts/{id}",
    name="patch_email_account",
    response_model=EmailAccountRead,
    summary="Change an email account (the same as PUT)",
    responses=problems(404, _EXISTS, _INVALID, 413),
)
@router.put(
    "/api/email-accounts/{id}",
    response_model=EmailAccountRead,
    summary="Change an email account",
    responses=problems(404, _EXISTS, _INVALID, 413),
)
async def update_email_account(id: UUID, body: EmailAccountUpdate, ctx: Ctx) -> EmailAccount:
    """Writes the fields that are sent and leaves the others. A password that is null is taken away."""
    return await email_accounts.change(
        ctx.session,
        customer_id=ctx.customer_id,
        email_account_id=id,
        fields=_revealed(body),
        box=_box(ctx),
        now=ctx.now,
    )


@router.delete(
    "/api/email-accounts/{id}",
    status_code=204,
    summary="Delete an email account",
    responses=problems(404, _IN_USE),
)
async def delete_email_account(id: UUID, ctx: Ctx) -> Response:
    """Only one that never sent and that no sequence, step or enrollment names; pause any other."""
    await email_accounts.remove(ctx.session, customer_id=ctx.customer_id, email_account_id=id)
    return Response(status_code=204)


def _box(ctx: Context) -> SecretBox:
    return SecretBox(ctx.settings.require_secret_key())


def _defaults(body: EmailAccountCreate) -> dict[str, Any]:
    """Ports are columns without a default."""
    return {"smtp_port": body.smtp_port, "imap_port": body.imap_port}


def _revealed(body: BaseModel) -> dict[str, Any]:
    """The fields that were sent, passwords as plain text on their way to the box."""
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in sent(body).items()
    }
