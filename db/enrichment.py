"""The queue of contacts that wait for a provider's data. Nothing works it yet: entries stay pending."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import tenancy
from db.models import Contact, ContactEnrichmentQueue
from domain.errors import Conflict
from domain.vocabulary import EnrichmentStatus

COLUMNS = tuple(ContactEnrichmentQueue.__table__.columns)
_WAITING = (EnrichmentStatus.PENDING, EnrichmentStatus.PROCESSING)


async def enqueue(
    session: AsyncSession, *, customer_id: UUID, contact_id: UUID, provider: str | None, priority: int, now: datetime
) -> Row[Any]:
    """Queue the contact. Raises ``NotFound``, and ``Conflict`` while an entry of it waits."""
    # Held, so that two requests at once do not queue it twice.
    await tenancy.require(session, Contact, contact_id, customer_id, "contact", lock=True)
    waiting = select(ContactEnrichmentQueue.status).where(
        ContactEnrichmentQueue.contact_id == contact_id, ContactEnrichmentQueue.status.in_(_WAITING)
    )
    status = await session.scalar(waiting.limit(1))
    if status is not None:
        raise Conflict("enrichment.waiting", f"An enrichment of this contact is {status} already.")
    values = {"contact_id": contact_id, "customer_id": customer_id, "enrichment_provider": provider}
    statement = insert(ContactEnrichmentQueue).values(**values, priority=priority, queued_at=now).returning(*COLUMNS)
    return (await session.execute(statement)).one()


async def counts(session: AsyncSession, *, customer_id: UUID) -> dict[EnrichmentStatus, int]:
    """How many entries of the customer stand at each status."""
    mine = ContactEnrichmentQueue.customer_id == customer_id
    grouped = select(ContactEnrichmentQueue.status, func.count()).where(mine).group_by(ContactEnrichmentQueue.status)
    numbers = dict.fromkeys(EnrichmentStatus, 0)
    return numbers | {status: number for status, number in await session.execute(grouped) if status is not None}
