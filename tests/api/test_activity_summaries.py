"""Summaries of activities: by type, in series of a zone, by what they belong to, of the tenant's own."""

import uuid

import httpx2
from sqlalchemy.ext.asyncio import AsyncSession

from domain.vocabulary import ActivityType
from tests.api.arrange import Json, active, answered, contacts, enrolled, refused
from tests.api.conftest import Tenant

PATH = "/api/activities/summary"


async def record(client: httpx2.AsyncClient, contact_id: str, at: str, **fields: object) -> None:
    body = {"contact_id": contact_id, "activity_type": "email_opened", "occurred_at": at, **fields}
    answered(await client.post("/api/activities", json=body), 201)


async def summary(client: httpx2.AsyncClient, **parameters: str) -> Json:
    return answered(await client.get(PATH, params=parameters))


async def test_the_summary_counts_the_rows_of_its_period(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, other_tenant: Tenant
) -> None:
    ann, bob = await contacts(session, tenant, 2)
    [theirs] = await contacts(session, other_tenant)
    await record(other_tenant.client, theirs, "2026-11-20T00:00:00Z")
    for contact_id, day in ((ann, 1), (ann, 20), (bob, 20)):
        await record(client, contact_id, f"2026-11-{day:02}T00:00:00Z")
    await record(client, bob, "2026-09-01T00:00:00Z", activity_type="email_sent")
    summary = answered(await client.get("/api/activities/summary"))
    assert (summary["total"], summary["contacts"], summary["by_type"]["email_opened"]) == (3, 2, 3)
    assert summary["by_type"].keys() == set(ActivityType)
    period = {"since": "2026-11-01T00:00:00Z", "until": "2026-11-20T00:00:00Z"}
    assert answered(await client.get("/api/activities/summary", params=period))["total"] == 1
    bobs = {"contact_id": bob, "since": "2020-01-01T00:00:00Z"}
    assert answered(await client.get("/api/activities/summary", params=bobs))["total"] == 2
    none = {"sequence_id": str(uuid.uuid4())}
    assert answered(await client.get("/api/activities/summary", params=none))["total"] == 0


async def test_a_series_has_every_day_of_the_zone_also_those_with_nothing(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    [ann] = await contacts(session, tenant)
    # Midnight in Kathmandu is 18:15 UTC.
    await record(client, ann, "2026-11-17T18:14:59Z")
    await record(client, ann, "2026-11-17T18:15:00Z")
    await record(client, ann, "2026-11-19T18:15:00Z", activity_type="email_clicked")
    period = {"since": "2026-11-16T18:15:00Z", "until": "2026-11-20T18:15:00Z", "timezone": "Asia/Kathmandu"}
    answer = await summary(client, interval="day", **period)
    assert (answer["timezone"], answer["total"], answer["contacts"], answer["groups"]) == (
        "Asia/Kathmandu",
        3,
        None,
        None,
    )
    assert [one["total"] for one in answer["series"]] == [1, 1, 0, 1]
    assert [one["by_type"] for one in answer["series"]][2:] == [{}, {"email_clicked": 1}]
    assert {one["since"][11:] for one in answer["series"]} == {"18:15:00Z"}
    assert answer["series"][-1]["until"] == answer["until"]


async def test_the_zone_is_the_workspaces_when_none_is_named(client: httpx2.AsyncClient) -> None:
    answered(await client.patch("/api/workspace", json={"timezone": "America/Bogota"}))
    answer = await summary(client, interval="week", since="2026-11-02T05:00:00Z", until="2026-11-16T05:00:00Z")
    assert (answer["timezone"], [one["since"] for one in answer["series"]]) == (
        "America/Bogota", ["2026-11-02T05:00:00Z", "2026-11-09T05:00:00Z"],
    )  # fmt: skip


async def test_groups_are_those_that_occurred_most_first_each_with_its_series(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    [ann] = await contacts(session, tenant)
    sequence = await active(client)
    await enrolled(client, sequence, [ann])
    for hour, subtype in ((1, "human"), (2, "human"), (2, "machine")):
        at = f"2026-11-20T0{hour}:30:00Z"
        await record(client, ann, at, sequence_id=sequence["id"], activity_subtype=subtype)
    await record(client, ann, "2026-11-20T02:00:00Z", activity_type="call_completed")
    period = {"since": "2026-11-20T01:00:00Z", "until": "2026-11-20T03:00:00Z", "interval": "hour"}
    found = {}
    for group_by in ("activity_type", "subtype", "sequence", "step", "mailbox"):
        answer = await summary(client, group_by=group_by, **period)
        found[group_by] = [(one["key"], one["total"], one["series"]) for one in answer["groups"]]
    assert found == {
        "activity_type": [("email_opened", 3, [1, 2]), ("call_completed", 1, [0, 1])],
        "subtype": [("human", 2, [1, 1]), (None, 1, [0, 1]), ("machine", 1, [0, 1])],
        "sequence": [(sequence["id"], 3, [1, 2]), (None, 1, [0, 1])],
        "step": [(None, 4, [1, 3])],
        "mailbox": [(None, 4, [1, 3])],
    }
    of_sequence = await summary(client, group_by="mailbox", sequence_id=sequence["id"], contacts="true", **period)
    assert (of_sequence["total"], of_sequence["contacts"]) == (3, 1)


async def test_too_many_intervals_other_centuries_and_unknown_words_are_refused(client: httpx2.AsyncClient) -> None:
    years = {"since": "2020-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
    refused(await client.get(PATH, params={"interval": "hour", **years}), 422, "summary.too_large")
    refused(await client.get(PATH, params={"since": "0001-01-01T00:00:00+14:00"}), 422, "summary.period")
    for wrong in ({"interval": "month"}, {"group_by": "colour"}, {"timezone": "Mars/Olympus"}):
        answer = await client.get(PATH, params=wrong)
        assert [one["parameter"] for one in answer.json()["errors"]] == list(wrong)
