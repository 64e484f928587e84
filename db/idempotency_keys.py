"""The kept answers of idempotent requests: how long they are remembered (the API writes and reads them itself)."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import IdempotencyKey


async def forget(session: AsyncSession, *, before: datetime) -> None:
    """Delete the answers that were kept before that instant; their keys may then be used for other requests."""
    await session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < before))
