"""The SQL that counts statistics from the rows; ``db.statistics`` says what each column is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from db.counters import CONTACT, ENROLLMENT, LAST, SEQUENCE, STEP, success_rate
from db.partitions import EVERY_ACTIVITY

FOREIGN = "coalesce(email_message_id, enrollment_id::text, id::text)"
"""SQL: what tells a contact's emails apart that API clients report without a send of ours."""
COUNTING = (
    "activity_type IN ('email_sent', 'email_delivered', 'email_opened', 'email_clicked', 'email_replied', "
    "'email_bounced') AND (activity_type NOT IN ('email_opened', 'email_clicked') "
    "OR coalesce(activity_subtype, 'human') = 'human')"
)
"""SQL: the activities of emails that count."""


class Scope(StrEnum):
    """Of which rows statistics are counted: a condition on a table ``x`` that has the column."""

    ALL = "true"
    CUSTOMER = "x.customer_id = :customer_id"
    CONTACTS = "x.contact_id = ANY(:ids)"
    SEQUENCES = "x.sequence_id = ANY(:ids)"
    ROWS = "x.id = ANY(:ids)"


@dataclass(frozen=True, slots=True)
class Statistic:
    """The counted columns of a table, and the SQL that counts them: ``id`` and the columns for each row of a scope.

    ``scope`` is the narrowest that has everything that a row counts, and ``scoped_by`` the column with the ids of that
    scope. ``rows`` says which rows of the table a scope has, where the scope's own condition does not.
    """

    columns: tuple[str, ...]
    counted: str
    scope: Scope
    scoped_by: str
    rows: Mapping[Scope, str]

    def sql(self, scope: Scope) -> str:
        return self.counted.format(scope=scope.value, rows=self.rows.get(scope, scope.value))


_FIRSTS = ("opened_at", "clicked_at", "replied_at", "bounced_at")
_FIRST = ", ".join(
    f"min(occurred_at) FILTER (WHERE activity_type = 'email_{name.removesuffix('_at')}') AS {name}" for name in _FIRSTS
)
_EVENT = f"""event AS (
  SELECT x.contact_id, x.sequence_id, x.enrollment_id, x.activity_type, x.occurred_at, x.foreign_key,
         message.id AS message_id
  FROM (SELECT *, {FOREIGN} AS foreign_key FROM {EVERY_ACTIVITY} AS every WHERE {COUNTING}) AS x
  LEFT JOIN email_messages AS message
    ON message.contact_id = x.contact_id AND left(message.message_id, 255) = x.email_message_id
  WHERE {{scope}})"""
_OWN = f"""own AS (
  SELECT x.id, x.contact_id, x.sequence_id, x.enrollment_id, x.status = 'sent' AS sent, x.sent_at,
         first.opened_at, first.clicked_at, first.replied_at, first.bounced_at
  FROM email_messages AS x
  LEFT JOIN (SELECT message_id, {_FIRST} FROM event WHERE message_id IS NOT NULL GROUP BY message_id) AS first
    ON first.message_id = x.id
  WHERE {{scope}})"""


def _emails(*by: str) -> str:
    """SQL: every email of the scope, ours and those reported, which are told apart within each of ``by``."""
    sent = "activity_type IN ('email_sent', 'email_delivered')"
    return f"""{_EVENT}, {_OWN}, email AS (
  SELECT {", ".join(by)}, sent, sent_at, opened_at, clicked_at, replied_at, bounced_at FROM own
  UNION ALL
  SELECT {", ".join(by)}, bool_or({sent}), max(occurred_at) FILTER (WHERE {sent}), {_FIRST}
  FROM event WHERE message_id IS NULL GROUP BY {", ".join(by)}, foreign_key)"""


_OF_THE_CONTACTS = f"""IN (
  SELECT sequence_id FROM sequence_enrollments WHERE contact_id = ANY(:ids)
  UNION SELECT sequence_id FROM email_messages WHERE contact_id = ANY(:ids)
  UNION SELECT sequence_id FROM {EVERY_ACTIVITY} AS every WHERE contact_id = ANY(:ids))"""

_MESSAGES = f"""WITH {_EVENT}, {_OWN} SELECT id, opened_at, clicked_at, replied_at, bounced_at FROM own"""
_CONTACTS = f"""WITH {_emails("contact_id")},
counted AS (
  SELECT contact_id,
         count(*) FILTER (WHERE sent OR coalesce(opened_at, clicked_at, replied_at) IS NOT NULL) AS received,
         count(opened_at) AS opened, count(clicked_at) AS clicked, count(replied_at) AS replied,
         max(sent_at) FILTER (WHERE sent) AS sent_at
  FROM email GROUP BY contact_id),
last AS (
  SELECT contact_id, max(occurred_at) FILTER (WHERE activity_type = 'email_opened') AS opened_at,
         max(occurred_at) FILTER (WHERE activity_type = 'email_clicked') AS clicked_at,
         max(occurred_at) FILTER (WHERE activity_type = 'email_replied') AS replied_at
  FROM event GROUP BY contact_id)
SELECT x.id, coalesce(received, 0) AS total_emails_received, coalesce(opened, 0) AS total_emails_opened,
       coalesce(clicked, 0) AS total_links_clicked, coalesce(replied, 0) AS total_replies,
       counted.sent_at AS last_contacted_at, last.opened_at AS last_opened_at, last.clicked_at AS last_clicked_at,
       last.replied_at AS last_replied_at, greatest(last.opened_at, last.clicked_at, last.replied_at) AS last_seen_at
FROM contacts AS x
LEFT JOIN counted ON counted.contact_id = x.id
LEFT JOIN last ON last.contact_id = x.id
WHERE {{rows}}"""
_ENROLLMENTS = f"""WITH {_emails("contact_id", "enrollment_id")},
sent AS (SELECT enrollment_id, count(*) FILTER (WHERE sent) AS emails FROM email GROUP BY enrollment_id),
each_event AS (
  SELECT enrollment_id, count(*) FILTER (WHERE activity_type = 'email_opened') AS opens,
         count(*) FILTER (WHERE activity_type = 'email_clicked') AS clicks,
         count(*) FILTER (WHERE activity_type = 'email_replied') AS replies
  FROM event GROUP BY enrollment_id),
step AS (
  SELECT execution.enrollment_id, max(execution.executed_at) AS executed_at
  FROM sequence_step_executions AS execution JOIN sequence_enrollments AS x ON x.id = execution.enrollment_id
  WHERE {{scope}} GROUP BY execution.enrollment_id)
SELECT x.id, coalesce(emails, 0) AS total_emails_sent, coalesce(opens, 0) AS total_opens,
       coalesce(clicks, 0) AS total_clicks, coalesce(replies, 0) AS total_replies,
       step.executed_at AS last_step_completed_at
FROM sequence_enrollments AS x
LEFT JOIN sent ON sent.enrollment_id = x.id
LEFT JOIN each_event ON each_event.enrollment_id = x.id
LEFT JOIN step ON step.enrollment_id = x.id
WHERE {{rows}}"""
_SEQUENCES = f"""WITH {_emails("contact_id", "sequence_id")},
counted AS (
  SELECT sequence_id, count(*) FILTER (WHERE sent) AS sent,
         count(*) FILTER (WHERE sent AND bounced_at IS NULL) AS delivered, count(opened_at) AS opened,
         count(clicked_at) AS clicked, count(replied_at) AS replied, count(bounced_at) AS bounced
  FROM email GROUP BY sequence_id),
unsubscribe AS (
  SELECT sequence_id, count(DISTINCT contact_id) AS contacts FROM {EVERY_ACTIVITY} AS x
  WHERE activity_type = 'email_unsubscribed' AND {{scope}} GROUP BY sequence_id),
enrolled AS (
  SELECT sequence_id, count(*) AS contacts FROM sequence_enrollments AS x WHERE {{scope}} GROUP BY sequence_id)
SELECT x.id, coalesce(enrolled.contacts, 0) AS total_enrolled, coalesce(sent, 0) AS total_sent,
       coalesce(delivered, 0) AS total_delivered, coalesce(opened, 0) AS total_opened,
       coalesce(clicked, 0) AS total_clicked, coalesce(replied, 0) AS total_replied,
       coalesce(bounced, 0) AS total_bounced, coalesce(unsubscribe.contacts, 0) AS total_unsubscribed
FROM sequences AS x
LEFT JOIN counted ON counted.sequence_id = x.id
LEFT JOIN unsubscribe ON unsubscribe.sequence_id = x.id
LEFT JOIN enrolled ON enrolled.sequence_id = x.id
WHERE {{rows}}"""
_STEPS = f"""WITH counted AS (
  SELECT execution.sequence_step_id, count(*) FILTER (WHERE outcome = 'executed') AS executed,
         count(*) FILTER (WHERE outcome = 'failed') AS failed,
         count(*) FILTER (WHERE outcome = 'executed' AND message.bounced_at IS NOT NULL) AS bounced
  FROM sequence_step_executions AS execution
  JOIN sequence_enrollments AS x ON x.id = execution.enrollment_id
  LEFT JOIN email_messages AS message
    ON message.enrollment_id = execution.enrollment_id AND message.sequence_step_id = execution.sequence_step_id
  WHERE {{scope}} GROUP BY execution.sequence_step_id)
SELECT x.id, coalesce(executed, 0) AS times_executed, coalesce(failed, 0) AS times_failed,
       coalesce(bounced, 0) AS times_bounced, {success_rate("executed", "failed", "bounced")} AS success_rate
FROM sequence_steps AS x LEFT JOIN counted ON counted.sequence_step_id = x.id
WHERE {{rows}}"""
_MEMBERSHIPS = """SELECT x.id, coalesce(contact.status = 'active', false) AS counted_active
FROM contact_list_memberships AS x JOIN contacts AS contact ON contact.id = x.contact_id
WHERE {rows}"""
_LISTS = """SELECT x.id, count(contact.id) AS total_contacts,
       count(*) FILTER (WHERE contact.status = 'active') AS active_contacts
FROM contact_lists AS x
LEFT JOIN contact_list_memberships AS membership ON membership.list_id = x.id
LEFT JOIN contacts AS contact ON contact.id = membership.contact_id
WHERE {rows} GROUP BY x.id"""

COUNTED: Mapping[str, Statistic] = {
    "email_messages": Statistic(_FIRSTS, _MESSAGES, Scope.CONTACTS, "contact_id", {}),
    "sequence_enrollments": Statistic(
        (*ENROLLMENT, "last_step_completed_at"), _ENROLLMENTS, Scope.CONTACTS, "contact_id", {}
    ),
    "contacts": Statistic((*CONTACT, *LAST), _CONTACTS, Scope.CONTACTS, "id", {Scope.CONTACTS: Scope.ROWS}),
    "sequences": Statistic(
        SEQUENCE,
        _SEQUENCES,
        Scope.SEQUENCES,
        "id",
        {Scope.SEQUENCES: Scope.ROWS, Scope.CONTACTS: f"x.id {_OF_THE_CONTACTS}"},
    ),
    "sequence_steps": Statistic(
        (*STEP, "success_rate"),
        _STEPS,
        Scope.SEQUENCES,
        "sequence_id",
        {Scope.CONTACTS: f"x.sequence_id {_OF_THE_CONTACTS}"},
    ),
    "contact_list_memberships": Statistic(("counted_active",), _MEMBERSHIPS, Scope.ROWS, "id", {}),
    "contact_lists": Statistic(("total_contacts", "active_contacts"), _LISTS, Scope.ROWS, "id", {}),
}
"""What is counted, by table, in the order of mending: steps count bounces by what is known of messages."""
