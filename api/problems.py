"""Every error as application/problem+json (RFC 9457), and the same errors as OpenAPI responses.

A problem has ``type`` (always ``about:blank``: the stable name of an error is its ``code``), ``title``, ``status``,
``detail``, ``code`` and ``instance`` (the path); a 422 lists the wrong places in ``errors``, each with a JSON
Pointer (RFC 6901) into the body or the name of the ``parameter``, a code and a sentence.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from db.transience import RETRYABLE, sqlstate
from domain.errors import Conflict, Invalid, NotFound, OpenDoorsError, Outdated, Unauthorized

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 1

_STATUS_OF: Mapping[type[OpenDoorsError], int] = {
    NotFound: 404,
    Conflict: 409,
    Outdated: 412,
    Invalid: 422,
    Unauthorized: 401,
}
_HTTP_CODES = {
    400: "request.malformed",
    404: "path.not_found",
    405: "method.not_allowed",
    413: "request.too_large",
    415: "request.media_type",
}
_EXAMPLES: Mapping[int, tuple[str, str]] = {
    401: ("key.unknown", "The API key is unknown or revoked."),
    404: ("contact.not_found", "There is no contact with id 0198c0de-0000-7000-8000-000000000001."),
    409: ("sequence.not_active", "The sequence is draft; only an active one takes enrollments."),
    412: ("contact.changed", "The contact was changed meanwhile: read it again, then change that."),
    413: ("request.too_large", "The body is larger than 33554432 bytes."),
    415: ("request.media_type", "The body must be application/json or text/csv."),
    422: ("request.invalid", "The request has 1 wrong field."),
    500: ("internal", "Something went wrong on our side; the request changed nothing."),
    503: ("database.unavailable", "The database cannot be reached; the request changed nothing. Try again."),
}
_EXAMPLE_ERRORS = [{"pointer": "/emial", "code": "unknown_field", "detail": "is not a field here"}]
_CODE_OF_PYDANTIC = {"extra_forbidden": "unknown_field", "json_invalid": "json"}


def problem(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """One problem as an answer."""
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": _title(status),
        "status": status,
        "detail": detail,
        "code": code,
        "instance": request.url.path,
    }
    if errors:
        content["errors"] = errors
    return Response(json.dumps(content, ensure_ascii=True), status, dict(headers or {}), MEDIA_TYPE)


def problems(*statuses: int | tuple[int, str, str]) -> dict[int | str, dict[str, Any]]:
    """``responses=`` of an endpoint: each status with an example, or (status, code, detail) for one of its own."""
    responses: dict[int | str, dict[str, Any]] = {}
    for one in statuses:
        status, code, detail = one if isinstance(one, tuple) else (one, *_EXAMPLES[one])
        title = _title(status)
        example: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": detail}
        example |= {"code": code, "instance": "/api/contacts"}
        if status == 422:
            example["errors"] = _EXAMPLE_ERRORS
        schema = {"$ref": "#/components/schemas/Problem"}
        responses[status] = {"description": title, "content": {MEDIA_TYPE: {"schema": schema, "example": example}}}
    return responses


PROBLEM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "An error as RFC 9457 says it.",
    "required": ["type", "title", "status", "detail", "code", "instance"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "The phrase of the HTTP status"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, for a person"},
        "code": {"type": "string", "description": "What is wrong, for a program: stable"},
        "instance": {"type": "string", "description": "The path that was asked"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON Pointer into the body (RFC 6901)"},
                    "parameter": {"type": "string", "description": "The parameter of path, query or header"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def install(app: FastAPI) -> None:
    """Make the app answer every error as a problem; what nothing here knows is ``internal_problem``'s."""
    app.exception_handler(OpenDoorsError)(_own_problem)
    app.exception_handler(RequestValidationError)(_validation_problem)
    app.exception_handler(HTTPException)(_http_problem)
    app.exception_handler(DBAPIError)(_database_problem)
    app.exception_handler(PoolTimeout)(_unavailable_problem)
    app.exception_handler(ConnectionError)(_unavailable_problem)


def internal_problem(request: Request) -> Response:
    """The answer to an error that nobody foresaw: it says nothing of what went wrong inside."""
    return problem(request, 500, *_EXAMPLES[500])


async def _own_problem(request: Request, error: OpenDoorsError) -> Response:
    status = next(status for kind, status in _STATUS_OF.items() if isinstance(error, kind))
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    fields = error.fields if isinstance(error, Invalid) else ()
    errors = [{"pointer": one.pointer, "code": one.code, "detail": one.detail} for one in fields]
    return problem(request, status, error.code, error.detail, errors=errors, headers=headers)


async def _validation_problem(request: Request, error: RequestValidationError) -> Response:
    errors = [wrong_place(one) for one in error.errors()]
    count = f"{len(errors)} wrong field{'' if len(errors) == 1 else 's'}"
    return problem(request, 422, "request.invalid", f"The request has {count}.", errors=errors)


async def _http_problem(request: Request, error: HTTPException) -> Response:
    code = _HTTP_CODES.get(error.status_code, f"http.{error.status_code}")
    return problem(request, error.status_code, code, str(error.detail), headers=error.headers)


async def _database_problem(request: Request, error: DBAPIError) -> Response:
    """What the database refused: a value of the client's, a state, or its service; anything else is ours."""
    state = sqlstate(error)
    if state.startswith("22"):
        return problem(request, 422, "request.value_refused", "A value cannot be stored: it is out of range or form.")
    if state in {"23505", "23503"}:
        detail = "Another request changed the same things at the same moment; the request changed nothing."
        return problem(request, 409, "request.conflict", detail)
    lost = error.connection_invalidated or state[:2] in {"08", "53", "57"}
    if lost or isinstance(error, OperationalError | InterfaceError):
        return await _unavailable_problem(request, error)
    if state in RETRYABLE:
        detail = "Too many requests change the same things at this moment; the request changed nothing. Try again."
        return problem(request, 503, "database.busy", detail, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    raise error


async def _unavailable_problem(request: Request, _error: Exception) -> Response:
    return problem(request, 503, *_EXAMPLES[503], headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def _title(status: int) -> str:
    """The phrase of RFC 9110, which Python 3.11 does not know for two statuses that we use."""
    return {413: "Content Too Large", 422: "Unprocessable Content"}.get(status) or HTTPStatus(status).phrase


def pointer(parts: tuple[str | int, ...]) -> str:
    """The JSON Pointer (RFC 6901) of a path into a body."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def wrong_place(error: Mapping[str, Any]) -> dict[str, str]:
    """A pydantic error as a member of ``errors``."""
    source, *parts = error["loc"]
    code = _CODE_OF_PYDANTIC.get(error["type"], error["type"])
    detail = {
        "extra_forbidden": "is not a field here",
        "missing": "is required",
        "json_invalid": f"The body is not JSON: {error.get('ctx', {}).get('error')} at character {parts[:1]}",
    }.get(error["type"], str(error["msg"]).removeprefix("Value error, "))
    if source == "body":
        return {
            "pointer": "" if error["type"] == "json_invalid" else pointer(tuple(parts)),
            "code": code,
            "detail": detail,
        }
    return {"parameter": str(parts[0]) if parts else source, "code": code, "detail": detail}
