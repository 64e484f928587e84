"""The pool of connections to Postgres and the sessions on it."""

import time

from sqlalchemy import event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from settings import Settings

IDLE_SECONDS = 5.0
"""A connection that has rested for longer is asked whether it is alive before it is used."""


def create_engine(settings: Settings) -> AsyncEngine:
    """An engine of at most ``database_pool_size`` connections, each with UTC as its zone.

    Errors keep the values of parameters to themselves, because they reach logs and workflow histories.
    ``inet`` values are text in both directions. A connection that its server has closed is replaced unseen.
    """
    engine = create_async_engine(
        settings.sqlalchemy_url,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        hide_parameters=True,
        native_inet_types=False,
        # Compiling a statement costs more than ours ever take; the driver's look at the catalog took a second with it.
        connect_args={"server_settings": {"application_name": "opendoors", "timezone": "UTC", "jit": "off"}},
    )
    _replace_dead_connections(engine)
    return engine


def session_factory(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Makes sessions whose objects stay readable after the commit."""
    return async_sessionmaker(engine, expire_on_commit=False)


def _replace_dead_connections(engine: AsyncEngine) -> None:
    """As ``pool_pre_ping``, which asks three round trips of the server at every checkout, for connections that rested.

    One that the server has closed says so itself; silence is possible only where the network was cut.
    """
    dialect = engine.dialect

    @event.listens_for(engine.sync_engine, "checkin")
    def note_use(connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info["used_at"] = time.monotonic()

    @event.listens_for(engine.sync_engine, "checkout")
    def refuse_dead(connection: DBAPIConnection, entry: ConnectionPoolEntry, fairy: object) -> None:
        driver = connection.driver_connection
        if driver is None or driver.is_closed():
            raise DisconnectionError("the server has closed this connection")
        if time.monotonic() - entry.info.get("used_at", time.monotonic()) > IDLE_SECONDS:
            try:
                dialect.do_ping(connection)
            except dialect.loaded_dbapi.Error as error:
                raise DisconnectionError("this connection is dead") from error


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
