"""Contacts chosen for one piece of work: by ids or by rules, taken in the order of their ids, each once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db import filters, workspaces
from db.contact_changes import COLUMNS
from db.models import Contact


@dataclass(frozen=True, slots=True)
class Selection:
    """The customer's contacts that the condition holds for."""

    condition: ColumnElement[bool]

    @classmethod
    async def of(
        cls,
        session: AsyncSession,
        chosen: Mapping[str, Any],
        *,
        customer_id: UUID,
        workspace_id: UUID,
        now: datetime,
    ) -> Self:
        """What ``filter`` (rules) or ``contact_ids`` choose; dates of rules are relative to ``now``.

        Raises ``Invalid`` for wrong rules.
        """
        mine = Contact.customer_id == customer_id
        if chosen.get("filter") is None:
            return cls(mine & Contact.id.in_([UUID(str(id)) for id in chosen["contact_ids"]]))
        workspace = await workspaces.get(session, customer_id=customer_id, workspace_id=workspace_id)
        said = filters.matching(chosen["filter"], customer_id=customer_id, now=now, timezone=workspace.timezone)
        return cls(mine & said)

    async def count(self, session: AsyncSession) -> int:
        """How many there are."""
        counted = select(func.count()).select_from(Contact).where(self.condition)
        return (await session.execute(counted)).scalar_one()

    async def sample(self, session: AsyncSession, size: int) -> Sequence[Row[Any]]:
        """The first of them."""
        return (await session.execute(select(*COLUMNS).where(self.condition).order_by(Contact.id).limit(size))).all()

    async def next_ids(self, session: AsyncSession, after: UUID | None, size: int) -> list[UUID]:
        """The next of them behind an id."""
        statement = select(Contact.id).where(self.condition).order_by(Contact.id).limit(size)
        if after is not None:
            statement = statement.where(Contact.id > after)
        return list(await session.scalars(statement))
