"""Asking DNS about a sending domain (RFC 1035), within bounds: time-outs, the count of questions, and one report."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from dns.asyncresolver import Resolver
from dns.exception import DNSException, Timeout
from dns.name import from_text
from dns.nameserver import Do53Nameserver
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.TXT import TXT
from dns.resolver import NXDOMAIN, NoAnswer, NoNameservers, NoResolverConfiguration

from domain.sending.domain_checks import Answer, Outcome
from domain.sending.name_servers import NameServer
from domain.sending.sending_domains import SendingMailbox, report

SECONDS_PER_QUESTION, SECONDS_IN_ALL = 3.0, 10.0
MAX_QUESTIONS = 80
"""Of one report: what a domain's own records can make us ask."""
_AT_ONCE = 20

Question = tuple[str, str]


def resolver(name_servers: Sequence[NameServer] = ()) -> Resolver:
    """A resolver of these servers, else of the system's; raises ``ValueError`` when it has none."""
    try:
        made = Resolver(configure=not name_servers)
    except NoResolverConfiguration:
        raise ValueError("the system has no DNS resolver configured; set OPENDOORS_DNS_SERVERS") from None
    if name_servers:
        made.nameservers = [Do53Nameserver(one.address, one.port) for one in name_servers]
    made.timeout, made.lifetime = SECONDS_PER_QUESTION / 2, SECONDS_PER_QUESTION
    return made


async def check(mailbox: SendingMailbox, resolver: Resolver, *, seconds: float = SECONDS_IN_ALL) -> Mapping[str, Any]:
    """The report on the mailbox's domain, after ``seconds`` at most.

    The report is drawn up again with every round of answers until it asks nothing new.
    """
    rounds = _Rounds()
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        drawn_up = report(mailbox, rounds)
        questions = rounds.asked()
        if not questions:
            return drawn_up
        room = max(MAX_QUESTIONS - len(rounds.known), 0)
        rounds.known |= await _answers(questions, resolver, deadline, room)


class _Rounds:
    """A look-up that knows what was answered, and notes what else it is asked."""

    def __init__(self) -> None:
        self.known: dict[Question, Answer] = {}
        self._asked: dict[Question, None] = {}

    def __call__(self, name: str, record_type: str) -> Answer:
        question = (name, record_type)
        if question not in self.known:
            self._asked[question] = None
        return self.known.get(question, Answer(Outcome.NO_RECORD))

    def asked(self) -> list[Question]:
        """The questions of this round; the next begins."""
        asked, self._asked = self._asked, {}
        return list(asked)


async def _answers(
    questions: Sequence[Question], resolver: Resolver, deadline: float, room: int
) -> dict[Question, Answer]:
    turns = asyncio.Semaphore(_AT_ONCE)

    async def answer(question: Question) -> Answer:
        try:
            async with asyncio.timeout_at(deadline), turns:
                return await ask(question, resolver)
        except TimeoutError:
            return Answer(Outcome.FAILED, error="no answer in time")

    answers = await asyncio.gather(*(answer(one) for one in questions[:room]))
    left = dict.fromkeys(questions[room:], Answer(Outcome.FAILED, error="too many questions"))
    return dict(zip(questions, answers, strict=False)) | left


async def ask(question: Question, resolver: Resolver) -> Answer:
    """What DNS says; every way to fail is an answer, too."""
    name, record_type = question
    try:
        found = await resolver.resolve(from_text(name), record_type, search=False)
    except NXDOMAIN:
        return Answer(Outcome.NO_NAME)
    except NoAnswer:
        return Answer(Outcome.NO_RECORD)
    except NoNameservers:
        return Answer(Outcome.FAILED, error="its name servers fail or refuse to answer")
    except Timeout:
        return Answer(Outcome.FAILED, error="no answer in time")
    except (DNSException, UnicodeError, OSError) as error:
        return Answer(Outcome.FAILED, error=_printable(f"{error or type(error).__name__}")[:200])
    return Answer(Outcome.FOUND, tuple(sorted(_text(one) for one in found)))


def _text(record: Any) -> str:
    """TXT is one text, however it was cut into strings of 255 bytes (RFC 7208 3.3); MX is ``10 host``."""
    if isinstance(record, TXT):
        return _printable(b"".join(record.strings).decode(errors="replace"))
    if isinstance(record, MX):
        host = record.exchange.to_text(omit_final_dot=True)
        return f"{record.preference} {host}"
    return str(record.to_text())


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else "�" for one in text)
