"""Errors: each is a problem, points at what is wrong, and says nothing of the inside."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from db import contacts
from tests.api.arrange import answered, refused

BOB = {"email": "bob@example.com"}


async def test_a_problem_has_all_members_of_rfc_9457(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/contacts/0198c0de-0000-7000-8000-000000000001")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no contact with id 0198c0de-0000-7000-8000-000000000001.",
        "code": "contact.not_found",
        "instance": "/api/contacts/0198c0de-0000-7000-8000-000000000001",
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [("GET", "/nowhere", 404, "path.not_found"), ("PUT", "/api/contacts", 405, "method.not_allowed")],
)
async def test_paths_and_methods_that_are_not_there_are_problems(
    client: httpx2.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    refused(await client.request(method, path), status, code)


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (BOB | {"emial": "x"}, {"/emial"}),
        (BOB | {"industry": "farming"}, {"/industry"}),
        (BOB | {"timezone": "Mars/Olympus"}, {"/timezone"}),
        (BOB | {"first_name": "x" * 256, "phone": 5}, {"/first_name", "/phone"}),
        (BOB | {"first_name": "a\u0000b"}, {"/first_name"}),
        (BOB | {"custom_fields": {"a": "\u0000"}}, {"/custom_fields"}),
        (BOB | {"custom_fields": []}, {"/custom_fields"}),
        ({"email": "no address"}, {"/email"}),
        ({}, {"/email"}),
        ([], {""}),
    ],
)
async def test_every_wrong_field_of_a_body_is_pointed_at(
    client: httpx2.AsyncClient, body: object, pointers: set[str]
) -> None:
    assert refused(await client.post("/api/contacts", json=body), 422, "request.invalid") == pointers


@pytest.mark.parametrize(
    "content", [b"{", b"\xff\xfe{}", b'{"email": NaN}', b'{"email": "\\ud800@x.com"}', b"[" * 100_000]
)
async def test_a_body_that_is_no_json_is_a_422(client: httpx2.AsyncClient, content: bytes) -> None:
    answer = await client.post("/api/contacts", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_deep_and_endless_custom_fields_are_refused(client: httpx2.AsyncClient) -> None:
    deep: dict[str, object] = {}
    for _ in range(20):
        deep = {"a": deep}
    for fields in (deep, {"a": ["x"] * 5000}, {"a": "x" * 200_000}):
        answer = await client.post("/api/contacts", json=BOB | {"custom_fields": fields})
        assert refused(answer, 422, "request.invalid") == {"/custom_fields"}


async def test_a_wrong_parameter_is_named(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/contacts", params={"limit": 0, "status": "happy"})
    errors = answered(answer, 422)["errors"]
    assert {error["parameter"] for error in errors} == {"limit", "status"}


async def test_a_value_that_postgres_cannot_take_is_a_422(client: httpx2.AsyncClient) -> None:
    refused(await client.get("/api/contacts", params={"company_domain": "a\u0000b"}), 422, "request.value_refused")


async def test_an_id_that_is_no_uuid_is_a_422_that_names_it(client: httpx2.AsyncClient) -> None:
    errors = answered(await client.get("/api/contacts/42"), 422)["errors"]
    assert [error["parameter"] for error in errors] == ["id"]


async def test_a_body_that_is_too_large_is_a_413_problem(client: httpx2.AsyncClient) -> None:
    too_much = b"x" * (4 * 1024 * 1024 + 1)

    async def in_chunks() -> AsyncIterator[bytes]:
        yield too_much

    for content in (too_much, in_chunks()):
        answer = await client.post("/api/contacts", content=content, headers={"Content-Type": "application/json"})
        refused(answer, 413, "request.too_large")


async def test_an_error_nobody_foresaw_is_a_500_without_internals_and_changes_nothing(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("db.contact_activities.note", broken)
    answer = await client.post("/api/contacts", json=BOB)
    refused(answer, 500, "internal")
    assert "hunter2" not in answer.text
    assert answered(await client.get("/api/contacts"))["data"] == []


async def test_a_deadlock_runs_the_whole_request_again(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch, app: FastAPI
) -> None:
    """The first two tries end as a deadlock does, after they wrote; the third stands alone."""
    create, tries = contacts.create, 0

    async def unlucky(session: AsyncSession, **arguments: object) -> object:
        nonlocal tries
        tries += 1
        row = await create(session, **arguments)  # type: ignore[arg-type]
        if tries < 3:
            raise DBAPIError("INSERT", {}, _Deadlock())
        return row

    monkeypatch.setattr("db.contacts.create", unlucky)
    answered(await client.post("/api/contacts", json=BOB, headers={"Idempotency-Key": "k"}), 201)
    assert tries == 3
    assert len(answered(await client.get("/api/contacts"))["data"]) == 1


async def test_a_deadlock_that_stays_is_a_503_to_try_again(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unlucky(*_: object, **__: object) -> None:
        raise DBAPIError("INSERT", {}, _Deadlock())

    monkeypatch.setattr("db.contacts.create", unlucky)
    answer = await client.post("/api/contacts", json=BOB)
    refused(answer, 503, "database.busy")
    assert answer.headers["Retry-After"] == "1"


class _Deadlock(Exception):
    sqlstate = "40P01"
