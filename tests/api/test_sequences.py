"""Sequences: what they hold, the state machine, readiness, and what deleting asks."""

import asyncio
import uuid
from typing import Any

import httpx2
import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import ContactActivity, Sequence, SequenceFolder
from domain.lifecycle import SEQUENCE_MOVES
from domain.vocabulary import ActivityType, SequenceStatus
from tests.api.arrange import (
    EMAIL_STEP,
    Json,
    act,
    active,
    answered,
    contacts,
    draft,
    enrolled,
    letters,
    mailbox,
    refused,
)
from tests.api.conftest import NOW, Tenant

ACTIONS = {
    "activate": SequenceStatus.ACTIVE,
    "pause": SequenceStatus.PAUSED,
    "stop": SequenceStatus.STOPPED,
    "archive": SequenceStatus.ARCHIVED,
}


async def test_a_sequence_is_a_draft_with_the_defaults_of_its_columns(
    client: httpx2.AsyncClient, tenant: Tenant
) -> None:
    sequence = answered(await client.post("/api/sequences", json={"name": " Outreach "}), 201)
    assert (
        sequence
        | {
            "name": "Outreach",
            "status": "draft",
            "owner_id": str(tenant.user_id),
            "created_by": str(tenant.user_id),
            "sending_timezone": "UTC",
            "use_contact_timezone": False,
            "sending_days": [True] * 5 + [False] * 2,
            "max_emails_per_day": 100,
            "throttle_delay_minutes": 60,
            "stop_on_reply": True,
            "created_at": "2026-11-21T09:00:00Z",
            "steps": [],
        }
        == sequence
    )


async def test_steps_come_with_the_sequence_and_in_their_order(client: httpx2.AsyncClient) -> None:
    steps = [EMAIL_STEP | {"step_order": 5}, {"step_type": "task"}, EMAIL_STEP | {"step_order": 2}]
    sequence = await draft(client, steps)
    assert [step["step_order"] for step in sequence["steps"]] == [2, 5, 6]
    assert answered(await client.get(f"/api/sequences/{sequence['id']}")) == sequence


async def test_an_update_writes_only_what_is_sent(client: httpx2.AsyncClient, tenant: Tenant) -> None:
    sequence = await draft(client, tags=["a"], sending_window_start="09:00", sending_window_end="17:30")
    path = f"/api/sequences/{sequence['id']}"
    changed = answered(await client.put(path, json={"tags": None, "sending_window_end": "18:00:00"}))
    stamps = {"updated_by": str(tenant.user_id), "updated_at": changed["updated_at"]}
    assert changed == sequence | stamps | {"tags": None, "sending_window_end": "18:00"}
    patched = answered(await client.patch(path, json={"name": "Other"}))
    assert patched == changed | {"name": "Other", "updated_at": patched["updated_at"]}


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": None}, "/name"),
        ({"nmae": "x"}, "/nmae"),
        ({"status": "active"}, "/status"),
        ({"owner_id": None}, "/owner_id"),
        ({"sending_timezone": "Mars/Olympus"}, "/sending_timezone"),
        ({"sending_window_start": "9:00"}, "/sending_window_start"),
        ({"sending_window_start": "24:00"}, "/sending_window_start"),
        ({"sending_window_start": 900}, "/sending_window_start"),
        ({"sending_days": [True] * 6}, "/sending_days"),
        ({"sending_days": None}, "/sending_days"),
        ({"goal_type": "fame"}, "/goal_type"),
        ({"max_emails_per_day": 0}, "/max_emails_per_day"),
        ({"max_emails_per_day": 2**31}, "/max_emails_per_day"),
        ({"name": "a\x00b"}, "/name"),
    ],
)
async def test_a_wrong_field_is_pointed_at(client: httpx2.AsyncClient, fields: dict[str, Any], pointer: str) -> None:
    sequence = await draft(client)
    assert refused(await client.put(f"/api/sequences/{sequence['id']}", json=fields), 422, "request.invalid") == {
        pointer
    }


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("current", SequenceStatus)
async def test_only_the_moves_of_the_state_machine_are_allowed(
    client: httpx2.AsyncClient, session: AsyncSession, current: SequenceStatus, action: str
) -> None:
    sequence = await draft(client)
    await session.execute(update(Sequence).where(Sequence.id == uuid.UUID(sequence["id"])).values(status=current))
    await session.commit()
    answer, target = await act(client, sequence, action), ACTIONS[action]
    if target in SEQUENCE_MOVES[current]:
        assert answered(answer)["status"] == target
    else:
        refused(answer, 409, "sequence.wrong_state")
        assert f"is {current} and cannot become {target}" in answer.json()["detail"]


@pytest.mark.parametrize("current", SequenceStatus)
async def test_only_a_paused_sequence_is_resumed(
    client: httpx2.AsyncClient, session: AsyncSession, current: SequenceStatus
) -> None:
    sequence = await draft(client)
    await session.execute(update(Sequence).where(Sequence.id == uuid.UUID(sequence["id"])).values(status=current))
    await session.commit()
    answer = await act(client, sequence, "resume")
    if current is SequenceStatus.PAUSED:
        assert answered(answer)["status"] == "active"
    else:
        refused(answer, 409, "sequence.wrong_state")
        assert f"is {current} and cannot become active" in answer.json()["detail"]


async def test_a_sequence_without_steps_is_not_activated(client: httpx2.AsyncClient) -> None:
    sequence = await draft(client, [])
    assert refused(await act(client, sequence, "activate"), 422, "sequence.not_ready") == {"/steps"}
    assert answered(await client.get(f"/api/sequences/{sequence['id']}"))["status"] == "draft"


async def test_activation_names_everything_that_is_missing(client: httpx2.AsyncClient) -> None:
    branch = {"conditions": [{"field": "email_opened", "operator": "equals", "value": True}]}
    steps: list[Json] = [
        {"step_type": "email"},
        {"step_type": "conditional", "conditions": branch | {"on_true": {"go_to_step": 9}}},
    ]
    sequence = await draft(client, steps, default_email_account_id=None, sending_days=[False] * 7)
    assert refused(await act(client, sequence, "activate"), 422, "sequence.not_ready") == {
        "/sending_days",
        "/steps/0/body_template",
        "/steps/0/subject_template",
        "/steps/0/email_account_id",
        "/steps/1/conditions/on_true/go_to_step",
    }


@pytest.mark.parametrize("paused", [False, True])
async def test_a_running_sequence_stays_ready(client: httpx2.AsyncClient, paused: bool) -> None:
    sequence = await active(client)
    if paused:
        answered(await act(client, sequence, "pause"))
    path = f"/api/sequences/{sequence['id']}"
    answer = await client.put(path, json={"default_email_account_id": None})
    assert refused(answer, 422, "sequence.not_ready") == {"/steps/0/email_account_id"}
    step_path = f"{path}/steps/{sequence['steps'][0]['id']}"
    answer = await client.put(step_path, json={"body_template": None})
    assert refused(answer, 422, "sequence.not_ready") == {"/steps/0/body_template"}
    answer = await client.post(f"{path}/steps", json={"step_type": "email"})
    assert refused(answer, 422, "sequence.not_ready") == {"/steps/1/body_template"}
    now = answered(await client.get(path))
    assert (now["steps"], now["default_email_account_id"]) == (sequence["steps"], sequence["default_email_account_id"])


@pytest.mark.parametrize("action", ["pause", "resume"])
async def test_pausing_and_resuming_ask_for_planning_again_and_tell_no_workflow(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, action: str
) -> None:
    sequence = await active(client)
    (id,) = await enrolled(client, sequence, await contacts(session, tenant, 1))
    if action == "resume":
        answered(await act(client, sequence, "pause"))
    before = await letters(session, sequence["id"])
    answered(await act(client, sequence, action))
    assert await letters(session, sequence["id"]) == [*before, "plan.sequence"]
    assert await letters(session, id) == ["enrollment.start"]


@pytest.mark.parametrize("actions", [["stop"], ["pause", "archive"]])
async def test_stopping_or_archiving_ends_every_open_enrollment(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, actions: list[str]
) -> None:
    sequence = await active(client)
    ids = await enrolled(client, sequence, await contacts(session, tenant, 3))
    answered(await client.put(f"/api/enrollments/{ids[0]}/pause"))
    for action in actions:
        answered(await act(client, sequence, action))
    page = answered(await client.get("/api/enrollments", params={"sequence_id": sequence["id"]}))
    assert [(one["status"], one["completion_reason"]) for one in page["data"]] == [("stopped", "manual_stop")] * 3
    for id in ids:
        assert (await letters(session, id))[-1] == "enrollment.stop"


async def test_a_contact_enrolled_while_the_sequence_stops_is_stopped_or_refused(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sequence = await active(client)
    ids = await contacts(session, tenant, 20)
    path = f"/api/sequences/{sequence['id']}/enroll"
    answers = await asyncio.gather(
        *(client.post(path, json={"contact_ids": [id]}) for id in ids[:10]),
        act(client, sequence, "stop"),
        *(client.post(path, json={"contact_ids": [id]}) for id in ids[10:]),
    )
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert answers[10].status_code == 200
    page = answered(await client.get("/api/enrollments", params={"sequence_id": sequence["id"]}))
    assert {one["status"] for one in page["data"]} <= {"stopped"}


async def test_a_list_is_filtered_and_paged(client: httpx2.AsyncClient) -> None:
    first = await draft(client, name="First 100%", tags=["hot"])
    second = await active(client, name="Second")
    names = [one["name"] for one in answered(await client.get("/api/sequences"))["data"]]
    assert sorted(names) == ["First 100%", "Second"]
    for query, found in (
        ({"status": "active"}, second),
        ({"tag": "hot"}, first),
        ({"q": "100%"}, first),
        ({"q": "SECOND"}, second),
    ):
        data = answered(await client.get("/api/sequences", params=query))["data"]
        assert [one["id"] for one in data] == [found["id"]]
    page = answered(await client.get("/api/sequences", params={"limit": 1, "count": True}))
    assert page["total"] == 2
    rest = answered(await client.get("/api/sequences", params={"limit": 1, "cursor": page["next_cursor"]}))
    assert {page["data"][0]["id"], rest["data"][0]["id"]} == {first["id"], second["id"]}
    assert rest["next_cursor"] is None


async def test_a_sequence_that_runs_or_has_enrollments_is_not_deleted(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sequence = await active(client)
    path = f"/api/sequences/{sequence['id']}"
    refused(await client.delete(path), 409, "sequence.running")
    (enrollment,) = await enrolled(client, sequence, await contacts(session, tenant))
    answered(await act(client, sequence, "stop"))
    answer = await client.delete(path)
    refused(answer, 409, "sequence.has_enrollments")
    assert "archive" in answer.json()["detail"]
    assert (await client.delete(f"/api/enrollments/{enrollment}")).status_code == 204
    # The contact's history names the sequence; it stays when the sequence goes.
    assert (await client.delete(path)).status_code == 204
    refused(await client.get(path), 404, "sequence.not_found")


async def test_deleting_a_sequence_keeps_activities_that_name_its_steps(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    sequence = await draft(client)
    (contact,) = await contacts(session, tenant)
    activity = ContactActivity(
        contact_id=uuid.UUID(contact),
        customer_id=tenant.customer_id,
        activity_type=ActivityType.EMAIL_OPENED,
        sequence_step_id=uuid.UUID(sequence["steps"][0]["id"]),
        occurred_at=NOW,
    )
    session.add(activity)
    await session.commit()
    assert (await client.delete(f"/api/sequences/{sequence['id']}")).status_code == 204
    await session.refresh(activity)
    assert activity.sequence_step_id is None


async def test_references_must_be_the_customers_own(
    client: httpx2.AsyncClient, other_tenant: Tenant, session: AsyncSession
) -> None:
    folder = SequenceFolder(
        customer_id=other_tenant.customer_id,
        workspace_id=other_tenant.workspace_id,
        name="Theirs",
        created_by=other_tenant.user_id,
    )
    session.add(folder)
    await session.commit()
    foreign = {
        "owner_id": str(other_tenant.user_id),
        "folder_id": str(folder.id),
        "default_email_account_id": (await mailbox(other_tenant.client))["id"],
    }
    pointers = {f"/{name}" for name in foreign}
    answer = await client.post("/api/sequences", json={"name": "Outreach", **foreign})
    assert refused(answer, 422, "reference.not_found") == pointers
    sequence = await draft(client)
    answer = await client.put(f"/api/sequences/{sequence['id']}", json=foreign)
    assert refused(answer, 422, "reference.not_found") == pointers


async def test_a_sequence_of_another_customer_does_not_exist(
    client: httpx2.AsyncClient, other_tenant_client: httpx2.AsyncClient
) -> None:
    sequence = await active(client)
    path = f"/api/sequences/{sequence['id']}"
    for answer in [
        await other_tenant_client.get(path),
        await other_tenant_client.put(path, json={"name": "Mine"}),
        await other_tenant_client.delete(path),
        await other_tenant_client.post(f"{path}/steps", json=EMAIL_STEP),
        await other_tenant_client.put(f"{path}/steps/{sequence['steps'][0]['id']}", json={}),
        *[await act(other_tenant_client, sequence, action) for action in [*ACTIONS, "resume"]],
    ]:
        refused(answer, 404, "sequence.not_found")
    assert answered(await other_tenant_client.get("/api/sequences"))["data"] == []
    assert answered(await client.get(path)) == sequence
