"""The rules of a sequence's health, each by itself over facts that break it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.scheduling.daily_room import most_a_day
from domain.scheduling.hours import ALWAYS, SendingHours
from domain.sequences import Sequence, Step
from domain.tracking import bounce_rate
from domain.tracking.health import health
from domain.tracking.health_facts import (
    MOST_VARIABLES,
    HealthFacts,
    HealthStatus,
    Issue,
    MailboxFacts,
    Severity,
    Variable,
    needed_variables,
)
from domain.vocabulary import EmailAccountStatus, SequenceStatus, StepType

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ALL_DAYS = (True,) * 7
OFFICE_HOURS = SendingHours.daily(time(9), time(17), (True,) * 5 + (False,) * 2)
NEVER = SendingHours(((),) * 7)
MAILBOX = MailboxFacts(uuid4(), "ann@sender.example")
SECOND = MailboxFacts(uuid4(), "bob@sender.example")
PAUSED, ERROR = EmailAccountStatus.PAUSED, EmailAccountStatus.ERROR


def email(order: int = 1, mailbox: UUID | None = None, subject: str = "Hello", body: str = "Hello") -> Step:
    return Step(
        id=uuid4(),
        step_order=order,
        step_type=StepType.EMAIL,
        subject_template=subject,
        body_template=body,
        email_account_id=mailbox,
    )


def sequence(*steps: Step, **given: Any) -> Sequence:
    """An active one of one email that sends at all hours from ``MAILBOX``."""
    fields = {"default_email_account_id": MAILBOX.id, "hours": ALWAYS, "follow_up_hours": ALWAYS, **given}
    status = fields.pop("status", SequenceStatus.ACTIVE)
    return Sequence(id=uuid4(), status=status, steps=steps or (email(),), **fields)


def issues(sequence: Sequence, *mailboxes: MailboxFacts, **facts: Any) -> list[Issue]:
    return list(health(HealthFacts(sequence, NOW, mailboxes=mailboxes or (MAILBOX,), **facts)).issues)


def only(found: list[Issue], code: str, status: HealthStatus) -> Issue:
    """The one issue that was found, which has this code and makes the sequence this."""
    (issue,) = found
    assert (issue.code, issue.status) == (code, status), issue
    return issue


def test_a_sequence_with_nothing_wrong_is_healthy() -> None:
    found = health(HealthFacts(sequence(), NOW, mailboxes=(MAILBOX,), waiting=3))
    assert (found.status, found.issues) == (HealthStatus.HEALTHY, ())


def test_a_draft_without_steps_is_healthy() -> None:
    draft = Sequence(id=uuid4(), status=SequenceStatus.DRAFT, steps=(), throttle_delay_minutes=60, max_emails_per_day=9)
    assert issues(draft) == []


@pytest.mark.parametrize("status", [SequenceStatus.STOPPED, SequenceStatus.ARCHIVED])
def test_nothing_is_said_of_a_sequence_that_is_over(status: SequenceStatus) -> None:
    assert issues(sequence(status=status, hours=NEVER, default_email_account_id=None)) == []


def test_the_status_is_the_worst_of_the_issues_and_they_come_first() -> None:
    found = health(
        HealthFacts(
            sequence(status=SequenceStatus.PAUSED, hours=NEVER, max_emails_per_day=300),
            NOW,
            mailboxes=(MAILBOX,),
            waiting=1,
        )
    )
    assert found.status is HealthStatus.BLOCKED
    assert [issue.code for issue in found.issues] == [
        "window_never_opens",
        "sequence_paused",
        "mailbox_limits_against_cap",
    ]
    assert [issue.severity for issue in found.issues] == [Severity.ERROR, Severity.ERROR, Severity.WARNING]


# --- throttle, gaps and limits against the cap -------------------------------------------------------------------


def test_sixty_minutes_against_a_hundred_a_day_fit_twenty_four_around_the_clock() -> None:
    found = issues(sequence(throttle_delay_minutes=60, max_emails_per_day=100))
    issue = only(found, "throttle_against_cap", HealthStatus.DEGRADED)
    assert issue.pointer == "/throttle_delay_minutes"
    assert issue.facts == {
        "sends_per_day": 24,
        "max_emails_per_day": 100,
        "mailboxes": 1,
        "throttle_delay_minutes": 60,
    }
    assert issue.detail == (
        "max_emails_per_day promises 100, but throttle_delay_minutes of 60 lets 1 mailbox send at most 24 emails of "
        "the sequence a day. Lower throttle_delay_minutes, add mailboxes, widen the sending hours, or set "
        "max_emails_per_day to 24."
    )


def test_they_fit_eight_in_a_window_of_nine_to_five() -> None:
    found = issues(
        sequence(hours=OFFICE_HOURS, follow_up_hours=OFFICE_HOURS, throttle_delay_minutes=60, max_emails_per_day=100)
    )
    assert only(found, "throttle_against_cap", HealthStatus.DEGRADED).facts["sends_per_day"] == 8


def test_the_throttle_is_of_each_mailbox_so_more_of_them_send_more() -> None:
    pool = sequence(
        default_email_account_id=None,
        email_account_ids=(MAILBOX.id, SECOND.id),
        throttle_delay_minutes=60,
        max_emails_per_day=100,
    )
    found = issues(pool, MAILBOX, SECOND)
    assert only(found, "throttle_against_cap", HealthStatus.DEGRADED).facts["sends_per_day"] == 48
    assert issues(replace(pool, max_emails_per_day=48), MAILBOX, SECOND) == []


def test_a_step_of_its_own_mailbox_adds_one_and_a_pool_behind_a_default_adds_none() -> None:
    steps = (email(1), email(2, SECOND.id))
    found = issues(
        sequence(*steps, email_account_ids=(uuid4(),), throttle_delay_minutes=60, max_emails_per_day=100),
        MAILBOX,
        SECOND,
    )
    assert only(found, "throttle_against_cap", HealthStatus.DEGRADED).facts["sends_per_day"] == 48


@pytest.mark.parametrize("cap", [1, 24, None])
def test_a_cap_that_is_the_smaller_one_does_its_job(cap: int | None) -> None:
    assert issues(sequence(throttle_delay_minutes=60, max_emails_per_day=cap)) == []


def test_the_daily_limits_of_all_mailboxes_against_the_cap() -> None:
    steps = (email(1), email(2, SECOND.id))
    mailboxes = replace(MAILBOX, daily_limit=30), replace(SECOND, daily_limit=20)
    found = issues(sequence(*steps, max_emails_per_day=100), *mailboxes)
    issue = only(found, "mailbox_limits_against_cap", HealthStatus.DEGRADED)
    assert (issue.facts["sends_per_day"], issue.facts["mailboxes"]) == (50, 2)
    assert issues(sequence(*steps, max_emails_per_day=50), *mailboxes) == []


def test_the_gaps_of_mailboxes_against_the_cap() -> None:
    both = {"hours": OFFICE_HOURS, "follow_up_hours": OFFICE_HOURS}
    found = issues(sequence(**both, max_emails_per_day=100), replace(MAILBOX, min_gap_seconds=600))
    assert only(found, "mailbox_gaps_against_cap", HealthStatus.DEGRADED).facts["sends_per_day"] == 48


def test_a_mailbox_without_a_gap_has_no_gap_to_contradict_the_cap() -> None:
    steps = (email(1), email(2, SECOND.id))
    mailboxes = replace(MAILBOX, min_gap_seconds=3600), replace(SECOND, min_gap_seconds=0)
    assert issues(sequence(*steps, max_emails_per_day=100), *mailboxes) == []


def test_each_contradiction_is_an_issue_of_its_own() -> None:
    mailbox = replace(MAILBOX, min_gap_seconds=3600, daily_limit=10)
    found = issues(sequence(throttle_delay_minutes=120, max_emails_per_day=100), mailbox)
    assert {issue.code: issue.facts["sends_per_day"] for issue in found} == {
        "throttle_against_cap": 12,
        "mailbox_limits_against_cap": 10,
        "mailbox_gaps_against_cap": 24,
    }


@pytest.mark.parametrize(
    ("ranges", "fits"),
    [
        ([(9, 10), (14, 15)], 2),
        ([(9, 9.5), (14, 14.5)], 2),  # Half an hour each: one at the beginning of either.
        ([(9, 9.5), (9.75, 10.25)], 2),  # 9:00, and 10:00 in the second.
        ([(9, 12.25)], 4),
        ([(22, 30)], 8),  # Over midnight: two hours of the evening and six of the morning.
    ],
)
def test_what_fits_a_day_is_counted_along_its_ranges(ranges: list[tuple[float, float]], fits: int) -> None:
    day = tuple((int(start * 3600), int(end * 3600)) for start, end in ranges)
    hours = SendingHours((day,) * 7)
    assert most_a_day(sequence(hours=hours, follow_up_hours=hours), 3600) == fits


def test_the_longest_day_counts_and_hours_of_follow_ups_are_added_to_those_of_first_emails() -> None:
    short = SendingHours((((9 * 3600, 10 * 3600),),) * 6 + (((9 * 3600, 13 * 3600),),))
    later = SendingHours.daily(time(12), time(18), ALL_DAYS)
    assert most_a_day(sequence(hours=short, follow_up_hours=short), 3600) == 4
    assert most_a_day(sequence(hours=short, follow_up_hours=later), 3600) == 9


def test_contacts_in_their_own_zones_may_take_the_whole_day() -> None:
    own = sequence(hours=OFFICE_HOURS, follow_up_hours=OFFICE_HOURS, use_contact_timezone=True)
    assert most_a_day(own, 3600) == 24


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 86_000), st.integers(1, 86_400)), max_size=4),
    st.integers(600, 90_000),
)
def test_what_fits_is_what_a_walk_second_by_second_finds(ranges: list[tuple[int, int]], gap: int) -> None:
    day = tuple((start - start % 60, max(start - start % 60 + 60, min(end, 86_400))) for start, end in ranges)
    hours = SendingHours((day, *((),) * 6))
    count, free = 0, 0
    for t in range(0, 86_400, 1):
        if t >= free and any(start <= t < end for start, end in day):
            count, free = count + 1, t + gap
    assert most_a_day(sequence(hours=hours, follow_up_hours=NEVER), gap) == count


# --- mailboxes ---------------------------------------------------------------------------------------------------


def test_an_email_without_any_mailbox_blocks() -> None:
    issue = only(issues(sequence(email(3), default_email_account_id=None)), "no_mailbox", HealthStatus.BLOCKED)
    assert (issue.pointer, issue.facts) == ("/steps/0/email_account_id", {"step_order": 3})


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"status": PAUSED}, "is paused"),
        ({"status": ERROR}, "is in error"),
        ({"away": True, "away_until": date(2026, 12, 1)}, "is away until 2026-12-01 (inclusive)"),
        ({"away": True}, "is away"),
    ],
)
def test_a_sequence_stalls_when_its_only_mailbox_does_not_work(changes: dict[str, Any], says: str) -> None:
    found = issues(sequence(), replace(MAILBOX, enrollments=2, **changes))
    issue = only(found, "mailbox_not_working", HealthStatus.STALLED)
    assert f"ann@sender.example {says}: 2 enrollments are to be mailed from it next" in issue.detail
    assert issue.pointer == "/default_email_account_id"
    assert issue.facts == {"enrollments": 2, "working_mailboxes": 0}


def test_it_is_degraded_when_another_mailbox_of_the_pool_works() -> None:
    pool = sequence(default_email_account_id=None, email_account_ids=(MAILBOX.id, SECOND.id))
    issue = only(issues(pool, replace(MAILBOX, status=ERROR), SECOND), "mailbox_not_working", HealthStatus.DEGRADED)
    assert (issue.pointer, issue.facts["working_mailboxes"]) == ("/email_account_ids", 1)
    both = issues(pool, replace(MAILBOX, status=ERROR), replace(SECOND, away=True))
    assert [issue.status for issue in both] == [HealthStatus.STALLED] * 2


def test_a_mailbox_that_works_for_other_steps_is_no_help_for_a_step_with_its_own() -> None:
    steps = (email(1), email(2, SECOND.id))
    found = issues(sequence(*steps), MAILBOX, replace(SECOND, status=PAUSED))
    assert only(found, "mailbox_not_working", HealthStatus.STALLED).pointer == "/steps/1/email_account_id"


def test_a_mailbox_that_only_old_threads_keep_degrades() -> None:
    found = issues(sequence(), MAILBOX, replace(SECOND, status=PAUSED, enrollments=1))
    issue = only(found, "mailbox_not_working", HealthStatus.DEGRADED)
    assert issue.pointer is None
    assert "1 enrollment is to be mailed from it next" in issue.detail


# --- windows -----------------------------------------------------------------------------------------------------


def test_hours_without_a_sending_day_never_open() -> None:
    found = issues(sequence(hours=NEVER, follow_up_hours=NEVER))
    assert only(found, "window_never_opens", HealthStatus.BLOCKED).pointer == "/sending_days"
    weekly = issues(sequence(hours=NEVER, follow_up_hours=NEVER), weekly_ranges=True)
    assert only(weekly, "window_never_opens", HealthStatus.BLOCKED).pointer == "/sending_hours"


def test_hours_whose_every_day_is_a_holiday_for_a_year_never_open() -> None:
    closed = OFFICE_HOURS.on_holidays(NOW.date() + timedelta(days=days) for days in range(400))
    issue = only(issues(sequence(hours=closed, follow_up_hours=closed)), "window_never_opens", HealthStatus.BLOCKED)
    assert (issue.pointer, issue.facts) == ("/holiday_dates", {"holidays": 366})
    soon = OFFICE_HOURS.on_holidays(NOW.date() + timedelta(days=days) for days in range(200))
    assert issues(sequence(hours=soon, follow_up_hours=soon)) == []


def test_hours_of_follow_ups_matter_where_there_are_follow_ups() -> None:
    assert issues(sequence(follow_up_hours=NEVER)) == []
    found = issues(sequence(email(1), email(2), follow_up_hours=NEVER))
    assert only(found, "window_never_opens", HealthStatus.BLOCKED).pointer == "/follow_up_hours"


def test_a_sequence_of_calls_needs_no_window() -> None:
    call = Step(id=uuid4(), step_order=1, step_type=StepType.CALL)
    assert issues(sequence(call, hours=NEVER, default_email_account_id=None)) == []


# --- who waits ---------------------------------------------------------------------------------------------------


def test_a_paused_sequence_stalls_those_who_wait() -> None:
    paused = sequence(status=SequenceStatus.PAUSED)
    issue = only(issues(paused, waiting=1), "sequence_paused", HealthStatus.STALLED)
    assert (issue.pointer, issue.facts) == ("/status", {"waiting": 1})
    assert issues(paused, waiting=0) == []


def test_contacts_that_lack_a_variable_degrade() -> None:
    variable = Variable(("custom_fields", "plan"), "/steps/2/body_template", 3, 4)
    found = issues(sequence(), lacking={variable: 12, Variable(("city",), "/steps/0/body_template", 1, 1): 0})
    issue = only(found, "missing_variables", HealthStatus.DEGRADED)
    assert issue.detail.startswith("12 contacts enrolled here have no contact.custom_fields.plan, which step 3 prints")
    assert (issue.pointer, issue.facts) == ("/steps/2/body_template", {"contacts": 12, "step_order": 3})


def test_the_variables_of_a_sequence_are_those_its_emails_print_without_a_default() -> None:
    steps = (
        email(1, subject="{{ contact.city }}", body="{{ contact.first_name | default: 'you' }} {{ sender.name }}"),
        Step(id=uuid4(), step_order=2, step_type=StepType.TASK, body_template="{{ contact.state }}"),
        email(5, subject="{{ broken", body="{{ contact.custom_fields.plan }}{{ contact.city }}"),
    )
    assert needed_variables(sequence(*steps)) == (
        Variable(("city",), "/steps/0/subject_template", 1, 5),
        Variable(("custom_fields", "plan"), "/steps/2/body_template", 5, 5),
    )


def test_not_more_variables_are_asked_for_than_can_be() -> None:
    body = "".join(f"{{{{ contact.custom_fields.x{number} }}}}" for number in range(MOST_VARIABLES + 1))
    assert len(needed_variables(sequence(email(body=body)))) == MOST_VARIABLES


def test_a_queue_of_more_than_fourteen_days_is_too_long() -> None:
    late = NOW + timedelta(days=14, hours=15)  # Already the next day in Berlin.
    found = issues(sequence(sending_timezone="Europe/Berlin"), queued=1_400, queue_ends=late)
    issue = only(found, "queue_too_long", HealthStatus.DEGRADED)
    assert issue.detail.startswith("1400 first emails wait for a slot to come, and the last one goes on 2026-12-08, 14")
    assert issue.facts == {"waiting": 1_400, "days": 14}
    assert issues(sequence(), queued=1_400, queue_ends=NOW + timedelta(days=14)) == []


# --- bounces -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sends", "bounces"), [(100, 5), (50, 3), (100, 100)])
def test_more_than_four_per_cent_of_hard_bounces_is_a_warning(sends: int, bounces: int) -> None:
    found = issues(sequence(), sends=sends, hard_bounces=bounces, counted_from=NOW)
    issue = only(found, "bounce_rate", HealthStatus.DEGRADED)
    assert issue.detail.startswith(f"{bounces} of {sends} emails sent since 2026-11-23 09:00 UTC bounced hard")
    assert issue.facts == {"sends": sends, "hard_bounces": bounces, "percent": 100 * bounces / sends}


@pytest.mark.parametrize(("sends", "bounces"), [(100, 4), (49, 49), (0, 0), (1_000, 40)])
def test_four_per_cent_and_fewer_than_fifty_sends_are_not(sends: int, bounces: int) -> None:
    assert issues(sequence(), sends=sends, hard_bounces=bounces) == []


@pytest.mark.parametrize(
    ("sends", "bounces", "pauses"), [(100, 8, False), (100, 9, True), (50, 5, True), (49, 49, False), (50, 4, False)]
)
def test_more_than_eight_per_cent_pause_the_sequence(sends: int, bounces: int, pauses: bool) -> None:
    assert bounce_rate.must_pause(sends, bounces) is pauses


def test_a_sequence_that_has_paused_itself_is_blocked_and_says_why() -> None:
    paused = sequence(status=SequenceStatus.PAUSED)
    found = issues(paused, waiting=7, sends=100, hard_bounces=9, pause_reason="9 of 100 bounced.")
    issue = only(found, "bounce_rate_paused", HealthStatus.BLOCKED)
    assert issue.detail.startswith("9 of 100 bounced. 7 enrollments wait. Verify the addresses")
    assert issue.facts == {"sends": 100, "hard_bounces": 9, "percent": 9.0, "waiting": 7}
