"""Lists with ``auto_refresh``, refreshed on a schedule: rules that speak of dates choose others as time goes by."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.list_refreshing import ListActivities, ListsRefreshed
    from workflows.policies import LONG_WORK


@workflow.defn
class ListRefreshWorkflow:
    @workflow.run
    async def run(self) -> ListsRefreshed:
        """Refresh whatever is due."""
        return await workflow.execute_activity_method(ListActivities.refresh_lists, **LONG_WORK)
