"""The steps of sequences: their bodies and how they are added and changed."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path
from pydantic import ConfigDict, Field, StringConstraints

from api.dependencies import Ctx
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, JsonObject, LongText, Name, Read, ShortText, Text
from api.updates import UNSENT, partial, sent
from db import sequences, steps
from db.models import SequenceStep
from domain.vocabulary import ConditionOperator, LinkedinAction, StepType

router = new_router("sequences")

Template = Annotated[Text, StringConstraints(max_length=64 * 1024)]
Order = Annotated[int, Field(ge=1, le=10_000, description="Where the step stands; unique in its sequence")]
Days = Annotated[int, Field(ge=0, le=3_650)]
Hours = Annotated[int, Field(ge=0, le=87_600)]
StepId = Annotated[UUID, Path(alias="stepId")]
Minutes = Annotated[int, Field(ge=0, le=5_256_000)]
LIQUID = "A Liquid template: `{{ contact.first_name | default: 'there' }}`"
EXAMPLE: dict[str, Any] = {
    "step_type": "email",
    "delay_days": 2,
    "subject_template": "A question, {{ contact.first_name | default: 'hello' }}",
    "body_template": "Hello {{ contact.first_name | default: 'there' }}, …",
}


class AbVariant(Body):
    """One alternative of an A/B test."""

    id: Name
    subject: Template | None = None
    body: Template | None = None
    weight: Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)] = 50


class AbTest(Body):
    """Alternative subjects or bodies, drawn by weight."""

    variants: Annotated[list[AbVariant], Field(min_length=2, max_length=10)]
    test_type: ShortText | None = None
    winner_criteria: ShortText | None = None


class StepFields(Body):
    """What a step may have beside its type and order."""

    delay_days: Days = Field(default=0, description="Calendar days after the step before, in the zone of the step")
    delay_hours: Hours = Field(default=0, description="Elapsed hours, added after the days")
    delay_minutes: Minutes = Field(default=0, description="Elapsed minutes, added after the days")
    subject_template: Template | None = Field(default=None, description=f"{LIQUID}. None: the thread goes on")
    body_template: Template | None = Field(default=None, description=LIQUID)
    email_account_id: UUID | None = Field(default=None, description="Sends this step; None: the sequence's default")
    ab_test_enabled: bool = Field(
        default=False,
        description="Kept with the step. Variants are not drawn yet: the step's own subject and body are sent",
    )
    ab_test_variants: AbTest | None = None
    conditions: JsonObject | None = Field(
        default=None,
        description="The step runs only if these hold when it is due. A conditional step adds `on_true` and "
        '`on_false`, each `{"go_to_step": order}` or `{"finish": true}`; absent: the next step',
    )
    condition_operator: ConditionOperator = Field(
        default=ConditionOperator.AND, description="Joins the conditions of a group that names no operator"
    )
    task_title: Template | None = Field(default=None, description=LIQUID)
    task_description: Template | None = Field(default=None, description=LIQUID)
    task_assignee_id: UUID | None = Field(default=None, description="None: the owner of the sequence")
    task_due_days: Days | None = None
    linkedin_action: LinkedinAction | None = None
    linkedin_message: LongText | None = Field(default=None, description=LIQUID)


class StepCreate(StepFields):
    """A new step; without a `step_order` it comes last."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})
    step_type: StepType
    step_order: Order | None = None


class StepUpdate(StepFields):
    """Fields of a step that change; the others stay. The type changes only while the sequence is a draft."""

    model_config = ConfigDict(json_schema_extra=partial({"delay_days": 3}))
    step_type: StepType = UNSENT
    step_order: Order = UNSENT


class StepRead(Read):
    """A step of a sequence."""

    id: UUID
    sequence_id: UUID
    step_order: int = Field(examples=[1])
    step_type: StepType
    delay_days: int | None
    delay_hours: int | None
    delay_minutes: int | None
    subject_template: str | None
    body_template: str | None
    email_account_id: UUID | None
    ab_test_enabled: bool | None
    ab_test_variants: dict[str, Any] | None
    conditions: dict[str, Any] | None
    condition_operator: ConditionOperator | None
    task_title: str | None
    task_description: str | None
    task_assignee_id: UUID | None
    task_due_days: int | None
    linkedin_action: LinkedinAction | None
    linkedin_message: str | None
    created_at: datetime | None
    updated_at: datetime | None
    times_executed: int | None = Field(examples=[0])
    success_rate: Decimal | None


_TAKEN = (409, "sequence_step.order_taken", "This sequence already has a step with the order 2.")
_NOT_READY = (422, "sequence.not_ready", "The sequence is not ready to run.")


@router.post(
    "/api/sequences/{id}/steps",
    status_code=201,
    response_model=StepRead,
    summary="Add a step",
    responses=problems(404, _TAKEN, 413, _NOT_READY),
)
async def create_step(id: UUID, body: StepCreate, ctx: Ctx) -> SequenceStep:
    """Adds the step at the end, or at a `step_order` that is free.

    An active or paused sequence must stay ready to run: pointers of a `sequence.not_ready` are into the sequence.
    """
    sequence = await sequences.lock(ctx.session, customer_id=ctx.customer_id, sequence_id=id)
    step = await steps.add(ctx.session, sequence, fields=sent(body), now=ctx.now)
    await sequences.touch(ctx.session, sequence, user_id=ctx.user_id, now=ctx.now)
    return step


@router.patch(
    "/api/sequences/{id}/steps/{stepId}",
    name="patch_step",
    response_model=StepRead,
    summary="Change a step (the same as PUT)",
    responses=problems(404, _TAKEN, 413, _NOT_READY),
)
@router.put(
    "/api/sequences/{id}/steps/{stepId}",
    response_model=StepRead,
    summary="Change a step",
    responses=problems(404, _TAKEN, 413, _NOT_READY),
)
async def update_step(id: UUID, step_id: StepId, body: StepUpdate, ctx: Ctx) -> SequenceStep:
    """Writes the fields that are sent and leaves the others.

    The edit reaches every enrollment that has not begun the step; a delay that has begun keeps its length.
    """
    sequence = await sequences.lock(ctx.session, customer_id=ctx.customer_id, sequence_id=id)
    step = await steps.change(ctx.session, sequence, step_id=step_id, fields=sent(body), now=ctx.now)
    await sequences.touch(ctx.session, sequence, user_id=ctx.user_id, now=ctx.now)
    return step
