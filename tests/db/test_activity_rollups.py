"""Rollups and deltas together count what the rows do at every moment; summaries read them and are exact."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random  # noqa: TID251 - the accidents of a test are not drawn from the engine's hashes
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from db import activity_rollups, activity_summaries
from db.activity_rollups import RollupDrift
from db.activity_summaries import GroupBy, Question
from domain.scheduling.zones import zone
from domain.tracking.intervals import Interval, edges
from domain.vocabulary import ActivityType
from tests.db.conftest import NOW, Scene
from tests.db.test_statistics import busy
from tests.factories import email_step

COLUMNS = {
    GroupBy.ACTIVITY_TYPE: "activity_type",
    GroupBy.SUBTYPE: "activity_subtype",
    GroupBy.SEQUENCE: "sequence_id",
    GroupBy.STEP: "sequence_step_id",
    GroupBy.MAILBOX: "email_account_id",
}
STORED = """SELECT coalesce(sum(number), 0) FROM (
  SELECT customer_id, number FROM activity_rollups_by_step
  UNION ALL SELECT customer_id, number FROM activity_deltas) AS x
  WHERE customer_id = :customer_id"""


async def insert(scene: Scene, number: int = 1, **columns: Any) -> UUID:
    """Activities of a new contact, all alike; answers its id."""
    contact = await scene.contact()
    values = {"activity_type": "email_opened", "occurred_at": NOW, **columns}
    names = ", ".join(values)
    given = ", ".join(f":{name}" for name in values)
    await scene.execute(
        f"INSERT INTO contact_activities (contact_id, customer_id, {names}) "
        f"SELECT :contact_id, :customer_id, {given} FROM generate_series(1, {number})",
        contact_id=contact.id,
        **values,
    )
    return contact.id


async def drift(scene: Scene) -> list[RollupDrift]:
    async with scene.sessions() as session:
        return await activity_rollups.drift(session, customer_id=scene.tenant.customer_id)


async def fold(scene: Scene, limit: int = 1000) -> int:
    total = 0
    while True:
        async with scene.sessions.begin() as session:
            folded = await activity_rollups.fold(session, limit=limit)
        total += folded
        if not folded:
            return total


async def stored(scene: Scene) -> int:
    (number,) = await scene.column(STORED)
    return int(number)


async def test_a_statement_of_any_size_leaves_one_delta_for_what_is_alike(scene: Scene) -> None:
    await insert(scene, 500)
    assert await scene.column("SELECT number FROM activity_deltas WHERE customer_id = :customer_id") == [500]


async def test_what_goes_changes_its_class_or_its_contact_is_followed(scene: Scene) -> None:
    contact_id = await insert(scene, 3)
    other = await scene.contact()
    await scene.execute(
        "UPDATE contact_activities SET activity_subtype = 'machine' WHERE contact_id = :id", id=contact_id
    )
    assert (await drift(scene), await stored(scene)) == ([], 3)
    await scene.execute(
        "UPDATE contact_activities SET contact_id = :other WHERE contact_id = :id", id=contact_id, other=other.id
    )
    assert (await drift(scene), await stored(scene)) == ([], 3)
    await scene.execute("DELETE FROM contacts WHERE id = :id", id=other.id)
    assert (await drift(scene), await stored(scene)) == ([], 0)


async def test_an_activity_that_moves_to_another_month_is_followed(scene: Scene) -> None:
    contact_id = await insert(scene, occurred_at=datetime(2026, 11, 1, tzinfo=UTC))
    moved = "UPDATE contact_activities SET occurred_at = occurred_at - interval '40 years' WHERE contact_id = :id"
    await scene.execute(moved, id=contact_id)
    assert (await drift(scene), await stored(scene)) == ([], 1)


async def test_a_fold_moves_the_deltas_into_both_rollups_and_changes_no_sum(scene: Scene) -> None:
    await insert(scene, 4, email_account_id=scene.mailbox.id)
    await insert(scene, 2, occurred_at=NOW + timedelta(minutes=15))
    assert await fold(scene, limit=1) >= 2
    assert await scene.count("activity_deltas") == 0
    for table in activity_rollups.ROLLUPS:
        counted = await scene.column(
            f"SELECT number FROM {table} WHERE customer_id = :customer_id ORDER BY quarter_hour"
        )
        assert counted == [4, 2]
    await insert(scene, 5, email_account_id=scene.mailbox.id)
    await fold(scene)
    assert (await drift(scene), await stored(scene)) == ([], 11)


async def test_two_processes_do_not_fold_at_once(scene: Scene) -> None:
    await insert(scene)
    async with scene.sessions.begin() as first, scene.sessions.begin() as second:
        assert await activity_rollups.fold(first) > 0
        assert await activity_rollups.fold(second) == 0


async def test_who_records_waits_for_nobody(scene: Scene) -> None:
    """Two transactions that count in the same quarter of an hour, while a third has folded and not committed."""
    sequence = await scene.sequence(email_step("One"))
    statement = text(
        """INSERT INTO contact_activities (contact_id, customer_id, activity_type, sequence_id, occurred_at)
           VALUES (:contact_id, :customer_id, 'email_sent', :sequence_id, :now)"""
    )
    people = await scene.contacts(2)
    async with scene.sessions.begin() as keeper, scene.sessions.begin() as first, scene.sessions.begin() as second:
        await activity_rollups.fold(keeper)
        for session, contact in zip((first, second), people, strict=True):
            values = {"contact_id": contact.id, "customer_id": scene.tenant.customer_id, "sequence_id": sequence.id}
            await asyncio.wait_for(session.execute(statement, values | {"now": NOW}), 5)
    assert await drift(scene) == []


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_happens_at_once_the_rollups_equal_a_recount(scene: Scene, seed: int) -> None:
    async def keep() -> None:
        while True:
            await fold(scene, limit=7)
            assert await drift(scene) == []
            await asyncio.sleep(0.05)

    keeper = asyncio.create_task(keep())
    await busy(scene, seed + 10, 25)
    assert not keeper.done()
    keeper.cancel()
    reclassed = "UPDATE contact_activities SET activity_subtype = 'machine' WHERE activity_type = 'email_clicked'"
    await scene.execute(f"{reclassed} AND customer_id = :customer_id")
    assert await drift(scene) == []
    await fold(scene)
    assert await drift(scene) == []


async def test_what_has_drifted_is_named_and_mended(scene: Scene) -> None:
    await insert(scene, 3)
    await fold(scene)
    await scene.execute("UPDATE activity_rollups_by_step SET number = 5 WHERE customer_id = :customer_id")
    [one] = await drift(scene)
    assert (one.table, one.stored, one.counted) == ("activity_rollups_by_step", 5, 3)
    await insert(scene, 2)
    async with scene.sessions.begin() as session:
        await activity_rollups.mend(session, customer_id=scene.tenant.customer_id)
    assert (await drift(scene), await stored(scene)) == ([], 5)


# --- summaries -----------------------------------------------------------------------------------------------------


async def fill(scene: Scene, random: Random) -> tuple[UUID, UUID]:
    """Two hundred activities of three days, of all kinds; answers a sequence and a contact."""
    sequences = [await scene.sequence(email_step("One")) for _ in range(2)]
    contacts = await scene.contacts(3)
    for _ in range(200):
        sequence = random.choice([*sequences, None])
        steps = await scene.column(
            "SELECT id FROM sequence_steps WHERE sequence_id = :id", id=sequence.id if sequence else None
        )
        await scene.execute(
            """INSERT INTO contact_activities (contact_id, customer_id, activity_type, activity_subtype, sequence_id,
                 sequence_step_id, email_account_id, occurred_at)
               VALUES (:contact_id, :customer_id, :kind, :subtype, :sequence_id, :step_id, :mailbox_id, :at)""",
            contact_id=random.choice(contacts).id,
            kind=random.choice([ActivityType.EMAIL_SENT, ActivityType.EMAIL_OPENED, ActivityType.EMAIL_CLICKED]),
            subtype=random.choice(["human", "machine", None]),
            sequence_id=sequence.id if sequence else None,
            step_id=steps[0] if steps else None,
            mailbox_id=random.choice([scene.mailbox.id, None]),
            at=NOW + timedelta(seconds=random.randint(0, 3 * 86_400)),
        )
        if random.random() < 0.01:
            await fold(scene, limit=30)
    return sequences[0].id, contacts[0].id


async def counted_from_rows(scene: Scene, question: Question) -> Counter[Any]:
    rows = await scene.column(
        """SELECT to_jsonb(x) FROM contact_activities AS x
           WHERE customer_id = :customer_id AND occurred_at >= :since AND occurred_at < :until""",
        since=question.edges[0],
        until=question.until,
    )
    counts: Counter[Any] = Counter()
    for row in rows:
        place = max(i for i, edge in enumerate(question.edges) if edge <= datetime.fromisoformat(row["occurred_at"]))
        of_contact = question.contact_id is None or str(question.contact_id) == row["contact_id"]
        of_sequence = question.sequence_id is None or str(question.sequence_id) == row["sequence_id"]
        if of_contact and of_sequence:
            counts[place, row["activity_type"], row[COLUMNS[question.group_by]] if question.group_by else None] += 1
    return counts


@pytest.mark.parametrize("name", ["UTC", "Asia/Kathmandu", "America/St_Johns", "Africa/Monrovia"])
async def test_a_summary_of_any_time_zone_and_group_is_what_the_rows_say(scene: Scene, name: str) -> None:
    random, place = Random(name), zone(name)
    assert place is not None
    sequence_id, contact_id = await fill(scene, random)
    for number in range(60):
        since = NOW + timedelta(seconds=random.randint(-3600, 3 * 86_400))
        if number % 3 == 0:
            since = activity_rollups.quarter_hour(since)
        until = since + timedelta(seconds=random.choice([60, 1000, 86_400, 300_000]))
        interval = random.choice([Interval.HOUR, Interval.DAY, None])
        question = Question(
            customer_id=scene.tenant.customer_id,
            edges=list(edges(since, until, interval, place)) if interval else [since],
            until=until,
            group_by=random.choice([*GroupBy, None]),
            sequence_id=random.choice([sequence_id, None, None]),
            contact_id=random.choice([contact_id, None, None]),
        )
        async with scene.sessions() as session:
            rows = await activity_summaries.counts(session, question, limit=10_000)
        found = {(row.place, row.activity_type, row.key): row.number for row in rows}
        assert found == await counted_from_rows(scene, question)
