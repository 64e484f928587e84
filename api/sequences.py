"""Sequences: their bodies, and how they are made, found, changed and moved through their states."""

import re
from collections.abc import Sequence as Many
from datetime import date, datetime, time
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Query, Response
from pydantic import BeforeValidator, ConfigDict, Field, PlainSerializer, StrictBool, StringConstraints, WithJsonSchema

from api.dependencies import Context, Ctx
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, LongText, Name, Read, Text, Timezone
from api.steps import EXAMPLE as EXAMPLE_STEP
from api.steps import StepCreate, StepRead
from api.updates import UNSENT, partial, sent
from db import sequences, steps
from db.models import Sequence, SequenceStep
from db.steps import MAX_STEPS
from domain.vocabulary import GoalType, SequenceStatus

router = new_router("sequences")


_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(:00)?", re.ASCII)


def _clock_time(value: Any) -> Any:
    """HH:MM (or HH:MM:00) as a time; raises ``ValueError``."""
    if value is None or isinstance(value, time):
        return value
    spoken = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    if spoken is None:
        raise ValueError("must be a time of day as HH:MM")
    return time(int(spoken[1]), int(spoken[2]))


ClockTime = Annotated[
    time,
    BeforeValidator(_clock_time),
    PlainSerializer(lambda value: f"{value:%H:%M}", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$", "examples": ["09:00"]}),
]
"""A wall-clock time, to the minute."""
Tag = Annotated[Text, StringConstraints(min_length=1, max_length=100)]
Days = Annotated[list[StrictBool], Field(min_length=7, max_length=7)]
EXAMPLE: dict[str, Any] = {
    "name": "Autumn outreach",
    "sending_timezone": "Europe/Berlin",
    "sending_window_start": "09:00",
    "sending_window_end": "17:00",
    "sending_days": [True, True, True, True, True, False, False],
}


class SequenceFields(Body):
    """What a sequence may have beside its name and owner."""

    description: LongText | None = None
    folder_id: UUID | None = None
    tags: Annotated[list[Tag], Field(max_length=50)] | None = None
    goal_type: GoalType | None = None
    goal_target: Annotated[int, Field(ge=1, le=2_000_000_000)] | None = None
    goal_deadline: date | None = None
    default_email_account_id: UUID | None = Field(default=None, description="Sends steps that name no mailbox")
    sending_timezone: Timezone = Field(default="UTC", description="IANA name of the zone of windows and delays")
    use_contact_timezone: bool = Field(default=False, description="The contact's zone is used where it is valid")
    sending_window_start: ClockTime | None = Field(default=None, description="First minute in it; none: midnight")
    sending_window_end: ClockTime | None = Field(
        default=None, description="First minute after it; one that is not after the start is on the next day"
    )
    sending_days: Days = Field(default=[True] * 5 + [False] * 2, description="Monday first")
    max_emails_per_day: Annotated[
        int, Field(ge=1, le=1_000_000, description="Emails of the sequence per day. Stored; not enforced yet")
    ] = 100
    throttle_delay_minutes: Annotated[
        int, Field(ge=0, le=525_600, description="Least minutes between two sends. Stored; not enforced yet")
    ] = 60
    stop_on_reply: bool = True
    stop_on_bounce: bool = True
    stop_on_unsubscribe: bool = True


class SequenceCreate(SequenceFields):
    """A new sequence, a draft; its steps may come with it."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE | {"steps": [EXAMPLE_STEP]}})
    name: Name
    owner_id: UUID | None = Field(default=None, description="None: the user of the key")
    steps: Annotated[list[StepCreate], Field(max_length=MAX_STEPS)] = Field(default=[])


class SequenceUpdate(SequenceFields):
    """Fields of a sequence that change; the others stay."""

    model_config = ConfigDict(json_schema_extra=partial({"name": "Winter outreach", "max_emails_per_day": 50}))
    name: Name = UNSENT
    owner_id: UUID = UNSENT


class SequenceRead(Read):
    """A sequence."""

    id: UUID
    workspace_id: UUID
    name: str = Field(examples=["Autumn outreach"])
    description: str | None
    status: SequenceStatus
    owner_id: UUID
    folder_id: UUID | None
    tags: list[str] | None
    goal_type: GoalType | None
    goal_target: int | None
    goal_deadline: date | None
    default_email_account_id: UUID | None
    sending_timezone: str | None = Field(examples=["Europe/Berlin"])
    use_contact_timezone: bool
    sending_window_start: ClockTime | None
    sending_window_end: ClockTime | None
    sending_days: list[bool] | None = Field(examples=[EXAMPLE["sending_days"]])
    max_emails_per_day: int | None
    throttle_delay_minutes: int | None
    stop_on_reply: bool | None
    stop_on_bounce: bool | None
    stop_on_unsubscribe: bool | None
    created_at: datetime | None
    updated_at: datetime | None
    created_by: UUID
    updated_by: UUID | None
    total_enrolled: int | None = Field(description="Enrollments that are there", examples=[0])
    total_sent: int | None = Field(examples=[0])
    total_delivered: int | None = Field(examples=[0])
    total_opened: int | None = Field(examples=[0])
    total_clicked: int | None = Field(examples=[0])
    total_replied: int | None = Field(examples=[0])
    total_bounced: int | None = Field(examples=[0])
    total_unsubscribed: int | None = Field(examples=[0])


class SequenceDetail(SequenceRead):
    """A sequence with its steps in their order."""

    steps: list[StepRead] = Field(default=[])

    @classmethod
    def of(cls, sequence: Sequence, its_steps: Many[SequenceStep]) -> Self:
        """The rows as one answer."""
        detail = cls.model_validate(sequence)
        detail.steps = [StepRead.model_validate(step) for step in its_steps]
        return detail


_WRONG_STATE = (
    409,
    "sequence.wrong_state",
    "This sequence is archived and cannot become active; from archived it may become: nothing: it is final.",
)
_NOT_READY = (422, "sequence.not_ready", "The sequence is not ready to run.")
_HAS_ENROLLMENTS = (409, "sequence.has_enrollments", "Contacts are enrolled in it; archive it to keep their history.")


@router.get("/api/sequences", summary="List sequences")
async def list_sequences(
    ctx: Ctx,
    page: PageQuery,
    status: SequenceStatus | None = None,
    folder_id: UUID | None = None,
    owner_id: UUID | None = None,
    tag: Annotated[str | None, Query(max_length=100)] = None,
    q: Annotated[str | None, Query(max_length=255, description="Part of the name")] = None,
) -> Page[SequenceRead]:
    """The newest first, without their steps."""
    statement = sequences.listing(
        customer_id=ctx.customer_id, status=status, folder_id=folder_id, owner_id=owner_id, tag=tag, name=q
    )
    return Page.of(await paginate(ctx.session, statement, (Sequence.created_at, Sequence.id), page))


@router.post("/api/sequences", status_code=201, summary="Create a sequence", responses=problems(413))
async def create_sequence(body: SequenceCreate, ctx: Ctx, response: Response) -> SequenceDetail:
    """A draft: nobody can be enrolled until it is activated."""
    fields = sent(body)
    new_steps = fields.pop("steps", [])
    if fields.get("owner_id") is None:
        fields["owner_id"] = ctx.user_id
    sequence = await sequences.create(
        ctx.session,
        customer_id=ctx.customer_id,
        workspace_id=ctx.workspace_id,
        user_id=ctx.user_id,
        fields=fields,
        now=ctx.now,
    )
    await steps.add_all(ctx.session, sequence, steps=new_steps, now=ctx.now)
    response.headers["Location"] = f"/api/sequences/{sequence.id}"
    return await _detail(ctx, sequence)


@router.get("/api/sequences/{id}", summary="Get a sequence with its steps", responses=problems(404))
async def get_sequence(id: UUID, ctx: Ctx) -> SequenceDetail:
    """The steps come in their order."""
    return await _detail(ctx, await sequences.get(ctx.session, customer_id=ctx.customer_id, sequence_id=id))


@router.patch(
    "/api/sequences/{id}",
    name="patch_sequence",
    summary="Change a sequence (the same as PUT)",
    responses=problems(404, 413, _NOT_READY),
)
@router.put("/api/sequences/{id}", summary="Change a sequence", responses=problems(404, 413, _NOT_READY))
async def update_sequence(id: UUID, body: SequenceUpdate, ctx: Ctx) -> SequenceDetail:
    """Writes the fields that are sent and leaves the others; steps have paths of their own.

    An active or paused sequence must stay ready to run: an edit that would break it is refused as activating
    it would be.
    """
    sequence = await sequences.change(
        ctx.session,
        customer_id=ctx.customer_id,
        sequence_id=id,
        user_id=ctx.user_id,
        fields=sent(body),
        now=ctx.now,
    )
    return await _detail(ctx, sequence)


@router.delete(
    "/api/sequences/{id}",
    status_code=204,
    summary="Delete a sequence",
    responses=problems(404, _HAS_ENROLLMENTS),
)
async def delete_sequence(id: UUID, ctx: Ctx) -> Response:
    """Only one that does not run and in which nobody is enrolled; archive any other."""
    await sequences.remove(ctx.session, customer_id=ctx.customer_id, sequence_id=id)
    return Response(status_code=204)


@router.post(
    "/api/sequences/{id}/activate",
    summary="Activate a sequence",
    responses=problems(404, _WRONG_STATE, _NOT_READY),
)
async def activate_sequence(id: UUID, ctx: Ctx) -> SequenceDetail:
    """From draft (or paused) to active. The 422 names everything that would make it fail once it runs."""
    return await _move(ctx, id, SequenceStatus.ACTIVE)


@router.post("/api/sequences/{id}/pause", summary="Pause a sequence", responses=problems(404, _WRONG_STATE))
async def pause_sequence(id: UUID, ctx: Ctx) -> SequenceDetail:
    """Stops no timer: what comes due waits until the sequence is active again."""
    return await _move(ctx, id, SequenceStatus.PAUSED)


@router.post(
    "/api/sequences/{id}/resume",
    summary="Resume a paused sequence",
    responses=problems(404, _WRONG_STATE, _NOT_READY),
)
async def resume_sequence(id: UUID, ctx: Ctx) -> SequenceDetail:
    """From paused to active: the enrollments that waited for it, and only those, go on."""
    sequence = await sequences.resume(
        ctx.session, customer_id=ctx.customer_id, sequence_id=id, user_id=ctx.user_id, now=ctx.now
    )
    return await _detail(ctx, sequence)


@router.post("/api/sequences/{id}/stop", summary="Stop a sequence", responses=problems(404, _WRONG_STATE))
async def stop_sequence(id: UUID, ctx: Ctx) -> SequenceDetail:
    """Ends every open enrollment in it; it cannot become active again."""
    return await _move(ctx, id, SequenceStatus.STOPPED)


@router.post("/api/sequences/{id}/archive", summary="Archive a sequence", responses=problems(404, _WRONG_STATE))
async def archive_sequence(id: UUID, ctx: Ctx) -> SequenceDetail:
    """From stopped or paused, for good; open enrollments end."""
    return await _move(ctx, id, SequenceStatus.ARCHIVED)


async def _move(ctx: Context, id: UUID, target: SequenceStatus) -> SequenceDetail:
    sequence = await sequences.move(
        ctx.session,
        customer_id=ctx.customer_id,
        sequence_id=id,
        target=target,
        user_id=ctx.user_id,
        now=ctx.now,
    )
    return await _detail(ctx, sequence)


async def _detail(ctx: Context, sequence: Sequence) -> SequenceDetail:
    return SequenceDetail.of(sequence, await steps.of_sequence(ctx.session, sequence.id))
