"""Steps that a person does: a task is opened; for LinkedIn and calls the enrollment waits until it is done."""

from temporalio import activity

from activities.resources import Resources
from db import executions, task_opening
from domain.enrollments import Standing, StepRun
from domain.vocabulary import TaskType, WaitingReason


class TaskActivities:
    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    @activity.defn
    async def open_task(self, run: StepRun) -> Standing:
        """Open the step's task, once. A task step goes on with the next step, the others wait for the person."""
        now = self._resources.now(run.now)
        async with self._resources.sessions.begin() as session:
            instead = await executions.begin_step(session, run.enrollment_id, run.step_id)
            if instead is not None:
                return instead
            later = await executions.wait_for_window(
                session, run.enrollment_id, run.step_id, now, self._resources.grace
            )
            if later is not None:
                return later
            task_type = await task_opening.open_task(
                session, enrollment_id=run.enrollment_id, step_id=run.step_id, now=now
            )
            if task_type is TaskType.TASK:
                return await executions.complete_step(
                    session,
                    enrollment_id=run.enrollment_id,
                    step_id=run.step_id,
                    now=now,
                )
            return await executions.hold(session, run.enrollment_id, WaitingReason.TASK)
