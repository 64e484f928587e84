"""An address that bounces softly again and again gets a rest; what shows that it is reached begins the count anew."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Row

from db import engagements, inbound
from db.engagements import Engagement
from db.models import Contact
from domain.vocabulary import ActivityType
from tests.db.conftest import DAY, HOUR, NOW, Scene
from tests.factories import email_step

FULL = "452 4.2.2 mailbox full"


async def sends(scene: Scene, contact: Contact, count: int) -> list[Row[Any]]:
    """Emails to the contact, each of a sequence of its own."""
    made = []
    for _ in range(count):
        (id,) = await scene.enroll(await scene.sequence(email_step("Hello")), contact)
        made.append(await scene.sent(id))
    return made


async def bounce(scene: Scene, message: Row[Any], now: datetime = NOW, **given: Any) -> None:
    async with scene.sessions.begin() as session:
        await inbound.record_bounce(session, message, **{"hard": False, "reason": FULL, "now": now, **given})


async def happens(scene: Scene, message: Row[Any], kind: ActivityType, at: datetime, subtype: str | None) -> None:
    async with scene.sessions.begin() as session:
        await engagements.record(session, [Engagement(message, kind, at, subtype)], now=at)


async def rests(scene: Scene) -> list[Row[Any]]:
    ids = await scene.column("SELECT id FROM contact_suppression_lists WHERE customer_id = :customer_id")
    return [await scene.one("SELECT * FROM contact_suppression_lists WHERE id = :id", id=id) for id in ids]


async def limit(scene: Scene, limit: int, days: int = 30) -> None:
    await scene.execute(
        "UPDATE workspaces SET soft_bounce_limit = :limit, soft_bounce_days = :days WHERE id = :id",
        id=scene.tenant.workspace_id,
        limit=limit,
        days=days,
    )


async def test_the_third_soft_bounce_in_a_row_suppresses_the_address_for_thirty_days(scene: Scene) -> None:
    contact = await scene.contact()
    messages = await sends(scene, contact, 4)
    for message in messages[:2]:
        await bounce(scene, message)
    assert await rests(scene) == []
    await bounce(scene, messages[2])
    (rest,) = await rests(scene)
    assert (rest.suppression_type, rest.email, rest.source) == ("soft_bounce", contact.email, "bounce")
    assert (rest.expires_at, rest.suppressed_at) == (NOW + 30 * DAY, NOW)
    assert rest.reason == f"3 soft bounces in a row, the last: {FULL}"
    (row,) = await scene.column("SELECT status FROM contacts WHERE id = :id", id=contact.id)
    assert row == "active"
    (waiting,) = await scene.enroll(await scene.sequence(email_step("Hello")), contact, now=NOW + 30 * DAY)
    assert not await scene.claim(waiting, now=NOW + 29 * DAY)
    assert await scene.claim(waiting, now=NOW + 30 * DAY)


async def test_an_address_that_bounces_after_its_rest_gets_the_next_one_at_once(scene: Scene) -> None:
    await limit(scene, 2, days=10)
    messages = await sends(scene, await scene.contact(), 3)
    for message in messages[:2]:
        await bounce(scene, message)
    await bounce(scene, messages[2], NOW + 11 * DAY)
    (rest,) = await rests(scene)
    assert (rest.expires_at, rest.suppressed_at) == (NOW + 21 * DAY, NOW + 11 * DAY)


async def test_many_reports_of_one_email_are_one_bounce(scene: Scene) -> None:
    (message,) = await sends(scene, await scene.contact(), 1)
    for _ in range(5):
        await bounce(scene, message)
    assert await rests(scene) == []


@pytest.mark.parametrize(
    ("kind", "subtype", "counts_anew"),
    [
        (ActivityType.EMAIL_OPENED, "human", True),
        (ActivityType.EMAIL_CLICKED, None, True),
        (ActivityType.EMAIL_REPLIED, None, True),
        (ActivityType.EMAIL_OPENED, "machine", False),
        (ActivityType.EMAIL_CLICKED, "unknown", False),
        (ActivityType.EMAIL_DELIVERED, None, False),
    ],
)
async def test_what_a_person_does_with_an_email_begins_the_count_anew(
    scene: Scene, kind: ActivityType, subtype: str | None, counts_anew: bool
) -> None:
    messages = await sends(scene, await scene.contact(), 4)
    for message in messages[:2]:
        await bounce(scene, message)
    await happens(scene, messages[3], kind, NOW + HOUR, subtype)
    await bounce(scene, messages[2], NOW + 2 * HOUR)
    assert (await rests(scene) == []) is counts_anew


async def test_a_policy_block_is_the_mailboxs_and_not_counted(scene: Scene) -> None:
    messages = await sends(scene, await scene.contact(), 4)
    for message in messages[:2]:
        await bounce(scene, message)
    for message in messages[2:]:
        await bounce(scene, message, policy=True, reason="550 5.7.1 blocked for spam")
    assert await rests(scene) == []
    shown = "SELECT policy_error FROM email_accounts WHERE id = :id"
    assert await scene.column(shown, id=scene.mailbox.id) == ["550 5.7.1 blocked for spam"]


async def test_bounces_of_a_former_address_are_not_the_new_ones(scene: Scene) -> None:
    contact = await scene.contact()
    before = await sends(scene, contact, 2)
    await scene.execute("UPDATE contacts SET email = 'new@prospect.example' WHERE id = :id", id=contact.id)
    (after,) = await sends(scene, contact, 1)
    for message in (*before, after):
        await bounce(scene, message)
    assert await rests(scene) == []


async def test_a_limit_of_zero_suppresses_nobody(scene: Scene) -> None:
    await limit(scene, 0)
    for message in await sends(scene, await scene.contact(), 4):
        await bounce(scene, message)
    assert await rests(scene) == []


async def test_bounces_that_come_at_the_same_moment_are_all_counted(scene: Scene) -> None:
    messages = await sends(scene, await scene.contact(), 3)
    await asyncio.gather(*(bounce(scene, message) for message in messages))
    assert len(await rests(scene)) == 1


async def test_a_soft_bounce_leaves_an_entry_for_good_alone(scene: Scene) -> None:
    messages = await sends(scene, await scene.contact(), 3)
    await bounce(scene, messages[0], hard=True, reason="550 5.1.1 no such user")
    for message in messages:
        await bounce(scene, message)
    kinds = {rest.suppression_type: rest.expires_at for rest in await rests(scene)}
    assert kinds == {"hard_bounce": None, "soft_bounce": NOW + 30 * DAY}
