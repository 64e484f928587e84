"""Which errors of the database pass by themselves: the same transaction may succeed when it is run again."""

from sqlalchemy.exc import DBAPIError

RETRYABLE = frozenset({"40P01", "40001"})
"""SQLSTATE of a deadlock and of a failed serialization: the same transaction may succeed at once."""


def sqlstate(error: DBAPIError) -> str:
    """The five characters of SQLSTATE, or an empty text when the server gave none."""
    return str(getattr(error.orig, "sqlstate", None) or "")


def is_transient(error: Exception) -> bool:
    """Whether nothing is wrong with what was asked: the server is away, or two transactions got in each other's way."""
    if isinstance(error, OSError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    # Class 08 is a lost connection, class 57 a server that is going down or coming up.
    return error.connection_invalidated or sqlstate(error) in RETRYABLE or sqlstate(error)[:2] in {"08", "57"}
