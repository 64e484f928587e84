"""Lists by cursor: no row is missed or seen twice, whatever is written between two pages."""

import base64
from datetime import timedelta

import httpx2
import pytest

from tests.api.arrange import answered, refused
from tests.api.conftest import NOW, Clock


async def _make(client: httpx2.AsyncClient, *names: str) -> None:
    for name in names:
        answered(await client.post("/api/contacts", json={"email": f"{name}@example.com"}), 201)


async def _walk(client: httpx2.AsyncClient, path: str, **parameters: str | int) -> list[str]:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = answered(await client.get(path, params=parameters | ({"cursor": cursor} if cursor else {})))
        seen += [row["email"].split("@")[0] for row in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return seen


async def test_a_walk_sees_every_row_once_even_those_of_one_instant(client: httpx2.AsyncClient) -> None:
    await _make(client, *"abcdefg")
    assert sorted(await _walk(client, "/api/contacts", limit=2)) == list("abcdefg")


async def test_rows_that_are_inserted_during_a_walk_shift_nothing(client: httpx2.AsyncClient, clock: Clock) -> None:
    try:
        for index, name in enumerate("abcd"):
            clock.now = NOW + timedelta(seconds=index)
            await _make(client, name)
        first = answered(await client.get("/api/contacts", params={"limit": 2}))
        clock.now = NOW + timedelta(minutes=1)
        await _make(client, "new")
        second = answered(await client.get("/api/contacts", params={"limit": 2, "cursor": first["next_cursor"]}))
    finally:
        clock.now = NOW
    emails = [row["email"][0] for page in (first, second) for row in page["data"]]
    assert emails == list("dcba")
    assert second["next_cursor"] is None


async def test_the_total_is_there_only_when_it_is_asked_for(client: httpx2.AsyncClient) -> None:
    await _make(client, *"abc")
    assert "total" not in answered(await client.get("/api/contacts"))
    page = answered(await client.get("/api/contacts", params={"limit": 1, "count": "true", "status": "active"}))
    assert (page["total"], len(page["data"])) == (3, 1)


def _cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "broken",
        "%%%",
        "é",
        _cursor("{}"),
        _cursor("[]"),
        _cursor('["2026-11-21T09:00:00", "0198c0de-0000-7000-8000-000000000001"]'),
        _cursor('["2026-11-21T09:00:00+00:00", "5"]'),
        _cursor('["2026-11-21T09:00:00+00:00", {}]'),
        _cursor("[" * 700),
    ],
)
async def test_a_broken_cursor_is_a_422(client: httpx2.AsyncClient, cursor: str) -> None:
    refused(await client.get("/api/contacts", params={"cursor": cursor}), 422, "cursor.invalid")


@pytest.mark.parametrize("limit", ["0", "201", "many"])
async def test_a_limit_outside_1_to_200_is_a_422(client: httpx2.AsyncClient, limit: str) -> None:
    refused(await client.get("/api/contacts", params={"limit": limit}), 422, "request.invalid")
