"""``domain.enriching.enrichment_scores`` in SQL, so that a score is written by the statement that writes the fields."""

from typing import Final

from sqlalchemy import Boolean, Enum

from db.models import Contact
from domain.enriching.enrichment_scores import WEIGHTS


def score_of(alias: str = "") -> str:
    """SQL: the score of a row with the columns of ``contacts``, named plainly or by the row's ``alias``.

    In the SET of an UPDATE columns have their values from before it.
    """
    prefix = f"{alias}." if alias else ""
    return "(" + " + ".join(_worth(name, prefix) for name in WEIGHTS) + ")"


def _worth(name: str, prefix: str) -> str:
    return f"CASE WHEN {_condition(name).format(prefix + name)} THEN {WEIGHTS[name]} ELSE 0 END"


def _condition(name: str) -> str:
    kind = Contact.__table__.c[name].type
    if isinstance(kind, Boolean):
        return "{}"
    return "{} IS NOT NULL" if isinstance(kind, Enum) else "{} <> ''"


SCORE: Final = score_of()
"""SQL: the score over plain column names."""
