"""What came in: kept once, matched to the send of this customer, and followed by what its sequence says."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Row

from db import enrollments, inbound, messages
from domain.vocabulary import GoalType, InboundKind
from tests.db.conftest import DAY, HOUR, NOW, Scene
from tests.factories import email_step


async def keep(scene: Scene, uid: int, answered: Row[Any] | None = None, **how: Any) -> bool:
    given = {
        "account_id": scene.mailbox.id,
        "uidvalidity": 1,
        "uid": uid,
        "message_id": f"<{uuid4()}@prospect.example>",
        "from_address": "grace@prospect.example",
        "subject": "Re: Hello",
        "kind": InboundKind.REPLY,
        "body_text": "Yes",
        "raw": b"raw",
        "now": NOW,
    }
    async with scene.sessions.begin() as session:
        return await inbound.keep(session, answered=answered, **{**given, **how})


async def reply(scene: Scene, message: Row[Any]) -> None:
    async with scene.sessions.begin() as session:
        await inbound.record_reply(session, message, NOW + HOUR)


async def bounce(scene: Scene, message: Row[Any], *, hard: bool) -> None:
    async with scene.sessions.begin() as session:
        await inbound.record_bounce(session, message, hard=hard, reason="550 5.1.1 no such user", now=NOW + HOUR)


async def answered(scene: Scene, *message_ids: str) -> Row[Any] | None:
    async with scene.sessions() as session:
        return await inbound.answered_message(session, scene.mailbox.id, message_ids)


async def contact_of(scene: Scene, message: Row[Any]) -> Row[Any]:
    return await scene.one("SELECT * FROM contacts WHERE id = :id", id=message.contact_id)


async def activities(scene: Scene, message: Row[Any], type: str) -> list[str | None]:
    """The subtypes of the contact's activities of the type."""
    return await scene.column(
        """SELECT activity_subtype FROM contact_activities
           WHERE contact_id = :id AND activity_type = CAST(:type AS activity_type_enum)""",
        id=message.contact_id,
        type=type,
    )


async def suppressions(scene: Scene) -> list[list[str | None]]:
    return await scene.column(
        """SELECT ARRAY[suppression_type::text, email, expires_at::text] FROM contact_suppression_lists
           WHERE customer_id = :customer_id"""
    )


# --- kept once ---------------------------------------------------------------------------------------------------


async def test_a_message_is_kept_once_under_its_uid(scene: Scene) -> None:
    assert await keep(scene, 1)
    assert not await keep(scene, 1)
    assert await keep(scene, 1, uidvalidity=2)
    assert await scene.count("inbound_messages") == 2


async def test_a_message_that_comes_again_under_another_uid_is_kept_once(scene: Scene) -> None:
    assert await keep(scene, 1, message_id="<same@x>")
    assert not await keep(scene, 2, message_id="<same@x>")
    assert not await keep(scene, 1, message_id="<same@x>", uidvalidity=2)
    assert await scene.count("inbound_messages") == 1


async def test_messages_without_an_id_are_told_apart_by_their_uids(scene: Scene) -> None:
    assert await keep(scene, 1, message_id=None)
    assert await keep(scene, 2, message_id=None)


async def test_the_same_id_in_another_customers_mailbox_is_another_message(scene: Scene, other: Scene) -> None:
    assert await keep(scene, 1, message_id="<same@x>")
    assert await keep(other, 1, message_id="<same@x>")


async def test_what_is_kept_names_the_send_that_it_answers(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    assert await keep(scene, 1, message, from_address="x" * 300 + "@y.example", message_id="<one@x>")
    row = await scene.one("SELECT * FROM inbound_messages WHERE customer_id = :customer_id")
    assert (row.email_message_id, row.contact_id, row.enrollment_id) == (
        message.id,
        message.contact_id,
        message.enrollment_id,
    )
    assert len(row.from_address) == 255


# --- matched -----------------------------------------------------------------------------------------------------


async def test_a_message_answers_the_latest_send_that_it_names(scene: Scene) -> None:
    first = await scene.sent(await scene.enrolled(email_step("Hello")))
    second = await scene.sent(await scene.enrolled(email_step("Hello")), now=NOW + HOUR)
    found = await answered(scene, first.message_id, "<unknown@x>", second.message_id)
    assert found is not None
    assert found.id == second.id
    assert await answered(scene, "<unknown@x>") is None
    assert await answered(scene) is None


async def test_the_providers_id_is_as_good_as_ours(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    provider_id = f"<{uuid4()}@ses.example>"
    await scene.execute(
        "UPDATE email_messages SET provider_message_id = :ours WHERE id = :id", id=message.id, ours=provider_id
    )
    found = await answered(scene, provider_id)
    assert found is not None
    assert found.id == message.id


async def test_a_send_of_another_customer_is_not_found(scene: Scene, other: Scene) -> None:
    message = await other.sent(await other.enrolled(email_step("Hello")))
    assert await answered(scene, message.message_id) is None
    assert await answered(other, message.message_id) is not None


# --- replies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "status", "reason"),
    [
        ({}, "completed", "replied"),
        ({"goal_type": GoalType.REPLIES}, "completed", "goal_achieved"),
        ({"goal_type": GoalType.MEETINGS}, "completed", "replied"),
        ({"stop_on_reply": False}, "active", None),
        ({"stop_on_reply": False, "goal_type": GoalType.REPLIES}, "active", None),
    ],
)
async def test_a_reply_ends_its_enrollment_as_the_sequence_says(
    scene: Scene, columns: dict[str, Any], status: str, reason: str | None
) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello"), **columns))
    await reply(scene, message)
    row = await scene.enrollment(message.enrollment_id)
    assert (row.status, row.completion_reason, row.total_replies) == (status, reason, 1)
    assert await scene.letters(row.id) == ["enrollment.event"]


async def test_a_reply_is_counted_everywhere_once(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    await reply(scene, message)
    contact = await contact_of(scene, message)
    assert (contact.total_replies, contact.last_replied_at) == (1, NOW + HOUR)
    replied = "SELECT total_replied FROM sequences WHERE id = :id"
    assert await scene.column(replied, id=message.sequence_id) == [1]
    assert len(await activities(scene, message, "email_replied")) == 1


async def test_a_reply_ends_a_paused_enrollment_too(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    async with scene.sessions.begin() as session:
        await enrollments.pause(session, enrollment_id=message.enrollment_id, now=NOW)
    await reply(scene, message)
    assert (await scene.enrollment(message.enrollment_id)).completion_reason == "replied"


async def test_a_reply_to_what_has_ended_is_counted_and_changes_no_end(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    async with scene.sessions.begin() as session:
        await enrollments.stop(session, enrollment_id=message.enrollment_id, now=NOW)
    await reply(scene, message)
    row = await scene.enrollment(message.enrollment_id)
    assert (row.status, row.completion_reason, row.total_replies) == ("stopped", "manual_stop", 1)


async def test_a_reply_ends_no_other_enrollment_of_the_contact(scene: Scene) -> None:
    contact = await scene.contact()
    (one,) = await scene.enroll(await scene.sequence(email_step("Hello")), contact)
    (two,) = await scene.enroll(await scene.sequence(email_step("Hello")), contact)
    await reply(scene, await scene.sent(one))
    assert (await scene.enrollment(two)).status == "active"


async def remove(scene: Scene, id: UUID) -> None:
    async with scene.sessions.begin() as session:
        await enrollments.remove(session, customer_id=scene.tenant.customer_id, enrollment_id=id, now=NOW)


async def refreshed(scene: Scene, message: Row[Any]) -> Row[Any]:
    async with scene.sessions() as session:
        return await messages.get(session, message.id)


async def test_a_reply_to_a_removed_enrollment_is_counted_for_the_contact(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    await remove(scene, message.enrollment_id)
    await reply(scene, await refreshed(scene, message))
    assert (await contact_of(scene, message)).total_replies == 1


# --- bounces -----------------------------------------------------------------------------------------------------


async def test_a_hard_bounce_marks_suppresses_and_ends(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    await bounce(scene, message, hard=True)
    contact = await contact_of(scene, message)
    assert (contact.status, contact.bounced_at, contact.bounce_reason) == (
        "bounced",
        NOW + HOUR,
        "550 5.1.1 no such user",
    )
    assert await suppressions(scene) == [["hard_bounce", contact.email, None]]
    row = await scene.enrollment(message.enrollment_id)
    assert (row.status, row.completion_reason) == ("bounced", "bounced")
    assert await activities(scene, message, "email_bounced") == ["hard"]
    assert await scene.column("SELECT total_bounced FROM sequences WHERE id = :id", id=message.sequence_id) == [1]


async def test_a_soft_bounce_is_counted_and_nothing_else(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    await bounce(scene, message, hard=False)
    assert (await contact_of(scene, message)).status == "active"
    assert await suppressions(scene) == []
    assert (await scene.enrollment(message.enrollment_id)).status == "active"
    assert await activities(scene, message, "email_bounced") == ["soft"]
    assert await scene.column("SELECT total_bounced FROM sequences WHERE id = :id", id=message.sequence_id) == [1]


async def test_a_hard_bounce_ends_all_enrollments_of_the_contact_that_stop_on_bounces(scene: Scene) -> None:
    contact = await scene.contact()
    (one,) = await scene.enroll(await scene.sequence(email_step("Hello"), stop_on_bounce=False), contact)
    (two,) = await scene.enroll(await scene.sequence(email_step("Hello")), contact)
    await bounce(scene, await scene.sent(one), hard=True)
    assert (await scene.enrollment(one)).status == "active"
    assert (await scene.enrollment(two)).status == "bounced"
    assert not await scene.claim(one)


async def test_a_hard_bounce_of_a_removed_enrollment_ends_the_contacts_others(scene: Scene) -> None:
    contact = await scene.contact()
    (one,) = await scene.enroll(await scene.sequence(email_step("Hello")), contact)
    (two,) = await scene.enroll(await scene.sequence(email_step("Hello")), contact)
    message = await scene.sent(one)
    await remove(scene, one)
    await bounce(scene, await refreshed(scene, message), hard=True)
    assert (await scene.enrollment(two)).status == "bounced"


async def test_a_hard_bounce_makes_a_suppression_that_was_to_expire_last(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    await scene.suppress(message.to_address, kind="hard_bounce", expires_at=NOW - DAY)
    await bounce(scene, message, hard=True)
    assert await suppressions(scene) == [["hard_bounce", message.to_address, None]]


async def test_a_hard_bounce_leaves_an_unsubscribed_contact_unsubscribed(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    await scene.execute("UPDATE contacts SET status = 'unsubscribed' WHERE id = :id", id=message.contact_id)
    await bounce(scene, message, hard=True)
    assert (await contact_of(scene, message)).status == "unsubscribed"
    assert len(await suppressions(scene)) == 1


async def test_the_address_that_bounced_is_the_one_that_was_mailed(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    await scene.execute("UPDATE contacts SET email = 'new@prospect.example' WHERE id = :id", id=message.contact_id)
    await bounce(scene, message, hard=True)
    assert await suppressions(scene) == [["hard_bounce", message.to_address, None]]
