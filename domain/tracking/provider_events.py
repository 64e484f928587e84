"""What email providers report of a mail, in one form.

Providers call the same thing by many names, tell hard bounces from soft by rules of their own, and name a mail by ids
of theirs. Here each event is what happened, to which recipient, of which mail, at which instant. A bounce is hard by
the server's words where they are given (``domain.incoming.bounces``), else as the provider says.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from domain.incoming.bounces import is_gone, status_in

Payload = Mapping[str, Any]


class EventKind(StrEnum):
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"
    OPENED = "opened"
    CLICKED = "clicked"
    OTHER = "other"
    """Kept, and without an effect."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``external_id`` is the provider's id of it, or made of what tells it apart.

    ``message_ids`` are the Message-IDs, with angle brackets, by which the mail may be known. ``hard`` and ``reason``
    belong to bounces; ``automatic`` says that the provider takes an open or a click for a machine's.
    """

    external_id: str
    kind: EventKind
    occurred_at: datetime
    recipient: str | None
    message_ids: tuple[str, ...]
    payload: Payload
    hard: bool = False
    reason: str = ""
    url: str | None = None
    ip_address: str | None = None
    user_agent: str | None = None
    automatic: bool = False


def is_hard(kind: EventKind, words: str, status: str | None, said: bool | None) -> bool:
    """Whether an event is a hard bounce: by the server's words, else as the provider has ``said``."""
    if kind is not EventKind.BOUNCED:
        return False
    known = status or status_in(words)
    if words and (known is not None or said is None):
        return is_gone(known, words)
    return bool(said) and (not words or is_gone(known, words))


def moment_of(value: object) -> datetime:
    """An instant of epoch seconds, as a number or in digits, or of ISO 8601."""
    if isinstance(value, (int, float)):
        return datetime.fromtimestamp(value, UTC)
    text = str(value)
    if text.isdecimal():
        return datetime.fromtimestamp(int(text), UTC)
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def address_of(value: object) -> str | None:
    text = str(value or "").strip().lower()
    return text if "@" in text else None


def ids_of(*values: object) -> tuple[str, ...]:
    """Message-IDs with their angle brackets, each once."""
    found = [str(value).strip() for value in values if value and "@" in str(value)]
    return tuple(dict.fromkeys(one if one.startswith("<") else f"<{one}>" for one in found))
