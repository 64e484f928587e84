"""How many sends fit a day, and how near together: quotas and lanes over what is planned and what was sent.

Instants are whole epoch seconds (UTC), days are local day numbers of a zone. Both answer one question, ``earliest``:
the first instant at or after the one asked for at which they have room. What they know only grows by ``add``, so the
way over a full stretch is remembered until something is given back.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

from domain.scheduling.zones import Zone

DAY_SECONDS = 86_400
NEVER = 1 << 60
"""Later than every instant: there is no room within the horizon."""
HORIZON_DAYS = 1_500
"""How many days ahead a quota looks for one with room."""

QuotaKey: TypeAlias = tuple[str, UUID | str]
"""Whose quota: ``email_account_id``, ``sequence_id``, ``recipient_domain`` or ``contact_id``, and which."""
LaneKey: TypeAlias = tuple[UUID, UUID | None]
"""Whose lane: a mailbox, and a sequence if it is the lane of that sequence's throttle."""


class NotLoaded(Exception):
    """A book was asked about what it has not been told yet: load it and ask again.

    ``buckets`` are those of a lane; a quota is loaded as a whole.
    """

    def __init__(self, book: "Lane | Quota", buckets: Collection[int] = ()) -> None:
        super().__init__(f"the book {book.key} has not been loaded")
        self.book = book
        self.buckets = frozenset(buckets)


@dataclass(frozen=True, slots=True)
class MailboxRules:
    """What a mailbox promises: emails a day (in the workspace's zone) and the least seconds between two.

    ``limits`` holds the days with a limit of their own: those of a ramp-up, and days away (0). ``jitter`` is the most
    by which a gap is lengthened.
    """

    id: UUID
    daily_limit: int
    gap: int = 0
    jitter: int = 0
    limits: Mapping[int, int] = field(default_factory=dict)
    working: bool = True


@dataclass(frozen=True, slots=True)
class SequenceRules:
    """What a sequence promises: emails a day in its zone, and the least seconds between two from one mailbox."""

    id: UUID
    zone: Zone
    daily_cap: int | None = None
    throttle: int = 0


@dataclass(frozen=True, slots=True)
class WorkspaceRules:
    """The zone of a workspace's days, and its caps a day per recipient domain and per contact."""

    zone: Zone
    domain_cap: int | None = None
    contact_cap: int | None = None


class Quota:
    """At most ``limit`` sends on each local day; ``limits`` says where a day has another limit.

    ``key`` tells whose quota it is; ``known``: whether it has been told of all that is planned and was sent.
    """

    __slots__ = ("_leaps", "key", "known", "limit", "limits", "taken", "zone")

    def __init__(
        self,
        zone: Zone,
        limit: int,
        limits: Mapping[int, int] | None = None,
        *,
        key: QuotaKey | None = None,
        known: bool = True,
    ) -> None:
        self.zone = zone
        self.limit = limit
        self.limits = limits or {}
        self.key = key
        self.known = known
        self.taken: dict[int, int] = {}
        self._leaps: dict[int, int] = {}

    def room(self, day: int) -> int:
        """How many more fit that day."""
        return self.limits.get(day, self.limit) - self.taken.get(day, 0)

    def require(self, t: int) -> None:
        """Raises ``NotLoaded`` when it does not know about ``t``."""
        if not self.known:
            raise NotLoaded(self)

    def earliest(self, t: int) -> int:
        if not self.known:
            raise NotLoaded(self)
        day = first = self.zone.day(t)
        if self.limits.get(day, self.limit) > self.taken.get(day, 0):
            return t
        last = first + HORIZON_DAYS
        while self.room(day) <= 0:
            day = self._leaps.get(day, day + 1)
            if day > last:
                return NEVER
        self._leaps[first] = day
        return self.zone.day_start(day)

    def add(self, t: int) -> None:
        day = self.zone.day(t)
        self.taken[day] = self.taken.get(day, 0) + 1

    def remove(self, t: int) -> None:
        self.taken[self.zone.day(t)] -= 1
        self._leaps.clear()


class Lane:
    """Sends that keep a distance: two are at least ``gap`` seconds apart, and up to ``jitter`` more.

    The jitter of a send is drawn from a hash of its instant, so it is the same for a forecast and for the real thing,
    and it lengthens gaps only. ``known`` names the buckets (of ``width`` seconds, at least a day) that have been
    loaded; None: all.
    """

    __slots__ = ("_leaps", "_salt", "_sends", "gap", "jitter", "key", "known", "reach", "width")

    def __init__(self, gap: int, jitter: int = 0, *, key: LaneKey | None = None, known: set[int] | None = None) -> None:
        self.gap = gap
        self.jitter = jitter
        self.reach = gap + jitter
        self.key = key
        self._salt = key[0].int & 0xFFFF_FFFF if key else 0
        # Buckets are as wide as a send reaches, so that its neighbours are in the same or the next one.
        self.width = max(DAY_SECONDS, self.reach)
        self.known = known
        self._sends: dict[int, list[int]] = {}
        self._leaps: dict[int, int] = {}

    def length(self, t: int) -> int:
        """How long after a send at ``t`` the next may follow."""
        if not self.jitter:
            return self.gap
        drawn = ((t ^ self._salt) * 0x9E37_79B1 & 0xFFFF_FFFF) >> 8
        return self.gap + drawn % (self.jitter + 1)

    def earliest(self, t: int) -> int:
        start, width, sends_of, length = -1, self.width, self._sends.get, self.length
        while t < NEVER:
            bucket = t // width
            if self.known is not None:
                self.require(t)
            # The last send at or before t and the first one after it, as far as they can matter.
            sends = sends_of(bucket)
            place = bisect_right(sends, t) if sends else 0
            if sends and place:
                before = sends[place - 1]
            else:
                near = sends_of(bucket - 1)
                before = near[-1] if near else -width
            free = before + length(before)
            if free <= t:
                if sends and place < len(sends):
                    after = sends[place]
                else:
                    near = sends_of(bucket + 1)
                    if not near:
                        break
                    after = near[0]
                # A planned send is where it may be, however its gap was drawn: slots are kept in any order.
                if t + (self.reach if start >= 0 else length(t)) <= after:
                    break
                before, free = after, after + length(after)
            if start < 0:
                start = before
            leap = self._leaps.get(before, 0)
            t = leap if leap > free else free
        if start >= 0:
            self._leaps[start] = t
        return t

    def add(self, t: int) -> None:
        bucket = t // self.width
        sends = self._sends.get(bucket)
        if not sends:
            self._sends[bucket] = [t]
        elif t >= sends[-1]:
            sends.append(t)
        else:
            insort(sends, t)

    def remove(self, t: int) -> None:
        sends = self._sends[t // self.width]
        del sends[bisect_left(sends, t)]
        self._leaps.clear()

    def require(self, t: int) -> None:
        """Raises ``NotLoaded`` when it does not know of all sends near ``t``."""
        if self.known is not None:
            bucket = t // self.width
            missing = {bucket - 1, bucket, bucket + 1} - self.known
            if missing:
                raise NotLoaded(self, missing)
