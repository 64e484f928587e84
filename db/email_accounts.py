"""Mailboxes: made, changed and deleted; their passwords, tokens and keys are sealed before they reach a row."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import flag_modified

from db import contact_activities, outbox, workspaces
from db.models import (
    EmailAccount,
    EmailMessage,
    InboundMessage,
    SendSlot,
    Sequence,
    SequenceEmailAccount,
    SequenceEnrollment,
    SequenceStep,
)
from db.outbox import Topic
from db.secrets import SecretBox
from db.tenancy import require
from domain.errors import Conflict, FieldError, Invalid
from domain.sending import dkim_keys
from domain.sending.sending_domains import SendingMailbox
from domain.vocabulary import EmailAccountStatus, MailboxAuth

_PACE = frozenset(
    {
        "daily_limit",
        "min_gap_seconds",
        "gap_jitter_seconds",
        "ramp_up_start",
        "ramp_up_per_day",
        "ramp_up_from",
        "away_from",
        "away_until",
    }
)
"""Fields by which its emails are planned."""
_SECRETS = ("smtp_password", "imap_password", "oauth_client_secret", "oauth_refresh_token", "dkim_private_key")
_BUYS_TOKENS = frozenset(
    {
        "auth_method",
        "oauth_token_url",
        "oauth_client_id",
        "oauth_client_secret",
        "oauth_scope",
        "oauth_refresh_token",
    }
)
"""Fields with which an access token is bought: the one bought before is for the old ones."""
_IN_DNS = ("email", "smtp_host", "bounce_address", "dkim_domain", "dkim_selector", "dkim_private_key_encrypted")
"""Columns that DNS has to agree with: a report is of those that it was made with."""
_INBOX = ("imap_host", "imap_username")
"""Fields that say which inbox is read."""


def listing(*, customer_id: UUID, status: EmailAccountStatus | None = None) -> Select[EmailAccount]:
    """The customer's mailboxes, those of one status if it is given."""
    statement = select(EmailAccount).where(EmailAccount.customer_id == customer_id)
    return statement if status is None else statement.where(EmailAccount.status == status)


async def create(
    session: AsyncSession,
    *,
    customer_id: UUID,
    workspace_id: UUID,
    user_id: UUID,
    fields: Mapping[str, Any],
    box: SecretBox,
    now: datetime,
) -> EmailAccount:
    """A mailbox, watched from now on if it has an ``imap_host``.

    Raises ``Conflict`` when its address is taken, and ``Invalid`` for settings that contradict each other.
    """
    await _require_free(session, customer_id, fields["email"])
    account = EmailAccount(
        customer_id=customer_id,
        workspace_id=workspace_id,
        created_by=user_id,
        created_at=now,
        updated_at=now,
        **_sealed(fields, box),
    )
    _settle(account, fields, await workspaces.today(session, workspace_id, now))
    session.add(account)
    await session.flush()
    if account.imap_host is not None:
        await _watch(session, account)
    return account


async def change(
    session: AsyncSession,
    *,
    customer_id: UUID,
    email_account_id: UUID,
    fields: Mapping[str, Any],
    box: SecretBox,
    now: datetime,
) -> EmailAccount:
    """Write ``fields`` and leave the others.

    One that becomes active again forgets its last error, and its emails are planned again; one that
    gets an ``imap_host`` is watched; another inbox is read from its beginning. Raises ``NotFound``, ``Conflict``
    and ``Invalid``.
    """
    account = await require(session, EmailAccount, email_account_id, customer_id, "email_account", lock=True)
    if fields.get("email", account.email) != account.email:
        await _require_free(session, customer_id, fields["email"])
    status, imap_host = account.status, account.imap_host
    in_dns = [getattr(account, name) for name in _IN_DNS]
    if any(fields.get(name, getattr(account, name)) != getattr(account, name) for name in _INBOX):
        account.imap_uidvalidity, account.imap_last_uid = None, 0
    for name, value in _sealed(fields, box).items():
        setattr(account, name, value)
    _settle(account, fields, await workspaces.today(session, account.workspace_id, now))
    if _BUYS_TOKENS.intersection(fields):
        account.oauth_access_token_encrypted, account.oauth_expires_at = None, None
    if in_dns != [getattr(account, name) for name in _IN_DNS]:
        account.domain_report, account.domain_checked_at = None, None
    account.updated_at = now
    woken = account.status is EmailAccountStatus.ACTIVE and status is not EmailAccountStatus.ACTIVE
    if woken:
        account.last_error = None
    await session.flush()
    if imap_host is None and account.imap_host is not None:
        await _watch(session, account)
    if woken or _PACE.intersection(fields):
        await outbox.put(session, customer_id=account.customer_id, topic=Topic.PLAN_MAILBOX, subject_id=account.id)
    return account


def in_dns(account: EmailAccount, box: SecretBox) -> SendingMailbox:
    """What of the mailbox DNS has to agree with. Raises ``Conflict`` when its key cannot be opened any more."""
    sealed = account.dkim_private_key_encrypted
    try:
        key = dkim_keys.read(box.decrypt(sealed).encode(), trusted=True) if sealed else None
    except ValueError as error:
        raise Conflict("email_account.key_unreadable", f"dkim_private_key: {error}.") from None
    return SendingMailbox(
        email=account.email,
        smtp_host=account.smtp_host,
        bounce_address=account.bounce_address,
        dkim_domain=account.dkim_domain,
        dkim_selector=account.dkim_selector,
        dkim_record=dkim_keys.record(key) if key else None,
    )


async def keep_report(session: AsyncSession, account: EmailAccount, report: Mapping[str, Any], now: datetime) -> None:
    """Store what DNS says of the mailbox's domain, which is no change of the mailbox itself."""
    account.domain_report, account.domain_checked_at = dict(report), now
    flag_modified(account, "updated_at")  # Written as it is, it is not moved.
    await session.flush()


async def remove(session: AsyncSession, *, customer_id: UUID, email_account_id: UUID) -> None:
    """Delete a mailbox that never sent and that nothing sends from; raises ``NotFound`` and ``Conflict``."""
    account = await require(session, EmailAccount, email_account_id, customer_id, "email_account", lock=True)
    uses: Mapping[str, ColumnElement[bool]] = {
        "sent messages": EmailMessage.email_account_id == account.id,
        "sequences": Sequence.default_email_account_id == account.id,
        "pools of sequences": SequenceEmailAccount.email_account_id == account.id,
        "steps of sequences": SequenceStep.email_account_id == account.id,
        "enrollments": SequenceEnrollment.email_account_id == account.id,
        "slots of emails": SendSlot.email_account_id == account.id,
    }
    used_by = [noun for noun, refers in uses.items() if await session.scalar(select(exists().where(refers)))]
    if used_by:
        detail = f"This mailbox is used by {', '.join(used_by)} and cannot be deleted; pause it instead."
        raise Conflict("email_account.in_use", detail)
    await session.execute(delete(InboundMessage).where(InboundMessage.email_account_id == account.id))
    for table in contact_activities.EVERY_TABLE:
        recorded = update(table).where(table.c.email_account_id == account.id)
        await session.execute(recorded.values(email_account_id=None))
    await session.delete(account)
    await session.flush()


def _sealed(fields: Mapping[str, Any], box: SecretBox) -> dict[str, Any]:
    """The columns for ``fields``: secrets encrypted, a null one taken away."""
    columns = {name: value for name, value in fields.items() if name not in _SECRETS}
    for name in _SECRETS:
        if name in fields:
            secret = fields[name]
            columns[f"{name}_encrypted"] = None if secret is None else box.encrypt(secret)
    return columns


def _settle(account: EmailAccount, fields: Mapping[str, Any], today: date) -> None:
    """Fill in the first days that were left out and drop those without a meaning; raises ``Invalid``."""
    problems = [
        *_ramp_up_problems(account, fields),
        *_away_problems(account, fields, today),
        *_login_problems(account),
        *_dkim_problems(account),
    ]
    if problems:
        detail = "The mailbox's settings contradict each other; see the fields."
        raise Invalid("email_account.invalid", detail, tuple(problems))
    ramps_up, is_away = account.ramp_up_start is not None, account.away_until is not None
    account.ramp_up_from = (account.ramp_up_from or today) if ramps_up else None
    account.away_from = (account.away_from or today) if is_away else None


def _ramp_up_problems(account: EmailAccount, fields: Mapping[str, Any]) -> Iterator[FieldError]:
    missing = [name for name in ("ramp_up_start", "ramp_up_per_day") if getattr(account, name) is None]
    if len(missing) == 1:
        detail = "a ramp-up needs both ramp_up_start and ramp_up_per_day; set both to null to end it"
        yield FieldError(f"/{missing[0]}", "required", detail)
    elif missing and fields.get("ramp_up_from") is not None:
        detail = "there is no ramp-up that could begin; give ramp_up_start and ramp_up_per_day too"
        yield FieldError("/ramp_up_from", "no_ramp_up", detail)


def _away_problems(account: EmailAccount, fields: Mapping[str, Any], today: date) -> Iterator[FieldError]:
    if account.away_until is None:
        if fields.get("away_from") is not None:
            detail = "is the last day away; for an absence without an end set the status to paused"
            yield FieldError("/away_until", "required", detail)
    elif account.away_until < (account.away_from or today):
        first = f"away_from, {account.away_from}" if account.away_from else f"today, {today}"
        yield FieldError("/away_until", "before_from", f"{account.away_until} is before {first}")


def _login_problems(account: EmailAccount) -> Iterator[FieldError]:
    """What XOAUTH2 needs: who logs in, and what buys the token."""
    if account.auth_method is not MailboxAuth.XOAUTH2:
        return
    needed = {
        "smtp_username": account.smtp_username,
        "oauth_token_url": account.oauth_token_url,
        "oauth_client_id": account.oauth_client_id,
        "oauth_refresh_token": account.oauth_refresh_token_encrypted,
    }
    if account.imap_host is not None:
        needed["imap_username"] = account.imap_username
    for name, value in needed.items():
        if value is None:
            yield FieldError(f"/{name}", "required", "is needed with auth_method xoauth2")


def _dkim_problems(account: EmailAccount) -> Iterator[FieldError]:
    """A domain, a selector and a key sign together or not at all."""
    given = {
        "dkim_domain": account.dkim_domain,
        "dkim_selector": account.dkim_selector,
        "dkim_private_key": account.dkim_private_key_encrypted,
    }
    missing = [name for name, value in given.items() if value is None]
    for name in missing if len(missing) < len(given) else ():
        detail = "signing needs dkim_domain, dkim_selector and dkim_private_key; set all three to null to end it"
        yield FieldError(f"/{name}", "required", detail)


async def _require_free(session: AsyncSession, customer_id: UUID, email: str) -> None:
    taken = exists().where(EmailAccount.customer_id == customer_id, EmailAccount.email == email)
    if await session.scalar(select(taken)):
        raise Conflict("email_account.exists", f"There is already a mailbox {email}.")


async def _watch(session: AsyncSession, account: EmailAccount) -> None:
    await outbox.put(session, customer_id=account.customer_id, topic=Topic.MAILBOX_START, subject_id=account.id)
