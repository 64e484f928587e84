"""What sending and reading find out about a mailbox: errors that stop it, and where reading has got to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession


async def is_sending(session: AsyncSession, account_id: UUID) -> bool:
    """Whether the mailbox may send; its row is locked, so that whoever mends it wakes what is held meanwhile."""
    status = await session.scalar(
        text("SELECT status FROM email_accounts WHERE id = :id FOR SHARE"), {"id": account_id}
    )
    return str(status) == "active"


async def lock(session: AsyncSession, account_id: UUID) -> None:
    """Be the only one who sends from the mailbox until the commit."""
    await session.execute(text("SELECT FROM email_accounts WHERE id = :id FOR NO KEY UPDATE"), {"id": account_id})


async def report_error(session: AsyncSession, account_id: UUID, error: str, now: datetime) -> None:
    """The mailbox cannot send: it is in ``error`` until a person has mended it; a paused one stays paused."""
    await session.execute(
        text(
            """UPDATE email_accounts SET last_error = :error, updated_at = :now,
                 status = CASE WHEN status = 'paused' THEN status ELSE 'error' END
               WHERE id = :id"""
        ),
        {"id": account_id, "error": error, "now": now},
    )


async def report_policy_error(session: AsyncSession, account_id: UUID, error: str, now: datetime) -> None:
    """A send was refused for policy, content, reputation or rate, in these words; the mailbox goes on sending."""
    await session.execute(
        text("UPDATE email_accounts SET policy_error = :error, policy_error_at = :now WHERE id = :id"),
        {"id": account_id, "error": error, "now": now},
    )


async def report_read_error(session: AsyncSession, account_id: UUID, error: str | None, now: datetime) -> None:
    """What went wrong with reading the mailbox, for people to see; it stops no send. None: nothing."""
    await session.execute(
        text(
            "UPDATE email_accounts SET last_polled_at = :now, last_error = :error WHERE id = :id AND status <> 'error'"
        ),
        {"id": account_id, "error": error, "now": now},
    )


async def reading(session: AsyncSession, account_id: UUID) -> Row[Any] | None:
    """How and where to read the mailbox on; None when it is gone or has no IMAP server."""
    result = await session.execute(
        text(
            """SELECT customer_id, imap_host, imap_port, imap_security, imap_username, imap_password_encrypted,
                      auth_method, imap_uidvalidity, imap_last_uid
               FROM email_accounts WHERE id = :id AND imap_host IS NOT NULL AND imap_port IS NOT NULL"""
        ),
        {"id": account_id},
    )
    return result.one_or_none()


async def advance(session: AsyncSession, account_id: UUID, *, uidvalidity: int, last_uid: int) -> None:
    """Everything up to ``last_uid`` has been recorded; committed with the records themselves."""
    await session.execute(
        text("UPDATE email_accounts SET imap_uidvalidity = :uidvalidity, imap_last_uid = :last_uid WHERE id = :id"),
        {"id": account_id, "uidvalidity": uidvalidity, "last_uid": last_uid},
    )
