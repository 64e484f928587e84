"""Admitting a chain that has not begun to a day: each follow-up that it will owe must have room on its own day."""

from collections.abc import Callable

from domain.scheduling.chains import Chain, NoWay, Stop
from domain.scheduling.ledger import Slot
from domain.vocabulary import Blocker


class NoRoom(Exception):
    """A follow-up has no room on its day; ``again`` is the first instant at which to try again."""

    def __init__(self, again: int) -> None:
        super().__init__()
        self.again = again


class Admission:
    """One try: the first email goes at ``not_before`` at the earliest, each follow-up on the day on which it is due.

    ``alone`` answers the slots of the chain if there were nobody else and its first email went at an instant; no slot
    is before ``now``. With ``by_day`` only days are looked at, which tells full ones at little cost.
    """

    def __init__(
        self,
        chain: Chain,
        not_before: int,
        *,
        alone: Callable[[Chain, int], list[Slot]],
        now: int,
        by_day: bool = False,
    ) -> None:
        self._chain = chain
        self._not_before = not_before
        self._alone = alone
        self._now = now
        self._by_day = by_day
        self._first_at = 0
        self._last_at = 0
        self._count = 0
        self.own = False
        """Whether a cap of the recipient had a say: others of the kind may find room where this one did not."""

    def settle(self, stop: Stop) -> tuple[int, Blocker | None]:
        """For ``walk``; raises ``NoRoom``."""
        self._count += 1
        not_before = self._not_before if stop.first else 0
        at, mover = (stop.earliest_day(not_before), None) if self._by_day else stop.earliest(not_before)
        if stop.personal and not self.own and not self._by_day:
            self.own = at != stop.among_all(not_before)
        if stop.first:
            self._first_at = at
        elif not stop.on_its_day(at) and not self._is_late_alone(stop):
            zone = stop.track.mailbox.zone
            raise NoRoom(zone.day_start(zone.day(self._first_at) + 1))
        self._last_at = at
        return at, mover

    def _is_late_alone(self, stop: Stop) -> bool:
        """Whether the follow-up misses its day by the chain's own gaps and caps: waiting for another day is no help."""
        if stop.track.is_apart(self._last_at, stop.start, stop.personal):
            return False
        try:
            slots = self._alone(self._chain, self._first_at)
        except NoWay:
            return True
        zone = stop.track.mailbox.zone
        slot = slots[self._count - 1]
        return zone.day(slot.at) != zone.day(max(slot.due, self._now))
