"""Dynamic lists on a real database: judged when something changes, refreshed as a whole, never miscounted."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from db import (
    enrollments,
    list_queue,
    list_refreshing,
    lists,
)
from db.list_refreshing import Refreshed, refresh
from domain.errors import Conflict, Invalid
from tests.db.conftest import DAY, NOW, Scene
from tests.db.lists import (
    IN_TECHNOLOGY,
    add,
    change,
    counts,
    edit,
    erase,
    judge,
    members,
    new_list,
    queued,
    remove,
    rule,
)
from tests.factories import email_step

QUEUED = "SELECT DISTINCT contact_id FROM contact_list_queue WHERE customer_id = :customer_id"


# --- judged by change ---------------------------------------------------------------------------------------------


async def test_a_contact_joins_and_leaves_as_it_changes(scene: Scene) -> None:
    tech = await new_list(scene, IN_TECHNOLOGY)
    await refresh(scene.sessions, tech, now=NOW)
    ann = await scene.contact(industry="technology")
    bob = await scene.contact(industry="retail")
    await judge(scene)
    assert (await members(scene, tech), await counts(scene, tech)) == ({ann.id}, (1, 1))
    await edit(scene, ann, industry="retail")
    await edit(scene, bob, industry="technology")
    await judge(scene)
    assert (await members(scene, tech), await counts(scene, tech)) == ({bob.id}, (1, 1))
    history = await scene.column(
        "SELECT joined FROM contact_list_changes WHERE contact_id = :id ORDER BY changed_at, id", id=ann.id
    )
    assert history == [True, False]
    assert await queued(scene) == 0


async def test_a_new_list_is_filled_and_a_list_with_other_rules_filled_anew(scene: Scene) -> None:
    ann = await scene.contact(industry="technology")
    bob = await scene.contact(industry="retail")
    tech = await new_list(scene, IN_TECHNOLOGY)
    assert await refresh(scene.sessions, tech, now=NOW) == Refreshed(1, 0)
    assert await members(scene, tech) == {ann.id}
    await change(scene, tech, filter_rules=rule("industry", "equals", "retail"))
    async with scene.sessions() as session:
        assert tech in [one.list_id for one in await list_queue.stale(session)]
    assert await refresh(scene.sessions, tech, now=NOW + DAY) == Refreshed(1, 1)
    assert (await members(scene, tech), await counts(scene, tech)) == ({bob.id}, (1, 1))
    row = await scene.one("SELECT last_refreshed_at FROM contact_lists WHERE id = :id", id=tech)
    assert (row.last_refreshed_at, await queued(scene)) == (NOW + DAY, 0)


async def test_a_contact_that_changes_nothing_for_a_list_leaves_no_trace_there(scene: Scene) -> None:
    tech = await new_list(scene, IN_TECHNOLOGY)
    ann = await scene.contact(industry="technology")
    await judge(scene)
    await edit(scene, ann, first_name="Ann")
    await judge(scene)
    assert await scene.count("contact_list_changes") == 1
    assert await refresh(scene.sessions, tech, now=NOW) == Refreshed(0, 0)


async def test_another_customers_contacts_never_join(scene: Scene, other: Scene) -> None:
    tech = await new_list(scene, IN_TECHNOLOGY)
    theirs = await new_list(other, IN_TECHNOLOGY)
    stranger = await other.contact(industry="technology")
    await judge(scene)
    await judge(other)
    await refresh(scene.sessions, tech, now=NOW)
    assert await members(scene, tech) == set()
    assert await members(other, theirs) == {stranger.id}


async def test_rules_about_activities_follow_activities(scene: Scene) -> None:
    openers = await new_list(scene, rule("activities.email_opened", "date_relative", "last 30 days"))
    ann = await scene.contact()
    await judge(scene)
    await scene.execute(
        """INSERT INTO contact_activities (contact_id, customer_id, activity_type, activity_subtype, occurred_at)
           VALUES (:id, :customer_id, 'email_opened', 'human', :at)""", id=ann.id, at=NOW - DAY,
    )  # fmt: skip
    await judge(scene)
    assert await members(scene, openers) == {ann.id}
    # A hit that proves to be a machine's counts no more.
    await scene.execute("UPDATE contact_activities SET activity_subtype = 'machine' WHERE contact_id = :id", id=ann.id)
    await judge(scene)
    assert await members(scene, openers) == set()


async def test_date_relative_rules_choose_others_as_time_goes_by(scene: Scene) -> None:
    recent = await new_list(scene, rule("activities.email_opened", "date_relative", "last 30 days"), auto_refresh=True)
    ann = await scene.contact()
    await scene.execute(
        """INSERT INTO contact_activities (contact_id, customer_id, activity_type, occurred_at)
           VALUES (:id, :customer_id, 'email_opened', :at)""", id=ann.id, at=NOW - DAY,
    )  # fmt: skip
    await judge(scene)
    assert await members(scene, recent) == {ann.id}
    async with scene.sessions() as session:
        assert recent in await list_refreshing.due(session, before=NOW)
    await refresh(scene.sessions, recent, now=NOW + 40 * DAY)
    assert (await members(scene, recent), await counts(scene, recent)) == (set(), (0, 0))
    async with scene.sessions() as session:
        assert recent not in await list_refreshing.due(session, before=NOW + 40 * DAY)


async def test_rules_about_sequences_follow_enrollments(scene: Scene) -> None:
    idle = await new_list(scene, rule("active_sequence_ids", "is_empty"))
    sequence, ann = await scene.sequence(email_step("Hello")), await scene.contact()
    await judge(scene)
    assert await members(scene, idle) == {ann.id}
    (enrollment,) = await scene.enroll(sequence, ann)
    await judge(scene)
    assert await members(scene, idle) == set()
    async with scene.sessions.begin() as session:
        await enrollments.stop(session, enrollment_id=enrollment, now=NOW)
    await judge(scene)
    assert await members(scene, idle) == {ann.id}


async def test_a_list_follows_the_lists_that_its_rules_speak_of(scene: Scene) -> None:
    tech = await new_list(scene, IN_TECHNOLOGY)
    trials = await new_list(scene)
    both = await new_list(
        scene, {"conditions": [rule("list_ids", "in", [str(tech)])["conditions"][0],
                               rule("list_ids", "in", [str(trials)])["conditions"][0]]},
    )  # fmt: skip
    ann = await scene.contact(industry="technology")
    await judge(scene)
    assert await members(scene, both) == set()
    await add(scene, trials, ann.id)
    await judge(scene)
    assert await members(scene, both) == {ann.id}
    await edit(scene, ann, industry="retail")
    await judge(scene)
    assert (await members(scene, both), await scene.column(QUEUED)) == (set(), [None])


async def test_rules_that_come_back_to_their_own_list_are_pointed_at(scene: Scene) -> None:
    first = await new_list(scene, IN_TECHNOLOGY)
    second = await new_list(scene, rule("list_ids", "in", [str(first)]))
    third = await new_list(scene, rule("list_ids", "equals", str(second)))
    for named in (first, second, third):
        with pytest.raises(Invalid) as refused:
            await change(scene, first, filter_rules=rule("list_ids", "not_in", [str(named)]))
        assert [(one.pointer, one.code) for one in refused.value.fields] == [
            ("/filter_rules/conditions/0", "list.cycle")
        ]
    await change(scene, third, filter_rules=rule("list_ids", "in", [str(first)]))


async def test_rules_speak_of_the_customers_own_lists_alone(scene: Scene, other: Scene) -> None:
    theirs = await new_list(other)
    for id in (theirs, uuid4()):
        with pytest.raises(Invalid) as refused:
            await new_list(scene, rule("list_ids", "in", [str(id)]))
        assert [one.pointer for one in refused.value.fields] == ["/filter_rules/conditions/0/value/0"]


async def test_a_list_of_which_others_speak_is_not_deleted(scene: Scene) -> None:
    tech = await new_list(scene, IN_TECHNOLOGY)
    await new_list(scene, rule("list_ids", "not_in", [str(tech)]))
    async with scene.sessions.begin() as session:
        with pytest.raises(Conflict, match="speak of this one"):
            await lists.remove(session, customer_id=scene.tenant.customer_id, list_id=tech)


# --- the queue ----------------------------------------------------------------------------------------------------


async def test_nothing_is_queued_where_no_list_depends_on_it(scene: Scene) -> None:
    ann = await scene.contact()
    await new_list(scene)
    await edit(scene, ann, first_name="Ann")
    assert await queued(scene) == 0
    tech = await new_list(scene, IN_TECHNOLOGY)
    await refresh(scene.sessions, tech, now=NOW)
    await scene.execute("DELETE FROM contact_list_queue WHERE customer_id = :customer_id")
    (enrollment,) = await scene.enroll(await scene.sequence(email_step("Hello")), ann)
    assert await scene.column(QUEUED) == []
    assert await scene.sent(enrollment)
    # The counts of the contact have changed, and rules may ask for them.
    assert await scene.column(QUEUED) == [ann.id]


async def test_a_mass_of_changes_becomes_a_refresh_of_every_list(scene: Scene) -> None:
    tech = await new_list(scene, IN_TECHNOLOGY)
    await refresh(scene.sessions, tech, now=NOW)
    await scene.execute(
        f"""INSERT INTO contacts (customer_id, workspace_id, email, industry)
            SELECT :customer_id, :workspace_id, n || '@mass.example', 'technology'
            FROM generate_series(0, {list_queue.MASS}) AS n""", workspace_id=scene.tenant.workspace_id,
    )  # fmt: skip
    assert await scene.column(QUEUED) == [None]
    await judge(scene)
    assert await scene.column("SELECT list_id FROM contact_list_queue WHERE customer_id = :customer_id") == [tech]
    assert await refresh(scene.sessions, tech, now=NOW) == Refreshed(list_queue.MASS + 1, 0)
    assert await counts(scene, tech) == (list_queue.MASS + 1, list_queue.MASS + 1)


async def test_who_is_erased_while_queued_is_passed_over(scene: Scene) -> None:
    tech = await new_list(scene, IN_TECHNOLOGY)
    ann = await scene.contact(industry="technology")
    await erase(scene, ann.id)
    await judge(scene)
    assert (await members(scene, tech), await counts(scene, tech), await queued(scene)) == (set(), (0, 0), 1)


async def test_what_waits_for_a_list_that_is_deleted_waits_no_longer(scene: Scene) -> None:
    tech = await new_list(scene, IN_TECHNOLOGY)
    await refresh(scene.sessions, tech, now=NOW)
    async with scene.sessions.begin() as refreshing:
        await list_refreshing.lock(refreshing, tech)
        await scene.contact(industry="technology")
        await judge(scene)
    await remove(scene, tech)
    await judge(scene)
    assert await queued(scene) == 0


async def test_a_contact_that_was_being_written_when_a_list_was_made_joins_it(scene: Scene) -> None:
    async with scene.sessions() as writing:
        await writing.execute(
            text(
                """INSERT INTO contacts (customer_id, workspace_id, email, industry)
                   VALUES (:customer_id, :workspace_id, 'late@x.example', 'technology')"""
            ),
            {"customer_id": scene.tenant.customer_id, "workspace_id": scene.tenant.workspace_id},
        )
        tech = await new_list(scene, IN_TECHNOLOGY)
        assert await refresh(scene.sessions, tech, now=NOW) == Refreshed(0, 0)
        async with scene.sessions() as session:
            assert tech not in [one.list_id for one in await list_queue.stale(session)]
        await writing.commit()
    async with scene.sessions() as session:
        assert tech in [one.list_id for one in await list_queue.stale(session)]
    assert await refresh(scene.sessions, tech, now=NOW) == Refreshed(1, 0)
    assert await queued(scene) == 0
