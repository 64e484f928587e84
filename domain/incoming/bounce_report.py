"""What a delivery report says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BounceReport:
    """What a delivery report says.

    ``recipients`` are the addresses concerned, in lower case. ``hard``: the address or domain does not exist or is
    disabled, and that of every recipient. ``delayed``: the server goes on trying, or reports a success: no bounce at
    all. ``status`` is the enhanced status code, ``diagnostic`` the server's words (at most 1,000 characters),
    ``original_message_id`` the Message-ID of the mail concerned, with its angle brackets. ``gone`` are those of the
    recipients of which it is said that they do not exist or are disabled: all of them if ``hard``.
    """

    recipients: tuple[str, ...]
    hard: bool
    delayed: bool
    status: str | None
    diagnostic: str
    original_message_id: str | None
    gone: tuple[str, ...] = ()
