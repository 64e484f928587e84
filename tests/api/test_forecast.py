"""The forecast as clients ask for it: counts, pages of sends, other settings, and what is refused."""

import asyncio
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.api.arrange import EMAIL_STEP, Json, active, answered, contacts, draft, enrolled, mailbox, refused
from tests.api.conftest import Tenant

NOBODY = "0198c0de-0000-7000-8000-000000000001"
TWO = (EMAIL_STEP, EMAIL_STEP | {"delay_days": 2})
ALWAYS = {"sending_days": [True] * 7, "throttle_delay_minutes": 0}


async def narrow(client: httpx2.AsyncClient, **fields: Any) -> Json:
    """A sequence of two emails on a mailbox that sends three a day."""
    box = await mailbox(client, daily_limit=3, min_gap_seconds=60)
    return await active(client, TWO, default_email_account_id=box["id"], **ALWAYS, **fields)


async def ask(client: httpx2.AsyncClient, sequence: Json, **body: Any) -> httpx2.Response:
    return await client.post(f"/api/sequences/{sequence['id']}/forecast", json=body)


async def test_an_empty_sequence_has_nothing_to_come(client: httpx2.AsyncClient) -> None:
    sequence = await narrow(client)
    answer = answered(await ask(client, sequence))
    assert answer["summary"] == {
        "enrollments": {"present": 0, "more": 0, "left_out": 0},
        "sends": 0,
        "first_send_at": None,
        "last_send_at": None,
        "misses": None,
        "unplaced": 0,
    }
    assert (answer["days"], answer["sends"], answer["next_offset"]) == ([], [], None)
    assert "changed" not in answer


async def test_who_gets_which_email_from_which_mailbox_when(
    client: httpx2.AsyncClient, tenant: Tenant, session: AsyncSession
) -> None:
    sequence = await narrow(client)
    here, there = await contacts(session, tenant, 2)
    (enrollment,) = await enrolled(client, sequence, [here])
    answer = answered(await ask(client, sequence, contact_ids=[there, here], contacts=1))
    assert answer["summary"]["enrollments"] == {"present": 1, "more": 2, "left_out": 1}
    box, steps = sequence["default_email_account_id"], [step["id"] for step in sequence["steps"]]
    assert answer["sends"][:3] == [
        {
            "at": at,
            "enrollment_id": enrollment_id,
            "contact_id": contact_id,
            "step_id": steps[0],
            "step_order": 1,
            "email_account_id": box,
            "follow_up": False,
            "waits_for": blocker,
        }
        for at, enrollment_id, contact_id, blocker in [
            ("2026-11-21T09:00:00Z", enrollment, here, None),
            ("2026-11-21T09:01:00Z", None, there, "mailbox_gap"),
            ("2026-11-21T09:02:00Z", None, None, "mailbox_gap"),
        ]
    ]
    assert [one["waits_for"] for one in answer["sends"][3:]] == ["delay"] * 3
    assert answer["days"] == [
        {"date": "2026-11-21", "email_account_id": box, "sends": 3, "first_emails": 3, "follow_ups": 0},
        {"date": "2026-11-23", "email_account_id": box, "sends": 3, "first_emails": 0, "follow_ups": 3},
    ]
    real = answered(await client.get(f"/api/enrollments/{enrollment}"))
    assert real["next_step_scheduled_at"] == answer["sends"][0]["at"]


async def test_the_sends_come_by_page(client: httpx2.AsyncClient) -> None:
    sequence = await narrow(client)
    whole = answered(await ask(client, sequence, contacts=9))["sends"]
    assert len(whole) == 18
    read: list[Json] = []
    offset: int | None = 0
    while offset is not None:
        page = answered(await ask(client, sequence, contacts=9, limit=7, offset=offset))
        assert len(page["days"]) == 6
        read, offset = read + page["sends"], page["next_offset"]
    assert read == whole
    assert answered(await ask(client, sequence, contacts=9, limit=0))["sends"] == []


async def test_contacts_may_be_enrolled_later(client: httpx2.AsyncClient) -> None:
    sequence = await narrow(client)
    answer = answered(await ask(client, sequence, contacts=1, at="2026-12-01T10:30:00+01:00"))
    assert answer["summary"]["first_send_at"] == "2026-12-01T09:30:00Z"


async def test_other_settings_come_beside_those_that_are(client: httpx2.AsyncClient) -> None:
    sequence = await narrow(client, goal_deadline="2026-11-24")
    box = sequence["default_email_account_id"]
    what_if = {"mailboxes": {box: {"daily_limit": 6}}, "steps": [{"step_order": 2, "delay_days": 1}]}
    answer = answered(await ask(client, sequence, contacts=6, what_if=what_if))
    assert (answer["summary"]["misses"], answer["changed"]["summary"]["misses"]) == (0, 0)
    assert [(day["date"], day["sends"]) for day in answer["changed"]["days"]] == [("2026-11-21", 6), ("2026-11-22", 6)]
    difference = answer["changed"]["difference"]
    assert difference | {"days": []} == {
        "moved": 9,
        "added": 0,
        "dropped": 0,
        "last_send_later_by": -2 * 86_400 + difference["last_send_later_by"] % 86_400,
        "misses": 0,
        "unplaced": 0,
        "days": [],
    }
    assert [(day["date"], day["sends"]) for day in difference["days"]] == [
        ("2026-11-21", 3),
        ("2026-11-22", 3),
        ("2026-11-23", -3),
        ("2026-11-24", -3),
    ]


async def test_a_null_takes_a_setting_away(client: httpx2.AsyncClient) -> None:
    sequence = await narrow(client, sending_window_start="12:00", sending_window_end="13:00")
    what_if = {"sending_window_start": None, "sending_window_end": None}
    answer = answered(await ask(client, sequence, contacts=1, what_if=what_if))
    assert answer["summary"]["first_send_at"] == "2026-11-21T12:00:00Z"
    assert answer["changed"]["summary"]["first_send_at"] == "2026-11-21T09:00:00Z"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"contact": 1}, {"/contact"}),
        ({"contacts": -1}, {"/contacts"}),
        ({"contacts": 100_001}, {"/contacts"}),
        ({"limit": 10_001}, {"/limit"}),
        ({"at": "2026-11-21T08:59:59Z"}, {"/at"}),
        ({"at": "2028-11-21T09:00:00Z"}, {"/at"}),
        ({"at": "2026-11-22T09:00:00"}, {"/at"}),
        ({"what_if": {"sending_windw": None}}, {"/what_if/sending_windw"}),
        ({"what_if": {"max_emails_per_day": None}}, {"/what_if/max_emails_per_day"}),
        ({"what_if": {"sending_days": [True]}}, {"/what_if/sending_days"}),
        ({"what_if": {"mailboxes": {NOBODY: {"password": "x"}}}}, {f"/what_if/mailboxes/{NOBODY}/password"}),
        ({"what_if": {"steps": [{"delay_days": 1}]}}, {"/what_if/steps/0/step_order"}),
        ({"what_if": {"steps": [{"step_order": 2}, {"step_order": 2}]}}, {"/what_if/steps"}),
    ],
)
async def test_each_wrong_place_is_pointed_at(client: httpx2.AsyncClient, body: Json, pointers: set[str]) -> None:
    assert refused(await ask(client, await draft(client), **body), 422, "request.invalid") == pointers


async def test_settings_that_cannot_be_are_pointed_at(client: httpx2.AsyncClient, other_tenant: Tenant) -> None:
    theirs = (await mailbox(other_tenant.client))["id"]
    what_if = {
        "follow_up_hours": {"monday": ["9-5"]},
        "default_email_account_id": theirs,
        "mailboxes": {theirs: {"daily_limit": 1}},
        "steps": [{"step_order": 3, "delay_days": 1}],
    }
    assert refused(await ask(client, await draft(client), what_if=what_if), 422, "forecast.invalid") == {
        "/what_if/follow_up_hours/monday/0",
        "/what_if/default_email_account_id",
        f"/what_if/mailboxes/{theirs}",
        "/what_if/steps/0/step_order",
    }


async def test_a_sequence_or_list_of_another_customer_does_not_exist(
    client: httpx2.AsyncClient, other_tenant: Tenant
) -> None:
    refused(await ask(client, await draft(other_tenant.client)), 404, "sequence.not_found")
    refused(await ask(client, await draft(client), list_id=str(uuid4())), 404, "list.not_found")


async def test_a_sequence_that_is_over_has_no_forecast(client: httpx2.AsyncClient) -> None:
    sequence = await draft(client)
    answered(await client.post(f"/api/sequences/{sequence['id']}/stop"))
    refused(await ask(client, sequence), 409, "sequence.not_active")


async def test_a_long_forecast_keeps_nobody_waiting(client: httpx2.AsyncClient) -> None:
    sequence = await narrow(client)
    long = asyncio.create_task(ask(client, sequence, contacts=20_000, limit=0))
    meanwhile = 0
    while not long.done():
        answered(await client.get("/api/users"))
        meanwhile += 1
    assert answered(await long)["summary"]["sends"] == 40_000
    assert meanwhile > 10


async def test_the_days_are_those_of_the_workspace(client: httpx2.AsyncClient) -> None:
    answered(await client.patch("/api/workspace", json={"timezone": "Pacific/Auckland"}))
    answer = answered(await ask(client, await narrow(client), contacts=1, at="2026-11-21T12:00:00Z"))
    assert [day["date"] for day in answer["days"]] == ["2026-11-22", "2026-11-24"]
    assert answer["summary"]["first_send_at"] == "2026-11-21T12:00:00Z"
