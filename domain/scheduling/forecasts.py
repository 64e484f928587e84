"""Forecasts: who gets which email from which mailbox when, counted by day, and what other settings would change.

The chains have been planned by the planner itself. What a person must do first (a call, a LinkedIn step) is taken to be
done at once: the emails behind it are planned last, in the room that all others leave. Instants are epoch seconds.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import chain as in_turn
from itertools import takewhile, zip_longest
from typing import NamedTuple
from uuid import UUID

from domain.scheduling.chains import Chain, Course, NoWay, Stop, walk
from domain.scheduling.ledger import Enrollee, Slot
from domain.scheduling.planning import Planner
from domain.scheduling.zones import Zone
from domain.vocabulary import Blocker

NOBODY = UUID(int=0)
"""Stands for the enrollment of somebody who is not enrolled, and for a contact who is only a number."""


def newcomer(course: Course, enrollee: Enrollee, at: int) -> Chain:
    """The chain of somebody who is enrolled at the instant ``at``; the sequence has steps."""
    first = course.legs(0)[0]
    return Chain(course, enrollee, 0, first.delay_over(at, course.zone(enrollee.timezone)))


def _sends_behind_people(chain: Chain) -> bool:
    way = iter(chain.course.legs(chain.after))
    return any(leg.awaited for leg in way) and any(leg.sends for leg in way)


def sends_before_people(chain: Chain) -> bool:
    """Whether an email comes before the first step that a person must do."""
    return any(leg.sends for leg in takewhile(lambda leg: not leg.awaited, chain.course.legs(chain.after)))


class Extending:
    """The emails behind what people must do get their slots too, the earliest first; all others stay where they are.

    As the jobs of ``replanning``, it goes on where it was interrupted.
    """

    def __init__(self, planner: Planner, chains: Iterable[Chain]) -> None:
        self._planner = planner
        behind = filter(_sends_behind_people, chains)
        self._chains = deque(sorted(behind, key=lambda chain: chain.slots[-1].at if chain.slots else chain.delay_until))

    @property
    def left(self) -> int:
        """Chains that have still to be extended."""
        return len(self._chains)

    def run(self) -> None:
        while self._chains:
            self._extend(self._chains[0])
            self._chains.popleft()

    def _extend(self, chain: Chain) -> None:
        planned = {slot.step_id: slot for slot in chain.slots}

        def settle(stop: Stop) -> tuple[int, Blocker | None]:
            slot = planned.get(stop.leg.step_id)
            return (slot.at, slot.blocker) if slot else stop.earliest()

        planner, before = self._planner, chain.slots
        planner.take_out(chain)
        extended: list[Slot] = []
        try:
            extended = walk(chain, planner.ledger, settle, now=planner.now, ahead=True)
        except NoWay:
            pass
        finally:
            chain.slots = extended or before
            if not extended:
                planner.ledger.add(chain.course.rules, chain.enrollee, before)


class Send(NamedTuple):
    """One email that is to come; ``enrollment_id`` and ``contact_id`` are None for whom there is none yet."""

    enrollment_id: UUID | None
    contact_id: UUID | None
    slot: Slot


class Day(NamedTuple):
    """The sends of one mailbox on one day (a day number of the workspace's zone)."""

    day: int
    mailbox_id: UUID
    sends: int
    first_emails: int

    @property
    def follow_ups(self) -> int:
        return self.sends - self.first_emails


@dataclass(frozen=True, slots=True)
class People:
    """Whose chains are planned, each in the order of placing."""

    present: Sequence[Chain] = ()
    """Those who are enrolled."""
    contacts: Sequence[Chain] = ()
    """Those who would be."""
    unnamed: Sequence[Chain] = ()
    """As many more as were asked for."""

    def __iter__(self) -> Iterator[Chain]:
        return in_turn(self.present, self.contacts, self.unnamed)

    def __len__(self) -> int:
        return self.more + len(self.present)

    @property
    def more(self) -> int:
        """How many are not enrolled yet."""
        return len(self.contacts) + len(self.unnamed)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What is to come. ``misses`` counts those whose last send is at or after ``deadline``; None: there is none.

    ``unplaced`` counts those with an email to come for which there is no way: no mailbox, no window, no room in years.
    """

    people: People
    days: Sequence[Day]
    deadline: int | None
    sends: int
    first_send_at: int | None
    last_send_at: int | None
    misses: int | None
    unplaced: int

    def each_send(self, limit: int | None = None, offset: int = 0) -> Iterator[Send]:
        """The sends in their order, without the first ``offset``; ``limit`` at most."""
        ranked = (
            (slot.at, number, slot.step_order, slot) for number, one in enumerate(self.people) for slot in one.slots
        )
        some = sorted(ranked) if limit is None else nsmallest(offset + limit, ranked)
        present, named = len(self.people.present), len(self.people.present) + len(self.people.contacts)
        enrollees = [one.enrollee for one in self.people]
        for _, number, _, slot in some[offset:]:
            enrollee = enrollees[number]
            yield Send(
                enrollee.enrollment_id if number < present else None,
                enrollee.contact_id if number < named else None,
                slot,
            )


def count(people: People, *, zone: Zone, deadline: int | None) -> Forecast:
    """Count planned chains by day of ``zone`` and mailbox."""
    planned = [chain.slots for chain in people if chain.slots]
    lacking = (chain for chain in people if not chain.slots)
    return Forecast(
        people=people,
        days=_days(planned, zone),
        deadline=deadline,
        sends=sum(map(len, planned)),
        first_send_at=min((slots[0].at for slots in planned), default=None),
        last_send_at=max((slots[-1].at for slots in planned), default=None),
        misses=None if deadline is None else sum(slots[-1].at >= deadline for slots in planned),
        unplaced=sum(any(leg.sends for leg in chain.course.legs(chain.after)) for chain in lacking),
    )


def _days(planned: Sequence[Sequence[Slot]], zone: Zone) -> list[Day]:
    sends: dict[tuple[int, UUID], int] = {}
    firsts: dict[tuple[int, UUID], int] = {}
    for slots in planned:
        for slot in slots:
            key = (zone.day(slot.at), slot.mailbox_id)
            sends[key] = sends.get(key, 0) + 1
            if not slot.follow_up:
                firsts[key] = firsts.get(key, 0) + 1
    return [Day(*key, number, firsts.get(key, 0)) for key, number in sorted(sends.items())]


class DayChange(NamedTuple):
    """By how many sends a day of a mailbox has more (or less, if below 0) with the other settings."""

    day: int
    mailbox_id: UUID
    sends: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What other settings change.

    ``moved``: sends that go at another instant or from another mailbox; ``added`` and ``dropped``: that only the one or
    the other has. ``last_send_later_by``: seconds, below 0 if it is earlier; None where either has no send.
    """

    moved: int
    added: int
    dropped: int
    last_send_later_by: int | None
    misses: int | None
    unplaced: int
    days: Sequence[DayChange]


def difference(before: Forecast, after: Forecast) -> Difference:
    """What is other in ``after``; both are of the same people in the same order."""
    moved = added = dropped = 0
    for one, other in zip(before.people, after.people, strict=True):
        for slot, instead in _pairs(one.slots, other.slots):
            if slot is None:
                added += 1
            elif instead is None:
                dropped += 1
            else:
                moved += slot.at != instead.at or slot.mailbox_id != instead.mailbox_id
    later = None
    if before.last_send_at is not None and after.last_send_at is not None:
        later = after.last_send_at - before.last_send_at
    misses = None
    if before.misses is not None and after.misses is not None:
        misses = after.misses - before.misses
    return Difference(
        moved, added, dropped, later, misses, after.unplaced - before.unplaced, _day_changes(before.days, after.days)
    )


def _pairs(slots: Sequence[Slot], others: Sequence[Slot]) -> Iterator[tuple[Slot | None, Slot | None]]:
    """The slots of each email in both plans."""
    if all(one and other and one.step_id == other.step_id for one, other in zip_longest(slots, others)):
        yield from zip(slots, others, strict=True)
        return
    by_step = {slot.step_id: slot for slot in others}
    for slot in slots:
        yield slot, by_step.pop(slot.step_id, None)
    for slot in by_step.values():
        yield None, slot


def _day_changes(before: Sequence[Day], after: Sequence[Day]) -> list[DayChange]:
    changes: dict[tuple[int, UUID], int] = {}
    for days, sign in ((before, -1), (after, 1)):
        for one in days:
            key = (one.day, one.mailbox_id)
            changes[key] = changes.get(key, 0) + sign * one.sends
    return [DayChange(*key, sends) for key, sends in sorted(changes.items()) if sends]
