"""The checks of the demo see what is wrong: each breach of a whole run's evidence is told by its rule."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from demo.checks import Evidence, run_checks
from demo.prospects import Answer, Habit
from demo.scenario import SENDER, Pace
from embedded.mail_store import Received

BEGIN = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BOSS, STAFF, REPLIER, GONE = "boss@a.example", "staff@b.example", "replier@c.example", "bounce.gone@d.example"
ORDERS = {"email-1": 1, "delay": 2, "conditional": 3, "email-2": 4, "task": 5}


def at(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def enrollment(address: str, status: str, reason: str, ended: float) -> dict[str, Any]:
    return {
        "contact_id": address,
        "status": status,
        "completion_reason": reason,
        "completed_at": at(ended).isoformat(),
        "waiting_reason": None,
        "last_error": None,
    }


def message(address: str, step: str, claimed: float, status: str = "sent", subject: str = "Hello") -> dict[str, Any]:
    return {
        "message_id": f"<{step}.{address}>",
        "to_address": address,
        "sequence_step_id": step,
        "status": status,
        "claimed_at": at(claimed).isoformat(),
        "subject": subject,
        "smtp_response": "an answer",
    }


def received(address: str, step: str, seconds: float, **changed: Any) -> Received:
    mail = Received(at(seconds), SENDER, (address,), f"<{step}.{address}>", None, "Hello")
    return replace(mail, **changed)


def _seniority(address: str) -> str:
    return "director" if address == BOSS else "manager"


def evidence() -> Evidence:
    """A run in which all is well: one finishes with and one without the follow-up, one replies, one bounces."""
    totals = {"total_enrolled": 4, "total_sent": 4, "total_replied": 1, "total_bounced": 1}
    executed = {"email-1": 3, "delay": 2, "conditional": 2, "email-2": 1, "task": 2}
    return Evidence(
        pace=Pace(seconds_per_day=6),
        contacts=[
            {"id": address, "email": address, "timezone": "UTC", "seniority": _seniority(address)}
            for address in (BOSS, STAFF, REPLIER, GONE)
        ],
        enrollments=[
            enrollment(BOSS, "completed", "finished", 31),
            enrollment(STAFF, "completed", "finished", 25),
            enrollment(REPLIER, "completed", "replied", 4),
            enrollment(GONE, "bounced", "bounced", 1),
        ],
        messages=[
            *(message(address, "email-1", 0) for address in (BOSS, STAFF, REPLIER)),
            message(BOSS, "email-2", 19, subject="Re: Hello"),
            message(GONE, "email-1", 0, status="failed"),
        ],
        tasks=[{"contact_id": BOSS}, {"contact_id": STAFF}],
        suppressions=[{"email": GONE, "suppression_type": "hard_bounce"}],
        sequence={
            **totals,
            "steps": [
                {"id": step, "step_order": order, "times_executed": executed[step]} for step, order in ORDERS.items()
            ],
        },
        activities={
            "sequence_enrolled": 4,
            "email_sent": 4,
            "email_replied": 1,
            "email_bounced": 1,
            "task_created": 2,
            "sequence_completed": 2,
        },
        received=[
            *(received(address, "email-1", 1) for address in (BOSS, STAFF, REPLIER)),
            received(BOSS, "email-2", 20, in_reply_to=f"<email-1.{BOSS}>", subject="Re: Hello"),
            Received(at(3), REPLIER, (SENDER,), "<answer@c.example>", f"<email-1.{REPLIER}>", "Re: Hello"),
        ],
        habits={BOSS: Habit.SILENT, STAFF: Habit.SILENT, REPLIER: Habit.REPLIES, GONE: Habit.REFUSED},
        answers=[Answer(REPLIER, Habit.REPLIES, "<answer@c.example>", f"<email-1.{REPLIER}>", at(3))],
    )


def test_a_run_in_which_all_is_well_has_no_disagreement() -> None:
    assert [sentence for check in run_checks(evidence()) for sentence in check.disagreements] == []


Break = Callable[[Evidence], Mapping[str, Any]]
BREACHES: Mapping[str, tuple[str, Break]] = {
    "an enrollment that has not ended": (
        "every enrollment has ended",
        lambda e: {"enrollments": [{**e.enrollments[0], "status": "active"}, *e.enrollments[1:]]},
    ),
    "a contact without an enrollment": ("Everybody was enrolled once", lambda e: {"enrollments": e.enrollments[1:]}),
    "a sent message that was not received": ("once and only once", lambda e: {"received": e.received[1:]}),
    "a message that was received twice": ("once and only once", lambda e: {"received": [*e.received, e.received[0]]}),
    "a received message that is missing from the ledger": (
        "the ledger does not know",
        lambda e: {"messages": e.messages[1:]},
    ),
    "a message whose fate is unknown": (
        "nothing is in doubt",
        lambda e: {"messages": [{**e.messages[0], "status": "unknown"}, *e.messages[1:]]},
    ),
    "a follow-up to somebody who decides nothing": (
        "and nobody else",
        lambda e: {"messages": [*e.messages, message(STAFF, "email-2", 19, subject="Re: Hello")]},
    ),
    "a follow-up before its time": (
        "not before its delay",
        lambda e: {"received": [*e.received[:3], replace(e.received[3], received_at=at(9)), e.received[4]]},
    ),
    "a follow-up that answers nothing": (
        "in the thread",
        lambda e: {"received": [*e.received[:3], replace(e.received[3], in_reply_to=None), e.received[4]]},
    ),
    "a reply that stopped nothing": (
        "Replies have stopped",
        lambda e: {"answers": [*e.answers, Answer(BOSS, Habit.REPLIES, "<b@a.example>", "<x>", at(3))]},
    ),
    "an end by a reply that nobody wrote": ("Replies have stopped", lambda e: {"answers": []}),
    "an automatic answer that stopped its enrollment": (
        "Out-of-office",
        lambda e: {"answers": [replace(e.answers[0], habit=Habit.AWAY)]},
    ),
    "a follow-up to somebody who is away": (
        "while away",
        lambda e: {"answers": [Answer(BOSS, Habit.AWAY, "<b@a.example>", "<x>", at(3), date(2026, 11, 24))]},
    ),
    "a message that was claimed after the reply": (
        "Nobody was mailed after",
        lambda e: {"messages": [*e.messages, message(REPLIER, "email-2", 5, subject="Re: Hello")]},
    ),
    "a bounce that suppressed nobody": ("are suppressed", lambda e: {"suppressions": []}),
    "a finished enrollment without its task": ("one task", lambda e: {"tasks": e.tasks[1:]}),
    "a total that is not that of the rows": ("The totals", lambda e: {"sequence": {**e.sequence, "total_sent": 5}}),
    "a statistic that a recount finds different": (
        "A recount",
        lambda e: {"drift": ["contacts.total_replies of 1 is 2; 1 were counted."]},
    ),
}


@pytest.mark.parametrize(("rule", "breach"), BREACHES.values(), ids=BREACHES.keys())
def test_a_breach_is_told_by_its_rule(rule: str, breach: Break) -> None:
    whole = evidence()
    checks = run_checks(replace(whole, **breach(whole)))
    assert [check.rule for check in checks if rule in check.rule and check.disagreements]
