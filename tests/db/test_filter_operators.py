"""What each operator finds, on fields of each type."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import null

from domain.vocabulary import CompanySize
from tests.db.conftest import NOW, Scene
from tests.db.filter_scenes import finds, found_of, leaf

DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("equals", "STRASSE", ["Straße", "strasse"]),
        ("not_equals", "strasse", ["100%", "a_b", "", None]),
        ("contains", "%", ["100%"]),
        ("contains", "_", ["a_b"]),
        ("not_contains", "a", ["100%", "", None]),
        ("starts_with", "STR", ["Straße", "strasse"]),
        ("ends_with", "sse", ["Straße", "strasse"]),
        ("greater_than", "b", ["Straße", "strasse"]),
        ("less_than", "b", ["100%", "a_b", ""]),
        ("between", ["a", "b"], ["a_b"]),
        ("in", ["A_B", "100%"], ["100%", "a_b"]),
        ("not_in", ["A_B", "100%"], ["Straße", "strasse", "", None]),
        ("is_empty", None, ["", None]),
        ("is_not_empty", None, ["Straße", "strasse", "100%", "a_b"]),
    ],
)
async def test_operators_on_texts(scene: Scene, operator: str, value: Any, expected: list[Any]) -> None:
    texts = ["Straße", "strasse", "100%", "a_b", "", None]
    assert await found_of(scene, texts, "job_title", leaf("job_title", operator, value)) == expected


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("equals", "51-200", ["51-200"]),
        ("not_equals", "51-200", ["1-10", "1001-5000", None]),
        ("in", ["1-10", "51-200"], ["1-10", "51-200"]),
        ("not_in", ["1-10", "51-200"], ["1001-5000", None]),
        ("greater_than", "11-50", ["51-200", "1001-5000"]),
        ("less_than", "51-200", ["1-10"]),
        ("between", ["11-50", "1001-5000"], ["51-200", "1001-5000"]),
        ("contains", "00", ["51-200", "1001-5000"]),
        ("contains", "nothing", []),
        ("not_contains", "00", ["1-10", None]),
        ("starts_with", "1", ["1-10", "1001-5000"]),
        ("ends_with", "0", ["1-10", "51-200", "1001-5000"]),
        ("is_empty", None, [None]),
        ("is_not_empty", None, ["1-10", "51-200", "1001-5000"]),
    ],
)
async def test_operators_on_enums_whose_order_is_that_of_their_labels(
    scene: Scene, operator: str, value: Any, expected: list[Any]
) -> None:
    sizes = [CompanySize("1-10"), CompanySize("51-200"), CompanySize("1001-5000"), None]
    assert await found_of(scene, sizes, "company_size", leaf("company_size", operator, value)) == expected


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("equals", 25.0, [25]),
        ("not_equals", 25, [0, 70, None]),
        ("greater_than", 24.5, [25, 70]),
        ("less_than", 10**30, [0, 25, 70]),
        ("between", [0, 25], [0, 25]),
        ("in", [0, 70.0], [0, 70]),
        ("in", [0.5, 70], [70]),
        ("not_in", [0, 70], [25, None]),
        ("is_empty", None, [None]),
        ("is_not_empty", None, [0, 25, 70]),
    ],
)
async def test_operators_on_numbers(scene: Scene, operator: str, value: Any, expected: list[Any]) -> None:
    scores = [0, 25, 70, None]
    assert await found_of(scene, scores, "enrichment_score", leaf("enrichment_score", operator, value)) == expected


async def test_operators_on_booleans_and_ids(scene: Scene) -> None:
    flags = [True, False, None]
    assert await found_of(scene, flags, "email_verified", leaf("email_verified", "equals", True)) == [True]
    assert await found_of(scene, flags, "email_verified", leaf("email_verified", "not_equals", True)) == [False, None]
    mine = await scene.contact(created_by=scene.tenant.user_id)
    assert await finds(scene, leaf("id", "in", [str(mine.id), str(uuid4())])) == {mine.id}
    assert await finds(scene, leaf("created_by", "equals", str(scene.tenant.user_id))) == {mine.id}
    assert mine.id not in await finds(scene, leaf("created_by", "is_empty"))
    assert mine.id in await finds(scene, leaf("updated_by", "not_equals", str(scene.tenant.user_id)))


MIDNIGHT = NOW.replace(hour=0, minute=0)


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("equals", "today", [MIDNIGHT, NOW]),
        ("equals", "2026-11-22", [MIDNIGHT - TICK]),
        ("equals", "2026-11-23T10:00:00+01:00", [NOW]),
        ("not_equals", "today", [NOW - 30 * DAY, MIDNIGHT - TICK, NOW + DAY, None]),
        ("in", ["2026-11-22", "tomorrow"], [MIDNIGHT - TICK, NOW + DAY]),
        ("greater_than", "30 days ago", [MIDNIGHT - TICK, MIDNIGHT, NOW, NOW + DAY]),
        ("less_than", "today", [NOW - 30 * DAY, MIDNIGHT - TICK]),
        ("between", ["2026-10-24", "2026-11-22"], [NOW - 30 * DAY, MIDNIGHT - TICK]),
        ("date_relative", "last 30 days", [NOW - 30 * DAY, MIDNIGHT - TICK, MIDNIGHT, NOW]),
        ("date_relative", "next 1 day", [NOW, NOW + DAY]),
        ("date_relative", "this week", [MIDNIGHT, NOW, NOW + DAY]),
        ("date_relative", "last month", [NOW - 30 * DAY]),
        ("is_empty", None, [None]),
    ],
)
async def test_operators_on_instants(scene: Scene, operator: str, value: Any, expected: list[Any]) -> None:
    instants = [NOW - 30 * DAY, MIDNIGHT - TICK, MIDNIGHT, NOW, NOW + DAY, None]
    assert await found_of(scene, instants, "last_opened_at", leaf("last_opened_at", operator, value)) == expected


OBJECTS: list[Any] = ["Red", "25", "25.0", 25, 1.50, True, None, "", [], {}, ["red", 25], {"a": 1}, "2026-11-23"]


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("equals", "red", ["Red"]),
        ("equals", "25", ["25", 25]),
        ("equals", 25, ["25", "25.0", 25]),
        ("equals", True, [True]),
        ("in", ["RED", 1.5], ["Red", 1.50]),
        ("contains", "RED", ["Red", ["red", 25]]),
        ("contains", "5", ["25", "25.0", 25, 1.50]),
        ("contains", 25, ["25", "25.0", 25, ["red", 25]]),
        ("starts_with", "tr", [True]),
        ("greater_than", 2, ["25", "25.0", 25]),
        ("greater_than", "a", ["Red"]),
        ("less_than", "2026-12-01", ["", "2026-11-23"]),
        ("between", [1, 2], [1.50]),
        ("date_relative", "today", ["2026-11-23"]),
        ("is_empty", None, [None, "", [], {}]),
    ],
)
async def test_operators_on_custom_fields_of_every_kind(
    scene: Scene, operator: str, value: Any, expected: list[Any]
) -> None:
    found = await found_of(scene, OBJECTS, "custom_fields.x", leaf("custom_fields.x", operator, value))
    assert [repr(one) for one in found] == [repr(one) for one in expected]


async def test_a_missing_custom_field_is_empty(scene: Scene) -> None:
    bare = {(await scene.contact(custom_fields=fields)).id for fields in (null(), {}, {"y": 1})}
    assert await finds(scene, leaf("custom_fields.x", "is_empty")) == bare
    assert await finds(scene, leaf("custom_fields.x", "not_equals", 1)) == bare
    assert len(await finds(scene, leaf("custom_fields", "is_empty"))) == 2


async def test_numbers_of_json_keep_all_their_digits(scene: Scene) -> None:
    contact = await scene.contact()
    await scene.execute(
        "UPDATE contacts SET custom_fields = CAST(:json AS jsonb) WHERE id = :id",
        json='{"x": 0.1000000000000000000000000001, "y": 1e400, "z": 1.50}',
        id=contact.id,
    )
    for holding in (leaf("x", "greater_than", 0.1), leaf("y", "greater_than", 1e300), leaf("z", "ends_with", "50")):
        assert await finds(scene, holding | {"field": f"custom_fields.{holding['field']}"}) == {contact.id}
