"""Rotation: which mailbox of a sequence's pool begins the thread of a new enrollment."""

from collections.abc import Callable, Mapping
from heapq import heapreplace
from itertools import takewhile
from typing import NamedTuple, TypeAlias
from uuid import UUID

from domain.scheduling.capacity import MailboxRules
from domain.scheduling.chains import Chain


class Room(NamedTuple):
    """How soon a mailbox could send, in the order in which mailboxes are chosen: the earliest day, then most room."""

    day: int
    taken: int
    """Minus the emails for which that day has room."""
    at: int
    mailbox_id: UUID


Look: TypeAlias = Callable[[Chain, UUID], Room]
"""How soon a mailbox could send a chain's first email."""


class Rotation:
    """Chooses mailboxes for chain after chain; what it found out about the others holds until it is told to forget."""

    def __init__(self, mailboxes: Mapping[UUID, MailboxRules], look: Look, *, ahead: bool) -> None:
        self._mailboxes = mailboxes
        self._look = look
        self._ahead = ahead
        self._pools: dict[tuple[UUID, int], tuple[UUID, ...]] = {}
        self._rooms: dict[tuple[UUID, int, str, int], list[Room]] = {}

    def forget(self) -> None:
        """Room was given back somewhere."""
        self._rooms.clear()

    def mailbox(self, chain: Chain) -> UUID | None:
        """The mailbox of the chain's thread: of the pool the one that can send on the earliest day.

        Among several the one with the most room that day. The first email's own mailbox and the sequence's default come
        before the pool. None: there is none, or no email before a person must do something.
        """
        key = (chain.course.rules.id, chain.after)
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = self._pool(chain)
        if not pool:
            return None
        return pool[0] if len(pool) == 1 else self._choose(chain, pool)

    def _pool(self, chain: Chain) -> tuple[UUID, ...]:
        """The mailboxes from which to choose: those that work, if any does."""
        sequence = chain.course.sequence
        way = chain.course.legs(chain.after)
        reached = way if self._ahead else tuple(takewhile(lambda leg: not leg.awaited, way))
        first = next((leg for leg in reached if leg.sends), None)
        named = (first.mailbox_id if first else None) or sequence.default_email_account_id
        if named is not None or first is None:
            return () if named is None else (named,)
        pool = tuple(one for one in sequence.email_account_ids if one in self._mailboxes)
        return tuple(one for one in pool if self._mailboxes[one].working) or pool

    def _choose(self, chain: Chain, pool: tuple[UUID, ...]) -> UUID:
        zone = chain.course.zone(chain.enrollee.timezone)
        kind = (chain.course.rules.id, chain.after, zone.name, chain.delay_until)
        rooms = self._rooms.get(kind)
        if rooms is None:
            rooms = sorted(self._look(chain, mailbox_id) for mailbox_id in pool)
            self._rooms[kind] = rooms
        else:
            # The chain before took room from the first; the others are as they were.
            heapreplace(rooms, self._look(chain, rooms[0].mailbox_id))
        return rooms[0].mailbox_id
