"""How the API, the worker and the command talk to Temporal: names, ids, and start, signal and watch."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

from temporalio.client import Client, WorkflowHandle, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from db.outbox import Topic
from db.workflow_starts import WorkflowStart
from domain.enrollments import EnrollmentResult, Order, RecordedEvent
from domain.jobs import JobOrder
from domain.mailboxes import MailboxWatch
from domain.time_scale import TimeScale
from settings import Settings
from workflows.enrichment import EnrichmentWorkflow
from workflows.enrollment import EnrollmentWorkflow
from workflows.job import JobWorkflow
from workflows.mailbox import MailboxWorkflow
from workflows.policies import ENROLLMENT_QUEUE, JOB_QUEUE

EnrollmentHandle: TypeAlias = WorkflowHandle[EnrollmentWorkflow, EnrollmentResult]

CUSTOMER: Final = SearchAttributeKey.for_keyword("OpenDoorsCustomer")
SEQUENCE: Final = SearchAttributeKey.for_keyword("OpenDoorsSequence")
MAILBOX: Final = SearchAttributeKey.for_keyword("OpenDoorsMailbox")

WAKE_TIMEOUT: Final = timedelta(seconds=10)


async def connect(settings: Settings) -> Client:
    """A client of the installation's namespace, with the one data converter that all of it uses."""
    return await Client.connect(
        settings.temporal_address, namespace=settings.temporal_namespace, data_converter=pydantic_data_converter
    )


def enrollment_workflow_id(enrollment_id: UUID) -> str:
    return f"enrollment-{enrollment_id}"


def mailbox_workflow_id(email_account_id: UUID) -> str:
    return f"mailbox-{email_account_id}"


async def start_enrollment(
    client: Client,
    wanted: WorkflowStart,
    *,
    now: datetime,
    scale: TimeScale,
    again: bool = False,
) -> None:
    """Start the enrollment's workflow with its first task put off until the first step is due; none if it has ended.

    ``wanted`` and ``now`` are in calendar time; the workflow and its delay are given in real time.
    One that runs already is left alone. One that has ended is started only ``again``, as the reconciler asks.
    """
    if wanted.start is None:
        return
    attributes: list[SearchAttributePair[Any]] = [
        SearchAttributePair(CUSTOMER, str(wanted.customer_id)),
        SearchAttributePair(SEQUENCE, str(wanted.sequence_id)),
    ]
    if wanted.email_account_id is not None:
        attributes.append(SearchAttributePair(MAILBOX, str(wanted.email_account_id)))
    reuse = WorkflowIDReusePolicy.ALLOW_DUPLICATE if again else WorkflowIDReusePolicy.REJECT_DUPLICATE
    start = replace(wanted.start, plan=wanted.start.plan.in_real_time(scale))
    delay = start.plan.due_at - scale.real(now)
    try:
        await client.start_workflow(
            EnrollmentWorkflow.run,
            start,
            id=enrollment_workflow_id(start.enrollment_id),
            task_queue=ENROLLMENT_QUEUE,
            start_delay=delay if delay > timedelta(0) else None,
            id_reuse_policy=reuse,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=TypedSearchAttributes(attributes),
            static_summary=f"Step {start.plan.step_order} ({start.plan.step_type}) first",
        )
    except WorkflowAlreadyStartedError:
        return


async def signal_enrollment(
    client: Client, enrollment_id: UUID, topic: Topic, payload: Mapping[str, Any], *, not_begun: bool
) -> bool:
    """Send the signal that belongs to ``topic``; False when no workflow runs that could take it.

    A workflow that has ``not_begun`` (its start delay lasts) is woken, since a signal alone does not wake it.
    """
    handle: EnrollmentHandle = client.get_workflow_handle(enrollment_workflow_id(enrollment_id))
    try:
        await _signal(handle, topic, payload)
        if not_begun:
            await handle.execute_update(EnrollmentWorkflow.wake, rpc_timeout=WAKE_TIMEOUT)
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        return True
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True


async def start_mailbox(client: Client, watch: MailboxWatch, *, customer_id: UUID) -> None:
    """Watch the mailbox, unless it is watched already."""
    await client.start_workflow(
        MailboxWorkflow.run,
        watch,
        id=mailbox_workflow_id(watch.email_account_id),
        task_queue=ENROLLMENT_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        search_attributes=TypedSearchAttributes(
            [
                SearchAttributePair(CUSTOMER, str(customer_id)),
                SearchAttributePair(MAILBOX, str(watch.email_account_id)),
            ]
        ),
        static_summary="Watches one mailbox",
    )


async def start_job(client: Client, job_id: UUID, *, customer_id: UUID) -> None:
    """Do the job, unless that was begun already."""
    try:
        await client.start_workflow(
            JobWorkflow.run,
            JobOrder(job_id),
            id=f"job-{job_id}",
            task_queue=JOB_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=TypedSearchAttributes([SearchAttributePair(CUSTOMER, str(customer_id))]),
            static_summary="Does one job",
        )
    except WorkflowAlreadyStartedError:
        return


async def work_enrichment(client: Client, workspace_id: UUID, *, customer_id: UUID, wake: bool = True) -> None:
    """Have the workspace's enrichment queue worked; a workflow that works it already is woken, if so asked."""
    await client.start_workflow(
        EnrichmentWorkflow.run,
        workspace_id,
        id=f"enrichment-{workspace_id}",
        task_queue=JOB_QUEUE,
        start_signal="wake" if wake else None,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        search_attributes=TypedSearchAttributes([SearchAttributePair(CUSTOMER, str(customer_id))]),
        static_summary="Works one workspace's enrichment queue",
    )


async def _signal(handle: EnrollmentHandle, topic: Topic, payload: Mapping[str, Any]) -> None:
    match topic:
        case Topic.ENROLLMENT_PAUSE:
            await handle.signal(EnrollmentWorkflow.pause, Order(recorded=True))
        case Topic.ENROLLMENT_RESUME:
            await handle.signal(EnrollmentWorkflow.resume, Order(recorded=True))
        case Topic.ENROLLMENT_STOP:
            await handle.signal(EnrollmentWorkflow.stop, Order(recorded=True))
        case Topic.ENROLLMENT_EVENT:
            event = RecordedEvent(payload.get("kind", "unknown"), payload.get("step_order"))
            await handle.signal(EnrollmentWorkflow.record_event, event)
        case _:
            raise ValueError(f"{topic} is no signal")


SEARCH_ATTRIBUTES: Final[Sequence[str]] = (CUSTOMER.name, SEQUENCE.name, MAILBOX.name)
"""Keyword search attributes that the namespace must know before the first start."""
