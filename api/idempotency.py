"""``Idempotency-Key``: a POST that is sent again gives the answer of the first time and does nothing.

The key's row is written in the transaction of the request that it names: both happen or neither does, and a second
request with the key waits for the first to end. Only answers below 400 are kept; an error changed nothing, so
the same key may try again.
"""

import hashlib
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import IdempotencyKey
from domain.errors import Invalid

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
MAX_LENGTH = 255
_KEPT_HEADERS = ("content-type", "location")

PARAMETER: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH},
    "example": "import-2026-11-21-a",
    "description": "The same key with the same request gives the first answer again and changes nothing.",
}
"""The header as a parameter in OpenAPI."""


def key_of(request: Request) -> str | None:
    """The request's key if it is a POST with one. Raises ``Invalid`` for one that is empty or too long."""
    key = request.headers.get(HEADER)
    if request.method != "POST" or key is None:
        return None
    if not 0 < len(key) <= MAX_LENGTH:
        raise Invalid("idempotency.key", f"{HEADER} must have 1 to {MAX_LENGTH} characters; it has {len(key)}.")
    return key


async def claim(session: AsyncSession, customer_id: UUID, key: str, request: Request, body: bytes) -> Response | None:
    """Take the key for this request, or give the answer that is kept under it.

    Waits while another transaction holds the key. Raises ``Invalid`` when it was used for another request.
    """
    mine = {"method": request.method, "path": _target(request), "request_hash": _hash(request, body)}
    taken = insert(IdempotencyKey).values(customer_id=customer_id, key=key, **mine).on_conflict_do_nothing()
    columns = (
        IdempotencyKey.method,
        IdempotencyKey.path,
        IdempotencyKey.request_hash,
        IdempotencyKey.status_code,
        IdempotencyKey.headers,
        IdempotencyKey.body,
    )
    while (await session.execute(taken.returning(IdempotencyKey.key))).one_or_none() is None:
        kept = (await session.execute(select(*columns).where(_is(customer_id, key)))).one_or_none()
        if kept is None:
            # It was swept away between the two statements: the key is free again.
            continue
        if (kept.method, kept.path, kept.request_hash) != tuple(mine.values()):
            raise Invalid("idempotency.mismatch", f"This {HEADER} was used for another request; take a new one.")
        return Response(kept.body, kept.status_code, {**kept.headers, REPLAYED: "true"})
    return None


async def keep(session: AsyncSession, customer_id: UUID, key: str, response: Response) -> None:
    """Store the answer under the key that this transaction has claimed; one that is streamed is not kept."""
    if isinstance(response, StreamingResponse):
        await session.execute(delete(IdempotencyKey).where(_is(customer_id, key)))
        return
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    answer = {"status_code": response.status_code, "headers": headers, "body": bytes(response.body)}
    await session.execute(
        update(IdempotencyKey)
        .where(_is(customer_id, key))
        .values(**answer)
        .execution_options(synchronize_session=False)
    )


def _is(customer_id: UUID, key: str) -> Any:
    return (IdempotencyKey.customer_id == customer_id) & (IdempotencyKey.key == key)


def _target(request: Request) -> str:
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path


def _hash(request: Request, body: bytes) -> bytes:
    return hashlib.sha256(request.headers.get("content-type", "").encode() + b"\n" + body).digest()
