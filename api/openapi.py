"""The OpenAPI document: FastAPI's, with the schema of problems and an example for every body and answer."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import PROBLEM_SCHEMA

_BY_FORMAT = {
    "uuid": "0198c0de-0000-7000-8000-000000000001",
    "date-time": "2026-11-21T09:00:00Z",
    "date": "2026-12-25",
    "time": "09:00:00",
}
_BY_TYPE = {"string": "text", "integer": 1, "number": 1.0, "boolean": False, "null": None, "object": {}}
METHODS = frozenset({"get", "post", "put", "patch", "delete"})

Json = dict[str, Any]


def install(app: FastAPI) -> None:
    """Make ``app.openapi()`` give the document, built at the first call."""

    def build() -> Json:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    # FastAPI's own way to extend the document is to replace this method.
    app.openapi = build  # type: ignore[method-assign]


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Every (path, method, operation) of the document."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield path, method, operation


def example_of(schema: Json, schemas: Json) -> Any:
    """An example for a schema: its own, else one that is put together from those of its parts."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for given in (schema.get("example"), *(schema.get("examples") or ()), schema.get("const")):
        if given is not None:
            return given
    if "default" in schema:
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    for choice in schema.get("anyOf") or schema.get("oneOf") or ():
        return example_of(choice, schemas)
    if schema.get("type") == "array":
        return [example_of(schema["items"], schemas)] if "items" in schema else []
    if "properties" in schema:
        return {name: example_of(part, schemas) for name, part in schema["properties"].items()}
    return _BY_FORMAT.get(schema.get("format", ""), _BY_TYPE.get(schema.get("type", "null")))


def _document(app: FastAPI) -> Json:
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = dict(PROBLEM_SCHEMA)
    for _, _, operation in operations(document):
        for content in _contents(operation):
            if "schema" in content and not content.keys() & {"example", "examples"}:
                content["example"] = example_of(content["schema"], schemas)
    return document


def _contents(operation: Json) -> Iterator[Json]:
    for place in (operation.get("requestBody", {}), *operation["responses"].values()):
        yield from place.get("content", {}).values()
