"""Why an enrollment waits, by the planner's own ledger: each blocker, its setting, when it lifts, the place in line."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from db import enrollments, executions, explanations
from domain.errors import NotFound
from domain.scheduling.explanations import Explanation, State
from domain.scheduling.obstacles import Obstacle, Resource
from domain.vocabulary import Blocker, SequenceStatus, StepType, WaitingReason
from tests.db.conftest import DAY, HOUR, NOW, Scene
from tests.factories import email_step, make_contact

MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC)
"""The end of the day of ``NOW``, a Monday at nine."""
OFFICE_HOURS: dict[str, Any] = {"sending_hours": {"monday": [["09:00", "17:00"]], "tuesday": [["10:00", "17:00"]]}}


async def explain(scene: Scene, id: UUID, now: datetime = NOW) -> Explanation:
    async with scene.sessions() as session:
        customer_id = scene.tenant.customer_id
        return await explanations.explain(session, customer_id=customer_id, enrollment_id=id, now=now)


async def set_mailbox(scene: Scene, **columns: Any) -> None:
    pairs = ", ".join(f"{name} = :{name}" for name in columns)
    await scene.execute(f"UPDATE email_accounts SET {pairs} WHERE id = :id", id=scene.mailbox.id, **columns)


async def set_workspace(scene: Scene, **columns: Any) -> None:
    pairs = ", ".join(f"{name} = :{name}" for name in columns)
    await scene.execute(f"UPDATE workspaces SET {pairs} WHERE id = :id", id=scene.tenant.workspace_id, **columns)


def kinds(found: Explanation) -> list[Blocker]:
    return [one.kind for one in found.obstacles]


def lifts(found: Explanation) -> dict[Blocker, datetime | None]:
    return {one.kind: one.lifts_at for one in found.obstacles}


def only(found: Explanation, kind: Blocker) -> Obstacle:
    (obstacle,) = [one for one in found.obstacles if one.kind is kind]
    return obstacle


def behind(obstacle: Obstacle) -> tuple[Resource, str, Any]:
    return obstacle.setting.resource, obstacle.setting.field, obstacle.setting.value


# --- what has an instant -----------------------------------------------------------------------------------------


async def test_a_delay_is_that_of_its_step_and_lifts_when_the_step_is_due(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello", delay_days=2, delay_hours=3))
    found = await explain(scene, id)
    due = NOW + timedelta(days=2, hours=3)
    assert (found.state, found.at) == (State.WAITING, due)
    assert lifts(found) == {Blocker.DELAY: due}
    assert behind(only(found, Blocker.DELAY)) == (Resource.STEP, "delay_days", 2)
    assert only(found, Blocker.DELAY).setting.id == (await scene.steps(id))[0]
    assert "2 days and 3 hours" in only(found, Blocker.DELAY).detail
    assert found.summary == "Step 1 (email) is planned for 2026-11-25 12:00:00 UTC, behind its delay."


async def test_the_delay_of_a_delay_step_is_told_as_that_steps(scene: Scene) -> None:
    id = await scene.enrolled({"step_type": StepType.DELAY, "delay_days": 2}, email_step("Hello"))
    found = only(await explain(scene, id), Blocker.DELAY)
    assert (found.setting.id, found.setting.field) == ((await scene.steps(id))[0], "delay_days")


async def test_closed_hours_are_told_with_the_field_that_closes_them(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello", delay_hours=10), **OFFICE_HOURS)
    found = await explain(scene, id)
    assert lifts(found) == {Blocker.DELAY: NOW + 10 * HOUR, Blocker.WINDOW: MIDNIGHT + 10 * HOUR}
    assert found.at == MIDNIGHT + 10 * HOUR
    window = only(found, Blocker.WINDOW)
    assert behind(window) == (Resource.SEQUENCE, "sending_hours", OFFICE_HOURS["sending_hours"])
    assert "Monday 09:00–17:00" in window.detail


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"sending_days": [False] + [True] * 6}, "sending_days"),
        ({"sending_window_start": time(10)}, "sending_window_start"),
        ({"sending_window_end": time(8)}, "sending_window_end"),
    ],
)
async def test_the_field_that_closes_a_simple_window_is_named(
    scene: Scene, columns: dict[str, Any], field: str
) -> None:
    id = await scene.enrolled(email_step("Hello"), **columns)
    found = only(await explain(scene, id), Blocker.WINDOW)
    assert found.setting.field == field


async def test_a_holiday_is_told_with_its_date_and_where_it_is_set(scene: Scene) -> None:
    await set_workspace(scene, holiday_dates=[date(2026, 11, 23)])
    id = await scene.enrolled(email_step("Hello"))
    found = await explain(scene, id)
    assert lifts(found) == {Blocker.HOLIDAY: MIDNIGHT}
    assert behind(only(found, Blocker.HOLIDAY)) == (Resource.WORKSPACE, "holiday_dates", ["2026-11-23"])
    assert "2026-11-23" in only(found, Blocker.HOLIDAY).detail
    id = await scene.enrolled(email_step("Hello", delay_days=32), holiday_country="DE")
    christmas = await explain(scene, id)
    assert behind(only(christmas, Blocker.HOLIDAY)) == (Resource.SEQUENCE, "holiday_country", "DE")


async def test_the_last_in_the_queue_waits_for_limit_gap_and_window_and_is_told_its_place(scene: Scene) -> None:
    await set_mailbox(scene, daily_limit=2, min_gap_seconds=600)
    sequence = await scene.sequence(email_step("Hello"), **OFFICE_HOURS)
    ids = await scene.enroll(sequence, *await scene.contacts(4))
    assert (await explain(scene, ids[0])).state is State.RUNNING
    second, third, last = [await explain(scene, id) for id in ids[1:]]
    assert lifts(second) == {Blocker.MAILBOX_GAP: NOW + timedelta(minutes=10)}
    assert lifts(third) == {
        Blocker.MAILBOX_GAP: NOW + timedelta(minutes=20),
        Blocker.MAILBOX_LIMIT: MIDNIGHT,
        Blocker.WINDOW: MIDNIGHT + 10 * HOUR,
    }
    assert lifts(last)[Blocker.MAILBOX_GAP] == last.at == MIDNIGHT + 10 * HOUR + timedelta(minutes=10)
    assert [found.place.ahead for found in (second, third, last) if found.place] == [1, 2, 3]
    assert behind(only(last, Blocker.MAILBOX_LIMIT)) == (Resource.EMAIL_ACCOUNT, "daily_limit", 2)
    assert "ann@sender.example sends at most 2 emails a day" in only(last, Blocker.MAILBOX_LIMIT).detail
    assert last.summary.endswith("behind the mailbox's daily limit.")


async def test_a_ramp_up_and_days_away_are_told_as_what_they_are(scene: Scene) -> None:
    ramp_up = {"ramp_up_start": 1, "ramp_up_per_day": 1, "ramp_up_from": date(2026, 11, 23)}
    await set_mailbox(scene, away_from=date(2026, 11, 24), away_until=date(2026, 11, 25), **ramp_up)
    _, id = await scene.enroll(await scene.sequence(email_step("Hello")), *await scene.contacts(2))
    found = await explain(scene, id)
    assert lifts(found) == {Blocker.MAILBOX_LIMIT: MIDNIGHT, Blocker.MAILBOX_AWAY: MIDNIGHT + 2 * DAY}
    assert found.at == MIDNIGHT + 2 * DAY
    assert behind(only(found, Blocker.MAILBOX_LIMIT)) == (Resource.EMAIL_ACCOUNT, "ramp_up_per_day", 1)
    assert "at most 1 on 2026-11-23" in only(found, Blocker.MAILBOX_LIMIT).detail
    assert behind(only(found, Blocker.MAILBOX_AWAY)) == (Resource.EMAIL_ACCOUNT, "away_until", "2026-11-25")


async def test_caps_of_the_sequence_the_domain_and_the_contact_are_all_listed(scene: Scene) -> None:
    await set_workspace(scene, recipient_domain_daily_cap=1, contact_daily_cap=1)
    caps: dict[str, Any] = {"max_emails_per_day": 1, "throttle_delay_minutes": 90}
    sequence = await scene.sequence(email_step("Hello"), **caps)
    domain = f"{uuid4().hex}.example"
    _, id = await scene.enroll(sequence, *[await scene.contact(email=f"{name}@{domain}") for name in ("ann", "bob")])
    found = await explain(scene, id)
    assert lifts(found) == {
        Blocker.THROTTLE: NOW + timedelta(minutes=90),
        Blocker.SEQUENCE_CAP: MIDNIGHT,
        Blocker.DOMAIN_CAP: MIDNIGHT,
    }
    assert found.at == MIDNIGHT
    assert behind(only(found, Blocker.SEQUENCE_CAP)) == (Resource.SEQUENCE, "max_emails_per_day", 1)
    assert behind(only(found, Blocker.THROTTLE)) == (Resource.SEQUENCE, "throttle_delay_minutes", 90)
    assert behind(only(found, Blocker.DOMAIN_CAP)) == (Resource.WORKSPACE, "recipient_domain_daily_cap", 1)
    assert domain in only(found, Blocker.DOMAIN_CAP).detail
    contact = await scene.contact(email=f"{uuid4().hex}@other.example")
    for twice in (await scene.sequence(email_step("Hello")), await scene.sequence(email_step("Hello"))):
        (id,) = await scene.enroll(twice, contact)
    contact_cap = only(await explain(scene, id), Blocker.CONTACT_CAP)
    assert (contact_cap.lifts_at, behind(contact_cap)) == (MIDNIGHT, (Resource.WORKSPACE, "contact_daily_cap", 1))


async def test_days_that_follow_ups_fill_are_full(scene: Scene) -> None:
    await set_mailbox(scene, daily_limit=2)
    sequence = await scene.sequence(email_step("Hello"), email_step(delay_days=1))
    ids = await scene.enroll(sequence, *await scene.contacts(5))
    found = await explain(scene, ids[4])
    assert found.at == MIDNIGHT + 3 * DAY
    assert lifts(found) == {Blocker.MAILBOX_LIMIT: MIDNIGHT + 3 * DAY}


async def test_a_first_email_that_fits_alone_waits_for_its_follow_ups_room(scene: Scene) -> None:
    await set_mailbox(scene, daily_limit=1)
    day_2 = await scene.sequence(email_step("Hello", delay_days=2))
    await scene.enroll(day_2, await scene.contact())
    (id,) = await scene.enroll(await scene.sequence(email_step("Hi"), email_step(delay_days=2)), await scene.contact())
    found = await explain(scene, id)
    assert found.at == MIDNIGHT
    assert lifts(found) == {Blocker.FOLLOW_UPS: MIDNIGHT}
    assert behind(only(found, Blocker.FOLLOW_UPS)) == (Resource.EMAIL_ACCOUNT, "daily_limit", 1)
    assert found.summary.endswith("behind the room that is kept for follow-ups.")


async def test_room_given_back_since_leaves_the_plan_as_what_is_waited_for(scene: Scene) -> None:
    await set_mailbox(scene, daily_limit=1)
    first, second = await scene.enroll(await scene.sequence(email_step("Hello")), *await scene.contacts(2))
    async with scene.sessions.begin() as session:
        await enrollments.stop(session, enrollment_id=first, now=NOW)
    found = await explain(scene, second)
    assert (kinds(found), found.at) == ([Blocker.MAILBOX_LIMIT], MIDNIGHT)
    assert "given back" in found.obstacles[0].detail


async def test_of_a_linkedin_step_only_delay_and_hours_are_asked(scene: Scene) -> None:
    await set_mailbox(scene, daily_limit=0)
    id = await scene.enrolled({"step_type": StepType.LINKEDIN, "delay_hours": 10}, **OFFICE_HOURS)
    found = await explain(scene, id)
    assert kinds(found) == [Blocker.DELAY, Blocker.WINDOW]
    assert (found.at, found.place) == (MIDNIGHT + 10 * HOUR, None)
    assert found.summary == "Step 1 (linkedin) is planned for 2026-11-24 10:00:00 UTC."


async def test_what_a_server_put_off_waits_with_the_servers_words(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello"))
    until = NOW + timedelta(minutes=30)
    async with scene.sessions.begin() as session:
        await executions.reschedule(session, id, now=NOW, until=until, error="451 greylisted")
    found = await explain(scene, id)
    assert (found.state, found.at, lifts(found)) == (State.WAITING, until, {Blocker.RETRY: until})
    assert "451 greylisted" in only(found, Blocker.RETRY).detail
    assert found.summary == "Step 1 (email) is tried again at 2026-11-23 09:30:00 UTC: a mail server put it off."


async def test_what_was_left_of_a_delay_is_told_after_a_resume(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello", delay_days=2))
    async with scene.sessions.begin() as session:
        await enrollments.pause(session, enrollment_id=id, now=NOW + DAY)
        await enrollments.resume(session, enrollment_id=id, now=NOW + 3 * DAY)
    found = await explain(scene, id, now=NOW + 3 * DAY)
    assert lifts(found) == {Blocker.DELAY: NOW + 4 * DAY}
    assert only(found, Blocker.DELAY).setting.field == "delay_until"


# --- what has none -----------------------------------------------------------------------------------------------


async def test_a_paused_enrollment_is_held_until_its_resume_at(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello", delay_days=2))
    async with scene.sessions.begin() as session:
        await enrollments.pause(session, enrollment_id=id, now=NOW, resume_at=NOW + DAY)
    found = await explain(scene, id)
    assert (found.state, found.at, lifts(found)) == (State.HELD, None, {Blocker.PAUSED: NOW + DAY})
    assert behind(only(found, Blocker.PAUSED)) == (Resource.ENROLLMENT, "status", "paused")
    assert "48.0 hours" in only(found, Blocker.PAUSED).detail
    assert found.summary == "Step 1 (email) is held until 2026-11-24 09:00:00 UTC: it is paused."


async def test_each_missing_variable_is_named(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello"))
    async with scene.sessions.begin() as session:
        error = "No value and no default for contact.custom_fields.x, contact.first_name"
        reason = WaitingReason.MISSING_VARIABLE
        await enrollments.pause(session, enrollment_id=id, now=NOW, reason=reason, error=error)
    found = await explain(scene, id)
    assert [behind(one) for one in found.obstacles] == [
        (Resource.CONTACT, "custom_fields.x", None),
        (Resource.CONTACT, "first_name", None),
    ]
    assert (found.state, set(kinds(found))) == (State.HELD, {Blocker.MISSING_VARIABLE})


async def test_a_paused_sequence_leaves_no_prediction_and_is_listed_beside_the_rest(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello", delay_days=1), status=SequenceStatus.PAUSED)
    found = await explain(scene, id)
    assert (found.state, found.at) == (State.HELD, None)
    assert kinds(found) == [Blocker.SEQUENCE_PAUSED, Blocker.DELAY]
    assert only(found, Blocker.SEQUENCE_PAUSED).lifts_when == "somebody resumes the sequence"


@pytest.mark.parametrize(("status", "kind"), [("paused", Blocker.MAILBOX_PAUSED), ("error", Blocker.MAILBOX_ERROR)])
async def test_a_mailbox_that_cannot_send_is_told_with_its_words(scene: Scene, status: str, kind: Blocker) -> None:
    id = await scene.enrolled(email_step("Hello"))
    await scene.execute(
        "UPDATE email_accounts SET status = CAST(:status AS email_account_status_enum), last_error = '535 no'"
        " WHERE id = :id",
        id=scene.mailbox.id,
        status=status,
    )
    async with scene.sessions.begin() as session:
        await executions.hold(session, id, WaitingReason.MAILBOX_ERROR, "535 no")
    found = await explain(scene, id)
    assert (found.state, found.at, kinds(found)) == (State.HELD, None, [kind])
    assert behind(only(found, kind)) == (Resource.EMAIL_ACCOUNT, "status", status)
    assert ("535 no" in only(found, kind).detail) == (status == "error")
    assert found.summary == "Step 1 (email) is held: its mailbox cannot send."


async def test_what_is_held_though_its_cause_has_ended_is_told_to_be_planned_anew(scene: Scene) -> None:
    for reason in (WaitingReason.MAILBOX_ERROR, WaitingReason.SEQUENCE_PAUSED):
        id = await scene.enrolled(email_step("Hello"))
        async with scene.sessions.begin() as session:
            await executions.hold(session, id, reason)
        (obstacle,) = (await explain(scene, id)).obstacles
        assert obstacle.kind.value == reason.value
        assert "is active again" in obstacle.detail


async def test_an_email_without_a_mailbox_or_without_room_is_held(scene: Scene) -> None:
    nowhere = await scene.enrolled(email_step("Hello", delay_days=1), mailbox=None)
    found = await explain(scene, nowhere)
    assert (found.state, found.at) == (State.HELD, None)
    assert behind(only(found, Blocker.MAILBOX_ERROR)) == (Resource.SEQUENCE, "default_email_account_id", None)
    id = await scene.enrolled(email_step("Hello"))
    async with scene.sessions.begin() as session:
        await executions.hold(session, id, WaitingReason.NO_SLOT)
    full = await explain(scene, id)
    assert (full.state, kinds(full)) == (State.HELD, [Blocker.NO_SLOT])


async def test_the_task_that_is_waited_for_is_named(scene: Scene) -> None:
    id = await scene.enrolled({"step_type": StepType.CALL, "task_title": "Call"})
    (step,) = await scene.steps(id)
    contact = (await scene.enrollment(id)).contact_id
    task = uuid4()
    await scene.execute(
        """INSERT INTO tasks (id, customer_id, workspace_id, enrollment_id, sequence_step_id, contact_id, task_type,
                              title)
           VALUES (:task, :customer_id, :workspace, :id, :step, :contact, 'call', 'Call Ann')""",
        task=task,
        workspace=scene.tenant.workspace_id,
        id=id,
        step=step,
        contact=contact,
    )
    async with scene.sessions.begin() as session:
        await executions.hold(session, id, WaitingReason.TASK)
    found = await explain(scene, id)
    assert (found.state, kinds(found)) == (State.HELD, [Blocker.TASK])
    assert f"“Call Ann” ({task})" in found.obstacles[0].detail
    assert found.summary == "Step 1 (call) is held: a person has to do its task first."


async def test_one_that_has_ended_waits_for_nothing(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello"))
    async with scene.sessions.begin() as session:
        await enrollments.stop(session, enrollment_id=id, now=NOW)
    found = await explain(scene, id)
    assert (found.state, found.at, found.obstacles, found.place) == (State.ENDED, None, (), None)
    assert found.summary == "Ended: stopped (manual_stop)."


async def test_another_customers_enrollment_does_not_exist(scene: Scene) -> None:
    id = await scene.enrolled(email_step("Hello"))
    async with scene.sessions() as session:
        with pytest.raises(NotFound):
            await explanations.explain(session, customer_id=uuid4(), enrollment_id=id, now=NOW)


# --- all of them -------------------------------------------------------------------------------------------------


async def test_every_waiting_enrollment_has_a_blocker_and_the_last_lifts_when_it_goes(scene: Scene) -> None:
    await set_mailbox(scene, daily_limit=7, min_gap_seconds=300, gap_jitter_seconds=60)
    await set_workspace(scene, recipient_domain_daily_cap=5)
    steps = [email_step("One"), email_step(delay_days=1), email_step(delay_days=2)]
    sequence = await scene.sequence(*steps, max_emails_per_day=6, throttle_delay_minutes=20)
    async with scene.sessions.begin() as session:
        domains = [f"{uuid4().hex}.example" for _ in range(3)]
        addresses = [f"{uuid4().hex}@{domain}" for domain in domains for _ in range(8)]
        contacts = [await make_contact(session, scene.tenant, email=address) for address in addresses]
    ids = await scene.enroll(sequence, *contacts)
    for id in ids:
        found = await explain(scene, id)
        row = await scene.enrollment(id)
        if found.state is State.RUNNING:
            continue
        assert found.state is State.WAITING
        assert found.at == row.next_step_scheduled_at
        assert max(one.lifts_at for one in found.obstacles if one.lifts_at) == found.at, found


@pytest.mark.parametrize(
    ("contact", "told"),
    [
        ({}, "(Monday 12:00–17:00, Asia/Tokyo, the sequence's zone, as the contact's is not known)"),
        ({"timezone": "America/New_York"}, "(Monday 12:00–17:00, America/New_York, the contact's zone)"),
        (
            {"timezone": "Nowhere/Land"},
            "(Monday 12:00–17:00, Asia/Tokyo, the sequence's zone, as the contact's is not known)",
        ),
    ],
)
async def test_closed_hours_say_whose_zone_counts(scene: Scene, contact: dict[str, Any], told: str) -> None:
    sequence = await scene.sequence(
        email_step("Hello"),
        use_contact_timezone=True,
        sending_timezone="Asia/Tokyo",
        sending_window_start=time(12),
        sending_window_end=time(17),
    )
    (id,) = await scene.enroll(sequence, await scene.contact(**contact))
    assert told in only(await explain(scene, id), Blocker.WINDOW).detail
