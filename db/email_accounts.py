"""Mailboxes: made, changed and deleted; their passwords are sealed before they reach a row."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from db import enrollments, outbox
from db.models import (
    ContactActivity,
    EmailAccount,
    EmailMessage,
    InboundMessage,
    Sequence,
    SequenceEnrollment,
    SequenceStep,
)
from db.outbox import Topic
from db.secrets import SecretBox
from db.tenancy import require
from domain.errors import Conflict
from domain.vocabulary import EmailAccountStatus, WaitingReason

_PASSWORDS = ("smtp_password", "imap_password")
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
    """A mailbox, watched from now on if it has an ``imap_host``; raises ``Conflict`` when its address is taken."""
    await _require_free(session, customer_id, fields["email"])
    account = EmailAccount(
        customer_id=customer_id,
        workspace_id=workspace_id,
        created_by=user_id,
        created_at=now,
        updated_at=now,
        **_sealed(fields, box),
    )
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

    One that becomes active again forgets its last error and wakes the enrollments that waited for it; one that
    gets an ``imap_host`` is watched; another inbox is read from its beginning. Raises ``NotFound`` and ``Conflict``.
    """
    account = await require(session, EmailAccount, email_account_id, customer_id, "email_account", lock=True)
    if fields.get("email", account.email) != account.email:
        await _require_free(session, customer_id, fields["email"])
    status, imap_host = account.status, account.imap_host
    if any(fields.get(name, getattr(account, name)) != getattr(account, name) for name in _INBOX):
        account.imap_uidvalidity, account.imap_last_uid = None, 0
    for name, value in _sealed(fields, box).items():
        setattr(account, name, value)
    account.updated_at = now
    woken = account.status is EmailAccountStatus.ACTIVE and status is not EmailAccountStatus.ACTIVE
    if woken:
        account.last_error = None
    await session.flush()
    if imap_host is None and account.imap_host is not None:
        await _watch(session, account)
    if woken:
        await enrollments.wake(session, now=now, reason=WaitingReason.MAILBOX_ERROR, email_account_id=account.id)
    return account


async def remove(session: AsyncSession, *, customer_id: UUID, email_account_id: UUID) -> None:
    """Delete a mailbox that never sent and that nothing sends from; raises ``NotFound`` and ``Conflict``."""
    account = await require(session, EmailAccount, email_account_id, customer_id, "email_account", lock=True)
    uses: Mapping[str, ColumnElement[bool]] = {
        "sent messages": EmailMessage.email_account_id == account.id,
        "sequences": Sequence.default_email_account_id == account.id,
        "steps of sequences": SequenceStep.email_account_id == account.id,
        "enrollments": SequenceEnrollment.email_account_id == account.id,
    }
    used_by = [noun for noun, refers in uses.items() if await session.scalar(select(exists().where(refers)))]
    if used_by:
        detail = f"This mailbox is used by {', '.join(used_by)} and cannot be deleted; pause it instead."
        raise Conflict("email_account.in_use", detail)
    await session.execute(delete(InboundMessage).where(InboundMessage.email_account_id == account.id))
    recorded = update(ContactActivity).where(ContactActivity.email_account_id == account.id)
    await session.execute(recorded.values(email_account_id=None))
    await session.delete(account)
    await session.flush()


def _sealed(fields: Mapping[str, Any], box: SecretBox) -> dict[str, Any]:
    """The columns for ``fields``: passwords encrypted, a null one taken away."""
    columns = {name: value for name, value in fields.items() if name not in _PASSWORDS}
    for name in _PASSWORDS:
        if name in fields:
            password = fields[name]
            columns[f"{name}_encrypted"] = None if password is None else box.encrypt(password)
    return columns


async def _require_free(session: AsyncSession, customer_id: UUID, email: str) -> None:
    taken = exists().where(EmailAccount.customer_id == customer_id, EmailAccount.email == email)
    if await session.scalar(select(taken)):
        raise Conflict("email_account.exists", f"There is already a mailbox {email}.")


async def _watch(session: AsyncSession, account: EmailAccount) -> None:
    await outbox.put(session, customer_id=account.customer_id, topic=Topic.MAILBOX_START, subject_id=account.id)
