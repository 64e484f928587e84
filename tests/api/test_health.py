"""The routes that ask no key."""

import httpx2
from fastapi import FastAPI


async def test_health_asks_the_database_and_no_key(anonymous: httpx2.AsyncClient) -> None:
    answer = await anonymous.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_the_docs_page_loads_nothing_from_elsewhere(anonymous: httpx2.AsyncClient) -> None:
    answer = await anonymous.get("/docs")
    assert answer.status_code == 200
    assert not [word for word in ("<script", "src=", 'href="http', "@import", "url(") if word in answer.text]


async def test_every_answer_carries_the_request_id_it_was_sent(anonymous: httpx2.AsyncClient) -> None:
    answer = await anonymous.get("/health", headers={"X-Request-Id": "abc-1"})
    assert answer.headers["X-Request-Id"] == "abc-1"


async def test_an_unreachable_database_is_a_503(app: FastAPI, anonymous: httpx2.AsyncClient) -> None:
    def refuse() -> None:
        raise ConnectionRefusedError

    working, app.state.sessions = app.state.sessions, refuse
    try:
        answer = await anonymous.get("/health")
    finally:
        app.state.sessions = working
    assert (answer.status_code, answer.json()["code"]) == (503, "database.unavailable")
    assert answer.headers["Retry-After"] == "1"
