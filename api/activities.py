"""ContactActivities: what happened with contacts, recorded by clients and by the product itself."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from pydantic import AwareDatetime, BaseModel, Field, IPvAnyAddress, StringConstraints

from api.dependencies import Ctx
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, JsonObject, LongText, Name, Read, ShortText, Text
from db import contact_activities, contacts
from db.models import ContactActivity
from domain.errors import FieldError, Invalid
from domain.vocabulary import ActivityType

router = new_router("activities")

CLOCKS_DIFFER = timedelta(minutes=5)
SUMMARY_DAYS = 30
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


class ActivitySummary(BaseModel):
    """Counts of activities from `since` (in) to `until` (out)."""

    since: datetime
    until: datetime
    total: int = Field(examples=[3])
    contacts: int = Field(examples=[2], description="How many contacts the activities are of")
    by_type: dict[ActivityType, int] = Field(
        examples=[{kind.value: int(kind is ActivityType.EMAIL_OPENED) * 3 for kind in ActivityType}],
        description="Every type, also those with none",
    )


@router.get("/api/contacts/{id}/activities", summary="List the activities of a contact", responses=problems(404))
async def list_contact_activities(
    id: UUID, ctx: Ctx, page: PageQuery, activity_type: ActivityType | None = None
) -> Page[ActivityRead]:
    """Latest first."""
    await contacts.get(ctx.session, customer_id=ctx.customer_id, contact_id=id)
    statement = contact_activities.listing(customer_id=ctx.customer_id, contact_id=id, activity_type=activity_type)
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
    if body.occurred_at is not None and body.occurred_at > ctx.now + CLOCKS_DIFFER:
        wrong = FieldError("/occurred_at", "future", "lies in the future")
        raise Invalid("activity.future", "An activity is recorded after it happened.", (wrong,))
    fields = body.model_dump() | {"ip_address": str(body.ip_address) if body.ip_address else None}
    recorded = await contact_activities.record(ctx.session, customer_id=ctx.customer_id, fields=fields, now=ctx.now)
    response.status_code = 200 if recorded.known else 201
    return ActivityRead.model_validate(recorded.row)


@router.get("/api/activities/summary", summary="Count activities by type")
async def summarize_activities(
    ctx: Ctx,
    since: Annotated[AwareDatetime | None, Query(description="30 days before `until` when it is left out")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Now when it is left out")] = None,
    contact_id: UUID | None = None,
    sequence_id: UUID | None = None,
) -> ActivitySummary:
    """Counted from the rows at the moment of the answer."""
    end = until or ctx.now
    begin = since or end - timedelta(days=SUMMARY_DAYS)
    counts, people = await contact_activities.summary(
        ctx.session,
        customer_id=ctx.customer_id,
        since=begin,
        until=end,
        contact_id=contact_id,
        sequence_id=sequence_id,
    )
    return ActivitySummary(since=begin, until=end, total=sum(counts.values()), contacts=people, by_type=counts)
