"""One line of log per request, an id on each, and the answer to an error that nobody foresaw."""

import re
import secrets
import time
import traceback

import structlog
from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import internal_problem

HEADER = "X-Request-Id"
_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_log = structlog.get_logger("opendoors.api")


class RequestLog:
    """ASGI middleware. The log names the route, never the path or query: they carry ids, addresses and tokens."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        given = request.headers.get(HEADER, "")
        request_id = given if _SANE.fullmatch(given) else secrets.token_hex(8)
        status, began = 0, time.perf_counter()

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, noted)
            except Exception:
                # As text: a renderer of exceptions may show local variables, which hold keys and personal data.
                told = traceback.format_exc()
                _log.error("request_failed", method=scope["method"], route=_route(scope), exception=told)
                if status:
                    raise
                await internal_problem(request)(scope, receive, noted)
            milliseconds = round((time.perf_counter() - began) * 1000, 1)
            _log.info("request", method=scope["method"], route=_route(scope), status=status, ms=milliseconds)


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", "-"))
