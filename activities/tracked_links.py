"""Ids of the links in emails, remembered by each worker: a link that is stored never changes."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from db import tracking

MOST = 20_000
"""Links that are remembered; a worker that has met more begins anew."""


class UnknownLinks(Exception):
    """Links have no id yet: they are stored outside of the transaction that asked, which is then tried again."""

    def __init__(self, customer_id: UUID, urls: Collection[str]) -> None:
        super().__init__(f"{len(urls)} links are not stored")
        self.customer_id = customer_id
        self.urls = urls


class TrackedLinks:
    """The ids of links by customer and address."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions
        self._ids: dict[tuple[UUID, str], int] = {}

    def ids(self, customer_id: UUID, urls: Collection[str]) -> Mapping[str, int]:
        """The ids of the links. Raises ``UnknownLinks``, to be answered by ``store``."""
        known = {url: self._ids.get((customer_id, url)) for url in urls}
        found = {url: id for url, id in known.items() if id is not None}
        if len(found) < len(known):
            raise UnknownLinks(customer_id, [url for url, id in known.items() if id is None])
        return found

    async def store(self, unknown: UnknownLinks) -> None:
        """Give the links ids, in a short transaction that holds nothing else."""
        async with self._sessions.begin() as session:
            found = await tracking.link_ids(session, unknown.customer_id, unknown.urls)
        if len(self._ids) + len(found) > MOST:
            self._ids.clear()
        self._ids |= {(unknown.customer_id, url): id for url, id in found.items()}
