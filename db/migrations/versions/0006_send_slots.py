"""The slot ledger, and the settings of hours, holidays, pools and pace by which it is written

Revision ID: 0006
Revises: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

UPGRADE = (
    "CREATE TYPE send_blocker_enum AS ENUM ("
    "'delay', 'window', 'holiday', 'mailbox_limit', 'mailbox_gap', 'mailbox_away', 'sequence_cap', 'throttle', "
    "'domain_cap', 'contact_cap', 'follow_ups', 'mailbox_error', 'mailbox_paused', 'sequence_paused', 'paused', "
    "'missing_variable', 'retry', 'task', 'no_slot')",
    "ALTER TYPE waiting_reason_enum ADD VALUE 'no_slot'",
    """
    ALTER TABLE workspaces
      ADD COLUMN timezone VARCHAR(50) NOT NULL DEFAULT 'UTC' -- Of the days of mailboxes, domains and contacts
    """,
    """
    ALTER TABLE email_accounts
      ADD COLUMN gap_jitter_seconds INTEGER NOT NULL DEFAULT 0,
      ADD COLUMN ramp_up_start INTEGER, -- The limit of the first day
      ADD COLUMN ramp_up_per_day INTEGER, -- What it grows by, up to daily_limit
      ADD COLUMN ramp_up_from DATE, -- The first day
      ADD COLUMN away_from DATE,
      ADD COLUMN away_until DATE -- The last day away
    """,
    """
    ALTER TABLE sequences
      ADD COLUMN sending_hours JSONB, -- In place of sending_window_start, _end and sending_days
      ADD COLUMN follow_up_hours JSONB, -- Of every email after the first
      ADD COLUMN holiday_country VARCHAR(2),
      ADD COLUMN holiday_dates DATE[] NOT NULL DEFAULT '{}',
      ADD COLUMN running_since TIMESTAMP WITH TIME ZONE, -- When it was last activated or resumed
      ADD COLUMN pause_reason TEXT
    """,
    """
    ALTER TABLE sequence_enrollments
      ADD COLUMN delay_from TIMESTAMP WITH TIME ZONE, -- From when the current step's delay counts
      ADD COLUMN delay_until TIMESTAMP WITH TIME ZONE -- When it is over, before windows and capacity
    """,
    """
    CREATE TABLE sequence_email_accounts (
      sequence_id UUID NOT NULL REFERENCES sequences(id) ON DELETE CASCADE,
      email_account_id UUID NOT NULL REFERENCES email_accounts(id),
      customer_id UUID NOT NULL REFERENCES customers(id),

      PRIMARY KEY (sequence_id, email_account_id)
    )
    """,
    """
    CREATE TABLE send_slots (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      workspace_id UUID NOT NULL REFERENCES workspaces(id),

      -- Which email from which mailbox
      email_account_id UUID NOT NULL REFERENCES email_accounts(id),
      sequence_id UUID REFERENCES sequences(id) ON DELETE SET NULL,
      sequence_step_id UUID REFERENCES sequence_steps(id) ON DELETE SET NULL,
      enrollment_id UUID REFERENCES sequence_enrollments(id) ON DELETE SET NULL,
      contact_id UUID REFERENCES contacts(id) ON DELETE SET NULL,
      recipient_domain TEXT,

      -- When
      slot_at TIMESTAMP WITH TIME ZONE NOT NULL,
      due_at TIMESTAMP WITH TIME ZONE NOT NULL, -- The earliest by delay and window
      open_until TIMESTAMP WITH TIME ZONE NOT NULL, -- When its window closes, or its day ends
      day DATE NOT NULL, -- Of slot_at in the workspace's zone
      sequence_day DATE NOT NULL, -- Of slot_at in the sequence's zone

      -- Why then
      follow_up BOOLEAN NOT NULL,
      begun BOOLEAN NOT NULL DEFAULT false, -- Whether the chain's first email was sent
      blocker send_blocker_enum, -- What put it off last
      used_at TIMESTAMP WITH TIME ZONE, -- When it was claimed; null while it is still to come

      UNIQUE(enrollment_id, sequence_step_id)
    )
    """,
    "CREATE INDEX idx_sequence_email_accounts_account ON sequence_email_accounts(email_account_id)",
    "CREATE INDEX idx_send_slots_account_slot ON send_slots(email_account_id, slot_at)",
    "CREATE INDEX idx_send_slots_account_used ON send_slots(email_account_id, used_at) WHERE used_at IS NOT NULL",
    "CREATE INDEX idx_send_slots_account_day ON send_slots(email_account_id, day)",
    "CREATE INDEX idx_send_slots_sequence_day ON send_slots(sequence_id, sequence_day)",
    "CREATE INDEX idx_send_slots_workspace_domain_day ON send_slots(workspace_id, recipient_domain, day)",
    "CREATE INDEX idx_send_slots_contact_day ON send_slots(contact_id, day)",
    "CREATE INDEX idx_send_slots_step ON send_slots(sequence_step_id)",
)

DOWNGRADE = (
    "DROP TABLE send_slots, sequence_email_accounts",
    "ALTER TABLE sequence_enrollments DROP COLUMN delay_from, DROP COLUMN delay_until",
    "ALTER TABLE sequences DROP COLUMN sending_hours, DROP COLUMN follow_up_hours, DROP COLUMN holiday_country, "
    "DROP COLUMN holiday_dates, DROP COLUMN running_since, DROP COLUMN pause_reason",
    "ALTER TABLE email_accounts DROP COLUMN gap_jitter_seconds, DROP COLUMN ramp_up_start, "
    "DROP COLUMN ramp_up_per_day, DROP COLUMN ramp_up_from, DROP COLUMN away_from, DROP COLUMN away_until",
    "ALTER TABLE workspaces DROP COLUMN timezone",
    # Postgres takes no label away from a type.
    "ALTER TYPE waiting_reason_enum RENAME TO waiting_reason_enum_of_0006",
    "CREATE TYPE waiting_reason_enum AS ENUM "
    "('paused', 'sequence_paused', 'missing_variable', 'mailbox_error', 'retry', 'task')",
    "ALTER TABLE sequence_enrollments ALTER COLUMN waiting_reason TYPE waiting_reason_enum "
    "USING nullif(waiting_reason::text, 'no_slot')::waiting_reason_enum",
    "DROP TYPE waiting_reason_enum_of_0006, send_blocker_enum",
)


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE:
        op.execute(statement)
