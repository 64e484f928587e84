"""Planning: which email of whom goes when, with every cap, gap and window kept and no follow-up behind a first.

The emails of a chain are planned together. A chain that has not begun (its first email is unsent) is admitted to a day
only where each follow-up that it will owe has room on the day on which it falls due: follow-ups go before first emails
by construction. A follow-up that comes without a reservation, after a pause or an edit, is placed as early as it can
be, and where its day is full it puts off a chain that has not begun.

Engine, explanations and forecast call this same code.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from domain.scheduling.admission import Admission, NoRoom
from domain.scheduling.capacity import NEVER, NotLoaded
from domain.scheduling.chains import Chain, NoWay, Settle, Stop, walk
from domain.scheduling.ledger import Ledger, Slot, earliest
from domain.scheduling.rotation import Room, Rotation
from domain.vocabulary import Blocker

MAX_DAYS_TRIED = 1_000
"""How many days a first email looks ahead for one on which its whole chain has room, before it takes what comes."""


class WaitingNotLoaded(Exception):
    """The chains that could be put off on a day of a mailbox have not been loaded: load them and ask again."""

    def __init__(self, mailbox_id: UUID, day: int) -> None:
        super().__init__(f"the chains that wait on day {day} have not been loaded")
        self.mailbox_id = mailbox_id
        self.day = day


class _NotKept(Exception):
    """A slot breaks a rule, or is not the one that the way asks for."""


class Planner:
    """Places chains in a ledger, which must not hold their slots already, and keeps it up to date.

    ``waiting`` are the chains not begun that the ledger holds and that may be put off; those that were are moved from
    there to ``put_off`` and have new slots. ``known_days`` says for which days (mailbox, day) they have been loaded;
    None: for all. No slot is before ``now``. With ``ahead`` chains are planned to their very end, over what people must
    do; else up to there.
    """

    def __init__(
        self,
        ledger: Ledger,
        waiting: Iterable[Chain] = (),
        *,
        now: int = 0,
        known_days: set[tuple[UUID, int]] | None = None,
        ahead: bool = False,
    ) -> None:
        self.ledger = ledger
        self.waiting = {chain.enrollee.enrollment_id: chain for chain in waiting}
        self.known_days = known_days
        self.put_off: list[Chain] = []
        self.now = now
        self._ahead = ahead
        self._floors: dict[tuple[UUID, int, str, UUID | None], tuple[int, int]] = {}
        self._first_stops: dict[tuple[UUID, int, str, UUID | None, int], Stop | None] = {}
        self._rotation = Rotation(ledger.mailboxes, self._room_in, ahead=ahead)
        self._alone: Planner | None = None

    def place(self, chain: Chain) -> bool:
        """Give the chain its slots; False when an email of it can never go, and it has none then."""
        chain.slots = []
        try:
            chain.slots = self._continue(chain) if chain.begun else self._admit(chain)
        except NoWay:
            return False
        return True

    def keep(self, chain: Chain) -> bool:
        """Write the chain down with the slots that it has, if each still keeps every rule; else leave it out."""
        fixed = iter(chain.slots)

        def settle(stop: Stop) -> tuple[int, Blocker | None]:
            slot = next(fixed, None)
            if slot is None or (slot.step_id, slot.mailbox_id) != (stop.leg.step_id, stop.track.mailbox_id):
                raise _NotKept
            if not stop.keeps(slot.at):
                raise _NotKept
            return slot.at, slot.blocker

        try:
            chain.slots = self._walk(chain, settle)
        except (NoWay, _NotKept):
            return False
        return True

    def remove(self, chain: Chain) -> None:
        """Give the chain's slots back."""
        self.ledger.remove(chain.course.rules, chain.enrollee, chain.slots)
        self._floors.clear()
        self._rotation.forget()

    def take_out(self, chain: Chain) -> None:
        """``remove``, but what is not loaded yet is asked for before anything changes."""
        self.ledger.require(chain.course.rules, chain.enrollee, chain.slots)
        self.remove(chain)

    def advance(self, chain: Chain) -> bool:
        """Move a chain that waits for capacity to earlier instants, if there are any now; False: it stays."""
        before = chain.slots
        if all(slot.at == slot.due for slot in before):
            return False
        self.take_out(chain)
        earlier = False
        try:
            earlier = self.place(chain) and [slot.at for slot in chain.slots] < [slot.at for slot in before]
        finally:
            if not earlier:
                self.remove(chain)
                chain.slots = before
                self.ledger.add(chain.course.rules, chain.enrollee, before)
        return earlier

    # --- chains that have not begun --------------------------------------------------------------------------

    def _admit(self, chain: Chain) -> list[Slot]:
        """On the first day on which all of the chain has room."""
        if chain.enrollee.mailbox_id is None:
            chain.enrollee = chain.enrollee.with_mailbox(self._rotation.mailbox(chain))
        own, again = False, 0
        for _ in range(MAX_DAYS_TRIED):
            admission = self._admission(chain, max(self._floor(chain, chain.enrollee.mailbox_id), again))
            try:
                slots = self._walk(chain, admission.settle)
            except NoRoom as no_room:
                own = own or admission.own
                again = self._past_full_days(chain, no_room.again)
                if not own and not self.ledger.personal(chain.enrollee):
                    self._raise_floor(chain, again)
                continue
            if slots and not (own or admission.own):
                self._raise_floor(chain, slots[0].at)
            return slots
        return self._walk(chain, _settle_early)

    def _admission(self, chain: Chain, not_before: int, *, by_day: bool = False) -> Admission:
        return Admission(chain, not_before, alone=self.alone, now=self.now, by_day=by_day)

    def _past_full_days(self, chain: Chain, not_before: int) -> int:
        """When to try again: behind the days on which an email of the chain would fall on a full one."""
        for _ in range(MAX_DAYS_TRIED):
            admission = self._admission(chain, not_before, by_day=True)
            try:
                slots = self._walk(chain, admission.settle)
            except NoRoom as no_room:
                not_before = no_room.again
                continue
            self.ledger.remove(chain.course.rules, chain.enrollee, slots)
            break
        return not_before

    def _room_in(self, chain: Chain, mailbox_id: UUID) -> Room:
        """How soon the mailbox could send the chain's first email."""
        first = self._first_stop(chain, mailbox_id)
        if first is None:
            return Room(NEVER, 0, NEVER, mailbox_id)
        track = self.ledger.track(chain.course.rules, mailbox_id)
        not_before = max(first.start, self._floor(chain, mailbox_id))
        at, _ = earliest(not_before, track.quick(first.opens, self.ledger.personal(chain.enrollee)))
        if at >= NEVER:
            return Room(NEVER, 0, NEVER, mailbox_id)
        day = track.mailbox.zone.day(at)
        return Room(day, -track.mailbox.room(day), at, mailbox_id)

    def _first_stop(self, chain: Chain, mailbox_id: UUID) -> Stop | None:
        """The first email of chains of this kind, which is due for all of them at the same instant."""
        kind = (*self._kind(chain, None), chain.delay_until)
        if kind not in self._first_stops:
            found: list[Stop] = []

            def settle(stop: Stop) -> tuple[int, Blocker | None]:
                found.append(stop)
                raise NoWay

            trial = replace(chain, enrollee=chain.enrollee.with_mailbox(mailbox_id), slots=[])
            with suppress(NoWay):
                self._walk(trial, settle)
            self._first_stops[kind] = found[0] if found else None
        return self._first_stops[kind]

    def _floor(self, chain: Chain, mailbox_id: UUID | None) -> int:
        """Before when there is no room for the chain, as one of its kind that is due no later has found out."""
        since, at = self._floors.get(self._kind(chain, mailbox_id), (NEVER, 0))
        return at if since <= chain.delay_until else 0

    def _raise_floor(self, chain: Chain, at: int) -> None:
        kind, due = self._kind(chain, chain.enrollee.mailbox_id), chain.delay_until
        since, before = self._floors.get(kind, (NEVER, 0))
        self._floors[kind] = since if since <= due <= before else due, at

    def _kind(self, chain: Chain, mailbox_id: UUID | None) -> tuple[UUID, int, str, UUID | None]:
        """What chains have in common for which the same days are full."""
        zone = chain.course.zone(chain.enrollee.timezone)
        return chain.course.rules.id, chain.after, zone.name, mailbox_id

    def alone(self, chain: Chain, first_at: int) -> list[Slot]:
        """The chain's slots if there were nobody else and its first email went at ``first_at``."""
        if self._alone is None:
            self._alone = Planner(self.ledger.empty(), now=self.now, ahead=self._ahead)
        trial = replace(chain, slots=[])
        trial.slots = self._alone._walk(trial, lambda stop: (first_at, None) if stop.first else _settle_early(stop))
        self._alone.remove(trial)
        return trial.slots

    def _walk(self, chain: Chain, settle: Settle) -> list[Slot]:
        return walk(chain, self.ledger, settle, now=self.now, ahead=self._ahead)

    # --- chains under way ------------------------------------------------------------------------------------

    def _continue(self, chain: Chain) -> list[Slot]:
        """As early as can be, before those that have not begun: they are put off where a day is full."""
        evicted: list[tuple[Chain, list[Slot]]] = []
        replaced: list[Chain] = []

        def settle(stop: Stop) -> tuple[int, Blocker | None]:
            while True:
                at, mover = stop.earliest()
                victim = None
                if not stop.on_its_day(at):
                    victim = self._last_in_line(stop, at, _takers(chain, stop, at, mover))
                if victim is None:
                    return at, mover
                self.take_out(victim)
                del self.waiting[victim.enrollee.enrollment_id]
                evicted.append((victim, victim.slots))

        try:
            chain.slots = self._walk(chain, settle)
            for victim, _ in sorted(evicted, key=lambda one: _place_in_line(one[0])):
                victim.slots = []
                victim.slots = self._admit(victim)
                replaced.append(victim)
        except (NoWay, NotLoaded, WaitingNotLoaded):
            # Whoever asks again, or finds no way, leaves everything as it was.
            for placed in (chain, *replaced):
                self.remove(placed)
            chain.slots = []
            for victim, slots in evicted:
                victim.slots = slots
                self.ledger.add(victim.course.rules, victim.enrollee, slots)
                self.waiting[victim.enrollee.enrollment_id] = victim
            raise
        self.put_off.extend(replaced)
        return chain.slots

    def _last_in_line(self, stop: Stop, at: int, takers: Callable[[Chain], bool]) -> Chain | None:
        """Of the ``takers`` not begun, the one to be put off first, so that the email need not wait until ``at``.

        It has an email from this mailbox on the day on which the email is due, or else on the first day after it.
        """
        quota, mailbox_id = stop.track.mailbox, stop.track.mailbox_id
        first = quota.zone.day(stop.start)
        for day in range(first, quota.zone.day(at) if at < NEVER else first + 1):
            if self.known_days is not None and (mailbox_id, day) not in self.known_days:
                raise WaitingNotLoaded(mailbox_id, day)
            there = [
                chain
                for chain in self.waiting.values()
                if takers(chain)
                and any(slot.mailbox_id == mailbox_id and quota.zone.day(slot.at) == day for slot in chain.slots)
            ]
            if there:
                return max(there, key=_place_in_line)
        return None


def _place_in_line(chain: Chain) -> tuple[tuple[bool, int, int], UUID]:
    """``rank``, with an order of equals that is the same whenever it is asked for."""
    return chain.rank, chain.enrollee.enrollment_id


def _takers(chain: Chain, stop: Stop, at: int, mover: Blocker | None) -> Callable[[Chain], bool]:
    """Which other chains take the room for which an email of ``chain`` misses its day."""
    who = chain.enrollee
    match stop.blocker(at, mover):
        case Blocker.MAILBOX_AWAY:
            return lambda other: False
        case Blocker.SEQUENCE_CAP | Blocker.THROTTLE:
            return lambda other: other.course.rules.id == chain.course.rules.id
        case Blocker.DOMAIN_CAP:
            return lambda other: other.enrollee.domain == who.domain
        case Blocker.CONTACT_CAP:
            return lambda other: other.enrollee.contact_id == who.contact_id
    return lambda other: True


def _settle_early(stop: Stop) -> tuple[int, Blocker | None]:
    return stop.earliest()
