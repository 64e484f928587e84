"""Short ways to arrange lists and to look at them; each is a transaction of its own."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from db import contact_erasure, contacts, list_judging, lists
from db.contact_changes import Author
from db.models import Contact
from domain.profiles.address_hashes import AddressHashes
from domain.vocabulary import ListType, MembershipSource
from tests.db.conftest import NOW, Scene

Rules = Mapping[str, Any]


def rule(field: str, operator: str, value: Any = None, **options: Any) -> Rules:
    return {"conditions": [{"field": field, "operator": operator, "value": value, **options}]}


IN_TECHNOLOGY = rule("industry", "equals", "technology")


async def new_list(scene: Scene, rules: Rules | None = None, **fields: Any) -> UUID:
    given = {"name": "A list", "type": ListType.DYNAMIC if rules else ListType.STATIC, "filter_rules": rules, **fields}
    tenant = scene.tenant
    async with scene.sessions.begin() as session:
        row = await lists.create(
            session, customer_id=tenant.customer_id, workspace_id=tenant.workspace_id, user_id=tenant.user_id,
            fields=given, now=NOW,
        )  # fmt: skip
    return UUID(str(row.id))


async def change(scene: Scene, list_id: UUID, **fields: Any) -> None:
    async with scene.sessions.begin() as session:
        await lists.change(session, customer_id=scene.tenant.customer_id, list_id=list_id, fields=fields, now=NOW)


async def add(scene: Scene, list_id: UUID, *contact_ids: UUID) -> Mapping[UUID, str]:
    async with scene.sessions.begin() as session:
        return await lists.add_contacts(
            session, customer_id=scene.tenant.customer_id, list_id=list_id, contact_ids=contact_ids,
            user_id=scene.tenant.user_id, source=MembershipSource.API, now=NOW,
        )  # fmt: skip


async def edit(scene: Scene, contact: Contact, **fields: Any) -> None:
    async with scene.sessions.begin() as session:
        await contacts.change(
            session, customer_id=scene.tenant.customer_id, contact_id=contact.id, user_id=scene.tenant.user_id,
            fields=fields, now=NOW,
        )  # fmt: skip


async def erase(scene: Scene, contact_id: UUID) -> None:
    async with scene.sessions.begin() as session:
        await contact_erasure.erase(session, author(scene), contact_id=contact_id, now=NOW)


async def remove(scene: Scene, list_id: UUID) -> None:
    async with scene.sessions.begin() as session:
        await lists.remove(session, customer_id=scene.tenant.customer_id, list_id=list_id)


def author(scene: Scene) -> Author:
    tenant = scene.tenant
    return Author(
        customer_id=tenant.customer_id,
        workspace_id=tenant.workspace_id,
        user_id=tenant.user_id,
        hashes=AddressHashes("0123456789abcdef"),
    )


async def judge(scene: Scene, now: datetime = NOW) -> int:
    """Judge until the customer's queue has nothing left that can be judged now."""
    total = 0
    while True:
        async with scene.sessions.begin() as session:
            done = await list_judging.judge(session, scene.tenant.customer_id, now=now)
        if not done:
            return total
        total += done


async def members(scene: Scene, list_id: UUID) -> set[UUID]:
    return set(await scene.column("SELECT contact_id FROM contact_list_memberships WHERE list_id = :id", id=list_id))


async def counts(scene: Scene, list_id: UUID) -> tuple[int, int]:
    """What the list's columns say, which is what its rows say."""
    row = await scene.one(
        """SELECT list.total_contacts AS total, list.active_contacts AS active, count(contact.id) AS members,
                  count(*) FILTER (WHERE contact.status = 'active') AS active_members,
                  count(*) FILTER (WHERE membership.counted_active) AS counted
           FROM contact_lists AS list
           LEFT JOIN contact_list_memberships AS membership ON membership.list_id = list.id
           LEFT JOIN contacts AS contact ON contact.id = membership.contact_id
           WHERE list.id = :id GROUP BY list.id""",
        id=list_id,
    )
    assert (row.total, row.active, row.counted) == (row.members, row.active_members, row.active_members)
    return row.total, row.active


async def until_somebody_waits(scene: Scene) -> None:
    """Until a transaction waits for an advisory lock."""
    waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted) AS is_so"
    async with asyncio.timeout(5):
        while not (await scene.one(waiting)).is_so:
            await asyncio.sleep(0.01)


async def queued(scene: Scene) -> int:
    return await scene.count("contact_list_queue")
