"""ContactActivities: what happened with contacts, recorded by clients and by the product itself."""

from collections import Counter
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from pydantic import AwareDatetime, BaseModel, Field, IPvAnyAddress, StringConstraints, ValidationError

from api.dependencies import Ctx
from api.pagination import Page, PageQuery, paginate
from api.problems import problems, wrong_place
from api.routing import new_router
from api.schemas import Body, JsonObject, LongText, Name, Read, ShortText, Text
from db import activity_reports, contact_activities, contacts
from db.activity_matching import Outcome
from db.models import ContactActivity
from domain.errors import FieldError, Invalid, OpenDoorsError
from domain.vocabulary import ActivityType

router = new_router("activities")

CLOCKS_DIFFER = timedelta(minutes=5)
MAX_BATCH = 1000
_TAKEN = (409, "activity.external_id", "The external_id evt-1 is that of another activity.")
Text100 = Annotated[Text, StringConstraints(max_length=100)]


class ActivityCreate(Body):
    """Something that happened with a contact."""

    contact_id: UUID
    activity_type: ActivityType = Field(examples=["email_opened"])
    activity_subtype: Text100 | None = Field(default=None, examples=["human"])
    sequence_id: UUID | None = Field(default=None, examples=[None])
    sequence_step_id: UUID | None = Field(default=None, examples=[None])
    enrollment_id: UUID | None = Field(default=None, examples=[None])
    email_account_id: UUID | None = Field(default=None, examples=[None])
    email_message_id: ShortText | None = Field(default=None, examples=["<0198c0de@mail.example.com>"])
    occurred_at: AwareDatetime | None = Field(default=None, description="With an offset; now when it is left out")
    metadata: JsonObject = Field(default={}, examples=[{"url": "https://example.com/pricing"}])
    ip_address: IPvAnyAddress | None = Field(default=None, examples=["192.0.2.1"])
    user_agent: LongText | None = Field(default=None, examples=["Mozilla/5.0"])
    geo_country: Text100 | None = Field(default=None, examples=["Spain"])
    geo_city: Text100 | None = Field(default=None, examples=["Madrid"])
    external_id: Name | None = Field(
        default=None, examples=["evt-1"], description="Your id of it: the same again records nothing"
    )


class ActivityRead(Read):
    """A ContactActivity."""

    id: UUID
    contact_id: UUID
    customer_id: UUID
    activity_type: ActivityType = Field(examples=["email_opened"])
    activity_subtype: str | None = Field(examples=["human"])
    sequence_id: UUID | None
    sequence_step_id: UUID | None
    enrollment_id: UUID | None
    email_account_id: UUID | None
    email_message_id: str | None = Field(examples=["<0198c0de@mail.example.com>"])
    occurred_at: datetime
    metadata: dict[str, Any] | None = Field(examples=[{"url": "https://example.com/pricing"}])
    ip_address: str | None = Field(examples=["192.0.2.1"])
    user_agent: str | None = Field(examples=["Mozilla/5.0"])
    geo_country: str | None = Field(examples=["Spain"])
    geo_city: str | None = Field(examples=["Madrid"])
    processed: bool | None
    processed_at: datetime | None
    created_at: datetime | None
    external_id: str | None = Field(examples=["evt-1"])


class ActivityBatch(Body):
    """Activities in the order in which they are recorded; each is checked by itself, as `POST /api/activities` does."""

    activities: list[dict[str, Any]] = Field(min_length=1, max_length=MAX_BATCH)


class BatchVerdict(StrEnum):
    """What became of one activity of a batch."""

    RECORDED = "recorded"
    KNOWN = "known"
    INVALID = "invalid"


class WrongField(BaseModel):
    """A wrong place in the body of a batch."""

    pointer: str = Field(examples=["/activities/0/contact_id"], description="JSON Pointer into the body (RFC 6901)")
    code: str = Field(examples=["not_found"])
    detail: str = Field(examples=["There is no contact with id 0198c0de-0000-7000-8000-000000000001."])


class ActivityVerdict(BaseModel):
    """What became of one activity, with the problem that it would have had alone."""

    index: int = Field(examples=[0], description="Its place in the batch, from 0")
    verdict: BatchVerdict
    activity_id: UUID | None = Field(description="null for an invalid one")
    code: str | None = Field(examples=[None])
    detail: str | None = Field(examples=[None])
    errors: list[WrongField] = Field(examples=[[]])


class BatchResult(BaseModel):
    """How many were recorded, known by their external id before, and invalid; and each in the order of the batch."""

    recorded: int = Field(examples=[1])
    known: int = Field(examples=[0])
    invalid: int = Field(examples=[0])
    results: list[ActivityVerdict]


@router.get("/api/contacts/{id}/activities", summary="List the activities of a contact", responses=problems(404))
async def list_contact_activities(
    id: UUID,
    ctx: Ctx,
    page: PageQuery,
    activity_type: ActivityType | None = None,
    sequence_id: UUID | None = None,
    since: Annotated[AwareDatetime | None, Query(description="The first instant of `occurred_at`")] = None,
    until: Annotated[AwareDatetime | None, Query(description="The first instant after the last")] = None,
) -> Page[ActivityRead]:
    """Latest first. Filters are joined by AND. Months that were detached from the history are not among them."""
    await contacts.get(ctx.session, customer_id=ctx.customer_id, contact_id=id)
    statement = contact_activities.listing(
        customer_id=ctx.customer_id,
        contact_id=id,
        activity_type=activity_type,
        sequence_id=sequence_id,
        since=since,
        until=until,
    )
    keys = (ContactActivity.occurred_at, ContactActivity.id)
    return Page[ActivityRead].of(await paginate(ctx.session, statement, keys, page))


@router.post(
    "/api/activities",
    status_code=201,
    summary="Record an activity",
    responses=problems(_TAKEN) | {200: {"description": "It was recorded before", "model": ActivityRead}},
)
async def create_activity(body: ActivityCreate, ctx: Ctx, response: Response) -> ActivityRead:
    """Opens, clicks and replies also count in the contact and in the enrollment.

    An activity belongs to the enrollment that it names, else to the contact's in `sequence_id`. There a reply ends
    an enrollment whose sequence stops on replies, and conditions that wait are asked again. A bounce or an
    unsubscribe is recorded and suppresses nobody: that is `POST /api/suppressions`, or the contact's `status`.
    """
    fields = _fields(body, ctx.now)
    recorded = await activity_reports.record(ctx.session, customer_id=ctx.customer_id, fields=fields, now=ctx.now)
    response.status_code = 200 if recorded.known else 201
    return ActivityRead.model_validate(recorded.row)


@router.post("/api/activities/batch", summary="Record many activities")
async def create_activities(body: ActivityBatch, ctx: Ctx) -> BatchResult:
    """Each as `POST /api/activities` records it, all in one transaction; invalid ones keep out none of the others."""
    checked = [_checked(given, ctx.now) for given in body.activities]
    valid = [one for one in checked if not isinstance(one, OpenDoorsError)]
    recorded = await activity_reports.record_all(ctx.session, customer_id=ctx.customer_id, reports=valid, now=ctx.now)
    outcomes = iter(recorded)
    results = [
        _verdict(index, one if isinstance(one, OpenDoorsError) else next(outcomes)) for index, one in enumerate(checked)
    ]
    counts = Counter(one.verdict.value for one in results)
    return BatchResult(results=results, **{verdict.value: counts[verdict.value] for verdict in BatchVerdict})


def _fields(body: ActivityCreate, now: datetime) -> dict[str, Any]:
    """The columns of an activity. Raises ``Invalid`` when it lies in the future."""
    if body.occurred_at is not None and body.occurred_at > now + CLOCKS_DIFFER:
        wrong = FieldError("/occurred_at", "future", "lies in the future")
        raise Invalid("activity.future", "An activity is recorded after it happened.", (wrong,))
    return body.model_dump() | {"ip_address": str(body.ip_address) if body.ip_address else None}


def _checked(given: dict[str, Any], now: datetime) -> dict[str, Any] | OpenDoorsError:
    """The columns of an activity of a batch, or what is wrong with it."""
    try:
        return _fields(ActivityCreate.model_validate(given), now)
    except Invalid as problem:
        return problem
    except ValidationError as error:
        places = [wrong_place({**one, "loc": ("body", *one["loc"])}) for one in error.errors(include_url=False)]
        fields = tuple(FieldError(**place) for place in places)
        count = f"{len(fields)} wrong field{'' if len(fields) == 1 else 's'}"
        return Invalid("request.invalid", f"The activity has {count}.", fields)


def _verdict(index: int, outcome: Outcome) -> ActivityVerdict:
    if not isinstance(outcome, OpenDoorsError):
        verdict = BatchVerdict.KNOWN if outcome.known else BatchVerdict.RECORDED
        return ActivityVerdict(
            index=index, verdict=verdict, activity_id=outcome.row.id, code=None, detail=None, errors=[]
        )
    fields = outcome.fields if isinstance(outcome, Invalid) else ()
    errors = [
        WrongField(pointer=f"/activities/{index}{one.pointer}", code=one.code, detail=one.detail) for one in fields
    ]
    return ActivityVerdict(
        index=index,
        verdict=BatchVerdict.INVALID,
        activity_id=None,
        code=outcome.code,
        detail=outcome.detail,
        errors=errors,
    )
