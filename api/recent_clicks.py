"""The clicks of the last minute, found by email and by client."""

from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator
from datetime import datetime

from domain.tracking.hit_classes import LINGER, Hit

MOST_OF_ONE = 200
"""Clicks that are remembered of one email or one client: the latest."""


class RecentClicks:
    """Remembers clicks in the order of their coming, for ``LINGER``."""

    def __init__(self) -> None:
        self._all: deque[Hit] = deque()
        self._by: defaultdict[Hashable, deque[Hit]] = defaultdict(lambda: deque(maxlen=MOST_OF_ONE))

    def add(self, hit: Hit) -> None:
        """Remember a click."""
        self._all.append(hit)
        for key in _keys(hit):
            self._by[key].append(hit)

    def forget_until(self, now: datetime) -> None:
        """Forget what is older than a minute at ``now``."""
        while self._all and now - self._all[0].at > LINGER:
            old = self._all.popleft()
            for key in _keys(old):
                kept = self._by[key]
                if kept and kept[0] is old:
                    kept.popleft()
                if not kept:
                    del self._by[key]

    def near(self, hits: Iterable[Hit]) -> list[Hit]:
        """Those of the same emails and of the same clients, each once."""
        found = {id(one): one for hit in hits for key in _keys(hit) for one in self._by.get(key, ())}
        return list(found.values())


def _keys(hit: Hit) -> Iterator[Hashable]:
    yield hit.message_id
    if hit.client is not None:
        yield hit.client
