"""What the server's books say against what Postgres says, send by send: rules over plain data."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.faults.cells import MATRIX, Cell, Fate, cell_of
from tests.e2e.faults.server import Books

LEDGER = """SELECT contact.email AS address, message.status::text AS message_status, message.message_id,
                   message.smtp_code, message.smtp_response, message.attempts, e.status::text AS enrollment_status,
                   e.waiting_reason::text AS waiting_reason, e.id AS enrollment_id,
                   e.next_step_scheduled_at AS due, message.claimed_at
            FROM sequence_enrollments AS e JOIN contacts AS contact ON contact.id = e.contact_id
            LEFT JOIN email_messages AS message ON message.enrollment_id = e.id"""
EXAMPLES = 5
"""Of each broken promise."""


@dataclass(slots=True)
class Line:
    """A cell's counts: a line of the table."""

    sends: int = 0
    met: int = 0
    accepted_once: int = 0
    accepted_twice: int = 0
    sent: int = 0
    unknown: int = 0
    failed: int = 0
    ambiguous: int = 0


@dataclass(slots=True)
class Verdict:
    """Counts by cell, and what was broken with examples."""

    lines: Mapping[Cell, Line]
    broken: Counter[str]
    examples: list[str] = field(default_factory=list)
    accidents: int = 0

    @property
    def total(self) -> Line:
        """All cells together."""
        total = Line()
        for line in self.lines.values():
            for name in Line.__slots__:
                setattr(total, name, getattr(total, name) + getattr(line, name))
        return total


@dataclass(frozen=True, slots=True)
class Send:
    """One send as both sides have it."""

    address: str
    cell: Cell
    row: Mapping[str, Any]
    accepted: int
    acknowledged: int
    ambiguous: int
    accidents: int

    @property
    def status(self) -> str | None:
        status = self.row["message_status"]
        return None if status is None else str(status)


PROMISES: Mapping[str, Callable[[Send], bool]] = {
    "accepted twice": lambda send: send.accepted > 1,
    "sent, but not accepted": lambda send: send.status == "sent" and not send.accepted,
    "accepted, but neither sent nor unknown": lambda send: (
        bool(send.accepted) and send.status not in {"sent", "unknown"}
    ),
    # The only excuse for a 250 that is not in the ledger is the death of the process that read it.
    "acknowledged and lost": lambda send: (
        bool(send.acknowledged) and send.status != "sent" and not (send.status == "unknown" and send.ambiguous)
    ),
    "unknown without an ambiguous fault": lambda send: (
        send.status == "unknown" and not send.ambiguous and not send.accidents
    ),
    "not done": lambda send: (
        send.status in {None, "claimed", "sending"} or send.row["enrollment_status"] in {"active", "paused"}
    ),
    "another end than its answers mean": lambda send: not _ends_right(send),
    "failed without the server's words": lambda send: (
        send.status == "failed"
        and not (
            str(send.row["smtp_code"]) == send.cell.fault and str(send.cell.fault) in (send.row["smtp_response"] or "")
        )
    ),
}
"""What may not happen to any send."""
FEWER = "fewer sends met the fault than asked for"
STRANGE = "accepted, but not in the ledger"


def judge(rows: Sequence[Mapping[str, Any]], books: Books, own: Mapping[str, set[str]], *, least: int) -> Verdict:
    """Compare the ledger's ``rows`` with the books. Each cell's fault has to be met by ``least`` sends."""
    accepted = Counter(recipient for _, recipient in books.accepted)
    by_id = Counter(message_id for message_id, _ in books.accepted)
    lines: dict[Cell, Line] = defaultdict(Line)
    verdict = Verdict(lines, Counter(), accidents=books.accidents.total())
    for row in rows:
        address = row["address"]
        counts = (accepted[address], books.acknowledged[address], books.ambiguous[address], books.accidents[address])
        send = Send(address, cell_of(address), row, *counts)
        _count(lines[send.cell], send, by_id)
        for promise, is_broken in PROMISES.items():
            if is_broken(send):
                _note(verdict, promise, f"{address}: {dict(row)}, accepted {send.accepted} times")
    for strange in by_id.keys() - {row["message_id"] for row in rows}:
        _note(verdict, STRANGE, strange)
    for cell, met in _met(books, own, rows):
        lines[cell].met = met
        if met < least:
            _note(verdict, FEWER, f"{cell.name}: {met}")
    return verdict


def _count(line: Line, send: Send, by_id: Counter[str]) -> None:
    line.sends += 1
    line.accepted_once += send.accepted == 1
    line.accepted_twice += send.accepted > 1 or by_id[send.row["message_id"]] > 1
    line.sent += send.status == "sent"
    line.unknown += send.status == "unknown"
    line.failed += send.status == "failed"
    line.ambiguous += send.ambiguous


def _ends_right(send: Send) -> bool:
    """A send ends as its cell says, or as unknown."""
    if send.status == "unknown" or send.status is None:
        return True
    match send.cell.fate:
        case Fate.SENT:
            return send.status == "sent" and send.row["enrollment_status"] == "completed"
        case Fate.FAILED:
            return send.status == "failed" and send.row["enrollment_status"] == "failed"
        case Fate.BOUNCED:
            return send.status == "failed" and send.row["enrollment_status"] == "bounced"


def _met(books: Books, own: Mapping[str, set[str]], rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Cell, int]]:
    """How many sends met their fault. Where the server knows the mailbox alone, all its sends did before it healed."""
    enrolled = {row["address"] for row in rows}
    counts = Counter(cell_of(address) for address in books.met if address in enrolled)
    for mailbox, recipients in own.items():
        counts[cell_of(mailbox)] += len(recipients & enrolled) if books.met[mailbox] else 0
    for cell in MATRIX:
        if cell.fault is not None:
            yield cell, counts[cell]


def _note(verdict: Verdict, promise: str, example: str) -> None:
    verdict.broken[promise] += 1
    if verdict.broken[promise] <= EXAMPLES:
        verdict.examples.append(f"{promise}: {example}")
