"""Many suppressions at once: JSON entries or a file of addresses, each with its verdict."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from starlette.datastructures import Headers

from api import uploads
from api.dependencies import Ctx
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, LongText, ShortText
from api.suppressions import OVER, SuppressionCreate
from db import suppressions
from domain.errors import Invalid
from domain.importing import address_lines
from domain.vocabulary import SuppressionType

router = new_router("suppressions")

MAX_ENTRIES = 10_000
Fields = Mapping[str, Any]


class SuppressionBulk(Body):
    """Entries, each checked by itself as the body of `POST /api/suppressions` is."""

    entries: list[dict[str, Any]] = Field(max_length=MAX_ENTRIES)


class EntryVerdict(StrEnum):
    """What became of an entry."""

    ADDED = "added"
    ALREADY = "already"
    INVALID = "invalid"


class EntryResult(BaseModel):
    """What became of one entry."""

    line: int = Field(examples=[1], description="The line of the file, or the place in the list from 1")
    email: str | None = Field(examples=["bob@example.com"])
    verdict: EntryVerdict
    suppression_id: UUID | None = Field(description="Of an entry that was added")
    reason: str | None = Field(examples=[None], description="Why it is invalid")


class BulkResult(BaseModel):
    """How many entries were added, in force already and invalid, and what became of each in the order of the body."""

    added: int = Field(examples=[1])
    already: int = Field(examples=[0])
    invalid: int = Field(examples=[0])
    results: list[EntryResult]


def _defaults(
    suppression_type: SuppressionType | None = None,
    reason: LongText | None = None,
    source: ShortText | None = None,
    expires_at: AwareDatetime | None = None,
) -> Fields:
    """What entries are that do not say it themselves."""
    given = {"suppression_type": suppression_type, "reason": reason, "source": source, "expires_at": expires_at}
    return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, slots=True)
class _Checked:
    """An entry after its check, or the reason why there is none."""

    line: int
    email: str | None
    entry: SuppressionCreate | None
    reason: str | None = None


_REQUEST_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": SuppressionBulk.model_json_schema(),
            "example": {"entries": [{"email": "bob@example.com"}, {"email": "@example.org"}]},
        },
        "text/csv": {"schema": {"type": "string"}, "example": "bob@example.com\n@example.org\n"},
    },
}


@router.post(
    "/api/suppressions/bulk",
    summary="Suppress many addresses and domains",
    responses=problems(413, 415),
    openapi_extra={"requestBody": _REQUEST_BODY},
)
async def create_suppressions(
    request: Request, ctx: Ctx, defaults: Annotated[Fields, Depends(_defaults)]
) -> BulkResult:
    """Takes JSON, or a file (`text/csv`) with an address or `@domain` on each line, of at most 10,000 entries.

    An entry that is wrong is `invalid` with its reason, and the others are added; one for which there is an entry of
    its type in force is `already` there. A file may begin with a header that names `email` and other fields of an
    entry. What an entry does not say is taken from the query.
    """
    checked = await asyncio.to_thread(_checked_entries, request.headers, await request.body(), defaults, ctx.now)
    # Of entries that say the same the first one counts.
    first = {(one.entry.email, one.entry.suppression_type): one for one in reversed(checked) if one.entry}
    added = await suppressions.add_all(
        ctx.session,
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        user_id=ctx.user_id,
        entries=[one.entry.model_dump() for one in first.values() if one.entry],
        now=ctx.now,
    )
    by_line = {first[key].line: id for key, id in added.items()}
    return _result([_judged(one, by_line) for one in checked])


def _checked_entries(headers: Headers, body: bytes, defaults: Fields, now: datetime) -> list[_Checked]:
    given = list(islice(_given(headers, body), MAX_ENTRIES + 1))
    if len(given) > MAX_ENTRIES:
        raise Invalid("suppressions.too_many", f"The file has more than {MAX_ENTRIES} entries; send it in parts.")
    return [_check(line, {**defaults, **fields}, now) for line, fields in given]


def _given(headers: Headers, body: bytes) -> Iterable[tuple[int, Fields]]:
    if uploads.is_csv(headers):
        return address_lines.read(uploads.text_of(headers, body), SuppressionCreate.model_fields)
    return enumerate(uploads.parsed(SuppressionBulk, body).entries, start=1)


def _check(line: int, fields: Fields, now: datetime) -> _Checked:
    given = fields.get("email")
    shown = given if isinstance(given, str) else None
    try:
        entry = SuppressionCreate.model_validate(fields)
    except ValidationError as error:
        return _Checked(line, shown, None, uploads.reason_of(error, "suppressions"))
    if entry.is_over(now):
        return _Checked(line, entry.email, None, f"expires_at: {OVER}")
    return _Checked(line, entry.email, entry)


def _judged(one: _Checked, added: Mapping[int, UUID]) -> EntryResult:
    suppression_id = added.get(one.line)
    verdict = EntryVerdict.ADDED if suppression_id else EntryVerdict.ALREADY if one.entry else EntryVerdict.INVALID
    return EntryResult(
        line=one.line, email=one.email, verdict=verdict, suppression_id=suppression_id, reason=one.reason
    )


def _result(results: list[EntryResult]) -> BulkResult:
    counts = Counter(one.verdict.value for one in results)
    return BulkResult(**{verdict.value: counts[verdict.value] for verdict in EntryVerdict}, results=results)
