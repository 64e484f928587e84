"""One job: an activity does it piece by piece, and goes on where it was after a restart."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.jobs import JobActivities
    from domain.jobs import JobOrder, JobResult
    from workflows.policies import LONG_WORK


@workflow.defn
class JobWorkflow:
    @workflow.run
    async def run(self, order: JobOrder) -> JobResult:
        """Do the job. Its row has the progress; what fails for a reason of its own ends it there."""
        return await workflow.execute_activity_method(JobActivities.run_job, order, **LONG_WORK)
