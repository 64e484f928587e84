"""What keeps an email from its due instant: mailboxes, caps, and the room that is kept for follow-ups.

The constraints are those that the planner asks (``ledger.Check``), and it is the planner that says whether a
first email would be admitted earlier; here they only get their words. Instants are epoch seconds (UTC).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from domain.scheduling.capacity import HORIZON_DAYS, NEVER, Quota
from domain.scheduling.chains import Chain, NoWay, Stop, walk
from domain.scheduling.obstacles import Facts, Met, Obstacle, Resource, lifting, of_closed_hours, spoken
from domain.scheduling.planning import Planner
from domain.scheduling.schedule import moment
from domain.scheduling.zones import Zone, date_of
from domain.vocabulary import Blocker

_CAPACITY: Mapping[Blocker, tuple[Resource, str, str]] = {
    Blocker.MAILBOX_LIMIT: (
        Resource.EMAIL_ACCOUNT,
        "daily_limit",
        "{email_account[email]} sends at most {email_account[daily_limit]} emails a day ({workspace[timezone]}), and "
        "{day} is full.",
    ),
    Blocker.MAILBOX_AWAY: (
        Resource.EMAIL_ACCOUNT,
        "away_until",
        "The sender of {email_account[email]} is away until {email_account[away_until]} (inclusive).",
    ),
    Blocker.MAILBOX_GAP: (
        Resource.EMAIL_ACCOUNT,
        "min_gap_seconds",
        "{email_account[email]} keeps {gap} seconds between two emails, and others come before this one.",
    ),
    Blocker.SEQUENCE_CAP: (
        Resource.SEQUENCE,
        "max_emails_per_day",
        "The sequence sends at most {sequence[max_emails_per_day]} emails a day ({sequence[sending_timezone]}), and "
        "{day} is full.",
    ),
    Blocker.THROTTLE: (
        Resource.SEQUENCE,
        "throttle_delay_minutes",
        "The sequence keeps {sequence[throttle_delay_minutes]} minutes between two of its emails from "
        "{email_account[email]}, and others come before this one.",
    ),
    Blocker.DOMAIN_CAP: (
        Resource.WORKSPACE,
        "recipient_domain_daily_cap",
        "{contact[domain]} gets at most {workspace[recipient_domain_daily_cap]} emails a day ({workspace[timezone]}), "
        "and {day} is full.",
    ),
    Blocker.CONTACT_CAP: (
        Resource.WORKSPACE,
        "contact_daily_cap",
        "The contact gets at most {workspace[contact_daily_cap]} emails a day ({workspace[timezone]}), and {day} is "
        "full.",
    ),
    Blocker.FOLLOW_UPS: (
        Resource.EMAIL_ACCOUNT,
        "daily_limit",
        "Room is kept for follow-ups: of the {email_account[daily_limit]} emails that {email_account[email]} sends a "
        "day, so many are owed to enrollments that come before this one that its first email goes on {until_day}, the "
        "first day from which all of its emails have room.",
    ),
}
_RAMP_UP = (
    "{email_account[email]} is ramping up, by {email_account[ramp_up_per_day]} emails a day: it sends at most {limit} "
    "on {day} ({workspace[timezone]}), and that day is full."
)


def of_capacity(facts: Facts, chain: Chain, planner: Planner, start: int, at: int) -> Iterator[Obstacle]:
    """What keeps the chain's email, due at ``start``, until ``at``, its slot; the ledger holds none of its slots."""
    stop = next_email(chain, planner)
    if stop is None:
        return
    zone = stop.track.mailbox.zone
    met, alone = constraints_met(stop, start)
    for one in met:
        if one.kind is Blocker.WINDOW:
            yield from of_closed_hours(facts, one, stop.opens, follow_up=stop.follow_up)
        elif one.kind is Blocker.MAILBOX_LIMIT:
            yield from _of_mailbox_days(facts, one, stop)
        else:
            yield _of(facts, one, chain.course.rules.zone if one.kind is Blocker.SEQUENCE_CAP else zone)
    admitted = None if stop.follow_up or alone >= NEVER else _admitted(chain, planner)
    if admitted is not None and zone.day(admitted) > zone.day(alone):
        yield _of(facts, Met(Blocker.FOLLOW_UPS, alone, at), zone)


def constraints_met(stop: Stop, start: int) -> tuple[list[Met], int]:
    """What by itself does not let an email go at ``start`` or, where that has been waited for, keeps it even then.

    Answers also the first instant that keeps everything; NEVER: there is none.
    """
    met: dict[Blocker, Met] = {}

    def ask(name: Blocker, check: Callable[[int], int | None], t: int) -> int:
        later = check(t)
        until = NEVER if later is None else later
        if until > t:
            before = met.get(name, Met(name, t, until))
            met[name] = Met(name, before.since, max(before.until, until))
        return until

    for name, check in stop.checks:
        ask(name, check, start)
    t, before = start, -1
    while before < t < NEVER:
        before = t
        for name, check in stop.checks:
            t = ask(name, check, t) if t < NEVER else t
    return list(met.values()), t


def next_email(chain: Chain, planner: Planner) -> Stop | None:
    """The chain's next step with all that it must fit; None: it is no email, or there is no way for it."""
    found: list[Stop] = []

    def settle(stop: Stop) -> tuple[int, Blocker | None]:
        found.append(stop)
        raise NoWay

    if chain.course.legs(chain.after)[0].sends:
        with suppress(NoWay):
            walk(chain, planner.ledger, settle, now=planner.now)
    return found[0] if found else None


def _admitted(chain: Chain, planner: Planner) -> int | None:
    """When the chain's first email would go if it were planned now; the ledger is left as it was."""
    trial = replace(chain, slots=[])
    if not planner.place(trial) or not trial.slots:
        return None
    planner.remove(trial)
    return trial.slots[0].at


def of_stale_plan(facts: Facts, blocker: Blocker | None, at: int) -> Obstacle:
    """The slot is later than it would have to be now: what it was planned behind has been given back since."""
    resource, name, _ = _CAPACITY.get(blocker or Blocker.NO_SLOT, (Resource.ENROLLMENT, "next_step_scheduled_at", ""))
    detail = (
        f"It is planned for {spoken(moment(at))}, as there was no room before then when it was planned. Room that is "
        "given back goes to those who wait longest."
    )
    return Obstacle(blocker or Blocker.NO_SLOT, detail, facts.setting(resource, name), moment(at))


def _of(facts: Facts, met: Met, zone: Zone) -> Obstacle:
    resource, name, template = _CAPACITY[met.kind]
    words: dict[str, object] = {"day": date_of(zone.day(met.since)), "gap": _gap(facts.rows[Resource.EMAIL_ACCOUNT])}
    if met.until < NEVER:
        words["until_day"] = date_of(zone.day(met.until))
    return lifting(met, facts.say(template, **words), facts.setting(resource, name))


def _gap(mailbox: Mapping[str, Any]) -> str:
    least, jitter = mailbox["min_gap_seconds"], mailbox["gap_jitter_seconds"]
    return f"{least} to {least + jitter}" if jitter else str(least)


def _of_mailbox_days(facts: Facts, met: Met, stop: Stop) -> Iterator[Obstacle]:
    """The days that a mailbox cannot send on, by what closes them: its limit, its ramp-up, or that it is away."""
    quota = stop.track.mailbox
    first, end = quota.zone.day(met.since), quota.zone.day(met.until) if met.until < NEVER else 0
    days = range(first, end or first + HORIZON_DAYS)
    away = [day for day in days if quota.limits.get(day) == 0]
    full = [day for day in days if quota.limits.get(day) != 0]
    for kind, closed in ((Blocker.MAILBOX_LIMIT, full), (Blocker.MAILBOX_AWAY, away)):
        if closed:
            until = quota.zone.day_start(closed[-1] + 1) if end else NEVER
            since = max(met.since, quota.zone.day_start(closed[0]))
            yield _of_limit(facts, Met(kind, since, until), quota, closed[0])


def _of_limit(facts: Facts, met: Met, quota: Quota, day: int) -> Obstacle:
    if met.kind is Blocker.MAILBOX_AWAY or day not in quota.limits:
        return _of(facts, met, quota.zone)
    detail = facts.say(_RAMP_UP, limit=quota.limits[day], day=date_of(day))
    return lifting(met, detail, facts.setting(Resource.EMAIL_ACCOUNT, "ramp_up_per_day"))
