"""Enrichment: providers and their keys, answers that were bought, tries

Revision ID: 0013
Revises: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

UPGRADE: tuple[str, ...] = (
    "CREATE TYPE enrichment_provider_enum AS ENUM ('hunter', 'clearbit', 'linkedin', 'zoominfo', 'manual')",
    "CREATE TYPE provider_state_enum AS ENUM "
    "('ok', 'unauthorised', 'out_of_credits', 'over_budget', 'rate_limited', 'unavailable')",
    "CREATE TYPE enrichment_lookup_enum AS ENUM ('verification', 'person', 'company')",
    "CREATE TYPE enrichment_outcome_enum AS ENUM ('found', 'not_found', 'not_ready', 'refused', 'unauthorised', "
    "'out_of_credits', 'rate_limited', 'unavailable', 'unknown')",
    """
    CREATE TABLE enrichment_providers (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      workspace_id UUID NOT NULL REFERENCES workspaces(id) ON DELETE CASCADE,
      provider enrichment_provider_enum NOT NULL,

      enabled BOOLEAN NOT NULL DEFAULT true,
      rank INTEGER NOT NULL DEFAULT 100, -- Lower is asked first and believed more
      credentials_encrypted BYTEA NOT NULL,
      base_url VARCHAR(500), -- Instead of the provider's own
      fields TEXT[], -- Those that it may write; null: all that it knows
      overwrites TEXT[] NOT NULL DEFAULT '{}', -- Those in which it may replace what a person has entered
      daily_budget INTEGER, -- In credits
      monthly_budget INTEGER,

      state provider_state_enum NOT NULL DEFAULT 'ok',
      state_detail TEXT,
      failures INTEGER NOT NULL DEFAULT 0, -- In a row
      available_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(), -- Not asked before
      access_token_encrypted BYTEA, -- Bought with the credentials
      access_expires_at TIMESTAMP WITH TIME ZONE,

      created_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),
      updated_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(),

      UNIQUE(workspace_id, provider)
    )
    """,
    """
    ALTER TABLE contact_enrichment_queue
      ADD COLUMN asked TEXT[] NOT NULL DEFAULT '{}', -- Providers that this entry is done with
      ADD COLUMN tries INTEGER NOT NULL DEFAULT 0, -- How often it was taken up
      ADD COLUMN next_try_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT NOW(), -- Of one in work: when it is another's
      ADD COLUMN error_code VARCHAR(50)
    """,
    "CREATE INDEX idx_enrichment_queue_open ON contact_enrichment_queue(customer_id, priority DESC, queued_at, id) "
    "WHERE status IN ('pending', 'processing')",
    "CREATE INDEX idx_enrichment_queue_due ON contact_enrichment_queue(customer_id, next_try_at) "
    "WHERE status IN ('pending', 'processing')",
    "CREATE INDEX idx_enrichment_queue_asked ON contact_enrichment_queue(customer_id) "
    "WHERE status = 'pending' AND asked <> '{}'",
    "CREATE INDEX idx_enrichment_queue_contact ON contact_enrichment_queue(contact_id)",
    "CREATE INDEX idx_enrichment_queue_customer_queued "
    "ON contact_enrichment_queue(customer_id, queued_at DESC, id DESC)",
    """
    CREATE TABLE enrichment_answers (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      provider enrichment_provider_enum NOT NULL,
      lookup enrichment_lookup_enum NOT NULL,
      asked_hash BYTEA NOT NULL, -- Keyed hash of the address, profile or domain that was asked for
      contact_id UUID REFERENCES contacts(id) ON DELETE CASCADE, -- Null: it is about a company

      fields JSONB, -- What of the answer is used; null: the provider knows nothing
      fetched_at TIMESTAMP WITH TIME ZONE NOT NULL,
      expires_at TIMESTAMP WITH TIME ZONE NOT NULL,

      UNIQUE(customer_id, provider, lookup, asked_hash)
    )
    """,
    "CREATE INDEX idx_enrichment_answers_contact ON enrichment_answers(contact_id) WHERE contact_id IS NOT NULL",
    """
    CREATE TABLE enrichment_calls (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      workspace_id UUID NOT NULL REFERENCES workspaces(id) ON DELETE CASCADE,
      provider enrichment_provider_enum NOT NULL,
      queue_id UUID REFERENCES contact_enrichment_queue(id) ON DELETE SET NULL,

      lookup enrichment_lookup_enum NOT NULL,
      credits INTEGER NOT NULL, -- Reserved until the answer tells what it cost
      outcome enrichment_outcome_enum, -- Null: under way
      status_code INTEGER,
      asked_at TIMESTAMP WITH TIME ZONE NOT NULL,
      answered_at TIMESTAMP WITH TIME ZONE
    )
    """,
    "CREATE INDEX idx_enrichment_calls_asked ON enrichment_calls(workspace_id, provider, asked_at) INCLUDE (credits)",
    "CREATE INDEX idx_enrichment_calls_queue ON enrichment_calls(queue_id) WHERE queue_id IS NOT NULL",
)

DOWNGRADE: tuple[str, ...] = (
    "DROP TABLE enrichment_calls, enrichment_answers",
    "DROP INDEX idx_enrichment_queue_open, idx_enrichment_queue_due, idx_enrichment_queue_asked, "
    "idx_enrichment_queue_contact, "
    "idx_enrichment_queue_customer_queued",
    """
    ALTER TABLE contact_enrichment_queue
      DROP COLUMN asked, DROP COLUMN tries, DROP COLUMN next_try_at, DROP COLUMN error_code
    """,
    "DROP TABLE enrichment_providers",
    "DROP TYPE enrichment_outcome_enum, enrichment_lookup_enum, provider_state_enum, enrichment_provider_enum",
)


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE:
        op.execute(statement)
