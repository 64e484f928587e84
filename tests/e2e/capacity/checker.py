"""Counts what was broken, from the ledger of sends and from what the mail server took.

It shares no code with planning: it knows the rows, ``zoneinfo`` and ``holidays``, and judges each send by itself, by
the instant at which it went on the wire and by the settings that were in force then.
"""

import json
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

import asyncpg
import holidays

from db.contact_zones import KNOWN_ZONE
from embedded.mail_store import Received
from tests.e2e.capacity.history import History, Row, Settled

RULES = (
    "mailbox limit",
    "mailbox gap",
    "mailbox away or not active",
    "sequence cap",
    "sequence throttle",
    "sequence not active",
    "domain cap",
    "contact cap",
    "window",
    "holiday",
    "sent twice",
    "sent and not in the ledger",
    "in the ledger and not sent",
    "after a stop or in a pause",
    "acknowledged and lost",
)
_ZONES = available_timezones()
_SENDS = f"""SELECT message.id, message.message_id, message.status::text, message.sending_at AS at,
                   message.email_account_id AS mailbox, message.sequence_id AS sequence,
                   message.contact_id AS contact, message.enrollment_id AS enrollment,
                   split_part(message.to_address, '@', 2) AS domain, {KNOWN_ZONE} AS timezone,
                   step.step_order > 1 AS follow_up, message.claimed_at, message.to_address, step.id AS step
            FROM email_messages AS message JOIN contacts AS contact ON contact.id = message.contact_id
            JOIN sequence_steps AS step ON step.id = message.sequence_step_id
            WHERE message.sending_at IS NOT NULL ORDER BY message.sending_at"""
_UNFINISHED = """SELECT e.id FROM sequence_enrollments AS e WHERE e.status = 'completed' AND EXISTS (
                   SELECT FROM sequence_steps AS step WHERE step.sequence_id = e.sequence_id
                     AND step.step_type = 'email' AND NOT EXISTS (
                       SELECT FROM email_messages AS message WHERE message.enrollment_id = e.id
                         AND message.sequence_step_id = step.id AND message.status IN ('sent', 'unknown')))"""


@dataclass(slots=True)
class Verdict:
    """How often each rule was broken, some examples, and what was looked at."""

    broken: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    sends: int = 0
    unknown: int = 0

    def report(self, rule: str, example: object) -> None:
        self.broken[rule] += 1
        if self.broken[rule] <= 5:
            self.examples.append(f"{rule}: {example}")


@dataclass(frozen=True, slots=True)
class Deed:
    """What a worker was told is done."""

    what: str
    at: float
    ids: tuple[UUID, ...]


def read_deeds(lines: Iterable[str]) -> list[Deed]:
    """A half line is one that a killed process did not finish: it acknowledged nothing."""
    deeds = []
    for line in lines:
        if line.endswith("\n"):
            fields = json.loads(line)
            deeds.append(Deed(fields["deed"], fields["at"], tuple(map(UUID, fields["ids"]))))
    return deeds


async def check(
    connection: asyncpg.Connection, history: History, received: Sequence[Received], deeds: Sequence[Deed]
) -> Verdict:
    """Judge everything that was sent."""
    verdict = judge(history, await connection.fetch(_SENDS))
    await _check_wire(verdict, connection, received)
    await _check_deeds(verdict, connection, deeds)
    return verdict


def judge(history: History, sends: Sequence[Row]) -> Verdict:
    """What the sends, in the order in which they went on the wire, broke of caps, distances and calendar."""
    verdict = Verdict(sends=len(sends), unknown=sum(send["status"] == "unknown" for send in sends))
    _check_places(verdict, history, sends)
    _check_calendar(verdict, history, sends)
    return verdict


# --- caps and distances: the place of each send among those before it ----------------------------------------


def _check_places(verdict: Verdict, history: History, sends: Sequence[Row]) -> None:
    counts: Counter[tuple[str, object, date]] = Counter()
    last: dict[tuple[object, ...], datetime] = {}
    zone = ZoneInfo(history.spans[0][2].workspace["timezone"])
    for send in sends:
        at, mailbox, sequence = send["at"], send["mailbox"], send["sequence"]
        day = at.astimezone(zone).date()
        sequence_day = at.astimezone(ZoneInfo(history.spans[0][2].sequences[sequence]["sending_timezone"])).date()
        keys = {
            "mailbox limit": ("mailbox", mailbox, day),
            "sequence cap": ("sequence", sequence, sequence_day),
            "domain cap": ("domain", send["domain"], day),
            "contact cap": ("contact", send["contact"], day),
        }
        counts.update(keys.values())
        places = {rule: counts[key] for rule, key in keys.items()}
        since = {
            "mailbox gap": at - last.get((mailbox,), datetime.min.replace(tzinfo=at.tzinfo)),
            "sequence throttle": at - last.get((mailbox, sequence), datetime.min.replace(tzinfo=at.tzinfo)),
        }
        last[mailbox,] = last[mailbox, sequence] = at
        _judge(verdict, history, send, partial(_place_rules, send, places, day, since))


def _place_rules(
    send: Row, places: Mapping[str, int], day: date, since: Mapping[str, timedelta], now: Settled
) -> set[str]:
    mailbox, sequence = now.mailboxes[send["mailbox"]], now.sequences[send["sequence"]]
    limits = {
        "mailbox limit": _limit(mailbox, day),
        "sequence cap": sequence["max_emails_per_day"],
        "domain cap": now.workspace["recipient_domain_daily_cap"],
        "contact cap": now.workspace["contact_daily_cap"],
    }
    broken = {rule for rule, limit in limits.items() if limit is not None and places[rule] > limit}
    if since["mailbox gap"] < timedelta(seconds=mailbox["min_gap_seconds"]):
        broken.add("mailbox gap")
    if since["sequence throttle"] < timedelta(minutes=sequence["throttle_delay_minutes"] or 0):
        broken.add("sequence throttle")
    return broken


def _limit(mailbox: Row, day: date) -> int:
    limit: int = mailbox["daily_limit"]
    if mailbox["ramp_up_from"] is None:
        return limit
    days = max(0, (day - mailbox["ramp_up_from"]).days)
    return int(min(limit, mailbox["ramp_up_start"] + mailbox["ramp_up_per_day"] * days))


# --- the calendar --------------------------------------------------------------------------------------------


def _check_calendar(verdict: Verdict, history: History, sends: Sequence[Row]) -> None:
    for send in sends:
        _judge(verdict, history, send, partial(_calendar_rules, send))


def _calendar_rules(send: Row, now: Settled) -> set[str]:
    at, mailbox, sequence = send["at"], now.mailboxes[send["mailbox"]], now.sequences[send["sequence"]]
    broken = set()
    day = at.astimezone(ZoneInfo(now.workspace["timezone"])).date()
    away = mailbox["away_until"] is not None and (mailbox["away_from"] or day) <= day <= mailbox["away_until"]
    if away or mailbox["status"] != "active":
        broken.add("mailbox away or not active")
    if sequence["status"] != "active":
        broken.add("sequence not active")
    name = sequence["sending_timezone"]
    if sequence["use_contact_timezone"] and send["timezone"] in _ZONES:
        name = send["timezone"]
    local = at.astimezone(ZoneInfo(name)).replace(tzinfo=None)
    hours = json.loads(sequence["sending_hours"])
    if send["follow_up"] and sequence["follow_up_hours"] is not None:
        hours = json.loads(sequence["follow_up_hours"])
    closed = {*sequence["holiday_dates"], *now.workspace["holiday_dates"]}
    if sequence["holiday_country"] is not None:
        closed |= set(holidays.country_holidays(sequence["holiday_country"], years=range(2026, 2029)))
    windows = list(_windows(hours, local))
    if not windows:
        broken.add("window")
    elif local.date() in closed or all(begin.date() in closed for begin in windows):
        broken.add("holiday")
    return broken


def _windows(hours: Mapping[str, Sequence[Sequence[str]]], local: datetime) -> Iterable[datetime]:
    """The beginnings of the windows that are open at the wall-clock time ``local``."""
    for back in (0, 1):
        day = local.date() - timedelta(days=back)
        for begin, end in hours.get(day.strftime("%A").lower(), ()):
            opens, closes = (datetime.combine(day, time.fromisoformat(clock)) for clock in (begin, end))
            if closes <= opens:
                closes += timedelta(days=1)
            if opens <= local < closes:
                yield opens


def _judge(verdict: Verdict, history: History, send: Row, rules: Callable[[Settled], set[str]]) -> None:
    """A rule is broken when it is by all the settings that hold at the instant."""
    every = [rules(now) for now in history.at(send["at"])]
    for rule in set.intersection(*every):
        sent = {name: str(value) for name, value in dict(send).items() if name not in {"id", "message_id"}}
        verdict.report(rule, f"{send['at']} {sent}")


# --- the wire, and what was acknowledged ---------------------------------------------------------------------


async def _check_wire(verdict: Verdict, connection: asyncpg.Connection, received: Sequence[Received]) -> None:
    """Nothing twice, by Message-ID and by recipient and step (which the subject names), and nothing lost or made up."""
    by_id = Counter(one.message_id for one in received)
    by_step = Counter((one.rcpt_to[0], one.subject) for one in received)
    for what, count in [*by_id.items(), *by_step.items()]:
        if count > 1:
            verdict.report("sent twice", f"{what} × {count}")
    ledger = {
        row["message_id"]: row["status"]
        for row in await connection.fetch("SELECT message_id, status::text FROM email_messages")
    }
    for message_id in by_id:
        if ledger.get(message_id or "") not in {"sent", "unknown"}:
            verdict.report("sent and not in the ledger", f"{message_id}: {ledger.get(message_id or '')}")
    for message_id, status in ledger.items():
        if status == "sent" and message_id not in by_id:
            verdict.report("in the ledger and not sent", message_id)


async def _check_deeds(verdict: Verdict, connection: asyncpg.Connection, deeds: Sequence[Deed]) -> None:
    statuses = {
        row["id"]: row["status"] for row in await connection.fetch("SELECT id, status::text FROM sequence_enrollments")
    }
    silent = _silences(deeds)
    for send in await connection.fetch("SELECT enrollment_id, claimed_at FROM email_messages"):
        claimed = send["claimed_at"].timestamp()
        for begin, end in silent.get(send["enrollment_id"], ()):
            if begin < claimed < end:
                verdict.report("after a stop or in a pause", f"{send['enrollment_id']} at {send['claimed_at']}")
    for deed in deeds:
        for id in deed.ids:
            if id not in statuses:
                verdict.report("acknowledged and lost", f"{id} was {deed.what}")
            elif deed.what == "stopped" and statuses[id] != "stopped":
                verdict.report("acknowledged and lost", f"{id} was stopped and is {statuses[id]}")
    for row in await connection.fetch(_UNFINISHED):
        verdict.report("acknowledged and lost", f"{row['id']} is completed without all of its emails")
    for id, status in statuses.items():
        if status not in {"completed", "stopped"}:
            verdict.report("acknowledged and lost", f"{id} is still {status}")


def _silences(deeds: Sequence[Deed]) -> Mapping[UUID, list[tuple[float, float]]]:
    """When an enrollment had to be silent: from a stop on, and from a pause to what resumes it."""
    found: dict[UUID, list[tuple[float, float]]] = defaultdict(list)
    resumed: dict[UUID, list[float]] = defaultdict(list)
    for deed in deeds:
        for id in deed.ids:
            if deed.what == "resuming":
                resumed[id].append(deed.at)
    for times in resumed.values():
        times.sort()
    for deed in deeds:
        for id in deed.ids:
            if deed.what == "stopped":
                found[id].append((deed.at, float("inf")))
            elif deed.what == "paused":
                later = resumed[id][bisect_right(resumed[id], deed.at) :]
                found[id].append((deed.at, later[0] if later else float("inf")))
    return found


def failures(deeds: Sequence[Deed]) -> Mapping[str, int]:
    """Steps that failed and were tried again, by the error's name."""
    return Counter(deed.what for deed in deeds if deed.what.startswith("failed"))
