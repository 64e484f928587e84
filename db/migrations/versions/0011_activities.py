"""Activities: counts by quarter of an hour that follow every change, a place for old months, a contact's timeline

Revision ID: 0011
Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

COUNT = """
    CREATE FUNCTION count_activities() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        INSERT INTO activity_deltas
        SELECT customer_id, {quarter_hour}, activity_type, activity_subtype, sequence_id, sequence_step_id,
               email_account_id, count(*)
        FROM added GROUP BY 1, 2, 3, 4, 5, 6, 7;
      ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO activity_deltas
        SELECT customer_id, {quarter_hour}, activity_type, activity_subtype, sequence_id, sequence_step_id,
               email_account_id, -count(*)
        FROM removed GROUP BY 1, 2, 3, 4, 5, 6, 7;
      ELSE
        INSERT INTO activity_deltas
        SELECT customer_id, {quarter_hour}, activity_type, activity_subtype, sequence_id, sequence_step_id,
               email_account_id, sum(number)
        FROM (SELECT *, 1 AS number FROM added UNION ALL SELECT *, -1 FROM removed) AS changed
        GROUP BY 1, 2, 3, 4, 5, 6, 7 HAVING sum(number) <> 0;
      END IF;
      RETURN NULL;
    END
    $$
"""
QUARTER_HOUR = "date_bin('15 minutes', occurred_at, '2000-01-01 00:00:00+00')"
DAY = "date_bin('1 day', quarter_hour, '2000-01-01 00:00:00+00')"

UPGRADE = (
    # What happened to the counts and was not folded into the rollups so far. It is only ever appended to, so that
    # nobody who records an activity waits for another; no index or foreign key costs those who do.
    """
    CREATE TABLE activity_deltas (
      customer_id UUID NOT NULL,
      quarter_hour TIMESTAMP WITH TIME ZONE NOT NULL, -- Its beginning: days of every zone begin at one
      activity_type activity_type_enum NOT NULL,
      activity_subtype VARCHAR(100),
      sequence_id UUID,
      sequence_step_id UUID,
      email_account_id UUID,
      number BIGINT NOT NULL -- Negative for activities that went
    )
    """,
    # Apart from each other, since hardly two activities of a quarter of an hour share step and mailbox.
    """
    CREATE TABLE activity_rollups_by_step (
      customer_id UUID NOT NULL,
      quarter_hour TIMESTAMP WITH TIME ZONE NOT NULL,
      activity_type activity_type_enum NOT NULL,
      activity_subtype VARCHAR(100),
      sequence_id UUID,
      sequence_step_id UUID,
      number BIGINT NOT NULL,

      UNIQUE NULLS NOT DISTINCT
        (customer_id, quarter_hour, activity_type, activity_subtype, sequence_id, sequence_step_id)
    )
    """,
    """
    CREATE TABLE activity_rollups_by_mailbox (
      customer_id UUID NOT NULL,
      quarter_hour TIMESTAMP WITH TIME ZONE NOT NULL,
      activity_type activity_type_enum NOT NULL,
      activity_subtype VARCHAR(100),
      email_account_id UUID,
      number BIGINT NOT NULL,

      UNIQUE NULLS NOT DISTINCT (customer_id, quarter_hour, activity_type, activity_subtype, email_account_id)
    )
    """,
    # Changed by whoever changes the rollups of a day. They are drawn and not counted up, so that none comes back with
    # a backup that is restored.
    """
    CREATE TABLE activity_rollup_versions (
      customer_id UUID NOT NULL,
      day TIMESTAMP WITH TIME ZONE NOT NULL, -- Its beginning, in UTC
      version UUID NOT NULL DEFAULT gen_random_uuid(),

      PRIMARY KEY (customer_id, day)
    )
    """,
    COUNT.format(quarter_hour=QUARTER_HOUR),
    # Months that were detached inherit from it, so that one name reads them all, and each can be dropped alone.
    "CREATE TABLE detached_contact_activities (LIKE contact_activities)",
    # From here on writers wait for the end of the migration, so that the counts below miss nothing.
    """
    CREATE TRIGGER count_added AFTER INSERT ON contact_activities
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_activities()
    """,
    *(
        trigger.format(table=table)
        for table in ("contact_activities", "detached_contact_activities")
        for trigger in (
            """
            CREATE TRIGGER count_removed AFTER DELETE ON {table}
            REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_activities()
            """,
            """
            CREATE TRIGGER count_changed AFTER UPDATE ON {table}
            REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_activities()
            """,
        )
    ),
    f"""
    INSERT INTO activity_rollups_by_step
    SELECT customer_id, {QUARTER_HOUR}, activity_type, activity_subtype, sequence_id, sequence_step_id, count(*)
    FROM contact_activities GROUP BY 1, 2, 3, 4, 5, 6
    """,
    f"""
    INSERT INTO activity_rollups_by_mailbox
    SELECT customer_id, {QUARTER_HOUR}, activity_type, activity_subtype, email_account_id, count(*)
    FROM contact_activities GROUP BY 1, 2, 3, 4, 5
    """,
    f"""
    INSERT INTO activity_rollup_versions (customer_id, day)
    SELECT DISTINCT customer_id, {DAY} FROM activity_rollups_by_step
    """,
    "CREATE INDEX idx_contact_activities_contact_occurred ON contact_activities(contact_id, occurred_at)",
)

DOWNGRADE = (
    "DROP INDEX idx_contact_activities_contact_occurred",
    # Detached months stay, as tables of their own.
    """
    DO $$
    DECLARE
      detached regclass;
    BEGIN
      FOR detached IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'detached_contact_activities'::regclass LOOP
        EXECUTE format('ALTER TABLE %s NO INHERIT detached_contact_activities', detached);
      END LOOP;
    END
    $$
    """,
    "DROP FUNCTION count_activities CASCADE",
    "DROP TABLE detached_contact_activities, activity_rollup_versions, activity_rollups_by_mailbox",
    "DROP TABLE activity_rollups_by_step, activity_deltas",
)


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE:
        op.execute(statement)
