"""Learning from a mailbox's Sent folder what became of its unknown sends, and which ids its provider gives."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from activities.imap import ImapInbox
from activities.resources import Resources
from activities.sent_folder import Copy, Sought, copies
from db import unknown_sends

LOOK_EVERY = timedelta(minutes=10)
"""Calendar time between two looks at one mailbox's Sent folder."""
AT_ONCE = 50
SAMPLE = 3
"""So many copies with our own Message-ID say that the provider keeps it."""


class SentFolder:
    """What one watch of a mailbox knows of its Sent folder; it has a connection of its own, which it keeps no longer
    than it looks."""

    def __init__(self, resources: Resources, account_id: UUID) -> None:
        self._resources = resources
        self._account_id = account_id
        self._looked_at: datetime | None = None
        self._keeps_our_ids = False

    async def look(self, inbox: ImapInbox) -> int:
        """Settle what a copy proves; answers how many sends that were. Raises what ``ImapInbox`` raises."""
        now = self._resources.clock()
        if self._looked_at is not None and now < self._looked_at + LOOK_EVERY:
            return 0
        since, self._looked_at = self._looked_at or now - LOOK_EVERY, now
        async with self._resources.sessions() as session:
            unknown = await unknown_sends.of_mailbox(session, self._account_id, now, AT_ONCE)
            latest: Sequence[Row[Any]] = ()
            if not self._keeps_our_ids:
                latest = await unknown_sends.unidentified(session, self._account_id, since, AT_ONCE)
        if not unknown and not latest:
            return 0
        wanted = [_sought(row) for row in (*unknown, *latest)]
        try:
            found = await inbox.run(lambda box: tuple(copies(box, wanted)))
        finally:
            await inbox.close()
        return await self._record(found, {row.id for row in unknown})

    async def _record(self, found: Sequence[Copy], unknown: set[UUID]) -> int:
        now = self._resources.clock()
        for copy in found:
            async with self._resources.sessions.begin() as session:
                if copy.id in unknown:
                    await unknown_sends.found(session, copy.id, copy.provider_message_id, now)
                elif copy.provider_message_id is not None:
                    await unknown_sends.identify(session, copy.id, copy.provider_message_id)
        ours = [copy for copy in found if copy.provider_message_id is None]
        self._keeps_our_ids = len(ours) == len(found) >= SAMPLE
        return sum(copy.id in unknown for copy in found)


def _sought(row: Row[Any]) -> Sought:
    return Sought(row.id, row.message_id, row.to_address, row.subject or "", row.claimed_at)
