"""Which send a message speaks of, where no id says it: the rules of subjects and of time."""

from datetime import timedelta
from enum import StrEnum

from domain.incoming.answer_prefixes import without_prefixes


class MatchedBy(StrEnum):
    """How the send was found that an inbound message speaks of (``inbound_messages.matched_by``), best first."""

    UNSUBSCRIBE_LINK = "unsubscribe_link"
    """It was written with the ``mailto:`` unsubscribe link of this very send, whose token is signed."""
    REFERENCE = "reference"
    """It names our Message-ID or the provider's."""
    RETURN_PATH = "return_path"
    """It came to the return address of this very send."""
    SENDER = "sender"
    """Its sender was mailed by this mailbox, lately or under the same subject."""
    RECIPIENT = "recipient"
    """A report names a recipient whom this mailbox mailed lately."""


SAME_THREAD = timedelta(days=90)
"""How old a send may be that a message answers by sender and subject."""
SAME_SENDER = timedelta(days=30)
"""How old a send may be that a person answers under another subject."""
REPORTED = timedelta(days=14)
"""How old a send may be that a report names by its recipient alone; servers give up after days."""
CLOCKS_DIFFER = timedelta(days=1)
"""Mail that arrived earlier than that before a send answers something else: it lay there when all was read anew."""


def topic(subject: str | None) -> str:
    """The subject without the prefixes of replies and forwards (RFC 5322 3.6.5), blanks and case."""
    return " ".join(without_prefixes(subject or "").split()).casefold()


def same_thread(inbound: str | None, sent: str | None) -> bool:
    """Whether a message is under the subject of a send; programs put words of their own before it and a colon."""
    answered, asked = topic(inbound), topic(sent)
    return bool(asked) and (answered == asked or answered.endswith(f": {asked}"))
