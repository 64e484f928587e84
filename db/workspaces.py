"""Workspaces and the users of a customer."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import outbox, tenancy
from db.models import User, Workspace
from db.outbox import Topic
from domain.errors import Conflict
from domain.scheduling.schedule import seconds
from domain.scheduling.zones import UTC, date_of, zone

_PLANNING = frozenset(
    {"timezone", "recipient_domain_daily_cap", "contact_daily_cap", "holiday_country", "holiday_dates"}
)
"""Settings by which emails are planned: when one changes, they are planned again."""


async def get(session: AsyncSession, *, customer_id: UUID, workspace_id: UUID) -> Workspace:
    """The workspace; raises ``NotFound``."""
    return await tenancy.require(session, Workspace, workspace_id, customer_id, "workspace")


async def today(session: AsyncSession, workspace_id: UUID, now: datetime) -> date:
    """The day that it is in the workspace's zone at ``now``."""
    return date_of((zone(await timezone_of(session, workspace_id)) or UTC).day(seconds(now)))


async def timezone_of(session: AsyncSession, workspace_id: UUID) -> str:
    """The name of the workspace's zone."""
    return await session.scalar(select(Workspace.timezone).where(Workspace.id == workspace_id)) or UTC.name


async def change(
    session: AsyncSession, *, customer_id: UUID, workspace_id: UUID, fields: Mapping[str, Any], now: datetime
) -> Workspace:
    """Write ``fields`` and leave the others. Raises ``NotFound``, and ``Conflict`` for a name that is taken."""
    workspace = await tenancy.require(session, Workspace, workspace_id, customer_id, "workspace", lock=True)
    name = fields.get("name", workspace.name)
    same_name = select(Workspace.id).where(Workspace.customer_id == customer_id, Workspace.name == name)
    if await session.scalar(same_name.where(Workspace.id != workspace_id)) is not None:
        raise Conflict("workspace.exists", f"There is already a workspace named {name}.")
    for column, value in fields.items():
        setattr(workspace, column, value)
    workspace.updated_at = now
    await session.flush()
    if _PLANNING.intersection(fields):
        await outbox.put(
            session,
            customer_id=customer_id,
            topic=Topic.PLAN_WORKSPACE,
            subject_id=workspace_id,
            payload={"new_zone": "timezone" in fields},
        )
    return workspace


def users(*, customer_id: UUID) -> Select[User]:
    """The customer's users."""
    return select(User).where(User.customer_id == customer_id)
