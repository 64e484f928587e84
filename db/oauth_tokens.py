"""The OAuth 2.0 tokens of mailboxes: read, and written by the only one who buys at the time."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession


async def buy_alone(session: AsyncSession, account_id: UUID) -> None:
    """Be the only one, in all processes, who buys a token for the mailbox until the end of the transaction.

    The mailbox's row stays free meanwhile: nobody who sends or changes it waits for the provider.
    """
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('oauth ' || :id, 0))"), {"id": str(account_id)}
    )


async def find(session: AsyncSession, account_id: UUID) -> Row[Any] | None:
    """What the mailbox has to log in with, its secrets sealed; None when it is gone or logs in by password."""
    result = await session.execute(
        text(
            """SELECT oauth_token_url, oauth_client_id, oauth_client_secret_encrypted, oauth_scope,
                      oauth_refresh_token_encrypted, oauth_access_token_encrypted, oauth_expires_at
               FROM email_accounts WHERE id = :id AND auth_method = 'xoauth2'"""
        ),
        {"id": account_id},
    )
    return result.one_or_none()


async def keep(
    session: AsyncSession,
    account_id: UUID,
    *,
    bought_with: bytes,
    access_token: bytes,
    expires_at: datetime,
    refresh_token: bytes | None,
) -> None:
    """Store sealed tokens, unless the mailbox has got another refresh token than the one they were bought with."""
    await session.execute(
        text(
            """UPDATE email_accounts SET oauth_access_token_encrypted = :access_token, oauth_expires_at = :expires_at,
                 oauth_refresh_token_encrypted = coalesce(:refresh_token, oauth_refresh_token_encrypted)
               WHERE id = :id AND oauth_refresh_token_encrypted = :bought_with"""
        ),
        {
            "id": account_id,
            "bought_with": bought_with,
            "access_token": access_token,
            "expires_at": expires_at,
            "refresh_token": refresh_token,
        },
    )
