"""What one email counts as, in its contact and in its sequence."""

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EmailFacts:
    """What is known of one email: facts that only ever become true."""

    sent: bool = False
    opened: bool = False
    clicked: bool = False
    replied: bool = False
    bounced: bool = False

    @property
    def received(self) -> bool:
        """Nobody opens, follows or answers what did not arrive, whatever became known of its sending."""
        return self.sent or self.opened or self.clicked or self.replied


def in_contact(email: EmailFacts) -> Counter[str]:
    """The counters of ``contacts``; none of the others exceeds ``total_emails_received``, so rates end at 100 %."""
    return Counter(
        total_emails_received=email.received,
        total_emails_opened=email.opened,
        total_links_clicked=email.clicked,
        total_replies=email.replied,
    )


def in_sequence(email: EmailFacts) -> Counter[str]:
    """The counters of ``sequences``; an email that bounces is delivered no more."""
    return Counter(
        total_sent=email.sent,
        total_delivered=email.sent and not email.bounced,
        total_opened=email.opened,
        total_clicked=email.clicked,
        total_replied=email.replied,
        total_bounced=email.bounced,
    )


def moved(before: Counter[str], after: Counter[str]) -> Counter[str]:
    """What has to be added to the counters; it may be negative."""
    difference = Counter(after)
    difference.subtract(before)
    return difference
