"""Why an enrollment waits, as the API answers it."""

from datetime import date, timedelta

import httpx2
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db import absences
from tests.api.arrange import EMAIL_STEP, Json, act, active, answered, contacts, enrolled, mailbox, refused
from tests.api.conftest import NOW, Tenant

EVERY_DAY: Json = {"sending_days": [True] * 7}


async def explained(client: httpx2.AsyncClient, enrollment_id: str) -> Json:
    return answered(await client.get(f"/api/enrollments/{enrollment_id}/explain"))


async def test_a_waiting_enrollment_is_told_its_step_instant_place_and_blockers(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    box = await mailbox(client, daily_limit=1, min_gap_seconds=60, email=f"ann@{tenant.customer_id}.example")
    sequence = await active(client, default_email_account_id=box["id"], throttle_delay_minutes=0, **EVERY_DAY)
    _, second = await enrolled(client, sequence, await contacts(session, tenant, 2))
    midnight = (NOW + timedelta(days=1)).replace(hour=0).isoformat().replace("+00:00", "Z")
    step = sequence["steps"][0]
    setting = {"resource": "email_account", "id": box["id"], "field": "daily_limit", "value": 1}
    found = await explained(client, second)
    blockers = found.pop("blockers")
    assert found == {
        "enrollment_id": second,
        "status": "active",
        "state": "waiting",
        "step": {"id": step["id"], "step_order": 1, "step_type": "email"},
        "at": midnight,
        "summary": "Step 1 (email) is planned for 2026-11-22 00:00:00 UTC, behind the mailbox's daily limit.",
        "mailbox": {"id": box["id"], "place": 2, "ahead": 1},
    }
    assert [(one["kind"], one["lifts_at"]) for one in blockers] == [
        ("mailbox_gap", "2026-11-21T09:01:00Z"),
        ("mailbox_limit", midnight),
    ]
    assert blockers[1] == {
        "kind": "mailbox_limit",
        "detail": f"{box['email']} sends at most 1 emails a day (UTC), and 2026-11-21 is full.",
        "setting": setting,
        "lifts_at": midnight,
        "lifts_when": None,
    }


async def test_what_somebody_has_to_end_is_told_with_what_ends_it(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sequence = await active(client, [EMAIL_STEP | {"delay_hours": 2}], **EVERY_DAY)
    [id] = await enrolled(client, sequence, await contacts(session, tenant))
    answered(await act(client, sequence, "pause"))
    answered(await client.put(f"/api/enrollments/{id}/pause"))
    found = await explained(client, id)
    assert (found["state"], found["at"]) == ("held", None)
    assert [(one["kind"], one["lifts_when"]) for one in found["blockers"]] == [
        ("paused", "somebody resumes the enrollment"),
        ("sequence_paused", "somebody resumes the sequence"),
    ]


async def test_an_absence_is_told_with_its_end(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sequence = await active(client, [EMAIL_STEP | {"delay_hours": 2}], **EVERY_DAY)
    [id] = await enrolled(client, sequence, await contacts(session, tenant, timezone="UTC", timezone_source="given"))
    person = await session.execute(
        text("SELECT contact_id, CAST(:workspace_id AS uuid) AS workspace_id FROM sequence_enrollments WHERE id = :id"),
        {"id": id, "workspace_id": tenant.workspace_id},
    )
    await absences.pause_for(session, person.one(), date(2026, 12, 3), NOW)
    await session.commit()
    found = await explained(client, id)
    assert found["summary"] == "Step 1 (email) is held until 2026-12-04 00:00:00 UTC: its contact is away."
    (obstacle,) = found["blockers"]
    assert (obstacle["kind"], obstacle["lifts_at"]) == ("out_of_office", "2026-12-04T00:00:00Z")
    assert obstacle["setting"]["field"] == "resume_at"


async def test_one_that_has_ended_is_told_so(client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant) -> None:
    [id] = await enrolled(client, await active(client), await contacts(session, tenant))
    answered(await client.post(f"/api/enrollments/{id}/stop"))
    found = await explained(client, id)
    nothing: Json = {"step": None, "at": None, "mailbox": None, "blockers": []}
    ended = {"status": "stopped", "state": "ended", "summary": "Ended: stopped (manual_stop)."}
    assert found == {"enrollment_id": id} | ended | nothing


async def test_an_enrollment_of_another_customer_does_not_exist(
    client: httpx2.AsyncClient, other_tenant_client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    [id] = await enrolled(client, await active(client), await contacts(session, tenant))
    refused(await other_tenant_client.get(f"/api/enrollments/{id}/explain"), 404, "enrollment.not_found")
