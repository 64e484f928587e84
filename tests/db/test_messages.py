"""The send ledger: claimed once, never after a stop, never sent twice, counted once."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Row, text

from db import enrollments, executions, messages
from db.models import EmailMessage
from domain.vocabulary import EmailMessageStatus
from tests.db.conftest import DAY, HOUR, NOW, Scene, claim_current
from tests.factories import email_step, make_mailbox

SENT, UNKNOWN, FAILED = EmailMessageStatus.SENT, EmailMessageStatus.UNKNOWN, EmailMessageStatus.FAILED


async def ledger(scene: Scene, enrollment_id: UUID) -> Row[Any]:
    return await scene.one("SELECT * FROM email_messages WHERE enrollment_id = :id", id=enrollment_id)


async def claimed(scene: Scene, enrollment_id: UUID, **how: Any) -> Row[Any]:
    assert await scene.claim(enrollment_id, **how)
    return await ledger(scene, enrollment_id)


async def mark_sending(scene: Scene, message: Row[Any], token: UUID | None = None) -> bool:
    async with scene.sessions.begin() as session:
        return await messages.mark_sending(session, message.id, token or message.claim_token, NOW)


async def settle(scene: Scene, message: Row[Any], status: EmailMessageStatus, **how: Any) -> bool:
    async with scene.sessions.begin() as session:
        return await messages.settle(session, message.id, status, NOW, **how)


async def record_sent(scene: Scene, message: Row[Any]) -> None:
    async with scene.sessions.begin() as session:
        await messages.record_sent(session, message.id, NOW + HOUR, code=250, response="queued")


# --- claims ------------------------------------------------------------------------------------------------------


async def test_a_claim_writes_down_what_will_be_sent(scene: Scene) -> None:
    id, token = await scene.enrolled(email_step("Hello")), uuid4()
    row = await claimed(scene, id, token=token)
    (step_id,) = await scene.steps(id)
    assert row.id == messages.claim_id(id, step_id)
    assert (row.status, row.claim_token, row.attempts, row.claimed_at) == ("claimed", token, 1, NOW)
    assert (row.sequence_step_id, row.email_account_id, row.subject) == (step_id, scene.mailbox.id, "Hello")
    assert (row.customer_id, row.sent_at) == (scene.tenant.customer_id, None)


async def test_each_step_of_each_enrollment_has_a_claim_of_its_own() -> None:
    one, two = uuid4(), uuid4()
    assert messages.claim_id(one, two) == messages.claim_id(one, two)
    assert len({messages.claim_id(one, two), messages.claim_id(two, one), messages.claim_id(one, one)}) == 3


REFUSALS = {
    "the enrollment is stopped": "UPDATE sequence_enrollments SET status = 'stopped' WHERE id = :id",
    "the enrollment is paused": "UPDATE sequence_enrollments SET status = 'paused' WHERE id = :id",
    "another step is the current one": """UPDATE sequence_enrollments SET current_step_id = (
        SELECT id FROM sequence_steps WHERE customer_id = :customer_id AND step_order = 2) WHERE id = :id""",
    "the sequence is paused": "UPDATE sequences SET status = 'paused' WHERE customer_id = :customer_id",
    "the sequence is stopped": "UPDATE sequences SET status = 'stopped' WHERE customer_id = :customer_id",
    "the mailbox is paused": "UPDATE email_accounts SET status = 'paused' WHERE customer_id = :customer_id",
    "the mailbox is in error": "UPDATE email_accounts SET status = 'error' WHERE customer_id = :customer_id",
    "the contact is unsubscribed": "UPDATE contacts SET status = 'unsubscribed' WHERE customer_id = :customer_id",
    "the contact has bounced": "UPDATE contacts SET status = 'bounced' WHERE customer_id = :customer_id",
    "the contact is not to be contacted": "UPDATE contacts SET do_not_contact = true WHERE customer_id = :customer_id",
    "the address is suppressed": """INSERT INTO contact_suppression_lists
        (customer_id, workspace_id, suppression_type, email)
        SELECT customer_id, workspace_id, 'manual', email FROM contacts WHERE customer_id = :customer_id""",
    "the domain is suppressed": """INSERT INTO contact_suppression_lists
        (customer_id, workspace_id, suppression_type, email)
        SELECT customer_id, workspace_id, 'domain_block', '@prospect.example' FROM contacts
        WHERE customer_id = :customer_id""",
    "the enrollment is gone": "DELETE FROM sequence_enrollments WHERE id = :id",
}


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_nothing_is_claimed_when(scene: Scene, refusal: str) -> None:
    id = await scene.enrolled(email_step("Hello"), email_step())
    (step_id, _) = await scene.steps(id)
    statement = REFUSALS[refusal]
    await scene.execute(statement, **({"id": id} if ":id" in statement else {}))
    async with scene.sessions.begin() as session:
        granted = await messages.claim(
            session,
            enrollment_id=id,
            step_id=step_id,
            account_id=scene.mailbox.id,
            message_id=f"<{uuid4().hex}@sender.example>",
            token=uuid4(),
            subject="",
            body_text="",
            body_html="",
            in_reply_to=None,
            now=NOW,
        )
    assert not granted
    assert await scene.count("email_messages") == 0


async def test_an_expired_suppression_refuses_nothing(scene: Scene) -> None:
    sequence, contact = await scene.sequence(email_step("Hello")), await scene.contact()
    (id,) = await scene.enroll(sequence, contact)
    await scene.suppress(contact.email, kind="temporary", expires_at=NOW + DAY)
    assert not await scene.claim(id, now=NOW)
    assert await scene.claim(id, now=NOW + DAY)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("SELECT 1", None),
        ("UPDATE contacts SET status = 'bounced' WHERE customer_id = :customer_id", "bounced"),
        ("UPDATE contacts SET status = 'unsubscribed' WHERE customer_id = :customer_id", "unsubscribed"),
        ("UPDATE contacts SET do_not_contact = true WHERE customer_id = :customer_id", "suppressed"),
        (REFUSALS["the domain is suppressed"], "suppressed"),
    ],
)
async def test_it_is_known_why_a_contact_may_not_be_mailed(scene: Scene, change: str, why: str | None) -> None:
    id = await scene.enrolled(email_step("Hello"))
    await scene.execute(change)
    async with scene.sessions() as session:
        assert await messages.unmailable_status(session, id, NOW) == why


async def test_a_claim_that_was_not_sent_is_taken_over_and_the_old_token_sends_nothing(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello"))
    first = await claimed(scene, id)
    second = await claimed(scene, id, now=NOW + HOUR)
    assert second.claim_token != first.claim_token
    assert (second.attempts, second.claimed_at, second.created_at) == (2, NOW + HOUR, NOW)
    assert not await mark_sending(scene, first)
    assert await mark_sending(scene, second)
    assert not await mark_sending(scene, second)


@pytest.mark.parametrize("status", ["sending", "sent", "failed", "unknown"])
async def test_a_claim_that_may_be_on_the_wire_is_never_taken_over(scene: Scene, status: str) -> None:
    id = await scene.enrolled(email_step("Hello"))
    before = await claimed(scene, id)
    await scene.execute(
        "UPDATE email_messages SET status = CAST(:status AS email_message_status_enum) WHERE id = :id",
        id=before.id,
        status=status,
    )
    assert not await scene.claim(id, now=NOW + HOUR)
    after = await ledger(scene, id)
    assert (after.status, after.claim_token, after.attempts) == (status, before.claim_token, 1)
    assert not await mark_sending(scene, before)


async def test_of_workers_that_claim_at_once_one_may_send(scene: Scene) -> None:
    for id in await scene.enroll(await scene.sequence(email_step("Hello")), *await scene.contacts(10)):
        tokens = [uuid4() for _ in range(4)]

        async def work(token: UUID, id: UUID = id) -> bool:
            if not await scene.claim(id, token=token):
                return False
            return await mark_sending(scene, await ledger(scene, id), token)

        assert sum(await asyncio.gather(*map(work, tokens))) == 1


# --- claims against stops ----------------------------------------------------------------------------------------


async def test_of_200_races_none_claims_after_a_stop_was_acknowledged(scene: Scene) -> None:
    """A stop that holds its row sees every claim that there will ever be: whatever it does not see is refused."""
    ids = await scene.enroll(await scene.sequence(email_step("Hello")), *await scene.contacts(200))

    async def stop(id: UUID) -> bool:
        async with scene.sessions.begin() as session:
            await enrollments.stop(session, enrollment_id=id, now=NOW)
            seen = await session.scalar(
                text("SELECT count(*) FROM email_messages WHERE enrollment_id = :id"), {"id": id}
            )
            # The claim has time to slip in between the stop and its commit, if it can.
            await asyncio.sleep(0.001)
            return bool(seen)

    async def race(turn: int, id: UUID) -> tuple[bool, bool]:
        contenders: list[Callable[[], Awaitable[bool]]] = [lambda: stop(id), lambda: scene.claim(id)]
        order = (0, 1) if turn % 2 else (1, 0)
        first = asyncio.ensure_future(contenders[order[0]]())
        await asyncio.sleep(turn % 5 / 2000)
        second = asyncio.ensure_future(contenders[order[1]]())
        outcome = dict(zip(order, await asyncio.gather(first, second), strict=True))
        return outcome[0], outcome[1]

    outcomes = []
    for start in range(0, 200, 8):
        pairs = enumerate(ids[start : start + 8], start=start)
        outcomes += await asyncio.gather(*(race(turn, id) for turn, id in pairs))
    assert [seen for seen, _ in outcomes] == [granted for _, granted in outcomes]
    assert {granted for _, granted in outcomes} == {True, False}
    assert not any(await asyncio.gather(*(scene.claim(id) for id in ids[:10])))


async def test_a_claim_that_waits_sees_a_suppression_that_was_acknowledged_meanwhile(scene: Scene) -> None:
    sequence, contact = await scene.sequence(email_step("Hello")), await scene.contact()
    (id,) = await scene.enroll(sequence, contact)
    async with scene.sessions.begin() as enrolling:
        # As while many contacts are being enrolled in the sequence.
        await enrolling.execute(text("SELECT FROM sequences WHERE id = :id FOR NO KEY UPDATE"), {"id": sequence.id})
        claiming = asyncio.create_task(scene.claim(id))
        await asyncio.sleep(0.1)
        await scene.suppress(contact.email)
        assert not claiming.done()
    assert not await claiming


# --- what becomes of a send --------------------------------------------------------------------------------------


async def test_a_send_that_was_put_off_may_be_claimed_again(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello"))
    message = await claimed(scene, id)
    assert await mark_sending(scene, message)
    async with scene.sessions.begin() as session:
        await messages.release(session, message.id, uuid4(), code=451, response="not yours")
    assert (await ledger(scene, id)).status == "sending"
    async with scene.sessions.begin() as session:
        await messages.release(session, message.id, message.claim_token, code=451, response="later")
    row = await ledger(scene, id)
    assert (row.status, row.smtp_code, row.smtp_response) == ("claimed", 451, "later")
    assert await scene.claim(id)


async def test_a_settled_send_is_not_released(scene: Scene) -> None:
    message = await claimed(scene, await scene.enrolled(email_step("Hello")))
    await settle(scene, message, UNKNOWN)
    async with scene.sessions.begin() as session:
        await messages.release(session, message.id, message.claim_token, code=None, response="")
    assert (await ledger(scene, message.enrollment_id)).status == "unknown"


@pytest.mark.parametrize(
    ("first", "second", "moves"),
    [
        (UNKNOWN, SENT, True),
        (UNKNOWN, FAILED, True),
        (UNKNOWN, UNKNOWN, False),
        (SENT, FAILED, False),
        (SENT, UNKNOWN, False),
        (FAILED, SENT, False),
    ],
)
async def test_only_an_unknown_fate_is_settled_again(
    scene: Scene, first: EmailMessageStatus, second: EmailMessageStatus, moves: bool
) -> None:
    message = await claimed(scene, await scene.enrolled(email_step("Hello")))
    assert await settle(scene, message, first, code=250, response="first")
    assert await settle(scene, message, second) is moves
    row = await ledger(scene, message.enrollment_id)
    assert row.status == (second if moves else first)
    assert (row.sent_at is not None) is (row.status in {"sent", "unknown"})
    assert (row.failed_at is not None) is (row.status == "failed")


async def test_a_sent_message_is_counted_once_however_often_it_is_recorded(scene: Scene) -> None:
    sequence, contact = await scene.sequence(email_step("Hello")), await scene.contact()
    (id,) = await scene.enroll(sequence, contact)
    message = await claimed(scene, id)
    await mark_sending(scene, message)
    await settle(scene, message, UNKNOWN)
    await asyncio.gather(*(record_sent(scene, message) for _ in range(5)))
    row = await ledger(scene, id)
    assert (row.status, row.smtp_code, row.sent_at) == ("sent", 250, NOW)
    counts = await scene.one(
        """SELECT e.total_emails_sent, contact.total_emails_received, sequence.total_sent,
                  (SELECT count(*) FROM contact_activities AS activity
                   WHERE activity.enrollment_id = e.id AND activity_type = 'email_sent') AS activities
           FROM sequence_enrollments AS e JOIN contacts AS contact ON contact.id = e.contact_id
           JOIN sequences AS sequence ON sequence.id = e.sequence_id WHERE e.id = :id""",
        id=id,
    )
    assert tuple(counts) == (1, 1, 1, 1)
    contacted = "SELECT last_contacted_at FROM contacts WHERE id = :id"
    assert await scene.column(contacted, id=contact.id) == [NOW], "it was sent when the answer was lost"


async def test_a_send_whose_enrollment_was_removed_is_recorded_all_the_same(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello"))
    message = await claimed(scene, id)
    await mark_sending(scene, message)
    async with scene.sessions.begin() as session:
        await enrollments.remove(session, customer_id=scene.tenant.customer_id, enrollment_id=id, now=NOW)
    await record_sent(scene, message)
    row = await scene.one("SELECT * FROM email_messages WHERE id = :id", id=message.id)
    assert (row.status, row.enrollment_id) == ("sent", None)


# --- what a send needs to know -----------------------------------------------------------------------------------


async def context(scene: Scene, id: UUID, step_id: UUID) -> Row[Any]:
    async with scene.sessions() as session:
        found = await messages.context(session, id, step_id)
    assert found is not None
    return found


async def test_the_mailbox_is_the_steps_else_the_enrollments_else_the_sequences(scene: Scene) -> None:
    async with scene.sessions.begin() as session:
        second = await make_mailbox(session, scene.tenant, email="bob@sender.example")
    id = await scene.enrolled(email_step("One"), email_step("Two", email_account_id=second.id))
    first_step, second_step = await scene.steps(id)
    assert (await context(scene, id, first_step)).account_id == scene.mailbox.id
    assert (await context(scene, id, second_step)).account_id == second.id
    await scene.execute(
        "UPDATE sequence_enrollments SET email_account_id = :second WHERE id = :id", id=id, second=second.id
    )
    assert (await context(scene, id, first_step)).account_id == second.id
    await scene.execute("UPDATE sequence_enrollments SET email_account_id = NULL WHERE id = :id", id=id)
    assert (await context(scene, id, first_step)).account_id == scene.mailbox.id


async def test_an_enrollment_that_is_gone_has_no_context(scene: Scene) -> None:
    async with scene.sessions() as session:
        assert await messages.context(session, uuid4(), uuid4()) is None


async def test_a_contacts_columns_come_as_json(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    contact = await scene.contact(custom_fields={"x": {"y": [1]}}, last_opened_at=NOW)
    (id,) = await scene.enroll(sequence, contact)
    (step_id,) = await scene.steps(id)
    row = (await context(scene, id, step_id)).contact
    assert (row["full_name"], row["custom_fields"]) == ("Grace Hopper", {"x": {"y": [1]}})
    assert row["last_opened_at"] == "2026-11-23T09:00:00+00:00"


async def send_in_thread(scene: Scene, id: UUID, step_id: UUID, at: int, subject: str, answers: str | None) -> str:
    """Send the current step, as if composed so, and go on."""
    message = await scene.sent(id, now=NOW + timedelta(hours=at))
    await scene.execute(
        "UPDATE email_messages SET subject = :subject, in_reply_to = :answers WHERE id = :id",
        id=message.id, subject=subject, answers=answers,
    )  # fmt: skip
    async with scene.sessions.begin() as session:
        await executions.complete_step(session, enrollment_id=id, step_id=step_id, now=NOW + timedelta(hours=at))
    return str(message.message_id)


async def test_the_thread_is_the_latest_one_that_an_email_with_a_subject_began(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step(), email_step("Three"), email_step(), email_step())
    one, two, three, four, five = await scene.steps(id)
    assert (await context(scene, id, one)).thread_ids is None
    first = await send_in_thread(scene, id, one, 0, "One", None)
    second = await send_in_thread(scene, id, two, 1, "Re: One", first)
    before = await context(scene, id, three)
    assert (before.thread_ids, before.thread_subject) == ([first, second], "One")
    third = await send_in_thread(scene, id, three, 2, "Three", None)
    fourth = await send_in_thread(scene, id, four, 3, "Re: Three", third)
    after = await context(scene, id, five)
    assert (after.thread_ids, after.thread_subject) == ([third, fourth], "Three")


async def test_a_thread_names_the_ids_that_the_provider_put_in_place_of_ours(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step())
    one, two = await scene.steps(id)
    await send_in_thread(scene, id, one, 0, "One", None)
    await scene.execute("UPDATE email_messages SET provider_message_id = '<ses@x>' WHERE enrollment_id = :id", id=id)
    assert (await context(scene, id, two)).thread_ids == ["<ses@x>"]


async def test_a_message_that_failed_is_in_no_thread(scene: Scene) -> None:
    id = await scene.enrolled(email_step("One"), email_step("Two"))
    _, two = await scene.steps(id)
    await settle(scene, await claimed(scene, id), FAILED)
    assert (await context(scene, id, two)).thread_ids is None


async def test_the_ledger_holds_one_row_for_a_step_of_an_enrollment(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello"))
    for _ in range(3):
        async with scene.sessions.begin() as session:
            assert await claim_current(session, id, scene.mailbox.id)
    async with scene.sessions() as session:
        row = await session.get(EmailMessage, (await ledger(scene, id)).id)
        assert row is not None
        assert row.attempts == 3
