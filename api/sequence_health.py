"""The health of a sequence as it is answered with the sequence."""

from pydantic import Field

from api.dependencies import Context
from api.schemas import Read
from db import health
from db.models import Sequence
from domain.tracking.health_facts import HealthStatus, Severity

EXAMPLE_ISSUE = {
    "code": "throttle_against_cap",
    "severity": "warning",
    "detail": "max_emails_per_day promises 100, but throttle_delay_minutes of 60 lets 1 mailbox send at most 8 emails "
    "of the sequence a day. Lower throttle_delay_minutes, add mailboxes, widen the sending hours, or set "
    "max_emails_per_day to 8.",
    "pointer": "/throttle_delay_minutes",
    "facts": {"sends_per_day": 8, "max_emails_per_day": 100, "mailboxes": 1, "throttle_delay_minutes": 60},
}


class SequenceIssue(Read):
    """One thing that is wrong with a sequence."""

    code: str = Field(description="Stable; the documentation lists them all", examples=["throttle_against_cap"])
    severity: Severity = Field(description="`error` where it keeps emails from going, else `warning`")
    detail: str = Field(description="A sentence with the numbers and how to mend it")
    pointer: str | None = Field(description="JSON Pointer to the setting in the sequence, where there is one")
    facts: dict[str, int | float] = Field(description="The numbers of the sentence")


class SequenceHealth(Read):
    """How a sequence does: the worst of its issues, and the issues, the worst first."""

    status: HealthStatus = Field(
        default=HealthStatus.HEALTHY,
        description="`degraded`: it goes, but something is wrong or slow. `stalled`: nothing goes until somebody or "
        "something changes. `blocked`: nothing can ever go as it is set up, or it has paused itself",
        examples=["degraded"],
    )
    issues: list[SequenceIssue] = Field(default=[], examples=[[EXAMPLE_ISSUE]])


async def health_of(ctx: Context, sequence: Sequence) -> SequenceHealth:
    """The health of a sequence of the caller's customer."""
    return SequenceHealth.model_validate(await health.of_sequence(ctx.session, sequence.id, now=ctx.now))
