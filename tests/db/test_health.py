"""The facts of a sequence's health, as they are in the rows, and the pause that too many hard bounces bring about."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, event

from db import health, inbound
from db.models import Sequence as SequenceRow
from domain.tracking.health_facts import HealthFacts
from domain.vocabulary import SequenceStatus
from tests.db.conftest import DAY, HOUR, NOW, Scene
from tests.db.plans import move_sequence
from tests.factories import email_step, make_mailbox


async def gather(scene: Scene, sequence: SequenceRow, now: datetime = NOW) -> HealthFacts:
    async with scene.sessions() as session:
        return await health.gather(session, sequence.id, now=now)


async def codes(scene: Scene, sequence: SequenceRow, now: datetime = NOW) -> list[str]:
    async with scene.sessions() as session:
        return [issue.code for issue in (await health.of_sequence(session, sequence.id, now=now)).issues]


async def lacking(scene: Scene, sequence: SequenceRow) -> dict[str, int]:
    return {variable.name: count for variable, count in (await gather(scene, sequence)).lacking.items()}


async def bounce(scene: Scene, message: Row[Any], *, hard: bool = True, now: datetime = NOW + HOUR) -> None:
    async with scene.sessions.begin() as session:
        await inbound.record_bounce(session, message, hard=hard, reason="550 5.1.1 no such user", now=now)


async def sent(scene: Scene, sequence: SequenceRow, count: int, now: datetime = NOW) -> list[Row[Any]]:
    """The sends of the sequence to so many new contacts."""
    enrollments = await scene.enroll(sequence, *await scene.contacts(count), now=now)
    return [await scene.sent(id, now=now) for id in enrollments]


async def status(scene: Scene, sequence: SequenceRow) -> tuple[str, str | None]:
    row = await scene.one("SELECT status, pause_reason FROM sequences WHERE id = :id", id=sequence.id)
    return row.status, row.pause_reason


async def slot(scene: Scene, sequence: SequenceRow, at: datetime, **columns: Any) -> None:
    """A slot of the sequence, of a first email that waits unless ``columns`` say otherwise."""
    given = {"follow_up": False, "begun": False, "used_at": None, **columns}
    await scene.execute(
        """INSERT INTO send_slots (customer_id, workspace_id, email_account_id, sequence_id, slot_at, due_at,
                                   open_until, day, sequence_day, follow_up, begun, used_at)
           VALUES (:customer_id, :workspace_id, :account_id, :sequence_id, :at, :at, :at, :day, :day, :follow_up,
                   :begun, :used_at)""",
        workspace_id=scene.tenant.workspace_id,
        account_id=scene.mailbox.id,
        sequence_id=sequence.id,
        at=at,
        day=at.date(),
        **given,
    )


# --- the sequence and its mailboxes ------------------------------------------------------------------------------


async def test_a_draft_without_steps_is_healthy(scene: Scene) -> None:
    draft = await scene.sequence(mailbox=None, status=SequenceStatus.DRAFT)
    assert await codes(scene, draft) == []


async def test_what_the_seeds_give_contradicts_itself(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"), throttle_delay_minutes=60, max_emails_per_day=100)
    assert await codes(scene, sequence) == ["throttle_against_cap"]


async def test_hours_that_never_open_block(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"), sending_days=[False] * 7)
    assert await codes(scene, sequence) == ["window_never_opens"]


async def test_the_mailboxes_are_those_that_the_sequence_names_or_enrollments_wait_for(
    scene: Scene, other: Scene
) -> None:
    async with scene.sessions.begin() as session:
        own = await make_mailbox(session, scene.tenant, email="own@sender.example")
        old = await make_mailbox(session, scene.tenant, email="old@sender.example")
        await make_mailbox(session, scene.tenant, email="unused@sender.example")
    sequence = await scene.sequence(email_step("One"), email_step(body="Two", email_account_id=own.id))
    ids = await scene.enroll(sequence, *await scene.contacts(3))
    await scene.execute("UPDATE sequence_enrollments SET email_account_id = :old WHERE id = :id", old=old.id, id=ids[0])
    await scene.execute("UPDATE sequence_enrollments SET status = 'paused' WHERE id = :id", id=ids[1])
    await other.enrolled(email_step("Hello"))
    facts = await gather(scene, sequence)
    assert [(mailbox.address, mailbox.enrollments) for mailbox in facts.mailboxes] == [
        ("ann@sender.example", 1),
        ("old@sender.example", 1),
        ("own@sender.example", 0),
    ]
    assert facts.waiting == 2


async def test_a_mailbox_of_the_step_at_which_enrollments_stand_is_waited_for(scene: Scene) -> None:
    async with scene.sessions.begin() as session:
        own = await make_mailbox(session, scene.tenant, email="own@sender.example")
    sequence = await scene.sequence(email_step("One", email_account_id=own.id), email_step(body="Two"))
    await scene.enroll(sequence, *await scene.contacts(2))
    assert {one.address: one.enrollments for one in (await gather(scene, sequence)).mailboxes} == {
        "ann@sender.example": 0,
        "own@sender.example": 2,
    }


async def test_a_pool_counts_where_nothing_else_names_a_mailbox(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"), mailbox=None)
    assert await codes(scene, sequence) == ["no_mailbox"]
    await scene.execute(
        """INSERT INTO sequence_email_accounts (sequence_id, email_account_id, customer_id)
           VALUES (:id, :account_id, :customer_id)""",
        id=sequence.id,
        account_id=scene.mailbox.id,
    )
    assert await codes(scene, sequence) == []


@pytest.mark.parametrize(
    ("begins", "ends", "away"),
    [(0, 0, True), (-3, 0, True), (0, None, True), (1, 5, False), (-5, -1, False), (None, None, False)],
)
async def test_a_mailbox_is_away_from_its_first_day_to_its_last(
    scene: Scene, begins: int | None, ends: int | None, away: bool
) -> None:
    def day(offset: int | None) -> date | None:
        return None if offset is None else NOW.date() + timedelta(days=offset)

    sequence = await scene.sequence(email_step("Hello"))
    await scene.execute(
        "UPDATE email_accounts SET away_from = :begins, away_until = :ends WHERE id = :id",
        id=scene.mailbox.id,
        begins=day(begins),
        ends=day(ends),
    )
    (mailbox,) = (await gather(scene, sequence)).mailboxes
    assert (mailbox.away, mailbox.away_until) == (away, day(ends))
    assert await codes(scene, sequence) == (["mailbox_not_working"] if away else [])


async def test_days_away_are_days_of_the_workspace(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    await scene.execute(
        "UPDATE email_accounts SET away_from = :day, away_until = :day WHERE id = :id",
        id=scene.mailbox.id,
        day=NOW.date() + timedelta(days=1),
    )
    assert await codes(scene, sequence, NOW + 6 * HOUR) == []
    await scene.execute(
        "UPDATE workspaces SET timezone = 'Asia/Tokyo' WHERE id = :id", id=scene.tenant.workspace_id
    )  # Where it is midnight at 15:00 UTC.
    assert await codes(scene, sequence, NOW + 6 * HOUR) == ["mailbox_not_working"]


# --- variables that contacts lack --------------------------------------------------------------------------------


async def test_contacts_that_lack_a_variable_are_counted_for_each(scene: Scene) -> None:
    body = "{{ contact.city }}{{ contact.custom_fields.plan }}{{ contact.state | default: 'x' }}{{ contact.nonsense }}"
    sequence = await scene.sequence(email_step("Hello", body))
    await scene.enroll(
        sequence,
        await scene.contact(city="Bonn", custom_fields={"plan": "gold"}),
        await scene.contact(city=" \n", custom_fields={"plan": None}),
        await scene.contact(city="Bonn", custom_fields={"plan": "  "}),
        await scene.contact(city="Bonn", custom_fields={"plan": 0}),
        await scene.contact(custom_fields={"plan": False, "other": "x"}),
    )
    assert await lacking(scene, sequence) == {
        "contact.city": 2,
        "contact.custom_fields.plan": 2,
        "contact.nonsense": 5,
    }


async def test_what_lies_in_a_custom_field_is_looked_up_whatever_its_name(scene: Scene) -> None:
    body = """{{ contact.custom_fields["it's: a 'name'"] }}{{ contact.custom_fields.tags[0] }}
              {{ contact.custom_fields.tags.size }}{{ contact.first_name.size }}{{ contact.first_name.nonsense }}"""
    sequence = await scene.sequence(email_step("Hello", body))
    await scene.enroll(
        sequence,
        await scene.contact(custom_fields={"it's: a 'name'": "x", "tags": ["a"]}),
        await scene.contact(custom_fields={"tags": []}),
    )
    assert await lacking(scene, sequence) == {
        "contact.custom_fields.it's: a 'name'": 1,
        "contact.custom_fields.tags.0": 1,
        "contact.custom_fields.tags.size": 0,
        "contact.first_name.size": 0,
        "contact.first_name.nonsense": 2,
    }


async def test_only_those_who_have_the_email_still_before_them_are_counted(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello", "{{ contact.city }}"), email_step(body="Again", delay_days=1))
    first, second, third, fourth = await scene.enroll(sequence, *await scene.contacts(4))
    (_, follow_up) = await scene.steps(first)
    await scene.execute(
        "UPDATE sequence_enrollments SET current_step_id = :step WHERE id = :id", step=follow_up, id=first
    )
    await scene.execute("UPDATE sequence_enrollments SET status = 'completed' WHERE id = :id", id=second)
    await scene.execute("UPDATE sequence_enrollments SET status = 'paused' WHERE id = :id", id=third)
    assert await lacking(scene, sequence) == {"contact.city": 1}
    await scene.execute("UPDATE sequence_enrollments SET waiting_reason = 'missing_variable' WHERE id = :id", id=third)
    assert await lacking(scene, sequence) == {"contact.city": 2}
    assert fourth


# --- the queue ---------------------------------------------------------------------------------------------------


async def test_the_queue_is_of_first_emails_that_wait(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    for days in (0, 3, 20):
        await slot(scene, sequence, NOW + days * DAY)
    await slot(scene, sequence, NOW + 30 * DAY, follow_up=True)
    await slot(scene, sequence, NOW + 31 * DAY, begun=True)
    await slot(scene, sequence, NOW + 32 * DAY, used_at=NOW)
    facts = await gather(scene, sequence)
    assert (facts.queued, facts.queue_ends) == (3, NOW + 20 * DAY)
    assert await codes(scene, sequence) == ["queue_too_long"]
    assert await codes(scene, sequence, NOW + 6 * DAY) == []


# --- bounces -----------------------------------------------------------------------------------------------------


async def test_hard_bounces_are_counted_once_and_soft_ones_not(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    messages = await sent(scene, sequence, 3)
    await bounce(scene, messages[0])
    await bounce(scene, messages[0])
    await bounce(scene, messages[1], hard=False)
    facts = await gather(scene, sequence)
    assert (facts.sends, facts.hard_bounces, facts.counted_from) == (3, 1, None)


async def test_an_email_that_the_server_refused_counts_as_a_send(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    (refused,) = await scene.enroll(sequence, await scene.contact())
    assert await scene.claim(refused)
    message = await scene.one("SELECT * FROM email_messages WHERE enrollment_id = :id", id=refused)
    await scene.execute(
        "UPDATE email_messages SET status = 'failed', failed_at = :now WHERE id = :id", now=NOW, id=message.id
    )
    await bounce(scene, message)
    facts = await gather(scene, sequence)
    assert (facts.sends, facts.hard_bounces) == (1, 1)


async def test_a_sequence_pauses_itself_at_the_bounce_that_makes_it_more_than_eight_per_cent(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"), email_step(body="Again", delay_days=1), running_since=NOW)
    messages = await sent(scene, sequence, 50)
    for message in messages[:4]:
        await bounce(scene, message)
    assert await status(scene, sequence) == ("active", None)
    assert await codes(scene, sequence) == ["bounce_rate"]
    await bounce(scene, messages[4], hard=False)
    assert await status(scene, sequence) == ("active", None)
    await bounce(scene, messages[5])
    reason = "5 of 50 emails sent since 2026-11-23 09:00 UTC bounced hard (10.0 %); above 8 % a sequence pauses itself."
    assert await status(scene, sequence) == ("paused", reason)
    assert await codes(scene, sequence) == ["bounce_rate_paused"]


async def test_a_sequence_of_fewer_than_fifty_sends_does_not(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    for message in (await sent(scene, sequence, 49))[:9]:
        await bounce(scene, message)
    assert await status(scene, sequence) == ("active", None)


async def test_resuming_counts_anew_and_late_bounces_of_what_was_sent_before_do_not_count(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"), running_since=NOW)
    before = await sent(scene, sequence, 50)
    for message in before[:5]:
        await bounce(scene, message)
    resumed = NOW + DAY
    await move_sequence(scene, sequence, SequenceStatus.ACTIVE, resumed)
    assert await status(scene, sequence) == ("active", None)
    after = await sent(scene, sequence, 50, now=resumed + HOUR)
    for message in before[5:12]:
        await bounce(scene, message, now=resumed + 2 * HOUR)
    facts = await gather(scene, sequence, resumed + 2 * HOUR)
    assert (facts.sends, facts.hard_bounces, facts.counted_from) == (50, 0, resumed)
    for message in after[:5]:
        await bounce(scene, message, now=resumed + 3 * HOUR)
    assert (await status(scene, sequence))[0] == "paused"


async def test_a_bounce_leaves_a_sequence_that_is_not_active_as_it_is(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    messages = await sent(scene, sequence, 50)
    await move_sequence(scene, sequence, SequenceStatus.PAUSED)
    for message in messages[:6]:
        await bounce(scene, message)
    assert await status(scene, sequence) == ("paused", None)


async def test_bounces_that_come_together_are_all_counted(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    messages = await sent(scene, sequence, 50)
    await asyncio.gather(*(bounce(scene, message) for message in messages[:5]))
    assert (await status(scene, sequence))[0] == "paused"


async def test_nobody_is_mailed_after_the_pause(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    messages = await sent(scene, sequence, 50)
    (waiting,) = await scene.enroll(sequence, await scene.contact())
    for message in messages[:5]:
        await bounce(scene, message)
    assert not await scene.claim(waiting)


# --- what it costs -----------------------------------------------------------------------------------------------


async def test_the_statements_do_not_grow_with_steps_and_contacts(scene: Scene) -> None:
    async def statements(steps: Sequence[dict[str, Any]], contacts: int) -> int:
        sequence = await scene.sequence(*steps)
        await scene.enroll(sequence, *await scene.contacts(contacts))
        seen: list[str] = []
        engine = scene.sessions.kw["bind"].sync_engine
        listener = lambda *arguments: seen.append(arguments[2])  # noqa: E731
        event.listen(engine, "before_cursor_execute", listener)
        try:
            await gather(scene, sequence)
        finally:
            event.remove(engine, "before_cursor_execute", listener)
        return len(seen)

    emails = [email_step("Hello", f"{{{{ contact.custom_fields.x{n} }}}}") for n in range(20)]
    assert await statements(emails, 30) == await statements(emails[:1], 1)
