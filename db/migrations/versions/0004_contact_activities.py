"""Contact activities, partitioned by UTC month

Revision ID: 0004
Revises: 0003
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UPGRADE = (
    """
    CREATE TYPE activity_type_enum AS ENUM (
      'email_sent', 'email_delivered', 'email_opened', 'email_clicked',
      'email_replied', 'email_bounced', 'email_unsubscribed',
      'contact_created', 'contact_updated', 'contact_enriched',
      'sequence_enrolled', 'sequence_completed', 'task_created',
      'linkedin_connected', 'linkedin_viewed', 'call_completed'
    )
    """,
    # The primary key takes occurred_at in because Postgres wants the partition key in every unique key.
    """
    CREATE TABLE contact_activities (
      id UUID DEFAULT gen_random_uuid(),
      contact_id UUID NOT NULL REFERENCES contacts(id) ON DELETE CASCADE,
      customer_id UUID NOT NULL REFERENCES customers(id),

      -- Activity Details
      activity_type activity_type_enum NOT NULL,
      activity_subtype VARCHAR(100),

      -- Related Entities
      sequence_id UUID REFERENCES sequences(id),
      sequence_step_id UUID REFERENCES sequence_steps(id),
      email_account_id UUID REFERENCES email_accounts(id),
      email_message_id VARCHAR(255), -- External email ID

      -- Timing
      occurred_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),

      -- Activity Data
      metadata JSONB DEFAULT '{}', -- Flexible data storage

      -- Location/Technical Data
      ip_address INET,
      user_agent TEXT,
      geo_country VARCHAR(100),
      geo_city VARCHAR(100),

      -- Processing Status
      processed BOOLEAN DEFAULT false,
      processed_at TIMESTAMP WITH TIME ZONE,

      -- Indexing for performance
      created_at TIMESTAMP WITH TIME ZONE DEFAULT NOW(),

      -- Origin
      external_id VARCHAR(255), -- The id that whoever recorded the activity gave it
      enrollment_id UUID, -- No foreign key: the activity outlives the enrollment

      PRIMARY KEY (id, occurred_at)
    ) PARTITION BY RANGE (occurred_at)
    """,
    "CREATE TABLE contact_activities_default PARTITION OF contact_activities DEFAULT",
    # From the month before this one to three months ahead; db/partitions.py makes those that follow. The
    # bounds carry their offset, so that they are UTC instants whatever the zone of the server.
    """
    DO $$
    DECLARE
      this_month timestamp;
    BEGIN
      FOR offset_months IN -1..3 LOOP
        this_month := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => offset_months);
        EXECUTE format(
          'CREATE TABLE %I PARTITION OF contact_activities FOR VALUES FROM (%L) TO (%L)',
          to_char(this_month, '"contact_activities_y"YYYY"m"MM'),
          to_char(this_month, 'YYYY-MM-DD "00:00:00+00"'),
          to_char(this_month + interval '1 month', 'YYYY-MM-DD "00:00:00+00"')
        );
      END LOOP;
    END
    $$
    """,
    "CREATE INDEX idx_contact_activities_contact_type ON contact_activities(contact_id, activity_type)",
    "CREATE INDEX idx_contact_activities_sequence ON contact_activities(sequence_id)",
    "CREATE INDEX idx_contact_activities_occurred_at ON contact_activities(occurred_at)",
    "CREATE INDEX idx_contact_activities_external_id ON contact_activities(customer_id, external_id) "
    "WHERE external_id IS NOT NULL",
)

DOWNGRADE = (
    "DROP TABLE contact_activities",
    "DROP TYPE activity_type_enum",
)


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE:
        op.execute(statement)
