"""The simulated prospects: they read their mail over IMAP, and some of them answer it over SMTP, as people do.

What a prospect does follows from the address alone, so that every run of the demo is the same.
"""

import asyncio
import hashlib
import imaplib
import re
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from enum import StrEnum

import aiosmtplib

from clock import utc_now
from demo.scenario import DECISION_MAKERS, FOLLOW_UP_DAYS, SENDER, Pace
from embedded.dev import DevServices
from embedded.mail import MailServer
from embedded.mail_store import Received

_LOOK_SECONDS = 0.25
_AT_ONCE = 8
_LONGEST_THOUGHT_DAYS = 0.25
# EmailMessage turns ids that do not fit on a line into encoded-words, which no thread survives (cpython #85725).
_ON_ONE_LINE = policy.SMTP.clone(max_line_length=998)


class Habit(StrEnum):
    """What a prospect does."""

    SILENT = "stays silent"
    REPLIES = "replies to the first email"
    REPLIES_LATE = "replies to the follow-up"
    AWAY = "has an out-of-office answer"
    REFUSED = "is refused by the mail server"
    UNDELIVERABLE = "is bounced after it was accepted"


class ProspectError(Exception):
    """A prospect could not read or answer a mail."""


BOUNCING = frozenset({Habit.REFUSED, Habit.UNDELIVERABLE})


@dataclass(frozen=True, slots=True)
class Answer:
    """One mail that a prospect wrote."""

    address: str
    habit: Habit
    message_id: str
    in_reply_to: str
    sent_at: datetime
    away_until: date | None = None
    """The last day away that an out-of-office answer names, by the calendar of the emails."""


def habit_of(address: str, seniority: str) -> Habit:
    """What the prospect of `address` does; those who are no decision makers get no follow-up to answer."""
    if address.startswith("bounce."):
        return Habit.REFUSED
    if address.startswith("dsn."):
        return Habit.UNDELIVERABLE
    draw = _draw(address)
    if draw < 12:
        return Habit.REPLIES
    if draw < 30:
        return Habit.REPLIES_LATE if seniority in DECISION_MAKERS else Habit.SILENT
    return Habit.AWAY if draw < 40 else Habit.SILENT


class Prospects:
    """All prospects of a run; `habits` by address, `answers` in the order in which they were sent."""

    def __init__(self, services: DevServices, mail: MailServer, habits: dict[str, Habit], pace: Pace) -> None:
        self._services = services
        self._mail = mail
        self._pace = pace
        self._doors = asyncio.Semaphore(_AT_ONCE)
        self.habits = habits
        self.answers: list[Answer] = []

    async def live(self) -> None:
        """Answer what is answered, until cancelled. Raises `ProspectError`."""
        try:
            async with asyncio.TaskGroup() as answering:
                await self._watch(answering)
        except ExceptionGroup as failed:
            raise ProspectError(f"a simulated prospect failed: {failed.exceptions[0]!r}") from failed

    async def _watch(self, answering: asyncio.TaskGroup) -> None:
        seen, emails = 0, Counter[str]()
        while True:
            received = self._mail.received()
            for mail in received[seen:]:
                address = mail.rcpt_to[0]
                emails[address] += 1
                if self._is_answered(address, emails[address]):
                    answering.create_task(self._answer(address, mail))
            seen = len(received)
            await asyncio.sleep(_LOOK_SECONDS)

    def _is_answered(self, address: str, emails: int) -> bool:
        match self.habits.get(address):
            case Habit.REPLIES | Habit.AWAY:
                return emails == 1
            case Habit.REPLIES_LATE:
                return emails == 2
            case _:
                return False

    async def _answer(self, address: str, received: Received) -> None:
        habit = self.habits[address]
        if habit is not Habit.AWAY:
            await asyncio.sleep(self._pace.seconds(_draw(address, "thought") / 100 * _LONGEST_THOUGHT_DAYS))
        async with self._doors:
            mail = await asyncio.to_thread(self._read, address, received.message_id or "")
            until, now = _last_day_away(mail) if habit is Habit.AWAY else None, utc_now()
            answer = _out_of_office(address, mail, until, now=now) if until else _reply(address, mail, now=now)
            await aiosmtplib.send(
                answer.as_bytes(policy=_ON_ONE_LINE),
                sender=address,
                recipients=[SENDER],
                hostname=self._services.smtp_host,
                port=self._services.smtp_port,
                start_tls=False,
            )
        self.answers.append(Answer(address, habit, answer["Message-ID"], mail["Message-ID"], utc_now(), until))

    def _read(self, address: str, message_id: str) -> EmailMessage:
        """The message in the prospect's inbox. Raises `LookupError` when it is not there."""
        with imaplib.IMAP4(self._services.imap_host, self._services.imap_port) as imap:
            imap.login(address, self._services.mail_password)
            imap.select("INBOX")
            _, found = imap.search(None, "HEADER", "Message-ID", f'"{message_id}"')
            for number in found[0].split():
                _, parts = imap.fetch(number.decode(), "(BODY[])")
                if isinstance(parts[0], tuple):
                    return message_from_bytes(parts[0][1], _class=EmailMessage, policy=policy.default)
        raise LookupError(f"{address} does not find {message_id} in the inbox, but the mail server accepted it")


def _reply(address: str, mail: EmailMessage, *, now: datetime) -> EmailMessage:
    """A person's answer: in the thread, with what is answered quoted below."""
    answer = _answer_to(address, mail, now)
    answer["Subject"] = f"Re: {re.sub(r'^(re: *)+', '', mail['Subject'], flags=re.IGNORECASE)}"
    answer["References"] = " ".join([*str(mail["References"] or "").split(), mail["Message-ID"]])
    body = mail.get_body(("plain",))
    quoted = "\n".join(f"> {line}".rstrip() for line in (body.get_content() if body else "").splitlines())
    answer.set_content(f"Sounds good, next week suits me.\n\nOn {mail['Date']}, {mail['From']} wrote:\n{quoted}\n")
    return answer


def _last_day_away(mail: EmailMessage) -> date:
    """Whoever is away comes back when the follow-up would have been sent for a day."""
    sent: datetime = mail["Date"].datetime
    return (sent + timedelta(days=FOLLOW_UP_DAYS)).date()


def _out_of_office(address: str, mail: EmailMessage, until: date, *, now: datetime) -> EmailMessage:
    """A program's answer, marked as RFC 3834 has it."""
    answer = _answer_to(address, mail, now)
    answer["Subject"] = f"Out of office: {mail['Subject']}"
    answer["References"] = mail["Message-ID"]
    answer["Auto-Submitted"] = "auto-replied"
    answer.set_content(f"I am out of the office until {until:%d %B %Y} and will read your message when I am back.\n")
    return answer


def _answer_to(address: str, mail: EmailMessage, now: datetime) -> EmailMessage:
    answer = EmailMessage()
    answer["From"] = address
    answer["To"] = mail["From"]
    answer["Date"] = format_datetime(now)
    answer["Message-ID"] = make_msgid(domain=address.rpartition("@")[2])
    answer["In-Reply-To"] = mail["Message-ID"]
    return answer


def _draw(address: str, of: str = "") -> int:
    """A number from 0 to 99 that belongs to the address."""
    return int.from_bytes(hashlib.sha256((of + address).encode()).digest()[:4], "big") % 100
