"""Sends of which nobody knows what became: settled by a copy, or by a person, who may have them sent again."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row

from db import enrollments, executions, messages, unknown_sends
from domain.errors import Conflict, NotFound
from domain.vocabulary import EmailMessageStatus
from tests.db.conftest import DAY, HOUR, NOW, Scene
from tests.factories import email_step

LATER = NOW + HOUR
FOLLOW_UP = email_step(None, "Again", delay_days=2)


async def unknown(scene: Scene, enrollment_id: UUID) -> Row[Any]:
    """The current step's send, whose answer was lost; the enrollment has gone on."""
    assert await scene.claim(enrollment_id)
    row = await scene.enrollment(enrollment_id)
    id = messages.claim_id(enrollment_id, row.current_step_id)
    await scene.execute(
        "UPDATE email_messages SET status = 'sending', sending_at = :now WHERE id = :id", id=id, now=NOW
    )
    await scene.execute("UPDATE send_slots SET used_at = :now WHERE enrollment_id = :id", id=enrollment_id, now=NOW)
    async with scene.sessions.begin() as session:
        await messages.settle(session, id, EmailMessageStatus.UNKNOWN, NOW, response="the line broke")
        await executions.complete_step(session, enrollment_id=enrollment_id, step_id=row.current_step_id, now=NOW)
    return await scene.one("SELECT * FROM email_messages WHERE id = :id", id=id)


async def resend(scene: Scene, message: Row[Any]) -> None:
    async with scene.sessions.begin() as session:
        await unknown_sends.resend(
            session,
            customer_id=scene.tenant.customer_id,
            message_id=message.id,
            user_id=scene.tenant.user_id,
            now=LATER,
        )


async def consider_sent(scene: Scene, message: Row[Any]) -> None:
    async with scene.sessions.begin() as session:
        await unknown_sends.consider_sent(
            session,
            customer_id=scene.tenant.customer_id,
            message_id=message.id,
            user_id=scene.tenant.user_id,
            now=LATER,
        )


async def status(scene: Scene, message: Row[Any]) -> str:
    return str((await scene.one("SELECT status FROM email_messages WHERE id = :id", id=message.id)).status)


async def test_considered_sent_it_counts_as_sent_and_names_who_said_so(scene: Scene) -> None:
    enrollment = await scene.enrolled(email_step("Hello"), FOLLOW_UP)
    message = await unknown(scene, enrollment)
    await consider_sent(scene, message)
    settled = await scene.one("SELECT * FROM email_messages WHERE id = :id", id=message.id)
    assert (settled.status, settled.settled_by) == ("sent", scene.tenant.user_id)
    assert (await scene.enrollment(enrollment)).total_emails_sent == 1


async def test_sent_again_the_enrollment_goes_back_to_the_step_and_keeps_the_message_id(scene: Scene) -> None:
    enrollment = await scene.enrolled(email_step("Hello"), FOLLOW_UP)
    first, _ = await scene.steps(enrollment)
    message = await unknown(scene, enrollment)
    await resend(scene, message)
    row = await scene.enrollment(enrollment)
    assert (row.status, row.current_step_id) == ("active", first)
    assert row.next_step_scheduled_at >= LATER
    assert await scene.claim(enrollment, now=row.next_step_scheduled_at)
    again = await scene.one("SELECT * FROM email_messages WHERE id = :id", id=message.id)
    assert (again.status, again.message_id, again.attempts) == ("claimed", message.message_id, 2)
    assert "enrollment.event" in await scene.letters(enrollment)


async def test_sent_again_the_step_counts_as_executed_once(scene: Scene) -> None:
    enrollment = await scene.enrolled(email_step("Hello"), FOLLOW_UP)
    first, second = await scene.steps(enrollment)
    await resend(scene, await unknown(scene, enrollment))
    async with scene.sessions.begin() as session:
        await executions.complete_step(session, enrollment_id=enrollment, step_id=first, now=LATER)
    assert (await scene.enrollment(enrollment)).current_step_id == second
    assert (await scene.one("SELECT times_executed FROM sequence_steps WHERE id = :id", id=first)).times_executed == 1


async def test_an_enrollment_that_finished_with_the_unknown_send_begins_again(scene: Scene) -> None:
    enrollment = await scene.enrolled(email_step("Hello"))
    message = await unknown(scene, enrollment)
    assert (await scene.enrollment(enrollment)).completion_reason == "finished"
    await resend(scene, message)
    row = await scene.enrollment(enrollment)
    assert (row.status, row.completion_reason, row.completed_at) == ("active", None, None)
    letter = await scene.one("SELECT topic, payload FROM outbox WHERE subject_id = :id ORDER BY id DESC", id=enrollment)
    assert (letter.topic, letter.payload) == ("enrollment.start", {"again": True})


async def test_a_paused_enrollment_stays_paused_and_sends_when_it_is_resumed(scene: Scene) -> None:
    enrollment = await scene.enrolled(email_step("Hello"), FOLLOW_UP)
    first, _ = await scene.steps(enrollment)
    message = await unknown(scene, enrollment)
    async with scene.sessions.begin() as session:
        await enrollments.pause(session, enrollment_id=enrollment, now=NOW)
    await resend(scene, message)
    assert (await scene.enrollment(enrollment)).status == "paused"
    async with scene.sessions.begin() as session:
        await enrollments.resume(session, enrollment_id=enrollment, now=LATER)
    row = await scene.enrollment(enrollment)
    assert (row.current_step_id, row.next_step_scheduled_at < LATER + DAY) == (first, True)


async def test_one_that_has_done_a_later_step_is_not_sent_again(scene: Scene) -> None:
    enrollment = await scene.enrolled(email_step("Hello"), FOLLOW_UP, email_step(None, "Last", delay_days=2))
    message = await unknown(scene, enrollment)
    _, second, _ = await scene.steps(enrollment)
    async with scene.sessions.begin() as session:
        await executions.complete_step(session, enrollment_id=enrollment, step_id=second, now=NOW + 3 * DAY)
    with pytest.raises(Conflict, match="has done a later step"):
        await resend(scene, message)
    assert await status(scene, message) == "unknown"


async def test_nobody_is_mailed_again_after_a_stop(scene: Scene) -> None:
    enrollment = await scene.enrolled(email_step("Hello"), FOLLOW_UP)
    message = await unknown(scene, enrollment)
    async with scene.sessions.begin() as session:
        await enrollments.stop(session, enrollment_id=enrollment, now=NOW)
    with pytest.raises(Conflict, match="The enrollment is stopped"):
        await resend(scene, message)


async def test_what_is_known_is_settled_and_another_customers_does_not_exist(scene: Scene) -> None:
    enrollment = await scene.enrolled(email_step("Hello"), FOLLOW_UP)
    message = await unknown(scene, enrollment)
    await consider_sent(scene, message)
    for settle in (resend, consider_sent):
        with pytest.raises(Conflict, match="it is sent"):
            await settle(scene, message)
    async with scene.sessions.begin() as session:
        stranger = {"customer_id": message.id, "message_id": message.id, "user_id": message.id, "now": NOW}
        with pytest.raises(NotFound):
            await unknown_sends.resend(session, **stranger)


async def test_a_copy_in_the_sent_folder_settles_it_and_keeps_the_providers_id(scene: Scene) -> None:
    enrollment = await scene.enrolled(email_step("Hello"), FOLLOW_UP)
    message = await unknown(scene, enrollment)
    async with scene.sessions.begin() as session:
        (found,) = await unknown_sends.of_mailbox(session, scene.mailbox.id, LATER, 10)
        assert found.id == message.id
        await unknown_sends.found(session, message.id, "<theirs@provider.example>", LATER)
        assert await unknown_sends.of_mailbox(session, scene.mailbox.id, LATER, 10) == []
    settled = await scene.one("SELECT * FROM email_messages WHERE id = :id", id=message.id)
    assert (settled.status, settled.provider_message_id) == ("sent", "<theirs@provider.example>")
