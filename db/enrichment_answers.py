"""What providers were asked and have answered: the ledger of calls, and the answers that are used again.

A call is written, and committed, before the request leaves. An answer is written before it is applied. So a worker
that dies loses at most one answer, and none is bought twice: a call without an outcome is never made again by itself.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import EnrichmentAnswer, EnrichmentCall, ProviderAccount
from domain.enriching.enrichment import KEPT, NOTHING_KEPT, Fields
from domain.vocabulary import EnrichmentLookup, EnrichmentOutcome, EnrichmentProvider, ProviderState


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider has told; ``fields`` None: nothing."""

    fields: Fields | None
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked. ``hashes`` (``domain.enriching.enrichment_hashes``) tell what, that to keep it under first."""

    customer_id: UUID
    provider: EnrichmentProvider
    lookup: EnrichmentLookup
    hashes: Sequence[bytes]
    contact_id: UUID

    @property
    def is_personal(self) -> bool:
        return self.lookup is not EnrichmentLookup.COMPANY


async def find(session: AsyncSession, question: Question, *, now: datetime) -> Answer | None:
    """The answer, if there is one that has not expired."""
    statement = select(EnrichmentAnswer.fields, EnrichmentAnswer.fetched_at).where(
        EnrichmentAnswer.customer_id == question.customer_id,
        EnrichmentAnswer.provider == question.provider,
        EnrichmentAnswer.lookup == question.lookup,
        EnrichmentAnswer.asked_hash.in_(question.hashes),
        EnrichmentAnswer.expires_at > now,
    )
    row = (await session.execute(statement.order_by(EnrichmentAnswer.fetched_at.desc()).limit(1))).one_or_none()
    return Answer(row.fields, row.fetched_at) if row else None


async def keep(session: AsyncSession, question: Question, fields: Fields | None, *, now: datetime) -> None:
    """Write the answer down. One about a person whose contact is gone is forgotten at once."""
    life = NOTHING_KEPT if fields is None else KEPT[question.lookup]
    statement = text(
        """INSERT INTO enrichment_answers
             (customer_id, provider, lookup, asked_hash, contact_id, fields, fetched_at, expires_at)
           SELECT :customer_id, CAST(:provider AS enrichment_provider_enum), CAST(:lookup AS enrichment_lookup_enum),
             :asked_hash, CASE WHEN :is_personal THEN contact.id END, CAST(:fields AS jsonb), :now, :expires_at
           FROM contacts AS contact WHERE contact.id = :contact_id FOR KEY SHARE
           ON CONFLICT (customer_id, provider, lookup, asked_hash) DO UPDATE SET contact_id = excluded.contact_id,
             fields = excluded.fields, fetched_at = excluded.fetched_at, expires_at = excluded.expires_at"""
    )
    values = {"customer_id": question.customer_id, "provider": question.provider, "lookup": question.lookup}
    values |= {"asked_hash": question.hashes[0], "contact_id": question.contact_id, "now": now}
    values |= {
        "is_personal": question.is_personal,
        "fields": None if fields is None else json.dumps(dict(fields)),
        "expires_at": now + life,
    }
    await session.execute(statement, values)


async def begin_call(
    session: AsyncSession, account: ProviderAccount, lookup: EnrichmentLookup, queue_id: UUID, *, now: datetime
) -> UUID | None:
    """Write down that the provider is about to be asked, and reserve a credit. None: the budget is spent.

    The provider's row is held, so that calls at the same time cannot spend the last credit twice.
    """
    held = select(ProviderAccount).where(ProviderAccount.id == account.id).with_for_update()
    budget = (await session.execute(held.execution_options(populate_existing=True))).scalar_one_or_none()
    if budget is None:
        return None
    spent_until = await _spent_until(session, budget, now)
    if spent_until is not None:
        # Written as it is, updated_at says that the settings are the same.
        values = {"state": ProviderState.OVER_BUDGET, "available_at": spent_until, "updated_at": budget.updated_at}
        await session.execute(update(ProviderAccount).where(ProviderAccount.id == account.id).values(**values))
        return None
    whose = {"customer_id": account.customer_id, "workspace_id": account.workspace_id, "provider": account.provider}
    call = insert(EnrichmentCall).values(**whose, queue_id=queue_id, lookup=lookup, credits=1, asked_at=now)
    return (await session.execute(call.returning(EnrichmentCall.id))).scalar_one()


async def end_call(
    session: AsyncSession,
    call_id: UUID,
    outcome: EnrichmentOutcome,
    *,
    paid: bool,
    status_code: int | None,
    now: datetime,
) -> None:
    """What became of a call, and what it cost."""
    values = {"outcome": outcome, "credits": int(paid), "status_code": status_code, "answered_at": now}
    await session.execute(update(EnrichmentCall).where(EnrichmentCall.id == call_id).values(**values))


async def abandon_calls(
    session: AsyncSession, queue_id: UUID, provider: EnrichmentProvider, lookup: EnrichmentLookup, *, now: datetime
) -> bool:
    """Whether a worker died over this lookup: its call then counts as ``unknown``, and as paid."""
    open_calls = update(EnrichmentCall).where(
        EnrichmentCall.queue_id == queue_id,
        EnrichmentCall.provider == provider,
        EnrichmentCall.lookup == lookup,
        EnrichmentCall.outcome.is_(None),
    )
    ended = open_calls.values(outcome=EnrichmentOutcome.UNKNOWN, answered_at=now).returning(EnrichmentCall.id)
    return bool((await session.execute(ended)).all())


async def credits_since(
    session: AsyncSession, workspace_id: UUID, provider: EnrichmentProvider, since: datetime
) -> int:
    """How many credits a provider has cost the workspace since an instant, those reserved included."""
    statement = select(func.coalesce(func.sum(EnrichmentCall.credits), 0)).where(
        EnrichmentCall.workspace_id == workspace_id,
        EnrichmentCall.provider == provider,
        EnrichmentCall.asked_at >= since,
    )
    return int((await session.execute(statement)).scalar_one())


async def failures_of(session: AsyncSession, queue_id: UUID, provider: EnrichmentProvider) -> int:
    """How often the provider had no answer for the entry so far."""
    statement = select(func.count()).where(
        EnrichmentCall.queue_id == queue_id,
        EnrichmentCall.provider == provider,
        EnrichmentCall.outcome.in_([EnrichmentOutcome.NOT_READY, EnrichmentOutcome.UNAVAILABLE]),
    )
    return (await session.execute(statement)).scalar_one()


def day_of(now: datetime) -> datetime:
    """When the day in UTC began."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


def month_of(now: datetime) -> datetime:
    """When the month in UTC began."""
    return day_of(now).replace(day=1)


async def _spent_until(session: AsyncSession, account: ProviderAccount, now: datetime) -> datetime | None:
    """Until when nothing is to be spent any more; None when there is a credit left."""
    next_month = (month_of(now) + timedelta(days=32)).replace(day=1)
    for budget, since, until in (
        (account.monthly_budget, month_of(now), next_month),
        (account.daily_budget, day_of(now), day_of(now) + timedelta(days=1)),
    ):
        if budget is None:
            continue
        if await credits_since(session, account.workspace_id, account.provider, since) >= budget:
            return until
    return None
