"""Activities on the rows of an enrollment: settling it with its workflow, conditions, and steps without a deed."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from temporalio import activity

from activities.resources import Resources
from db import conditions as condition_facts
from db import definitions, enrollments, executions
from domain.enrollments import Settlement, Standing, StepRun, Wish
from domain.errors import Conflict, NotFound
from domain.filtering import conditions
from domain.vocabulary import StepOutcome


class EnrollmentActivities:
    """All of them touch the database alone, so workflows run them as local activities."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @activity.defn
    async def settle(self, settlement: Settlement) -> Standing:
        """Grant the wishes of a person at the Temporal UI, as far as the row allows, and answer how it stands."""
        now = self._resources.now(settlement.now)
        async with self._resources.sessions.begin() as session:
            for wish in settlement.wishes:
                # A wish that the row has granted already, or that comes too late, changes nothing.
                with suppress(Conflict, NotFound):
                    await _grant(session, wish, settlement.enrollment_id, now)
            return await enrollments.standing(session, settlement.enrollment_id)

    @activity.defn
    async def conditions_hold(self, run: StepRun) -> bool:
        """Whether the step's conditions hold now; an enrollment or a step that is gone has none that do."""
        now = self._resources.now(run.now)
        async with self._resources.sessions() as session:
            facts = await condition_facts.facts(session, run.enrollment_id, now=now)
            step = await definitions.load_step(session, run.step_id)
        if facts is None or step is None:
            return False
        return conditions.holds(step.conditions, step.condition_operator, facts, now=now)

    @activity.defn
    async def skip_step(self, run: StepRun) -> Standing:
        """Record that the step's conditions did not hold, and plan the next."""
        return await self._complete(run, StepOutcome.SKIPPED)

    @activity.defn
    async def complete_step(self, run: StepRun) -> Standing:
        """A delay is over, or a conditional has its verdict (``run.branch``): plan the next step."""
        return await self._complete(run, StepOutcome.EXECUTED)

    async def _complete(self, run: StepRun, outcome: StepOutcome) -> Standing:
        now = self._resources.now(run.now)
        async with self._resources.sessions.begin() as session:
            instead = await executions.begin_step(session, run.enrollment_id, run.step_id)
            return instead or await executions.complete_step(
                session,
                enrollment_id=run.enrollment_id,
                step_id=run.step_id,
                now=now,
                outcome=outcome,
                branch=run.branch,
            )


async def _grant(session: AsyncSession, wish: Wish, enrollment_id: UUID, now: datetime) -> None:
    match wish:
        case Wish.PAUSE:
            await enrollments.pause(session, enrollment_id=enrollment_id, now=now, tell=False)
        case Wish.RESUME:
            await enrollments.resume(session, enrollment_id=enrollment_id, now=now, tell=False)
        case Wish.STOP:
            await enrollments.stop(session, enrollment_id=enrollment_id, now=now, tell=False)
