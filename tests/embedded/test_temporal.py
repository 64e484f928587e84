"""The embedded Temporal: workflows survive kill -9, search attributes are there."""

import os
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest, RemoveSearchAttributesRequest
from temporalio.client import Client, WorkflowExecutionStatus

from embedded.temporal import SEARCH_ATTRIBUTES, Temporal


@pytest.fixture
async def temporal(tmp_path: Path) -> AsyncIterator[Temporal]:
    server = Temporal(tmp_path, ui=False)
    await server.start()
    yield server
    await server.stop()


async def test_running_workflows_survive_kill_9_and_the_address_stays(temporal: Temporal) -> None:
    client = await Client.connect(temporal.address)
    kept = await client.start_workflow("Kept", id="kept", task_queue="nobody", start_delay=timedelta(hours=1))
    address, pid = temporal.address, temporal.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)

    await temporal.start()

    assert temporal.address == address
    assert temporal.pid != pid
    assert (await kept.describe()).status == WorkflowExecutionStatus.RUNNING
    await kept.terminate()


async def test_an_existing_file_gains_the_search_attributes_that_it_lacks(temporal: Temporal) -> None:
    lacking = SEARCH_ATTRIBUTES[:1]
    operator = (await Client.connect(temporal.address)).operator_service
    await operator.remove_search_attributes(
        RemoveSearchAttributesRequest(namespace="default", search_attributes=lacking)
    )
    await temporal.stop()

    await temporal.start()

    operator = (await Client.connect(temporal.address)).operator_service
    known = await operator.list_search_attributes(ListSearchAttributesRequest(namespace="default"))
    assert set(SEARCH_ATTRIBUTES) <= set(known.custom_attributes)
