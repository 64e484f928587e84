"""The pace of a mailbox: how its ramp-up and the days on which its sender is away are set and ended."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from tests.api.arrange import MAILBOX, Json, answered, mailbox, refused
from tests.api.conftest import NOW, Clock

TODAY = NOW.date().isoformat()
RAMP_UP = {"ramp_up_start": 20, "ramp_up_per_day": 5}


@pytest_asyncio.fixture
async def late_evening(clock: Clock) -> AsyncIterator[None]:
    """An instant at which it is the 21st in UTC and the 22nd in Auckland."""
    before, clock.now = clock.now, datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    yield
    clock.now = before


def pace(account: Json) -> tuple[Any, ...]:
    return tuple(account[f"ramp_up_{name}"] for name in ("start", "per_day", "from"))


def away(account: Json) -> tuple[Any, ...]:
    return account["away_from"], account["away_until"]


async def test_what_is_given_is_kept(client: httpx2.AsyncClient) -> None:
    fields = RAMP_UP | {
        "gap_jitter_seconds": 86_400,
        "ramp_up_from": "2026-12-01",
        "away_from": "2026-12-21",
        "away_until": "2026-12-21",
    }
    account = await mailbox(client, **fields)
    assert account == account | fields
    path = f"/api/email-accounts/{account['id']}"
    assert answered(await client.get(path)) == account
    assert answered(await client.patch(path, json={"daily_limit": 50})) == account | {"daily_limit": 50}


async def test_a_ramp_up_begins_on_the_day_on_which_it_is_set(client: httpx2.AsyncClient) -> None:
    assert pace(await mailbox(client, **RAMP_UP)) == (20, 5, TODAY)
    path = f"/api/email-accounts/{(await mailbox(client))['id']}"
    assert pace(answered(await client.patch(path, json=RAMP_UP))) == (20, 5, TODAY)
    assert pace(answered(await client.patch(path, json={"ramp_up_from": "2026-11-01"}))) == (20, 5, "2026-11-01")
    assert pace(answered(await client.patch(path, json={"ramp_up_start": 30}))) == (30, 5, "2026-11-01")
    assert pace(answered(await client.patch(path, json={"ramp_up_from": None}))) == (30, 5, TODAY)
    ended = {"ramp_up_start": None, "ramp_up_per_day": None}
    assert pace(answered(await client.patch(path, json=ended))) == (None, None, None)


@pytest.mark.usefixtures("late_evening")
async def test_the_day_is_that_of_the_workspace(client: httpx2.AsyncClient) -> None:
    answered(await client.patch("/api/workspace", json={"timezone": "Pacific/Auckland"}))
    account = await mailbox(client, **RAMP_UP, away_until="2026-11-30")
    assert (account["ramp_up_from"], account["away_from"]) == ("2026-11-22", "2026-11-22")
    path = f"/api/email-accounts/{account['id']}"
    answer = await client.patch(path, json={"away_from": None, "away_until": "2026-11-21"})
    assert refused(answer, 422, "email_account.invalid") == {"/away_until"}
    assert "before today, 2026-11-22" in answer.json()["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"ramp_up_start": 20}, "/ramp_up_per_day"),
        ({"ramp_up_per_day": 5}, "/ramp_up_start"),
        ({"ramp_up_from": "2026-12-01"}, "/ramp_up_from"),
        ({"away_from": "2026-12-01"}, "/away_until"),
        ({"away_from": "2026-12-02", "away_until": "2026-12-01"}, "/away_until"),
        ({"away_until": "2026-11-20"}, "/away_until"),
    ],
)
async def test_settings_that_contradict_each_other_are_pointed_at(
    client: httpx2.AsyncClient, fields: dict[str, Any], pointer: str
) -> None:
    body = MAILBOX | {"email": "ann@contradicting.example"} | fields
    assert refused(await client.post("/api/email-accounts", json=body), 422, "email_account.invalid") == {pointer}
    account = await mailbox(client)
    path = f"/api/email-accounts/{account['id']}"
    assert refused(await client.patch(path, json=fields), 422, "email_account.invalid") == {pointer}
    assert answered(await client.get(path)) == account


async def test_half_a_ramp_up_is_never_left_over(client: httpx2.AsyncClient) -> None:
    account = await mailbox(client, **RAMP_UP)
    path = f"/api/email-accounts/{account['id']}"
    answer = await client.patch(path, json={"ramp_up_start": None})
    assert refused(answer, 422, "email_account.invalid") == {"/ramp_up_start"}
    assert "set both to null to end it" in answer.json()["errors"][0]["detail"]
    assert answered(await client.get(path)) == account


async def test_an_absence_begins_today_unless_it_says_when_and_is_ended_by_null(client: httpx2.AsyncClient) -> None:
    account = await mailbox(client, away_until=TODAY)
    assert away(account) == (TODAY, TODAY)
    path = f"/api/email-accounts/{account['id']}"
    longer = answered(await client.patch(path, json={"away_from": "2026-11-30", "away_until": "2026-12-04"}))
    assert away(longer) == ("2026-11-30", "2026-12-04")
    assert away(answered(await client.patch(path, json={"away_until": "2026-12-11"}))) == ("2026-11-30", "2026-12-11")
    assert away(answered(await client.patch(path, json={"away_until": None}))) == (None, None)


async def test_an_absence_that_is_over_is_in_nobodys_way(client: httpx2.AsyncClient) -> None:
    account = await mailbox(client, away_from="2026-11-01", away_until="2026-11-08")
    path = f"/api/email-accounts/{account['id']}"
    assert away(answered(await client.patch(path, json={"from_name": "Ann"}))) == ("2026-11-01", "2026-11-08")
