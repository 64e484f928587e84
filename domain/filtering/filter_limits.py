"""How large a tree of rules or conditions may be: none can hold a worker."""

MAX_DEPTH = 5
"""Groups within groups, the outermost counted."""
MAX_LEAVES = 100
"""Conditions of a tree, in all its groups."""
MAX_VALUES = 1_000
"""Values of ``in`` and ``not_in``."""
MAX_TEXT = 1_000
"""Characters of a single value or of a field's name."""
MAX_CONTACT_ZONES = 10
"""Dates of a tree that are said in the contact's own zone: what each says is known for all zones."""
