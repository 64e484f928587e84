"""The wall clock: the one place that reads it. Everything else is given the present as an argument."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251
