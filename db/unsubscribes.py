"""What an unsubscribe does: the contact, its suppression, its open enrollments and the sequence's count."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db import engagements, enrollments, lists, messages, suppressions
from db.engagements import Engagement
from db.models import Contact, EmailMessage
from domain.vocabulary import ActivityType, CompletionReason, ContactStatus, EnrollmentStatus, SuppressionType


class Source(StrEnum):
    """Where an unsubscribe came from: ``contact_suppression_lists.source``."""

    LINK = "unsubscribe_link"
    ONE_CLICK = "one_click"
    MAILTO = "mailto"
    REPLY = "reply"
    COMPLAINT = "complaint"
    PROVIDER = "provider"


SUBTYPES: Mapping[Source, str] = {source: source.value for source in Source} | {Source.LINK: "link"}
"""The subtype of the activity ``email_unsubscribed``."""


_REASONS: Mapping[Source, str] = {
    Source.LINK: "Unsubscribed on the page that an email links to",
    Source.ONE_CLICK: "Unsubscribed with one click in a mail program (RFC 8058)",
    Source.MAILTO: "Wrote to the address for unsubscribing that an email names",
    Source.REPLY: "Asked in a reply for no more email",
    Source.COMPLAINT: "Reported an email as spam",
    Source.PROVIDER: "The email provider reported an unsubscribe",
}


async def is_unsubscribed(session: AsyncSession, message_id: UUID) -> bool | None:
    """Whether the recipient of the send is unsubscribed; None when the send and its contact are gone."""
    statement = (
        select(Contact.status)
        .join(EmailMessage, EmailMessage.contact_id == Contact.id)
        .where(EmailMessage.id == message_id)
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else row.status is ContactStatus.UNSUBSCRIBED


async def unsubscribe(
    session: AsyncSession, *, message_id: UUID, now: datetime, source: str = Source.LINK.value
) -> bool:
    """Unsubscribe the recipient of the send ``email_messages.id``; False when it and its contact are gone.

    ``source`` is one of ``Source``; a complaint is suppressed as one. Doing it twice changes nothing. Enrollments of
    sequences that do not stop on an unsubscribe stay open, but no send to the contact is claimed any more, in any
    sequence of the customer: the claim reads what is written here. Raises ``ValueError`` for another source.
    """
    origin = Source(source)
    message = await session.get(EmailMessage, message_id)
    if message is None:
        return False
    # An email's enrollment may have ended, or be another contact's by now; it is locked with the others.
    rows = await enrollments.lock_of_contact(session, message.contact_id, also=message.enrollment_id)
    contact = await session.get(
        Contact, message.contact_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if contact is None:
        return False
    # The contact may have another address by now; neither is mailed again.
    await _suppress(session, message, {contact.email, message.to_address}, origin, now)
    if contact.status is not ContactStatus.UNSUBSCRIBED:
        contact.status, contact.unsubscribed_at = ContactStatus.UNSUBSCRIBED, now
        await session.flush()
        await _record(session, message_id, origin, now)
    await lists.recount_of(session, [contact.id])
    # Last, since it takes the planning lock.
    await enrollments.end_among(
        session,
        [row for row in rows if row.contact_id == message.contact_id],
        now=now,
        status=EnrollmentStatus.UNSUBSCRIBED,
        reason=CompletionReason.UNSUBSCRIBED,
        only_if="stop_on_unsubscribe",
    )
    return True


async def _suppress(
    session: AsyncSession, message: EmailMessage, addresses: set[str], origin: Source, now: datetime
) -> None:
    kind = SuppressionType.COMPLAINT if origin is Source.COMPLAINT else SuppressionType.UNSUBSCRIBE
    for address in sorted(addresses):
        await suppressions.ensure(
            session,
            customer_id=message.customer_id,
            workspace_id=message.workspace_id,
            suppression_type=kind,
            email=address,
            source=origin.value,
            reason=_REASONS[origin],
            now=now,
        )


async def _record(session: AsyncSession, message_id: UUID, origin: Source, now: datetime) -> None:
    event = Engagement(
        message=await messages.get(session, message_id),
        activity_type=ActivityType.EMAIL_UNSUBSCRIBED,
        occurred_at=now,
        subtype=SUBTYPES[origin],
    )
    await engagements.record(session, [event], now=now)
