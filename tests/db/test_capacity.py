"""The rules of capacity, as the settings of mailboxes and workspaces have them."""

from datetime import date
from typing import Any

import pytest

from db import capacity
from db.models import EmailAccount
from domain.scheduling.capacity import HORIZON_DAYS, MailboxRules, WorkspaceRules
from domain.scheduling.zones import day_number
from domain.vocabulary import EmailAccountStatus
from tests.db.conftest import Scene
from tests.db.plans import pace
from tests.factories import make_mailbox

TODAY = day_number(date(2026, 11, 23))


async def rules(scene: Scene, today: int = TODAY, **columns: Any) -> MailboxRules:
    """Those of the scene's mailbox, with these columns."""
    if columns:
        await pace(scene, **columns)
    async with scene.sessions() as session:
        found = await capacity.mailbox_rules(session, scene.tenant.customer_id, today)
    return found[scene.mailbox.id]


async def workspace_rules(scene: Scene) -> WorkspaceRules:
    async with scene.sessions() as session:
        return await capacity.workspace_rules(session, scene.tenant.workspace_id)


async def test_a_plain_mailbox_has_the_same_limit_every_day(scene: Scene) -> None:
    plain = await rules(scene, daily_limit=100, min_gap_seconds=60, gap_jitter_seconds=30)
    assert (plain.daily_limit, plain.gap, plain.jitter, dict(plain.limits)) == (100, 60, 30, {})


async def test_a_ramp_up_grows_by_so_many_each_day_up_to_the_limit(scene: Scene) -> None:
    first = date(2026, 11, 23)
    ramping = await rules(scene, daily_limit=50, ramp_up_start=10, ramp_up_per_day=15, ramp_up_from=first)
    assert [ramping.limits.get(TODAY + day, ramping.daily_limit) for day in range(5)] == [10, 25, 40, 50, 50]


async def test_a_ramp_up_that_began_goes_on_where_it_is(scene: Scene) -> None:
    first = date(2026, 11, 21)
    ramping = await rules(scene, daily_limit=50, ramp_up_start=10, ramp_up_per_day=15, ramp_up_from=first)
    assert [ramping.limits.get(TODAY + day, ramping.daily_limit) for day in range(2)] == [40, 50]


async def test_before_the_first_day_of_a_ramp_up_the_limit_is_that_of_its_first_day(scene: Scene) -> None:
    first = date(2026, 11, 25)
    ramping = await rules(scene, daily_limit=50, ramp_up_start=10, ramp_up_per_day=30, ramp_up_from=first)
    assert [ramping.limits.get(TODAY + day, ramping.daily_limit) for day in range(5)] == [10, 10, 10, 40, 50]


async def test_nothing_fits_days_away_both_ends_in(scene: Scene) -> None:
    away = await rules(scene, daily_limit=50, away_from=date(2026, 11, 24), away_until=date(2026, 11, 26))
    assert [away.limits.get(TODAY + day, away.daily_limit) for day in range(5)] == [50, 0, 0, 0, 50]


async def test_days_away_that_are_past_are_none(scene: Scene) -> None:
    away = await rules(scene, daily_limit=50, away_from=date(2026, 11, 1), away_until=date(2026, 11, 22))
    assert dict(away.limits) == {}


async def test_an_absence_without_a_first_day_has_begun(scene: Scene) -> None:
    away = await rules(scene, daily_limit=50, away_until=date(2026, 11, 24))
    assert dict(away.limits) == {TODAY: 0, TODAY + 1: 0}


async def test_an_absence_in_a_ramp_up_is_an_absence(scene: Scene) -> None:
    away = await rules(
        scene,
        daily_limit=50,
        ramp_up_start=10,
        ramp_up_per_day=15,
        ramp_up_from=date(2026, 11, 23),
        away_from=date(2026, 11, 24),
        away_until=date(2026, 11, 24),
    )
    assert [away.limits.get(TODAY + day, away.daily_limit) for day in range(4)] == [10, 0, 40, 50]


async def test_an_endless_absence_ends_at_the_horizon(scene: Scene) -> None:
    away = await rules(scene, away_from=date(2026, 11, 23), away_until=date(9999, 12, 31))
    assert len(away.limits) == HORIZON_DAYS + 1


@pytest.mark.parametrize("status", list(EmailAccountStatus))
async def test_a_mailbox_works_while_it_is_active(scene: Scene, status: EmailAccountStatus) -> None:
    await scene.execute("UPDATE email_accounts SET status = :status WHERE id = :id", status=status, id=scene.mailbox.id)
    assert (await rules(scene)).working is (status is EmailAccountStatus.ACTIVE)


async def test_rules_are_of_the_customers_own_mailboxes_and_may_be_taken_for_others(scene: Scene, other: Scene) -> None:
    async with scene.sessions.begin() as session:
        second: EmailAccount = await make_mailbox(session, scene.tenant, email="bob@sender.example")
    async with scene.sessions() as session:
        instead = {second.id: {"daily_limit": 7}}
        found = await capacity.mailbox_rules(session, scene.tenant.customer_id, TODAY, instead=instead)
    assert found.keys() == {scene.mailbox.id, second.id}
    assert (found[scene.mailbox.id].daily_limit, found[second.id].daily_limit) == (100_000, 7)
    assert other.mailbox.id not in found


async def test_a_workspace_counts_days_in_its_zone(scene: Scene) -> None:
    plain = await workspace_rules(scene)
    assert (plain.zone.name, plain.domain_cap, plain.contact_cap) == ("UTC", None, None)
    await scene.execute(
        """UPDATE workspaces SET timezone = 'Asia/Tokyo', recipient_domain_daily_cap = 3, contact_daily_cap = 1
           WHERE customer_id = :customer_id"""
    )
    found = await workspace_rules(scene)
    assert (found.zone.name, found.domain_cap, found.contact_cap) == ("Asia/Tokyo", 3, 1)
