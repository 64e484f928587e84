"""Lists that follow their rules: changes that are still to be judged, joins and leaves

Revision ID: 0010
Revises: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MASS = 10_000
"""Of so many contacts in one statement, each list is refreshed as a whole."""


def queueing(name: str, condition: str, *, key: str = "contact_id", changed: str = "SELECT * FROM changed") -> str:
    """A trigger's function: puts the contacts of the transition table ``changed`` into the queue.

    Its argument is what the lists must depend on. Where no list does, it costs one look at an index.
    """
    watched = f"""EXISTS (
          SELECT FROM contact_lists AS list
          WHERE list.customer_id = changed.customer_id AND list.type = 'dynamic' AND {condition})"""
    return f"""
    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF (SELECT count(*) FROM (SELECT FROM changed LIMIT {MASS + 1}) AS first) > {MASS} THEN
        INSERT INTO contact_list_queue (customer_id)
        SELECT customer_id FROM (SELECT DISTINCT customer_id FROM ({changed}) AS all_changed) AS changed
        WHERE {watched};
      ELSE
        INSERT INTO contact_list_queue (customer_id, contact_id)
        SELECT DISTINCT customer_id, {key} FROM ({changed}) AS changed WHERE {watched};
      END IF;
      RETURN NULL;
    END
    $$"""


def trigger(table: str, event: str, rows: str, call: str) -> str:
    return f"""
    CREATE TRIGGER queue_for_lists_on_{event.lower()} AFTER {event} ON {table}
    REFERENCING {rows} FOR EACH STATEMENT EXECUTE FUNCTION {call}"""


DEPENDS = "TG_ARGV[0] = ANY(list.depends_on)"
INSERTED, DELETED = "NEW TABLE AS changed", "OLD TABLE AS changed"
UPDATED = "OLD TABLE AS before NEW TABLE AS changed"
# Steps and counts move with every send; only its status says which sequences are open.
OF_ANOTHER_STATUS = "SELECT changed.* FROM changed JOIN before USING (id) WHERE changed.status <> before.status"
# Rollups mark rows as processed; what an activity says changes when a hit is classed anew.
SAYING_ANOTHER_THING = """SELECT changed.* FROM changed JOIN before USING (id, occurred_at)
          WHERE (changed.activity_type, changed.activity_subtype, changed.metadata)
            IS DISTINCT FROM (before.activity_type, before.activity_subtype, before.metadata)"""

UPGRADE: tuple[str, ...] = (
    """
    ALTER TABLE contact_lists
      ADD COLUMN enroll_sequence_id UUID REFERENCES sequences(id) ON DELETE SET NULL, -- Who joins is enrolled there
      ADD COLUMN depends_on TEXT[] NOT NULL DEFAULT '{}' -- Beside contacts: activities, memberships, enrollments
    """,
    """
    ALTER TABLE contact_list_memberships
      ADD COLUMN counted_active BOOLEAN NOT NULL DEFAULT false, -- Whether the list's active_contacts counts it
      ADD COLUMN awaits_enrollment BOOLEAN NOT NULL DEFAULT false -- Joined, and is still to be enrolled
    """,
    """
    UPDATE contact_list_memberships AS membership SET counted_active = true
    FROM contacts AS contact WHERE contact.id = membership.contact_id AND contact.status = 'active'
    """,
    # No foreign keys: a row lives for less than a second, on the path of every send, and what is gone needs no judging.
    """
    CREATE TABLE contact_list_queue (
      id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      customer_id UUID NOT NULL,
      contact_id UUID, -- Null: every contact of the customer
      list_id UUID, -- Null: every dynamic list of the customer
      after_xid BIGINT NOT NULL DEFAULT 0 -- Waits until every transaction before this one has ended
    )
    """,
    """
    CREATE TABLE contact_list_changes (
      id UUID PRIMARY KEY DEFAULT uuidv7(),
      customer_id UUID NOT NULL REFERENCES customers(id),
      list_id UUID NOT NULL REFERENCES contact_lists(id) ON DELETE CASCADE,
      contact_id UUID NOT NULL REFERENCES contacts(id) ON DELETE CASCADE,

      joined BOOLEAN NOT NULL, -- False: left
      source membership_source_enum NOT NULL,
      changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
      changed_by UUID REFERENCES users(id)
    )
    """,
    "CREATE INDEX idx_contact_list_changes_list ON contact_list_changes(list_id, changed_at DESC, id DESC)",
    "CREATE INDEX idx_contact_list_changes_contact ON contact_list_changes(contact_id)",
    "CREATE INDEX idx_contact_list_queue_customer ON contact_list_queue(customer_id, id)",
    "CREATE INDEX idx_contact_lists_customer_created ON contact_lists(customer_id, created_at DESC, id DESC)",
    "CREATE INDEX idx_contact_lists_dynamic ON contact_lists(customer_id) WHERE type = 'dynamic'",
    "CREATE INDEX idx_contact_lists_enroll_sequence ON contact_lists(enroll_sequence_id) "
    "WHERE enroll_sequence_id IS NOT NULL",
    "CREATE INDEX idx_list_memberships_awaiting ON contact_list_memberships(list_id) WHERE awaits_enrollment",
    # Lists of earlier versions were never filled.
    """
    UPDATE contact_lists SET depends_on = '{activities,memberships,enrollments}' WHERE type = 'dynamic'
    """,
    """
    INSERT INTO contact_list_queue (customer_id, list_id)
    SELECT customer_id, id FROM contact_lists WHERE type = 'dynamic'
    """,
    queueing("queue_contacts_for_lists", "true", key="id"),
    queueing("queue_for_lists", DEPENDS),
    queueing("queue_statuses_for_lists", DEPENDS, changed=OF_ANOTHER_STATUS),
    queueing("queue_activities_for_lists", DEPENDS, changed=SAYING_ANOTHER_THING),
    trigger("contacts", "INSERT", INSERTED, "queue_contacts_for_lists()"),
    trigger("contacts", "UPDATE", INSERTED, "queue_contacts_for_lists()"),
    trigger("contact_activities", "INSERT", INSERTED, "queue_for_lists('activities')"),
    trigger("contact_activities", "UPDATE", UPDATED, "queue_activities_for_lists('activities')"),
    trigger("contact_list_memberships", "INSERT", INSERTED, "queue_for_lists('memberships')"),
    trigger("contact_list_memberships", "DELETE", DELETED, "queue_for_lists('memberships')"),
    trigger("sequence_enrollments", "INSERT", INSERTED, "queue_for_lists('enrollments')"),
    trigger("sequence_enrollments", "UPDATE", UPDATED, "queue_statuses_for_lists('enrollments')"),
    trigger("sequence_enrollments", "DELETE", DELETED, "queue_for_lists('enrollments')"),
)

DOWNGRADE: tuple[str, ...] = (
    "DROP FUNCTION queue_contacts_for_lists, queue_for_lists, queue_statuses_for_lists, queue_activities_for_lists "
    "CASCADE",
    "DROP TABLE contact_list_changes, contact_list_queue",
    "DROP INDEX idx_contact_lists_dynamic, idx_contact_lists_customer_created, idx_contact_lists_enroll_sequence, "
    "idx_list_memberships_awaiting",
    "ALTER TABLE contact_list_memberships DROP COLUMN counted_active, DROP COLUMN awaits_enrollment",
    "ALTER TABLE contact_lists DROP COLUMN enroll_sequence_id, DROP COLUMN depends_on",
)


def upgrade() -> None:
    for statement in UPGRADE:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWNGRADE:
        op.execute(statement)
