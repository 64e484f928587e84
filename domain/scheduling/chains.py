"""Chains: what is still to come of an enrollment, and the walk along it that gives each email its slot.

Instants are epoch seconds (UTC); the present does not come into it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import NamedTuple, TypeAlias

from domain.scheduling.capacity import NEVER
from domain.scheduling.hours import Openings, openings
from domain.scheduling.itineraries import Leg, legs
from domain.scheduling.ledger import Check, Enrollee, Ledger, Personal, Slot, Track, earliest
from domain.scheduling.zones import Zone, step_zone
from domain.sequences import Sequence as SequenceDefinition
from domain.vocabulary import Blocker


class Station(NamedTuple):
    """A stop on a way, and the sending windows it waits for (None: for none) before and after the first email."""

    leg: Leg
    first: Openings | None
    later: Openings | None


class Course:
    """A sequence made ready for planning: its ways, zones and hours, each worked out once."""

    def __init__(self, sequence: SequenceDefinition) -> None:
        self.sequence = sequence
        self.rules = sequence.rules
        self._legs: dict[int, tuple[Leg, ...]] = {}
        self._zones: dict[str | None, Zone] = {}
        self._openings: dict[tuple[str, bool], Openings] = {}
        self._ways: dict[tuple[int, str], tuple[Station, ...]] = {}

    def legs(self, after: int) -> tuple[Leg, ...]:
        """The way behind the order ``after``."""
        way = self._legs.get(after)
        if way is None:
            way = self._legs[after] = legs(self.sequence, after)
        return way

    def zone(self, contact_timezone: str | None) -> Zone:
        """The zone of the steps of a contact with this time zone."""
        zone = self._zones.get(contact_timezone)
        if zone is None:
            sequence = self.sequence
            zone = self._zones[contact_timezone] = step_zone(
                contact_timezone, sequence.sending_timezone, of_contact=sequence.use_contact_timezone
            )
        return zone

    def way(self, after: int, zone: Zone) -> tuple[Station, ...]:
        """The way behind the order ``after`` in ``zone``, with the windows on it."""
        key = (after, zone.name)
        way = self._ways.get(key)
        if way is None:
            first, later = self.hours(zone, follow_up=False), self.hours(zone, follow_up=True)
            way = self._ways[key] = tuple(
                Station(leg, first if leg.windowed else None, (later if leg.sends else first) if leg.windowed else None)
                for leg in self.legs(after)
            )
        return way

    def hours(self, zone: Zone, *, follow_up: bool) -> Openings:
        """The sending windows of first emails, or of follow-ups, in ``zone``."""
        key = (zone.name, follow_up)
        opens = self._openings.get(key)
        if opens is None:
            hours = self.sequence.follow_up_hours if follow_up else self.sequence.hours
            opens = self._openings[key] = openings(hours, zone)
        return opens


@dataclass(slots=True)
class Chain:
    """What is still to come of one enrollment: the way behind the order ``after``.

    ``delay_until`` is when the delays of its first leg are over, before windows and capacity. ``begun``: an email was
    sent. ``slots`` are those of its emails, as far as a person's deed does not come before them.
    """

    course: Course
    enrollee: Enrollee
    after: int
    delay_until: int
    begun: bool = False
    slots: list[Slot] = field(default_factory=list)

    @property
    def rank(self) -> tuple[bool, int, int]:
        """The order of placing: follow-ups first, then the earliest due, then who had the earliest slot."""
        first = self.slots[0] if self.slots else None
        return not self.begun, first.due if first else self.delay_until, first.at if first else 0


def next_due(chain: Chain) -> int | None:
    """When the chain's next stop is due by its delay and its window; None: that never opens."""
    return _due(chain, _way(chain)[0], chain.delay_until)


def expects(chain: Chain, slots: Sequence[Slot]) -> bool:
    """Whether ``slots`` are those of the chain's way as it is now: the same emails, the first due when it would be."""
    way = list(takewhile(lambda station: not station.leg.awaited, _way(chain)))
    if [station.leg.step_id for station in way if station.leg.sends] != [slot.step_id for slot in slots]:
        return False
    return not slots or slots[0].due == _first_email_due(chain, way)


def _way(chain: Chain) -> tuple[Station, ...]:
    return chain.course.way(chain.after, chain.course.zone(chain.enrollee.timezone))


def _first_email_due(chain: Chain, way: Sequence[Station]) -> int | None:
    moment = chain.delay_until
    zone = chain.course.zone(chain.enrollee.timezone)
    for number, station in enumerate(way):
        due = _due(chain, station, station.leg.delay_over(moment, zone) if number else moment)
        if station.leg.sends or due is None:
            return due
        moment = due
    return None


def _due(chain: Chain, station: Station, over: int) -> int | None:
    opens = station.later if chain.begun else station.first
    return over if opens is None else opens.next_open(over)


class Stop(NamedTuple):
    """An email on its way to a slot.

    ``over`` is when its delay is over, ``due`` the first opening of its window then; ``start`` is ``due``, or the
    present where that is later. ``first``: of its chain's emails.
    """

    leg: Leg
    over: int
    due: int
    start: int
    opens: Openings
    track: Track
    personal: Personal
    first: bool
    follow_up: bool
    day: int
    """The day of ``start`` in the workspace's zone, and ``ends``, the first instant after it."""
    ends: int

    @property
    def checks(self) -> tuple[Check, ...]:
        """Each constraint by itself."""
        return self.track.checks(self.opens, self.personal)

    def earliest(self, not_before: int = 0) -> tuple[int, Blocker | None]:
        """The first instant that keeps every constraint, and which of them moved it last."""
        quick = self._earliest_here() if not_before <= self.start == self.due and not self.personal else None
        if quick is not None:
            return quick
        checks = self.track.quick(self.opens, self.personal)
        if not_before > self.start:
            return earliest(not_before, checks)
        return earliest(self.start, checks, open=self.start == self.due)

    def _earliest_here(self) -> tuple[int, Blocker | None] | None:
        """``earliest``, where that is on the same day and at most one lane has a say, as it mostly is; else None."""
        track = self.track
        if track.only_lane is None or not track.has_room(self.day):
            return None
        name, lane = track.only_lane
        at = lane.earliest(self.start)
        if at == self.start:
            return at, None
        return (at, name) if at < self.ends and self.opens.next_open(at) == at else None

    def earliest_day(self, not_before: int = 0) -> int:
        """Before when it has no room for certain, as far as days tell."""
        return earliest(max(self.start, not_before), self.track.by_day(self.opens, self.personal))[0]

    def among_all(self, not_before: int = 0) -> int:
        """``earliest`` for a recipient without caps of its own."""
        return self._replace(personal=()).earliest(not_before)[0]

    def keeps(self, at: int) -> bool:
        """Whether every constraint holds at ``at``."""
        return at >= self.start and earliest(at, self.track.quick(self.opens, self.personal))[0] == at

    def on_its_day(self, at: int) -> bool:
        """Whether ``at`` is on the day (of the workspace) on which the email falls due, or today if it is overdue."""
        return at < self.ends

    def blocker(self, at: int, mover: Blocker | None) -> Blocker | None:
        """What puts the email off to ``at``: of several causes the one that costs it its day; None: nothing does.

        ``mover`` is the constraint that moved it last.
        """
        if at == self.start:
            if self.due == self.over:
                return Blocker.DELAY if self.leg.waits else None
            return Blocker.HOLIDAY if self.opens.holidays_met(self.over) else Blocker.WINDOW
        if self.on_its_day(at):
            return mover
        known = self.track.causes.get((self.start, self.opens)) if not self.personal else None
        cause = known or self._cause()
        if cause is None:
            return self._cause_together(mover)
        if not self.personal:
            self.track.causes[self.start, self.opens] = cause
        return cause

    def _cause(self) -> Blocker | None:
        """The constraint that by itself costs the email its day; None: it takes several."""
        for name, check in self.checks:
            later = check(self.start)
            # A gap that reaches over the end of the hours costs the day as well.
            later = None if later is None or later >= NEVER else self.opens.next_open(later)
            if later is None or not self.on_its_day(later):
                away = name is Blocker.MAILBOX_LIMIT and self.track.is_away(self.start)
                return Blocker.MAILBOX_AWAY if away else name
        return None

    def _cause_together(self, mover: Blocker | None) -> Blocker | None:
        free, together = self.earliest()
        if not self.on_its_day(free):
            return together
        return mover if self.follow_up else Blocker.FOLLOW_UPS


Settle: TypeAlias = Callable[[Stop], tuple[int, Blocker | None]]
"""Finds the instant of a stop, and the constraint that moved it last; NEVER: there is none."""


class NoWay(Exception):
    """An email of the chain can never go: it has no mailbox, its window never opens, or no day has room."""


def walk(chain: Chain, ledger: Ledger, settle: Settle, *, now: int = 0, ahead: bool = False) -> list[Slot]:
    """Go the chain's way and write each email's slot, none before ``now``, into the ledger.

    With ``ahead`` it goes on over what people must do, as if they did it at once. Raises ``NoWay`` and whatever
    ``settle`` raises; nothing is written then.
    """
    course, enrollee = chain.course, chain.enrollee
    zone = course.zone(enrollee.timezone)
    personal = ledger.personal(enrollee)
    slots: list[Slot] = []
    track: Track | None = None
    moment, followed = chain.delay_until, chain.begun
    try:
        for number, (leg, first, later) in enumerate(course.way(chain.after, zone)):
            over = leg.delay_over(moment, zone) if number else moment
            opens = later if followed else first
            due = over if opens is None else opens.next_open(over)
            if due is None:
                raise NoWay
            if not leg.sends or opens is None:
                moment = max(due, now)
                if leg.awaited and not ahead:
                    break
                continue
            mailbox_id = leg.mailbox_id or enrollee.mailbox_id
            if mailbox_id is None:
                raise NoWay
            if track is None or track.mailbox_id is not mailbox_id:
                track = ledger.track(course.rules, mailbox_id)
            start = due if due > now else now
            day, ends = track.mailbox.zone.today(start)
            stop = Stop(leg, over, due, start, opens, track, personal, not slots, followed, day, ends)
            at, mover = settle(stop)
            if at >= NEVER:
                raise NoWay
            # Asking for the blocker may raise, so that comes before anything is written.
            slot = Slot(leg.step_id, leg.step_order, mailbox_id, at, due, followed, stop.blocker(at, mover))
            track.add(at, personal, day if at < ends else None)
            slots.append(slot)
            moment, followed = at, True
    except BaseException:
        ledger.remove(course.rules, enrollee, slots)
        raise
    return slots
