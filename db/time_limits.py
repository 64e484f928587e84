"""A limit to how long the statements of a transaction may take."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from db.transience import sqlstate

_CANCELLED = "57014"


@asynccontextmanager
async def time_limit(session: AsyncSession, seconds: float) -> AsyncIterator[None]:
    """Each statement within may take ``seconds``. Raises ``TimeoutError``, after which the transaction is lost."""
    await session.execute(select(func.set_config("statement_timeout", f"{seconds * 1000:.0f}ms", True)))
    try:
        yield
    except DBAPIError as error:
        if sqlstate(error) == _CANCELLED:
            raise TimeoutError(f"a statement took longer than {seconds:g} seconds") from error
        raise
    await session.execute(text("SET LOCAL statement_timeout TO DEFAULT"))
