"""Email accounts (mailboxes): passwords, tokens and keys come in and are never answered."""

import asyncio
from typing import Any
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, SecretStr

from activities import dns
from api import auditing
from api.dependencies import Context, Ctx
from api.email_account_bodies import EmailAccountCreate, EmailAccountRead, EmailAccountUpdate
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from api.updates import sent
from db import email_accounts
from db.models import EmailAccount
from db.secrets import SecretBox
from db.tenancy import require
from domain.errors import Conflict, FieldError, Invalid
from domain.outgoing import url_problem
from domain.vocabulary import EmailAccountStatus

CHECKS_AT_ONCE = 3
"""Of domains, in one process: each waits for name servers that belong to anybody, with a connection to the database."""

router = new_router("email accounts")
_checks = asyncio.Semaphore(CHECKS_AT_ONCE)

_EXISTS = (409, "email_account.exists", "There is already a mailbox ann@customer.example.")
_INVALID = (422, "email_account.invalid", "The mailbox's settings contradict each other.")
_BUSY = (409, "email_account.checks_busy", "Too many domains are being checked at this moment; try again in seconds.")
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
    _require_outgoing(body, ctx)
    account = await email_accounts.create(
        ctx.session,
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        user_id=ctx.user_id,
        fields=_defaults(body) | _revealed(body),
        box=_box(ctx),
        now=ctx.now,
    )
    await _record(ctx, "email_account.created", account.id, body)
    response.headers["Location"] = f"/api/email-accounts/{account.id}"
    return account


@router.get(
    "/api/email-accounts/{id}",
    response_model=EmailAccountRead,
    summary="Get an email account",
    responses=problems(404),
)
async def get_email_account(id: UUID, ctx: Ctx) -> EmailAccount:
    """Without its secrets."""
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
    """Writes the fields that are sent and leaves the others. A secret that is null is taken away."""
    _require_outgoing(body, ctx)
    account = await email_accounts.change(
        ctx.session,
        customer_id=ctx.customer_id,
        email_account_id=id,
        fields=_revealed(body),
        box=_box(ctx),
        now=ctx.now,
    )
    await _record(ctx, "email_account.changed", id, body)
    return account


@router.post(
    "/api/email-accounts/{id}/check-domain",
    response_model=EmailAccountRead,
    summary="Check the domain of an email account",
    responses=problems(404, _BUSY),
)
async def check_domain(id: UUID, ctx: Ctx) -> EmailAccount:
    """Asks DNS for MX, SPF, DKIM and DMARC, for ten seconds at most, and stores the report on the mailbox."""
    account = await require(ctx.session, EmailAccount, id, ctx.customer_id, "email_account")
    mailbox = email_accounts.in_dns(account, _box(ctx))
    if _checks.locked():
        raise Conflict(*_BUSY[1:])
    async with _checks:
        report = await dns.check(mailbox, dns.resolver(ctx.settings.dns_servers))
    await email_accounts.keep_report(ctx.session, account, report, ctx.now)
    return account


@router.delete(
    "/api/email-accounts/{id}",
    status_code=204,
    summary="Delete an email account",
    responses=problems(404, _IN_USE),
)
async def delete_email_account(id: UUID, ctx: Ctx) -> Response:
    """Only one that never sent and that no sequence, step or enrollment names; pause any other."""
    await email_accounts.remove(ctx.session, customer_id=ctx.customer_id, email_account_id=id)
    await _record(ctx, "email_account.deleted", id)
    return Response(status_code=204)


async def _record(ctx: Context, action: str, id: UUID, body: BaseModel | None = None) -> None:
    """Names of fields alone: the values may be secrets."""
    details = {"fields": sorted(sent(body))} if body else {}
    await auditing.record(ctx, action, "email_account", id, details)


def _require_outgoing(body: BaseModel, ctx: Context) -> None:
    """Raises ``Invalid`` for a token endpoint to which no request may go."""
    url = sent(body).get("oauth_token_url")
    problem = url_problem(url, allow_private=ctx.settings.allow_private_addresses) if url else None
    if problem is not None:
        detail = "The mailbox's settings are not allowed; see the fields."
        raise Invalid("email_account.invalid", detail, (FieldError("/oauth_token_url", "url", problem),))


def _box(ctx: Context) -> SecretBox:
    return SecretBox(ctx.settings.require_secret_key())


def _defaults(body: EmailAccountCreate) -> dict[str, Any]:
    """Ports are columns without a default."""
    return {"smtp_port": body.smtp_port, "imap_port": body.imap_port}


def _revealed(body: BaseModel) -> dict[str, Any]:
    """The fields that were sent, secrets as plain text on their way to the box."""
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in sent(body).items()
    }
