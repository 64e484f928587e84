"""The zone in which a contact is known to live, in SQL; ``contact`` names the contact's row in the statement."""

KNOWN_ZONE = "CASE WHEN contact.timezone_source <> 'unknown' THEN contact.timezone END"
"""NULL where nobody said and nothing told: ``timezone`` is ``UTC`` there by default, which is no zone of anybody."""
