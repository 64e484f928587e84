"""Contacts: zones that are known and zones that are not, search, who edited what

Revision ID: 0009
Revises: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UPGRADE: tuple[str, ...] = (
    "CREATE TYPE timezone_source_enum AS ENUM ('unknown', 'derived', 'given')",
    """
    ALTER TABLE contacts
      ADD COLUMN timezone_source timezone_source_enum NOT NULL DEFAULT 'unknown', -- Unknown: timezone says nothing
      ADD COLUMN field_sources JSONB -- Which provider a field is from
    """,
    "UPDATE contacts SET timezone_source = 'given' WHERE timezone <> 'UTC'",
)

DOWNGRADE: tuple[str, ...] = (
    "ALTER TABLE contacts DROP COLUMN timezone_source, DROP COLUMN field_sources",
    "DROP TYPE timezone_source_enum",
)


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE:
        op.execute(statement)
