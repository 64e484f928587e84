"""Workflows on real servers: Temporal with skipped time, Postgres, and a mail server that keeps what it receives."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.resources import Resources
from db import enrolling, enrollments
from db.engine import create_engine
from db.models import Contact, EmailAccount
from db.models import Sequence as SequenceRow
from domain.enrollments import EnrollmentResult, Progress
from domain.vocabulary import EnrollmentSource
from embedded.mail import MailServer
from embedded.temporal import find_program
from settings import Settings
from tests.factories import Tenant, make_mailbox, make_tenant
from worker import make_resources, make_workers
from workflows.client import SEARCH_ATTRIBUTES, enrollment_workflow_id
from workflows.enrollment import EnrollmentWorkflow
from workflows.relay import Relay
from workflows.replanner import Replanner

PATIENCE_SECONDS = 20
"""How long a test waits for real servers before it fails; no rule depends on it."""

SANDBOX = SandboxedWorkflowRunner(
    restrictions=SandboxRestrictions.default.with_passthrough_modules(
        "activities", "db", "domain", "settings", "sqlalchemy", "aiosmtplib", "imap_tools", "structlog", "pydantic"
    )
)


@pytest_asyncio.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """A full server that gives each workflow a clock of its own, which jumps over what nobody works in."""
    attributes = [flag for name in SEARCH_ATTRIBUTES for flag in ("--search-attribute", f"{name}=Keyword")]
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=str(find_program()),
        dev_server_extra_args=["--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true", *attributes],
        data_converter=pydantic_data_converter,
    )
    async with environment:
        yield environment


@asynccontextmanager
async def one_clock() -> AsyncIterator[WorkflowEnvironment]:
    """The test server: one clock for all, skipped only while a test waits for a result."""
    program = Path(sys.executable).with_name("temporal-test-server")
    environment = await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=str(program), data_converter=pydantic_data_converter
    )
    async with environment:
        keyword = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD
        await environment.client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace="default", search_attributes=dict.fromkeys(SEARCH_ATTRIBUTES, keyword))
        )
        yield environment


@pytest_asyncio.fixture(scope="session")
async def clock_server() -> AsyncIterator[WorkflowEnvironment]:
    """The server with one clock that the tests of a session share."""
    async with one_clock() as environment:
        yield environment


@pytest_asyncio.fixture(scope="session")
async def mail(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MailServer]:
    server = MailServer(tmp_path_factory.mktemp("mail"))
    await server.start()
    yield server
    await server.stop()


@dataclass(frozen=True, slots=True)
class World:
    """One tenant with a mailbox on fresh servers, and a worker that can be started."""

    client: Client
    engine: AsyncEngine
    resources: Resources
    relay: Relay
    replanner: Replanner
    tenant: Tenant
    mailbox: EmailAccount
    mail: MailServer
    skip: Callable[[timedelta], Awaitable[None]]
    """Move the one clock of the test server on; the other server skips by itself."""

    @property
    def sessions(self) -> async_sessionmaker[AsyncSession]:
        return self.resources.sessions

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Workers run, in the sandbox, while the block does."""
        async with AsyncExitStack() as stack:
            for worker in make_workers(self.client, self.resources, SANDBOX):
                await stack.enter_async_context(worker)
            yield

    async def enroll(self, sequence: SequenceRow, *contacts: Contact, at: datetime | None = None) -> list[UUID]:
        """Enroll the contacts as the API does, and tell Temporal."""
        async with self.sessions.begin() as session:
            verdicts = await enrolling.enroll(
                session,
                customer_id=self.tenant.customer_id,
                sequence_id=sequence.id,
                contact_ids=[contact.id for contact in contacts],
                enrolled_by=self.tenant.user_id,
                source=EnrollmentSource.MANUAL,
                now=at or self.resources.clock(),
            )
        await self.settle()
        return [verdict.enrollment_id for verdict in verdicts if verdict.enrollment_id]

    def workflow(self, enrollment_id: UUID) -> WorkflowHandle[EnrollmentWorkflow, EnrollmentResult]:
        id = enrollment_workflow_id(enrollment_id)
        return self.client.get_workflow_handle(id, result_type=EnrollmentResult)

    async def resume(self, enrollment_id: UUID) -> None:
        """Resume the enrollment as the API does, and tell Temporal."""
        async with self.sessions.begin() as session:
            await enrollments.resume(session, enrollment_id=enrollment_id, now=self.resources.clock())
        await self.settle()

    async def settle(self) -> None:
        """Plan again what must be, and tell Temporal."""
        while await self.replanner.drain() + await self.relay.drain():
            pass

    async def until(
        self, enrollment_id: UUID, fits: Callable[[Progress], bool], *, order: int | None = None
    ) -> Progress:
        """The first progress that fits, asked of the workflow again and again."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                progress = await self.workflow(enrollment_id).query(EnrollmentWorkflow.progress)
                if fits(progress) and order in {None, progress.step_order}:
                    return progress
                await asyncio.sleep(0.02)

    async def result(self, enrollment_id: UUID) -> EnrollmentResult:
        """What became of the enrollment, once its workflow has ended."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self.workflow(enrollment_id).result()

    def received_by(self, contact: Contact) -> list[str]:
        """The Message-IDs that the mail server took for the contact, oldest first."""
        return [one.message_id or "" for one in self.mail.received() if contact.email in one.rcpt_to]


@pytest_asyncio.fixture
async def world(database_url: str, temporal: WorkflowEnvironment, mail: MailServer) -> AsyncIterator[World]:
    """On the full server, where time flies whenever a workflow only waits."""
    async with _world(database_url, temporal, mail) as world:
        yield world


@pytest_asyncio.fixture
async def still_world(database_url: str, clock_server: WorkflowEnvironment, mail: MailServer) -> AsyncIterator[World]:
    """On the server with one clock, which stands (almost) still until a test waits for a result."""
    async with _world(database_url, clock_server, mail) as world:
        yield world


@asynccontextmanager
async def _world(database_url: str, server: WorkflowEnvironment, mail: MailServer) -> AsyncIterator[World]:
    settings = Settings(
        database_url=SecretStr(database_url),
        secret_key=SecretStr("0123456789abcdef"),
        public_url="https://open.example",
    )
    engine = create_engine(settings)
    resources = make_resources(settings, engine)
    async with resources.sessions.begin() as session:
        tenant = await make_tenant(session)
        mailbox = await make_mailbox(session, tenant, smtp_port=mail.smtp_port)
    relay = Relay(engine, resources.sessions, server.client, resources.clock, resources.scale)
    replanner = Replanner(engine, resources.sessions, resources.clock, resources.scale)
    yield World(server.client, engine, resources, relay, replanner, tenant, mailbox, mail, server.sleep)
    await resources.close()
    await engine.dispose()
