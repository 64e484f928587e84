"""What is learnt of mail after it was sent: engagement, events of providers, absences; how mailboxes log in and sign

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

UPGRADE = (
    "CREATE TYPE mailbox_auth_enum AS ENUM ('password', 'xoauth2')",
    "ALTER TYPE waiting_reason_enum ADD VALUE 'out_of_office'",
    "ALTER TYPE send_blocker_enum ADD VALUE 'out_of_office'",
    """
    ALTER TABLE email_accounts
      -- Logging in
      ADD COLUMN auth_method mailbox_auth_enum NOT NULL DEFAULT 'password', -- For SMTP and IMAP
      ADD COLUMN oauth_token_url TEXT, -- Where the refresh token buys access tokens (RFC 6749)
      ADD COLUMN oauth_client_id TEXT,
      ADD COLUMN oauth_client_secret_encrypted BYTEA,
      ADD COLUMN oauth_scope TEXT,
      ADD COLUMN oauth_refresh_token_encrypted BYTEA,
      ADD COLUMN oauth_access_token_encrypted BYTEA,
      ADD COLUMN oauth_expires_at TIMESTAMP WITH TIME ZONE, -- When the access token does

      -- Signing and the sending domain
      ADD COLUMN dkim_domain VARCHAR(255),
      ADD COLUMN dkim_selector VARCHAR(255),
      ADD COLUMN dkim_private_key_encrypted BYTEA,
      ADD COLUMN domain_report JSONB, -- What DNS says of the sending domain
      ADD COLUMN domain_checked_at TIMESTAMP WITH TIME ZONE,
      ADD COLUMN bounce_address VARCHAR(255), -- Where delivery reports go, told apart by +token; null: to email itself

      -- What servers hold against it
      ADD COLUMN policy_error TEXT, -- The last refusal for policy, content, reputation or rate
      ADD COLUMN policy_error_at TIMESTAMP WITH TIME ZONE
    """,
    """
    ALTER TABLE sequences
      ADD COLUMN track_opens BOOLEAN NOT NULL DEFAULT true,
      ADD COLUMN track_clicks BOOLEAN NOT NULL DEFAULT true
    """,
    """
    ALTER TABLE email_messages
      -- The first of each kind that counts
      ADD COLUMN opened_at TIMESTAMP WITH TIME ZONE,
      ADD COLUMN clicked_at TIMESTAMP WITH TIME ZONE,
      ADD COLUMN replied_at TIMESTAMP WITH TIME ZONE,
      ADD COLUMN bounced_at TIMESTAMP WITH TIME ZONE,

      ADD COLUMN settled_by UUID REFERENCES users(id) -- Who decided what became of an unknown send
    """,
    """
    ALTER TABLE sequence_steps
      -- What success_rate is made of, beside times_executed
      ADD COLUMN times_failed INTEGER NOT NULL DEFAULT 0,
      ADD COLUMN times_bounced INTEGER NOT NULL DEFAULT 0 -- Of those executed
    """,
    """
    ALTER TABLE inbound_messages
      ADD COLUMN matched_by VARCHAR(20), -- How the send was found
      ADD COLUMN absent_until DATE, -- The last day away that an auto-reply names
      ADD COLUMN needs_review BOOLEAN NOT NULL DEFAULT false, -- A person has to look at it
      ADD COLUMN reviewed_at TIMESTAMP WITH TIME ZONE,
      ADD COLUMN reviewed_by UUID REFERENCES users(id)
    """,
    """
    CREATE TABLE tracked_links (
      id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      customer_id UUID NOT NULL REFERENCES customers(id),

      url TEXT NOT NULL, -- Where a click leads, as it was written
      url_hash BYTEA NOT NULL, -- SHA-256
      created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),

      UNIQUE(customer_id, url_hash)
    )
    """,
    """
    CREATE TABLE provider_events (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      workspace_id UUID NOT NULL REFERENCES workspaces(id),

      provider VARCHAR(50) NOT NULL,
      external_id VARCHAR(255) NOT NULL, -- The provider's id of the event
      event_type VARCHAR(50) NOT NULL,
      occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
      received_at TIMESTAMP WITH TIME ZONE NOT NULL,
      email_message_id UUID REFERENCES email_messages(id) ON DELETE SET NULL,
      payload JSONB NOT NULL,

      UNIQUE(customer_id, provider, external_id)
    )
    """,
    "CREATE INDEX idx_inbound_messages_review ON inbound_messages(customer_id, received_at) WHERE needs_review",
    "CREATE INDEX idx_inbound_messages_contact ON inbound_messages(contact_id)",
    "CREATE INDEX idx_inbound_messages_customer_received ON inbound_messages(customer_id, received_at, id)",
    "CREATE INDEX idx_provider_events_message ON provider_events(email_message_id)",
    "CREATE INDEX idx_provider_events_customer_received ON provider_events(customer_id, received_at, id)",
    "CREATE INDEX idx_email_messages_unknown ON email_messages(email_account_id, sending_at) WHERE status = 'unknown'",
    "CREATE INDEX idx_email_messages_account_to ON email_messages(email_account_id, to_address)",
)

DOWNGRADE = (
    "DROP INDEX idx_email_messages_account_to, idx_email_messages_unknown, idx_inbound_messages_customer_received, "
    "idx_inbound_messages_contact, idx_inbound_messages_review",
    "DROP TABLE provider_events, tracked_links",
    "ALTER TABLE inbound_messages DROP COLUMN matched_by, DROP COLUMN absent_until, DROP COLUMN needs_review, "
    "DROP COLUMN reviewed_at, DROP COLUMN reviewed_by",
    "ALTER TABLE email_messages DROP COLUMN opened_at, DROP COLUMN clicked_at, DROP COLUMN replied_at, "
    "DROP COLUMN bounced_at, DROP COLUMN settled_by",
    "ALTER TABLE sequence_steps DROP COLUMN times_failed, DROP COLUMN times_bounced",
    "ALTER TABLE sequences DROP COLUMN track_opens, DROP COLUMN track_clicks",
    "ALTER TABLE email_accounts DROP COLUMN auth_method, DROP COLUMN oauth_token_url, DROP COLUMN oauth_client_id, "
    "DROP COLUMN oauth_client_secret_encrypted, DROP COLUMN oauth_scope, DROP COLUMN oauth_refresh_token_encrypted, "
    "DROP COLUMN oauth_access_token_encrypted, DROP COLUMN oauth_expires_at, DROP COLUMN dkim_domain, "
    "DROP COLUMN dkim_selector, DROP COLUMN dkim_private_key_encrypted, DROP COLUMN domain_report, "
    "DROP COLUMN domain_checked_at, DROP COLUMN bounce_address, DROP COLUMN policy_error, DROP COLUMN policy_error_at",
    # Postgres takes no label away from a type.
    "ALTER TYPE waiting_reason_enum RENAME TO waiting_reason_enum_of_0007",
    "CREATE TYPE waiting_reason_enum AS ENUM "
    "('paused', 'sequence_paused', 'missing_variable', 'mailbox_error', 'retry', 'task', 'no_slot')",
    "ALTER TABLE sequence_enrollments ALTER COLUMN waiting_reason TYPE waiting_reason_enum "
    "USING replace(waiting_reason::text, 'out_of_office', 'paused')::waiting_reason_enum",
    "ALTER TYPE send_blocker_enum RENAME TO send_blocker_enum_of_0007",
    "CREATE TYPE send_blocker_enum AS ENUM ("
    "'delay', 'window', 'holiday', 'mailbox_limit', 'mailbox_gap', 'mailbox_away', 'sequence_cap', 'throttle', "
    "'domain_cap', 'contact_cap', 'follow_ups', 'mailbox_error', 'mailbox_paused', 'sequence_paused', 'paused', "
    "'missing_variable', 'retry', 'task', 'no_slot')",
    "ALTER TABLE send_slots ALTER COLUMN blocker TYPE send_blocker_enum "
    "USING nullif(blocker::text, 'out_of_office')::send_blocker_enum",
    "DROP TYPE waiting_reason_enum_of_0007, send_blocker_enum_of_0007, mailbox_auth_enum",
)


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE:
        op.execute(statement)
