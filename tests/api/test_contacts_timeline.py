"""The timeline of a contact: everything that happened, the newest first."""

import uuid
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ContactActivity
from domain.vocabulary import ActivityType, TaskType
from tests.api.arrange import Json, active, answered, contacts, enrolled, inbound, message, refused, task
from tests.api.conftest import NOW, Tenant


async def test_a_timeline_has_everything_that_happened_and_pages_hold_each_once(
    session: AsyncSession, tenant: Tenant
) -> None:
    client = tenant.client
    [contact] = await contacts(session, tenant)
    sequence = await active(client)
    [enrollment] = await enrolled(client, sequence, [contact])
    mailbox = sequence["default_email_account_id"]
    await message(session, tenant, enrollment, mailbox)
    await inbound(session, tenant, mailbox, contact_id=uuid.UUID(contact))
    await task(session, tenant, enrollment, TaskType.TASK)
    trials = answered(await client.post("/api/lists", json={"name": "Trials"}), 201)
    members = {"contact_ids": [contact]}
    answered(await client.post(f"/api/lists/{trials['id']}/contacts", json=members))
    answered(await client.request("DELETE", f"/api/lists/{trials['id']}/contacts", json=members))
    answered(await client.post(f"/api/enrollments/{enrollment}/stop"))

    whole = answered(await client.get(f"/api/contacts/{contact}/timeline"))
    kinds = {entry["kind"] for entry in whole["data"]}
    assert kinds == {
        "activity",
        "message_sent",
        "message_received",
        "task",
        "enrolled",
        "enrollment_ended",
        "list_joined",
        "list_left",
    }
    assert whole["next_cursor"] is None
    for limit in (1, 3):
        assert await pages(tenant, contact, limit) == whole["data"]


async def pages(tenant: Tenant, contact: str, limit: int) -> list[Json]:
    entries: list[Json] = []
    parameters = {"limit": str(limit)}
    while True:
        page = answered(await tenant.client.get(f"/api/contacts/{contact}/timeline", params=parameters))
        entries += page["data"]
        if page["next_cursor"] is None:
            return entries
        parameters["cursor"] = page["next_cursor"]


async def test_the_newest_is_first_and_what_comes_meanwhile_moves_nothing(
    session: AsyncSession, tenant: Tenant
) -> None:
    [contact] = await contacts(session, tenant)
    path = f"/api/contacts/{contact}/timeline"
    for hours in (1, 3, 2):
        await opened(session, tenant, contact, hours)
    first = answered(await tenant.client.get(path, params={"limit": 2}))
    await opened(session, tenant, contact, 9)
    rest = answered(await tenant.client.get(path, params={"limit": 2, "cursor": first["next_cursor"]}))
    shown = [entry["at"][11:13] for entry in first["data"] + rest["data"]]
    assert shown == ["12", "11", "10"]
    refused(await tenant.client.get(path, params={"cursor": "WyJhIl0"}), 422, "cursor.invalid")


async def opened(session: AsyncSession, tenant: Tenant, contact: str, hours: int) -> None:
    about = {"customer_id": tenant.customer_id, "contact_id": uuid.UUID(contact)}
    kind = ActivityType.EMAIL_OPENED
    session.add(ContactActivity(**about, activity_type=kind, occurred_at=NOW + timedelta(hours=hours)))
    await session.commit()
