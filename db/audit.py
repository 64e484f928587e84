"""What was done that must stay known: events that the database lets nobody change or delete."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import AuditEvent

COLUMNS = tuple(AuditEvent.__table__.columns)


async def record(
    session: AsyncSession,
    *,
    customer_id: UUID,
    workspace_id: UUID | None,
    user_id: UUID | None,
    action: str,
    subject: str,
    subject_id: UUID | None,
    details: Mapping[str, Any],
    now: datetime,
    address_hash: str | None = None,
) -> None:
    """Note, in the caller's transaction, that a user (None: OpenDoors itself) did ``action`` to ``subject``.

    ``action`` is ``noun.participle``, such as ``suppression.lifted``, and ``subject`` the noun, whose row may be gone.
    The event stays for ever: ``details`` (JSON) hold ids, numbers, enum values and what a user gave as reason, never
    an address or a name. By ``address_hash`` (``domain.profiles.address_hashes``) the events of an address are found.
    """
    who = {"customer_id": customer_id, "workspace_id": workspace_id, "user_id": user_id, "occurred_at": now}
    what = {"action": action, "subject": subject, "subject_id": subject_id, "address_hash": address_hash}
    await session.execute(insert(AuditEvent).values(**who, **what, details=dict(details)))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which events are asked for; what is None does not count. ``since`` is the earliest instant (in)."""

    action: str | None = None
    subject: str | None = None
    subject_id: UUID | None = None
    user_id: UUID | None = None
    since: datetime | None = None
    address_hashes: Collection[str] | None = None


def listing(*, customer_id: UUID, wanted: AuditFilter) -> Select[Any]:
    """The customer's events that fit, as rows."""
    statement = select(*COLUMNS).where(AuditEvent.customer_id == customer_id)
    for column in (AuditEvent.action, AuditEvent.subject, AuditEvent.subject_id, AuditEvent.user_id):
        value = getattr(wanted, column.key)
        if value is not None:
            statement = statement.where(column == value)
    if wanted.since is not None:
        statement = statement.where(AuditEvent.occurred_at >= wanted.since)
    if wanted.address_hashes is not None:
        statement = statement.where(AuditEvent.address_hash.in_(wanted.address_hashes))
    return statement
