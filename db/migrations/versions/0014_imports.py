"""Imports: files as they were uploaded, and what became of each row

Revision ID: 0014
Revises: 0013
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

UPGRADE: tuple[str, ...] = (
    # How often in a row, since the last piece that was done, its handler failed without knowing why.
    "ALTER TABLE jobs ADD COLUMN failures INTEGER NOT NULL DEFAULT 0",
    "CREATE TYPE import_verdict_enum AS ENUM ('created', 'updated', 'skipped', 'invalid')",
    """
    CREATE TABLE contact_imports (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      workspace_id UUID NOT NULL REFERENCES workspaces(id),
      created_by UUID REFERENCES users(id),

      file_name VARCHAR(255),
      size BIGINT NOT NULL DEFAULT 0, -- Bytes of the file
      lines INTEGER NOT NULL DEFAULT 0, -- Of the file, as far as it is text
      told JSONB, -- What the file was told to be: format, encoding, columns
      file_forgotten_at TIMESTAMP WITH TIME ZONE,

      job_id UUID REFERENCES jobs(id), -- The run that the counts and the batches are of
      undo_job_id UUID REFERENCES jobs(id),
      created INTEGER NOT NULL DEFAULT 0,
      updated INTEGER NOT NULL DEFAULT 0,
      skipped INTEGER NOT NULL DEFAULT 0,
      invalid INTEGER NOT NULL DEFAULT 0,

      created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW()
    )
    """,
    """
    CREATE TABLE contact_import_pieces (
      import_id UUID NOT NULL REFERENCES contact_imports(id) ON DELETE CASCADE,
      number INTEGER NOT NULL, -- From 0
      customer_id UUID NOT NULL REFERENCES customers(id),
      content BYTEA NOT NULL,

      PRIMARY KEY (import_id, number)
    )
    """,
    """
    CREATE TABLE contact_import_batches (
      import_id UUID NOT NULL REFERENCES contact_imports(id) ON DELETE CASCADE,
      number INTEGER NOT NULL, -- From 0, in the order of the file
      customer_id UUID NOT NULL REFERENCES customers(id),

      -- What became of each row
      lines INTEGER[] NOT NULL,
      verdicts import_verdict_enum[] NOT NULL,
      contact_ids UUID[] NOT NULL, -- Null for a row that is no contact
      remarks JSONB NOT NULL DEFAULT '{}', -- By place in the batch: why, and the address of one that is no contact

      landed_at TIMESTAMP WITH TIME ZONE NOT NULL,
      recorded_at TIMESTAMP WITH TIME ZONE, -- When the activities of its contacts were written

      PRIMARY KEY (import_id, number)
    )
    """,
    """
    CREATE TABLE contact_import_changes (
      import_id UUID NOT NULL REFERENCES contact_imports(id) ON DELETE CASCADE,
      contact_id UUID NOT NULL REFERENCES contacts(id) ON DELETE CASCADE,
      customer_id UUID NOT NULL REFERENCES customers(id),
      before JSONB NOT NULL, -- The fields that the import changed, as they were
      after JSONB NOT NULL, -- The same fields as it left them

      PRIMARY KEY (import_id, contact_id)
    )
    """,
    "CREATE INDEX idx_contact_imports_customer_created ON contact_imports(customer_id, created_at DESC, id DESC)",
    "CREATE INDEX idx_contact_import_changes_contact ON contact_import_changes(contact_id)",
)

DOWNGRADE: tuple[str, ...] = (
    "DROP TABLE contact_import_changes, contact_import_batches, contact_import_pieces, contact_imports",
    "DROP TYPE import_verdict_enum",
    "ALTER TABLE jobs DROP COLUMN failures",
)


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE:
        op.execute(statement)
