"""Properties of planning over random small worlds, held against a second reading of the rules.

Chains are placed, kept, removed and moved up in any order; no rule is ever broken, the books of the ledger say what
is planned, and a ledger that is loaded bit by bit leads to the same plan as a whole one.
"""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain.scheduling.capacity import NotLoaded, Quota
from domain.scheduling.chains import Chain
from domain.scheduling.ledger import Ledger, Slot
from domain.scheduling.planning import Planner, WaitingNotLoaded
from domain.scheduling.zones import Zone
from tests.domain.plan_worlds import NOW, World, worlds
from tests.domain.rules_checker import (
    Send,
    TooLate,
    broken_capacity,
    broken_ways,
    contents,
    sends_of,
    wrong_books,
)

Answer = TypeVar("Answer")
Deed = tuple[str, int]

deeds = st.lists(
    st.tuples(st.sampled_from(["place", "remove", "keep", "advance"]), st.integers(0, 11)), max_size=20
).flatmap(lambda later: st.permutations([("place", number) for number in range(12)]).map(lambda first: first + later))
thorough = settings(max_examples=70, deadline=None, suppress_health_check=list(HealthCheck))


class Table:
    """Somebody who plans: does one deed after the other and knows which chains have slots."""

    def __init__(self, world: World, planner: Planner, chains: list[Chain]) -> None:
        self.world = world
        self.planner = planner
        self.chains = chains
        self.placed: dict[UUID, Chain] = {}

    def ask(self, question: Callable[[], Answer]) -> Answer:
        return question()

    def do(self, deed: Deed) -> None:
        name, number = deed
        chain = self.chains[number % len(self.chains)]
        if chain.enrollee.enrollment_id not in self.placed:
            if name == "place":
                self.place(chain)
            return
        self.planner.waiting.pop(chain.enrollee.enrollment_id, None)
        if name == "advance":
            before = [slot.at for slot in chain.slots]
            moved = self.ask(lambda: self.planner.advance(chain))
            after = [slot.at for slot in chain.slots]
            assert (after < before) if moved else (after == before)
            self.note(chain)
        elif name == "keep":
            kept = list(chain.slots)
            self.take_out(chain)
            if self.ask(lambda: self.planner.keep(chain)):
                assert [slot.at for slot in chain.slots] == [slot.at for slot in kept]
                self.note(chain)
            else:
                self.place(chain)
        else:
            self.take_out(chain)
            chain.slots = []

    def place(self, chain: Chain) -> None:
        if self.ask(lambda: self.planner.place(chain)):
            self.note(chain)
        else:
            assert chain.slots == []

    def take_out(self, chain: Chain) -> None:
        self.ask(lambda: self.planner.take_out(chain))
        del self.placed[chain.enrollee.enrollment_id]

    def note(self, chain: Chain) -> None:
        """The chain has slots, and may be put off for others, as may those that were put off for it."""
        put_off, self.planner.put_off = self.planner.put_off, []
        for one in (chain, *put_off):
            self.placed[one.enrollee.enrollment_id] = one
            if not one.begun:
                self.planner.waiting[one.enrollee.enrollment_id] = one

    def sends(self) -> list[Send]:
        return [*self.world.sent, *sends_of(self.placed.values())]


class PartialTable(Table):
    """One whose ledger is loaded from what was written down when it began, as far as it asks."""

    def __init__(self, world: World, planner: Planner, chains: list[Chain], written: list[Send]) -> None:
        super().__init__(world, planner, chains)
        self.written = written
        self.initially: list[Chain] = []
        self.asked = 0

    def ask(self, question: Callable[[], Answer]) -> Answer:
        while True:
            before = contents(self.planner.ledger)
            try:
                return question()
            except NotLoaded as missing:
                assert contents(self.planner.ledger) == before
                self.load(missing)
            except WaitingNotLoaded as missing:
                assert contents(self.planner.ledger) == before
                self.load_waiting(missing)
            self.asked += 1

    def load(self, missing: NotLoaded) -> None:
        book = missing.book
        mine = [send.at for send in self.written if book in self.books_of(send)]
        if isinstance(book, Quota):
            book.known = True
            for t in mine:
                book.add(t)
            return
        assert book.known is not None
        assert missing.buckets.isdisjoint(book.known)
        for t in mine:
            if t // book.width in missing.buckets:
                book.add(t)
        book.known |= missing.buckets

    def books_of(self, send: Send) -> list[object]:
        return list(self.planner.ledger.books(send.sequence.rules, send.enrollee, send.mailbox_id))

    def load_waiting(self, missing: WaitingNotLoaded) -> None:
        zone = self.world.workspace.zone
        for chain in self.initially:
            if _is_there(chain, missing.mailbox_id, missing.day, zone):
                self.planner.waiting.setdefault(chain.enrollee.enrollment_id, chain)
        assert self.planner.known_days is not None
        self.planner.known_days.add((missing.mailbox_id, missing.day))


def _is_there(chain: Chain, mailbox_id: UUID, day: int, zone: Zone) -> bool:
    return any(slot.mailbox_id == mailbox_id and zone.day(slot.at) == day for slot in chain.slots)


def broken_rules(table: Table) -> list[str]:
    """Everything that the plan breaks; examples that run on beyond the checker's calendar are left out."""
    world = table.world
    broken = list(broken_capacity(world.workspace, world.mailboxes, table.sends()))
    for chain in table.placed.values():
        calendar = world.calendars[chain.course.sequence.id]
        try:
            broken += broken_ways(chain, calendar, now=NOW, ahead=world.ahead)
        except TooLate:
            assume(False)
    return broken


def whole_planner(world: World) -> Planner:
    return Planner(world.ledger(), now=NOW, ahead=world.ahead)


@thorough
@given(worlds(), deeds)
def test_no_rule_is_ever_broken_and_the_books_say_what_is_planned(world: World, todo: list[Deed]) -> None:
    table = Table(world, whole_planner(world), world.fresh())
    for deed in todo:
        table.do(deed)
        assert not wrong_books(table.planner.ledger, table.sends())
    assert broken_rules(table) == []
    for chain in table.placed.values():
        table.planner.remove(chain)
    assert wrong_books(table.planner.ledger, list(world.sent)) == []


@thorough
@given(worlds())
def test_what_is_put_off_has_a_blocker_and_what_is_not_goes_when_it_is_due(world: World) -> None:
    table = Table(world, whole_planner(world), world.fresh())
    for number in range(len(table.chains)):
        table.do(("place", number))
    for chain in table.placed.values():
        for slot in chain.slots:
            assert slot.at == max(slot.due, NOW) or slot.blocker is not None


@thorough
@given(worlds())
def test_a_follow_up_of_who_begins_misses_its_day_only_where_it_would_without_anybody_else(world: World) -> None:
    table = Table(world, whole_planner(world), world.fresh())
    for number in range(len(table.chains)):
        table.do(("place", number))
    zone = world.workspace.zone

    def late(slot: Slot) -> bool:
        return zone.day(slot.at) != zone.day(max(slot.due, NOW))

    for chain in table.placed.values():
        if chain.slots and not chain.begun:
            alone = table.planner.alone(chain, chain.slots[0].at)
            together = zip(chain.slots[1:], alone[1:], strict=True)
            assert all(late(solo) for slot, solo in together if late(slot))


@thorough
@given(worlds(), deeds)
def test_a_plan_is_the_same_when_it_is_made_again(world: World, todo: list[Deed]) -> None:
    plans = []
    for _ in range(2):
        table = Table(world, whole_planner(world), world.fresh())
        for deed in todo:
            table.do(deed)
        plans.append({id: chain.slots for id, chain in table.placed.items()})
    assert plans[0] == plans[1]


@thorough
@given(worlds(), st.permutations(range(12)))
def test_slots_are_kept_in_whatever_order_they_are_asked_for(world: World, order: list[int]) -> None:
    table = Table(world, whole_planner(world), world.fresh())
    for number in range(len(table.chains)):
        table.do(("place", number))
    chains = list(table.placed.values())
    plan = [list(chain.slots) for chain in chains]
    for chain in chains:
        table.planner.take_out(chain)
    assert all(table.planner.keep(chains[number]) for number in order if number < len(chains))
    assert [[slot.at for slot in chain.slots] for chain in chains] == [[slot.at for slot in one] for one in plan]


@thorough
@given(worlds(), st.integers(0, 8), deeds)
def test_a_ledger_that_is_loaded_bit_by_bit_gives_the_plan_of_a_whole_one(
    world: World, initially: int, todo: list[Deed]
) -> None:
    """The first chains are planned and written down beforehand; the others are planned in both ways."""
    plans = []
    for partial in (False, True):
        before = Table(world, whole_planner(world), world.fresh())
        for number in range(min(initially, len(before.chains) - 1)):
            before.do(("place", number))
        others = before.chains[initially:] or before.chains[-1:]
        table = _partial(before, others) if partial else _whole(before, others)
        for deed in todo:
            table.do(deed)
        plans.append({id: chain.slots for id, chain in (before.placed | table.placed).items()})
    assert plans[0] == plans[1]


def _whole(before: Table, others: list[Chain]) -> Table:
    planner = Planner(_with_all(before), before.planner.waiting.values(), now=NOW, ahead=before.world.ahead)
    return Table(before.world, planner, others)


def _partial(before: Table, others: list[Chain]) -> PartialTable:
    ledger = before.world.ledger(partial=True)
    planner = Planner(ledger, now=NOW, known_days=set(), ahead=before.world.ahead)
    table = PartialTable(before.world, planner, others, before.sends())
    table.initially = list(before.planner.waiting.values())
    return table


def _with_all(before: Table) -> Ledger:
    ledger = before.world.ledger()
    for chain in before.placed.values():
        ledger.add(chain.course.rules, chain.enrollee, chain.slots)
    return ledger
