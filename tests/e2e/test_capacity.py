"""Many workers, killed ones too, break no cap, gap or window, and nobody starves: `make capacity` in short."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import EventType

from embedded.mail import MailServer
from tests.e2e.capacity.arena import Arena
from tests.e2e.capacity.starvation import MOST_WAKE_UPS, starve, still_world, wake_ups


@pytest_asyncio.fixture
async def mail(tmp_path: Path) -> AsyncIterator[MailServer]:
    server = MailServer(tmp_path / "mail")
    await server.start()
    yield server
    await server.stop()


@pytest.mark.parametrize("kill_every", [None, 20], ids=["calm", "killed"])
async def test_many_workers_break_no_cap_no_gap_and_no_window_and_send_nothing_twice(
    database_url: str, mail: MailServer, tmp_path: Path, kill_every: int | None
) -> None:
    arena = Arena(database_url, tmp_path, mail, processes=4, enrollments=40, kill_every=kill_every)
    outcome = await arena.run()
    assert not outcome.verdict.broken, outcome.verdict.examples
    assert outcome.verdict.sends > 100
    assert bool(outcome.kills) == bool(kill_every)


async def test_follow_ups_go_on_their_day_however_many_first_emails_wait(database_url: str, mail: MailServer) -> None:
    async with still_world(database_url, mail, limit=10) as world:
        result = await starve(world, firsts=200, follow_ups=12, limit=10)
    assert not result.missed, result.follow_ups
    assert result.on_their_day == 12
    assert not result.over_limit, result.by_day
    assert result.wake_ups_per_send <= MOST_WAKE_UPS, result.wake_ups


def test_a_task_that_only_hears_what_the_activity_answered_is_no_wake_up() -> None:
    names = (
        "WORKFLOW_EXECUTION_STARTED WORKFLOW_TASK_COMPLETED ACTIVITY_TASK_COMPLETED WORKFLOW_TASK_COMPLETED "
        "TIMER_STARTED TIMER_FIRED WORKFLOW_TASK_COMPLETED WORKFLOW_EXECUTION_SIGNALED WORKFLOW_TASK_COMPLETED "
        "WORKFLOW_TASK_STARTED WORKFLOW_TASK_COMPLETED"
    )
    counted = wake_ups([EventType.Value(f"EVENT_TYPE_{name}") for name in names.split()])
    assert counted.total() == 4
