"""Links are stored once, and hits are recorded in batches with their class, their counts and those who must hear."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Row, text

import reclassify_command
from db import hit_revisions, statistics, tracking
from domain.tracking.hit_classes import Hit, HitKind
from domain.tracking.tracking import HONEYPOT
from domain.vocabulary import StepType
from tests.db.conftest import DAY, NOW, Scene
from tests.factories import email_step

SECOND = timedelta(seconds=1)
LATER = NOW + timedelta(hours=1)
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130 Safari/537.36"
HOME, OFFICE = "84.128.10.20", "91.12.13.14"
WAITS = {
    "step_type": StepType.CONDITIONAL,
    "conditions": {"conditions": [{"field": "email_clicked", "operator": "equals", "value": True}]},
}


def opened(message: Row[Any], at: datetime = LATER, agent: str = CHROME, ip: str | None = HOME) -> Hit:
    return Hit(HitKind.OPEN, message.id, at, "GET", agent, ip)


def clicked(
    message: Row[Any], link: int, at: datetime = LATER, agent: str = CHROME, ip: str | None = HOME, method: str = "GET"
) -> Hit:
    return Hit(HitKind.CLICK, message.id, at, method, agent, ip, link)


async def record(scene: Scene, *hits: Hit, recent: tuple[Hit, ...] = (), now: datetime = LATER) -> None:
    async with scene.sessions.begin() as session:
        await tracking.record(session, hits, recent=recent, now=now)


async def a_send(scene: Scene, *steps: dict[str, Any]) -> Row[Any]:
    return await scene.sent(await scene.enrolled(email_step("One"), *steps))


async def link(scene: Scene, url: str = "https://x.example/") -> int:
    async with scene.sessions.begin() as session:
        return (await tracking.link_ids(session, scene.tenant.customer_id, [url]))[url]


async def activities(scene: Scene, message: Row[Any]) -> list[tuple[str, str, str]]:
    """Type, subtype and reason of the opens and clicks of the email, in their order."""
    async with scene.sessions() as session:
        rows = await session.execute(
            text(
                """SELECT activity_type, activity_subtype, metadata->>'reason' AS reason FROM contact_activities
                   WHERE email_message_id = :id AND activity_type IN ('email_opened', 'email_clicked')
                   ORDER BY occurred_at, activity_type, id"""
            ),
            {"id": message.message_id},
        )
        return [(row.activity_type.removeprefix("email_"), row.activity_subtype, row.reason) for row in rows]


async def counts(scene: Scene, message: Row[Any]) -> dict[str, tuple[int, int]]:
    """Opens and clicks as contact, sequence and enrollment count them."""
    row = await scene.one(
        """SELECT contact.total_emails_opened, contact.total_links_clicked, e.total_opens, e.total_clicks,
                  sequence.total_opened, sequence.total_clicked
           FROM email_messages AS message JOIN contacts AS contact ON contact.id = message.contact_id
           JOIN sequence_enrollments AS e ON e.id = message.enrollment_id
           JOIN sequences AS sequence ON sequence.id = message.sequence_id WHERE message.id = :id""",
        id=message.id,
    )
    return {"contact": tuple(row[0:2]), "enrollment": tuple(row[2:4]), "sequence": tuple(row[4:6])}


def all_of(opens: int, clicks: int) -> dict[str, tuple[int, int]]:
    return dict.fromkeys(("contact", "enrollment", "sequence"), (opens, clicks))


async def events(scene: Scene, message: Row[Any]) -> list[str]:
    return await scene.column(
        "SELECT payload->>'kind' FROM outbox WHERE subject_id = :id AND topic = 'enrollment.event' ORDER BY id",
        id=message.enrollment_id,
    )


async def no_drift(scene: Scene) -> None:
    async with scene.sessions() as session:
        assert await statistics.drift(session, customer_id=scene.tenant.customer_id) == []


# --- links -------------------------------------------------------------------------------------------------------


async def test_a_link_is_stored_once_to_the_byte(scene: Scene) -> None:
    urls = ["https://x.example/?b=2&a=1#ö", "https://x.example/%7E", "https://x.example/" + "a" * 7000]
    async with scene.sessions.begin() as session:
        first = await tracking.link_ids(session, scene.tenant.customer_id, urls)
    further = await link(scene, "https://y.example/")
    async with scene.sessions.begin() as session:
        again = await tracking.link_ids(session, scene.tenant.customer_id, [*urls, "https://y.example/"])
        assert again == {**first, "https://y.example/": further}
        assert [await tracking.url_of(session, first[url]) for url in urls] == urls
        assert await tracking.url_of(session, 2**60) is None
        assert await tracking.link_ids(session, scene.tenant.customer_id, []) == {}


async def test_known_links_are_only_read(scene: Scene) -> None:
    id = await link(scene)
    async with scene.sessions.begin() as session:
        await session.execute(text("SET TRANSACTION READ ONLY"))
        assert await tracking.link_ids(session, scene.tenant.customer_id, ["https://x.example/"]) == {
            "https://x.example/": id
        }


async def test_customers_do_not_share_links(scene: Scene, other: Scene) -> None:
    assert await link(scene) != await link(other)


async def test_workers_that_store_the_same_links_at_once_agree(scene: Scene) -> None:
    urls = [f"https://x.example/{uuid4()}" for _ in range(20)]

    async def store(order: int) -> dict[str, int]:
        async with scene.sessions.begin() as session:
            return dict(await tracking.link_ids(session, scene.tenant.customer_id, urls[order:] + urls[:order]))

    known = await asyncio.gather(*(store(order) for order in range(10)))
    assert all(one == known[0] for one in known)
    assert set(known[0]) == set(urls)


# --- hits --------------------------------------------------------------------------------------------------------


async def test_hits_of_people_are_recorded_and_counted(scene: Scene) -> None:
    message, id = await a_send(scene), await link(scene)
    await record(scene, opened(message), clicked(message, id, LATER + SECOND))
    assert await activities(scene, message) == [("opened", "human", "mail_program"), ("clicked", "human", "browser")]
    assert await counts(scene, message) == all_of(1, 1)
    row = await scene.one(
        "SELECT * FROM contact_activities WHERE email_message_id = :id AND activity_type = 'email_clicked'",
        id=message.message_id,
    )
    assert row.metadata == {"reason": "browser", "method": "GET", "link_id": id, "url": "https://x.example/"}
    assert (str(row.ip_address), row.user_agent, row.occurred_at) == (HOME, CHROME, LATER + SECOND)
    assert (row.sequence_id, row.enrollment_id) == (message.sequence_id, message.enrollment_id)
    await no_drift(scene)


async def test_an_email_counts_once_and_an_enrollment_counts_every_hit(scene: Scene) -> None:
    message, id = await a_send(scene), await link(scene)
    await record(scene, *(opened(message, LATER + n * SECOND) for n in range(12)))
    await record(scene, *(clicked(message, id, LATER + n * SECOND) for n in range(3)))
    assert await counts(scene, message) == {"contact": (1, 1), "enrollment": (12, 3), "sequence": (1, 1)}
    await no_drift(scene)


async def test_hits_of_machines_are_recorded_and_not_counted(scene: Scene) -> None:
    message, id = await a_send(scene), await link(scene)
    await record(scene, opened(message, agent="Mozilla/5.0"), clicked(message, id, agent="curl/8", method="HEAD"))
    assert await activities(scene, message) == [("opened", "machine", "apple_mpp"), ("clicked", "machine", "head")]
    assert await counts(scene, message) == all_of(0, 0)
    await no_drift(scene)


async def test_a_persons_click_is_an_open_where_none_was_counted(scene: Scene) -> None:
    message, id = await a_send(scene), await link(scene)
    await record(scene, opened(message, agent="Mozilla/5.0"))
    await record(scene, clicked(message, id), clicked(message, id, LATER + 5 * SECOND))
    await record(scene, clicked(message, id, LATER + 9 * SECOND))
    implied = [one for one in await activities(scene, message) if one[2] == "click"]
    assert implied == [("opened", "human", "click")]
    assert await counts(scene, message) == {"contact": (1, 1), "enrollment": (1, 3), "sequence": (1, 1)}
    await no_drift(scene)


async def test_hits_of_a_send_that_is_gone_are_left_out(scene: Scene) -> None:
    message = await a_send(scene)
    gone = Hit(HitKind.OPEN, uuid4(), LATER, "GET", CHROME, HOME)
    await record(scene, gone, opened(message))
    await record(scene, gone)
    assert len(await activities(scene, message)) == 1


async def test_all_links_at_once_are_a_machines_however_they_come_in_batches(scene: Scene) -> None:
    message = await a_send(scene)
    one, two = await link(scene), await link(scene, "https://y.example/")
    await record(scene, clicked(message, one))
    assert await counts(scene, message) == all_of(1, 1)
    await record(scene, clicked(message, two, LATER + SECOND))
    assert await activities(scene, message) == [("clicked", "machine", "many_links")] * 2
    assert await counts(scene, message) == all_of(0, 0)
    row = await scene.one("SELECT opened_at, clicked_at FROM email_messages WHERE id = :id", id=message.id)
    assert tuple(row) == (None, None)
    await no_drift(scene)


async def test_the_honeypot_takes_back_the_clicks_of_the_minute_and_no_others(scene: Scene) -> None:
    message, other_email = await a_send(scene), await a_send(scene)
    id = await link(scene)
    before, just_before = clicked(message, id, LATER - 90 * SECOND), clicked(message, id, LATER - 30 * SECOND)
    elsewhere = clicked(other_email, id, LATER - 20 * SECOND)
    await record(scene, before, just_before, elsewhere)
    await record(scene, clicked(message, HONEYPOT), recent=(before, just_before, elsewhere))
    assert [one[1] for one in await activities(scene, message) if one[0] == "clicked"] == [
        "human",
        "machine",
        "machine",
    ]
    # The same client followed it in another email.
    assert await activities(scene, other_email) == [("clicked", "machine", "honeypot")]
    await no_drift(scene)


async def test_batches_of_the_same_emails_at_once_lose_nothing(scene: Scene) -> None:
    messages, id = [await a_send(scene) for _ in range(3)], await link(scene)

    async def one(n: int) -> None:
        for tries in range(5):
            try:
                await record(
                    scene, *(clicked(message, id, LATER + n * 5 * SECOND) for message in messages[:: 1 - n % 2 * 2])
                )
            except Exception:
                if tries == 4:
                    raise
            else:
                return

    await asyncio.gather(*(one(n) for n in range(8)))
    for message in messages:
        assert (await counts(scene, message))["enrollment"][1] == 8
        assert (await counts(scene, message))["contact"] == (1, 1)
    await no_drift(scene)


# --- workflows ---------------------------------------------------------------------------------------------------


async def test_a_workflow_that_may_wait_hears_of_the_first_open_and_click_that_count(scene: Scene) -> None:
    message, id = await a_send(scene, WAITS, email_step()), await link(scene)
    await record(scene, opened(message, agent="Mozilla/5.0"))
    assert await events(scene, message) == []
    await record(scene, opened(message))
    assert await events(scene, message) == ["email_opened"]
    await record(scene, opened(message), clicked(message, id), clicked(message, id))
    await record(scene, clicked(message, id))
    assert await events(scene, message) == ["email_opened", "email_clicked"]


async def test_a_workflow_that_waits_for_nothing_is_left_alone(scene: Scene) -> None:
    message = await a_send(scene, email_step())
    await record(scene, opened(message))
    assert await events(scene, message) == []


async def test_a_workflow_whose_conditions_include_machines_hears_of_them(scene: Scene) -> None:
    asked = {"field": "email_opened", "operator": "equals", "value": True, "include_machine": True}
    message = await a_send(scene, {**WAITS, "conditions": {"conditions": [asked]}})
    await record(scene, opened(message, agent="Mozilla/5.0"))
    assert await events(scene, message) == ["email_opened"]


# --- again -------------------------------------------------------------------------------------------------------


async def reclass(scene: Scene, since: datetime = NOW - DAY) -> tuple[int, int]:
    done = await reclassify_command.reclassify(scene.sessions, since=since, now=LATER)
    return done.seen, done.changed


async def set_agent(scene: Scene, message: Row[Any], agent: str) -> None:
    await scene.execute(
        "UPDATE contact_activities SET user_agent = :agent WHERE email_message_id = :id",
        agent=agent, id=message.message_id,
    )  # fmt: skip


@pytest.fixture
async def alone(scene: Scene) -> Scene:
    """Nobody else's hits: the command looks at those of all customers."""
    await scene.execute("DELETE FROM contact_activities")
    return scene


async def test_hits_are_classed_again_and_counted_again(alone: Scene) -> None:
    message, id = await a_send(alone), await link(alone)
    await record(alone, clicked(message, id))
    assert await reclass(alone) == (1, 0)
    await set_agent(alone, message, "curl/8")
    assert await reclass(alone) == (1, 1)
    assert await activities(alone, message) == [("clicked", "machine", "tool")]
    assert await counts(alone, message) == all_of(0, 0)
    await no_drift(alone)
    await set_agent(alone, message, CHROME)
    assert await reclass(alone) == (1, 1)
    assert await activities(alone, message) == [("opened", "human", "click"), ("clicked", "human", "browser")]
    assert await counts(alone, message) == all_of(1, 1)
    await no_drift(alone)
    assert await reclass(alone) == (1, 0)


async def test_hits_before_the_given_instant_and_what_clients_report_stay(alone: Scene) -> None:
    message, id = await a_send(alone), await link(alone)
    await record(alone, clicked(message, id, NOW + 10 * SECOND))
    await set_agent(alone, message, "curl/8")
    assert await reclass(alone, since=NOW + 11 * SECOND) == (0, 0)
    for metadata in ('{"reason": "x"}', '{"method": "x", "reason": "y", "link_id": "z"}', "null"):
        await alone.execute("UPDATE contact_activities SET metadata = CAST(:metadata AS jsonb)", metadata=metadata)
        assert await reclass(alone) == (0, 0)
    await alone.execute("UPDATE contact_activities SET activity_subtype = NULL")
    await record(alone, clicked(message, id, NOW + 11 * SECOND))
    assert (await activities(alone, message))[-1] == ("clicked", "human", "browser")


async def test_many_hits_are_classed_page_by_page(alone: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    message, id = await a_send(alone), await link(alone)
    await record(alone, *(clicked(message, id, LATER + n * 10 * SECOND) for n in range(25)))
    await set_agent(alone, message, "curl/8")
    page = hit_revisions.reclassify

    async def small(*given: Any, **named: Any) -> Any:
        return await page(*given, **named, limit=4)

    monkeypatch.setattr(hit_revisions, "reclassify", small)
    assert await reclass(alone) == (25, 25)
    assert await counts(alone, message) == all_of(0, 0)
