"""What a failed activity leaves in Temporal: the kind of its error, and no word of it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio import activity, workflow
from temporalio.client import WorkflowFailureError
from temporalio.common import RetryPolicy
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.failures import SilentFailures


@activity.defn
async def quote_a_row() -> None:
    try:
        raise KeyError("cause of bob@secret.example")
    except KeyError as cause:
        raise ValueError("Key (email)=(bob@secret.example) already exists") from cause


@workflow.defn
class Quoting:
    @workflow.run
    async def run(self) -> None:
        once = RetryPolicy(maximum_attempts=1)
        await workflow.execute_activity(quote_a_row, start_to_close_timeout=timedelta(seconds=5), retry_policy=once)


async def test_the_words_of_an_error_do_not_reach_the_history(temporal: WorkflowEnvironment) -> None:
    queue, id = f"failures-{uuid4()}", f"quoting-{uuid4()}"
    async with Worker(
        temporal.client,
        task_queue=queue,
        workflows=[Quoting],
        activities=[quote_a_row],
        workflow_runner=UnsandboxedWorkflowRunner(),
        interceptors=[SilentFailures()],
    ):
        with pytest.raises(WorkflowFailureError):
            await temporal.client.execute_workflow(Quoting.run, id=id, task_queue=queue)
    history = (await temporal.client.get_workflow_handle(id).fetch_history()).to_json()
    assert "secret.example" not in history
    assert "ValueError" in history
