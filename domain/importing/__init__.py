"""Files of contacts: decoded, split into records, mapped to fields and cleaned."""
