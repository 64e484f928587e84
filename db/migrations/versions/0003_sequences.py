"""Sequences, their folders, steps, enrollments and the record of executed steps

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UPGRADE = (
    "CREATE TYPE sequence_status_enum AS ENUM ('draft', 'active', 'paused', 'stopped', 'archived')",
    "CREATE TYPE goal_type_enum AS ENUM ('replies', 'meetings', 'sales', 'custom')",
    "CREATE TYPE step_type_enum AS ENUM ('email', 'task', 'linkedin', 'call', 'conditional', 'delay')",
    "CREATE TYPE condition_operator_enum AS ENUM ('AND', 'OR')",
    "CREATE TYPE linkedin_action_enum AS ENUM ('connect', 'message', 'view_profile')",
    "CREATE TYPE enrollment_source_enum AS ENUM ('manual', 'bulk_import', 'api', 'automation')",
    "CREATE TYPE enrollment_status_enum AS ENUM "
    "('active', 'paused', 'completed', 'stopped', 'bounced', 'unsubscribed', 'failed')",
    "CREATE TYPE completion_reason_enum AS ENUM "
    "('finished', 'unsubscribed', 'bounced', 'manual_stop', 'goal_achieved', 'replied')",
    "CREATE TYPE waiting_reason_enum AS ENUM "
    "('paused', 'sequence_paused', 'missing_variable', 'mailbox_error', 'retry', 'task')",
    "CREATE TYPE step_outcome_enum AS ENUM ('executed', 'skipped', 'failed')",
    """
    CREATE TABLE sequence_folders (
      id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      workspace_id UUID NOT NULL REFERENCES workspaces(id),

      name VARCHAR(255) NOT NULL,
      description TEXT,
      color VARCHAR(7), -- Hex color code

      parent_folder_id UUID REFERENCES sequence_folders(id),
      sort_order INTEGER DEFAULT 0,

      created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
      created_by UUID NOT NULL REFERENCES users(id)
    )
    """,
    """
    CREATE TABLE sequences (
      id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      workspace_id UUID NOT NULL REFERENCES workspaces(id),

      -- Basic Information
      name VARCHAR(255) NOT NULL,
      description TEXT,
      status sequence_status_enum DEFAULT 'draft',

      -- Configuration
      owner_id UUID NOT NULL REFERENCES users(id),
      folder_id UUID REFERENCES sequence_folders(id),
      tags TEXT[],

      -- Goals & Objectives
      goal_type goal_type_enum, -- 'replies', 'meetings', 'sales', etc.
      goal_target INTEGER,
      goal_deadline DATE,

      -- Sending Configuration
      default_email_account_id UUID REFERENCES email_accounts(id),
      sending_timezone VARCHAR(50) DEFAULT 'UTC',
      sending_window_start TIME,
      sending_window_end TIME,
      sending_days BOOLEAN[7] DEFAULT '{t,t,t,t,t,f,f}', -- Mon-Sun

      -- Advanced Settings
      max_emails_per_day INTEGER DEFAULT 100,
      throttle_delay_minutes INTEGER DEFAULT 60,
      stop_on_reply BOOLEAN DEFAULT true,
      stop_on_bounce BOOLEAN DEFAULT true,
      stop_on_unsubscribe BOOLEAN DEFAULT true,

      -- Metadata
      created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
      updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
      created_by UUID NOT NULL REFERENCES users(id),
      updated_by UUID REFERENCES users(id),

      -- Performance Tracking
      total_enrolled INTEGER DEFAULT 0,
      total_sent INTEGER DEFAULT 0,
      total_delivered INTEGER DEFAULT 0,
      total_opened INTEGER DEFAULT 0,
      total_clicked INTEGER DEFAULT 0,
      total_replied INTEGER DEFAULT 0,
      total_bounced INTEGER DEFAULT 0,
      total_unsubscribed INTEGER DEFAULT 0,

      use_contact_timezone BOOLEAN NOT NULL DEFAULT false
    )
    """,
    """
    CREATE TABLE sequence_steps (
      id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
      sequence_id UUID NOT NULL REFERENCES sequences(id) ON DELETE CASCADE,

      -- Step Configuration
      step_order INTEGER NOT NULL,
      step_type step_type_enum NOT NULL,

      -- Timing
      delay_days INTEGER DEFAULT 0,
      delay_hours INTEGER DEFAULT 0,
      delay_minutes INTEGER DEFAULT 0,

      -- Email Content (for email steps)
      subject_template TEXT,
      body_template TEXT,
      email_account_id UUID REFERENCES email_accounts(id),

      -- Advanced Options
      ab_test_enabled BOOLEAN DEFAULT false,
      ab_test_variants JSONB, -- Alternative subject/body combinations

      -- Conditions (for conditional steps)
      conditions JSONB, -- Complex condition logic
      condition_operator condition_operator_enum DEFAULT 'AND',

      -- Task Configuration (for task steps)
      task_title TEXT,
      task_description TEXT,
      task_assignee_id UUID REFERENCES users(id),
      task_due_days INTEGER,

      -- LinkedIn Configuration (for linkedin steps)
      linkedin_action linkedin_action_enum,
      linkedin_message TEXT,

      -- Metadata
      created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
      updated_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),

      -- Performance Tracking
      times_executed INTEGER DEFAULT 0,
      success_rate DECIMAL(5,2),

      -- Tenancy
      customer_id UUID NOT NULL REFERENCES customers(id)
    )
    """,
    """
    CREATE TABLE sequence_enrollments (
      id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
      sequence_id UUID NOT NULL REFERENCES sequences(id),
      contact_id UUID NOT NULL REFERENCES contacts(id),

      -- Enrollment Details
      enrolled_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),
      enrolled_by UUID REFERENCES users(id),
      enrollment_source enrollment_source_enum DEFAULT 'manual',

      -- Progression State
      current_step_id UUID REFERENCES sequence_steps(id),
      status enrollment_status_enum DEFAULT 'active',

      -- Timing
      last_step_completed_at TIMESTAMP WITH TIME ZONE,
      next_step_scheduled_at TIMESTAMP WITH TIME ZONE,

      -- Completion
      completed_at TIMESTAMP WITH TIME ZONE,
      completion_reason completion_reason_enum,

      -- Performance Tracking
      total_emails_sent INTEGER DEFAULT 0,
      total_opens INTEGER DEFAULT 0,
      total_clicks INTEGER DEFAULT 0,
      total_replies INTEGER DEFAULT 0,

      -- Tenancy
      customer_id UUID NOT NULL REFERENCES customers(id),

      -- Waiting and pausing
      email_account_id UUID REFERENCES email_accounts(id), -- The mailbox that keeps the thread
      waiting_reason waiting_reason_enum,
      paused_at TIMESTAMP WITH TIME ZONE,
      resume_at TIMESTAMP WITH TIME ZONE,
      remaining_seconds DOUBLE PRECISION, -- What is left of the delay while paused
      last_error TEXT,

      UNIQUE(sequence_id, contact_id)
    )
    """,
    """
    CREATE TABLE sequence_step_executions (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      enrollment_id UUID NOT NULL REFERENCES sequence_enrollments(id) ON DELETE CASCADE,
      sequence_step_id UUID NOT NULL REFERENCES sequence_steps(id) ON DELETE CASCADE,
      outcome step_outcome_enum NOT NULL,
      branch BOOLEAN, -- The way that a conditional took
      executed_at TIMESTAMP WITH TIME ZONE NOT NULL,

      UNIQUE(enrollment_id, sequence_step_id)
    )
    """,
    # Core lookup indexes
    "CREATE INDEX idx_sequences_customer_workspace ON sequences(customer_id, workspace_id)",
    "CREATE INDEX idx_sequence_steps_sequence_order ON sequence_steps(sequence_id, step_order)",
    "CREATE INDEX idx_enrollments_sequence_status ON sequence_enrollments(sequence_id, status)",
    "CREATE INDEX idx_enrollments_contact ON sequence_enrollments(contact_id)",
    # Performance indexes
    "CREATE INDEX idx_enrollments_next_scheduled ON sequence_enrollments(next_step_scheduled_at) "
    "WHERE status = 'active'",
    "CREATE INDEX idx_sequences_status_updated ON sequences(status, updated_at)",
    "CREATE INDEX idx_enrollments_customer_enrolled "
    "ON sequence_enrollments(customer_id, enrolled_at DESC, id DESC)",
    "CREATE INDEX idx_enrollments_active_email_account ON sequence_enrollments(email_account_id) "
    "WHERE status = 'active'",
)

DOWNGRADE = (
    "DROP TABLE sequence_step_executions, sequence_enrollments, sequence_steps, sequences, sequence_folders",
    "DROP TYPE step_outcome_enum, waiting_reason_enum, completion_reason_enum, enrollment_status_enum, "
    "enrollment_source_enum, linkedin_action_enum, condition_operator_enum, step_type_enum, goal_type_enum, "
    "sequence_status_enum",
)


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE:
        op.execute(statement)
