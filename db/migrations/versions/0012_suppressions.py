"""Suppressions: who lifted them and why, hashes of erased addresses; what was done that must stay known

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UPGRADE = (
    """
    ALTER TABLE contact_suppression_lists
      ADD COLUMN erased_at TIMESTAMP WITH TIME ZONE -- When the address became a keyed hash; null: it is legible
    """,
    """
    ALTER TABLE workspaces
      ADD COLUMN soft_bounce_limit INTEGER NOT NULL DEFAULT 3, -- Soft bounces in a row that suppress; 0: none do
      ADD COLUMN soft_bounce_days INTEGER NOT NULL DEFAULT 30 -- For how long they do
    """,
    """
    CREATE TABLE audit_events (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      workspace_id UUID REFERENCES workspaces(id),
      user_id UUID REFERENCES users(id), -- Null: OpenDoors itself

      action VARCHAR(100) NOT NULL,
      subject VARCHAR(50) NOT NULL, -- What kind of thing it was done to
      subject_id UUID, -- Which one; it may be gone
      address_hash VARCHAR(100), -- Keyed hash of the address that it concerns
      details JSONB NOT NULL DEFAULT '{}', -- Without addresses and names

      occurred_at TIMESTAMP WITH TIME ZONE NOT NULL
    )
    """,
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'rows of % are never changed or deleted', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END
    $$
    """,
    """
    CREATE TRIGGER audit_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
    "CREATE INDEX idx_audit_events_customer_occurred ON audit_events(customer_id, occurred_at DESC, id DESC)",
    "CREATE INDEX idx_audit_events_address ON audit_events(customer_id, address_hash) WHERE address_hash IS NOT NULL",
    "CREATE INDEX idx_suppression_lists_customer_suppressed "
    "ON contact_suppression_lists(customer_id, suppressed_at DESC, id DESC)",
    "CREATE INDEX idx_suppression_lists_erased ON contact_suppression_lists(customer_id, email) "
    "WHERE erased_at IS NOT NULL",
)

DOWNGRADE = (
    "DROP INDEX idx_suppression_lists_erased, idx_suppression_lists_customer_suppressed",
    "DROP TABLE audit_events",
    "DROP FUNCTION refuse_change()",
    "ALTER TABLE workspaces DROP COLUMN soft_bounce_limit, DROP COLUMN soft_bounce_days",
    "ALTER TABLE contact_suppression_lists DROP COLUMN erased_at",
)


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE:
        op.execute(statement)
