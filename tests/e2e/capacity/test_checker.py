"""The checker itself: it finds nothing in sends that keep every rule, and each rule that one of them breaks."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.e2e.capacity.checker import judge
from tests.e2e.capacity.history import History, Row, Settled

MONDAY = datetime(2027, 3, 8, 9, 0, tzinfo=UTC)
MAILBOX, SEQUENCE = uuid4(), uuid4()
SETTLED = Settled(
    workspace={
        "timezone": "America/New_York",
        "recipient_domain_daily_cap": 3,
        "contact_daily_cap": 1,
        "holiday_dates": [],
    },
    mailboxes={
        MAILBOX: {
            "status": "active",
            "daily_limit": 4,
            "min_gap_seconds": 60,
            "ramp_up_from": None,
            "away_from": None,
            "away_until": None,
        }
    },
    sequences={
        SEQUENCE: {
            "status": "active",
            "sending_timezone": "Europe/Berlin",
            "use_contact_timezone": True,
            "sending_hours": json.dumps({"monday": [["09:00", "12:00"], ["22:00", "02:00"]]}),
            "follow_up_hours": None,
            "max_emails_per_day": 4,
            "throttle_delay_minutes": 2,
            "holiday_dates": [],
            "holiday_country": None,
        }
    },
)
Change = Callable[[Settled], Settled]


def of_workspace(**fields: Any) -> Change:
    return lambda settled: replace(settled, workspace={**settled.workspace, **fields})


def of_mailbox(**fields: Any) -> Change:
    return lambda settled: replace(settled, mailboxes={MAILBOX: {**settled.mailboxes[MAILBOX], **fields}})


def of_sequence(**fields: Any) -> Change:
    return lambda settled: replace(settled, sequences={SEQUENCE: {**settled.sequences[SEQUENCE], **fields}})


def send(at: datetime, **columns: Any) -> Row:
    given: dict[str, Any] = {
        "at": at,
        "status": "sent",
        "mailbox": MAILBOX,
        "sequence": SEQUENCE,
        "contact": uuid4(),
        "domain": str(uuid4()),
        "timezone": None,
        "follow_up": False,
    }
    return given | columns


def broken(sends: list[Row], *changes: Change) -> Mapping[str, int]:
    settled = SETTLED
    for change in changes:
        settled = change(settled)
    history = History()
    history.begin(MONDAY - timedelta(days=7), settled)
    return dict(judge(history, sends).broken)


def apart(minutes: float, count: int, **columns: Any) -> list[Row]:
    return [send(MONDAY + timedelta(minutes=minutes) * i, **columns) for i in range(count)]


def test_sends_that_keep_every_rule_are_found_to_break_none() -> None:
    assert broken(apart(2, 4)) == {}
    assert broken([send(MONDAY + timedelta(hours=h)) for h in (0, 13, 15)]) == {}


ONE = UUID(int=1)


@pytest.mark.parametrize(
    ("rule", "sends", "changes"),
    [
        ("mailbox limit", apart(2, 5), [of_sequence(max_emails_per_day=9)]),
        (
            "mailbox limit",
            apart(2, 3),
            [of_mailbox(ramp_up_from=date(2027, 3, 7), ramp_up_start=1, ramp_up_per_day=1)],
        ),
        ("mailbox gap", apart(0.9, 2), [of_sequence(throttle_delay_minutes=0)]),
        ("mailbox away or not active", apart(2, 1), [of_mailbox(status="paused")]),
        ("mailbox away or not active", apart(2, 1), [of_mailbox(away_until=date(2027, 3, 8))]),
        ("sequence cap", apart(2, 5), [of_mailbox(daily_limit=9)]),
        ("sequence throttle", apart(1.9, 2), []),
        ("sequence not active", apart(2, 1), [of_sequence(status="paused")]),
        ("domain cap", apart(2, 4, domain="one.example"), []),
        ("contact cap", apart(2, 2, contact=ONE), []),
        ("window", [send(MONDAY + timedelta(hours=3))], []),
        ("window", [send(MONDAY + timedelta(hours=16, seconds=1))], []),
        ("window", [send(MONDAY, timezone="America/New_York")], []),
        ("window", [send(MONDAY, follow_up=True)], [of_sequence(follow_up_hours='{"tuesday": [["09:00", "12:00"]]}')]),
        ("holiday", apart(2, 1), [of_workspace(holiday_dates=[date(2027, 3, 8)])]),
        ("holiday", [send(MONDAY + timedelta(hours=15))], [of_sequence(holiday_dates=[date(2027, 3, 9)])]),
    ],
)
def test_a_broken_rule_is_found_and_no_other(rule: str, sends: list[Row], changes: list[Change]) -> None:
    assert broken(sends, *changes) == {rule: 1}


def test_while_a_change_is_carried_out_a_send_may_go_by_the_old_settings_and_not_later() -> None:
    history = History()
    history.begin(MONDAY - timedelta(days=1), SETTLED)
    since, until = MONDAY + timedelta(minutes=1), MONDAY + timedelta(minutes=3)
    history.change(since, until, of_sequence(status="paused")(SETTLED))
    assert not judge(history, apart(2, 2)).broken
    assert judge(history, apart(2, 3)).broken == {"sequence not active": 1}
