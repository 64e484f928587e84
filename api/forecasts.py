"""The forecast of a sequence: when everybody's emails go, before anything is sent."""

import asyncio
from datetime import timedelta
from functools import partial
from uuid import UUID

from api.dependencies import Ctx
from api.forecast_bodies import ForecastBody, ForecastRead
from api.problems import problems
from api.routing import new_router
from db import forecasts
from domain.errors import FieldError, Invalid

router = new_router("sequences")

FURTHEST = timedelta(days=366)
"""How far ahead contacts may be enrolled."""
_INVALID = (422, "forecast.invalid", "These settings cannot be; see the fields.")
_OVER = (409, "sequence.not_active", "The sequence is archived: nothing more is sent.")


@router.post(
    "/api/sequences/{id}/forecast",
    summary="Forecast a sequence",
    responses=problems(404, _OVER, 413, _INVALID),
)
async def forecast_sequence(id: UUID, body: ForecastBody, ctx: Ctx) -> ForecastRead:
    """Who gets which email from which mailbox when: its enrollments, and those who would be enrolled.

    The planner that plans real sends plans these, over all that is planned already, and nothing is written. It holds
    if nothing new happens: nobody replies or is enrolled, conditions hold, and no event ends a conditional's waiting.
    Calls, LinkedIn steps and tasks take no room and are taken to be done at once. What a pause of the sequence, a
    mailbox that does not work or a missing slot holds up goes on now; paused enrollments keep no room and are not
    counted. A draft is forecast as if it were active.

    With `what_if` the same is planned again by other settings, for this sequence alone: other sequences keep their
    slots.
    """
    at = body.at or ctx.now
    if not ctx.now <= at <= ctx.now + FURTHEST:
        detail = f"must be from now, {ctx.now:%Y-%m-%dT%H:%M:%SZ}, to {FURTHEST.days} days later"
        wrong = FieldError("/at", "past" if at < ctx.now else "too_far", detail)
        raise Invalid("request.invalid", "The request has 1 wrong field.", (wrong,))
    outlook = await forecasts.forecast(
        ctx.session,
        customer_id=ctx.customer_id,
        sequence_id=id,
        newcomers=body.newcomers(ctx.now),
        now=ctx.now,
        what_if=body.what_if.wanted() if body.what_if else None,
    )
    return await asyncio.to_thread(partial(ForecastRead.of, outlook, limit=body.limit, offset=body.offset))
