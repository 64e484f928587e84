"""Contacts: zones that are known and zones that are not, search, who edited what

Revision ID: 0009
Revises: 0008
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UPGRADE: tuple[str, ...] = (
    "CREATE TYPE timezone_source_enum AS ENUM ('unknown', 'derived', 'given')",
    """
    ALTER TABLE contacts
      ADD COLUMN timezone_source timezone_source_enum NOT NULL DEFAULT 'unknown', -- Unknown: timezone says nothing
      ADD COLUMN field_sources JSONB -- Which provider a field is from
    """,
    "UPDATE contacts SET timezone_source = 'given' WHERE timezone <> 'UTC'",
    # A trusted extension: who may create objects in the database may install it, without being superuser.
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    # For search: the words of the name and of the company, each after a blank. Addresses have their unique index.
    """
    CREATE INDEX idx_contacts_search ON contacts USING gin ((
      lower(' ' || coalesce(first_name, '') || ' ' || coalesce(last_name, '') || ' ' || coalesce(company_name, '')))
      gin_trgm_ops)
    """,
    # For lists in these orders.
    "CREATE INDEX idx_contacts_customer_company ON contacts(customer_id, company_name, id)",
    "CREATE INDEX idx_contacts_customer_name ON contacts(customer_id, full_name, id)",
    # For likely duplicates: phones, LinkedIn profiles and mailboxes that have several addresses.
    "CREATE INDEX idx_contacts_phone ON contacts(customer_id, phone) WHERE phone IS NOT NULL",
    """
    CREATE INDEX idx_contacts_linkedin ON contacts(
      customer_id, lower(rtrim(split_part(split_part(linkedin_profile, 'linkedin.com/', -1), '?', 1), '/')))
    WHERE linkedin_profile IS NOT NULL
    """,
    """
    CREATE INDEX idx_contacts_mailbox ON contacts(
      customer_id, replace(split_part(split_part(email, '@', 1), '+', 1), '.', ''))
    WHERE email LIKE '%+%' OR email LIKE '%@gmail.com' OR email LIKE '%@googlemail.com'
    """,
)

DOWNGRADE: tuple[str, ...] = (
    # The extension stays: it may not be ours alone.
    "DROP INDEX idx_contacts_mailbox, idx_contacts_linkedin, idx_contacts_phone, idx_contacts_customer_name, "
    "idx_contacts_customer_company, idx_contacts_search",
    "ALTER TABLE contacts DROP COLUMN timezone_source, DROP COLUMN field_sources",
    "DROP TYPE timezone_source_enum",
)


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE:
        op.execute(statement)
