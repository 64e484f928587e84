"""What plans are made of, for tests: mailboxes, courses, chains and a planner; all instants are epoch seconds."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import UUID

from domain.scheduling.capacity import MailboxRules, WorkspaceRules
from domain.scheduling.chains import Chain, Course
from domain.scheduling.ledger import Enrollee, Ledger
from domain.scheduling.planning import Planner
from domain.scheduling.zones import UTC
from domain.sequences import Step
from tests.domain.sequence_samples import MAILBOX, make
from tests.domain.wall import at

MONDAY = at("2026-11-23 00:00")
HOUR, DAY = 3_600, 86_400
_numbers = count(1_000)


def ledger_of(*mailboxes: MailboxRules, partial: bool = False, **workspace: Any) -> Ledger:
    """An empty ledger of the mailboxes, in a workspace whose days are UTC's if nothing else is said."""
    rules = WorkspaceRules(**{"zone": UTC, **workspace})
    return Ledger(rules, {one.id: one for one in mailboxes}, partial=partial)


def box(daily_limit: int = 1_000, *, id: UUID = MAILBOX, **rules: Any) -> MailboxRules:
    """A mailbox; ``limits`` may give those of single days by their distance from Monday."""
    by_distance: Mapping[int, int] = rules.pop("limits", {})
    limits = {MONDAY // DAY + distance: limit for distance, limit in by_distance.items()}
    return MailboxRules(id, daily_limit, limits=limits, **rules)


def course_of(*steps: Step, **columns: Any) -> Course:
    """The course of a sequence of the steps."""
    return Course(make(*steps, **columns))


def chain_of(course: Course, over: int = MONDAY, after: int = 0, *, begun: bool = False, **enrollee: Any) -> Chain:
    """The chain of somebody new."""
    who = Enrollee(UUID(int=next(_numbers)), UUID(int=next(_numbers)))
    if begun:
        who = replace(who, mailbox_id=MAILBOX)
    return Chain(course, replace(who, **enrollee), after, over, begun=begun)


def planner_of(ledger: Ledger, waiting: Iterable[Chain] = (), *, now: int = MONDAY, **options: Any) -> Planner:
    """A planner on Monday at midnight, if nothing else is said."""
    return Planner(ledger, waiting, now=now, **options)


def days_of(chain: Chain) -> list[int]:
    """On which days the emails of a chain go, counted from Monday (UTC)."""
    return [(slot.at - MONDAY) // DAY for slot in chain.slots]


def times_of(chain: Chain) -> list[int]:
    """How many seconds after Monday midnight (UTC) the emails of a chain go."""
    return [slot.at - MONDAY for slot in chain.slots]


def place_all(planner: Planner, chains: Iterable[Chain]) -> list[Chain]:
    placed = list(chains)
    assert all(planner.place(chain) for chain in placed)
    return placed


def many(course: Course, count: int, **options: Any) -> list[Chain]:
    return [chain_of(course, **options) for _ in range(count)]


def wait(planner: Planner, chains: Iterable[Chain]) -> None:
    """The chains may be put off."""
    planner.waiting |= {chain.enrollee.enrollment_id: chain for chain in chains if not chain.begun}
