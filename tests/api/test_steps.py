"""Steps: their order, their templates and conditions, and what they refer to."""

import asyncio
from typing import Any

import httpx2
import pytest

from tests.api.arrange import EMAIL_STEP, active, answered, draft, mailbox, refused
from tests.api.conftest import Tenant

OPENED = {"field": "email_opened", "operator": "equals", "value": True}


async def test_a_step_without_an_order_comes_last(client: httpx2.AsyncClient) -> None:
    sequence = await draft(client, [EMAIL_STEP | {"step_order": 4}])
    path = f"/api/sequences/{sequence['id']}/steps"
    assert answered(await client.post(path, json={"step_type": "delay", "delay_days": 2}), 201)["step_order"] == 5
    assert answered(await client.post(path, json={"step_type": "task", "step_order": 1}), 201)["step_order"] == 1


async def test_an_order_is_taken_once(client: httpx2.AsyncClient) -> None:
    sequence = await draft(client, [EMAIL_STEP, EMAIL_STEP])
    path = f"/api/sequences/{sequence['id']}/steps"
    refused(await client.post(path, json=EMAIL_STEP | {"step_order": 2}), 409, "sequence_step.order_taken")
    first = f"{path}/{sequence['steps'][0]['id']}"
    refused(await client.put(first, json={"step_order": 2}), 409, "sequence_step.order_taken")
    assert answered(await client.put(first, json={"step_order": 1}))["step_order"] == 1
    assert answered(await client.put(first, json={"step_order": 3}))["step_order"] == 3


async def test_two_requests_at_once_get_two_orders(client: httpx2.AsyncClient) -> None:
    sequence = await draft(client, [])
    path = f"/api/sequences/{sequence['id']}/steps"
    answers = await asyncio.gather(*(client.post(path, json={"step_type": "task"}) for _ in range(8)))
    assert sorted(answered(answer, 201)["step_order"] for answer in answers) == list(range(1, 9))
    fixed = {"step_type": "task", "step_order": 20}
    answers = await asyncio.gather(*(client.post(path, json=fixed) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_orders_within_a_new_sequence_are_unique(client: httpx2.AsyncClient) -> None:
    steps = [EMAIL_STEP | {"step_order": 2}, EMAIL_STEP | {"step_order": 2}]
    answer = await client.post("/api/sequences", json={"name": "Outreach", "steps": steps})
    assert refused(answer, 422, "sequence_step.invalid") == {"/steps/1/step_order"}


async def test_a_sequence_has_at_most_a_hundred_steps(client: httpx2.AsyncClient) -> None:
    sequence = await draft(client, [{"step_type": "task"}] * 100)
    answer = await client.post(f"/api/sequences/{sequence['id']}/steps", json={"step_type": "task"})
    refused(answer, 409, "sequence.too_many_steps")


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ({"body_template": "Hello {{ contact.first_name"}, {"/body_template"}),
        (
            {"subject_template": "{% if %}", "body_template": "{{ nobody.name }}"},
            {"/subject_template", "/body_template"},
        ),
        ({"task_title": "{{"}, {"/task_title"}),
        ({"conditions": {"conditions": []}}, {"/conditions/conditions"}),
        ({"conditions": {"conditions": [OPENED | {"field": "shoe_size"}]}}, {"/conditions/conditions/0/field"}),
        ({"conditions": {"conditions": [OPENED | {"step_reference": 7}]}}, {"/conditions/conditions/0/step_reference"}),
        ({"conditions": {"conditions": [OPENED], "on_true": {"finish": True}}}, {"/conditions/on_true"}),
        ({"step_type": "conditional"}, {"/conditions"}),
        (
            {"ab_test_variants": {"variants": [{"id": "a", "subject": "{{"}, {"id": "b", "body": "Hello"}]}},
            {"/ab_test_variants/variants/0/subject"},
        ),
    ],
)
async def test_what_a_step_cannot_run_with_is_pointed_at(
    client: httpx2.AsyncClient, fields: dict[str, Any], pointers: set[str]
) -> None:
    sequence = await draft(client)
    path = f"/api/sequences/{sequence['id']}/steps"
    assert refused(await client.post(path, json=EMAIL_STEP | fields), 422, "sequence_step.invalid") == pointers
    existing = f"{path}/{sequence['steps'][0]['id']}"
    assert refused(await client.put(existing, json=fields), 422, "sequence_step.invalid") == pointers
    answer = await client.post("/api/sequences", json={"name": "Outreach", "steps": [EMAIL_STEP | fields]})
    assert refused(answer, 422, "sequence_step.invalid") == {f"/steps/0{pointer}" for pointer in pointers}
    assert answered(await client.get(f"/api/sequences/{sequence['id']}"))["steps"] == sequence["steps"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"step_type": "fax"}, "/step_type"),
        ({"delay_days": -1}, "/delay_days"),
        ({"delay_minutes": 2**40}, "/delay_minutes"),
        ({"step_order": 0}, "/step_order"),
        ({"times_executed": 3}, "/times_executed"),
        ({"linkedin_action": "poke"}, "/linkedin_action"),
        ({"conditions": []}, "/conditions"),
        ({"ab_test_variants": {"variants": [{"id": "only one"}]}}, "/ab_test_variants/variants"),
        ({"body_template": "a" * 70_000}, "/body_template"),
    ],
)
async def test_a_wrong_field_of_a_step_is_pointed_at(
    client: httpx2.AsyncClient, fields: dict[str, Any], pointer: str
) -> None:
    sequence = await draft(client)
    answer = await client.post(f"/api/sequences/{sequence['id']}/steps", json=EMAIL_STEP | fields)
    assert refused(answer, 422, "request.invalid") == {pointer}


async def test_conditions_nested_without_end_are_refused(client: httpx2.AsyncClient) -> None:
    sequence = await draft(client)
    tree = '{"conditions": [' * 400 + "{}" + "]}" * 400
    body = f'{{"step_type": "task", "conditions": {tree}}}'
    headers = {"Content-Type": "application/json"}
    answer = await client.post(f"/api/sequences/{sequence['id']}/steps", content=body, headers=headers)
    assert answer.status_code == 422


async def test_every_column_of_a_step_is_kept(client: httpx2.AsyncClient, tenant: Tenant) -> None:
    sequence = await draft(client)
    step = {
        "step_type": "conditional",
        "step_order": 7,
        "delay_days": 1,
        "delay_hours": 2,
        "delay_minutes": 3,
        "subject_template": "Hello",
        "body_template": "Hello",
        "email_account_id": sequence["default_email_account_id"],
        "ab_test_enabled": True,
        "ab_test_variants": {
            "variants": [{"id": "a", "subject": "One", "weight": 50.0}, {"id": "b", "subject": "Two", "weight": 50.0}],
            "test_type": "subject_line",
            "winner_criteria": "open_rate",
        },
        "conditions": {
            "operator": "OR",
            "conditions": [OPENED | {"step_reference": 1}, {"conditions": [OPENED]}],
            "on_true": {"finish": True},
        },
        "condition_operator": "OR",
        "task_title": "Call {{ contact.first_name }}",
        "task_description": "Soon",
        "task_assignee_id": str(tenant.user_id),
        "task_due_days": 4,
        "linkedin_action": "view_profile",
        "linkedin_message": "Hello",
    }
    kept = answered(await client.post(f"/api/sequences/{sequence['id']}/steps", json=step), 201)
    assert kept == kept | step
    assert (kept["times_executed"], kept["success_rate"]) == (0, None)


async def test_the_type_of_a_step_is_fixed_once_contacts_may_be_enrolled(client: httpx2.AsyncClient) -> None:
    sequence = await active(client)
    path = f"/api/sequences/{sequence['id']}/steps/{sequence['steps'][0]['id']}"
    refused(await client.put(path, json={"step_type": "task"}), 409, "sequence_step.type_fixed")
    assert answered(await client.put(path, json={"step_type": "email", "delay_days": 1}))["delay_days"] == 1


async def test_what_a_step_refers_to_must_be_the_customers_own(
    client: httpx2.AsyncClient, other_tenant: Tenant
) -> None:
    foreign = {
        "email_account_id": (await mailbox(other_tenant.client))["id"],
        "task_assignee_id": str(other_tenant.user_id),
    }
    sequence = await draft(client)
    path = f"/api/sequences/{sequence['id']}/steps"
    pointers = {f"/{name}" for name in foreign}
    assert refused(await client.post(path, json=EMAIL_STEP | foreign), 422, "sequence_step.invalid") == pointers
    answer = await client.put(f"{path}/{sequence['steps'][0]['id']}", json=foreign)
    assert refused(answer, 422, "sequence_step.invalid") == pointers


async def test_a_step_is_found_only_in_its_sequence(client: httpx2.AsyncClient) -> None:
    one, other = await draft(client), await draft(client)
    path = f"/api/sequences/{one['id']}/steps/{other['steps'][0]['id']}"
    refused(await client.put(path, json={"delay_days": 1}), 404, "sequence_step.not_found")
