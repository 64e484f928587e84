"""Sequences: how they are made, found, changed and moved through their states."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Response

from api.dependencies import Context, Ctx
from api.pagination import Page, PageQuery, paginate
from api.problems import problems
from api.routing import new_router
from api.sequence_bodies import SequenceCreate, SequenceDetail, SequenceRead, SequenceUpdate, detail, summary
from api.sequence_health import health_of
from api.updates import sent
from db import sequences, steps
from db.models import Sequence
from domain.vocabulary import SequenceStatus

router = new_router("sequences")

_WRONG_STATE = (
    409,
    "sequence.wrong_state",
    "This sequence is archived and cannot become active; from archived it may become: nothing: it is final.",
)
_NOT_READY = (422, "sequence.not_ready", "The sequence is not ready to run.")
_INVALID = (422, "sequence.invalid", "The sequence cannot be kept as it is written; see the fields.")
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
    rows, cursor, total = await paginate(ctx.session, statement, (Sequence.created_at, Sequence.id), page)
    pools = await sequences.pools(ctx.session, [row.id for row in rows])
    return Page.of(([summary(row, pools[row.id]) for row in rows], cursor, total))


@router.post("/api/sequences", status_code=201, summary="Create a sequence", responses=problems(413, _INVALID))
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
    """The steps come in their order, and `health` says what is wrong with the sequence."""
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
    pools = await sequences.pools(ctx.session, [sequence.id])
    answer = detail(sequence, pools[sequence.id], await steps.of_sequence(ctx.session, sequence.id))
    return answer.model_copy(update={"health": await health_of(ctx, sequence)})
