"""The pool of connections to Postgres and the sessions on it."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from settings import Settings


def create_engine(settings: Settings) -> AsyncEngine:
    """An engine of at most ``database_pool_size`` connections, each with UTC as its zone.

    Errors keep the values of parameters to themselves, because they reach logs and workflow histories.
    ``inet`` values are text in both directions.
    """
    return create_async_engine(
        settings.sqlalchemy_url,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_pre_ping=True,
        hide_parameters=True,
        native_inet_types=False,
        connect_args={"server_settings": {"application_name": "opendoors", "timezone": "UTC"}},
    )


def session_factory(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Makes sessions whose objects stay readable after the commit."""
    return async_sessionmaker(engine, expire_on_commit=False)


async def check_embedded(engine: AsyncEngine, settings: Settings) -> None:
    """Raise ``ValueError`` if time is scaled on a database that `opendoors dev` does not run itself.

    The embedded server carries ``opendoors.embedded = on`` in its configuration; no other one does.
    """
    if settings.time_scale == 1:
        return
    async with engine.connect() as connection:
        embedded = await connection.scalar(text("SELECT current_setting('opendoors.embedded', true)"))
    if embedded != "on":
        raise ValueError(
            f"OPENDOORS_TIME_SCALE is {settings.time_scale:g}, but the database at {engine.url.host} is not the "
            "embedded one: scaled time would send real mail days early. Unset OPENDOORS_TIME_SCALE, or use "
            "`opendoors dev`."
        )
