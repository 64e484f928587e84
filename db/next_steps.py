"""What comes next for one enrollment: the step, when its delay is over, and the slots of the emails still to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db import definitions, planning, slots
from db.planning import Desk, enrollee_of
from domain.chains import Chain, Course, expects, next_due
from domain.enrollments import Plan
from domain.ledger import Slot
from domain.schedule import moment, seconds
from domain.sequences import Sequence as SequenceDefinition
from domain.vocabulary import Blocker


@dataclass(frozen=True, slots=True)
class NextStep:
    """The plan of the next step, with what its row keeps of it.

    ``delay_from`` is from when its delay counts (None: it was set by hand), ``delay_until`` when it is over, before
    windows and capacity. ``placed``: it has its slot, or needs none.
    """

    plan: Plan
    delay_from: datetime | None
    delay_until: datetime
    placed: bool = True


async def after(
    session: AsyncSession,
    enrollment_id: UUID,
    sequence: SequenceDefinition,
    *,
    order: int,
    counted_from: datetime,
    now: datetime,
    reserve: bool,
) -> NextStep | None:
    """The step behind ``order``, whose delay counts from ``counted_from``; None: the sequence is finished.

    The slots that were kept for the enrollment are its own; where they are no longer those of its way, it gets new
    ones. Without ``reserve`` it gets none: a paused enrollment keeps no room.
    """
    facts = await planning.facts(session, enrollment_id)
    course = Course(sequence)
    # A step that was executed and has been moved behind is not repeated.
    order = max(order, facts.after)
    way = course.legs(order)
    if not way:
        return None
    enrollee = enrollee_of(facts)
    over = way[0].delay_over(seconds(counted_from), course.zone(enrollee.timezone))
    chain = Chain(course, enrollee, order, over, begun=facts.begun)
    placed = await _arrange(session, facts.customer_id, chain, now) if reserve else True
    return next_of(chain, delay_from=counted_from, placed=placed)


async def again(
    session: AsyncSession, enrollment_id: UUID, *, now: datetime, delay_until: datetime | None = None
) -> NextStep | None:
    """The same step once more, with new slots from ``now`` on: it comes late, or is resumed.

    ``delay_until``: or not before then, as a server has asked, or as what was left of the delay. None: edits have
    left no step behind the last executed one, and the sequence is finished.
    """
    facts = await planning.facts(session, enrollment_id)
    over, counted_from = (delay_until, None) if delay_until else (facts.delay_until or now, facts.delay_from)
    course = Course(await definitions.load(session, facts.sequence_id))
    if not course.legs(facts.after):
        return None
    chain = Chain(course, enrollee_of(facts), facts.after, seconds(over), begun=facts.begun)
    placed = await _place(session, facts.customer_id, chain, now)
    return next_of(chain, delay_from=counted_from, placed=placed)


def next_of(chain: Chain, *, delay_from: datetime | None, placed: bool = True) -> NextStep:
    """The next step of a chain that has its slots."""
    leg = chain.course.legs(chain.after)[0]
    due, blocker = _due(chain, chain.slots)
    plan = Plan(
        step_id=leg.step_id,
        step_order=leg.step_order,
        step_type=leg.step_type,
        due_at=moment(due),
        conditional=leg.conditional,
        blocker=blocker,
    )
    return NextStep(plan, delay_from, moment(chain.delay_until), placed)


def _due(chain: Chain, its_slots: Sequence[Slot]) -> tuple[int, Blocker | None]:
    leg = chain.course.legs(chain.after)[0]
    if leg.sends and its_slots:
        return its_slots[0].at, its_slots[0].blocker
    due = next_due(chain)
    if due is None:
        return chain.delay_until, Blocker.NO_SLOT
    return due, Blocker.DELAY if due == chain.delay_until else Blocker.WINDOW


async def _arrange(session: AsyncSession, customer_id: UUID, chain: Chain, now: datetime) -> bool:
    """Keep the slots that the enrollment has if they are those of its way, else find new ones."""
    kept = (await slots.pending(session, [chain.enrollee.enrollment_id])).get(chain.enrollee.enrollment_id, [])
    # Where the first email is skipped, the next one is the first, and keeps other hours.
    if expects(chain, kept) and all(slot.follow_up is chain.begun for slot in kept[:1]):
        chain.slots = kept
        return True
    return await _place(session, customer_id, chain, now)


async def _place(session: AsyncSession, customer_id: UUID, chain: Chain, now: datetime) -> bool:
    given_back = await slots.give_back(session, [chain.enrollee.enrollment_id])
    desk = await Desk.open(session, chain.course.sequence.id, now)
    placed = await desk.place(chain)
    await desk.write([chain])
    await planning.keep_mailboxes(session, [chain])
    taken = {(slot.mailbox_id, moment(slot.at)) for slot in chain.slots}
    left = [row for row in given_back if (row.email_account_id, row.slot_at) not in taken]
    await planning.offer(session, customer_id, left, now)
    return placed
