"""The six step types, their conditions and branches, each run to its end with time skipped."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from db import executions
from db.models import Contact
from db.models import Sequence as SequenceRow
from domain.vocabulary import CompletionReason, EnrollmentStatus, StepOutcome, StepType, TaskStatus, WaitingReason
from tests.factories import email_step, make_contact, make_sequence
from tests.workflows.conftest import World

OPENED = {"conditions": [{"field": "email_opened", "operator": "equals", "value": True, "step_reference": 1}]}


async def arrange(world: World, steps: Sequence[dict[str, Any]], **contact: Any) -> tuple[SequenceRow, Contact]:
    async with world.sessions.begin() as session:
        return (
            await make_sequence(session, world.tenant, steps, mailbox=world.mailbox),
            await make_contact(session, world.tenant, **contact),
        )


async def outcomes(world: World, enrollment_id: UUID) -> dict[int, str]:
    """What became of each step, by its order."""
    async with world.sessions() as session:
        rows = await session.execute(
            text(
                """SELECT step.step_order, execution.outcome FROM sequence_step_executions AS execution
                   JOIN sequence_steps AS step ON step.id = execution.sequence_step_id
                   WHERE execution.enrollment_id = :id ORDER BY 1"""
            ),
            {"id": enrollment_id},
        )
        return {row.step_order: row.outcome for row in rows}


async def test_emails_go_out_weeks_apart_in_their_order(world: World) -> None:
    sequence, contact = await arrange(world, [email_step("One"), email_step(delay_days=7), email_step(delay_days=14)])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        assert (await world.result(id)).completion_reason is CompletionReason.FINISHED
    async with world.sessions() as session:
        sends = (
            await session.execute(
                text(
                    """SELECT slot_at, sent_at FROM send_slots
                       JOIN email_messages USING (enrollment_id, sequence_step_id)
                       WHERE enrollment_id = :id ORDER BY slot_at"""
                ),
                {"id": id},
            )
        ).all()
        total = await session.scalar(text("SELECT total_sent FROM sequences WHERE id = :id"), {"id": sequence.id})
    # A step that ran at its slot counts as completed at the slot: the seconds that SMTP takes delay nothing.
    assert all(send.slot_at <= send.sent_at for send in sends)
    first, second, third = (send.slot_at for send in sends)
    assert (second - first, third - second) == (timedelta(days=7), timedelta(days=14))
    assert total == 3
    assert len(world.received_by(contact)) == 3


async def test_follow_ups_go_out_in_the_thread_of_the_first_email(world: World) -> None:
    sequence, contact = await arrange(world, [email_step("Hello"), email_step(delay_days=1), email_step(delay_days=1)])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await world.result(id)
    first, second, third = [one for one in world.mail.received() if contact.email in one.rcpt_to]
    assert (first.in_reply_to, first.subject) == (None, "Hello")
    assert (second.in_reply_to, second.subject) == (first.message_id, "Re: Hello")
    assert (third.in_reply_to, third.subject) == (second.message_id, "Re: Hello")


async def test_a_step_whose_conditions_do_not_hold_is_skipped_and_the_skip_is_recorded(world: World) -> None:
    held = {"conditions": [{"field": "first_name", "operator": "equals", "value": "grace"}]}
    steps = [email_step("One"), email_step("Two", conditions=OPENED), email_step("Three", conditions=held)]
    sequence, contact = await arrange(world, steps)
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await world.result(id)
    assert await outcomes(world, id) == {1: "executed", 2: "skipped", 3: "executed"}
    assert len(world.received_by(contact)) == 2


async def test_a_conditional_that_never_holds_waits_its_delay_and_takes_on_false(world: World) -> None:
    conditional = {
        "step_type": StepType.CONDITIONAL,
        "delay_days": 3,
        "conditions": {**OPENED, "on_true": {"go_to_step": 4}, "on_false": {"finish": True}},
    }
    sequence, contact = await arrange(world, [email_step("One"), conditional, email_step("No"), email_step("Yes")])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        result = await world.result(id)
    assert result.completion_reason is CompletionReason.FINISHED
    assert await outcomes(world, id) == {1: "executed", 2: "executed"}
    async with world.sessions() as session:
        row = (
            await session.execute(
                text("SELECT enrolled_at, completed_at FROM sequence_enrollments WHERE id = :id"), {"id": id}
            )
        ).one()
    # Plans are made in whole seconds: the delay counts from the second in which the contact was enrolled.
    assert row.completed_at - row.enrolled_at.replace(microsecond=0) >= timedelta(days=3)


async def test_a_conditional_that_holds_goes_on_at_once_and_skips_what_it_leaps_over(world: World) -> None:
    conditional = {
        "step_type": StepType.CONDITIONAL,
        "delay_days": 3,
        "conditions": {
            "conditions": [{"field": "first_name", "operator": "is_not_empty"}],
            "on_true": {"go_to_step": 4},
        },
    }
    sequence, contact = await arrange(world, [email_step("One"), conditional, email_step("No"), email_step("Yes")])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await world.result(id)
    assert await outcomes(world, id) == {1: "executed", 2: "executed", 3: "skipped", 4: "executed"}
    assert [one.subject for one in world.mail.received() if contact.email in one.rcpt_to] == ["One", "Yes"]
    async with world.sessions() as session:
        span = await session.scalar(
            text("SELECT completed_at - enrolled_at FROM sequence_enrollments WHERE id = :id"), {"id": id}
        )
    assert span < timedelta(days=1)


async def test_a_task_step_opens_a_task_and_goes_on(world: World) -> None:
    task = {"step_type": StepType.TASK, "task_title": "Look up {{ contact.first_name }}", "task_due_days": 2}
    sequence, contact = await arrange(world, [task, email_step("Hello")])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await world.result(id)
    async with world.sessions() as session:
        opened = (await session.execute(text("SELECT * FROM tasks WHERE enrollment_id = :id"), {"id": id})).one()
    assert (opened.title, opened.status) == ("Look up Grace", TaskStatus.OPEN)
    assert opened.assignee_id == world.tenant.user_id
    assert len(world.received_by(contact)) == 1


async def test_linkedin_and_call_steps_wait_until_a_person_has_done_their_task(world: World) -> None:
    linkedin = {"step_type": StepType.LINKEDIN, "linkedin_action": "connect"}
    sequence, contact = await arrange(world, [linkedin, {"step_type": StepType.CALL}, email_step("Hello")])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        for order in (1, 2):
            progress = await world.until(id, lambda p: p.waiting_reason is WaitingReason.TASK, order=order)
            assert progress.step_order == order
            await complete_open_task(world, id)
        result = await world.result(id)
    assert result.completion_reason is CompletionReason.FINISHED
    assert await outcomes(world, id) == {1: "executed", 2: "executed", 3: "executed"}


async def complete_open_task(world: World, enrollment_id: UUID) -> None:
    async with world.sessions.begin() as session:
        task = (
            await session.execute(
                text("UPDATE tasks SET status = 'completed' WHERE enrollment_id = :id AND status = 'open' RETURNING *"),
                {"id": enrollment_id},
            )
        ).one()
        await executions.complete_awaited(
            session,
            enrollment_id=enrollment_id,
            step_id=task.sequence_step_id,
            now=world.resources.clock(),
            outcome=StepOutcome.EXECUTED,
        )
    await world.settle()


async def test_an_email_without_a_value_for_its_variable_pauses_the_enrollment_and_sends_nothing(world: World) -> None:
    sequence, contact = await arrange(world, [email_step("Hi", body="Hello {{ contact.job_title }}")])
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        progress = await world.until(id, lambda p: p.status is EnrollmentStatus.PAUSED)
        assert progress.waiting_reason is WaitingReason.MISSING_VARIABLE
        assert world.received_by(contact) == []
        async with world.sessions.begin() as session:
            error = await session.scalar(text("SELECT last_error FROM sequence_enrollments WHERE id = :id"), {"id": id})
            assert "contact.job_title" in str(error)
            await session.execute(text("UPDATE contacts SET job_title = 'Admiral' WHERE id = :id"), {"id": contact.id})
        await world.resume(id)
        await world.result(id)
    assert len(world.received_by(contact)) == 1


async def test_a_contact_that_unsubscribed_before_its_send_is_not_mailed(world: World) -> None:
    sequence, contact = await arrange(world, [email_step("Hi", delay_days=1)])
    (id,) = await world.enroll(sequence, contact)
    async with world.sessions.begin() as session:
        await session.execute(text("UPDATE contacts SET status = 'unsubscribed' WHERE id = :id"), {"id": contact.id})
    async with world.working():
        result = await world.result(id)
    assert (result.status, result.completion_reason) == (EnrollmentStatus.UNSUBSCRIBED, CompletionReason.UNSUBSCRIBED)
    assert world.received_by(contact) == []


async def test_an_address_that_the_server_does_not_know_is_a_hard_bounce(world: World) -> None:
    sequence, contact = await arrange(
        world, [email_step("Hi"), email_step(delay_days=1)], email="bounce.x@nowhere.example"
    )
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        result = await world.result(id)
    assert (result.status, result.completion_reason) == (EnrollmentStatus.BOUNCED, CompletionReason.BOUNCED)
    async with world.sessions() as session:
        status = await session.scalar(text("SELECT status FROM contacts WHERE id = :id"), {"id": contact.id})
        suppressed = await session.scalar(
            text("SELECT suppression_type FROM contact_suppression_lists WHERE email = :email"),
            {"email": contact.email},
        )
        ledger = (await session.execute(text("SELECT status, smtp_code FROM email_messages"))).one()
    assert (status, suppressed) == ("bounced", "hard_bounce")
    assert (ledger.status, ledger.smtp_code) == ("failed", 550)
    assert await outcomes(world, id) == {1: "failed"}


async def test_no_personal_data_is_written_into_a_history(world: World) -> None:
    task = {"step_type": StepType.TASK, "task_title": "Look up {{ contact.first_name }}"}
    sequence, contact = await arrange(world, [email_step("Secret subject"), task], first_name="Zebulon")
    async with world.working():
        (id,) = await world.enroll(sequence, contact)
        await world.result(id)
    history = (await world.workflow(id).fetch_history()).to_json()
    assert contact.email not in history
    assert "Zebulon" not in history
    assert "Secret subject" not in history
    assert "ann@sender" not in history
