"""The outbox: letters in the order of each subject, kept until they are told."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from db import outbox
from db.outbox import PLANNING, Letter, Topic
from tests.db.conftest import Scene

SECOND = timedelta(seconds=1)


@pytest_asyncio.fixture
async def now(scene: Scene) -> datetime:
    """The database's clock: a letter may be told from the moment at which it was written."""
    (moment,) = await scene.column("SELECT clock_timestamp()")
    assert isinstance(moment, datetime)
    return moment + 10 * SECOND


async def put(scene: Scene, topic: Topic, *subjects: UUID, **payload: object) -> None:
    async with scene.sessions.begin() as session:
        await outbox.put_all(
            session,
            customer_id=scene.tenant.customer_id,
            topic=topic,
            subject_ids=subjects,
            payload=payload or None,
        )


async def pending(
    scene: Scene, now: datetime, limit: int = 100, topics: Collection[Topic] = frozenset(Topic)
) -> list[Letter]:
    async with scene.sessions() as session:
        return await outbox.pending(session, topics, now=now, limit=limit)


@pytest_asyncio.fixture(autouse=True)
async def _empty(scene: Scene) -> None:
    await scene.execute("DELETE FROM outbox")


async def test_letters_are_told_in_the_order_in_which_they_were_put(scene: Scene, now: datetime) -> None:
    one, two = uuid4(), uuid4()
    await put(scene, Topic.ENROLLMENT_START, one, two)
    await put(scene, Topic.ENROLLMENT_PAUSE, one)
    await put(scene, Topic.ENROLLMENT_EVENT, two, kind="email_replied", step_order=2)
    letters = await pending(scene, now)
    assert [(letter.topic, letter.subject_id) for letter in letters] == [
        (Topic.ENROLLMENT_START, one),
        (Topic.ENROLLMENT_START, two),
        (Topic.ENROLLMENT_PAUSE, one),
        (Topic.ENROLLMENT_EVENT, two),
    ]
    assert [letter.payload for letter in letters[2:]] == [{}, {"kind": "email_replied", "step_order": 2}]
    assert [letter.subject_id for letter in await pending(scene, now, limit=1)] == [one]


async def test_a_letter_of_a_transaction_that_failed_is_none(scene: Scene, now: datetime) -> None:
    async def fail(session: AsyncSession) -> None:
        await outbox.put(session, customer_id=scene.tenant.customer_id, topic=Topic.ENROLLMENT_STOP, subject_id=uuid4())
        raise RuntimeError("rolled back")

    with pytest.raises(RuntimeError, match="rolled back"):
        async with scene.sessions.begin() as session:
            await fail(session)
    assert await pending(scene, now) == []


async def test_a_letter_that_was_told_is_gone(scene: Scene, now: datetime) -> None:
    await put(scene, Topic.ENROLLMENT_START, uuid4(), uuid4())
    first, second = await pending(scene, now)
    async with scene.sessions.begin() as session:
        await outbox.told(session, [first.id])
    assert await pending(scene, now) == [second]


async def test_a_letter_that_failed_holds_back_the_later_ones_of_its_subject_only(scene: Scene, now: datetime) -> None:
    one, two = uuid4(), uuid4()
    await put(scene, Topic.ENROLLMENT_START, one, two)
    await put(scene, Topic.ENROLLMENT_STOP, one)
    first, other_start, _ = await pending(scene, now)
    async with scene.sessions.begin() as session:
        await outbox.failed(session, first.id, error="unavailable" * 1000, retry_at=now + SECOND)
    await put(scene, Topic.ENROLLMENT_EVENT, two, kind="x")
    assert [letter.subject_id for letter in await pending(scene, now)] == [two, two]
    again = await pending(scene, now + SECOND)
    assert [letter.topic for letter in again if letter.subject_id == one] == [
        Topic.ENROLLMENT_START,
        Topic.ENROLLMENT_STOP,
    ]
    assert (again[0].attempts, again[1]) == (1, other_start)


async def test_a_later_letter_that_failed_does_not_hold_back_an_earlier_one(scene: Scene, now: datetime) -> None:
    one = uuid4()
    await put(scene, Topic.ENROLLMENT_START, one)
    await put(scene, Topic.ENROLLMENT_STOP, one)
    first, second = await pending(scene, now)
    async with scene.sessions.begin() as session:
        await outbox.failed(session, second.id, error="x", retry_at=now + SECOND)
    assert await pending(scene, now) == [first]


async def test_it_knows_what_is_still_to_be_told_of_a_subject(scene: Scene, now: datetime) -> None:
    one = uuid4()
    await put(scene, Topic.ENROLLMENT_START, one)
    async with scene.sessions.begin() as session:
        assert await outbox.has_letters(session, one, Topic.ENROLLMENT_START)
        assert not await outbox.has_letters(session, one, Topic.ENROLLMENT_STOP)
        assert not await outbox.has_letters(session, uuid4(), Topic.ENROLLMENT_START)
        await outbox.told(session, [letter.id for letter in await pending(scene, now)])
        assert not await outbox.has_letters(session, one, Topic.ENROLLMENT_START)


async def test_no_subjects_are_no_letters(scene: Scene, now: datetime) -> None:
    await put(scene, Topic.ENROLLMENT_START)
    assert await pending(scene, now) == []


async def test_letters_of_other_topics_are_left_to_whom_they_are_for(scene: Scene, now: datetime) -> None:
    one, two = uuid4(), uuid4()
    await put(scene, Topic.ENROLLMENT_START, one)
    await put(scene, Topic.PLAN_SEQUENCE, two)
    assert [letter.subject_id for letter in await pending(scene, now, topics=PLANNING)] == [two]
    assert [letter.subject_id for letter in await pending(scene, now, topics=frozenset(Topic) - PLANNING)] == [one]
