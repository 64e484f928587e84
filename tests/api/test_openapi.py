"""The document says everything: each operation has a summary, examples that are right, and every error."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from api.app import create_app
from api.openapi import operations
from settings import Settings

Json = dict[str, Any]
DOCUMENT = create_app(Settings()).openapi()
EACH = [pytest.param(path, method, one, id=f"{method} {path}") for path, method, one in operations(DOCUMENT)]
SEEDS = """
GET /api/contacts · POST /api/contacts · GET /api/contacts/{id} · PUT /api/contacts/{id} · DELETE /api/contacts/{id}
POST /api/contacts/bulk · GET /api/lists · POST /api/lists · GET /api/lists/{id} · PUT /api/lists/{id}
DELETE /api/lists/{id} · POST /api/lists/{id}/contacts · DELETE /api/lists/{id}/contacts
GET /api/contacts/{id}/activities · POST /api/activities · GET /api/activities/summary
POST /api/contacts/{id}/enrich · GET /api/enrichment/status · POST /api/sequences · GET /api/sequences
GET /api/sequences/{id} · PUT /api/sequences/{id} · DELETE /api/sequences/{id} · POST /api/sequences/{id}/steps
PUT /api/sequences/{id}/steps/{stepId} · POST /api/sequences/{id}/enroll · POST /api/sequences/{id}/bulk-enroll
DELETE /api/enrollments/{id} · PUT /api/enrollments/{id}/pause · PUT /api/enrollments/{id}/resume
"""


def test_every_endpoint_of_the_data_models_is_there() -> None:
    wanted = {one.strip() for line in SEEDS.split("\n") for one in line.split("·") if one.strip()}
    assert wanted <= {f"{method.upper()} {path}" for path, method, _ in operations(DOCUMENT)}


@pytest.mark.parametrize(("path", "method", "operation"), EACH)
def test_an_operation_has_a_summary_a_name_and_a_tag(path: str, method: str, operation: Json) -> None:
    assert operation["summary"]
    assert operation["operationId"].isidentifier()
    assert operation["tags"]


def test_operation_names_are_unique() -> None:
    names = [operation["operationId"] for _, _, operation in operations(DOCUMENT)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("path", "method", "operation"), EACH)
def test_every_body_and_answer_has_an_example_that_fits_its_schema(path: str, method: str, operation: Json) -> None:
    for place in (operation.get("requestBody", {}), *operation["responses"].values()):
        for content in place.get("content", {}).values():
            schema = {**content.get("schema", {}), "components": DOCUMENT["components"]}
            Draft202012Validator(schema).validate(content["example"])


@pytest.mark.parametrize(("path", "method", "operation"), EACH)
def test_an_operation_names_every_error_that_it_can_give(path: str, method: str, operation: Json) -> None:
    expected = {"500", "503"}
    if path.startswith("/api"):
        expected |= {"401", "422"}
    # The pixel is a picture whatever is asked for.
    if "{" in path and not path.startswith("/t/o/"):
        expected |= {"404"}
    if "requestBody" in operation:
        expected |= {"413"}
    assert expected <= operation["responses"].keys()
    for status, answer in operation["responses"].items():
        if int(status) >= 400 and path.startswith("/api"):
            assert list(answer["content"]) == ["application/problem+json"]


@pytest.mark.parametrize(("path", "method", "operation"), EACH)
def test_a_post_with_a_key_takes_an_idempotency_key(path: str, method: str, operation: Json) -> None:
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    assert ("Idempotency-Key" in names) == (method == "post" and path.startswith("/api"))


@pytest.mark.parametrize(("path", "method", "operation"), EACH)
def test_all_but_health_and_the_links_of_emails_ask_a_key(path: str, method: str, operation: Json) -> None:
    assert ("security" in operation) == path.startswith("/api")
