"""The pod: polls Temporal, relays the outbox, plans again and reconciles. `python worker.py` runs one."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkflowRunner

import logs
from activities import outgoing
from activities.email import EmailActivities
from activities.enrichment import EnrichmentActivities
from activities.enrollments import EnrollmentActivities
from activities.failures import SilentFailures
from activities.housekeeping import HousekeepingActivities
from activities.jobs import JobActivities
from activities.list_refreshing import ListActivities
from activities.mailboxes import MailboxActivities
from activities.oauth import AccessTokens
from activities.real_time import RealTime
from activities.resources import Resources
from activities.smtp import SmtpConnections
from activities.smtp_session import SmtpTimeouts
from activities.tasks import TaskActivities
from clock import clock_of, utc_now
from db.engine import check_embedded, create_engine, session_factory
from db.secrets import SecretBox
from settings import Settings, get_settings
from workflows import schedules
from workflows.client import connect
from workflows.enrichment import EnrichmentWorkflow
from workflows.enrollment import EnrollmentWorkflow
from workflows.housekeeping import HousekeepingWorkflow
from workflows.job import JobWorkflow
from workflows.list_keeper import ListKeeper
from workflows.list_refresh import ListRefreshWorkflow
from workflows.mailbox import MailboxWorkflow
from workflows.policies import ENROLLMENT_QUEUE, JOB_QUEUE, MAILBOX_QUEUE
from workflows.reconciler import Reconciler
from workflows.relay import Relay
from workflows.replanner import Replanner
from workflows.rollup_keeper import RollupKeeper

GRACE = timedelta(seconds=30)
"""A send that is under way when the pod is told to stop is finished."""
MAILBOXES_PER_WORKER = 1000
JOBS_PER_WORKER = 4

log = structlog.get_logger(__name__)


def make_resources(settings: Settings, engine: AsyncEngine, clock: Callable[[], datetime] | None = None) -> Resources:
    """What the activities of one process share; `clock` reads the calendar, by default that of `settings`."""
    sessions, secrets = session_factory(engine), SecretBox(settings.require_secret_key())
    http = outgoing.client(allow_private_addresses=settings.allow_private_addresses)
    return Resources(
        settings=settings,
        sessions=sessions,
        smtp=SmtpConnections(
            per_login=settings.smtp_connections_per_mailbox,
            messages_per_connection=settings.smtp_messages_per_connection,
            timeouts=SmtpTimeouts().capped(settings.smtp_timeout_seconds),
        ),
        secrets=secrets,
        http=http,
        tokens=AccessTokens(sessions, secrets, http, utc_now),
        clock=clock or clock_of(settings),
    )


def make_workers(client: Client, resources: Resources, runner: WorkflowRunner | None = None) -> list[Worker]:
    """The workers of one process: enrollments with their steps, and, apart from them, the watching of mailboxes
    and jobs.

    The sandbox of workflows costs 7.5 ms for each enrollment, so production runs without; the tests run in it.
    """
    email, tasks = EmailActivities(resources), TaskActivities(resources)
    rows = EnrollmentActivities(resources)
    enrollments = Worker(
        client,
        task_queue=ENROLLMENT_QUEUE,
        workflows=[EnrollmentWorkflow, MailboxWorkflow],
        activities=[
            email.send_email,
            tasks.open_task,
            rows.settle,
            rows.conditions_hold,
            rows.skip_step,
            rows.complete_step,
        ],
        workflow_runner=runner or UnsandboxedWorkflowRunner(),
        max_cached_workflows=resources.settings.worker_cached_workflows,
        max_concurrent_activities=resources.settings.worker_activity_slots,
        graceful_shutdown_timeout=GRACE,
        interceptors=[SilentFailures(), RealTime(resources.scale)],
    )
    mailboxes = Worker(
        client,
        task_queue=MAILBOX_QUEUE,
        activities=[MailboxActivities(resources).watch_mailbox],
        max_concurrent_activities=MAILBOXES_PER_WORKER,
        graceful_shutdown_timeout=GRACE,
        interceptors=[SilentFailures(), RealTime(resources.scale)],
    )
    jobs = Worker(
        client,
        task_queue=JOB_QUEUE,
        workflows=[EnrichmentWorkflow, HousekeepingWorkflow, JobWorkflow, ListRefreshWorkflow],
        activities=[
            EnrichmentActivities(resources).ask_providers,
            HousekeepingActivities(resources).keep_house,
            JobActivities(resources).run_job,
            ListActivities(resources).refresh_lists,
        ],
        workflow_runner=runner or UnsandboxedWorkflowRunner(),
        max_concurrent_activities=JOBS_PER_WORKER,
        graceful_shutdown_timeout=GRACE,
        interceptors=[SilentFailures(), RealTime(resources.scale)],
    )
    return [enrollments, mailboxes, jobs]


async def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT, then finish what is under way. Raises ``ValueError`` for a wrong setting."""
    stop = asyncio.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_number, stop.set)
    engine = create_engine(settings)
    await check_embedded(engine, settings)
    resources = make_resources(settings, engine)
    client = await connect(settings)
    relay = Relay(engine, resources.sessions, client, resources.clock, resources.scale)
    replanner = Replanner(engine, resources.sessions, resources.clock, resources.scale)
    keeper = ListKeeper(engine, resources.sessions, resources.clock)
    rollups = RollupKeeper(engine, resources.sessions, resources.clock)
    reconciler = Reconciler(resources.sessions, client, resources.clock, resources.scale)
    chores = [
        asyncio.create_task(relay.run()),
        asyncio.create_task(replanner.run()),
        asyncio.create_task(keeper.run()),
        asyncio.create_task(rollups.run()),
        asyncio.create_task(schedules.keep_trying(client, settings)),
        asyncio.create_task(reconciler.run(timedelta(seconds=settings.reconcile_seconds))),
    ]
    async with AsyncExitStack() as stack:
        for worker in make_workers(client, resources):
            await stack.enter_async_context(worker)
        log.info("worker.ready", temporal=settings.temporal_address, namespace=settings.temporal_namespace)
        await stop.wait()
        log.info("worker.stopping")
    for chore in chores:
        chore.cancel()
        with suppress(asyncio.CancelledError):
            await chore
    await resources.close()
    await engine.dispose()


def main() -> None:
    """`opendoors worker`: ends with ``os._exit``, since the interpreter's own exit can abort in the SDK's core."""
    code = 0
    try:
        settings = get_settings()
        logs.configure(settings)
        asyncio.run(run_worker(settings))
    except (ValueError, RuntimeError, OSError) as error:
        log.error("worker.cannot_start", error=str(error))
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
