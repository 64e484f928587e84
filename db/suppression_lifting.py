"""Taking entries off the suppression list: who did it, when and why stays known, the address does not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import audit, contacts, suppressions
from db.models import Contact, ContactSuppressionList
from domain.errors import FieldError, Invalid, NotFound
from domain.profiles.address_hashes import AddressHashes
from domain.vocabulary import ContactStatus, SuppressionType

NEEDS_REASON = frozenset({SuppressionType.UNSUBSCRIBE, SuppressionType.COMPLAINT})
"""What a recipient has asked for, so that nobody takes it back without saying why."""
_STATUS_OF: Mapping[SuppressionType, ContactStatus] = {
    SuppressionType.HARD_BOUNCE: ContactStatus.BOUNCED,
    SuppressionType.UNSUBSCRIBE: ContactStatus.UNSUBSCRIBED,
    SuppressionType.COMPLAINT: ContactStatus.UNSUBSCRIBED,
}
"""The status that a contact got together with the entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """Who takes an entry off the list, and why; whether its contact becomes active again with it."""

    customer_id: UUID
    workspace_id: UUID
    user_id: UUID
    reason: str | None = None
    reactivate: bool = False


async def lift(
    session: AsyncSession, lift: Lift, *, suppression_id: UUID, hashes: AddressHashes, now: datetime
) -> UUID | None:
    """Delete the entry and record that; the id of the contact that became active again, if that was asked for.

    A contact is active again only if its status came with an entry of this type, and is mailed only if no other entry
    keeps it from that. Raises ``NotFound``, and ``Invalid`` where a reason is needed.
    """
    entry = await suppressions.get(session, customer_id=lift.customer_id, suppression_id=suppression_id)
    if lift.reason is None and entry.suppression_type in NEEDS_REASON:
        needed = f"is needed to lift an entry of type {entry.suppression_type}"
        wrong = FieldError("/reason", "suppression.reason", needed)
        raise Invalid("suppression.reason", "The recipient asked for no email: say why this is lifted.", (wrong,))
    # Contacts are locked before entries, as by everybody who suppresses one.
    contact_id = await _reactivate(session, lift, entry, now) if lift.reactivate else None
    statement = delete(ContactSuppressionList).where(ContactSuppressionList.id == suppression_id)
    statement = statement.execution_options(synchronize_session=False)
    if (await session.execute(statement.returning(ContactSuppressionList.id))).one_or_none() is None:
        raise NotFound("suppression", suppression_id)
    await _record(session, lift, entry, contact_id, hashes, now)
    return contact_id


async def _reactivate(session: AsyncSession, lift: Lift, entry: Row[Any], now: datetime) -> UUID | None:
    status = _STATUS_OF.get(entry.suppression_type)
    found = select(Contact.id).where(Contact.customer_id == lift.customer_id, Contact.email == entry.email)
    contact_id = await session.scalar(found.where(Contact.status == status))
    if contact_id is not None:
        await contacts.change(
            session,
            customer_id=lift.customer_id,
            contact_id=contact_id,
            user_id=lift.user_id,
            fields={"status": ContactStatus.ACTIVE},
            now=now,
        )
    return contact_id


async def _record(
    session: AsyncSession, lift: Lift, entry: Row[Any], contact_id: UUID | None, hashes: AddressHashes, now: datetime
) -> None:
    erased = entry.erased_at is not None
    await audit.record(
        session,
        customer_id=lift.customer_id,
        workspace_id=lift.workspace_id,
        user_id=lift.user_id,
        action="suppression.lifted",
        subject="suppression",
        subject_id=entry.id,
        address_hash=entry.email if erased else hashes.of(lift.customer_id, entry.email),
        details={
            "reason": lift.reason,
            "suppression_type": entry.suppression_type,
            "source": entry.source,
            "suppressed_at": entry.suppressed_at.isoformat() if entry.suppressed_at else None,
            "reactivated_contact_id": str(contact_id) if contact_id else None,
        },
        now=now,
    )
