"""The queue of contacts that wait for providers' data, as users see it; a worker's side is ``db.enrichment_queue``."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import enrichment_writing, outbox, tenancy
from db.models import Contact, ContactEnrichmentQueue
from db.outbox import Topic
from domain.enriching.enrichment_values import cleaned
from domain.errors import Conflict, FieldError, Invalid
from domain.vocabulary import EnrichmentProvider, EnrichmentStatus

COLUMNS = tuple(ContactEnrichmentQueue.__table__.columns)
OPEN = (EnrichmentStatus.PENDING, EnrichmentStatus.PROCESSING)


async def enqueue(
    session: AsyncSession,
    *,
    customer_id: UUID,
    contact_id: UUID,
    provider: EnrichmentProvider | None,
    priority: int,
    now: datetime,
) -> Row[Any]:
    """Queue the contact. Raises ``NotFound``, and ``Conflict`` while an entry of it waits."""
    # Held, so that two requests at once do not queue it twice.
    contact = await tenancy.require(session, Contact, contact_id, customer_id, "contact", lock=True)
    waiting = select(ContactEnrichmentQueue.status).where(
        ContactEnrichmentQueue.contact_id == contact_id, ContactEnrichmentQueue.status.in_(OPEN)
    )
    status = await session.scalar(waiting.limit(1))
    if status is not None:
        raise Conflict("enrichment.waiting", f"An enrichment of this contact is {status} already.")
    values = {"contact_id": contact_id, "customer_id": customer_id, "enrichment_provider": provider}
    times = {"queued_at": now, "next_try_at": now}
    statement = insert(ContactEnrichmentQueue).values(**values, **times, priority=priority).returning(*COLUMNS)
    row = (await session.execute(statement)).one()
    await wake(session, customer_id=customer_id, workspace_ids=[contact.workspace_id])
    return row


async def enqueue_all(
    session: AsyncSession,
    *,
    customer_id: UUID,
    contact_ids: Collection[UUID],
    provider: EnrichmentProvider | None,
    priority: int,
    now: datetime,
) -> int:
    """Queue those of the contacts that are the customer's and do not wait already; how many these are."""
    # Held in one order, so that two requests at once neither queue a contact twice nor block each other.
    mine = select(Contact.id, Contact.workspace_id).where(
        Contact.customer_id == customer_id, Contact.id.in_(set(contact_ids))
    )
    held = (await session.execute(mine.order_by(Contact.id).with_for_update(key_share=True))).all()
    waits = select(ContactEnrichmentQueue.id).where(
        ContactEnrichmentQueue.contact_id == Contact.id, ContactEnrichmentQueue.status.in_(OPEN)
    )
    free = select(
        Contact.id, Contact.customer_id, literal(provider), literal(priority), literal(now), literal(now)
    ).where(Contact.id.in_([row.id for row in held]), ~waits.exists())
    names = ["contact_id", "customer_id", "enrichment_provider", "priority", "queued_at", "next_try_at"]
    statement = insert(ContactEnrichmentQueue).from_select(names, free).returning(ContactEnrichmentQueue.id)
    queued = len((await session.execute(statement)).all())
    if queued:
        await wake(session, customer_id=customer_id, workspace_ids=sorted({row.workspace_id for row in held}))
    return queued


async def wake(session: AsyncSession, *, customer_id: UUID, workspace_ids: list[UUID]) -> None:
    """Have the queues of the workspaces worked once this transaction has committed."""
    await outbox.put_all(session, customer_id=customer_id, topic=Topic.ENRICHMENT_WORK, subject_ids=workspace_ids)


def listing(*, customer_id: UUID, status: EnrichmentStatus | None = None) -> Select[Any]:
    """The customer's entries, those of one status if it is given, as rows."""
    statement = select(*COLUMNS).where(ContactEnrichmentQueue.customer_id == customer_id)
    return statement if status is None else statement.where(ContactEnrichmentQueue.status == status)


async def counts(session: AsyncSession, *, customer_id: UUID) -> dict[EnrichmentStatus, int]:
    """How many entries of the customer stand at each status."""
    mine = ContactEnrichmentQueue.customer_id == customer_id
    grouped = select(ContactEnrichmentQueue.status, func.count()).where(mine).group_by(ContactEnrichmentQueue.status)
    numbers = dict.fromkeys(EnrichmentStatus, 0)
    return numbers | {status: number for status, number in await session.execute(grouped) if status is not None}


async def give(
    session: AsyncSession, *, customer_id: UUID, contact_id: UUID, data: Mapping[str, Any], priority: int, now: datetime
) -> Row[Any]:
    """Write what a user knows at once, as an entry that is completed.

    Raises ``NotFound``, and ``Invalid`` for values that are not of the form of their fields (pointers: ``/data/…``).
    """
    contact = await tenancy.require(session, Contact, contact_id, customer_id, "contact")
    values = cleaned(data, country=contact.country)
    detail = "is empty or not of the form of this field"
    wrong = tuple(FieldError(f"/data/{name}", "form", detail) for name in data if name not in values)
    if wrong:
        raise Invalid("request.invalid", "The data cannot be used.", wrong)
    rights = enrichment_writing.rights_of_a_person()
    await enrichment_writing.write(session, contact_id, rights, values, fetched_at=now, now=now)
    manual = EnrichmentProvider.MANUAL
    whose = {"contact_id": contact_id, "customer_id": customer_id, "enrichment_provider": manual, "asked": [manual]}
    times = {"queued_at": now, "processed_at": now, "next_try_at": now}
    entry = insert(ContactEnrichmentQueue).values(
        **whose, **times, priority=priority, status=EnrichmentStatus.COMPLETED
    )
    return (await session.execute(entry.returning(*COLUMNS))).one()
