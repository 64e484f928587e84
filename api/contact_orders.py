"""The orders in which contacts are listed."""

from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, WithJsonSchema

from api.sorting import Order
from db import contact_search
from db.models import Contact
from domain.errors import Invalid

FIELDS = (
    "created_at",
    "updated_at",
    "email",
    "first_name",
    "last_name",
    "full_name",
    "job_title",
    "company_name",
    "company_domain",
    "country",
    "last_seen_at",
    "last_contacted_at",
    "last_opened_at",
    "last_clicked_at",
    "last_replied_at",
    "last_enriched_at",
    "total_emails_received",
    "total_replies",
    "open_rate",
    "click_rate",
    "reply_rate",
    "enrichment_score",
)
RELEVANCE = "relevance"
NEWEST = "-created_at"
ID = Contact.__table__.c.id
NAMES = (RELEVANCE, *(sign + field for field in FIELDS for sign in ("", "-")))
SORT = (
    "A field of contacts, with `-` before it the greatest first; empty values are last. By default `relevance` "
    "for a search by `q`, else `-created_at`"
)


def _known(name: str) -> str:
    if name not in NAMES:
        raise ValueError(f"must be relevance or, with or without -, one of {', '.join(FIELDS)}")
    return name


Sort = Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": list(NAMES)})]
SortQuery = Annotated[Sort | None, Query(description=SORT)]


def order_of(sort: str | None, q: str | None) -> Order:
    """The order that a client chose; raises ``Invalid`` for relevance to nothing."""
    name = sort or (NEWEST if q is None else RELEVANCE)
    if name == RELEVANCE:
        if q is None:
            raise Invalid("sort.relevance", "Contacts are sorted by relevance only where q searches for something.")
        return Order(name=name, column=contact_search.relevance(q), id=ID, descending=True)
    column = Contact.__table__.c[name.removeprefix("-")]
    return Order(name=name, column=column, id=ID, descending=name.startswith("-"))
