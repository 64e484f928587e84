"""Whether a person or a machine opened an email or followed a link in it, and how that is known.

A pure function of what was seen: the client's name for itself, its address, the method, the time since the send, and
the hits around it. The rules are asked in the order in which they stand here; the first that fits decides. What
they cannot tell is ``unknown``: it counts as little as a machine, and may be classed again by later rules.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from domain.tracking.hit_clients import (
    APPLE_MPP,
    data_center,
    image_proxy,
    is_global,
    is_program,
    named,
    scanner_network,
)
from domain.tracking.tracking import HONEYPOT

TOO_FAST = timedelta(seconds=2)
"""Nobody has received, read and clicked an email so soon after its server took it."""
PREFETCH = timedelta(seconds=10)
"""So soon after the send an image proxy fetches by itself; later it fetches when its user looks."""
AT_ONCE = timedelta(seconds=2)
"""Nobody follows two links of an email within this."""
LINGER = timedelta(minutes=1)
"""For so long before and after, whoever followed the honeypot link is the same machine."""
PAIR = timedelta(seconds=10)
"""A GET that follows a HEAD of the same link within this is its second half."""
BURST = 5
"""Emails whose links one client follows within ``AT_ONCE``."""


class HitKind(StrEnum):
    """What was asked for: the pixel or a link."""

    OPEN = "open"
    CLICK = "click"


class HitClass(StrEnum):
    """Who asked for it; kept as ``contact_activities.activity_subtype``."""

    HUMAN = "human"
    MACHINE = "machine"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Hit:
    """A request for the pixel or a link of the send ``message_id``. ``link_id`` is None for opens."""

    kind: HitKind
    message_id: UUID
    at: datetime
    method: str = "GET"
    user_agent: str = ""
    ip: str | None = None
    link_id: int | None = None

    @property
    def client(self) -> tuple[str, str] | None:
        """Who asks, where the address is one on the internet: behind a proxy that is not told of all look alike."""
        return (self.ip, self.user_agent) if self.ip and is_global(self.ip) else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The class of a hit and the name of the rule that decided."""

    subtype: HitClass
    reason: str


class Surroundings:
    """The hits among which one is judged: those of the same emails and clients, a minute before and after."""

    def __init__(self, hits: Iterable[Hit]) -> None:
        self._traps: dict[object, list[datetime]] = defaultdict(list)
        self._heads: dict[object, list[datetime]] = defaultdict(list)
        self._of_message: dict[UUID, list[tuple[datetime, int]]] = defaultdict(list)
        self._of_client: dict[object, list[tuple[datetime, int]]] = defaultdict(list)
        for hit in hits:
            if hit.kind is HitKind.CLICK:
                self._add(hit)
        for each in (*self._of_message.values(), *self._of_client.values()):
            each.sort()

    def trapped(self, hit: Hit) -> bool:
        """Whether the honeypot link of the email, or any by this client, was followed within a minute of the hit."""
        return any(_near(self._traps.get(who, ()), hit.at, LINGER) for who in (hit.message_id, hit.client) if who)

    def announced(self, hit: Hit) -> bool:
        """Whether a HEAD asked for the same link shortly before."""
        heads = self._heads.get((hit.message_id, hit.link_id), ())
        return any(timedelta(0) <= hit.at - at <= PAIR for at in heads)

    def among_links(self, hit: Hit) -> bool:
        """Whether another link of the email was followed at the same time."""
        return _distinct(self._of_message.get(hit.message_id, []), hit.at, 2)

    def in_burst(self, hit: Hit) -> bool:
        """Whether the client follows links of many emails at the same time."""
        return hit.client is not None and _distinct(self._of_client.get(hit.client, []), hit.at, BURST)

    def _add(self, hit: Hit) -> None:
        if hit.link_id == HONEYPOT:
            for who in (hit.message_id, hit.client):
                if who:
                    self._traps[who].append(hit.at)
        if hit.method != "GET":
            self._heads[hit.message_id, hit.link_id].append(hit.at)
        self._of_message[hit.message_id].append((hit.at, hit.link_id or 0))
        if hit.client:
            self._of_client[hit.client].append((hit.at, hit.message_id.int))


def classify(hit: Hit, *, sent_at: datetime | None, around: Surroundings) -> Verdict:
    """The class of the hit. ``sent_at`` is when the email went to its server; None: it has not yet."""
    return _of_click(hit, sent_at, around) if hit.kind is HitKind.CLICK else _of_open(hit, sent_at)


def _of_click(hit: Hit, sent_at: datetime | None, around: Surroundings) -> Verdict:
    reason = _machine(hit) or _machine_of_click(hit, sent_at, around)
    if reason:
        return Verdict(HitClass.MACHINE, reason)
    return _doubtful(hit) or Verdict(HitClass.HUMAN, "browser")


def _machine_of_click(hit: Hit, sent_at: datetime | None, around: Surroundings) -> str | None:
    """Why a click is a machine's by what it does, whatever it calls itself."""
    if hit.link_id == HONEYPOT or around.trapped(hit):
        return "honeypot"
    if around.announced(hit):
        return "head_and_get"
    if around.among_links(hit):
        return "many_links"
    if around.in_burst(hit):
        return "many_emails"
    if sent_at is None or hit.at - sent_at < TOO_FAST:
        return "too_fast"
    return None


def _of_open(hit: Hit, sent_at: datetime | None) -> Verdict:
    if (name := image_proxy(hit.user_agent)) and hit.method == "GET":
        if sent_at is None or hit.at - sent_at < PREFETCH:
            return Verdict(HitClass.MACHINE, f"{name}_prefetch")
        return Verdict(HitClass.HUMAN, f"{name}_proxy")
    if hit.user_agent.strip() == APPLE_MPP:
        return Verdict(HitClass.MACHINE, "apple_mpp")
    if reason := _machine(hit):
        return Verdict(HitClass.MACHINE, reason)
    return _doubtful(hit) or Verdict(HitClass.HUMAN, "mail_program")


def _machine(hit: Hit) -> str | None:
    """Why a hit is a machine's by what it says of itself or where it comes from."""
    agent = hit.user_agent.strip()
    if hit.method != "GET":
        return "head"
    if not agent:
        return "no_user_agent"
    if agent == APPLE_MPP:
        return "bare_user_agent"
    return named(agent) or (scanner_network(hit.ip) if hit.ip else None)


def _doubtful(hit: Hit) -> Verdict | None:
    if network := data_center(hit.ip) if hit.ip else None:
        return Verdict(HitClass.UNKNOWN, network)
    if not is_program(hit.user_agent):
        return Verdict(HitClass.UNKNOWN, "unfamiliar_user_agent")
    return None


def _near(instants: Iterable[datetime], at: datetime, within: timedelta) -> bool:
    return any(abs(at - one) <= within for one in instants)


def _distinct(hits: list[tuple[datetime, int]], at: datetime, wanted: int) -> bool:
    """Whether ``wanted`` different ids are among the hits that are at most ``AT_ONCE`` from ``at``."""
    seen: set[int] = set()
    first = bisect_left(hits, at - AT_ONCE, key=lambda hit: hit[0])
    last = bisect_right(hits, at + AT_ONCE, key=lambda hit: hit[0])
    for _, id in hits[first:last]:
        seen.add(id)
        if len(seen) >= wanted:
            return True
    return False
