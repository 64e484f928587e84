"""The health of a sequence: what is wrong with it as it is set up and as it runs, each with how to mend it.

Every rule is a function of ``HealthFacts`` that yields issues; the sequence's health is the worst of them.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from uuid import UUID

from domain.scheduling.daily_room import most_a_day
from domain.scheduling.hours import SendingHours, openings
from domain.scheduling.zones import date_of, step_zone
from domain.sequences import WINDOWED
from domain.sequences import Sequence as SequenceDefinition
from domain.tracking import bounce_rate
from domain.tracking.health_facts import Health, HealthFacts, HealthStatus, Issue, MailboxFacts, emails, mailboxes_of
from domain.vocabulary import EmailAccountStatus, SequenceStatus

QUEUE_DAYS = 14
"""A first email that goes more days ahead than this waits in a queue that is too long."""
WITHIN = timedelta(days=366)
"""A window that does not open within this time never opens."""
_FINAL = frozenset({SequenceStatus.STOPPED, SequenceStatus.ARCHIVED})


def health(facts: HealthFacts) -> Health:
    """The sequence's health, the worst issues first; one that is stopped or archived has none to speak of."""
    if facts.sequence.status in _FINAL:
        return Health()
    ranks = list(HealthStatus)
    issues = [issue for rule in _RULES for issue in rule(facts)]
    return Health(tuple(sorted(issues, key=lambda issue: -ranks.index(issue.status))))


# --- what can go ----------------------------------------------------------------------------------------------


def _no_mailbox(facts: HealthFacts) -> Iterator[Issue]:
    for index, step in emails(facts.sequence):
        if not mailboxes_of(facts.sequence, step):
            detail = (
                f"Step {step.step_order} is an email and has no mailbox. Give the step an email_account_id, or the "
                "sequence a default_email_account_id or a pool in email_account_ids."
            )
            pointer = f"/steps/{index}/email_account_id"
            yield Issue("no_mailbox", HealthStatus.BLOCKED, detail, pointer, {"step_order": step.step_order})


def _mailbox_not_working(facts: HealthFacts) -> Iterator[Issue]:
    working = {mailbox.id for mailbox in facts.mailboxes if mailbox.works}
    ways = [set(mailboxes_of(facts.sequence, step)) for _, step in emails(facts.sequence)]
    stopped = set[UUID]().union(*(way for way in ways if not way & working))
    for mailbox in facts.mailboxes:
        if mailbox.works:
            continue
        alone = mailbox.id in stopped or not working
        others = "no other mailbox sends them" if alone else "other mailboxes of the sequence work"
        detail = (
            f"The mailbox {mailbox.address} {_trouble(mailbox)}: "
            f"{_count(mailbox.enrollments, 'enrollment is', 'enrollments are')} to be mailed from it next, "
            f"and {others}. {_mending(mailbox)}"
        )
        status = HealthStatus.STALLED if alone else HealthStatus.DEGRADED
        facts_of_it = {"enrollments": mailbox.enrollments, "working_mailboxes": len(working)}
        yield Issue("mailbox_not_working", status, detail, _mailbox_pointer(facts.sequence, mailbox.id), facts_of_it)


def _window_never_opens(facts: HealthFacts) -> Iterator[Issue]:
    sequence = facts.sequence
    own = "/sending_hours" if facts.weekly_ranges else "/sending_days"
    if any(step.step_type in WINDOWED for step in sequence.steps):
        yield from _closed(facts, sequence.hours, "sending hours", own)
    if len(list(emails(sequence))) > 1 and sequence.follow_up_hours != sequence.hours:
        yield from _closed(facts, sequence.follow_up_hours, "hours of follow-ups", "/follow_up_hours")


def _closed(facts: HealthFacts, hours: SendingHours, name: str, pointer: str) -> Iterator[Issue]:
    now = int(facts.now.timestamp())
    zone = step_zone(None, facts.sequence.sending_timezone, of_contact=False)
    opens = openings(hours, zone).next_open(now)
    if opens is not None and opens - now <= WITHIN.total_seconds():
        return
    today = zone.day(now)
    holidays = len(hours.holidays.intersection(range(today, today + WITHIN.days)))
    if hours.never_opens:
        detail = f"The {name} are open on 0 of 7 weekdays, so nothing can ever go. Make at least one a sending day."
    else:
        pointer = "/holiday_dates"
        detail = (
            f"The {name} do not open once in the next {WITHIN.days} days, because "
            f"{_count(holidays, 'holiday falls', 'holidays fall')} on their days. Take some of the holidays away, or "
            "open the hours on other days."
        )
    yield Issue("window_never_opens", HealthStatus.BLOCKED, detail, pointer, {"holidays": holidays})


def _sequence_paused(facts: HealthFacts) -> Iterator[Issue]:
    paused = facts.sequence.status is SequenceStatus.PAUSED
    if paused and facts.pause_reason is None and facts.waiting:
        detail = (
            f"The sequence is paused while {_count(facts.waiting, 'enrollment is', 'enrollments are')} active in it; "
            "what comes due waits. Resume it to go on."
        )
        yield Issue("sequence_paused", HealthStatus.STALLED, detail, "/status", {"waiting": facts.waiting})


# --- what is promised and does not fit ------------------------------------------------------------------------


def _throttle_against_cap(facts: HealthFacts) -> Iterator[Issue]:
    minutes = facts.sequence.throttle_delay_minutes
    each = most_a_day(facts.sequence, minutes * 60)
    if each is not None:
        why = f"throttle_delay_minutes of {minutes}"
        how = "Lower throttle_delay_minutes, add mailboxes, widen the sending hours"
        pointer, setting = "/throttle_delay_minutes", {"throttle_delay_minutes": minutes}
        yield from _less_than_cap(
            facts, "throttle_against_cap", each * len(facts.configured), pointer, why, how, setting
        )


def _mailbox_gaps_against_cap(facts: HealthFacts) -> Iterator[Issue]:
    each = [most_a_day(facts.sequence, mailbox.min_gap_seconds) for mailbox in facts.configured]
    if None not in each:
        most = sum(count for count in each if count is not None)
        widest = max((mailbox.min_gap_seconds for mailbox in facts.configured), default=0)
        why = f"min_gap_seconds of up to {widest}"
        how = "Lower the mailboxes' min_gap_seconds, add mailboxes, widen the sending hours"
        setting = {"min_gap_seconds": widest}
        yield from _less_than_cap(facts, "mailbox_gaps_against_cap", most, "/max_emails_per_day", why, how, setting)


def _mailbox_limits_against_cap(facts: HealthFacts) -> Iterator[Issue]:
    most = sum(mailbox.daily_limit for mailbox in facts.configured)
    how = "Raise the mailboxes' daily_limit, add mailboxes"
    why, setting = f"a daily_limit of {most} in all", {"daily_limits": most}
    yield from _less_than_cap(facts, "mailbox_limits_against_cap", most, "/max_emails_per_day", why, how, setting)


def _less_than_cap(
    facts: HealthFacts, code: str, most: int, pointer: str, why: str, how: str, setting: Mapping[str, int]
) -> Iterator[Issue]:
    """The issue that ``most`` sends a day fit where the cap promises more; a cap that is the smaller one is at work."""
    cap = facts.sequence.max_emails_per_day
    if cap is None or not 0 < most < cap:
        return
    mailboxes = len(facts.configured)
    detail = (
        f"max_emails_per_day promises {cap}, but {why} lets {_count(mailboxes, 'mailbox', 'mailboxes')} send at most "
        f"{_count(most, 'email', 'emails')} of the sequence a day. {how}, or set max_emails_per_day to {most}."
    )
    numbers = {"sends_per_day": most, "max_emails_per_day": cap, "mailboxes": mailboxes, **setting}
    yield Issue(code, HealthStatus.DEGRADED, detail, pointer, numbers)


# --- who is waited for ----------------------------------------------------------------------------------------


def _missing_variables(facts: HealthFacts) -> Iterator[Issue]:
    for variable, contacts in facts.lacking.items():
        if contacts:
            detail = (
                f"{_count(contacts, 'contact enrolled here has', 'contacts enrolled here have')} no {variable.name}, "
                f"which step {variable.first_order} prints without a default: their enrollments will pause there. "
                "Fill the field in, or give the template a default."
            )
            numbers = {"contacts": contacts, "step_order": variable.first_order}
            yield Issue("missing_variables", HealthStatus.DEGRADED, detail, variable.pointer, numbers)


def _queue_too_long(facts: HealthFacts) -> Iterator[Issue]:
    ends = facts.queue_ends
    if ends is None or ends - facts.now <= timedelta(days=QUEUE_DAYS):
        return
    day = date_of(step_zone(None, facts.sequence.sending_timezone, of_contact=False).day(int(ends.timestamp())))
    days = (ends - facts.now).days
    detail = (
        f"{_count(facts.queued, 'first email waits', 'first emails wait')} for a slot to come, and the last one "
        f"goes on {day}, {days} days from now (more than {QUEUE_DAYS}). Add mailboxes, raise the limits, or enroll "
        "fewer contacts."
    )
    numbers = {"waiting": facts.queued, "days": days}
    yield Issue("queue_too_long", HealthStatus.DEGRADED, detail, "/max_emails_per_day", numbers)


def _bounce_rate(facts: HealthFacts) -> Iterator[Issue]:
    numbers: dict[str, int | float] = {"sends": facts.sends, "hard_bounces": facts.hard_bounces}
    numbers["percent"] = bounce_rate.percent(facts.sends, facts.hard_bounces)
    if facts.sequence.status is SequenceStatus.PAUSED and facts.pause_reason is not None:
        detail = (
            f"{facts.pause_reason} {_count(facts.waiting, 'enrollment waits', 'enrollments wait')}. "
            "Verify the addresses of those that were not mailed yet and stop the bad ones, then resume the sequence: "
            "the count begins anew."
        )
        numbers["waiting"] = facts.waiting
        yield Issue("bounce_rate_paused", HealthStatus.BLOCKED, detail, "/status", numbers)
    elif bounce_rate.exceeds(bounce_rate.WARNING_PERCENT, facts.sends, facts.hard_bounces):
        detail = (
            f"{bounce_rate.sentence(facts.sends, facts.hard_bounces, facts.counted_from)}, "
            f"more than {bounce_rate.WARNING_PERCENT} %. Verify the addresses of the contacts not mailed yet: "
            f"at a hard bounce that makes it more than {bounce_rate.PAUSE_PERCENT} % the sequence pauses itself."
        )
        yield Issue("bounce_rate", HealthStatus.DEGRADED, detail, None, numbers)


# --- words ----------------------------------------------------------------------------------------------------


def _mailbox_pointer(sequence: SequenceDefinition, id: UUID) -> str | None:
    """The first setting that names the mailbox; None: only threads that began with it do."""
    for index, step in emails(sequence):
        if step.email_account_id == id:
            return f"/steps/{index}/email_account_id"
    if sequence.default_email_account_id == id:
        return "/default_email_account_id"
    return "/email_account_ids" if id in sequence.email_account_ids else None


def _trouble(mailbox: MailboxFacts) -> str:
    if mailbox.status is EmailAccountStatus.ACTIVE:
        return "is away" if mailbox.away_until is None else f"is away until {mailbox.away_until} (inclusive)"
    return "is paused" if mailbox.status is EmailAccountStatus.PAUSED else "is in error"


def _mending(mailbox: MailboxFacts) -> str:
    if mailbox.status is EmailAccountStatus.PAUSED:
        return "Set its status to active."
    if mailbox.status is EmailAccountStatus.ERROR:
        return "Mend what its last_error says and set its status to active."
    return "Its sends go when it is back; change away_until to have them go sooner."


def _count(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


_RULES: tuple[Callable[[HealthFacts], Iterator[Issue]], ...] = (
    _no_mailbox,
    _mailbox_not_working,
    _window_never_opens,
    _sequence_paused,
    _bounce_rate,
    _throttle_against_cap,
    _mailbox_limits_against_cap,
    _mailbox_gaps_against_cap,
    _missing_variables,
    _queue_too_long,
)
