"""The score of a contact: SQL and Python give the same for every row."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from db.enrichment_scores import SCORE, score_of
from domain.enriching.enrichment_scores import WEIGHTS, score
from domain.vocabulary import CompanySize, Department, Industry, Seniority
from tests.db.conftest import Scene

_ENUMS = {"seniority": Seniority, "department": Department, "company_size": CompanySize, "industry": Industry}


def _values(name: str) -> st.SearchStrategy[Any]:
    if name == "email_verified":
        return st.sampled_from([None, False, True])
    return st.sampled_from([None, *_ENUMS[name]]) if name in _ENUMS else st.sampled_from([None, "", "x"])


ROWS = st.fixed_dictionaries({name: _values(name) for name in WEIGHTS})


def test_the_weights_make_a_hundred() -> None:
    assert sum(WEIGHTS.values()) == 100
    assert score({}) == 0
    assert score({"first_name": "Bob", "job_title": "", "email_verified": False}) == 8


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
async def test_sql_and_python_give_the_same_score_for_every_row(scene: Scene) -> None:
    rows: list[dict[str, Any]] = []

    @settings(max_examples=150, database=None, suppress_health_check=list(HealthCheck))
    @given(ROWS)
    def draw(row: dict[str, Any]) -> None:
        rows.append(row)

    draw()
    for row in rows:
        whose = {"id": (await scene.contact(**row)).id}
        async with scene.sessions() as session:
            plain = await session.scalar(text(f"SELECT {SCORE} FROM contacts WHERE id = :id"), whose)
            aliased = await session.scalar(text(f"SELECT {score_of('c')} FROM contacts c WHERE c.id = :id"), whose)
        assert plain == aliased == score(row)
