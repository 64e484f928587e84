"""The consequences of what came in: each is what its sequence and its workspace say, and counted once."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row

from db import enrollments, inbound, messages
from domain.vocabulary import GoalType
from tests.db.conftest import DAY, HOUR, NOW, Scene
from tests.factories import email_step


async def reply(scene: Scene, message: Row[Any], *, opts_out: bool = False) -> None:
    async with scene.sessions.begin() as session:
        await inbound.record_reply(session, message, NOW + HOUR, opts_out=opts_out)


async def bounce(scene: Scene, message: Row[Any], *, hard: bool) -> None:
    async with scene.sessions.begin() as session:
        await inbound.record_bounce(session, message, hard=hard, reason="550 5.1.1 no such user", now=NOW + HOUR)


async def complaint(scene: Scene, message: Row[Any]) -> None:
    async with scene.sessions.begin() as session:
        await inbound.record_complaint(session, message, NOW + HOUR)


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


# --- a reply that asks to be left alone ----------------------------------------------------------------------------


async def test_a_reply_that_opts_out_stops_what_no_reply_would_and_suppresses_nobody(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello"), stop_on_reply=False))
    await reply(scene, message, opts_out=True)
    row = await scene.enrollment(message.enrollment_id)
    assert (row.status, row.completion_reason, row.total_replies) == ("completed", "replied", 1)
    assert (await contact_of(scene, message)).status == "active"
    assert await suppressions(scene) == []


# --- colleagues ----------------------------------------------------------------------------------------------------


async def same_company(scene: Scene, **columns: Any) -> None:
    await scene.execute(
        "UPDATE workspaces SET same_company_stop = true, free_mail_domains = :free WHERE customer_id = :customer_id",
        free=columns.get("free", []),
    )


async def colleagues(scene: Scene, *addresses: str) -> list[UUID]:
    sequence = await scene.sequence(email_step("Hello"), email_step("Again", delay_days=3))
    return await scene.enroll(sequence, *[await scene.contact(email=address) for address in addresses])


async def statuses(scene: Scene, ids: list[UUID]) -> list[tuple[str, str | None]]:
    rows = [await scene.enrollment(id) for id in ids]
    return [(row.status, row.completion_reason) for row in rows]


async def test_a_reply_stops_the_whole_company_where_the_workspace_wants_that(scene: Scene) -> None:
    await same_company(scene)
    ids = await colleagues(scene, "one@acme.example", "two@acme.example", "far@eu.acme.example", "x@notacme.example")
    (elsewhere,) = await scene.enroll(
        await scene.sequence(email_step("Other"), stop_on_reply=False), await scene.contact(email="three@acme.example")
    )
    async with scene.sessions.begin() as session:
        await enrollments.pause(session, enrollment_id=elsewhere, now=NOW)
    await reply(scene, await scene.sent(ids[0]))
    stopped, goes_on = ("completed", "replied"), ("active", None)
    assert await statuses(scene, [*ids, elsewhere]) == [stopped, stopped, goes_on, goes_on, stopped]
    assert (await scene.letters(ids[1]))[-1] == "enrollment.event"
    assert (await scene.enrollment(ids[1])).total_replies == 0


async def test_a_reply_stops_no_colleague_where_the_workspace_does_not_say_so(scene: Scene) -> None:
    ids = await colleagues(scene, "one@acme.example", "two@acme.example")
    await reply(scene, await scene.sent(ids[0]))
    assert await statuses(scene, ids) == [("completed", "replied"), ("active", None)]


@pytest.mark.parametrize("domain", ["gmail.com", "yahoo.co.jp", "gmx.net", "our-isp.example"])
async def test_nobody_is_a_colleague_at_a_free_mail_provider(scene: Scene, domain: str) -> None:
    await same_company(scene, free=["our-isp.example"])
    ids = await colleagues(scene, f"one@{domain}", f"two@{domain}")
    await reply(scene, await scene.sent(ids[0]))
    assert await statuses(scene, ids) == [("completed", "replied"), ("active", None)]


async def test_the_same_company_of_another_customer_goes_on(scene: Scene, other: Scene) -> None:
    await same_company(scene)
    await same_company(other)
    (one,) = await colleagues(scene, "one@acme.example")
    (two,) = await colleagues(other, "two@acme.example")
    await reply(scene, await scene.sent(one))
    assert await statuses(other, [two]) == [("active", None)]


# --- complaints ----------------------------------------------------------------------------------------------------


async def test_a_complaint_unsubscribes_and_suppresses_for_good(scene: Scene) -> None:
    contact = await scene.contact()
    (one,) = await scene.enroll(await scene.sequence(email_step("Hello")), contact)
    (two,) = await scene.enroll(await scene.sequence(email_step("Hello")), contact)
    message = await scene.sent(one)
    await complaint(scene, message)
    await complaint(scene, message)
    assert (await contact_of(scene, message)).status == "unsubscribed"
    assert await suppressions(scene) == [["complaint", contact.email, None]]
    assert await statuses(scene, [one, two]) == [("unsubscribed", "unsubscribed")] * 2
    assert await activities(scene, message, "email_unsubscribed") == ["complaint"]
    unsubscribed = "SELECT total_unsubscribed FROM sequences WHERE id = :id"
    assert await scene.column(unsubscribed, id=message.sequence_id) == [1]


# --- sends of which nobody knew --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["unknown", "sending"])
@pytest.mark.parametrize("kind", ["reply", "bounce", "complaint", "absence"])
async def test_what_comes_back_for_a_send_says_that_it_was_taken(scene: Scene, status: str, kind: str) -> None:
    enrollment = await scene.enrolled(email_step("Hello"), email_step("Again", delay_days=3))
    assert await scene.claim(enrollment)
    (step, _) = await scene.steps(enrollment)
    id = messages.claim_id(enrollment, step)
    await scene.execute(
        "UPDATE email_messages SET status = CAST(:status AS email_message_status_enum) WHERE id = :id",
        id=id,
        status=status,
    )
    async with scene.sessions() as session:
        message = await messages.get(session, id)
    async with scene.sessions.begin() as session:
        match kind:
            case "reply":
                await inbound.record_reply(session, message, NOW)
            case "bounce":
                await inbound.record_bounce(session, message, hard=False, reason="full", now=NOW)
            case "complaint":
                await inbound.record_complaint(session, message, NOW)
            case _:
                await inbound.record_absence(session, message, None, NOW)
    assert (await refreshed(scene, message)).status == "sent"
    assert (await scene.enrollment(enrollment)).total_emails_sent == 1


# --- at the same moment ----------------------------------------------------------------------------------------------


async def test_what_comes_at_the_same_moment_waits_for_each_other(scene: Scene) -> None:
    """Two sends to one contact and a colleague's: everything comes back for each of them at once."""
    await same_company(scene)
    sequence, other = await scene.sequence(email_step("Hello")), await scene.sequence(email_step("Hello"))
    people = [await scene.contact(email=f"{name}@acme.example") for name in ("one", "two", "three")]
    ids = [*await scene.enroll(sequence, *people), *await scene.enroll(other, *people)]
    sends = [await scene.sent(id) for id in ids]

    async def take(message: Row[Any], n: int) -> None:
        async with scene.sessions.begin() as session:
            match n:
                case 0:
                    await inbound.record_reply(session, message, NOW)
                case 1:
                    await inbound.record_bounce(session, message, hard=True, reason="gone", now=NOW)
                case 2:
                    await inbound.record_complaint(session, message, NOW)
                case _:
                    await inbound.record_absence(session, message, None, NOW)

    await asyncio.gather(*(take(message, n) for n in range(4) for message in sends))
    counts = "SELECT total_replied, total_bounced, total_unsubscribed FROM sequences WHERE id = :id"
    for id in (sequence.id, other.id):
        row = await scene.one(counts, id=id)
        assert (row.total_replied, row.total_bounced) == (3, 3)
    assert {status for status, _ in await statuses(scene, ids)} <= {"completed", "bounced", "unsubscribed"}
