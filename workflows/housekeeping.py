"""The housekeeping of the database, on a schedule."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.housekeeping import HousekeepingActivities, Kept
    from workflows.policies import LONG_WORK


@workflow.defn
class HousekeepingWorkflow:
    @workflow.run
    async def run(self) -> Kept:
        """Do whatever is due; the result says what was done, and whether rows have no partition of their month."""
        return await workflow.execute_activity_method(HousekeepingActivities.keep_house, **LONG_WORK)
