"""The forecast over the real ledger: what is planned comes as it is planned, and nothing is written."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from db import forecasts
from db.forecasts import Newcomers, Outlook, WhatIf
from db.models import ContactList, ContactListMembership
from db.models import Sequence as SequenceRow
from domain.errors import Conflict, Invalid, NotFound
from domain.scheduling.forecasts import Forecast
from domain.scheduling.schedule import moment
from domain.vocabulary import Blocker, ListType, SequenceStatus, StepType, WaitingReason
from tests.db.conftest import DAY, HOUR, NOW, Scene
from tests.db.plans import (
    change_mailbox,
    change_sequence,
    change_step,
    change_workspace,
    claim,
    hold,
    pause,
    plan,
    replan,
    send,
)
from tests.factories import email_step, make_mailbox

MINUTE = timedelta(minutes=1)
TOMORROW = email_step("Hello", delay_days=1)
THREE = (email_step("Hello"), email_step(delay_days=2), email_step(delay_days=3, delay_hours=2))
NINE_TO_FIVE = {"sending_window_start": time(9), "sending_window_end": time(17)}
WEEKDAYS = [True] * 5 + [False] * 2
Instants = Mapping[UUID | None, list[datetime]]


async def forecast(
    scene: Scene, sequence: SequenceRow, *, what_if: WhatIf | None = None, now: datetime = NOW, **newcomers: Any
) -> Outlook:
    async with scene.sessions() as session:
        return await forecasts.forecast(
            session,
            customer_id=scene.tenant.customer_id,
            sequence_id=sequence.id,
            newcomers=Newcomers(**{"at": now, **newcomers}),
            now=now,
            what_if=what_if,
        )


def by_enrollment(forecast: Forecast) -> Instants:
    """When the emails of each enrollment go."""
    found: dict[UUID | None, list[datetime]] = {}
    for one in forecast.each_send():
        found.setdefault(one.enrollment_id, []).append(moment(one.slot.at))
    return found


def by_contact(forecast: Forecast) -> Instants:
    """When the emails to each contact go."""
    found: dict[UUID | None, list[datetime]] = {}
    for one in forecast.each_send():
        found.setdefault(one.contact_id, []).append(moment(one.slot.at))
    return found


async def real_by_contact(scene: Scene) -> Instants:
    rows = await scene.column(
        """SELECT jsonb_build_array(contact_id, slot_at) FROM send_slots
           WHERE customer_id = :customer_id AND used_at IS NULL ORDER BY slot_at"""
    )
    found: dict[UUID | None, list[datetime]] = {}
    for id, slot_at in rows:
        found.setdefault(UUID(id), []).append(datetime.fromisoformat(slot_at))
    return found


async def narrow(scene: Scene) -> None:
    """A mailbox with little room."""
    await change_mailbox(scene, daily_limit=4, min_gap_seconds=60, gap_jitter_seconds=45)
    await scene.execute("DELETE FROM outbox")


async def changed(scene: Scene) -> list[str]:
    """Everything that the tables of the engine hold, as texts."""
    tables = await scene.column(
        """SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'contact_activities_%'
           ORDER BY tablename"""
    )
    found = []
    for table in tables:
        rows = await scene.column(f"SELECT concat(t.ctid, t.xmin, t.xmax, t::text) FROM {table} AS t")
        found += [f"{table}: {row}" for row in sorted(rows)]
    return found


@pytest_asyncio.fixture(autouse=True)
async def _no_letters(scene: Scene) -> None:
    """Other tests leave letters of customers that are no longer looked at."""
    await scene.execute("DELETE FROM outbox")


# --- the same as what happens ------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [7, 30])
async def test_contacts_are_planned_as_they_are_when_they_are_enrolled(scene: Scene, count: int) -> None:
    await narrow(scene)
    sequence = await scene.sequence(*THREE, **NINE_TO_FIVE, throttle_delay_minutes=7, sending_days=WEEKDAYS)
    await scene.enroll(sequence, *await scene.contacts(5))
    contacts = await scene.contacts(count)
    outlook = await forecast(scene, sequence, contact_ids=[one.id for one in contacts])
    await scene.enroll(sequence, *contacts)
    assert by_contact(outlook.forecast) == await real_by_contact(scene)
    assert outlook.forecast.sends == 3 * (5 + count)
    assert len(outlook.forecast.people.present) == 5


async def test_so_many_more_go_when_as_many_contacts_would(scene: Scene) -> None:
    await narrow(scene)
    sequence = await scene.sequence(*THREE)
    contacts = await scene.contacts(6)
    named = (await forecast(scene, sequence, contact_ids=[one.id for one in contacts])).forecast
    unnamed = (await forecast(scene, sequence, unnamed=6)).forecast
    assert [one.slot for one in unnamed.each_send()] == [one.slot for one in named.each_send()]
    assert {one.contact_id for one in unnamed.each_send()} == {None}
    assert unnamed.days == named.days


async def test_a_pool_is_filled_as_it_is_when_contacts_are_enrolled(scene: Scene) -> None:
    async with scene.sessions.begin() as session:
        boxes = [await make_mailbox(session, scene.tenant, email=f"{n}@sender.example", daily_limit=n) for n in (2, 3)]
    sequence = await scene.sequence(*THREE, mailbox=None)
    await change_sequence(scene, sequence, email_account_ids=[one.id for one in boxes])
    contacts = await scene.contacts(9)
    outlook = await forecast(scene, sequence, contact_ids=[one.id for one in contacts])
    await scene.enroll(sequence, *contacts)
    assert by_contact(outlook.forecast) == await real_by_contact(scene)
    assert {day.mailbox_id for day in outlook.forecast.days} == {one.id for one in boxes}


async def test_contacts_are_enrolled_at_another_instant_if_asked_so(scene: Scene) -> None:
    await narrow(scene)
    sequence = await scene.sequence(*THREE)
    contacts, later = await scene.contacts(3), NOW + 3 * DAY + 5 * HOUR
    outlook = await forecast(scene, sequence, contact_ids=[one.id for one in contacts], at=later)
    await scene.enroll(sequence, *contacts, now=later)
    assert by_contact(outlook.forecast) == await real_by_contact(scene)


async def test_caps_of_recipients_count_what_is_planned_for_them(scene: Scene) -> None:
    await change_workspace(scene, recipient_domain_daily_cap=3, contact_daily_cap=1)
    sequence = await scene.sequence(email_step("Hello"), email_step(delay_minutes=5))
    company = f"{uuid4().hex}.example"
    two, four = [[await scene.contact(email=f"{uuid4().hex}@{company}") for _ in range(count)] for count in (2, 4)]
    await scene.enroll(sequence, *two)
    outlook = await forecast(scene, sequence, contact_ids=[one.id for one in four])
    await scene.enroll(sequence, *four)
    assert by_contact(outlook.forecast) == await real_by_contact(scene)
    assert (await forecast(scene, sequence, unnamed=3)).forecast.sends == 12 + 6


async def test_nothing_in_the_database_changes(scene: Scene) -> None:
    await narrow(scene)
    await change_workspace(scene, contact_daily_cap=1)
    sequence = await scene.sequence(*THREE)
    await scene.enroll(sequence, *await scene.contacts(5))
    contacts = await scene.contacts(3)
    before = await changed(scene)
    what_if = WhatIf({"max_emails_per_day": 2}, {scene.mailbox.id: {"daily_limit": 3}}, [(2, {"days": 1})])
    outlook = await forecast(
        scene, sequence, what_if=what_if, contact_ids=[one.id for one in contacts], unnamed=4, now=NOW + DAY
    )
    assert outlook.changed is not None
    assert outlook.changed.sends == 36
    assert await changed(scene) == before


# --- other settings ----------------------------------------------------------------------------------------------


CHANGES: Sequence[Mapping[str, Any]] = [
    {"max_emails_per_day": 3},
    {"throttle_delay_minutes": 30},
    {"sending_window_start": time(13), "sending_window_end": time(15)},
    {"sending_hours": {"monday": [["10:00", "12:00"], ["14:00", "16:00"]], "thursday": [["08:00", "20:00"]]}},
    {"follow_up_hours": {"friday": [["09:00", "17:00"]]}},
    {"holiday_dates": [(NOW + DAY).date(), NOW.date()]},
    {"sending_timezone": "America/New_York"},
    {"sending_days": [False, True, False, True, False, False, False]},
    {"max_emails_per_day": 1_000, "throttle_delay_minutes": 0},
]


@pytest.mark.parametrize("fields", CHANGES, ids=",".join)
async def test_other_settings_bring_about_what_changing_them_does(scene: Scene, fields: Mapping[str, Any]) -> None:
    await narrow(scene)
    sequence = await scene.sequence(*THREE, **NINE_TO_FIVE, max_emails_per_day=6, throttle_delay_minutes=5)
    ids = await scene.enroll(sequence, *await scene.contacts(14))
    before, first = await plan(scene), min(slots[0] for slots in (await plan(scene)).values())
    (begun, *_) = [id for id in ids if before[id][0] == first]
    await send(scene, begun, first)
    later = first + MINUTE
    outlook = await forecast(scene, sequence, what_if=WhatIf(fields), now=later)
    assert by_enrollment(outlook.forecast) == await plan(scene)
    await change_sequence(scene, sequence, now=later, **fields)
    await replan(scene, now=later)
    assert outlook.changed is not None
    assert by_enrollment(outlook.changed) == await plan(scene)
    assert outlook.difference is not None
    assert outlook.difference.moved > 0


async def test_another_delay_brings_about_what_changing_it_does(scene: Scene) -> None:
    await narrow(scene)
    sequence = await scene.sequence(*THREE)
    await scene.enroll(sequence, *await scene.contacts(6))
    what_if = WhatIf(delays=[(2, {"days": 1, "minutes": 30}), (3, {"days": 0})])
    outlook = await forecast(scene, sequence, what_if=what_if)
    await change_step(scene, sequence, 2, delay_days=1, delay_minutes=30)
    await change_step(scene, sequence, 3, delay_days=0)
    await replan(scene)
    assert outlook.changed is not None
    assert by_enrollment(outlook.changed) == await plan(scene)


@pytest.mark.parametrize("fields", [{"daily_limit": 2}, {"daily_limit": 9}, {"min_gap_seconds": 600}])
async def test_another_pace_of_a_mailbox_brings_about_what_changing_it_does(
    scene: Scene, fields: Mapping[str, Any]
) -> None:
    await narrow(scene)
    sequence = await scene.sequence(*THREE)
    await scene.enroll(sequence, *await scene.contacts(9))
    outlook = await forecast(scene, sequence, what_if=WhatIf(mailboxes={scene.mailbox.id: fields}))
    await change_mailbox(scene, **fields)
    await replan(scene)
    assert outlook.changed is not None
    assert by_enrollment(outlook.changed) == await plan(scene)


async def test_the_difference_counts_what_moves_and_by_day(scene: Scene) -> None:
    await change_mailbox(scene, daily_limit=4)
    sequence = await scene.sequence(email_step("Hello"))
    outlook = await forecast(
        scene, sequence, unnamed=8, what_if=WhatIf(mailboxes={scene.mailbox.id: {"daily_limit": 2}})
    )
    difference = outlook.difference
    assert difference is not None
    assert (difference.moved, difference.added, difference.dropped) == (6, 0, 0)
    assert difference.last_send_later_by == 2 * 86_400
    first = outlook.forecast.days[0].day
    assert [(one.day - first, one.sends) for one in difference.days] == [(0, -2), (1, -2), (2, 2), (3, 2)]


async def test_settings_that_cannot_be_are_pointed_at(scene: Scene) -> None:
    sequence, nobody = await scene.sequence(*THREE), uuid4()
    what_if = WhatIf(
        {"sending_hours": {"funday": []}, "email_account_ids": [scene.mailbox.id, nobody]},
        {nobody: {"daily_limit": 5}},
        [(2, {"days": 1}), (9, {"days": 1})],
    )
    with pytest.raises(Invalid) as raised:
        await forecast(scene, sequence, what_if=what_if)
    assert {one.pointer for one in raised.value.fields} == {
        "/what_if/sending_hours/funday",
        "/what_if/sending_hours",
        "/what_if/email_account_ids/1",
        f"/what_if/mailboxes/{nobody}",
        "/what_if/steps/1/step_order",
    }


# --- who is there ------------------------------------------------------------------------------------------------


async def test_those_who_would_not_be_enrolled_are_left_out(scene: Scene) -> None:
    sequence, (here, new) = await scene.sequence(*THREE), await scene.contacts(2)
    await scene.enroll(sequence, here)
    await scene.suppress("bob@x.example")
    bob = await scene.contact(email="bob@x.example")
    outlook = await forecast(scene, sequence, contact_ids=[here.id, bob.id, new.id, new.id, uuid4()])
    assert (len(outlook.forecast.people), outlook.left_out) == (2, 3)


async def test_the_members_of_a_list_come_after_the_contacts_that_are_named(scene: Scene) -> None:
    await change_mailbox(scene, daily_limit=1)
    sequence, (one, two, three) = await scene.sequence(email_step("Hello")), await scene.contacts(3)
    async with scene.sessions.begin() as session:
        row = ContactList(
            customer_id=scene.tenant.customer_id,
            workspace_id=scene.tenant.workspace_id,
            name="Some",
            type=ListType.STATIC,
            created_by=scene.tenant.user_id,
        )
        session.add(row)
        await session.flush()
        for number, contact in enumerate((two, one)):
            session.add(
                ContactListMembership(
                    list_id=row.id,
                    contact_id=contact.id,
                    customer_id=scene.tenant.customer_id,
                    added_at=NOW + number * MINUTE,
                    added_by=scene.tenant.user_id,
                )
            )
        list_id = row.id
    outlook = await forecast(scene, sequence, contact_ids=[three.id], list_id=list_id, unnamed=1)
    assert [send.contact_id for send in outlook.forecast.each_send()] == [three.id, two.id, one.id, None]


async def test_what_a_person_must_do_is_taken_to_be_done_at_once(scene: Scene) -> None:
    call = {"step_type": StepType.CALL, "delay_days": 1}
    sequence = await scene.sequence(email_step("Hello"), call, email_step(delay_days=2))
    (id,) = await scene.enroll(sequence, await scene.contact())
    assert (await plan(scene))[id] == [NOW]
    outlook = await forecast(scene, sequence, unnamed=1)
    assert by_enrollment(outlook.forecast) == {id: [NOW, NOW + 3 * DAY], None: [NOW, NOW + 3 * DAY]}


async def test_an_enrollment_that_waits_for_a_person_goes_on_now(scene: Scene) -> None:
    sequence = await scene.sequence({"step_type": StepType.CALL}, email_step("Hello", delay_days=2))
    (id,) = await scene.enroll(sequence, await scene.contact())
    await hold(scene, id, WaitingReason.TASK)
    later = NOW + 5 * DAY
    assert by_enrollment((await forecast(scene, sequence, now=later)).forecast) == {id: [later + 2 * DAY]}


async def test_what_was_held_up_goes_on_now(scene: Scene) -> None:
    await narrow(scene)
    await change_workspace(scene, contact_daily_cap=1)
    sequence = await scene.sequence(*THREE)
    (id,) = await scene.enroll(sequence, await scene.contact())
    await hold(scene, id, WaitingReason.MAILBOX_ERROR)
    later = NOW + 20 * DAY
    outlook = await forecast(scene, sequence, now=later)
    assert by_enrollment(outlook.forecast)[id] == [later, later + 2 * DAY, later + 5 * DAY + 2 * HOUR]


async def test_a_paused_enrollment_is_not_counted(scene: Scene) -> None:
    sequence = await scene.sequence(*THREE)
    (id,) = await scene.enroll(sequence, await scene.contact())
    await pause(scene, id)
    outlook = await forecast(scene, sequence)
    assert (len(outlook.forecast.people), outlook.forecast.sends) == (0, 0)


async def test_a_send_that_is_under_way_is_no_longer_to_come(scene: Scene) -> None:
    sequence = await scene.sequence(*THREE)
    (id,) = await scene.enroll(sequence, await scene.contact())
    await claim(scene, id, NOW)
    outlook = await forecast(scene, sequence, now=NOW + MINUTE)
    assert by_enrollment(outlook.forecast) == {id: [NOW + 2 * DAY, NOW + 5 * DAY + 2 * HOUR]}
    await scene.execute("DELETE FROM send_slots WHERE enrollment_id = :id AND used_at IS NULL", id=id)
    assert (await forecast(scene, sequence, now=NOW + MINUTE)).forecast.sends == 2


async def test_a_draft_is_forecast_as_if_it_were_active(scene: Scene) -> None:
    sequence = await scene.sequence(*THREE, status=SequenceStatus.DRAFT)
    assert (await forecast(scene, sequence, unnamed=2)).forecast.sends == 6


async def test_a_draft_without_steps_has_nothing_to_come(scene: Scene) -> None:
    sequence = await scene.sequence(status=SequenceStatus.DRAFT)
    outlook = (await forecast(scene, sequence, unnamed=2)).forecast
    assert (outlook.sends, outlook.unplaced, outlook.last_send_at) == (0, 0, None)


async def test_misses_are_those_whose_last_email_goes_after_the_deadline(scene: Scene) -> None:
    await change_mailbox(scene, daily_limit=2)
    zone, deadline = "America/Los_Angeles", NOW.date()
    sequence = await scene.sequence(email_step("Hello"), sending_timezone=zone, goal_deadline=deadline)
    outlook = await forecast(scene, sequence, unnamed=6)
    # Monday ends there on Tuesday at 08:00 in UTC, by whose days the mailbox counts.
    assert [moment(one.slot.at).day for one in outlook.forecast.each_send()] == [23, 23, 24, 24, 25, 25]
    assert outlook.forecast.misses == 2
    assert (await forecast(scene, await scene.sequence(email_step("Hello")), unnamed=6)).forecast.misses is None


async def test_those_who_find_no_mailbox_are_unplaced(scene: Scene) -> None:
    sequence = await scene.sequence(*THREE, mailbox=None, status=SequenceStatus.DRAFT)
    outlook = (await forecast(scene, sequence, unnamed=3)).forecast
    assert (outlook.sends, outlook.unplaced) == (0, 3)


async def test_the_blocker_says_what_puts_an_email_off(scene: Scene) -> None:
    await change_mailbox(scene, daily_limit=1)
    sequence = await scene.sequence(email_step("Hello"))
    outlook = (await forecast(scene, sequence, unnamed=2)).forecast
    assert [one.slot.blocker for one in outlook.each_send()] == [None, Blocker.MAILBOX_LIMIT]


@pytest.mark.parametrize("status", [SequenceStatus.STOPPED, SequenceStatus.ARCHIVED])
async def test_a_sequence_that_is_over_has_no_forecast(scene: Scene, status: SequenceStatus) -> None:
    with pytest.raises(Conflict):
        await forecast(scene, await scene.sequence(*THREE, status=status))


async def test_a_sequence_or_list_of_another_customer_does_not_exist(scene: Scene, other: Scene) -> None:
    with pytest.raises(NotFound):
        await forecast(scene, await other.sequence(*THREE))
    with pytest.raises(NotFound):
        await forecast(scene, await scene.sequence(*THREE), list_id=uuid4())
