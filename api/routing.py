"""A route is one transaction: begun before the endpoint, committed before the answer leaves."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from api import idempotency
from api.dependencies import Context, PublicContext, authenticate, authenticate_read, open_context
from api.problems import problems
from db.driver import driver_connection
from db.transience import RETRYABLE, sqlstate

TRIES = 3
Answer = Callable[[Request], Awaitable[Response]]

# The route itself checks the key, before it reads a body; this tells OpenAPI, and with it the clients.
_bearer = HTTPBearer(auto_error=False, description="A key of `opendoors keys create`, such as `od_1a2b3c4d_…`")


class PublicRoute(APIRoute):
    """A route without a key, one transaction per request.

    The transaction is committed when the answer's status is below 400 and rolled back else. A deadlock or a
    failed serialization runs the whole endpoint again in a new one, so an endpoint must do nothing but talk to
    ``request.state.context.session``.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        if self.body_field is not None:
            self.responses = problems(413) | self.responses

    def get_route_handler(self) -> Callable[[Request], Any]:
        endpoint = super().get_route_handler()

        async def handler(request: Request) -> Response:
            for tries_left in reversed(range(TRIES)):
                try:
                    return await self._attempt(request, endpoint)
                except DBAPIError as error:
                    if not tries_left or sqlstate(error) not in RETRYABLE:
                        raise
            raise AssertionError("the last try answers or raises")

        return handler

    async def _attempt(self, request: Request, endpoint: Answer) -> Response:
        async with request.app.state.sessions() as session:
            public = open_context(request, session)
            response = await self._answer(request, public, endpoint)
            if response.status_code < 400:
                await session.commit()
            return response

    async def _answer(self, request: Request, public: PublicContext, endpoint: Answer) -> Response:
        request.state.context = public
        return await endpoint(_with_body(request, await _read_body(request)))


class TransactionRoute(PublicRoute):
    """A route that asks a key and honours ``Idempotency-Key`` on every POST."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if "POST" in (options.get("methods") or ()):
            extra = dict(options.get("openapi_extra") or {})
            extra["parameters"] = [*extra.get("parameters", ()), idempotency.PARAMETER]
            options["openapi_extra"] = extra
        super().__init__(path, endpoint, **options)

    async def _answer(self, request: Request, public: PublicContext, endpoint: Answer) -> Response:
        context = request.state.context = await authenticate(request, public)
        key = idempotency.key_of(request)
        body = await _read_body(request)
        if key is None:
            return await endpoint(_with_body(request, body))
        return await self._once(request, context, endpoint, key, body)

    async def _once(self, request: Request, context: Context, endpoint: Answer, key: str, body: bytes) -> Response:
        kept = await idempotency.claim(context.session, context.customer_id, key, request, body)
        if kept is not None:
            return kept
        response = await endpoint(_with_body(request, body))
        if response.status_code < 400:
            await idempotency.keep(context.session, context.customer_id, key, response)
        return response


class ReadRoute(APIRoute):
    """A route that asks a key and reads by the driver, without a transaction: a third of the cost of any other."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        endpoint = super().get_route_handler()

        async def attempt(request: Request) -> Response:
            async with driver_connection(request.app.state.engine) as connection:
                request.state.context = await authenticate_read(request, connection)
                return await endpoint(request)

        async def handler(request: Request) -> Response:
            try:
                return await attempt(request)
            except ConnectionError:
                # The server was started again; the pool has other connections, or makes new ones.
                return await attempt(request)

        return handler


def new_router(tag: str, *, public: bool = False) -> APIRouter:
    """A router of transactions under ``tag``; paths are written in full (``/api/contacts``).

    It declares what every operation can answer (401, 413 if it has a body, 422, 500, 503); endpoints add their own
    404 and 409.
    ``public`` routes ask no key: they depend on ``PublicCtx``.
    """
    if public:
        return APIRouter(tags=[tag], route_class=PublicRoute, responses=problems(422, 500, 503))
    return keyed_router(tag, TransactionRoute)


def new_read_router(tag: str) -> APIRouter:
    """A router for what is read most; endpoints depend on ``ReadCtx`` and answer a ``Response`` with its bytes."""
    return keyed_router(tag, ReadRoute)


def keyed_router(tag: str, route_class: type[APIRoute]) -> APIRouter:
    """``new_router`` with routes of another class that asks a key."""
    responses = problems(401, 422, 500, 503)
    return APIRouter(tags=[tag], route_class=route_class, dependencies=[Depends(_bearer)], responses=responses)


async def _read_body(request: Request) -> bytes:
    """The body, once for all tries. Raises a 413 as soon as it is larger than ``max_body_bytes``."""
    if not hasattr(request.state, "body"):
        limit: int = request.app.state.settings.max_body_bytes
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            raise _too_large(limit)
        read = bytearray()
        async for chunk in request.stream():
            read += chunk
            if len(read) > limit:
                raise _too_large(limit)
        request.state.body = bytes(read)
    body: bytes = request.state.body
    return body


def _too_large(limit: int) -> HTTPException:
    # The server throws away what is left of the body: closing the connection would cut the answer off.
    return HTTPException(413, f"The body is larger than {limit} bytes.")


def _with_body(request: Request, body: bytes) -> Request:
    """The request as its endpoint reads it, from its first byte again."""
    return Request(request.scope, _replay(body, request.receive))


def _replay(body: bytes, rest: Receive) -> Receive:
    first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return first.pop() if first else await rest()

    return receive
