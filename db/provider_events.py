"""What email providers reported: kept once, matched to the send that it speaks of, and its consequences recorded."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import engagements, inbound, unsubscribes
from db.engagements import Engagement
from db.models import ProviderEvent
from domain.sending.smtp_answers import blames_sender
from domain.tracking.provider_events import Event, EventKind
from domain.vocabulary import ActivityType

LOOK_BACK = timedelta(days=14)
"""An event without an id of ours is of the latest send to its recipient, if that is not older."""
_KEEP = text(
    """INSERT INTO provider_events
         (customer_id, workspace_id, provider, external_id, event_type, occurred_at, received_at, email_message_id,
          payload)
       SELECT customer_id, id, :provider, left(:external_id, 255), :event_type, :occurred_at, :now, :message_id,
              CAST(:payload AS jsonb)
       FROM workspaces WHERE id = :workspace_id
       ON CONFLICT (customer_id, provider, external_id) DO NOTHING RETURNING id"""
)
_BY_ID = text(
    """SELECT * FROM email_messages
       WHERE workspace_id = :workspace_id AND (message_id = ANY(:ids) OR provider_message_id = ANY(:ids))
       ORDER BY claimed_at DESC LIMIT 1"""
)
_BY_RECIPIENT = text(
    """SELECT message.* FROM email_messages AS message JOIN email_accounts AS account
         ON account.id = message.email_account_id
       WHERE account.workspace_id = :workspace_id AND message.to_address = :recipient AND message.sending_at > :since
       ORDER BY claimed_at DESC LIMIT 1"""
)
_ENGAGEMENTS = {
    EventKind.DELIVERED: ActivityType.EMAIL_DELIVERED,
    EventKind.OPENED: ActivityType.EMAIL_OPENED,
    EventKind.CLICKED: ActivityType.EMAIL_CLICKED,
}


async def record(session: AsyncSession, workspace_id: UUID, provider: str, event: Event, now: datetime) -> bool:
    """Keep the event and record what follows from it; False when it was kept before."""
    message = await _message(session, workspace_id, event, now)
    kept = await session.execute(
        _KEEP,
        {
            "workspace_id": workspace_id,
            "provider": provider,
            "external_id": event.external_id,
            "event_type": event.kind,
            "occurred_at": event.occurred_at,
            "now": now,
            "message_id": message.id if message else None,
            "payload": json.dumps(event.payload).replace("\\u0000", ""),
        },
    )
    if kept.one_or_none() is None:
        return False
    if message is not None:
        await _follow(session, message, provider, event, now)
    return True


def listing(
    *, customer_id: UUID, provider: str | None, event_type: EventKind | None, email_message_id: UUID | None
) -> Select[Any]:
    """The customer's events that fit the filters."""
    statement = select(ProviderEvent).where(ProviderEvent.customer_id == customer_id)
    if provider is not None:
        statement = statement.where(ProviderEvent.provider == provider)
    if event_type is not None:
        statement = statement.where(ProviderEvent.event_type == event_type)
    if email_message_id is not None:
        statement = statement.where(ProviderEvent.email_message_id == email_message_id)
    return statement


async def _message(session: AsyncSession, workspace_id: UUID, event: Event, now: datetime) -> Row[Any] | None:
    """The send that the event speaks of: by its ids, else the latest one to its recipient."""
    parameters = {"workspace_id": workspace_id, "ids": list(event.message_ids)}
    message = (await session.execute(_BY_ID, parameters)).one_or_none() if event.message_ids else None
    if message is None and event.recipient is not None:
        since = now - LOOK_BACK
        parameters = {"workspace_id": workspace_id, "recipient": event.recipient, "since": since}
        message = (await session.execute(_BY_RECIPIENT, parameters)).one_or_none()
    return message


async def _follow(session: AsyncSession, message: Row[Any], provider: str, event: Event, now: datetime) -> None:
    match event.kind:
        case EventKind.BOUNCED:
            policy = not event.hard and blames_sender(event.reason)
            await inbound.record_bounce(session, message, hard=event.hard, reason=event.reason, now=now, policy=policy)
        case EventKind.COMPLAINED:
            await inbound.record_complaint(session, message, now)
        case EventKind.UNSUBSCRIBED:
            await unsubscribes.unsubscribe(session, message_id=message.id, now=now, source="provider")
            await inbound.learn_sent(session, message, now)
        case EventKind.DELIVERED | EventKind.OPENED | EventKind.CLICKED:
            await inbound.learn_sent(session, message, now)
            await engagements.record(session, [_engagement(message, provider, event)], now=now)


def _engagement(message: Row[Any], provider: str, event: Event) -> Engagement:
    """An open or a click is a person's unless the provider takes it for a machine's."""
    subtype = None
    if event.kind is not EventKind.DELIVERED:
        subtype = "machine" if event.automatic else "human"
    metadata = {"provider": provider} | ({"url": event.url} if event.url else {})
    return Engagement(
        message,
        _ENGAGEMENTS[event.kind],
        event.occurred_at,
        subtype=subtype,
        metadata=metadata,
        ip_address=event.ip_address,
        user_agent=event.user_agent,
    )
