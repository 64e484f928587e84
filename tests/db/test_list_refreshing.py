"""Lists refreshed as a whole while others change, send and erase; counts that stand whatever comes together."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import (
    inbound,
    list_refreshing,
    lists,
)
from db.list_refreshing import Refreshed, refresh
from db.models import Contact
from tests.db.conftest import NOW, Scene
from tests.db.lists import (
    IN_TECHNOLOGY,
    add,
    counts,
    edit,
    erase,
    judge,
    members,
    new_list,
    queued,
    remove,
    rule,
    until_somebody_waits,
)
from tests.factories import email_step

# --- refreshed while others work ----------------------------------------------------------------------------------


class Stopped(Exception):
    """What a test stops a refresh with."""


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_refreshing, "CHUNK", 1)


async def test_a_refresh_that_is_cut_off_leaves_nothing_half_written(scene: Scene, small_chunks: None) -> None:
    for _ in range(3):
        await scene.contact(industry="technology")
    tech = await new_list(scene, IN_TECHNOLOGY)

    async def stop_after_one(session: AsyncSession, number: int) -> None:
        if number > 1:
            raise Stopped

    with pytest.raises(Stopped):
        await refresh(scene.sessions, tech, now=NOW, written=stop_after_one)
    assert await counts(scene, tech) == (1, 1)
    assert await refresh(scene.sessions, tech, now=NOW) == Refreshed(2, 0)
    assert await counts(scene, tech) == (3, 3)
    assert await scene.count("contact_list_changes") == 3


async def test_who_changes_while_a_list_is_refreshed_is_judged_by_it_afterwards_and_by_the_others_at_once(
    scene: Scene,
) -> None:
    ann = await scene.contact(industry="technology")
    tech, beas = await new_list(scene, IN_TECHNOLOGY), await new_list(scene, rule("first_name", "equals", "Bea"))
    await refresh(scene.sessions, tech, now=NOW)
    await refresh(scene.sessions, beas, now=NOW)
    async with scene.sessions.begin() as refreshing, asyncio.timeout(5):
        await list_refreshing.lock(refreshing, tech)
        await edit(scene, ann, industry="retail", first_name="Bea")
        await judge(scene)
        assert (await members(scene, tech), await members(scene, beas)) == ({ann.id}, {ann.id})
    await judge(scene)
    assert (await members(scene, tech), await members(scene, beas)) == (set(), {ann.id})
    assert (await counts(scene, tech), await queued(scene)) == ((0, 0), 0)


class Gates:
    """Stand in the first and in the second transaction of a refresh, while it holds all its locks."""

    def __init__(self) -> None:
        self.reached = [asyncio.Event(), asyncio.Event()]
        self.open = [asyncio.Event(), asyncio.Event()]

    async def pass_by(self, session: AsyncSession, number: int) -> None:
        if number <= len(self.open):
            self.reached[number - 1].set()
            await self.open[number - 1].wait()


async def test_a_refresh_under_way_keeps_nobody_from_sending_or_bouncing(scene: Scene, small_chunks: None) -> None:
    """Not even in the middle of a chunk is a send waited for; a change of status waits for the chunk, not for more."""
    people = await scene.contacts(3)
    ids = await scene.enroll(await scene.sequence(email_step("Hello"), email_step("Again")), *people)
    everybody, gates = await new_list(scene, rule("email", "is_not_empty")), Gates()
    refreshing = asyncio.create_task(refresh(scene.sessions, everybody, now=NOW, written=gates.pass_by))
    await gates.reached[0].wait()
    async with asyncio.timeout(5):
        messages = [await scene.sent(id) for id in ids]
        bouncing = asyncio.create_task(bounce(scene, messages[0]))
        await until_somebody_waits(scene)
        gates.open[0].set()
        await bouncing
    assert not refreshing.done()
    gates.open[1].set()
    assert await refreshing == Refreshed(3, 0)
    assert await counts(scene, everybody) == (3, 2)
    status = await scene.column("SELECT status FROM sequence_enrollments WHERE id = ANY(:ids)", ids=ids[1:])
    assert status == ["active", "active"]


async def bounce(scene: Scene, message: Row[Any]) -> None:
    async with scene.sessions.begin() as session:
        await inbound.record_bounce(session, message, hard=True, reason="550 5.1.1 no such user", now=NOW)


async def test_a_list_that_is_deleted_while_it_is_refreshed_is_gone(scene: Scene, small_chunks: None) -> None:
    for _ in range(2):
        await scene.contact(industry="technology")
    tech = await new_list(scene, IN_TECHNOLOGY)

    deleting: list[asyncio.Task[None]] = []

    async def delete(session: AsyncSession, number: int) -> None:
        if not deleting:
            deleting.append(asyncio.create_task(remove(scene, tech)))

    await refresh(scene.sessions, tech, now=NOW, written=delete)
    await deleting[0]
    assert (await members(scene, tech), await scene.count("contact_list_changes")) == (set(), 0)
    assert await refresh(scene.sessions, tech, now=NOW) is None
    assert await queued(scene) == 0


async def test_two_refreshes_of_a_list_at_once_are_one_after_the_other(scene: Scene) -> None:
    for _ in range(5):
        await scene.contact(industry="technology")
    tech = await new_list(scene, IN_TECHNOLOGY)
    done = await asyncio.gather(*(refresh(scene.sessions, tech, now=NOW) for _ in range(3)))
    assert sorted(one.joined for one in done if one) == [0, 0, 5]
    assert (await counts(scene, tech), await scene.count("contact_list_changes")) == ((5, 5), 5)


# --- counts -------------------------------------------------------------------------------------------------------


async def test_counts_stand_when_statuses_change_while_members_are_added(scene: Scene) -> None:
    trials = await new_list(scene)
    tech = await new_list(scene, IN_TECHNOLOGY)
    people = [await scene.contact(industry="technology") for _ in range(24)]

    async def joins(contact: Contact) -> None:
        await add(scene, trials, contact.id)

    async def is_withdrawn(contact: Contact) -> None:
        await edit(scene, contact, do_not_contact=True)

    await asyncio.gather(
        *(joins(one) for one in people),
        *(is_withdrawn(one) for one in people[::2]),
        refresh(scene.sessions, tech, now=NOW),
        *(judge(scene) for _ in range(2)),
    )
    await judge(scene)
    assert await counts(scene, trials) == (24, 12)
    assert await counts(scene, tech) == (24, 12)


async def test_a_member_whose_status_changes_before_the_commit_of_its_join_is_counted_right(scene: Scene) -> None:
    """The race by itself: the join has read the status when the change, which has not seen the join, commits."""
    trials, ann = await new_list(scene), await scene.contact()
    async with scene.sessions() as changing:
        await changing.execute(text("UPDATE contacts SET status = 'bounced' WHERE id = :id"), {"id": ann.id})
        adding = asyncio.create_task(add(scene, trials, ann.id))
        await lists.recount_of(changing, [ann.id])
        await until_somebody_waits(scene)
        await changing.commit()
    await adding
    assert await counts(scene, trials) == (1, 0)


async def test_counts_follow_who_is_erased(scene: Scene) -> None:
    trials, people = await new_list(scene), await scene.contacts(2)
    await add(scene, trials, *(one.id for one in people))
    await erase(scene, people[0].id)
    assert await counts(scene, trials) == (1, 1)
