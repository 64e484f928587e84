"""The rules of calendar and capacity a second time: what a plan breaks, by plain counting.

It asks ``zoneinfo`` and the minute-by-minute calendar of ``brute_calendar``, and shares no arithmetic with ``domain``.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.scheduling.capacity import Lane, MailboxRules, Quota, WorkspaceRules
from domain.scheduling.chains import Chain
from domain.scheduling.ledger import Enrollee, Ledger, Slot
from domain.scheduling.schedule import Delay
from domain.sequences import Sequence as SequenceDefinition
from domain.sequences import Step
from domain.vocabulary import StepType
from tests.domain import brute_calendar
from tests.domain.brute_calendar import Walk, WalkedOpenings

FIRST, LAST = date(2026, 10, 5), date(2027, 7, 1)
"""The days between which plans are checked: the clocks of Europe and America change on both sides of the winter."""


class TooLate(Exception):
    """The plan goes on after ``LAST``."""


@dataclass(frozen=True)
class Calendar:
    """The hours of a sequence by their JSON, those of its follow-ups, and its holidays."""

    hours: str
    follow_up_hours: str
    holidays: frozenset[date] = frozenset()


class Send(NamedTuple):
    """One email of somebody, planned or sent."""

    sequence: SequenceDefinition
    enrollee: Enrollee
    mailbox_id: UUID
    at: int


HOURS: dict[str, dict[str, list[list[str]]]] = {
    "always": {},
    "office": {
        day: [["09:00", "12:30"], ["13:30", "17:00"]]
        for day in ("monday", "tuesday", "wednesday", "thursday", "friday")
    },
    "short": {day: [["10:00", "10:45"]] for day in ("monday", "wednesday", "thursday", "saturday")},
    "night": {day: [["22:00", "02:00"]] for day in ("monday", "tuesday", "thursday", "saturday", "sunday")},
}
HOURS["always"] = {day: [["00:00", "00:00"]] for day in (*HOURS["office"], "saturday", "sunday")}


def sends_of(chains: Iterable[Chain]) -> list[Send]:
    """Every planned email."""
    return [
        Send(chain.course.sequence, chain.enrollee, slot.mailbox_id, slot.at)
        for chain in chains
        for slot in chain.slots
    ]


def local_date(t: int, zone_name: str) -> date:
    """The date on the calendar of a zone."""
    return datetime.fromtimestamp(t, ZoneInfo(zone_name)).date()


def broken_capacity(
    workspace: WorkspaceRules, mailboxes: Mapping[UUID, MailboxRules], sends: Sequence[Send]
) -> Iterator[str]:
    """Every limit, cap, gap and throttle that the sends break."""
    days: Counter[tuple[Any, date]] = Counter()
    lanes: dict[tuple[UUID, UUID | None], list[int]] = defaultdict(list)
    limits: dict[Any, int | None] = {}
    gaps: dict[tuple[UUID, UUID | None], int] = {}
    for sequence, enrollee, mailbox_id, at in sends:
        mailbox = mailboxes[mailbox_id]
        today = local_date(at, workspace.zone.name)
        number = (today - date(1970, 1, 1)).days
        keys: list[tuple[Any, date, int | None]] = [
            (("mailbox", mailbox_id), today, mailbox.limits.get(number, mailbox.daily_limit)),
            (("domain", enrollee.domain), today, workspace.domain_cap if enrollee.domain else None),
            (("contact", enrollee.contact_id), today, workspace.contact_cap),
            (
                ("sequence", sequence.id),
                local_date(at, sequence.sending_timezone or "UTC"),
                sequence.max_emails_per_day,
            ),
        ]
        for key, day, limit in keys:
            days[key, day] += 1
            limits[key, day] = limit
        for of, gap in ((None, mailbox.gap), (sequence.id, sequence.throttle_delay_minutes * 60)):
            lanes[mailbox_id, of].append(at)
            gaps[mailbox_id, of] = gap
    for place, count in days.items():
        allowed = limits[place]
        if allowed is not None and count > allowed:
            yield f"{count} sends of {place[0]} on {place[1]}, where {allowed} are allowed"
    for lane, instants in lanes.items():
        for earlier, later in pairwise(sorted(instants)):
            if later - earlier < gaps[lane]:
                yield f"{later - earlier} seconds between two sends of {lane}, where {gaps[lane]} are promised"


def broken_ways(chain: Chain, calendar: Calendar, *, now: int, ahead: bool = False) -> Iterator[str]:
    """Every delay, window and holiday that the slots of a chain break, and every email that is missing or too many."""
    yield from _Way(chain, calendar, now).broken(ahead=ahead)


class _Way:
    """The way of one chain, gone step by step."""

    def __init__(self, chain: Chain, calendar: Calendar, now: int) -> None:
        self.chain = chain
        self.now = now
        self.sequence = chain.course.sequence
        self.zone_name = _zone_name(self.sequence, chain.enrollee)
        self.calendar = calendar
        self.slots = list(chain.slots)

    def broken(self, *, ahead: bool) -> Iterator[str]:
        moment, begun, first = self.chain.delay_until, self.chain.begun, True
        steps = [step for step in self.sequence.steps if step.step_order > self.chain.after]
        waited: list[Delay] = []
        while steps:
            step = steps.pop(0)
            waited.append(step.delay)
            if _is_passed(step, steps):
                continue
            over = moment if first else self.after(moment, waited)
            first, waited = False, []
            if step.step_type is StepType.EMAIL:
                if not self.slots:
                    yield f"the email of step {step.step_order} has no slot"
                    return
                slot = self.slots.pop(0)
                yield from self.broken_by(slot, step, over, begun=begun)
                moment, begun = slot.at, True
                continue
            moment = max(
                self.now, self.next_open(over, follow_up=False) if step.step_type is StepType.LINKEDIN else over
            )
            if step.step_type in {StepType.LINKEDIN, StepType.CALL} and not ahead:
                break
            if step.step_type is StepType.CONDITIONAL:
                steps = _after_false(step, steps)
        if self.slots:
            yield f"{len(self.slots)} slots are of no email on the way"

    def broken_by(self, slot: Slot, step: Step, over: int, *, begun: bool) -> Iterator[str]:
        due = self.next_open(over, follow_up=begun)
        if slot.due != due:
            yield f"step {step.step_order} is due at {due} and not at {slot.due}"
        if slot.at < due or slot.at < self.now:
            yield f"step {step.step_order} goes at {slot.at}, before {max(due, self.now)}"
        if self.next_open(slot.at, follow_up=begun) != slot.at:
            yield f"step {step.step_order} goes at {slot.at}, outside its hours"
        mailbox_id = step.email_account_id or self.chain.enrollee.mailbox_id
        expected = (step.id, step.step_order, mailbox_id, begun)
        if (slot.step_id, slot.step_order, slot.mailbox_id, slot.follow_up) != expected:
            yield f"{slot} is not that of {expected}"

    def next_open(self, t: int, *, follow_up: bool) -> int:
        name = self.calendar.follow_up_hours if follow_up else self.calendar.hours
        return _next_open(self.zone_name, name, self.calendar.holidays, t)

    def after(self, moment: int, delays: Iterable[Delay]) -> int:
        for delay in delays:
            moment = _walk(self.zone_name).after_delay(moment, delay.days, delay.hours, delay.minutes)
        return moment


def _zone_name(sequence: SequenceDefinition, enrollee: Enrollee) -> str:
    if sequence.use_contact_timezone and enrollee.timezone:
        return enrollee.timezone
    return sequence.sending_timezone or "UTC"


def _is_passed(step: Step, following: Sequence[Step]) -> bool:
    """Whether a step is a delay that is part of the way to the next."""
    plain = step.step_type is StepType.DELAY and not step.conditions
    return plain and bool(following) and following[0].step_type is not StepType.CONDITIONAL


def _after_false(step: Step, steps: list[Step]) -> list[Step]:
    """Where a conditional step leads that never comes true."""
    way = (step.conditions or {}).get("on_false") or {}
    if way.get("finish"):
        return []
    return [one for one in steps if one.step_order >= way.get("go_to_step", 0)]


def _next_open(zone_name: str, name: str, holidays: frozenset[date], t: int) -> int:
    found = _openings(zone_name, name, holidays).next_open(t) if t < _end() else None
    if found is None:
        raise TooLate
    return found


def _end() -> int:
    """The end of ``LAST``, less what a delay may take."""
    return int(datetime(LAST.year, LAST.month, LAST.day, tzinfo=UTC).timestamp()) - 20 * 86_400


@lru_cache
def _walk(zone_name: str) -> Walk:
    minutes = brute_calendar.minutes_of(FIRST, LAST, 1)
    return Walk(zone_name, minutes.start, minutes.stop)


@lru_cache(maxsize=256)
def _openings(zone_name: str, name: str, holidays: frozenset[date]) -> WalkedOpenings:
    return _walk(zone_name).openings(brute_calendar.Hours(HOURS[name], holidays))


def wrong_books(ledger: Ledger, sends: Sequence[Send]) -> list[str]:
    """The books of a ledger that do not hold exactly the sends that belong into them."""
    wrong = []
    for key, quota in ledger._quotas.items():
        mine = [send.at for send in sends if key in _keys(send)]
        counted = Counter((local_date(at, quota.zone.name) - date(1970, 1, 1)).days for at in mine)
        if _taken(quota) != counted:
            wrong.append(f"quota {key}")
    for (mailbox_id, sequence_id), lane in ledger._lanes.items():
        instants = [
            send.at for send in sends if send.mailbox_id == mailbox_id and sequence_id in {None, send.sequence.id}
        ]
        if instants_of(lane) != sorted(instants):
            wrong.append(f"lane {mailbox_id} {sequence_id}")
    return wrong


def _keys(send: Send) -> set[tuple[str, Any]]:
    return {
        ("email_account_id", send.mailbox_id),
        ("sequence_id", send.sequence.id),
        ("recipient_domain", send.enrollee.domain),
        ("contact_id", send.enrollee.contact_id),
    }


def instants_of(lane: Lane) -> list[int]:
    """All sends of a lane, in their order."""
    return [t for _, sends in sorted(lane._sends.items()) for t in sends]


def contents(ledger: Ledger) -> dict[Any, Any]:
    """What is written in each book of a ledger."""
    return {
        **{key: instants_of(lane) for key, lane in ledger._lanes.items() if instants_of(lane)},
        **{key: _taken(quota) for key, quota in ledger._quotas.items() if _taken(quota)},
    }


def _taken(quota: Quota) -> dict[int, int]:
    return {day: count for day, count in quota.taken.items() if count}
