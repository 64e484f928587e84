"""The product as a client sees it: the HTTP API with a key, and nothing else."""

from collections.abc import Mapping
from typing import Any, Self

import httpx2

Row = Mapping[str, Any]
"""A JSON object that the API answered."""

_PAGE = 200
_TIMEOUT_SECONDS = 60.0


class ApiError(Exception):
    """The API refused a call; the message is what it said."""


class Client:
    """Calls under `/api` with the key `key`; an async context manager."""

    def __init__(self, url: str, key: str) -> None:
        self._http = httpx2.AsyncClient(
            base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=_TIMEOUT_SECONDS
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._http.aclose()

    async def get(self, path: str, **query: Any) -> Any:
        """What `GET /api/<path>` answers. Raises `ApiError`."""
        return _answer(await self._http.get(f"/api/{path}", params=query))

    async def post(self, path: str, body: Row | None = None) -> Any:
        """What `POST /api/<path>` answers to JSON. Raises `ApiError`."""
        return _answer(await self._http.post(f"/api/{path}", json=body))

    async def post_csv(self, path: str, text: str) -> Any:
        """What `POST /api/<path>` answers to a CSV. Raises `ApiError`."""
        headers = {"Content-Type": "text/csv; charset=utf-8"}
        return _answer(await self._http.post(f"/api/{path}", content=text.encode(), headers=headers))

    async def every(self, path: str, **query: Any) -> list[Row]:
        """All rows of a list, page after page. Raises `ApiError`."""
        page = await self.get(path, limit=_PAGE, **query)
        rows: list[Row] = list(page["data"])
        while page["next_cursor"]:
            page = await self.get(path, limit=_PAGE, cursor=page["next_cursor"], **query)
            rows += page["data"]
        return rows


def _answer(response: httpx2.Response) -> Any:
    if response.is_success:
        return response.json()
    raise ApiError(f"{response.request.method} {response.request.url.path}: {response.status_code} {response.text}")
