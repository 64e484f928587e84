"""Which settings were in force when: read from the tables of settings as they change, for the checker alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Settled:
    """The settings as they stood: rows of the workspace, the mailboxes and the sequences."""

    workspace: Row
    mailboxes: dict[UUID, Row]
    sequences: dict[UUID, Row]


async def read_settings(connection: asyncpg.Connection) -> Settled:
    """The settings as they are now."""
    sequences = """SELECT id, status, sending_timezone, use_contact_timezone, sending_hours, follow_up_hours,
                          max_emails_per_day, throttle_delay_minutes, holiday_dates, holiday_country FROM sequences"""
    mailboxes = """SELECT id, status, daily_limit, min_gap_seconds, ramp_up_start, ramp_up_per_day, ramp_up_from,
                          away_from, away_until FROM email_accounts"""
    (workspace,) = await connection.fetch(
        "SELECT timezone, recipient_domain_daily_cap, contact_daily_cap, holiday_dates FROM workspaces"
    )
    return Settled(
        dict(workspace),
        {row["id"]: dict(row) for row in await connection.fetch(mailboxes)},
        {row["id"]: dict(row) for row in await connection.fetch(sequences)},
    )


@dataclass(slots=True)
class History:
    """Settings with the time during which a send may still, or already, go by them.

    While a change is carried out (written, but not yet planned for everybody) both the old and the new ones hold.
    """

    spans: list[tuple[datetime, datetime | None, Settled]] = field(default_factory=list)

    def begin(self, at: datetime, settled: Settled) -> None:
        self.spans.append((at, None, settled))

    def change(self, since: datetime, until: datetime, settled: Settled) -> None:
        """A change was made at ``since``, and everybody was planned by it at ``until``."""
        begin, _, before = self.spans[-1]
        self.spans[-1] = (begin, until, before)
        self.spans.append((since, None, settled))

    def at(self, moment: datetime) -> Iterator[Settled]:
        """The settings by which a send at ``moment`` may go."""
        for begin, end, settled in self.spans:
            if begin <= moment and (end is None or moment <= end):
                yield settled
