"""What comes next for one enrollment: the step, when its delay is over, and the slots of the emails still to come."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db import definitions, planning, slots
from db.planning import Desk, enrollee_of
from domain.scheduling.chains import Chain, Course, expects, next_due
from domain.scheduling.schedule import moment, seconds
from domain.sequences import Sequence as SequenceDefinition


@dataclass(frozen=True, slots=True)
class NextStep:
    """Which step comes next and when, as its row keeps it.

    ``due_at`` is its slot, or when it is due if it needs none. ``delay_from`` is from when its delay counts (None: it
    was set by hand), ``delay_until`` when it is over, before windows and capacity. ``placed``: it has its slot or needs
    none.
    """

    step_id: UUID
    due_at: datetime
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
    course = Course(await definitions.load(session, facts.sequence_id))
    if not course.legs(facts.after):
        return None
    chain = planning.chain_of(course, facts)
    if delay_until is not None:
        chain.delay_until = seconds(delay_until)
    placed = await _place(session, facts.customer_id, chain, now)
    return next_of(chain, delay_from=facts.delay_from if delay_until is None else None, placed=placed)


def next_of(chain: Chain, *, delay_from: datetime | None, placed: bool = True) -> NextStep:
    """The next step of a chain that has its slots; one whose window never opens is due when its delay is over."""
    leg = chain.course.legs(chain.after)[0]
    due = chain.slots[0].at if leg.sends and chain.slots else next_due(chain)
    return NextStep(
        step_id=leg.step_id,
        due_at=moment(chain.delay_until if due is None else due),
        delay_from=delay_from,
        delay_until=moment(chain.delay_until),
        placed=placed,
    )


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
