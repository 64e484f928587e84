"""Decisions against Postgres: one at a time, with all that they must know, and with whom they put off told."""

import asyncio
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from db import enrollments, planning, slots
from db.planning import Desk
from domain.vocabulary import WaitingReason
from tests.db import plans
from tests.db.conftest import DAY, HOUR, NOW, Scene
from tests.db.plans import change_sequence, pace, plan, send, slots_of, told
from tests.factories import email_step, make_mailbox

MINUTE = timedelta(minutes=1)
TOMORROW = email_step("Hello", delay_days=1)


async def test_decisions_of_a_customer_come_one_after_the_other_and_those_of_others_do_not_wait(
    scene: Scene, other: Scene
) -> None:
    sequence = await scene.sequence(TOMORROW)
    contact = await scene.contact()
    async with scene.sessions.begin() as session:
        await slots.lock_planning(session, scene.tenant.customer_id)
        waiting = asyncio.create_task(scene.enroll(sequence, contact))
        await other.enrolled(TOMORROW)
        await asyncio.sleep(0.05)
        assert not waiting.done()
    assert len(await waiting) == 1


async def test_many_who_plan_at_once_promise_no_room_twice(scene: Scene) -> None:
    await pace(scene, daily_limit=7, min_gap_seconds=600)
    steps = email_step("One"), email_step(delay_days=1), email_step(delay_days=2)
    many = [await scene.sequence(*steps, max_emails_per_day=5, throttle_delay_minutes=20) for _ in range(4)]
    contacts = await scene.contacts(40)
    await asyncio.gather(*(scene.enroll(many[number % 4], contact, now=NOW) for number, contact in enumerate(contacts)))
    planned = await scene.column("SELECT slot_at FROM send_slots WHERE customer_id = :customer_id ORDER BY slot_at")
    assert len(planned) == 120
    assert max(Counter(slot_at.date() for slot_at in planned).values()) <= 7
    assert all(later - earlier >= timedelta(minutes=10) for earlier, later in pairwise(planned))
    for sequence in many:
        own = "SELECT slot_at FROM send_slots WHERE sequence_id = :id ORDER BY slot_at"
        of_sequence = await scene.column(own, id=sequence.id)
        assert max(Counter(slot_at.date() for slot_at in of_sequence).values()) <= 5
        assert all(later - earlier >= timedelta(minutes=20) for earlier, later in pairwise(of_sequence))


@pytest.mark.parametrize("whole", [False, True])
async def test_what_is_read_bit_by_bit_leads_to_what_is_read_whole(scene: Scene, whole: bool) -> None:
    await pace(scene, daily_limit=3, min_gap_seconds=900, gap_jitter_seconds=300)
    sequence = await scene.sequence(email_step("One"), email_step(delay_days=1))
    await scene.enroll(sequence, *await scene.contacts(9))
    (id,) = await scene.enroll(sequence, await scene.contact())
    expected = (await plan(scene))[id]
    await plans.pause(scene, id)
    async with scene.sessions.begin() as session:
        desk = await Desk.open(session, sequence.id, NOW, whole=whole)
        chain = await desk.chain(await planning.facts(session, id))
        assert await desk.place(chain)
        await desk.write([chain])
    assert (await plan(scene))[id] == expected


async def test_a_look_takes_no_lock_and_puts_nobody_off(scene: Scene) -> None:
    await pace(scene, daily_limit=1)
    sequence = await scene.sequence(TOMORROW)
    (id,) = await scene.enroll(sequence, await scene.contact())
    before = await plan(scene)
    async with scene.sessions.begin() as holding:
        await slots.lock_planning(holding, scene.tenant.customer_id)
        async with scene.sessions.begin() as session:
            desk = await Desk.look(session, sequence.id, NOW)
            chain = await desk.chain(await planning.facts(session, id))
            chain.begun = True
            assert await desk.place(chain)
    assert await plan(scene) == before


# --- follow-ups before first emails ------------------------------------------------------------------------------


async def under_way(scene: Scene) -> UUID:
    """An enrollment that has sent its first email, and was paused in front of the second."""
    (id,) = await scene.enroll(await scene.sequence(email_step("One"), email_step(delay_days=1)), await scene.contact())
    await send(scene, id, NOW)
    await plans.pause(scene, id)
    await scene.execute("DELETE FROM outbox")
    return id


async def test_a_follow_up_without_a_reservation_puts_off_who_has_not_begun_and_tells_him(scene: Scene) -> None:
    await pace(scene, daily_limit=1)
    returning = await under_way(scene)
    first, last = await scene.enroll(await scene.sequence(TOMORROW), *await scene.contacts(2))
    await plans.resume(scene, returning)
    assert [(at - NOW).days for at in await slots_of(scene, returning)] == [1]
    # The one in the way is put off behind the other one, who does not move.
    assert {at.date() for at in await slots_of(scene, first, last)} == {
        (NOW + 2 * DAY).date(),
        (NOW + 3 * DAY).date(),
    }
    assert await told(scene) == {first}
    assert (await scene.enrollment(first)).next_step_scheduled_at == (await slots_of(scene, first))[0]


async def test_a_follow_up_puts_off_no_other_follow_up(scene: Scene) -> None:
    await pace(scene, daily_limit=1)
    returning = await under_way(scene)
    sequence = await scene.sequence(email_step("One", delay_days=1), email_step(delay_days=1))
    (reserved,) = await scene.enroll(sequence, await scene.contact())
    await send(scene, reserved, NOW + DAY)
    before = (await plan(scene))[reserved]
    await plans.resume(scene, returning, NOW + 2 * DAY - 12 * HOUR)
    assert (await plan(scene))[reserved] == before
    assert await told(scene) == set()


@pytest.mark.parametrize("how", ["held", "locked"])
async def test_who_is_held_or_locked_is_not_put_off(scene: Scene, how: str) -> None:
    await pace(scene, daily_limit=1)
    returning = await under_way(scene)
    (in_the_way,) = await scene.enroll(await scene.sequence(TOMORROW), await scene.contact())
    before = (await plan(scene))[in_the_way]
    if how == "held":
        await plans.hold(scene, in_the_way, WaitingReason.MAILBOX_ERROR, "535 no")
    async with scene.sessions.begin() as session:
        if how == "locked":
            await enrollments.lock(session, in_the_way)
        await plans.resume(scene, returning)
    after = await plan(scene)
    assert after[in_the_way] == before
    assert after[returning][0].date() == (NOW + 2 * DAY).date()
    assert await told(scene) == set()


async def test_no_follow_up_waits_behind_a_first_email_however_many_are_enrolled(scene: Scene) -> None:
    await pace(scene, daily_limit=10)
    sequence = await scene.sequence(email_step("One"), email_step(delay_days=3), email_step(delay_days=4))
    await scene.enroll(sequence, *await scene.contacts(60))
    waits = """SELECT due_at::date - slot_at::date FROM send_slots WHERE follow_up AND customer_id = :customer_id"""
    assert set(await scene.column(waits)) == {0}
    per_day = "SELECT count(*) FROM send_slots WHERE customer_id = :customer_id GROUP BY day"
    assert max(await scene.column(per_day)) == 10


# --- pools and caps ----------------------------------------------------------------------------------------------


async def test_a_pool_shares_the_load_and_a_thread_stays_with_its_mailbox(scene: Scene) -> None:
    async with scene.sessions.begin() as session:
        second = await make_mailbox(session, scene.tenant, email="bob@sender.example", daily_limit=4)
    await pace(scene, daily_limit=2)
    sequence = await scene.sequence(email_step("One"), email_step(delay_days=1), mailbox=None)
    await change_sequence(scene, sequence, email_account_ids=[scene.mailbox.id, second.id])
    ids = await scene.enroll(sequence, *await scene.contacts(6))
    accounts = [(await scene.enrollment(id)).email_account_id for id in ids]
    assert Counter(accounts) == {scene.mailbox.id: 2, second.id: 4}
    for id, account_id in zip(ids, accounts, strict=True):
        own = "SELECT DISTINCT email_account_id FROM send_slots WHERE enrollment_id = :id"
        assert await scene.column(own, id=id) == [account_id]


@pytest.mark.parametrize("column", ["recipient_domain_daily_cap", "contact_daily_cap"])
async def test_caps_of_the_workspace_hold_over_all_sequences_and_mailboxes(scene: Scene, column: str) -> None:
    await scene.execute(f"UPDATE workspaces SET {column} = 1 WHERE customer_id = :customer_id")
    async with scene.sessions.begin() as session:
        second = await make_mailbox(session, scene.tenant, email="bob@sender.example")
    contact = await scene.contact(email="a@capped.example")
    same = contact if column == "contact_daily_cap" else await scene.contact(email="b@capped.example")
    (one,) = await scene.enroll(await scene.sequence(TOMORROW), contact)
    (two,) = await scene.enroll(await scene.sequence(TOMORROW, mailbox=second), same)
    (three,) = await scene.enroll(await scene.sequence(TOMORROW), await scene.contact(email="c@other.example"))
    assert [at.day - NOW.day for at in await slots_of(scene, one, two, three)] == [1, 2, 1]
    (blocker,) = await scene.column("SELECT blocker FROM send_slots WHERE enrollment_id = :id", id=two)
    assert blocker == ("contact_cap" if column == "contact_daily_cap" else "domain_cap")
