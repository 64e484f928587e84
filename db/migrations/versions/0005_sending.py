"""The send ledger, incoming mail, tasks, the outbox and idempotency keys

Revision ID: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UPGRADE = (
    "CREATE TYPE email_message_status_enum AS ENUM ('claimed', 'sending', 'sent', 'failed', 'unknown')",
    "CREATE TYPE inbound_kind_enum AS ENUM ('complaint', 'bounce', 'auto_reply', 'reply', 'unparseable')",
    "CREATE TYPE task_type_enum AS ENUM ('task', 'linkedin', 'call')",
    "CREATE TYPE task_status_enum AS ENUM ('open', 'completed', 'skipped', 'cancelled')",
    """
    CREATE TABLE email_messages (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      workspace_id UUID NOT NULL REFERENCES workspaces(id),
      enrollment_id UUID REFERENCES sequence_enrollments(id) ON DELETE SET NULL,
      sequence_id UUID REFERENCES sequences(id) ON DELETE SET NULL,
      sequence_step_id UUID REFERENCES sequence_steps(id) ON DELETE SET NULL,
      contact_id UUID NOT NULL REFERENCES contacts(id) ON DELETE CASCADE,
      email_account_id UUID NOT NULL REFERENCES email_accounts(id),
      status email_message_status_enum NOT NULL DEFAULT 'claimed',

      -- Identity and thread (RFC 5322 3.6.4)
      message_id TEXT NOT NULL UNIQUE,
      provider_message_id TEXT, -- What the provider put in place of ours
      in_reply_to TEXT,

      -- Content
      to_address VARCHAR(255) NOT NULL,
      subject TEXT,
      body_text TEXT,
      body_html TEXT,
      variant_id VARCHAR(100),

      -- Claim and fate
      claim_token UUID NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 1,
      claimed_at TIMESTAMP WITH TIME ZONE NOT NULL,
      sending_at TIMESTAMP WITH TIME ZONE,
      sent_at TIMESTAMP WITH TIME ZONE,
      failed_at TIMESTAMP WITH TIME ZONE,
      smtp_code INTEGER,
      smtp_response TEXT,
      created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),

      UNIQUE(enrollment_id, sequence_step_id)
    )
    """,
    """
    CREATE TABLE inbound_messages (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      email_account_id UUID NOT NULL REFERENCES email_accounts(id),
      uidvalidity BIGINT NOT NULL,
      uid BIGINT NOT NULL,
      message_id TEXT,
      received_at TIMESTAMP WITH TIME ZONE NOT NULL,
      from_address VARCHAR(255),
      subject TEXT,
      kind inbound_kind_enum NOT NULL,
      email_message_id UUID REFERENCES email_messages(id) ON DELETE SET NULL,
      contact_id UUID REFERENCES contacts(id) ON DELETE CASCADE,
      enrollment_id UUID REFERENCES sequence_enrollments(id) ON DELETE SET NULL,
      body_text TEXT,
      raw BYTEA,
      created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),

      UNIQUE(email_account_id, uidvalidity, uid)
    )
    """,
    """
    CREATE TABLE tasks (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      workspace_id UUID NOT NULL REFERENCES workspaces(id),
      enrollment_id UUID NOT NULL REFERENCES sequence_enrollments(id) ON DELETE CASCADE,
      sequence_step_id UUID REFERENCES sequence_steps(id) ON DELETE SET NULL,
      contact_id UUID NOT NULL REFERENCES contacts(id) ON DELETE CASCADE,
      task_type task_type_enum NOT NULL,
      title TEXT NOT NULL,
      description TEXT,
      linkedin_action linkedin_action_enum,
      assignee_id UUID REFERENCES users(id),
      due_at TIMESTAMP WITH TIME ZONE,
      status task_status_enum NOT NULL DEFAULT 'open',
      outcome VARCHAR(100),
      notes TEXT,
      created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
      completed_at TIMESTAMP WITH TIME ZONE,
      completed_by UUID REFERENCES users(id),

      UNIQUE(enrollment_id, sequence_step_id)
    )
    """,
    """
    CREATE TABLE outbox (
      id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      customer_id UUID NOT NULL REFERENCES customers(id),
      topic VARCHAR(50) NOT NULL,
      subject_id UUID NOT NULL, -- The enrollment or mailbox that it speaks of
      payload JSONB NOT NULL DEFAULT '{}',
      created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
      attempts INTEGER NOT NULL DEFAULT 0,
      next_attempt_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
      last_error TEXT
    )
    """,
    """
    CREATE TABLE idempotency_keys (
      customer_id UUID NOT NULL REFERENCES customers(id),
      key VARCHAR(255) NOT NULL,
      method VARCHAR(10) NOT NULL,
      path TEXT NOT NULL,
      request_hash BYTEA NOT NULL,
      status_code INTEGER, -- The three columns of the answer are null while the request runs
      headers JSONB,
      body BYTEA,
      created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),

      PRIMARY KEY (customer_id, key)
    )
    """,
    "CREATE INDEX idx_email_messages_contact ON email_messages(contact_id)",
    "CREATE INDEX idx_email_messages_account_sent ON email_messages(email_account_id, sent_at)",
    "CREATE INDEX idx_email_messages_customer_created ON email_messages(customer_id, created_at, id)",
    "CREATE INDEX idx_email_messages_provider_message_id ON email_messages(provider_message_id) "
    "WHERE provider_message_id IS NOT NULL",
    "CREATE INDEX idx_inbound_messages_account_message_id ON inbound_messages(email_account_id, message_id)",
    "CREATE INDEX idx_tasks_customer_status_due ON tasks(customer_id, status, due_at)",
    "CREATE INDEX idx_outbox_next_attempt ON outbox(next_attempt_at, id)",
    "CREATE INDEX idx_outbox_subject ON outbox(subject_id)",
)

DOWNGRADE = (
    "DROP TABLE idempotency_keys, outbox, tasks, inbound_messages, email_messages",
    "DROP TYPE task_status_enum, task_type_enum, inbound_kind_enum, email_message_status_enum",
)


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE:
        op.execute(statement)
