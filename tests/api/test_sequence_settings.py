"""When a sequence sends and from where: its hours, its holidays and its pool of mailboxes."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import SequenceEmailAccount
from tests.api.arrange import Json, answered, draft, mailbox, refused
from tests.api.conftest import Tenant

HOURS = {
    "monday": [["09:00", "12:30"], ["14:00", "17:00"]],
    "friday": [["22:00", "02:00"]],
    "sunday": [["00:00", "00:00"]],
}
MORNINGS = {"tuesday": [["08:00", "10:00"]]}
NOBODY = "0198c0de-0000-7000-8000-000000000001"


async def pool_of(client: httpx2.AsyncClient, count: int) -> list[str]:
    return [(await mailbox(client))["id"] for _ in range(count)]


async def test_a_sequence_has_neither_hours_nor_holidays_nor_a_pool_of_its_own(client: httpx2.AsyncClient) -> None:
    sequence = answered(await client.post("/api/sequences", json={"name": "Outreach"}), 201)
    nothing: Json = dict.fromkeys(
        ["sending_hours", "follow_up_hours", "holiday_country", "running_since", "pause_reason"]
    )
    nothing |= {"holiday_dates": [], "email_account_ids": []}
    assert sequence == sequence | nothing


async def test_hours_and_holidays_are_kept_and_taken_away(client: httpx2.AsyncClient) -> None:
    fields: Json = {
        "sending_hours": HOURS,
        "follow_up_hours": MORNINGS,
        "holiday_country": "de",
        "holiday_dates": ["2026-12-31", "2026-12-24", "2026-12-31"],
    }
    sequence = await draft(client, **fields)
    kept = fields | {"holiday_country": "DE", "holiday_dates": ["2026-12-24", "2026-12-31"]}
    assert sequence == sequence | kept
    path = f"/api/sequences/{sequence['id']}"
    assert answered(await client.get(path)) == sequence
    renamed = answered(await client.patch(path, json={"name": "Other"}))
    assert renamed == renamed | kept
    gone: Json = {"sending_hours": None, "holiday_country": None, "holiday_dates": []}
    changed = answered(await client.patch(path, json=gone))
    assert changed == changed | gone | {"follow_up_hours": MORNINGS}


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ({"sending_hours": {}}, {"/sending_hours"}),
        ({"sending_hours": {"monday": []}}, {"/sending_hours"}),
        ({"sending_hours": {"monday": [["9:00", "12:00"]]}}, {"/sending_hours/monday/0"}),
        ({"sending_hours": {"monday": [["09:00", "24:00"]]}}, {"/sending_hours/monday/0"}),
        ({"sending_hours": {"monday": [["09:00"]]}}, {"/sending_hours/monday/0"}),
        ({"sending_hours": {"monday": "09:00-17:00"}}, {"/sending_hours/monday"}),
        (
            {"sending_hours": {"monday": [["09:00", "12:00"], ["11:00", "13:00"]]}},
            {"/sending_hours/monday/1"},
        ),
        (
            {"sending_hours": MORNINGS | {"Mon/day": []}, "follow_up_hours": {"funday": [["09:00", "12:00"]]}},
            {"/sending_hours/Mon~1day", "/follow_up_hours/funday", "/follow_up_hours"},
        ),
    ],
)
async def test_each_wrong_place_in_the_hours_is_pointed_at(
    client: httpx2.AsyncClient, fields: dict[str, Any], pointers: set[str]
) -> None:
    answer = await client.post("/api/sequences", json={"name": "Outreach"} | fields)
    assert refused(answer, 422, "sequence.invalid") == pointers
    path = f"/api/sequences/{(await draft(client))['id']}"
    assert refused(await client.put(path, json=fields), 422, "sequence.invalid") == pointers


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"sending_hours": [["09:00", "17:00"]]}, "/sending_hours"),
        ({"follow_up_hours": {"monday": [["09:00", "12:00"]] * 1_000}}, "/follow_up_hours"),
        ({"holiday_country": "XX"}, "/holiday_country"),
        ({"holiday_country": "Germany"}, "/holiday_country"),
        ({"holiday_dates": None}, "/holiday_dates"),
        ({"holiday_dates": ["2026-02-30"]}, "/holiday_dates/0"),
        ({"email_account_ids": None}, "/email_account_ids"),
        ({"email_account_ids": ["ann"]}, "/email_account_ids/0"),
        ({"email_account_ids": [NOBODY, NOBODY]}, "/email_account_ids"),
        ({"email_account_ids": [f"0198c0de-0000-7000-8000-{n:012}" for n in range(101)]}, "/email_account_ids"),
        ({"running_since": None}, "/running_since"),
        ({"pause_reason": "holidays"}, "/pause_reason"),
    ],
)
async def test_a_wrong_setting_is_pointed_at(client: httpx2.AsyncClient, fields: dict[str, Any], pointer: str) -> None:
    answer = await client.post("/api/sequences", json={"name": "Outreach"} | fields)
    assert refused(answer, 422, "request.invalid") == {pointer}
    path = f"/api/sequences/{(await draft(client))['id']}"
    assert refused(await client.put(path, json=fields), 422, "request.invalid") == {pointer}


async def test_a_country_that_is_not_known_says_what_to_give_instead(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/api/sequences", json={"name": "Outreach", "holiday_country": "uk"})
    assert "two letters of ISO 3166-1, such as GB" in answer.json()["errors"][0]["detail"]


async def test_a_pool_is_written_as_a_whole_and_read_in_one_order(client: httpx2.AsyncClient) -> None:
    first, second, third = await pool_of(client, 3)
    sequence = await draft(client, email_account_ids=[third, first])
    path = f"/api/sequences/{sequence['id']}"
    assert sequence["email_account_ids"] == [first, third]
    assert answered(await client.get(path)) == sequence
    for sent, kept in (([second, third], [second, third]), ([third, second], [second, third]), ([], [])):
        assert answered(await client.put(path, json={"email_account_ids": sent}))["email_account_ids"] == kept
    answered(await client.put(path, json={"email_account_ids": [first]}))
    assert answered(await client.put(path, json={"name": "Other"}))["email_account_ids"] == [first]


async def test_a_list_shows_the_pool_of_each_sequence(client: httpx2.AsyncClient) -> None:
    first, second = await pool_of(client, 2)
    pools = {
        (await draft(client, email_account_ids=ids))["id"]: ids for ids in ([first, second], [second], list[str]())
    }
    data = answered(await client.get("/api/sequences"))["data"]
    assert {one["id"]: one["email_account_ids"] for one in data} == pools


async def test_a_mailbox_of_another_customer_is_not_found_for_the_pool(
    client: httpx2.AsyncClient, other_tenant: Tenant
) -> None:
    [own], [foreign] = await pool_of(client, 1), await pool_of(other_tenant.client, 1)
    body = {"name": "Outreach", "email_account_ids": [foreign, own, NOBODY]}
    answer = await client.post("/api/sequences", json=body)
    assert refused(answer, 422, "reference.not_found") == {"/email_account_ids/0", "/email_account_ids/2"}
    details = [error["detail"] for error in answer.json()["errors"]]
    assert details == [f"There is no such email account: {id}." for id in (foreign, NOBODY)]
    sequence = await draft(client, email_account_ids=[own])
    path = f"/api/sequences/{sequence['id']}"
    answer = await client.put(path, json={"email_account_ids": [foreign]})
    assert refused(answer, 422, "reference.not_found") == {"/email_account_ids/0"}
    assert answered(await client.get(path))["email_account_ids"] == [own]


async def test_a_pool_goes_with_its_sequence_and_keeps_its_mailboxes(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    [pooled] = await pool_of(client, 1)
    sequence = await draft(client, email_account_ids=[pooled])
    answer = await client.delete(f"/api/email-accounts/{pooled}")
    refused(answer, 409, "email_account.in_use")
    assert "pools of sequences" in answer.json()["detail"]
    rows = select(SequenceEmailAccount).where(SequenceEmailAccount.customer_id == tenant.customer_id)
    assert len((await session.scalars(rows)).all()) == 1
    assert (await client.delete(f"/api/sequences/{sequence['id']}")).status_code == 204
    assert (await session.scalars(rows)).all() == []
    assert (await client.delete(f"/api/email-accounts/{pooled}")).status_code == 204
