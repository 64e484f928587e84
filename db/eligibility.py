"""Who may be mailed: the SQL that enrolling and claiming a send both ask, so that they cannot disagree.

It is asked of Postgres each time and never cached. ``contact`` names the contact's row in the statement.
"""

# ``bob@mail.example.com`` is suppressed by entries for itself, @mail.example.com and @example.com.
_NAMES = """contact.email || ARRAY(
          SELECT '@' || array_to_string(labels[place:], '.')
          FROM (SELECT string_to_array(split_part(contact.email, '@', 2), '.') AS labels) AS domain,
               generate_series(1, cardinality(labels) - 1) AS place)"""

SUPPRESSED = f"""(
    EXISTS (
      SELECT FROM contact_suppression_lists AS suppression
      WHERE suppression.customer_id = contact.customer_id AND suppression.email = ANY ({_NAMES})
        AND (suppression.expires_at > :now
             OR suppression.expires_at IS NULL AND suppression.suppression_type <> 'soft_bounce'))
    OR EXISTS (
      SELECT FROM contact_list_memberships AS membership JOIN contact_lists AS list ON list.id = membership.list_id
      WHERE membership.contact_id = contact.id AND list.type = 'suppression'))"""
"""An entry for the address, its domain or a domain above that, which has not expired (a soft bounce only while it has
an end), or a suppression list that the contact is on."""

MAILABLE = f"""(contact.status = 'active' AND NOT coalesce(contact.do_not_contact, false) AND NOT {SUPPRESSED})"""
