"""Filters in SQL: the same contacts as in Python, groups, zones, lists, sequences, activities, and whose they are."""

import sys
import unicodedata
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from sqlalchemy import ClauseElement, Executable, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.ext.compiler import compiles

from db import filters
from db.filters import matching, reference_problems
from db.models import Contact, ContactActivity, ContactList, ContactListMembership
from domain.errors import Invalid
from domain.filtering.filter_fields import FIELDS, FieldKind
from domain.vocabulary import ActivityType, Industry, TimezoneSource
from tests.db.conftest import NOW, Scene
from tests.db.filter_facts import Arena
from tests.db.filter_scenes import all_of, finds, leaf
from tests.db.filter_worlds import World, worlds

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


@pytest_asyncio.fixture(scope="module")
async def arena(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[Arena]:
    yield await Arena.open(sessions)


@settings(max_examples=15, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(world=worlds())
async def test_sql_and_python_find_the_same_contacts(arena: Arena, world: World) -> None:
    assert await arena.differences(world) == []


async def test_text_is_folded_alike_in_every_letter(sessions: async_sessionmaker[AsyncSession]) -> None:
    letters = [code for code in range(1, sys.maxunicode + 1) if unicodedata.category(chr(code)) not in {"Cn", "Cs"}]
    folded = text('SELECT casefold(chr(code) COLLATE "pg_unicode_fast") FROM unnest(CAST(:codes AS integer[])) AS code')
    async with sessions() as session:
        assert list(await session.scalars(folded, {"codes": letters})) == [chr(code).casefold() for code in letters]


async def test_today_is_the_contacts_own_day_where_its_zone_is_known(scene: Scene) -> None:
    """At 23:30 UTC it is tomorrow in Madrid, which is the workspace's zone, and still today in New York."""
    now = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    seen = datetime(2026, 11, 23, 20, tzinfo=UTC)
    known, unknown = TimezoneSource.GIVEN, TimezoneSource.UNKNOWN
    ids = [
        (await scene.contact(last_seen_at=seen, timezone=name, timezone_source=source)).id
        for name, source in (
            ("America/New_York", known),
            ("Europe/Paris", known),
            ("America/New_York", unknown),
            ("Mars/Base", known),
        )
    ]
    today, yesterday = (leaf("last_seen_at", "equals", day, timezone="contact") for day in ("today", "yesterday"))
    assert await finds(scene, today, now=now, timezone="Europe/Madrid") == {ids[0]}
    assert await finds(scene, yesterday, now=now, timezone="Europe/Madrid") == set(ids[1:])
    workspace = leaf("last_seen_at", "equals", "yesterday")
    assert await finds(scene, workspace, now=now, timezone="Europe/Madrid") == set(ids)
    named = leaf("last_seen_at", "equals", "today", timezone="America/New_York")
    assert await finds(scene, named, now=now, timezone="Europe/Madrid") == set(ids)


async def test_groups_nest_and_deny(scene: Scene) -> None:
    tech = (await scene.contact(industry=Industry.TECHNOLOGY)).id
    health = (await scene.contact(industry=Industry.HEALTHCARE, job_title="Doctor")).id
    nothing = (await scene.contact()).id
    is_tech, doctor = leaf("industry", "equals", "technology"), leaf("job_title", "equals", "doctor")
    either = {"operator": "OR", "conditions": [is_tech, doctor]}
    assert await finds(scene, either) == {tech, health}
    assert await finds(scene, {"operator": "NOT", "conditions": [either]}) == {nothing}
    assert await finds(scene, {"operator": "NOT", "conditions": [all_of(is_tech, doctor)]}) == {tech, health, nothing}


async def test_lists_and_sequences_are_asked_by_their_ids(scene: Scene) -> None:
    inside, outside = await scene.contact(), await scene.contact()
    async with scene.sessions.begin() as session:
        own = {"customer_id": scene.tenant.customer_id}
        made = ContactList(workspace_id=scene.tenant.workspace_id, created_by=scene.tenant.user_id, name="A", **own)
        session.add(made)
        await session.flush()
        session.add(ContactListMembership(contact_id=inside.id, list_id=made.id, **own))
    sequence = await scene.sequence({"step_type": "task", "task_title": "Look"})
    (enrollment,) = await scene.enroll(sequence, inside)
    for name, id in (("list_ids", made.id), ("sequence_ids", sequence.id), ("active_sequence_ids", sequence.id)):
        assert await finds(scene, leaf(name, "equals", str(id))) == {inside.id}
        assert await finds(scene, leaf(name, "in", [str(id), str(uuid4())])) == {inside.id}
        assert await finds(scene, leaf(name, "not_equals", str(id))) == {outside.id}
        assert await finds(scene, leaf(name, "is_empty")) == {outside.id}
        assert await finds(scene, leaf(name, "is_not_empty")) == {inside.id}
    await scene.execute("UPDATE sequence_enrollments SET status = 'completed' WHERE id = :id", id=enrollment)
    assert await finds(scene, leaf("active_sequence_ids", "is_empty")) == {inside.id, outside.id}
    assert await finds(scene, leaf("sequence_ids", "equals", str(sequence.id))) == {inside.id}


async def test_activities_are_asked_by_type_and_time_and_machines_do_not_count(scene: Scene) -> None:
    person, robot, never = await scene.contact(), await scene.contact(), await scene.contact()
    async with scene.sessions.begin() as session:
        events = [(person, "human", 5), (person, None, 40), (robot, "machine", 5)]
        await session.execute(
            insert(ContactActivity),
            [
                {
                    "contact_id": contact.id,
                    "customer_id": scene.tenant.customer_id,
                    "activity_type": ActivityType.EMAIL_OPENED,
                    "activity_subtype": subtype,
                    "occurred_at": NOW - days * DAY,
                }
                for contact, subtype, days in events
            ],
        )
    opened, count = "activities.email_opened", "activity_counts.email_opened"
    machines = {"include_machine": True}
    assert await finds(scene, leaf(opened, "date_relative", "last 30 days")) == {person.id}
    assert await finds(scene, leaf(opened, "date_relative", "last 30 days", **machines)) == {person.id, robot.id}
    assert await finds(scene, leaf(opened, "less_than", "30 days ago")) == {person.id}
    assert await finds(scene, leaf(opened, "is_empty")) == {robot.id, never.id}
    assert await finds(scene, leaf(opened, "is_not_empty", **machines)) == {person.id, robot.id}
    assert await finds(scene, leaf(count, "equals", 2)) == {person.id}
    assert await finds(scene, leaf(count, "equals", 1, within="last 30 days")) == {person.id}
    assert await finds(scene, leaf(count, "less_than", 1, **machines)) == {never.id}


async def test_ids_that_rules_name_must_be_the_customers_own(scene: Scene, other: Scene) -> None:
    mine, theirs = await scene.sequence(), await other.sequence()
    rules = all_of(
        leaf("sequence_ids", "in", [str(mine.id), str(theirs.id)]),
        {"operator": "NOT", "conditions": [leaf("list_ids", "equals", str(uuid4()))]},
        leaf("created_by", "equals", str(other.tenant.user_id)),
        leaf("workspace_id", "equals", str(scene.tenant.workspace_id)),
        leaf("list_ids", "is_empty"),
    )
    async with scene.sessions() as session:
        wrong = await reference_problems(session, rules, customer_id=scene.tenant.customer_id)
    assert {(one.pointer, one.code) for one in wrong} == {
        ("/conditions/0/value/1", "reference.not_found"),
        ("/conditions/1/conditions/0/value", "reference.not_found"),
        ("/conditions/2/value", "reference.not_found"),
    }


async def test_what_belongs_to_another_customer_does_not_count(scene: Scene, other: Scene) -> None:
    """Even a row that says it is the other customer's and names this one's contact."""
    contact = await scene.contact()
    async with scene.sessions.begin() as session:
        foreign = {"customer_id": other.tenant.customer_id, "contact_id": contact.id}
        session.add(ContactActivity(activity_type=ActivityType.EMAIL_SENT, occurred_at=NOW, **foreign))
    rules = all_of(leaf("activities.email_sent", "is_not_empty"))
    condition = matching(rules, customer_id=scene.tenant.customer_id, now=NOW, timezone="UTC")
    async with scene.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Contact).where(condition)) == 0


def test_wrong_rules_never_reach_sql() -> None:
    rules = all_of(leaf("email; DROP TABLE contacts", "equals", "x"))
    with pytest.raises(Invalid) as refused:
        matching(rules, customer_id=uuid4(), now=NOW, timezone="UTC")
    assert [one.pointer for one in refused.value.fields] == ["/conditions/0/field"]


async def test_the_rule_of_the_data_model_compares_columns_as_plainly_as_by_hand(scene: Scene) -> None:
    rules = all_of(
        leaf("industry", "equals", "technology"),
        leaf("company_size", "in", ["51-200", "201-500", "501-1000"]),
        leaf("last_opened_at", "greater_than", "30 days ago"),
        leaf("open_rate", "greater_than", 25),
    )
    condition = matching(rules, customer_id=scene.tenant.customer_id, now=NOW, timezone="UTC")
    by_hand = text(
        """SELECT id FROM contacts
           WHERE industry = 'technology' AND company_size IN ('51-200', '201-500', '501-1000')
             AND last_opened_at > TIMESTAMPTZ '2026-10-24 09:00+00' AND open_rate > 25"""
    )
    async with scene.sessions() as session:
        ours, theirs = await _plan(session, select(Contact.id).where(condition)), await _plan(session, by_hand)
    assert ours == theirs


async def _plan(session: AsyncSession, statement: Executable) -> list[str]:
    """How Postgres would run the statement."""
    return list((await session.execute(_Explain(statement))).scalars())


class _Explain(Executable, ClauseElement):
    """``EXPLAIN`` of a statement with its bound values."""

    inherit_cache = False

    def __init__(self, statement: Executable) -> None:
        self.statement = statement


@compiles(_Explain)
def _compile(explain: _Explain, compiler: Any, **how: Any) -> str:
    return f"EXPLAIN (COSTS OFF) {compiler.process(explain.statement, **how)}"


def test_every_kind_of_reference_is_asked_for() -> None:
    named = {one.name for one in FIELDS.values() if one.kind in {FieldKind.ID, FieldKind.MEMBERSHIP}}
    assert named == {"id", *filters._REFERENCES}
