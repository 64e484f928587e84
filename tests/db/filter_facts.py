"""A world in the database: its contacts are made, what is known of them is read back, and filters are asked of both."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, Text, cast, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from db.engagements import counts
from db.filters import matching
from db.models import Contact, ContactActivity, ContactList, ContactListMembership, SequenceEnrollment
from domain.filtering.filter_fields import COLUMNS
from domain.filtering.filter_matching import ActivityFact, ContactFacts, holds
from domain.lifecycle import OPEN_ENROLLMENT
from tests.db.filter_worlds import LISTS, SEQUENCES, Row, Tree, World
from tests.factories import Tenant, make_sequence, make_tenant


@dataclass(frozen=True, slots=True)
class Arena:
    """A tenant with lists and sequences, and which of them the stand-ins of worlds are."""

    sessions: async_sessionmaker[AsyncSession]
    tenant: Tenant
    ids: Mapping[UUID, UUID]

    @classmethod
    async def open(cls, sessions: async_sessionmaker[AsyncSession]) -> "Arena":
        async with sessions.begin() as session:
            tenant = await make_tenant(session)
            ids = {}
            for stand_in in LISTS:
                made = ContactList(
                    customer_id=tenant.customer_id,
                    workspace_id=tenant.workspace_id,
                    created_by=tenant.user_id,
                    name="A",
                )
                session.add(made)
                await session.flush()
                ids[stand_in] = made.id
            for stand_in in SEQUENCES:
                ids[stand_in] = (await make_sequence(session, tenant, ())).id
        return cls(sessions, tenant, ids)

    async def differences(self, world: World) -> list[tuple[Tree, Mapping[str, Any], bool]]:
        """The filters on which SQL and Python differ, each with the contact and what SQL said; nothing is kept."""
        async with self.sessions() as session:
            contact_ids = [await self._make(session, row) for row in world.rows]
            facts = await load(session, contact_ids)
            found = []
            for tree in (self._named(one) for one in world.trees):
                condition = matching(tree, customer_id=self.tenant.customer_id, now=world.now, timezone=world.timezone)
                answer = set(await session.scalars(select(Contact.id).where(Contact.id.in_(contact_ids), condition)))
                for id in contact_ids:
                    if holds(tree, facts[id], now=world.now, timezone=world.timezone) is not (id in answer):
                        found.append((tree, facts[id].columns, id in answer))
            await session.rollback()
        return found

    def _named(self, tree: Tree) -> Tree:
        """The tree with real ids."""
        written = json.dumps(tree)
        for stand_in, id in self.ids.items():
            written = written.replace(str(stand_in), str(id))
        named: Tree = json.loads(written)
        return named

    async def _make(self, session: AsyncSession, row: Row) -> UUID:
        tenant = self.tenant
        columns = {"email": f"{uuid4()}@prospect.example", "customer_id": tenant.customer_id, **row.columns}
        made = insert(Contact).values(workspace_id=tenant.workspace_id, **columns).returning(Contact.id)
        id = (await session.execute(made)).scalar_one()
        own = {"contact_id": id, "customer_id": tenant.customer_id}
        memberships = [own | {"list_id": self.ids[one]} for one in row.list_ids]
        enrollments = [own | {"sequence_id": self.ids[one], "status": how} for one, how in row.enrollments.items()]
        activities = [
            own | {"activity_type": type, "occurred_at": at, "activity_subtype": subtype}
            for type, at, subtype in row.activities
        ]
        for model, rows in (
            (ContactListMembership, memberships),
            (SequenceEnrollment, enrollments),
            (ContactActivity, activities),
        ):
            if rows:
                await session.execute(insert(model), rows)
        return id


async def load(session: AsyncSession, contact_ids: list[UUID]) -> dict[UUID, ContactFacts]:
    """What filters can ask of the contacts."""
    member, enrollment = ContactListMembership, SequenceEnrollment
    is_open = enrollment.status.in_(OPEN_ENROLLMENT)
    lists = await _ids(session, select(member.contact_id, member.list_id), contact_ids)
    enrolled = await _ids(session, select(enrollment.contact_id, enrollment.sequence_id), contact_ids)
    active = await _ids(session, select(enrollment.contact_id, enrollment.sequence_id).where(is_open), contact_ids)
    activities = defaultdict(list)
    for one in await session.scalars(select(ContactActivity).where(ContactActivity.contact_id.in_(contact_ids))):
        counting = counts(one.activity_type, one.activity_subtype)
        activities[one.contact_id].append(ActivityFact(one.activity_type, one.occurred_at, counting))
    return {
        id: ContactFacts(columns, lists[id], enrolled[id], active[id], tuple(activities[id]))
        for id, columns in (await _columns(session, contact_ids)).items()
    }


async def _ids(
    session: AsyncSession, statement: Select[UUID, UUID], contact_ids: list[UUID]
) -> defaultdict[UUID, frozenset[UUID]]:
    found: defaultdict[UUID, frozenset[UUID]] = defaultdict(frozenset)
    for contact_id, id in await session.execute(statement.where(statement.selected_columns[0].in_(contact_ids))):
        found[contact_id] |= {id}
    return found


async def _columns(session: AsyncSession, contact_ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    table = Contact.__table__
    asked = {name: table.c[name] for name in COLUMNS}
    # JSON as Postgres writes it: numbers keep all their digits.
    as_text = [cast(one, Text).label(name) if isinstance(one.type, JSONB) else one for name, one in asked.items()]
    rows = await session.execute(select(*as_text).where(table.c.id.in_(contact_ids)))
    return {row.id: {name: _read(value, asked[name].type) for name, value in row._mapping.items()} for row in rows}


def _read(value: Any, type_: Any) -> Any:
    if not isinstance(type_, JSONB) or value is None:
        return value
    return json.loads(value, parse_float=Decimal, parse_int=Decimal)
