"""Absences pause what is active until the day after, once, and go on by themselves when the delay is over."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row

from db import enrollments, inbound
from domain.vocabulary import WaitingReason
from tests.db.conftest import DAY, HOUR, NOW, Scene
from tests.factories import email_step

STEPS = email_step("Hello"), email_step("Again", delay_days=3), email_step("Last", delay_days=3)


async def away(scene: Scene, message: Row[Any], until: date | None, *, now: datetime = NOW) -> None:
    async with scene.sessions.begin() as session:
        await inbound.record_absence(session, message, until, now)


async def paused(scene: Scene, id: UUID) -> tuple[str, str | None, datetime | None]:
    row = await scene.enrollment(id)
    return row.status, row.waiting_reason, row.resume_at


async def sent(scene: Scene, **contact: Any) -> Row[Any]:
    """The first send to a new contact; the second step waits for its delay."""
    (id,) = await scene.enroll(await scene.sequence(*STEPS), await scene.contact(**contact))
    return await scene.sent(id)


@pytest.mark.parametrize(
    ("timezone", "back"),
    [
        ("Asia/Tokyo", datetime(2026, 12, 1, 15, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 12, 2, 5, tzinfo=UTC)),
        (None, datetime(2026, 12, 2, 0, tzinfo=UTC)),
        ("Nowhere/Land", datetime(2026, 12, 2, 0, tzinfo=UTC)),
    ],
)
async def test_an_absence_lasts_to_the_end_of_its_last_day_where_the_contact_is(
    scene: Scene, timezone: str | None, back: datetime
) -> None:
    message = await sent(scene, timezone=timezone)
    await away(scene, message, date(2026, 12, 1))
    assert await paused(scene, message.enrollment_id) == ("paused", "out_of_office", back)
    assert (await scene.letters(message.enrollment_id))[-1] == "enrollment.pause"


async def test_where_the_contacts_zone_is_not_known_the_day_ends_where_the_sequence_is_sent_from(scene: Scene) -> None:
    sequence = await scene.sequence(*STEPS, sending_timezone="Asia/Tokyo")
    (id,) = await scene.enroll(sequence, await scene.contact())
    await away(scene, await scene.sent(id), date(2026, 12, 1))
    assert (await paused(scene, id))[2] == datetime(2026, 12, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize("until", [None, date(9999, 12, 31), date(2028, 1, 1)])
async def test_without_a_date_or_with_one_beyond_belief_it_is_the_workspaces_days(
    scene: Scene, until: date | None
) -> None:
    await scene.execute("UPDATE workspaces SET out_of_office_days = 4 WHERE customer_id = :customer_id")
    message = await sent(scene)
    await away(scene, message, until)
    assert await paused(scene, message.enrollment_id) == ("paused", "out_of_office", NOW + 4 * DAY)


async def test_an_absence_that_is_over_pauses_nothing(scene: Scene) -> None:
    message = await sent(scene)
    await away(scene, message, (NOW - DAY).date())
    assert (await paused(scene, message.enrollment_id))[0] == "active"


async def test_an_absence_is_counted_nowhere(scene: Scene) -> None:
    message = await sent(scene)
    await away(scene, message, None)
    row = await scene.one("SELECT * FROM contacts WHERE id = :id", id=message.contact_id)
    assert (row.total_replies, row.last_replied_at, row.status) == (0, None, "active")
    assert (await scene.enrollment(message.enrollment_id)).total_replies == 0


async def test_a_second_answer_extends_the_absence_and_never_shortens_it(scene: Scene) -> None:
    message = await sent(scene)
    await away(scene, message, date(2026, 12, 1))
    await away(scene, message, date(2026, 11, 28))
    assert (await paused(scene, message.enrollment_id))[2] == datetime(2026, 12, 2, tzinfo=UTC)
    await away(scene, message, date(2026, 12, 5), now=NOW + DAY)
    assert (await paused(scene, message.enrollment_id))[2] == datetime(2026, 12, 6, tzinfo=UTC)
    assert await scene.letters(message.enrollment_id) == ["enrollment.pause", "enrollment.event"]


async def test_an_enrollment_that_a_person_has_paused_stays_as_it_is(scene: Scene) -> None:
    message = await sent(scene)
    async with scene.sessions.begin() as session:
        await enrollments.pause(session, enrollment_id=message.enrollment_id, now=NOW, resume_at=NOW + DAY)
    await away(scene, message, date(2026, 12, 1))
    assert await paused(scene, message.enrollment_id) == ("paused", "paused", NOW + DAY)


async def test_all_that_is_active_for_the_contact_is_paused(scene: Scene) -> None:
    contact, somebody = await scene.contact(), await scene.contact()
    (one,) = await scene.enroll(await scene.sequence(*STEPS), contact)
    (two,) = await scene.enroll(await scene.sequence(*STEPS), contact)
    (three,) = await scene.enroll(await scene.sequence(*STEPS), somebody)
    await away(scene, await scene.sent(one), date(2026, 12, 1))
    assert [(await paused(scene, id))[0] for id in (one, two, three)] == ["paused", "paused", "active"]


async def test_a_person_who_is_back_early_and_replies_ends_it_as_usual(scene: Scene) -> None:
    message = await sent(scene)
    await away(scene, message, date(2026, 12, 1))
    async with scene.sessions.begin() as session:
        await inbound.record_reply(session, message, NOW + DAY)
    assert (await scene.enrollment(message.enrollment_id)).completion_reason == "replied"


@pytest.mark.parametrize(
    ("days", "resumed", "goes"),
    [
        (1, timedelta(days=1), timedelta(days=2)),
        (1, timedelta(hours=6), timedelta(days=2)),
        (5, timedelta(days=5), timedelta(days=5)),
    ],
)
async def test_after_an_absence_it_goes_when_the_delay_is_over_or_at_once(
    scene: Scene, days: int, resumed: timedelta, goes: timedelta
) -> None:
    """Two days of its delay are left when the absence begins; they run on meanwhile."""
    message = await sent(scene)
    await scene.execute(
        """UPDATE sequence_enrollments SET delay_until = :until, next_step_scheduled_at = :until WHERE id = :id""",
        id=message.enrollment_id,
        until=NOW + 2 * DAY,
    )
    await away(scene, message, (NOW + days * DAY).date())
    async with scene.sessions.begin() as session:
        await enrollments.resume(session, enrollment_id=message.enrollment_id, now=NOW + resumed)
    row = await scene.enrollment(message.enrollment_id)
    assert (row.status, row.delay_until, row.waiting_reason) == ("active", NOW + goes, None)


async def test_a_pause_by_a_person_still_freezes_the_delay(scene: Scene) -> None:
    message = await sent(scene)
    await scene.execute(
        "UPDATE sequence_enrollments SET delay_until = :until WHERE id = :id",
        id=message.enrollment_id,
        until=NOW + HOUR,
    )
    async with scene.sessions.begin() as session:
        await enrollments.pause(session, enrollment_id=message.enrollment_id, now=NOW, reason=WaitingReason.PAUSED)
        await enrollments.resume(session, enrollment_id=message.enrollment_id, now=NOW + DAY)
    assert (await scene.enrollment(message.enrollment_id)).delay_until == NOW + DAY + HOUR
