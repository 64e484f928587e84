"""What the checks of a sending domain share: the answers of DNS, and findings that add up to a verdict."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

MAX_FOUND, MAX_CHARACTERS, MAX_DETAIL = 10, 1_000, 4_000
"""What a report keeps of the records, which are a stranger's to write."""


class Outcome(StrEnum):
    """What came of a question to DNS."""

    FOUND = "found"
    NO_RECORD = "no_record"
    """The name exists, but has no record of this type."""
    NO_NAME = "no_name"
    """NXDOMAIN: there is no such name."""
    FAILED = "failed"
    """SERVFAIL or silence: nobody knows."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The records of one name and type as text: TXT joined, MX as ``10 host``; ``error`` says why it failed."""

    outcome: Outcome
    records: tuple[str, ...] = ()
    error: str = ""


Lookup = Callable[[str, str], Answer]
"""The answer for a name (without the final dot) and a type, such as ``TXT``."""


class Status(StrEnum):
    """How a check ended, from good to bad."""

    OK = "ok"
    WARNING = "warning"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be: what, and how to mend it."""

    status: Status
    detail: str


@dataclass(frozen=True, slots=True)
class Check:
    """One part of the report."""

    name: str
    status: Status
    found: tuple[str, ...]
    detail: str

    def as_json(self) -> Mapping[str, Any]:
        found = [one[:MAX_CHARACTERS] for one in self.found[:MAX_FOUND]]
        return {"name": self.name, "status": str(self.status), "found": found, "detail": self.detail[:MAX_DETAIL]}


def warning(detail: str) -> Finding:
    return Finding(Status.WARNING, detail)


def fail(detail: str) -> Finding:
    return Finding(Status.FAIL, detail)


def unanswered(name: str, answer: Answer) -> Finding:
    """DNS did not say: that is no verdict on the domain."""
    return warning(f"DNS gives no answer for {name} ({answer.error}); check again later, and if it stays, your DNS.")


def worst(statuses: Iterable[Status]) -> Status:
    return max(statuses, key=list(Status).index, default=Status.OK)


def conclude(name: str, found: Iterable[str], findings: Iterable[Finding], *, otherwise: str) -> Check:
    """The check: as bad as its worst finding, which is told first; ``otherwise`` is said when there is none."""
    ordered = sorted(findings, key=lambda one: list(Status).index(one.status), reverse=True)
    detail = " ".join(one.detail for one in ordered) or otherwise
    return Check(name, worst(one.status for one in ordered), tuple(found), detail)


def tags_of(record: str) -> dict[str, str]:
    """The tags of a DKIM or DMARC record, ``v=DMARC1; p=none``; names in lower case (RFC 6376 3.2)."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip().lower(): value.strip() for name, separator, value in pairs if separator}
