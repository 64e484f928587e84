"""What the settings promise about capacity: the rules of a workspace and of mailboxes, as planning takes them."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.scheduling.capacity import HORIZON_DAYS, MailboxRules, WorkspaceRules
from domain.scheduling.zones import UTC, day_number, zone
from domain.vocabulary import EmailAccountStatus

_WORKSPACE = text("SELECT timezone, recipient_domain_daily_cap, contact_daily_cap FROM workspaces WHERE id = :id")
_MAILBOXES = text(
    """SELECT id, status, daily_limit, min_gap_seconds, gap_jitter_seconds, ramp_up_start, ramp_up_per_day,
              ramp_up_from, away_from, away_until
       FROM email_accounts WHERE customer_id = :customer_id"""
)


async def workspace_rules(session: AsyncSession, workspace_id: UUID) -> WorkspaceRules:
    """The zone of the workspace's days, and its caps."""
    row = (await session.execute(_WORKSPACE, {"id": workspace_id})).one()
    return WorkspaceRules(
        zone=zone(row.timezone) or UTC,
        domain_cap=row.recipient_domain_daily_cap,
        contact_cap=row.contact_daily_cap,
    )


async def mailbox_rules(
    session: AsyncSession, customer_id: UUID, today: int, *, instead: Mapping[UUID, Mapping[str, Any]] | None = None
) -> dict[UUID, MailboxRules]:
    """The promises of the customer's mailboxes from the day ``today`` (of the workspace's zone) on.

    ``instead`` has columns of mailboxes that are taken for other than they are.
    """
    rows = (await session.execute(_MAILBOXES, {"customer_id": customer_id})).mappings()
    settings = [SimpleNamespace(**{**row, **(instead or {}).get(row["id"], {})}) for row in rows]
    return {one.id: _rules(one, today) for one in settings}


def _rules(row: SimpleNamespace, today: int) -> MailboxRules:
    return MailboxRules(
        id=row.id,
        daily_limit=row.daily_limit,
        gap=row.min_gap_seconds,
        jitter=row.gap_jitter_seconds,
        limits={**_ramp_up(row, today), **dict.fromkeys(_days(row.away_from, row.away_until, today), 0)},
        working=row.status == EmailAccountStatus.ACTIVE,
    )


def _ramp_up(row: SimpleNamespace, today: int) -> Mapping[int, int]:
    """The limit of each day until the ramp-up has reached ``daily_limit``; before its first day that of the first."""
    if row.ramp_up_start is None or row.ramp_up_per_day is None:
        return {}
    first = today if row.ramp_up_from is None else day_number(row.ramp_up_from)
    limits: dict[int, int] = {}
    for day in range(today - 1, today + HORIZON_DAYS):
        limit = row.ramp_up_start + row.ramp_up_per_day * max(0, day - first)
        if limit >= row.daily_limit:
            break
        limits[day] = limit
    return limits


def _days(first: date | None, last: date | None, today: int) -> Sequence[int]:
    """The day numbers from ``first`` to ``last`` (both in), as far as they are not past."""
    if last is None:
        return ()
    start = today if first is None else max(today, day_number(first))
    return range(start, min(day_number(last), today + HORIZON_DAYS) + 1)
