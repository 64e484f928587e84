"""Long work that a request began and a workflow does: its progress, its result, where it goes on

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UPGRADE = (
    "CREATE TYPE job_kind_enum AS ENUM ('contact_import', 'import_undo', 'contacts_update', 'contacts_delete', "
    "'list_refresh')",
    "CREATE TYPE job_status_enum AS ENUM ('queued', 'running', 'completed', 'failed', 'cancelled')",
    """
    CREATE TABLE jobs (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      workspace_id UUID NOT NULL REFERENCES workspaces(id),
      created_by UUID REFERENCES users(id),

      kind job_kind_enum NOT NULL,
      status job_status_enum NOT NULL DEFAULT 'queued',
      parameters JSONB NOT NULL DEFAULT '{}', -- What is to be done: ids and choices

      total INTEGER, -- How many things there are to do, as soon as that is known
      done INTEGER NOT NULL DEFAULT 0,
      cursor JSONB, -- Where it goes on after a restart
      result JSONB,
      error TEXT,

      created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
      started_at TIMESTAMP WITH TIME ZONE,
      finished_at TIMESTAMP WITH TIME ZONE,
      cancel_requested_at TIMESTAMP WITH TIME ZONE
    )
    """,
    "CREATE INDEX idx_jobs_customer_created ON jobs(customer_id, created_at DESC, id DESC)",
)

DOWNGRADE = ("DROP TABLE jobs", "DROP TYPE job_status_enum, job_kind_enum")


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE:
        op.execute(statement)
