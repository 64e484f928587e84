"""What the mailbox workflow and its activity tell each other."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class MailboxWatch:
    """The mailbox to look into."""

    email_account_id: UUID
