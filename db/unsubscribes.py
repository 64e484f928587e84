"""What an unsubscribe does: the contact, its suppression, its open enrollments and the sequence's count."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db import enrollments, lists
from db.models import Contact, ContactActivity, ContactSuppressionList, EmailMessage, Sequence
from domain.vocabulary import ActivityType, CompletionReason, ContactStatus, EnrollmentStatus, SuppressionType

SOURCE = "unsubscribe_link"


async def is_unsubscribed(session: AsyncSession, message_id: UUID) -> bool | None:
    """Whether the recipient of the send is unsubscribed; None when the send and its contact are gone."""
    statement = (
        select(Contact.status)
        .join(EmailMessage, EmailMessage.contact_id == Contact.id)
        .where(EmailMessage.id == message_id)
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else row.status is ContactStatus.UNSUBSCRIBED


async def unsubscribe(session: AsyncSession, *, message_id: UUID, now: datetime) -> bool:
    """Unsubscribe the recipient of the send ``email_messages.id``; False when it and its contact are gone.

    Doing it twice changes nothing. Enrollments of sequences that do not stop on an unsubscribe stay open, but a
    send to the contact is refused when it is due.
    """
    message = await session.get(EmailMessage, message_id)
    if message is None:
        return False
    # Rows are locked in the order enrollment, contact, sequence.
    await enrollments.end_for_contact(
        session,
        contact_id=message.contact_id,
        now=now,
        status=EnrollmentStatus.UNSUBSCRIBED,
        reason=CompletionReason.UNSUBSCRIBED,
        only_if="stop_on_unsubscribe",
    )
    contact = await session.get(
        Contact, message.contact_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if contact is None:
        return False
    # The contact may have another address by now; neither is mailed again.
    await _suppress(session, message, {contact.email, message.to_address}, now)
    if contact.status is not ContactStatus.UNSUBSCRIBED:
        contact.status, contact.unsubscribed_at = ContactStatus.UNSUBSCRIBED, now
        await _record(session, message, now)
    await session.flush()
    await lists.recount(session, await lists.lock_lists_of(session, [contact.id]))
    return True


async def _suppress(session: AsyncSession, message: EmailMessage, addresses: set[str], now: datetime) -> None:
    entries = insert(ContactSuppressionList).values(
        [
            {
                "customer_id": message.customer_id,
                "workspace_id": message.workspace_id,
                "suppression_type": SuppressionType.UNSUBSCRIBE,
                "source": SOURCE,
                "email": address,
                "suppressed_at": now,
            }
            for address in sorted(addresses)
        ]
    )
    # An entry that was to expire now stays for good.
    lasting = entries.on_conflict_do_update(
        index_elements=["customer_id", "email", "suppression_type"],
        set_={"expires_at": None},
        where=ContactSuppressionList.expires_at.is_not(None),
    )
    await session.execute(lasting)


async def _record(session: AsyncSession, message: EmailMessage, now: datetime) -> None:
    session.add(
        ContactActivity(
            contact_id=message.contact_id,
            customer_id=message.customer_id,
            activity_type=ActivityType.EMAIL_UNSUBSCRIBED,
            sequence_id=message.sequence_id,
            sequence_step_id=message.sequence_step_id,
            email_account_id=message.email_account_id,
            email_message_id=message.message_id[:255],
            enrollment_id=message.enrollment_id,
            occurred_at=now,
        )
    )
    if message.sequence_id is not None:
        await session.execute(
            update(Sequence)
            .where(Sequence.id == message.sequence_id)
            # An unsubscribe is no edit of the sequence.
            .values(
                total_unsubscribed=func.coalesce(Sequence.total_unsubscribed, 0) + 1, updated_at=Sequence.updated_at
            )
            .execution_options(synchronize_session=False)
        )
