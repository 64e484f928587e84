"""The matrix: at which phase of SMTP which fault is met, and what has to become of a send that met it."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

DOMAIN = "prospect.example"
SENDERS = "sender.example"


class Phase(StrEnum):
    """The moment, in the order of the conversation (RFC 5321)."""

    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    GO_AHEAD = "354"
    """354 was written, and nothing of the message is read."""
    BODY = "body"
    """The first bytes of the message were read."""
    DOT = "dot"
    """The final dot was read; the message is not accepted."""
    ACCEPTED = "accepted"
    """The message is recorded; the 250 is not written."""
    ANSWERED = "250"
    """The 250 was written."""


class Fault(StrEnum):
    """What goes wrong; a code is the server's answer."""

    C421 = "421"
    C450 = "450"
    C451 = "451"
    C535 = "535"
    C550 = "550"
    C554 = "554"
    STALL = "stall"
    """The server says nothing until the client gives up."""
    DROP = "drop"
    """The server ends the connection."""
    KILL = "kill"
    """The client's process is ended by SIGKILL."""

    @property
    def code(self) -> int | None:
        """The server's answer; None for what is no answer."""
        return int(self.value) if self.value.isdecimal() else None


class Fate(StrEnum):
    """How a send has to end."""

    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"
    """Failed, and the enrollment ended as bounced, since the words were about the address."""


_SEVERED = frozenset({Fault.STALL, Fault.DROP, Fault.KILL})
_FROM_THE_BODY = frozenset({Phase.GO_AHEAD, Phase.BODY, Phase.DOT, Phase.ACCEPTED})


@dataclass(frozen=True)
class Cell:
    """One fault at one phase; None for both: a send that meets none by plan."""

    phase: Phase | None
    fault: Fault | None

    @cached_property
    def name(self) -> str:
        return f"{self.phase}-{self.fault}" if self.phase else "none"

    @property
    def ambiguous(self) -> bool:
        """Whether the client cannot know, after the fault, that the message was not accepted.

        From the 354 on: a message of a few kilobytes is handed to the system at once, dot included, so that a client
        whose connection ends in the body cannot tell how much of it was read. After the 250 it knows, unless it dies.
        """
        if self.phase is Phase.ANSWERED:
            return self.fault is Fault.KILL
        return self.phase in _FROM_THE_BODY and self.fault in _SEVERED

    @property
    def of_mailbox(self) -> bool:
        """Whether the server does not know the recipient yet: all sends of a mailbox meet the fault."""
        return self.phase in {Phase.AUTH, Phase.MAIL}

    @property
    def stops_mailbox(self) -> bool:
        """Whether the answer is about who sends: the mailbox has to show an error, and its sends have to wait."""
        return self.fault is Fault.C535 or (self.of_mailbox and self.fault in {Fault.C550, Fault.C554})

    @property
    def needs_own_mailbox(self) -> bool:
        """Whether it concerns other sends of the mailbox, or (bounces, whose rate is watched) of the sequence."""
        return self.of_mailbox or self.stops_mailbox or self.fate is Fate.BOUNCED

    @property
    def fate(self) -> Fate:
        """How a send ends that met this fault and then a server that behaves; ``unknown`` stands beside it."""
        if self.stops_mailbox or self.fault not in {Fault.C550, Fault.C554}:
            return Fate.SENT
        return Fate.BOUNCED if self.phase is Phase.RCPT and self.fault is Fault.C550 else Fate.FAILED

    def address(self, number: int) -> str:
        """The recipient whose local part names the cell."""
        return f"{self.name}-{number:04d}@{DOMAIN}"

    def mailbox(self, number: int) -> str:
        return f"{self.name}-{number:04d}@{SENDERS}"


NONE = Cell(None, None)


def _makes_sense(cell: Cell) -> bool:
    """Cells that are left out.

    At AUTH only a refusal is of interest. A server that said 354 answers nothing before the message. One that accepted
    a message and then refuses it lies, and no client can find that out; after the 250 it may only say that it leaves.
    """
    match cell.phase:
        case Phase.AUTH:
            return cell.fault is Fault.C535
        case Phase.GO_AHEAD | Phase.ACCEPTED:
            return cell.fault in _SEVERED
        case Phase.ANSWERED:
            return cell.fault in _SEVERED | {Fault.C421}
        case _:
            return True


MATRIX = (NONE, *(cell for phase in Phase for fault in Fault if _makes_sense(cell := Cell(phase, fault))))
_BY_NAME = {cell.name: cell for cell in MATRIX}


def cell_of(address: str) -> Cell:
    """The cell that an address of a recipient or a mailbox names; ``NONE`` for a mailbox that all share."""
    return _BY_NAME.get(address.partition("@")[0].rpartition("-")[0], NONE)


def tries_of(address: str) -> int:
    """How often the recipient meets its fault: every fifth meets it twice, but nobody is killed twice for one."""
    twice = cell_of(address).fault is not Fault.KILL and address.partition("@")[0].endswith(("0", "5"))
    return 2 if twice else 1


WORDS = {
    Fault.C421: "4.3.2 Service not available, closing transmission channel",
    Fault.C450: "4.2.0 Greylisted, try again later",
    Fault.C451: "4.3.0 Requested action aborted: local error in processing",
    Fault.C535: "5.7.8 Authentication credentials invalid",
    Fault.C550: "5.7.1 Message refused by policy",
    Fault.C554: "5.7.1 Transaction failed: the content looks like spam",
}
UNKNOWN_USER = "5.1.1 Recipient address rejected: User unknown"


def answer_of(cell: Cell) -> str:
    """The line that the server says for the fault."""
    assert cell.fault is not None
    words = UNKNOWN_USER if cell.fate is Fate.BOUNCED else WORDS[cell.fault]
    return f"{cell.fault.code} {words}"
