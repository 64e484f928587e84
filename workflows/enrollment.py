"""The enrollment workflow: one durable run per contact in a sequence.

    check conditions → apply delay → execute → track → schedule next

Postgres holds how the enrollment stands; the workflow holds the clock, the retries and the cursor. Each step is
one activity, which does the step and answers how the enrollment stands then: the plan for the next step, what
it is held by, or its end. A signal says that the row has changed (or, from a person at the Temporal UI, that it
should), and the workflow reads it again.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeAlias

from temporalio import workflow

from activities.email import EmailActivities
from activities.enrollments import EnrollmentActivities
from activities.tasks import TaskActivities
from domain.enrollments import (
    EnrollmentResult,
    EnrollmentStart,
    Order,
    Plan,
    Progress,
    RecordedEvent,
    Settlement,
    Standing,
    StepRun,
    Wish,
)
from domain.scheduling import explanations
from domain.vocabulary import EnrollmentStatus, StepType
from workflows.policies import DATABASE, OUTSIDE_WORLD

StepMethod: TypeAlias = Callable[[Any, StepRun], Awaitable[Standing]]


@workflow.defn
class EnrollmentWorkflow:
    """Runs the steps of one enrollment until the contact replies, bounces, unsubscribes or finishes."""

    @workflow.init
    def __init__(self, start: EnrollmentStart) -> None:
        self._id = start.enrollment_id
        self._standing = Standing(EnrollmentStatus.ACTIVE, plan=start.plan)
        self._steps_done = 0
        self._row_changed = False
        self._wishes: list[Wish] = []
        self._asked_for: Plan | None = None

    @workflow.run
    async def run(self, start: EnrollmentStart) -> EnrollmentResult:
        try:
            while not self._standing.ended:
                self._standing = await self._advance()
        except asyncio.CancelledError:
            # Cancel in the Temporal UI is a stop by a person: the row has to hear of it.
            self._wishes = [Wish.STOP]
            self._standing = await self._settle()
        self._tell()
        return EnrollmentResult(self._standing.status, self._standing.completion_reason)

    # --- signals and the query -------------------------------------------------------------------------------

    @workflow.signal
    def pause(self, order: Order | None = None) -> None:
        self._heed(order, Wish.PAUSE)

    @workflow.signal
    def resume(self, order: Order | None = None) -> None:
        self._heed(order, Wish.RESUME)

    @workflow.signal
    def stop(self, order: Order | None = None) -> None:
        self._heed(order, Wish.STOP)

    @workflow.signal
    def record_event(self, event: RecordedEvent) -> None:
        """Postgres has recorded a reply, a bounce, an open, a completed task, …: read the row again."""
        self._row_changed = True

    @workflow.update
    def wake(self) -> None:
        """Begin before the start delay is over; signals alone do not wake a workflow that has not begun."""

    @workflow.query
    def progress(self) -> Progress:
        plan = self._standing.plan
        return Progress(
            status=self._standing.status,
            step_order=plan.step_order if plan else None,
            step_type=plan.step_type if plan else None,
            due_at=plan.due_at if plan else None,
            waiting_reason=self._standing.waiting_reason,
            steps_done=self._steps_done,
        )

    def _heed(self, order: Order | None, wish: Wish) -> None:
        if order is None or not order.recorded:
            self._wishes.append(wish)
        self._row_changed = True

    # --- the loop --------------------------------------------------------------------------------------------

    async def _advance(self) -> Standing:
        """Do the one thing that is next, and answer how the enrollment stands then."""
        standing, plan = self._standing, self._standing.plan
        assert plan is not None
        if self._row_changed:
            return await self._settle()
        if standing.held:
            return await self._wait_for_event(standing)
        if self._is_due(plan) or self._may_ask_early(plan):
            return await self._run_step(plan)
        self._tell()
        await self._wait_until(plan.due_at, f"until step {plan.step_order} ({plan.step_type}) is due")
        return standing

    async def _settle(self) -> Standing:
        self._row_changed = False
        self._asked_for = None
        wishes, self._wishes = tuple(self._wishes), []
        return await workflow.execute_local_activity_method(
            EnrollmentActivities.settle,
            Settlement(self._id, workflow.now(), wishes),
            summary="read how the enrollment stands",
            **DATABASE,
        )

    async def _wait_for_event(self, standing: Standing) -> Standing:
        reason = standing.waiting_reason or standing.status
        until = standing.resume_at
        self._tell()
        if not await self._wait_until(until, f"until the pause ends ({reason})"):
            self._wishes.append(Wish.RESUME)
            self._row_changed = True
        return standing

    async def _wait_until(self, moment: datetime | None, summary: str) -> bool:
        """Wait for a signal, until ``moment`` at the longest; False when the moment came first."""
        timeout = None if moment is None else moment - workflow.now()
        if timeout is not None and timeout.total_seconds() <= 0:
            return self._row_changed
        try:
            await workflow.wait_condition(lambda: self._row_changed, timeout=timeout, timeout_summary=summary)
        except TimeoutError:
            return False
        return True

    # --- steps -----------------------------------------------------------------------------------------------

    async def _run_step(self, plan: Plan) -> Standing:
        self._tell(running=True)
        run = StepRun(self._id, plan.step_id, workflow.now())
        if plan.conditional:
            holds = await self._conditions_hold(plan, run)
            if plan.step_type is StepType.CONDITIONAL:
                return await self._take_branch(plan, run, holds)
            if not holds:
                return await self._in_database(plan, EnrollmentActivities.skip_step, run, "skip")
        self._steps_done += 1
        match plan.step_type:
            case StepType.EMAIL:
                return await workflow.execute_activity_method(
                    EmailActivities.send_email, run, summary=f"step {plan.step_order}: email", **OUTSIDE_WORLD
                )
            case StepType.LINKEDIN:
                return await workflow.execute_activity_method(
                    TaskActivities.open_task, run, summary=f"step {plan.step_order}: linkedin", **OUTSIDE_WORLD
                )
            case StepType.TASK | StepType.CALL:
                return await self._in_database(plan, TaskActivities.open_task, run, "open a task")
            case _:
                return await self._in_database(plan, EnrollmentActivities.complete_step, run, "done")

    async def _conditions_hold(self, plan: Plan, run: StepRun) -> bool:
        self._asked_for = plan
        return await workflow.execute_local_activity_method(
            EnrollmentActivities.conditions_hold,
            run,
            summary=f"step {plan.step_order}: do its conditions hold?",
            **DATABASE,
        )

    async def _take_branch(self, plan: Plan, run: StepRun, holds: bool) -> Standing:
        """A conditional goes on the moment its conditions hold, and by on_false when its time is up."""
        if not holds and not self._is_due(plan):
            return self._standing
        decided = StepRun(run.enrollment_id, run.step_id, run.now, branch=holds)
        self._steps_done += 1
        return await self._in_database(plan, EnrollmentActivities.complete_step, decided, f"branch on_{holds}".lower())

    async def _in_database(self, plan: Plan, activity: StepMethod, run: StepRun, what: str) -> Standing:
        return await workflow.execute_local_activity_method(
            activity, run, summary=f"step {plan.step_order}: {what}", **DATABASE
        )

    def _is_due(self, plan: Plan) -> bool:
        return workflow.now() >= plan.due_at

    def _may_ask_early(self, plan: Plan) -> bool:
        """A conditional step is asked once when it is reached and again after every event, not only when due."""
        return plan.step_type is StepType.CONDITIONAL and self._asked_for != plan

    def _tell(self, *, running: bool = False) -> None:
        """What the Temporal UI shows as the current details: the sentence of the API's explain. It costs no event."""
        workflow.set_current_details(explanations.summary(self._standing, running=running))
