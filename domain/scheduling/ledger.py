"""The slot ledger in memory: every planned and every past send, as the lanes and quotas that a new one must fit.

The same class serves a decision about one enrollment, where a few days are loaded from Postgres as they are asked
for, and a forecast of a hundred thousand.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias
from uuid import UUID

from domain.scheduling.capacity import (
    NEVER,
    Lane,
    LaneKey,
    MailboxRules,
    Quota,
    QuotaKey,
    SequenceRules,
    WorkspaceRules,
)
from domain.scheduling.hours import Openings
from domain.scheduling.zones import Zone
from domain.vocabulary import Blocker

Check: TypeAlias = tuple[Blocker, Callable[[int], int | None]]
"""A constraint: its name, and the first instant at or after one that keeps it (None or NEVER: there is none)."""
Personal: TypeAlias = tuple[tuple[Blocker, Quota], ...]
"""The caps that only one recipient has."""


class Slot(NamedTuple):
    """The instant at which one email of an enrollment goes.

    ``at`` and ``due`` are epoch seconds: ``due`` is the earliest that delay and windows allow, ``blocker`` what put
    the slot off last (None: nothing did).
    """

    step_id: UUID
    step_order: int
    mailbox_id: UUID
    at: int
    due: int
    follow_up: bool
    blocker: Blocker | None = None


@dataclass(frozen=True, slots=True)
class Enrollee:
    """Who is enrolled, as far as planning needs it."""

    enrollment_id: UUID
    contact_id: UUID
    timezone: str | None = None
    domain: str | None = None
    mailbox_id: UUID | None = None
    """The mailbox that keeps the thread; None: one of the sequence's pool is still to be chosen."""

    def with_mailbox(self, mailbox_id: UUID | None) -> "Enrollee":
        """The same with a mailbox."""
        return Enrollee(self.enrollment_id, self.contact_id, self.timezone, self.domain, mailbox_id)


class Track:
    """What every send of one sequence from one mailbox must fit, whoever gets it."""

    __slots__ = (
        "_by_day",
        "_elsewhere",
        "_here",
        "_lanes",
        "_quick",
        "_quotas",
        "_windowed",
        "books",
        "causes",
        "mailbox",
        "mailbox_id",
        "only_lane",
    )

    def __init__(
        self, mailbox_id: UUID, lanes: tuple[tuple[Blocker, Lane], ...], quotas: tuple[tuple[Blocker, Quota], ...]
    ) -> None:
        self.mailbox_id = mailbox_id
        self.mailbox = quotas[0][1]
        self.books: tuple[Lane | Quota, ...] = (*(lane for _, lane in lanes), *(quota for _, quota in quotas))
        self._lanes = lanes
        self._quotas = quotas
        self._here = tuple(quota for _, quota in quotas if quota.zone is self.mailbox.zone)
        self._elsewhere = tuple(quota for _, quota in quotas if quota.zone is not self.mailbox.zone)
        self.causes: dict[tuple[int, Openings], Blocker] = {}
        """What keeps emails that are due at an instant from their day, as far as it was asked; room only shrinks."""
        self.only_lane = lanes[0] if len(lanes) == 1 else None
        self._by_day: Check = (Blocker.MAILBOX_LIMIT, self._with_room)
        self._quick: tuple[Check, ...] = (self._by_day, *((name, lane.earliest) for name, lane in lanes))
        self._windowed: dict[int, tuple[Openings, tuple[Check, ...]]] = {}

    def checks(self, opens: Openings, personal: Personal) -> tuple[Check, ...]:
        """Each constraint of a send by itself, its windows last."""
        caps = ((name, quota.earliest) for name, quota in (*self._quotas, *personal))
        lanes = ((name, lane.earliest) for name, lane in self._lanes)
        return *lanes, *caps, (Blocker.WINDOW, opens.next_open)

    def quick(self, opens: Openings, personal: Personal) -> tuple[Check, ...]:
        """The same constraints for placing: quotas together, since a full day need not be looked into, windows last."""
        if personal:
            caps = ((name, quota.earliest) for name, quota in personal)
            return *self._quick, *caps, (Blocker.WINDOW, opens.next_open)
        known = self._windowed.get(id(opens))
        if known is None or known[0] is not opens:
            known = self._windowed[id(opens)] = opens, (*self._quick, (Blocker.WINDOW, opens.next_open))
        return known[1]

    def by_day(self, opens: Openings, personal: Personal) -> tuple[Check, ...]:
        """Those of the constraints that are the same all day, and the windows: they tell full days at little cost."""
        caps = ((name, quota.earliest) for name, quota in personal)
        return self._by_day, *caps, (Blocker.WINDOW, opens.next_open)

    def is_apart(self, before: int, t: int, personal: Personal) -> bool:
        """Whether a send at ``before``, and nothing else, could not keep one from going at ``t``."""
        quotas = [quota for _, quota in (*self._quotas, *personal)]
        days = ((quota, quota.zone.day(t)) for quota in quotas)
        return all(t - before >= lane.reach for _, lane in self._lanes) and all(
            quota.zone.day(before) < day and quota.limits.get(day, quota.limit) > 0 for quota, day in days
        )

    def has_room(self, day: int) -> bool:
        """Whether every quota has room that day (of the workspace); False: one has none, or counts in another zone."""
        return not self._elsewhere and self._full(day) is None

    def _full(self, day: int) -> Quota | None:
        """A quota of the workspace's zone that has no room that day, or does not know; None: all have."""
        for quota in self._here:
            if not quota.known or quota.limits.get(day, quota.limit) <= quota.taken.get(day, 0):
                return quota
        return None

    def _with_room(self, t: int) -> int:
        """The first instant at which every quota has room; mostly the one asked for, as one look at the day tells."""
        zone, settled = self.mailbox.zone, False
        while not settled and t < NEVER:
            before = t
            full = self._full(zone.day(t))
            if full is not None:
                t = full.earliest(t)
            else:
                for quota in self._elsewhere:
                    t = quota.earliest(t)
            # Quotas may be full by turns for years.
            settled = t == before
        return min(t, NEVER)

    def add(self, t: int, personal: Personal, day: int | None = None) -> None:
        """Write a send down; ``day`` is its day in the workspace's zone, where it is known."""
        for _, lane in self._lanes:
            lane.add(t)
        day = self.mailbox.zone.day(t) if day is None else day
        for quota in self._here:
            quota.taken[day] = quota.taken.get(day, 0) + 1
        for quota in self._elsewhere:
            quota.add(t)
        for _, quota in personal:
            quota.taken[day] = quota.taken.get(day, 0) + 1

    def is_away(self, t: int) -> bool:
        """Whether the mailbox sends nothing at all that day."""
        return self.mailbox.limits.get(self.mailbox.zone.day(t)) == 0


class Ledger:
    """Lanes and quotas by mailbox, sequence, recipient domain and contact, opened when they are first asked for.

    With ``partial`` a new book knows nothing yet and raises ``NotLoaded`` when it is asked; else it is empty.
    """

    def __init__(
        self, workspace: WorkspaceRules, mailboxes: Mapping[UUID, MailboxRules], *, partial: bool = False
    ) -> None:
        self.workspace = workspace
        self.mailboxes = mailboxes
        self._partial = partial
        self._lanes: dict[LaneKey, Lane] = {}
        self._quotas: dict[QuotaKey, Quota] = {}
        self._tracks: dict[tuple[UUID, UUID], Track] = {}

    def track(self, sequence: SequenceRules, mailbox_id: UUID) -> Track:
        """The constraints of the sequence's sends from the mailbox."""
        key = (sequence.id, mailbox_id)
        track = self._tracks.get(key)
        if track is None:
            track = self._tracks[key] = self._make_track(sequence, mailbox_id)
        return track

    def personal(self, enrollee: Enrollee) -> Personal:
        """The caps of the recipient's domain and of the contact, where the workspace has them."""
        quotas: list[tuple[Blocker, Quota]] = []
        rules = self.workspace
        if rules.domain_cap is not None and enrollee.domain is not None:
            quotas.append((Blocker.DOMAIN_CAP, self._quota(("recipient_domain", enrollee.domain), rules.domain_cap)))
        if rules.contact_cap is not None:
            quotas.append((Blocker.CONTACT_CAP, self._quota(("contact_id", enrollee.contact_id), rules.contact_cap)))
        return tuple(quotas)

    def books(self, sequence: SequenceRules, enrollee: Enrollee, mailbox_id: UUID) -> Iterator[Lane | Quota]:
        """Everything in which a send is written down."""
        yield from self.track(sequence, mailbox_id).books
        for _, quota in self.personal(enrollee):
            yield quota

    def add(self, sequence: SequenceRules, enrollee: Enrollee, slots: Iterable[Slot]) -> None:
        personal = self.personal(enrollee)
        for slot in slots:
            self.track(sequence, slot.mailbox_id).add(slot.at, personal)

    def remove(self, sequence: SequenceRules, enrollee: Enrollee, slots: Iterable[Slot]) -> None:
        for slot in slots:
            self.track(sequence, slot.mailbox_id).causes.clear()
            for book in self.books(sequence, enrollee, slot.mailbox_id):
                book.remove(slot.at)

    def require(self, sequence: SequenceRules, enrollee: Enrollee, slots: Iterable[Slot]) -> None:
        """Raises ``NotLoaded`` when a book does not know of the slots."""
        for slot in slots:
            for book in self.books(sequence, enrollee, slot.mailbox_id):
                book.require(slot.at)

    def lanes_of(self, mailbox_id: UUID) -> list[Lane]:
        """The lanes of a mailbox that are open: of its gap, and of the throttles of sequences."""
        return [lane for (id, _), lane in self._lanes.items() if id == mailbox_id]

    def empty(self) -> "Ledger":
        """A ledger of the same rules in which nothing is planned."""
        return Ledger(self.workspace, self.mailboxes)

    def _make_track(self, sequence: SequenceRules, mailbox_id: UUID) -> Track:
        rules = self.mailboxes[mailbox_id]
        lanes: list[tuple[Blocker, Lane]] = []
        if rules.gap or rules.jitter:
            lanes.append((Blocker.MAILBOX_GAP, self._lane((mailbox_id, None), rules.gap, rules.jitter)))
        if sequence.throttle:
            lanes.append((Blocker.THROTTLE, self._lane((mailbox_id, sequence.id), sequence.throttle)))
        quotas = [
            (Blocker.MAILBOX_LIMIT, self._quota(("email_account_id", mailbox_id), rules.daily_limit, rules.limits))
        ]
        if sequence.daily_cap is not None:
            cap = self._quota(("sequence_id", sequence.id), sequence.daily_cap, zone=sequence.zone)
            quotas.append((Blocker.SEQUENCE_CAP, cap))
        return Track(mailbox_id, tuple(lanes), tuple(quotas))

    def _lane(self, key: LaneKey, gap: int, jitter: int = 0) -> Lane:
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(gap, jitter, key=key, known=set() if self._partial else None)
        return lane

    def _quota(
        self, key: QuotaKey, limit: int, limits: Mapping[int, int] | None = None, zone: Zone | None = None
    ) -> Quota:
        quota = self._quotas.get(key)
        if quota is None:
            zone = zone or self.workspace.zone
            quota = self._quotas[key] = Quota(zone, limit, limits, key=key, known=not self._partial)
        return quota


def earliest(t: int, checks: tuple[Check, ...], *, open: bool = False) -> tuple[int, Blocker | None]:
    """The first instant at or after ``t`` that keeps every constraint, and what moved it last; NEVER: there is none.

    ``open``: the last constraint is known to hold at ``t``.
    """
    blocker: Blocker | None = None
    count, place, kept = len(checks), 0, int(open)
    while kept < count:
        name, check = checks[place]
        later = check(t)
        if later == t:
            kept += 1
        elif later is None or later >= NEVER:
            return NEVER, name
        else:
            t, blocker, kept = later, name, 1
        place = place + 1 if place + 1 < count else 0
    return t, blocker
