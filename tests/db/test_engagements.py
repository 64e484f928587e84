"""What happened to a sent email: recorded, counted by who did it, each email once where emails are counted."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Row, event

from db import contact_erasure, enrollments, executions, messages, statistics
from db.engagements import Engagement, record
from domain.vocabulary import ActivityType, EmailMessageStatus, StepOutcome
from tests.db.conftest import DAY, HOUR, NOW, Scene
from tests.db.lists import author
from tests.factories import email_step

OPENED, CLICKED, REPLIED, BOUNCED, UNSUBSCRIBED, DELIVERED = (
    ActivityType.EMAIL_OPENED,
    ActivityType.EMAIL_CLICKED,
    ActivityType.EMAIL_REPLIED,
    ActivityType.EMAIL_BOUNCED,
    ActivityType.EMAIL_UNSUBSCRIBED,
    ActivityType.EMAIL_DELIVERED,
)


async def happens(scene: Scene, message: Row[Any], *events: tuple[ActivityType, str | None, datetime]) -> None:
    async with scene.sessions.begin() as session:
        await record(session, [Engagement(message, kind, at, subtype) for kind, subtype, at in events], now=NOW + DAY)


async def sequence_of(scene: Scene, message: Row[Any]) -> Row[Any]:
    return await scene.one("SELECT * FROM sequences WHERE id = :id", id=message.sequence_id)


async def contact_of(scene: Scene, message: Row[Any]) -> Row[Any]:
    return await scene.one("SELECT * FROM contacts WHERE id = :id", id=message.contact_id)


async def ledger(scene: Scene, message: Row[Any]) -> Row[Any]:
    return await scene.one("SELECT * FROM email_messages WHERE id = :id", id=message.id)


async def drift(scene: Scene) -> list[statistics.Drift]:
    async with scene.sessions() as session:
        return await statistics.drift(session, customer_id=scene.tenant.customer_id)


async def test_an_email_opened_many_times_is_one_email_and_every_open_of_its_enrollment(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    await happens(scene, message, *((OPENED, "human", NOW + number * HOUR) for number in range(8, 0, -1)))
    await happens(scene, message, *((OPENED, None, NOW + number * HOUR) for number in range(3, 7)))
    contact = await contact_of(scene, message)
    assert (contact.total_emails_opened, contact.open_rate) == (1, 100)
    assert (contact.last_opened_at, contact.last_seen_at) == (NOW + 8 * HOUR, NOW + 8 * HOUR)
    assert (await sequence_of(scene, message)).total_opened == 1
    assert (await scene.enrollment(message.enrollment_id)).total_opens == 12
    assert (await ledger(scene, message)).opened_at == NOW + HOUR
    assert await drift(scene) == []


@pytest.mark.parametrize("kind", [OPENED, CLICKED])
@pytest.mark.parametrize("subtype", ["machine", "unknown"])
async def test_what_no_human_did_for_sure_is_recorded_and_not_counted(
    scene: Scene, kind: ActivityType, subtype: str
) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    await happens(scene, message, (kind, subtype, NOW + HOUR))
    contact = await contact_of(scene, message)
    assert (contact.total_emails_opened, contact.total_links_clicked, contact.last_seen_at) == (0, 0, None)
    row = await scene.enrollment(message.enrollment_id)
    assert (row.total_opens, row.total_clicks) == (0, 0)
    recorded = "SELECT activity_subtype FROM contact_activities WHERE contact_id = :id AND activity_type::text = :kind"
    assert await scene.column(recorded, id=message.contact_id, kind=kind) == [subtype]
    assert await drift(scene) == []


async def test_an_activity_keeps_all_that_is_known_of_it(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    click = Engagement(
        message, CLICKED, NOW + HOUR, "human", {"url": "https://example.com/'x'"}, "2001:db8::1", "Mozilla/5.0"
    )
    async with scene.sessions.begin() as session:
        await record(session, [click], now=NOW + DAY)
    row = await scene.one(
        "SELECT * FROM contact_activities WHERE contact_id = :id AND activity_type = 'email_clicked'",
        id=message.contact_id,
    )
    assert (row.enrollment_id, row.sequence_id, row.sequence_step_id, row.email_account_id, row.email_message_id) == (
        message.enrollment_id,
        message.sequence_id,
        message.sequence_step_id,
        message.email_account_id,
        message.message_id,
    )
    assert (row.metadata, row.ip_address, row.user_agent) == (dict(click.metadata), "2001:db8::1", "Mozilla/5.0")
    assert (row.occurred_at, row.created_at) == (NOW + HOUR, NOW + DAY)


async def test_an_email_that_bounces_is_delivered_no_more_however_often_it_bounces(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    row = await sequence_of(scene, message)
    assert (row.total_sent, row.total_delivered, row.total_bounced) == (1, 1, 0)
    await happens(scene, message, (BOUNCED, "soft", NOW), (BOUNCED, "hard", NOW))
    await happens(scene, message, (BOUNCED, "hard", NOW), (DELIVERED, None, NOW))
    row = await sequence_of(scene, message)
    assert (row.total_sent, row.total_delivered, row.total_bounced) == (1, 0, 1)
    assert await drift(scene) == []


async def test_a_contact_is_unsubscribed_once_in_a_sequence(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    await happens(scene, message, (UNSUBSCRIBED, "link", NOW), (UNSUBSCRIBED, "mailto", NOW))
    await happens(scene, message, (UNSUBSCRIBED, "complaint", NOW))
    assert (await sequence_of(scene, message)).total_unsubscribed == 1
    assert await drift(scene) == []


async def test_an_email_that_is_opened_before_its_sending_is_known_is_received_once(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello"))
    assert await scene.claim(id)
    message = await scene.one("SELECT * FROM email_messages WHERE enrollment_id = :id", id=id)
    async with scene.sessions.begin() as session:
        await messages.settle(session, message.id, EmailMessageStatus.UNKNOWN, NOW)
    assert (await contact_of(scene, message)).total_emails_received == 0
    await happens(scene, message, (OPENED, None, NOW + HOUR), (REPLIED, None, NOW + HOUR))
    contact = await contact_of(scene, message)
    assert (contact.total_emails_received, contact.total_emails_opened, contact.reply_rate) == (1, 1, 100)
    assert (await sequence_of(scene, message)).total_sent == 0
    async with scene.sessions.begin() as session:
        await messages.record_sent(session, message.id, NOW + DAY)
    contact = await contact_of(scene, message)
    assert (contact.total_emails_received, contact.last_contacted_at) == (1, NOW)
    assert (await sequence_of(scene, message)).total_sent == 1
    assert await drift(scene) == []


async def test_a_batch_is_the_same_few_statements_however_large_it_is(scene: Scene) -> None:
    sent = [await scene.sent(await scene.enrolled(email_step("Hello"))) for _ in range(5)]
    kinds = ((OPENED, "human"), (CLICKED, "human"), (REPLIED, None), (BOUNCED, "soft"), (OPENED, "machine"))
    events = [
        Engagement(sent[number % 5], *kinds[number // 5 % 5][:1], NOW + number * HOUR, kinds[number // 5 % 5][1])
        for number in range(500)
    ]
    statements: list[str] = []
    async with scene.sessions.begin() as session:
        connection = await session.connection()
        event.listen(connection.sync_connection, "before_cursor_execute", lambda *given: statements.append(given[2]))
        await record(session, events, now=NOW + DAY)
    assert len(statements) <= 10
    for message in sent:
        assert (await scene.enrollment(message.enrollment_id)).total_opens == 20
        assert (await sequence_of(scene, message)).total_opened == 1
    assert await drift(scene) == []


async def test_what_happens_to_emails_of_the_erased_is_left_out(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    async with scene.sessions.begin() as session:
        await contact_erasure.erase(session, author(scene), contact_id=message.contact_id, now=NOW)
    await happens(scene, message, (OPENED, None, NOW), (UNSUBSCRIBED, None, NOW))
    row = await sequence_of(scene, message)
    assert (row.total_enrolled, row.total_sent, row.total_delivered, row.total_opened, row.total_unsubscribed) == (
        (0,) * 5
    )
    assert await drift(scene) == []


# --- steps ---------------------------------------------------------------------------------------------------------


async def rate(scene: Scene, step_id: object) -> tuple[Any, ...]:
    statement = "SELECT times_executed, times_failed, times_bounced, success_rate FROM sequence_steps WHERE id = :id"
    return tuple(await scene.one(statement, id=step_id))


async def complete(scene: Scene, message: Row[Any], outcome: StepOutcome = StepOutcome.EXECUTED) -> None:
    async with scene.sessions.begin() as session:
        await executions.complete_step(
            session,
            enrollment_id=message.enrollment_id,
            step_id=message.sequence_step_id,
            now=NOW,
            outcome=outcome,
        )


async def test_a_step_succeeds_where_it_neither_fails_nor_bounces(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    ids = await scene.enroll(sequence, *await scene.contacts(4))
    sent = [await scene.sent(id) for id in ids]
    step_id = sent[0].sequence_step_id
    assert await rate(scene, step_id) == (0, 0, 0, None)
    # A bounce may be known before the step is recorded.
    await happens(scene, sent[0], (BOUNCED, "hard", NOW))
    assert await rate(scene, step_id) == (0, 0, 0, None)
    for message in sent[:3]:
        await complete(scene, message)
    assert await rate(scene, step_id) == (3, 0, 1, Decimal("66.67"))
    await complete(scene, sent[3], StepOutcome.FAILED)
    assert await rate(scene, step_id) == (3, 1, 1, 50)
    await happens(scene, sent[1], (BOUNCED, "soft", NOW))
    assert await rate(scene, step_id) == (3, 1, 2, 25)
    assert await drift(scene) == []


async def test_a_step_counts_nothing_of_enrollments_that_were_removed(scene: Scene) -> None:
    message = await scene.sent(await scene.enrolled(email_step("Hello")))
    await complete(scene, message)
    async with scene.sessions.begin() as session:
        customer_id = scene.tenant.customer_id
        await enrollments.remove(session, customer_id=customer_id, enrollment_id=message.enrollment_id, now=NOW)
    assert await rate(scene, message.sequence_step_id) == (0, 0, 0, None)
    row = await sequence_of(scene, message)
    assert (row.total_enrolled, row.total_sent) == (0, 1)
    await happens(scene, message, (BOUNCED, "hard", NOW), (OPENED, None, NOW))
    assert await rate(scene, message.sequence_step_id) == (0, 0, 0, None)
    assert (await sequence_of(scene, message)).total_opened == 1
    assert await drift(scene) == []
