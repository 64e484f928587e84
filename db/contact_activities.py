"""ContactActivities: those that the product itself notes, and their listing. Reports are ``db.activity_reports``."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, Table, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ContactActivity
from db.models.activities import DETACHED_CONTACT_ACTIVITIES
from domain.vocabulary import ActivityType

TABLE = cast(Table, ContactActivity.__table__)
COLUMNS = tuple(TABLE.columns)
EVERY_TABLE = (TABLE, DETACHED_CONTACT_ACTIVITIES)
"""Where activities are: the months that are attached, and those that were detached."""


async def note(
    session: AsyncSession,
    contact_id: UUID,
    customer_id: UUID,
    kind: ActivityType,
    details: dict[str, Any],
    now: datetime,
) -> None:
    """Record what the product itself did with a contact; ``details`` become the metadata."""
    await note_all(session, [contact_id], customer_id, kind, details, now)


async def note_all(
    session: AsyncSession,
    contact_ids: Collection[UUID],
    customer_id: UUID,
    kind: ActivityType,
    details: dict[str, Any],
    now: datetime,
) -> None:
    """``note`` for many contacts in one statement."""
    if not contact_ids:
        return
    statement = text(
        """INSERT INTO contact_activities (contact_id, customer_id, activity_type, metadata, occurred_at, created_at)
           SELECT id, :customer_id, CAST(:kind AS activity_type_enum), CAST(:details AS jsonb), :now, :now
           FROM unnest(CAST(:ids AS uuid[])) AS id"""
    )
    values = {"ids": list(contact_ids), "customer_id": customer_id, "kind": kind, "now": now}
    await session.execute(statement, values | {"details": json.dumps(details)})


def listing(
    *,
    customer_id: UUID,
    contact_id: UUID,
    activity_type: ActivityType | None = None,
    sequence_id: UUID | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Select[Any]:
    """The contact's activities that fit the filters, as rows, from ``since`` (in) to ``until`` (out).

    Months that were detached are not among them.
    """
    statement = select(*COLUMNS).where(
        ContactActivity.customer_id == customer_id, ContactActivity.contact_id == contact_id
    )
    if activity_type is not None:
        statement = statement.where(ContactActivity.activity_type == activity_type)
    if sequence_id is not None:
        statement = statement.where(ContactActivity.sequence_id == sequence_id)
    if since is not None:
        statement = statement.where(ContactActivity.occurred_at >= since)
    if until is not None:
        statement = statement.where(ContactActivity.occurred_at < until)
    return statement
