"""Soft bounces in a row: an address that bounces again and again gets a rest.

The workspace says how many suppress an address (``soft_bounce_limit``, 0: never) and for how long
(``soft_bounce_days``).
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import suppressions
from db.recounting import COUNTING
from domain.vocabulary import SuppressionType

_SETTINGS = text("SELECT soft_bounce_limit, soft_bounce_days FROM workspaces WHERE id = :id")
# An email counts once, however many reports of it come in.
_IN_A_ROW = text(
    f"""WITH event AS MATERIALIZED (
          SELECT activity.* FROM contact_activities AS activity
          JOIN email_messages AS message
            ON message.contact_id = activity.contact_id AND left(message.message_id, 255) = activity.email_message_id
          WHERE activity.contact_id = :contact_id AND message.to_address = :address),
        arrived AS (
          SELECT coalesce(max(occurred_at), '-infinity') AS at FROM event
          WHERE activity_type IN ('email_opened', 'email_clicked', 'email_replied') AND {COUNTING})
        SELECT count(DISTINCT email_message_id) FROM event, arrived
        WHERE activity_type = 'email_bounced' AND activity_subtype = 'soft' AND occurred_at > arrived.at
          AND NOT coalesce(metadata ? 'policy', false)"""
)


async def suppress_if_too_many(session: AsyncSession, message: Row[Any], reason: str, now: datetime) -> None:
    """After a soft bounce of ``message`` was recorded: suppress its address for a while if the limit is reached.

    Counted are the emails to the address that bounced softly since a person last opened, clicked or answered one. If
    the address bounces again after its rest, the next one begins at once.
    """
    settings = (await session.execute(_SETTINGS, {"id": message.workspace_id})).one()
    if settings.soft_bounce_limit == 0:
        return
    address = {"contact_id": message.contact_id, "address": message.to_address}
    count = (await session.execute(_IN_A_ROW, address)).scalar_one()
    if count < settings.soft_bounce_limit:
        return
    await suppressions.ensure(
        session,
        customer_id=message.customer_id,
        workspace_id=message.workspace_id,
        suppression_type=SuppressionType.SOFT_BOUNCE,
        email=message.to_address,
        source="bounce",
        reason=f"{count} soft bounces in a row, the last: {reason}",
        now=now,
        expires_at=now + timedelta(days=settings.soft_bounce_days),
    )
