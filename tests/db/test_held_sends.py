"""A send that is held does not look as if it were on the wire: whoever plans again wakes it."""

import pytest_asyncio

from db import enrollments, executions
from domain.vocabulary import EmailAccountStatus, SequenceStatus, WaitingReason
from tests.db.conftest import HOUR, NOW, Scene, current_step
from tests.db.plans import change_mailbox, claim, hold, move_sequence, replan, told
from tests.factories import email_step


@pytest_asyncio.fixture(autouse=True)
async def _no_letters(scene: Scene) -> None:
    """Other tests leave letters of customers that are no longer looked at."""
    await scene.execute("DELETE FROM outbox")


async def test_a_send_whose_worker_died_after_the_claim_is_woken_with_its_mailbox(scene: Scene) -> None:
    (id,) = await scene.enroll(await scene.sequence(email_step("Hello")), await scene.contact())
    await claim(scene, id, NOW)  # … and the worker dies; the next one finds the mailbox in error.
    await change_mailbox(scene, status=EmailAccountStatus.ERROR)
    await hold(scene, id, WaitingReason.MAILBOX_ERROR, "the mailbox is error")
    await change_mailbox(scene, now=NOW + HOUR, status=EmailAccountStatus.ACTIVE)
    await replan(scene, NOW + HOUR)
    assert await told(scene) == {id}
    assert (await scene.enrollment(id)).waiting_reason is None


async def test_a_send_whose_worker_died_after_the_claim_is_woken_with_its_sequence(scene: Scene) -> None:
    sequence = await scene.sequence(email_step("Hello"))
    (id,) = await scene.enroll(sequence, await scene.contact())
    await claim(scene, id, NOW)
    await move_sequence(scene, sequence, SequenceStatus.PAUSED)
    async with scene.sessions.begin() as session:
        standing = await executions.begin_step(session, id, await current_step(session, id))
    assert standing is not None
    assert standing.waiting_reason is WaitingReason.SEQUENCE_PAUSED
    await move_sequence(scene, sequence, SequenceStatus.ACTIVE, NOW + HOUR)
    await replan(scene, NOW + HOUR)
    assert await told(scene) == {id}
    async with scene.sessions() as session:
        assert not (await enrollments.standing(session, id)).held
