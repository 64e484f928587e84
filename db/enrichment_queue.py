"""The queue of contacts that wait for providers' data, as a worker works it.

Every provider of a workspace has its own turn: an entry is given to one at a time, and one that cannot be asked now
holds up no other. A worker holds an entry for ``LEASE``; ``tries`` tells whether it still is that worker's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ProviderAccount
from domain.enriching.enrichment_outcomes import SENTENCES
from domain.vocabulary import EnrichmentOutcome, EnrichmentProvider, ProviderState

LEASE: Final = timedelta(minutes=3)
"""Longer than a worker can be at one entry: logging in and two requests of twenty seconds each."""

_HELPLESS: Final = (ProviderState.UNAUTHORISED, ProviderState.OUT_OF_CREDITS, ProviderState.OVER_BUDGET)
"""States that a person or a long time ends: entries that name no provider do not wait for one of these."""

_FITS = """
    queue.customer_id = account.customer_id AND queue.status IN ('pending', 'processing')
    AND (queue.enrichment_provider IS NULL OR queue.enrichment_provider = CAST(account.provider AS text))
    AND NOT CAST(account.provider AS text) = ANY(queue.asked)
"""
"""SQL: whether the provider of ``account`` is to be asked about an entry of this customer, leaving times aside."""
_ASKABLE = f"{_FITS} AND (SELECT workspace_id FROM contacts WHERE id = queue.contact_id) = account.workspace_id"
"""SQL: the same of this workspace. Contacts are looked at for entries that fit: a join might begin with all of them."""
_SOONEST = f"""enrichment_providers AS account CROSS JOIN LATERAL (
      SELECT queue.next_try_at FROM contact_enrichment_queue AS queue
      WHERE {_ASKABLE} ORDER BY queue.next_try_at LIMIT 1) AS entry"""
"""SQL: providers with the time of the next entry for each."""

_CLAIM = text(
    f"""UPDATE contact_enrichment_queue SET status = 'processing', tries = tries + 1, next_try_at = :lease_ends_at
        WHERE id IN (
          SELECT entry.id FROM enrichment_providers AS account
          CROSS JOIN LATERAL (
            SELECT queue.id FROM contact_enrichment_queue AS queue
            WHERE {_ASKABLE} AND queue.next_try_at <= :now
            ORDER BY queue.priority DESC, queue.queued_at, queue.id LIMIT :limit FOR UPDATE SKIP LOCKED) AS entry
          WHERE account.id = :account_id)
        RETURNING id, contact_id, tries, enrichment_provider, priority, queued_at"""
)
_NEXT = text(
    f"""SELECT min(greatest(account.available_at, entry.next_try_at)) FROM {_SOONEST}
        WHERE account.workspace_id = :workspace_id AND account.enabled AND account.state <> 'unauthorised'"""
)
_OVERDUE = text(
    f"""SELECT DISTINCT account.workspace_id, account.customer_id FROM {_SOONEST}
        WHERE account.enabled AND account.state <> 'unauthorised'
          AND greatest(account.available_at, entry.next_try_at) < :before"""
)
_SETTLE = text(
    """UPDATE contact_enrichment_queue SET status = 'pending', next_try_at = :next_try_at,
         asked = CASE WHEN :done THEN array_append(asked, CAST(:provider AS text)) ELSE asked END,
         error_code = CASE WHEN asked <> '{}' AND error_code IS NULL THEN NULL ELSE CAST(:code AS text) END,
         error_message = CASE WHEN asked <> '{}' AND error_code IS NULL THEN NULL ELSE CAST(:message AS text) END
       WHERE id = :id AND tries = :tries AND status = 'processing'"""
)
_CONCLUDE = text(
    """UPDATE contact_enrichment_queue AS queue SET processed_at = :now,
         status = CAST(CASE WHEN error_code IS NULL THEN 'completed' ELSE 'failed' END AS enrichment_status_enum)
       WHERE customer_id = (SELECT customer_id FROM workspaces WHERE id = :workspace_id)
         AND status = 'pending' AND asked <> '{}'
         AND CASE WHEN enrichment_provider IS NOT NULL THEN enrichment_provider = ANY(asked)
           ELSE NOT EXISTS (
             SELECT FROM enrichment_providers AS account
             WHERE account.workspace_id = :workspace_id AND account.enabled
               AND NOT CAST(account.provider AS text) = ANY(queue.asked) AND NOT account.state = ANY(:helpless)) END
         AND (SELECT workspace_id FROM contacts WHERE id = queue.contact_id) = :workspace_id"""
)
_WAITING = text(
    f"""SELECT account.provider, count(*) AS number FROM enrichment_providers AS account
        JOIN contact_enrichment_queue AS queue ON {_FITS}
        JOIN contacts AS contact ON contact.id = queue.contact_id AND contact.workspace_id = account.workspace_id
        WHERE account.workspace_id = :workspace_id GROUP BY account.provider"""
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that this worker holds."""

    id: UUID
    contact_id: UUID
    tries: int
    is_named: bool
    """Whether this very provider was wanted, and not any that helps."""


async def open_accounts(session: AsyncSession, workspace_id: UUID, *, now: datetime) -> Sequence[ProviderAccount]:
    """The workspace's providers that can be asked now, the best rank first."""
    statement = select(ProviderAccount).where(
        ProviderAccount.workspace_id == workspace_id,
        ProviderAccount.enabled,
        ProviderAccount.state != ProviderState.UNAUTHORISED,
        ProviderAccount.available_at <= now,
    )
    return (await session.execute(statement.order_by(ProviderAccount.rank, ProviderAccount.provider))).scalars().all()


async def claim(
    session: AsyncSession, account_id: UUID, *, limit: int, pause: timedelta, lease: timedelta, now: datetime
) -> list[Entry]:
    """Take up to ``limit`` entries for a provider: higher priority first, then who has waited longest.

    The provider has its next turn after ``pause``; no entries when another worker has just taken this one.
    """
    turn = text(
        """UPDATE enrichment_providers SET available_at = :next_turn
           WHERE id = :account_id AND enabled AND state <> 'unauthorised' AND available_at <= :now RETURNING id"""
    )
    values = {"account_id": account_id, "now": now}
    if await session.scalar(turn, {**values, "next_turn": now + pause}) is None:
        return []
    rows = (await session.execute(_CLAIM, {**values, "limit": limit, "lease_ends_at": now + lease})).all()
    rows = sorted(rows, key=lambda row: (-row.priority, row.queued_at, row.id))
    return [Entry(row.id, row.contact_id, row.tries, row.enrichment_provider is not None) for row in rows]


async def settle(
    session: AsyncSession,
    entry: Entry,
    provider: EnrichmentProvider,
    *,
    code: EnrichmentOutcome | None,
    done: bool,
    next_try_at: datetime,
) -> None:
    """Give the entry back: the provider is ``done`` with it, or is asked again from ``next_try_at`` on.

    ``code`` says why nothing was found; it does not undo what another provider has found before.
    """
    values = {"id": entry.id, "tries": entry.tries, "provider": provider, "done": done, "next_try_at": next_try_at}
    message = None if code is None else SENTENCES[code]
    await session.execute(_SETTLE, {**values, "code": code, "message": message})


async def conclude(session: AsyncSession, workspace_id: UUID, *, now: datetime) -> None:
    """End the entries for which there is nobody left to ask: ``failed`` if nobody has found anything."""
    helpless = [str(state) for state in _HELPLESS]
    await session.execute(_CONCLUDE, {"workspace_id": workspace_id, "now": now, "helpless": helpless})


async def next_at(session: AsyncSession, workspace_id: UUID) -> datetime | None:
    """When something is to be done next; None when nothing waits that time alone will bring on."""
    moment: datetime | None = await session.scalar(_NEXT, {"workspace_id": workspace_id})
    return moment


async def waiting(session: AsyncSession, workspace_id: UUID) -> dict[str, int]:
    """How many entries each of the workspace's providers is still to be asked about."""
    rows = (await session.execute(_WAITING, {"workspace_id": workspace_id})).all()
    return {row.provider: row.number for row in rows}


async def overdue(session: AsyncSession, *, before: datetime) -> Sequence[Row[Any]]:
    """The workspaces, as ``workspace_id`` and ``customer_id``, where something was to be done before that instant."""
    return (await session.execute(_OVERDUE, {"before": before})).all()
