"""Tasks: what sequences ask of people, completed or skipped by them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Body as FromBody
from pydantic import ConfigDict, Field, StringConstraints

from api.dependencies import Context, Ctx
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from api.schemas import Body, LongText, Read, Text
from db import tasks
from db.models import Task
from db.tenancy import require
from domain.vocabulary import LinkedinAction, TaskStatus, TaskType

router = new_router("tasks")


class Finish(Body):
    """What came of the task."""

    model_config = ConfigDict(json_schema_extra={"example": {"outcome": "interested", "notes": "Call again in May."}})
    outcome: Annotated[Text, StringConstraints(max_length=100)] | None = Field(
        default=None, description="A word that conditions can ask for as `task_outcome` or `call_outcome`"
    )
    notes: LongText | None = None


class TaskRead(Read):
    """A task for a person."""

    id: UUID
    enrollment_id: UUID
    sequence_step_id: UUID | None
    contact_id: UUID
    task_type: TaskType
    title: str = Field(examples=["Call Bob"])
    description: str | None
    linkedin_action: LinkedinAction | None
    assignee_id: UUID | None
    due_at: datetime | None
    status: TaskStatus
    outcome: str | None
    notes: str | None
    created_at: datetime
    completed_at: datetime | None
    completed_by: UUID | None


_WRONG_STATE = (
    409,
    "task.wrong_state",
    "This task is completed and cannot become skipped; from completed it may become: nothing: it is final.",
)


@router.get("/api/tasks", summary="List tasks")
async def list_tasks(
    ctx: Ctx,
    page: PageQuery,
    status: TaskStatus | None = None,
    task_type: TaskType | None = None,
    assignee_id: UUID | None = None,
    contact_id: UUID | None = None,
    enrollment_id: UUID | None = None,
    sequence_id: UUID | None = None,
) -> Page[TaskRead]:
    """The newest first."""
    statement = tasks.listing(
        customer_id=ctx.customer_id,
        status=status,
        task_type=task_type,
        assignee_id=assignee_id,
        contact_id=contact_id,
        enrollment_id=enrollment_id,
        sequence_id=sequence_id,
    )
    return Page.of(await paginate(ctx.session, statement, (Task.created_at, Task.id), page))


@router.get("/api/tasks/{id}", response_model=TaskRead, summary="Get a task", responses=problems(404))
async def get_task(id: UUID, ctx: Ctx) -> Task:
    """Whatever its status is."""
    return await require(ctx.session, Task, id, ctx.customer_id, "task")


@router.post(
    "/api/tasks/{id}/complete",
    response_model=TaskRead,
    summary="Complete a task",
    responses=problems(404, _WRONG_STATE),
)
async def complete_task(id: UUID, ctx: Ctx, body: Annotated[Finish | None, FromBody()] = None) -> Task:
    """The enrollment that waits for it goes on. The body may be left out.

    A call and a LinkedIn connection or profile view become activities of the contact.
    """
    return await _finish(ctx, id, TaskStatus.COMPLETED, body)


@router.post(
    "/api/tasks/{id}/skip",
    response_model=TaskRead,
    summary="Skip a task",
    responses=problems(404, _WRONG_STATE),
)
async def skip_task(id: UUID, ctx: Ctx, body: Annotated[Finish | None, FromBody()] = None) -> Task:
    """The enrollment that waits for it goes on; its step counts as skipped. The body may be left out."""
    return await _finish(ctx, id, TaskStatus.SKIPPED, body)


async def _finish(ctx: Context, task_id: UUID, target: TaskStatus, body: Finish | None) -> Task:
    return await tasks.finish(
        ctx.session,
        customer_id=ctx.customer_id,
        task_id=task_id,
        user_id=ctx.user_id,
        target=target,
        outcome=body.outcome if body else None,
        notes=body.notes if body else None,
        now=ctx.now,
    )
