"""Why is it waiting? The explanation of an enrollment."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import Field

from api.dependencies import Ctx
from api.enrollments import CurrentStep
from api.problems import problems
from api.routing import new_router
from api.schemas import Read
from db import explanations
from domain.enrollments import Plan
from domain.scheduling.explanations import Explanation, Place, State
from domain.scheduling.obstacles import Obstacle, Resource
from domain.vocabulary import Blocker, EnrollmentStatus

router = new_router("enrollments")


class SettingRead(Read):
    """The field that causes it, by its name in the API, and its value."""

    resource: Resource
    id: UUID
    field: str = Field(examples=["daily_limit"])
    value: Any = Field(examples=[100])


class BlockerRead(Read):
    """One thing that is waited for."""

    kind: Blocker
    detail: str = Field(
        examples=["ann@customer.example sends at most 100 emails a day (Europe/Berlin), and 2026-11-23 is full."]
    )
    setting: SettingRead
    lifts_at: datetime | None = Field(description="None where no instant is known; `lifts_when` then says what ends it")
    lifts_when: str | None = Field(description="What has to happen", examples=[None])

    @classmethod
    def of(cls, obstacle: Obstacle) -> Self:
        return cls(
            kind=obstacle.kind,
            detail=obstacle.detail,
            setting=SettingRead.model_validate(obstacle.setting),
            lifts_at=obstacle.lifts_at,
            lifts_when=obstacle.lifts_when,
        )


class PlaceRead(Read):
    """The email's place among all that its mailbox is still to send."""

    id: UUID = Field(description="The mailbox")
    place: int = Field(examples=[12])
    ahead: int = Field(description="How many emails come before it", examples=[11])

    @classmethod
    def of(cls, place: Place | None) -> Self | None:
        return cls(id=place.mailbox_id, place=place.ahead + 1, ahead=place.ahead) if place else None


class ExplanationRead(Read):
    """How an enrollment stands, and everything that it waits for."""

    enrollment_id: UUID
    status: EnrollmentStatus
    state: State = Field(
        description="`waiting` for an instant, `held` until something happens, `running` a step that is due, or `ended`"
    )
    step: CurrentStep | None = Field(description="The step that comes next")
    at: datetime | None = Field(description="When it runs if nothing new happens; None while it is held")
    summary: str = Field(
        description="As the Temporal UI shows it",
        examples=["Step 1 (email) is planned for 2026-11-24 09:00:00 UTC, behind the mailbox's daily limit."],
    )
    mailbox: PlaceRead | None = Field(description="None for steps that send no email, and without a slot")
    blockers: list[BlockerRead] = Field(description="In the order in which they are met; none once it has ended")

    @classmethod
    def of(cls, id: UUID, explanation: Explanation) -> Self:
        """The explanation of the enrollment ``id`` as an answer."""
        return cls(
            enrollment_id=id,
            status=explanation.standing.status,
            state=explanation.state,
            step=None if explanation.standing.ended else _step(explanation.standing.plan),
            at=explanation.at,
            summary=explanation.summary,
            mailbox=PlaceRead.of(explanation.place),
            blockers=[BlockerRead.of(one) for one in explanation.obstacles],
        )


def _step(plan: Plan | None) -> CurrentStep | None:
    return CurrentStep(id=plan.step_id, step_order=plan.step_order, step_type=plan.step_type) if plan else None


@router.get("/api/enrollments/{id}/explain", summary="Say why an enrollment waits", responses=problems(404))
async def explain_enrollment(id: UUID, ctx: Ctx) -> ExplanationRead:
    """Every blocker with the setting behind it and when it lifts, by the planner's own ledger. It changes nothing."""
    explanation = await explanations.explain(ctx.session, customer_id=ctx.customer_id, enrollment_id=id, now=ctx.now)
    return ExplanationRead.of(id, explanation)
