"""What the product says against what the mail server received and what the prospects did: rules over plain data."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from demo.client import Row
from demo.prospects import BOUNCING, Answer, Habit
from demo.scenario import DECISION_MAKERS, FIRST_EMAIL, FOLLOW_UP, FOLLOW_UP_DAYS, SENDER, TASK, Pace
from embedded.mail_store import Received

ENDED = frozenset({"completed", "stopped", "bounced", "unsubscribed", "failed"})
_TIMES_RECEIVED: Mapping[str, frozenset[int]] = {"sent": frozenset({1}), "unknown": frozenset({0, 1})}
"""How often a message may have been received, by its status; zero times by any other."""


@dataclass(frozen=True)
class Evidence:
    """All that is known at the end of a run: rows of the API, the mail server's ledger, the prospects' deeds.

    ``drift`` names each statistic that a recount of the rows finds different.
    """

    pace: Pace
    contacts: Sequence[Row]
    enrollments: Sequence[Row]
    messages: Sequence[Row]
    tasks: Sequence[Row]
    suppressions: Sequence[Row]
    sequence: Row
    activities: Mapping[str, int]
    received: Sequence[Received]
    habits: Mapping[str, Habit]
    answers: Sequence[Answer]
    drift: Sequence[str] = ()

    @cached_property
    def deliveries(self) -> Mapping[str, list[Received]]:
        """What each prospect was sent, by Message-ID, as the mail server has it."""
        by_id: dict[str, list[Received]] = defaultdict(list)
        for mail in self.received:
            if mail.rcpt_to != (SENDER,):
                by_id[mail.message_id or ""].append(mail)
        return by_id

    @cached_property
    def address_of(self) -> Mapping[str, str]:
        """Addresses by contact id."""
        return {contact["id"]: contact["email"] for contact in self.contacts}

    @cached_property
    def order_of(self) -> Mapping[str, int]:
        """Orders by step id."""
        return {step["id"]: step["step_order"] for step in self.sequence["steps"]}

    @cached_property
    def enrollment_of(self) -> Mapping[str, Row]:
        """Enrollments by address."""
        return {self.address_of[one["contact_id"]]: one for one in self.enrollments}

    @cached_property
    def sent(self) -> list[Row]:
        """The messages that the product says it has sent."""
        return [message for message in self.messages if message["status"] == "sent"]

    @cached_property
    def sent_by_step(self) -> Mapping[tuple[str, int], Row]:
        """Messages that were sent, or may have been, by address and order of the step."""
        gone = [one for one in self.messages if one["status"] in _TIMES_RECEIVED]
        return {(one["to_address"], self.order_of[one["sequence_step_id"]]): one for one in gone}

    @cached_property
    def repliers(self) -> frozenset[str]:
        """The addresses of the people who have replied."""
        return frozenset(answer.address for answer in self.answers if answer.habit is not Habit.AWAY)

    def ended_with(self, reason: str) -> frozenset[str]:
        """The addresses of the enrollments that ended for a reason."""
        return frozenset(address for address, one in self.enrollment_of.items() if one["completion_reason"] == reason)

    def standing(self, address: str) -> str:
        """How the enrollment of an address stands, for a sentence."""
        enrollment = self.enrollment_of.get(address)
        return _standing(enrollment) if enrollment else "missing"

    def arrived(self, message: Row) -> datetime | None:
        """When the mail server received a message; None when it did not."""
        mails = self.deliveries.get(message["message_id"])
        return mails[0].received_at if mails else None


@dataclass(frozen=True, slots=True)
class Check:
    """One rule and each disagreement with it, a sentence each; none when the rule holds."""

    rule: str
    disagreements: tuple[str, ...]


def run_checks(evidence: Evidence) -> list[Check]:
    """Every rule, in the order of a prospect's life."""
    return [Check(rule, tuple(disagreements(evidence))) for rule, disagreements in _RULES.items()]


def _everybody_enrolled_once(evidence: Evidence) -> Iterator[str]:
    enrolled = Counter(evidence.address_of.get(one["contact_id"], one["contact_id"]) for one in evidence.enrollments)
    for address in evidence.habits:
        if enrolled[address] != 1:
            yield f"{address} has {enrolled[address]} enrollments."
    for address, one in evidence.enrollment_of.items():
        if one["status"] not in ENDED:
            yield f"The enrollment of {address} is still {one['status']} ({_standing(one)})."


def _received_once(evidence: Evidence) -> Iterator[str]:
    for message in evidence.messages:
        mails = evidence.deliveries.get(message["message_id"], [])
        if len(mails) not in _TIMES_RECEIVED.get(message["status"], {0}):
            yield (
                f"The message {message['message_id']} to {message['to_address']} is {message['status']}, "
                f"but the mail server has received it {len(mails)} times."
            )
        yield from (
            f"The message {message['message_id']} to {message['to_address']} went to {', '.join(mail.rcpt_to)}."
            for mail in mails
            if mail.rcpt_to != (message["to_address"],)
        )


def _nothing_else_received(evidence: Evidence) -> Iterator[str]:
    known = {message["message_id"] for message in evidence.messages}
    for message_id, mails in evidence.deliveries.items():
        if message_id not in known:
            yield f"The mail server has received {message_id} to {mails[0].rcpt_to[0]}, which the ledger does not know."


def _sends_known(evidence: Evidence) -> Iterator[str]:
    for message in evidence.messages:
        refused = evidence.habits.get(message["to_address"]) is Habit.REFUSED
        if message["status"] != ("failed" if refused else "sent"):
            yield f"The message to {message['to_address']} is {message['status']}: {message['smtp_response']}"


def _first_email_to_all(evidence: Evidence) -> Iterator[str]:
    for address, habit in evidence.habits.items():
        if habit is not Habit.REFUSED and (address, FIRST_EMAIL) not in evidence.sent_by_step:
            yield f"{address} was not sent the first email."


def _branches(evidence: Evidence) -> Iterator[str]:
    decides = {contact["email"]: contact["seniority"] in DECISION_MAKERS for contact in evidence.contacts}
    for address, enrollment in evidence.enrollment_of.items():
        followed_up = (address, FOLLOW_UP) in evidence.sent_by_step
        if followed_up and not decides[address]:
            yield f"{address} is no decision maker, but was sent the follow-up."
        if decides[address] and enrollment["completion_reason"] == "finished" and not followed_up:
            yield f"{address} is a decision maker and has finished without the follow-up."


def _in_order_and_in_time(evidence: Evidence) -> Iterator[str]:
    least = timedelta(seconds=evidence.pace.seconds(FOLLOW_UP_DAYS))
    # A calendar day with a change of the clocks in it has 23 hours.
    least -= timedelta(seconds=evidence.pace.seconds(1 / 24))
    for address, first, follow_up in _threads(evidence):
        before, after = evidence.arrived(first), evidence.arrived(follow_up)
        if before and after and after - before < least:
            yield (
                f"{address} received the follow-up {(after - before).total_seconds():.1f} s after the first email; "
                f"{FOLLOW_UP_DAYS} days are {least.total_seconds():.1f} s."
            )


def _threaded(evidence: Evidence) -> Iterator[str]:
    for address, first, follow_up in _threads(evidence):
        for mail in evidence.deliveries.get(follow_up["message_id"], []):
            if mail.in_reply_to != first["message_id"]:
                yield f"The follow-up to {address} answers {mail.in_reply_to}, not {first['message_id']}."
            if mail.subject != f"Re: {first['subject']}":
                yield f"The follow-up to {address} has the subject {mail.subject!r}."


def _replies_stop(evidence: Evidence) -> Iterator[str]:
    stopped = evidence.ended_with("replied")
    for address in sorted(evidence.repliers - stopped):
        yield f"{address} has replied, but the enrollment is {evidence.standing(address)}."
    for address in sorted(stopped - evidence.repliers):
        yield f"The enrollment of {address} has ended by a reply, but nobody replied from there."
    arrived = Counter(mail.message_id for mail in evidence.received if mail.rcpt_to == (SENDER,))
    for answer in evidence.answers:
        if arrived[answer.message_id] != 1:
            yield f"The answer of {answer.address} has reached the mailbox {arrived[answer.message_id]} times."


def _habits_lived(evidence: Evidence) -> Iterator[str]:
    answered = Counter(answer.address for answer in evidence.answers)
    for address, habit in evidence.habits.items():
        expected = int(habit in {Habit.REPLIES, Habit.AWAY} or (address, FOLLOW_UP) in evidence.sent_by_step)
        if habit in {Habit.REPLIES, Habit.REPLIES_LATE, Habit.AWAY} and answered[address] != expected:
            yield f"{address}, who {habit}, has answered {answered[address]} times instead of {expected}."


def _away_goes_on(evidence: Evidence) -> Iterator[str]:
    for answer in evidence.answers:
        enrollment = evidence.enrollment_of.get(answer.address)
        if answer.habit is Habit.AWAY and enrollment and enrollment["completion_reason"] != "finished":
            yield f"{answer.address} was out of office, and the enrollment is {_standing(enrollment)}."


def _nobody_mailed_while_away(evidence: Evidence) -> Iterator[str]:
    zones = {contact["email"]: contact["timezone"] for contact in evidence.contacts}
    for answer in evidence.answers:
        follow_up = evidence.sent_by_step.get((answer.address, FOLLOW_UP))
        if answer.away_until is None or follow_up is None:
            continue
        day = datetime.fromisoformat(follow_up["claimed_at"]).astimezone(ZoneInfo(zones[answer.address])).date()
        if day <= answer.away_until:
            yield f"{answer.address}, who was away until {answer.away_until}, was mailed again on {day}."


def _nothing_after_the_end(evidence: Evidence) -> Iterator[str]:
    for message in evidence.sent:
        enrollment = evidence.enrollment_of.get(message["to_address"])
        if enrollment is None or enrollment["completed_at"] is None or enrollment["completion_reason"] == "finished":
            continue
        # What was claimed before the end was recorded was on its way, and no stop calls it back.
        if _instant(message["claimed_at"]) > _instant(enrollment["completed_at"]):
            yield f"{message['to_address']} was mailed after the enrollment had ended ({_standing(enrollment)})."


def _bounces(evidence: Evidence) -> Iterator[str]:
    bouncing = {address for address, habit in evidence.habits.items() if habit in BOUNCING}
    bounced = evidence.ended_with("bounced")
    suppressed = {row["email"] for row in evidence.suppressions if row["suppression_type"] == "hard_bounce"}
    for address in sorted(bouncing - bounced):
        yield f"{address} does not exist, but the enrollment is {evidence.standing(address)}."
    for address in sorted(bounced - bouncing):
        yield f"The enrollment of {address} has bounced, but the address exists."
    for address in sorted(bouncing ^ suppressed):
        yield f"{address} is {'' if address in suppressed else 'not '}suppressed as a hard bounce."


def _tasks(evidence: Evidence) -> Iterator[str]:
    opened = Counter(evidence.address_of.get(task["contact_id"], task["contact_id"]) for task in evidence.tasks)
    finished = evidence.ended_with("finished")
    for address in sorted(finished | opened.keys()):
        if opened[address] != int(address in finished):
            standing = evidence.standing(address)
            yield f"{address} has {opened[address]} tasks, and the enrollment is {standing}."


def _totals(evidence: Evidence) -> Iterator[str]:
    sent, replied, bounced, finished = (
        len(evidence.sent),
        len(evidence.repliers),
        sum(habit in BOUNCING for habit in evidence.habits.values()),
        len(evidence.ended_with("finished")),
    )
    counted = {
        "total_enrolled": len(evidence.habits),
        "total_sent": sent,
        "total_replied": replied,
        "total_bounced": bounced,
    }
    for name, expected in counted.items():
        if evidence.sequence[name] != expected:
            yield f"The sequence's {name} is {evidence.sequence[name]}; {expected} were counted."
    recorded = {
        "sequence_enrolled": len(evidence.habits),
        "email_sent": sent,
        "email_replied": replied,
        "email_bounced": bounced,
        "task_created": len(evidence.tasks),
        "sequence_completed": finished,
    }
    for name, expected in recorded.items():
        if evidence.activities[name] != expected:
            yield f"The summary counts {evidence.activities[name]} {name}; {expected} were counted."
    executed = {step["step_order"]: step["times_executed"] for step in evidence.sequence["steps"]}
    by_step = Counter(order for _, order in evidence.sent_by_step)
    for order, expected in {FIRST_EMAIL: by_step[FIRST_EMAIL], FOLLOW_UP: by_step[FOLLOW_UP], TASK: finished}.items():
        if executed[order] != expected:
            yield f"Step {order} says that it was executed {executed[order]} times; {expected} were counted."


def _recounted(evidence: Evidence) -> Iterator[str]:
    yield from evidence.drift


def _threads(evidence: Evidence) -> Iterator[tuple[str, Row, Row]]:
    """Address, first email and follow-up of everybody who was sent a follow-up; one without a first is no thread."""
    for (address, order), follow_up in evidence.sent_by_step.items():
        first = evidence.sent_by_step.get((address, FIRST_EMAIL))
        if order == FOLLOW_UP and first:
            yield address, first, follow_up


def _standing(enrollment: Row) -> str:
    reason = enrollment["completion_reason"] or enrollment["waiting_reason"] or enrollment["last_error"]
    return f"{enrollment['status']}, {reason}" if reason else str(enrollment["status"])


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


_RULES: Mapping[str, Callable[[Evidence], Iterator[str]]] = {
    "Everybody was enrolled once, and every enrollment has ended": _everybody_enrolled_once,
    "Every message that was sent was received once and only once, by its recipient alone": _received_once,
    "Nothing was received that the ledger does not know": _nothing_else_received,
    "Only what the mail server refused has failed, and nothing is in doubt": _sends_known,
    "Everybody was sent the first email": _first_email_to_all,
    "Decision makers were sent the follow-up, and nobody else": _branches,
    "The follow-up came after the first email, and not before its delay was over": _in_order_and_in_time,
    "The follow-up goes on in the thread of the first email": _threaded,
    "Everybody who answers what they receive has answered it": _habits_lived,
    "Replies have stopped their enrollments, and no others": _replies_stop,
    "Out-of-office answers have stopped nothing": _away_goes_on,
    "Nobody was mailed while away": _nobody_mailed_while_away,
    "Nobody was mailed after a reply or a bounce was recorded": _nothing_after_the_end,
    "Addresses that do not exist have bounced and are suppressed": _bounces,
    "Everybody who finished has one task": _tasks,
    "The totals are those of the rows": _totals,
    "A recount finds every statistic as it is": _recounted,
}
