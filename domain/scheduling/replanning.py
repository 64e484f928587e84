"""Many chains at once, planned in turn: new ones are placed, and those that have slots are planned again.

A job goes through its chains one after the other. What its planner does not know yet interrupts it
(``NotLoaded``, ``WaitingNotLoaded``); asked again, it goes on with the chain at which it stopped.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator
from uuid import UUID

from domain.scheduling.chains import Chain
from domain.scheduling.planning import Planner


class Placing:
    """New chains get their slots, in the order given; one without a way is left without."""

    def __init__(self, planner: Planner, chains: Iterable[Chain]) -> None:
        self._planner = planner
        self._chains = deque(chains)

    @property
    def left(self) -> int:
        """Chains that have still to be placed."""
        return len(self._chains)

    def run(self) -> None:
        for chain in _each(self._chains):
            self._planner.place(chain)


class Replanning:
    """Chains that the ledger holds are planned again, since a setting is another or time has passed.

    A chain whose slots still keep every rule keeps them, unless it waits for capacity and can go earlier by now; the
    others get new ones. Follow-ups go first, then the earliest due. Those ``held`` were kept waiting by what is over
    now: they go before whoever stands behind them in the line of their mailbox.
    """

    def __init__(self, planner: Planner, chains: Iterable[Chain], held: Collection[UUID] = ()) -> None:
        self._planner = planner
        self._held_up = held
        self._lines_moved: set[UUID | None] = set()
        ranked = sorted(chains, key=lambda chain: chain.rank)
        self._to_take_out = deque(ranked)
        self._to_keep = deque(ranked)
        self._to_place: deque[Chain] = deque()
        self._to_advance: deque[Chain] = deque()

    @property
    def left(self) -> int:
        """Chains that have still to be kept or placed."""
        return len(self._to_keep) + len(self._to_place)

    def run(self) -> None:
        planner = self._planner
        for chain in _each(self._to_take_out):
            planner.take_out(chain)
        for chain in _each(self._to_keep):
            self._keep(chain)
        for chain in _each(self._to_place):
            planner.place(chain)
        for chain in _each(self._to_advance):
            planner.advance(chain)

    def _keep(self, chain: Chain) -> None:
        line = chain.slots[0].mailbox_id if chain.slots else chain.enrollee.mailbox_id
        if chain.enrollee.enrollment_id in self._held_up:
            self._lines_moved.add(line)
        if line in self._lines_moved or not self._planner.keep(chain):
            self._to_place.append(chain)
            return
        self._to_advance.append(chain)
        if not chain.begun:
            self._planner.waiting[chain.enrollee.enrollment_id] = chain


def _each(chains: deque[Chain]) -> Iterator[Chain]:
    """The chains from the left; one is gone when the next is asked for, so that an interrupted one comes again."""
    while chains:
        yield chains[0]
        chains.popleft()
