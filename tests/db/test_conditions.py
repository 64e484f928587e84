"""The facts that conditions ask for, as they stand in Postgres, and the conditions on them."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from db import conditions as condition_facts
from db import definitions
from domain.filtering.conditions import Facts, holds
from domain.vocabulary import ConditionOperator, StepType
from tests.db.conftest import DAY, HOUR, NOW, Scene
from tests.factories import email_step

CALL, TASK = {"step_type": StepType.CALL}, {"step_type": StepType.TASK}


async def facts(scene: Scene, id: UUID, now: datetime = NOW) -> Facts:
    async with scene.sessions() as session:
        known = await condition_facts.facts(session, id, now=now)
    assert known is not None
    return known


async def hold(scene: Scene, id: UUID, field: str, operator: str, value: Any = None, step: int | None = None) -> bool:
    leaf = {"field": field, "operator": operator, "value": value, "step_reference": step}
    return holds({"conditions": [leaf]}, ConditionOperator.AND, await facts(scene, id), now=NOW)


async def happen(
    scene: Scene, id: UUID, type: str, *, order: int | None = None, at: datetime = NOW, subtype: str | None = None
) -> None:
    """Record an activity of the enrollment's contact in its sequence, of the step with that order."""
    await scene.execute(
        """INSERT INTO contact_activities
             (contact_id, customer_id, activity_type, activity_subtype, sequence_id, sequence_step_id, occurred_at)
           SELECT e.contact_id, e.customer_id, CAST(:type AS activity_type_enum), :subtype, e.sequence_id,
                  (SELECT id FROM sequence_steps AS step
                   WHERE step.sequence_id = e.sequence_id AND step_order = :order), :at
           FROM sequence_enrollments AS e WHERE e.id = :id""",
        id=id, type=type, subtype=subtype, order=order, at=at,
    )  # fmt: skip


async def finish_task(
    scene: Scene, id: UUID, order: int, *, outcome: str | None = None, status: str = "completed", at: datetime = NOW
) -> None:
    await scene.execute(
        """INSERT INTO tasks (customer_id, workspace_id, enrollment_id, sequence_step_id, contact_id, task_type, title,
                              status, outcome, completed_at)
           SELECT e.customer_id, :workspace_id, e.id, step.id, e.contact_id,
                  CAST(step.step_type::text AS task_type_enum), 'Do', CAST(:status AS task_status_enum), :outcome, :at
           FROM sequence_enrollments AS e JOIN sequence_steps AS step ON step.sequence_id = e.sequence_id
           WHERE e.id = :id AND step.step_order = :order""",
        id=id, order=order, outcome=outcome, status=status, at=at, workspace_id=scene.tenant.workspace_id,
    )  # fmt: skip


async def test_an_enrollment_that_is_gone_has_no_facts(scene: Scene) -> None:
    async with scene.sessions() as session:
        assert await condition_facts.facts(session, uuid4(), now=NOW) is None


async def test_nothing_has_happened_at_first(scene: Scene) -> None:
    known = await facts(scene, await scene.enrolled(email_step("One")))
    assert (known.engagement, known.days_since_last_contact) == ({}, None)


@pytest.mark.parametrize(
    "type", ["email_opened", "email_clicked", "email_replied", "email_bounced", "linkedin_connected"]
)
async def test_what_happened_is_true_of_its_step_and_of_any(scene: Scene, type: str) -> None:
    id = await scene.enrolled(email_step("One"), email_step())
    await happen(scene, id, type, order=2)
    assert (await facts(scene, id)).engagement == {(type, 2): True, (type, None): True}
    assert await hold(scene, id, type, "equals", True, step=2)
    assert await hold(scene, id, type, "equals", False, step=1)


async def test_what_happened_without_a_step_is_true_of_any(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"))
    await happen(scene, id, "email_opened")
    assert (await facts(scene, id)).engagement == {("email_opened", None): True}


@pytest.mark.parametrize("type", ["email_opened", "email_clicked"])
@pytest.mark.parametrize("subtype", ["machine", "unknown"])
async def test_what_machines_did_is_true_only_where_a_condition_asks_for_it(
    scene: Scene, type: str, subtype: str
) -> None:
    id = await scene.enrolled(email_step("One"))
    await happen(scene, id, type, order=1, subtype=subtype)
    assert await hold(scene, id, type, "equals", False)
    asking = {"field": type, "operator": "equals", "value": True, "step_reference": 1, "include_machine": True}
    assert holds({"conditions": [asking]}, ConditionOperator.AND, await facts(scene, id), now=NOW)
    await happen(scene, id, type, order=1, subtype="human")
    assert await hold(scene, id, type, "equals", True)


async def test_what_happened_before_or_in_another_sequence_is_no_fact_of_this_one(scene: Scene) -> None:
    contact = await scene.contact()
    (one,) = await scene.enroll(await scene.sequence(email_step("One")), contact)
    (two,) = await scene.enroll(await scene.sequence(email_step("One")), contact)
    await happen(scene, one, "email_opened", order=1)
    await happen(scene, two, "email_opened", order=1, at=NOW - HOUR)
    assert (await facts(scene, two)).engagement == {}


async def test_tasks_and_calls_tell_their_outcomes(scene: Scene) -> None:
    id = await scene.enrolled(TASK, CALL, CALL)
    await finish_task(scene, id, 1, outcome="done")
    await finish_task(scene, id, 2, outcome="voicemail")
    await finish_task(scene, id, 3, outcome="reached", at=NOW + HOUR)
    assert await hold(scene, id, "task_completed", "equals", True)
    assert await hold(scene, id, "task_outcome", "equals", "Done")
    assert await hold(scene, id, "call_outcome", "equals", "voicemail", step=2)
    assert await hold(scene, id, "call_outcome", "equals", "reached")
    assert await hold(scene, id, "call_outcome", "is_empty", step=1)


@pytest.mark.parametrize("status", ["open", "skipped", "cancelled"])
async def test_a_task_that_nobody_completed_is_not_completed(scene: Scene, status: str) -> None:
    id = await scene.enrolled(TASK)
    await finish_task(scene, id, 1, outcome="x", status=status)
    assert await hold(scene, id, "task_completed", "equals", False)
    assert await hold(scene, id, "task_outcome", "is_empty")


async def test_days_since_the_last_contact_are_those_of_every_sequence(scene: Scene) -> None:
    sequence, contact = await scene.sequence(email_step("One")), await scene.contact(last_contacted_at=NOW - 8 * DAY)
    (id,) = await scene.enroll(sequence, contact)
    assert (await facts(scene, id)).days_since_last_contact == 8.0
    assert (await facts(scene, id, NOW + 12 * HOUR)).days_since_last_contact == 8.5


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("first_name", "equals", "grace"),
        ("industry", "in", ["finance", "technology"]),
        ("last_opened_at", "greater_than", "30 days ago"),
        ("last_opened_at", "less_than", "2026-11-21"),
        ("last_opened_at", "between", ["2026-11-19", "2026-11-21"]),
        ("last_opened_at", "date_relative", "last 1 week"),
        ("last_opened_at", "equals", "2026-11-20T10:30:00.5+01:00"),
        ("last_clicked_at", "is_empty", None),
        ("open_rate", "between", [33, 34]),
        ("total_emails_received", "equals", 3),
        ("do_not_contact", "equals", False),
        ("job_title", "not_contains", "chief"),
        ("custom_fields.score", "greater_than", 7),
        ("custom_fields.renewal", "date_relative", "next 2 weeks"),
        ("custom_fields.tags", "contains", "vip"),
        ("custom_fields.nothing", "not_equals", "x"),
    ],
)
async def test_every_kind_of_column_is_compared_as_what_it_is(
    scene: Scene, field: str, operator: str, value: Any
) -> None:
    contact = await scene.contact(
        industry="technology",
        last_opened_at=datetime.fromisoformat("2026-11-20T09:30:00.5+00:00"),
        total_emails_received=3,
        total_emails_opened=1,
        custom_fields={"score": "42", "renewal": "2026-12-01", "tags": ["vip"]},
    )
    (id,) = await scene.enroll(await scene.sequence(email_step("One")), contact)
    assert await hold(scene, id, field, operator, value)


async def test_a_steps_conditions_are_read_as_they_were_written(scene: Scene) -> None:
    tree = {"conditions": [{"field": "email", "operator": "is_empty"}], "on_true": {"finish": True}}
    written = {
        "step_type": StepType.CONDITIONAL,
        "conditions": tree,
        "condition_operator": ConditionOperator.OR,
        "delay_days": 2,
    }
    id = await scene.enrolled(written)
    (step_id,) = await scene.steps(id)
    async with scene.sessions() as session:
        step = await definitions.load_step(session, step_id)
        assert step is not None
        assert (step.conditions, step.condition_operator, step.delay.days) == (tree, ConditionOperator.OR, 2)
        assert await definitions.load_step(session, uuid4()) is None
