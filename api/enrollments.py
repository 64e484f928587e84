"""Enrollments: contacts are enrolled in sequences, paused, resumed, stopped and removed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import Body as FromBody
from fastapi import Response
from pydantic import AwareDatetime, ConfigDict, Field, model_validator
from sqlalchemy import select

from api.dependencies import Context, Ctx
from api.filters import INVALID, FilterRules, in_time, matching
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, Read
from db import enrolling, enrollments, enrollments_listing, references
from db.enrolling import EnrollVerdict, Verdict
from db.models import Contact, SequenceEnrollment, SequenceStep
from domain.errors import FieldError, Invalid
from domain.vocabulary import CompletionReason, EnrollmentSource, EnrollmentStatus, StepType, WaitingReason

router = new_router("enrollments")

MAX_ENROLL = 1_000
MAX_BULK_ENROLL = 10_000
_ID = "0198c0de-0000-7000-8000-000000000001"


class Enroll(Body):
    """Contacts to enroll."""

    model_config = ConfigDict(json_schema_extra={"example": {"contact_ids": [_ID]}})
    contact_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_ENROLL)]


class BulkEnroll(Body):
    """Whom to enroll: exactly one of the three."""

    model_config = ConfigDict(json_schema_extra={"example": {"list_id": _ID}})
    contact_ids: Annotated[list[UUID], Field(min_length=1, max_length=MAX_BULK_ENROLL)] | None = None
    list_id: UUID | None = Field(default=None, description="Everybody who is on the list now")
    filter: FilterRules | None = Field(default=None, description="Everybody whom the rules find now, oldest first")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if sum(given is not None for given in (self.contact_ids, self.list_id, self.filter)) != 1:
            raise ValueError("give exactly one of contact_ids, list_id and filter")
        return self


class EnrollResult(Read):
    """What became of one contact."""

    contact_id: UUID
    verdict: Verdict
    enrollment_id: UUID | None = Field(description="Also of one that was enrolled before")


class Enrolled(Read):
    """How many were enrolled, and the verdict on each contact."""

    enrolled: int = Field(examples=[1])
    results: list[EnrollResult]

    @classmethod
    def of(cls, verdicts: Iterable[EnrollVerdict]) -> Self:
        """The verdicts as an answer."""
        results = [EnrollResult.model_validate(one) for one in verdicts]
        return cls(enrolled=sum(one.verdict is Verdict.ENROLLED for one in results), results=results)


class CurrentStep(Read):
    """The step at which an enrollment stands."""

    id: UUID
    step_order: int = Field(examples=[1])
    step_type: StepType


class EnrollmentRead(Read):
    """An enrollment of a contact in a sequence."""

    id: UUID
    sequence_id: UUID
    contact_id: UUID
    status: EnrollmentStatus
    enrolled_at: datetime | None
    enrolled_by: UUID | None
    enrollment_source: EnrollmentSource | None
    current_step_id: UUID | None
    current_step: CurrentStep | None = Field(default=None, description="The step that comes next, or is waited for")
    last_step_completed_at: datetime | None
    next_step_scheduled_at: datetime | None
    completed_at: datetime | None
    completion_reason: CompletionReason | None
    email_account_id: UUID | None = Field(description="The mailbox that keeps the thread")
    waiting_reason: WaitingReason | None = Field(description="None while it simply waits for its next step to be due")
    paused_at: datetime | None
    resume_at: datetime | None
    remaining_seconds: float | None = Field(description="What was left of the delay when it was paused")
    last_error: str | None
    total_emails_sent: int | None = Field(examples=[0])
    total_opens: int | None = Field(examples=[0])
    total_clicks: int | None = Field(examples=[0])
    total_replies: int | None = Field(examples=[0])

    @classmethod
    def of(cls, enrollment: SequenceEnrollment, step: SequenceStep | None) -> Self:
        """The rows as one answer."""
        read = cls.model_validate(enrollment)
        read.current_step = CurrentStep.model_validate(step) if step else None
        return read


class Pause(Body):
    """How long to pause."""

    model_config = ConfigDict(json_schema_extra={"example": {"resume_at": "2026-12-01T09:00:00Z"}})
    resume_at: AwareDatetime | None = Field(default=None, description="Resumes by itself then; none: until resumed")


class Resume(Body):
    """How to go on."""

    model_config = ConfigDict(json_schema_extra={"example": {"at_once": False}})
    at_once: bool = Field(default=False, description="Do not wait for what was left of the delay")


_NOT_ACTIVE = (409, "sequence.not_active", "The sequence is draft; activate it before contacts are enrolled.")
_WRONG_STATE = (
    409,
    "enrollment.wrong_state",
    "This enrollment is stopped and cannot become paused; from stopped it may become: nothing: it is final.",
)


@router.post("/api/sequences/{id}/enroll", summary="Enroll contacts", responses=problems(404, _NOT_ACTIVE, 413))
async def enroll_contacts(id: UUID, body: Enroll, ctx: Ctx) -> Enrolled:
    """Each contact gets a verdict; one that cannot be enrolled keeps no other from it.

    The sequence is active, or paused: what comes due then waits.
    """
    how = _how(ctx, id, EnrollmentSource.API)
    return Enrolled.of(await enrolling.enroll(ctx.session, contact_ids=body.contact_ids, **how))


@router.post(
    "/api/sequences/{id}/bulk-enroll",
    summary="Enroll many contacts, a list, or whom a filter finds",
    responses=problems(404, _NOT_ACTIVE, 413, INVALID),
)
async def bulk_enroll_contacts(id: UUID, body: BulkEnroll, ctx: Ctx) -> Enrolled:
    """As enroll, for everybody who is on a list now, or up to 10,000 contacts that are named or that a filter finds."""
    how = _how(ctx, id, EnrollmentSource.BULK_IMPORT)
    contact_ids = body.contact_ids if body.filter is None else await _found(ctx, body.filter)
    if contact_ids is not None:
        return Enrolled.of(await enrolling.enroll(ctx.session, contact_ids=contact_ids, **how))
    assert body.list_id is not None
    await references.check(ctx.session, customer_id=ctx.customer_id, fields={"list_id": body.list_id})
    return Enrolled.of(await enrolling.enroll_list(ctx.session, list_id=body.list_id, **how))


async def _found(ctx: Context, rules: Mapping[str, Any]) -> list[UUID]:
    """Whom the rules find, in the order in which they became contacts. Raises ``Invalid`` if they are too many."""
    found = select(Contact.id).where(await matching(ctx, rules, "/filter"))
    async with in_time(ctx, "/filter"):
        oldest = found.order_by(Contact.created_at, Contact.id).limit(MAX_BULK_ENROLL + 1)
        contact_ids = list(await ctx.session.scalars(oldest))
    if len(contact_ids) > MAX_BULK_ENROLL:
        detail = f"finds more than {MAX_BULK_ENROLL} contacts, the most of one call; nobody was enrolled"
        wrong = FieldError("/filter", "too_many", detail)
        raise Invalid("bulk_enroll.too_many", f"The filter {detail}.", (wrong,))
    return contact_ids


def _how(ctx: Context, sequence_id: UUID, source: EnrollmentSource) -> dict[str, Any]:
    return {
        "customer_id": ctx.customer_id,
        "sequence_id": sequence_id,
        "enrolled_by": ctx.user_id,
        "source": source,
        "now": ctx.now,
    }


@router.get("/api/enrollments", summary="List enrollments")
async def list_enrollments(
    ctx: Ctx,
    page: PageQuery,
    sequence_id: UUID | None = None,
    contact_id: UUID | None = None,
    status: EnrollmentStatus | None = None,
) -> Page[EnrollmentRead]:
    """The newest first."""
    # Two entities make one row here; paginate takes any statement.
    statement: Any = enrollments_listing.listing(
        customer_id=ctx.customer_id, sequence_id=sequence_id, contact_id=contact_id, status=status
    )
    keys = (SequenceEnrollment.enrolled_at, SequenceEnrollment.id)
    rows, next_cursor, total = await paginate(ctx.session, statement, keys, page)
    return Page.of(([EnrollmentRead.of(row[0], row[1]) for row in rows], next_cursor, total))


@router.get("/api/enrollments/{id}", summary="Get an enrollment", responses=problems(404))
async def get_enrollment(id: UUID, ctx: Ctx) -> EnrollmentRead:
    """With the step at which it stands."""
    row = await enrollments_listing.get(ctx.session, customer_id=ctx.customer_id, enrollment_id=id)
    return EnrollmentRead.of(row[0], row[1])


@router.put(
    "/api/enrollments/{id}/pause",
    summary="Pause an enrollment",
    responses=problems(404, _WRONG_STATE),
)
async def pause_enrollment(id: UUID, ctx: Ctx, body: Annotated[Pause | None, FromBody()] = None) -> EnrollmentRead:
    """Freezes what is left of the delay. The body may be left out."""
    resume_at = body.resume_at if body else None
    if resume_at is not None and resume_at <= ctx.now:
        wrong = FieldError("/resume_at", "past", f"must be after now, {ctx.now:%Y-%m-%dT%H:%M:%SZ}")
        raise Invalid("request.invalid", "The request has 1 wrong field.", (wrong,))
    await enrollments.pause(
        ctx.session, customer_id=ctx.customer_id, enrollment_id=id, now=ctx.now, resume_at=resume_at
    )
    return await get_enrollment(id, ctx)


@router.put(
    "/api/enrollments/{id}/resume",
    summary="Resume an enrollment",
    responses=problems(404, _WRONG_STATE),
)
async def resume_enrollment(id: UUID, ctx: Ctx, body: Annotated[Resume | None, FromBody()] = None) -> EnrollmentRead:
    """Goes on with what was left of the delay, or at once. The body may be left out."""
    await enrollments.resume(
        ctx.session,
        customer_id=ctx.customer_id,
        enrollment_id=id,
        now=ctx.now,
        at_once=body.at_once if body else False,
    )
    return await get_enrollment(id, ctx)


@router.post("/api/enrollments/{id}/stop", summary="Stop an enrollment", responses=problems(404, _WRONG_STATE))
async def stop_enrollment(id: UUID, ctx: Ctx) -> EnrollmentRead:
    """Ends it for good: once this is answered, no send begins that was not yet claimed."""
    await enrollments.stop(ctx.session, customer_id=ctx.customer_id, enrollment_id=id, now=ctx.now)
    return await get_enrollment(id, ctx)


@router.delete("/api/enrollments/{id}", status_code=204, summary="Remove an enrollment", responses=problems(404))
async def delete_enrollment(id: UUID, ctx: Ctx) -> Response:
    """Stops it if it is open, and removes it; its sent messages stay in the ledger."""
    await enrollments.remove(ctx.session, customer_id=ctx.customer_id, enrollment_id=id, now=ctx.now)
    return Response(status_code=204)
