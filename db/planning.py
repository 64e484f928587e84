"""Planning against Postgres: the ledger is loaded as far as a decision needs it, and what was decided is written.

Whoever plans holds the planning lock of the customer until the commit, so no two decisions can promise the same room.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import capacity, definitions, outbox, slots
from db.contact_zones import KNOWN_ZONE
from db.outbox import Topic
from domain.scheduling.capacity import DAY_SECONDS, Lane, NotLoaded, Quota
from domain.scheduling.chains import Chain, Course
from domain.scheduling.ledger import Enrollee, Ledger
from domain.scheduling.planning import Planner, WaitingNotLoaded
from domain.scheduling.schedule import moment, seconds
from domain.scheduling.zones import date_of, day_number

Answer = TypeVar("Answer")

DAY = timedelta(days=1)
PAST_DAYS = 2
"""How far back days are counted: a day that is not over anywhere began by then."""

WHOLE_FROM = 25
"""Enrollments in one decision from which on it is cheaper to read all that is planned at once."""

COLUMNS = f"""
           e.id, e.customer_id, e.sequence_id, e.contact_id, e.email_account_id, e.delay_from,
           coalesce(e.delay_until, e.next_step_scheduled_at, e.enrolled_at) AS delay_until,
           e.waiting_reason, e.current_step_id, e.next_step_scheduled_at,
           {KNOWN_ZONE} AS timezone, split_part(contact.email, '@', 2) AS domain,
           EXISTS (SELECT FROM email_messages WHERE enrollment_id = e.id AND status <> 'claimed') AS begun,
           coalesce((SELECT max(step.step_order) FROM sequence_step_executions AS execution
                     JOIN sequence_steps AS step ON step.id = execution.sequence_step_id
                     WHERE execution.enrollment_id = e.id), 0) AS after"""
"""What ``chain_of`` reads, of the enrollment ``e`` and its ``contact``."""
_FROM = "FROM sequence_enrollments AS e JOIN contacts AS contact ON contact.id = e.contact_id"
_CHAIN = text(f"SELECT {COLUMNS} {_FROM} WHERE e.id = :id")
# Equals are planned in the order in which they were enrolled.
_IN_ORDER = "ORDER BY e.enrolled_at, e.id"
_ACTIVE = f"SELECT {COLUMNS} {_FROM} WHERE e.status = 'active' AND %s"
# An email whose slot is used is on the wire: its enrollment is planned when it is known what became of it.
_LOCK_FREE = f"""{_ACTIVE} AND NOT EXISTS (
                   SELECT FROM send_slots WHERE enrollment_id = e.id AND sequence_step_id = e.current_step_id
                     AND used_at IS NOT NULL)
                 {_IN_ORDER} FOR NO KEY UPDATE OF e SKIP LOCKED"""
_WAITING = """e.id IN (
    SELECT enrollment_id FROM send_slots
    WHERE email_account_id = :account_id AND day = :day AND used_at IS NULL AND NOT begun)
  AND e.next_step_scheduled_at > :now AND e.waiting_reason IS NULL"""
_MIRROR = text(
    """UPDATE sequence_enrollments AS e SET next_step_scheduled_at = slot.slot_at
       FROM send_slots AS slot
       WHERE slot.enrollment_id = e.id AND slot.sequence_step_id = e.current_step_id AND slot.used_at IS NULL
         AND e.id = ANY(:ids) AND e.status = 'active' AND e.next_step_scheduled_at IS DISTINCT FROM slot.slot_at
       RETURNING e.id"""
)
_KEEP_MAILBOXES = text(
    """UPDATE sequence_enrollments AS e SET email_account_id = chosen.account_id
       FROM unnest(CAST(:ids AS uuid[]), CAST(:account_ids AS uuid[])) AS chosen (id, account_id)
       WHERE e.id = chosen.id AND e.email_account_id IS NULL AND chosen.account_id IS NOT NULL"""
)


class Workspace(NamedTuple):
    """Where a decision is made."""

    id: UUID
    customer_id: UUID


class Desk:
    """One planning transaction: it holds the lock, and its planner's ledger fills as it is asked.

    ``whole`` reads each book to its end when it is first asked for, which is cheaper for decisions about many. A desk
    that does not ``write`` holds no lock, neither that of planning nor any enrollment's.
    """

    def __init__(
        self, session: AsyncSession, workspace: Workspace, planner: Planner, *, whole: bool, writes: bool = True
    ) -> None:
        self.planner = planner
        self.mine: set[UUID] = set()
        """Enrollments that the decision is about: they are not among those that it may put off."""
        self._session = session
        self._workspace = workspace
        self._whole = whole
        self._writes = writes
        self._courses: dict[UUID, Course] = {}
        self._since = planner.now - PAST_DAYS * DAY_SECONDS

    def reach_back(self, t: int) -> None:
        """Read books from ``t`` on, where slots that nobody used in their time are older than the days that count."""
        self._since = min(self._since, t)

    @classmethod
    async def open(cls, session: AsyncSession, sequence_id: UUID, now: datetime, *, whole: bool = False) -> "Desk":
        """Take the lock, then read the rules of the sequence's workspace."""
        workspace = await _workspace_of(session, sequence_id)
        await slots.lock_planning(session, workspace.customer_id)
        return await cls._with_rules(session, workspace, now, whole=whole)

    @classmethod
    async def look(
        cls,
        session: AsyncSession,
        sequence_id: UUID,
        now: datetime,
        *,
        whole: bool = False,
        mailboxes: Mapping[UUID, Mapping[str, Any]] | None = None,
    ) -> "Desk":
        """Without the lock, for those who write nothing; ``mailboxes`` may have other settings than they have."""
        workspace = await _workspace_of(session, sequence_id)
        return await cls._with_rules(session, workspace, now, whole=whole, writes=False, mailboxes=mailboxes)

    @classmethod
    async def _with_rules(
        cls,
        session: AsyncSession,
        workspace: Workspace,
        now: datetime,
        *,
        whole: bool,
        writes: bool = True,
        mailboxes: Mapping[UUID, Mapping[str, Any]] | None = None,
    ) -> "Desk":
        rules = await capacity.workspace_rules(session, workspace.id)
        today = rules.zone.day(seconds(now))
        boxes = await capacity.mailbox_rules(session, workspace.customer_id, today, instead=mailboxes)
        planner = Planner(Ledger(rules, boxes, partial=True), now=seconds(now), known_days=set())
        return cls(session, workspace, planner, whole=whole, writes=writes)

    async def course(self, sequence_id: UUID) -> Course:
        """The sequence, read once."""
        course = self._courses.get(sequence_id)
        if course is None:
            course = self._courses[sequence_id] = Course(await definitions.load(self._session, sequence_id))
        return course

    async def chain(self, row: Row[Any]) -> Chain:
        """``chain_of`` in the enrollment's sequence."""
        return chain_of(await self.course(row.sequence_id), row)

    async def place(self, chain: Chain) -> bool:
        """``Planner.place``, with whatever it needs to know."""
        return await self.ask(lambda: self.planner.place(chain))

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """Ask the planner something, and load what it does not know until it can answer."""
        while True:
            try:
                return question()
            except (NotLoaded, WaitingNotLoaded) as missing:
                await self.load(missing)

    async def write(self, chains: Sequence[Chain]) -> None:
        """Write the slots of the chains, which have none yet; those that were put off for them are moved and told."""
        put_off, self.planner.put_off = self.planner.put_off, []
        await slots.give_back(self._session, [chain.enrollee.enrollment_id for chain in put_off])
        await slots.write(
            self._session,
            [*chains, *put_off],
            customer_id=self._workspace.customer_id,
            workspace_id=self._workspace.id,
            zone=self.planner.ledger.workspace.zone,
        )
        await self.tell([chain.enrollee.enrollment_id for chain in put_off])

    async def redate(self) -> None:
        """Count what was sent on the days on which it was by the zones as they are now."""
        since = moment(self.planner.now) - (PAST_DAYS + 1) * DAY
        await slots.redate(self._session, self._workspace.id, self.planner.ledger.workspace.zone, since)

    async def tell(self, enrollment_ids: Sequence[UUID]) -> int:
        """Let enrollments follow their slots, which were moved; their rows are locked. Answers how many had to."""
        if not enrollment_ids:
            return 0
        moved = list((await self._session.execute(_MIRROR, {"ids": list(enrollment_ids)})).scalars())
        await tell_replanned(self._session, self._workspace.customer_id, moved)
        return len(moved)

    # --- loading ---------------------------------------------------------------------------------------------

    async def load(self, missing: NotLoaded | WaitingNotLoaded) -> None:
        """Read what the planner did not know."""
        if isinstance(missing, WaitingNotLoaded):
            await self._load_waiting(missing)
        elif isinstance(missing.book, Quota):
            await self._load_quota(missing.book)
        elif self._whole:
            await self._load_whole_lane(missing.book)
        else:
            await self._load_lane(missing.book, missing.buckets)

    async def _load_quota(self, quota: Quota) -> None:
        assert quota.key is not None
        since = quota.zone.day(self._since)
        if self._whole:
            for t in await slots.instants(self._session, self._workspace.id, quota.key, quota.zone.day_start(since)):
                quota.add(t)
        else:
            for day, count in (
                await slots.count_by_day(self._session, self._workspace.id, quota.key, date_of(since))
            ).items():
                number = day_number(day)
                quota.taken[number] = quota.taken.get(number, 0) + count
        quota.known = True

    async def _load_lane(self, lane: Lane, buckets: frozenset[int]) -> None:
        """Load the days for every lane of the mailbox that counts in the same buckets: the rows are the same."""
        assert lane.key is not None
        mailbox_id, _ = lane.key
        first, last = min(buckets), max(buckets) + 1
        sends = await slots.of_mailbox(self._session, mailbox_id, first * lane.width, last * lane.width)
        for one in self.planner.ledger.lanes_of(mailbox_id):
            if one.known is None or one.key is None or one.width != lane.width:
                continue
            for t, sequence_id in sends:
                if t // one.width not in one.known and one.key[1] in {None, sequence_id}:
                    one.add(t)
            one.known.update(range(first, last))

    async def _load_whole_lane(self, lane: Lane) -> None:
        assert lane.key is not None
        for t in await slots.instants(self._session, self._workspace.id, lane.key, self._since - lane.reach):
            lane.add(t)
        lane.known = None

    async def _load_waiting(self, missing: WaitingNotLoaded) -> None:
        """Chains not begun with an email from the mailbox that day; those that are due, held or locked stay."""
        now = moment(self.planner.now)
        where = {"account_id": missing.mailbox_id, "day": date_of(missing.day), "now": now}
        rows = await (lock_free if self._writes else active)(self._session, _WAITING, where)
        known = await slots.pending(self._session, [row.id for row in rows])
        moved = {chain.enrollee.enrollment_id for chain in self.planner.put_off}
        for row in rows:
            if row.id not in self.mine | moved | self.planner.waiting.keys():
                chain = await self.chain(row)
                chain.slots = known.get(row.id, [])
                self.planner.waiting[row.id] = chain
        assert self.planner.known_days is not None
        self.planner.known_days.add((missing.mailbox_id, missing.day))


async def active(session: AsyncSession, where: str, parameters: dict[str, Any]) -> Sequence[Row[Any]]:
    """The active enrollments ``e`` that fit ``where``."""
    return (await session.execute(text(f"{_ACTIVE % where} {_IN_ORDER}"), parameters)).all()


async def lock_free(session: AsyncSession, where: str, parameters: dict[str, Any]) -> Sequence[Row[Any]]:
    """The active enrollments ``e`` that fit ``where``, locked.

    Those that somebody else holds, or whose email is on the wire, are left out.
    """
    return (await session.execute(text(_LOCK_FREE % where), parameters)).all()


async def give_back(session: AsyncSession, customer_id: UUID, enrollment_ids: Sequence[UUID], now: datetime) -> None:
    """Give up what is still to come of the enrollments; whoever waits for the mailbox may have it."""
    await offer(session, customer_id, await slots.give_back(session, enrollment_ids), now - DAY)


async def give_back_step(session: AsyncSession, row: Row[Any], step_id: UUID, now: datetime) -> None:
    """Give up the slot of an email that is skipped."""
    await offer(session, row.customer_id, await slots.give_back_step(session, row.id, step_id), now - DAY)


async def offer(session: AsyncSession, customer_id: UUID, given_back: Sequence[Row[Any]], since: datetime) -> None:
    """Let those who wait for a mailbox have the slots after ``since``: one that is past leaves room in its day."""
    freed = Counter(row.email_account_id for row in given_back if row.slot_at > since)
    for account_id, count in freed.items():
        await outbox.put(
            session,
            customer_id=customer_id,
            topic=Topic.PLAN_FILL,
            subject_id=account_id,
            payload={"count": count},
        )


async def keep_mailboxes(session: AsyncSession, chains: Sequence[Chain]) -> None:
    """The mailbox that was chosen for a thread stays with it; enrollments that have one keep theirs."""
    ids = [chain.enrollee.enrollment_id for chain in chains]
    mailboxes = [chain.enrollee.mailbox_id for chain in chains]
    if any(mailboxes):
        await session.execute(_KEEP_MAILBOXES, {"ids": ids, "account_ids": mailboxes})


async def tell_replanned(session: AsyncSession, customer_id: UUID, enrollment_ids: Sequence[UUID]) -> None:
    """Tell workflows that their enrollment goes on at another time."""
    await outbox.put_all(
        session,
        customer_id=customer_id,
        topic=Topic.ENROLLMENT_EVENT,
        subject_ids=enrollment_ids,
        payload={"kind": "replanned"},
    )


async def _workspace_of(session: AsyncSession, sequence_id: UUID) -> Workspace:
    found = await session.execute(
        text("SELECT workspace_id, customer_id FROM sequences WHERE id = :id"), {"id": sequence_id}
    )
    return Workspace(*found.one())


async def facts(session: AsyncSession, enrollment_id: UUID) -> Row[Any]:
    """``COLUMNS`` of one enrollment."""
    return (await session.execute(_CHAIN, {"id": enrollment_id})).one()


def chain_of(course: Course, row: Row[Any]) -> Chain:
    """The chain of an enrollment, from ``COLUMNS``, without its slots; its delay is that of the step as it is now."""
    enrollee, way = enrollee_of(row), course.legs(row.after)
    over = seconds(row.delay_until)
    if row.delay_from is not None and way:
        over = way[0].delay_over(seconds(row.delay_from), course.zone(enrollee.timezone))
    return Chain(course, enrollee, row.after, over, begun=row.begun)


def enrollee_of(row: Row[Any]) -> Enrollee:
    """Who is enrolled, from ``COLUMNS``."""
    return Enrollee(row.id, row.contact_id, row.timezone, row.domain, row.email_account_id)
