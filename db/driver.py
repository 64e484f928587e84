"""Connections by their driver, asyncpg, for what is asked far more often than all else: a statement costs a third."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.util import greenlet_spawn

LOST = frozenset({"08", "53", "57"})
"""Classes of SQLSTATE that say that the server or the connection is going away, and nothing of the statement."""


@asynccontextmanager
async def driver_connection(engine: AsyncEngine) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the engine's pool, without a transaction: each statement is one of its own.

    Raises ``ConnectionError`` when the server goes away; the connection is then not used again.
    """
    pooled = await engine.raw_connection()
    try:
        with _losses():
            yield pooled.driver_connection
    except ConnectionError:
        await greenlet_spawn(pooled.invalidate)
        raise
    finally:
        await greenlet_spawn(pooled.close)


@asynccontextmanager
async def driver_of(session: AsyncSession) -> AsyncIterator[asyncpg.Connection]:
    """The driver of a session's connection: what it is told before the session's first statement is committed at once.

    Raises ``ConnectionError`` as ``driver_connection`` does.
    """
    connection = await session.connection()
    try:
        with _losses():
            yield (await connection.get_raw_connection()).driver_connection
    except ConnectionError:
        await connection.invalidate()
        raise


@contextmanager
def _losses() -> Iterator[None]:
    try:
        yield
    except (asyncpg.InterfaceError, asyncpg.PostgresError) as error:
        if isinstance(error, asyncpg.PostgresError) and (error.sqlstate or "")[:2] not in LOST:
            raise
        raise ConnectionError("the connection to Postgres was lost") from error
