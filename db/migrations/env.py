"""What Alembic runs: connects, takes the lock, and applies the revisions in one transaction."""

import asyncio
import re
from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationInfo
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from db.models import Base
from settings import get_settings

MIGRATION_LOCK = 0x6F70656E646F6F72  # The ASCII of "opendoor", so that no other advisory lock is likely to be it.
PARTITION = re.compile(r"contact_activities_(y\d{4}m\d{2}|default)")


def _is_ours(name: str | None, kind: str, _parents: Any) -> bool:
    """Partitions come and go with the months: the models know only the table that they belong to."""
    return kind != "table" or name is None or PARTITION.fullmatch(name) is None


def _print_revision(*_: Any, **facts: Any) -> None:
    """Alembic calls it after each revision with ``ctx``, ``step``, ``heads`` and ``run_args``."""
    step: MigrationInfo = facts["step"]
    revision = context.script.get_revision(str(step.up_revision_id))
    verb = "applied" if step.is_upgrade else "reverted"
    context.config.print_stdout("%s %s: %s", verb, revision.revision, revision.doc)


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_server_default=True,
        include_name=_is_ours,
        on_version_apply=_print_revision,
    )
    with context.begin_transaction():
        # Held to the end of the transaction: whoever waits here then reads the version that we wrote.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        context.run_migrations()


async def _connect_and_migrate(url: str) -> None:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_migrate)
    finally:
        await engine.dispose()


if context.is_offline_mode():
    raise SystemExit("The migrations run on a database, not as a script: leave out --sql.")
asyncio.run(
    _connect_and_migrate(context.config.attributes.get("url") or get_settings().database_url.get_secret_value())
)
