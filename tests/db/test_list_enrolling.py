"""Who joins a list that has a sequence is enrolled there: once, and only who joins from then on."""

from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from db import list_enrolling, lists
from db.list_refreshing import refresh
from domain.vocabulary import ListType, MembershipSource
from tests.db.conftest import NOW, Scene
from tests.db.lists import IN_TECHNOLOGY, add, change, edit, judge, members, new_list
from tests.factories import email_step


async def enroll_waiting(scene: Scene, now: datetime = NOW) -> int:
    """Enroll until nobody of the customer's waits; answers how many did."""
    total = 0
    while True:
        async with scene.sessions.begin() as session:
            mine = [one for one in await list_enrolling.waiting(session) if one.customer_id == scene.tenant.customer_id]
            if not mine:
                return total
            total += await list_enrolling.enroll_next(session, mine[0], now=now)


async def enrolled(scene: Scene, sequence_id: UUID) -> set[UUID]:
    statement = "SELECT contact_id FROM sequence_enrollments WHERE sequence_id = :id"
    return set(await scene.column(statement, id=sequence_id))


async def test_who_joins_is_enrolled_by_automation_and_who_was_there_is_not(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    old = await scene.contact(industry="technology")
    tech = await new_list(scene, IN_TECHNOLOGY)
    await refresh(scene.sessions, tech, now=NOW)
    await change(scene, tech, enroll_sequence_id=sequence.id)
    new = await scene.contact(industry="technology")
    await judge(scene)
    assert await enroll_waiting(scene) == 1
    assert await members(scene, tech) == {old.id, new.id}
    assert await enrolled(scene, sequence.id) == {new.id}
    row = await scene.one("SELECT * FROM sequence_enrollments WHERE sequence_id = :id", id=sequence.id)
    assert (row.enrollment_source, row.enrolled_by, row.status) == ("automation", None, "active")


async def test_who_comes_back_is_not_enrolled_twice(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    tech = await new_list(scene, IN_TECHNOLOGY, enroll_sequence_id=sequence.id)
    ann = await scene.contact(industry="technology")
    await judge(scene)
    assert await enroll_waiting(scene) == 1
    for industry in ("retail", "technology"):
        await edit(scene, ann, industry=industry)
        await judge(scene)
    assert await members(scene, tech) == {ann.id}
    assert await enroll_waiting(scene) == 1
    assert await scene.count("sequence_enrollments") == 1


async def test_who_leaves_before_is_not_enrolled(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    await new_list(scene, IN_TECHNOLOGY, enroll_sequence_id=sequence.id)
    ann = await scene.contact(industry="technology")
    await judge(scene)
    await edit(scene, ann, industry="retail")
    await judge(scene)
    assert (await enroll_waiting(scene), await enrolled(scene, sequence.id)) == (0, set())


async def test_who_may_not_be_mailed_is_a_member_and_is_not_enrolled(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    tech = await new_list(scene, IN_TECHNOLOGY, enroll_sequence_id=sequence.id)
    ann = await scene.contact(industry="technology", email="ann@never.example")
    await scene.suppress("ann@never.example")
    await judge(scene)
    assert await enroll_waiting(scene) == 1
    assert (await members(scene, tech), await enrolled(scene, sequence.id)) == ({ann.id}, set())


async def test_members_wait_until_the_sequence_takes_contacts(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"), status="draft")
    trials = await new_list(scene, enroll_sequence_id=sequence.id)
    ann = await scene.contact()
    await add(scene, trials, ann.id)
    assert await enroll_waiting(scene) == 0
    await scene.execute("UPDATE sequences SET status = 'active' WHERE id = :id", id=sequence.id)
    assert await enroll_waiting(scene) == 1
    assert await enrolled(scene, sequence.id) == {ann.id}


async def test_another_sequence_takes_only_who_joins_after_it_was_set(scene: Scene) -> None:
    first, second = await scene.sequence(email_step("Hello")), await scene.sequence(email_step("Welcome"))
    trials = await new_list(scene, enroll_sequence_id=first.id)
    ann, bob = await scene.contacts(2)
    await add(scene, trials, ann.id)
    await change(scene, trials, enroll_sequence_id=second.id)
    await add(scene, trials, bob.id)
    assert await enroll_waiting(scene) == 1
    assert (await enrolled(scene, first.id), await enrolled(scene, second.id)) == (set(), {bob.id})


async def test_what_is_cut_off_is_done_by_the_next(scene: Scene) -> None:
    """An enrollment and the mark that it was made are one transaction."""
    sequence = await scene.sequence(email_step("Hello"))
    trials = await new_list(scene, enroll_sequence_id=sequence.id)
    ann = await scene.contact()
    await add(scene, trials, ann.id)
    async with scene.sessions() as session:
        [waiting] = [one for one in await list_enrolling.waiting(session) if one.id == trials]
        assert await list_enrolling.enroll_next(session, waiting, now=NOW) == 1
        await session.rollback()
    assert await enrolled(scene, sequence.id) == set()
    assert await enroll_waiting(scene) == 1
    assert await enrolled(scene, sequence.id) == {ann.id}


@pytest.mark.parametrize("joins", ["before", "after"])
async def test_a_member_of_a_suppression_list_is_not_mailed(scene: Scene, joins: str) -> None:
    """Asked at the claim of each send, whenever the contact joined."""
    never = await new_list(scene, type=ListType.SUPPRESSION)
    ann = await scene.contact()
    if joins == "before":
        await add(scene, never, ann.id)
        [verdict] = await scene.verdicts(await scene.sequence(email_step("Hello")), ann.id)
        assert verdict.verdict == "suppressed"
        return
    (enrollment,) = await scene.enroll(await scene.sequence(email_step("Hello")), ann)
    await add(scene, never, ann.id)
    assert not await scene.claim(enrollment)
    async with scene.sessions.begin() as session:
        await remove(scene, session, never, ann.id)
    assert await scene.claim(enrollment)


async def remove(scene: Scene, session: AsyncSession, list_id: UUID, contact_id: UUID) -> None:
    tenant = scene.tenant
    await lists.remove_contacts(
        session, customer_id=tenant.customer_id, list_id=list_id, contact_ids=[contact_id], user_id=tenant.user_id,
        source=MembershipSource.API, now=NOW,
    )  # fmt: skip


async def test_a_sequence_that_is_gone_leaves_the_list(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    trials = await new_list(scene, enroll_sequence_id=sequence.id)
    async with scene.sessions.begin() as session:
        await session.execute(text("DELETE FROM sequences WHERE id = :id"), {"id": sequence.id})
    assert (await scene.one("SELECT * FROM contact_lists WHERE id = :id", id=trials)).enroll_sequence_id is None
