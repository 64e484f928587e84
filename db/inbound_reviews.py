"""What a person makes of a message that came in."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from db import inbound_messages, suppressions, unsubscribes
from db.models import EmailMessage, InboundMessage
from db.unsubscribes import Source
from domain.errors import Conflict
from domain.profiles.addresses import AddressProblem, normalise
from domain.vocabulary import InboundKind, SuppressionType

_BY_PEOPLE = frozenset({InboundKind.REPLY, InboundKind.AUTO_REPLY})
_SOURCE = "review"


class ReviewAction(StrEnum):
    """What is to follow from a message."""

    NONE = "none"
    UNSUBSCRIBE = "unsubscribe"
    """The contact of the send that it answers, as if they had used the link."""
    SUPPRESS = "suppress"
    """The address that wrote and the one that was mailed; the contact stays as it is."""


async def review(
    session: AsyncSession,
    *,
    customer_id: UUID,
    workspace_id: UUID,
    user_id: UUID,
    id: UUID,
    action: ReviewAction,
    now: datetime,
) -> InboundMessage:
    """Do what the person decided; the message waits for nobody any more. Twice changes nothing but who was last.

    Raises ``NotFound``, and ``Conflict`` where the message does not tell whom to unsubscribe or suppress.
    """
    message = await inbound_messages.get(session, customer_id=customer_id, id=id)
    match action:
        case ReviewAction.UNSUBSCRIBE:
            await _unsubscribe(session, message, now)
        case ReviewAction.SUPPRESS:
            await _suppress(session, message, workspace_id, now)
        case ReviewAction.NONE:
            pass
    # The message's row is locked last: who erases a contact takes it after the contact's, too.
    message.needs_review, message.reviewed_at, message.reviewed_by = False, now, user_id
    await session.flush()
    return message


async def _unsubscribe(session: AsyncSession, message: InboundMessage, now: datetime) -> None:
    send = message.email_message_id
    if send is None or not await unsubscribes.unsubscribe(session, message_id=send, now=now, source=Source.REPLY):
        raise Conflict(
            "inbound_message.no_send", "This message answers no send of ours, so nobody can be unsubscribed."
        )


async def _suppress(session: AsyncSession, message: InboundMessage, workspace_id: UUID, now: datetime) -> None:
    addresses = await _addresses(session, message)
    if not addresses:
        raise Conflict("inbound_message.no_address", "This message tells no address that could be suppressed.")
    for address in sorted(addresses):
        await suppressions.ensure(
            session,
            customer_id=message.customer_id,
            workspace_id=workspace_id,
            suppression_type=SuppressionType.MANUAL,
            email=address,
            source=_SOURCE,
            reason="A person who read a message that came in decided so",
            now=now,
        )


async def _addresses(session: AsyncSession, message: InboundMessage) -> Collection[str]:
    """Who was mailed and, of what people write, who wrote: the sender of a report is a mail server."""
    addresses = set()
    if message.email_message_id is not None:
        send = await session.get_one(EmailMessage, message.email_message_id)
        addresses.add(send.to_address)
    if message.kind in _BY_PEOPLE and message.from_address:
        with suppress(AddressProblem):
            addresses.add(normalise(message.from_address))
    return addresses
