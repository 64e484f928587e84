"""Customers, their workspaces, users, API keys and mailboxes

Revision ID: 0001
Revises:
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

UPGRADE = (
    "CREATE TYPE connection_security_enum AS ENUM ('none', 'starttls', 'tls')",
    "CREATE TYPE email_account_status_enum AS ENUM ('active', 'paused', 'error')",
    """
    CREATE TABLE customers (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      name VARCHAR(255) NOT NULL UNIQUE,
      created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW()
    )
    """,
    """
    CREATE TABLE workspaces (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      name VARCHAR(255) NOT NULL,
      postal_address TEXT,
      recipient_domain_daily_cap INTEGER,
      contact_daily_cap INTEGER,
      out_of_office_days INTEGER NOT NULL DEFAULT 7,
      same_company_stop BOOLEAN NOT NULL DEFAULT false,
      holiday_country VARCHAR(2),
      holiday_dates DATE[] NOT NULL DEFAULT '{}',
      free_mail_domains TEXT[] NOT NULL DEFAULT '{}',
      created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
      updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),

      UNIQUE(customer_id, name)
    )
    """,
    """
    CREATE TABLE users (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      email VARCHAR(255) NOT NULL,
      name VARCHAR(255),
      created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),

      UNIQUE(customer_id, email)
    )
    """,
    """
    CREATE TABLE api_keys (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      workspace_id UUID NOT NULL REFERENCES workspaces(id),
      user_id UUID NOT NULL REFERENCES users(id),
      name VARCHAR(255),
      prefix VARCHAR(16) NOT NULL, -- What a person sees of the key
      key_hash BYTEA NOT NULL UNIQUE,
      created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
      last_used_at TIMESTAMP WITH TIME ZONE,
      revoked_at TIMESTAMP WITH TIME ZONE
    )
    """,
    """
    CREATE TABLE email_accounts (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      workspace_id UUID NOT NULL REFERENCES workspaces(id),
      email VARCHAR(255) NOT NULL,
      from_name VARCHAR(255),

      -- Sending
      smtp_host VARCHAR(255) NOT NULL,
      smtp_port INTEGER NOT NULL,
      smtp_security connection_security_enum NOT NULL DEFAULT 'starttls',
      smtp_username VARCHAR(255),
      smtp_password_encrypted BYTEA,

      -- Reading
      imap_host VARCHAR(255),
      imap_port INTEGER,
      imap_security connection_security_enum NOT NULL DEFAULT 'tls',
      imap_username VARCHAR(255),
      imap_password_encrypted BYTEA,

      -- Capacity
      daily_limit INTEGER NOT NULL DEFAULT 200,
      min_gap_seconds INTEGER NOT NULL DEFAULT 60,
      status email_account_status_enum NOT NULL DEFAULT 'active',
      last_error TEXT,

      -- How far the inbox has been read (RFC 9051 2.3.1.1)
      imap_uidvalidity BIGINT,
      imap_last_uid BIGINT NOT NULL DEFAULT 0,
      last_polled_at TIMESTAMP WITH TIME ZONE,

      created_by UUID REFERENCES users(id),
      created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
      updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),

      UNIQUE(customer_id, email)
    )
    """,
)

DOWNGRADE = (
    "DROP TABLE email_accounts, api_keys, users, workspaces, customers",
    "DROP TYPE email_account_status_enum, connection_security_enum",
)


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE:
        op.execute(statement)
