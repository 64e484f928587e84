"""The schema's history: linear Alembic revisions in plain SQL, configured here instead of in an ini file."""

import sys
import threading

from alembic import command
from alembic.config import Config

# Alembic keeps the migration that runs in module globals, so one process runs one at a time.
_one_at_a_time = threading.Lock()


def alembic_config(url: str) -> Config:
    """Alembic's configuration for the database at ``url`` (``postgresql://…``, any driver named or none)."""
    config = Config(stdout=sys.stdout)
    config.set_main_option("script_location", "db:migrations")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Bring the database at ``url`` to the newest schema, in one transaction, and print each revision.

    Safe when several run at once: they take turns, and those that come later find nothing to do. It runs an
    event loop of its own: from a coroutine call it by ``asyncio.to_thread``.
    """
    with _one_at_a_time:
        command.upgrade(alembic_config(url), "head")
