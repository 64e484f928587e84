"""The enrichment queue on real servers: worked when something is queued, asleep while it has to wait, ended else."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle

from activities import outgoing
from db import enrichment, enrichment_providers
from db.models import Contact
from domain.vocabulary import EnrichmentProvider
from tests.activities.data_providers import Asked, DataProviders, data_providers, documented
from tests.factories import make_contact
from tests.workflows.conftest import PATIENCE_SECONDS, World
from workflows.reconciler import Reconciler

KEY = "the-key-of-the-workspace"


@dataclass
class Scene:
    world: World
    providers: DataProviders

    async def use(self, *names: str) -> None:
        tenant, resources = self.world.tenant, self.world.resources
        for rank, name in enumerate(names):
            async with resources.sessions.begin() as session:
                await enrichment_providers.put(
                    session,
                    customer_id=tenant.customer_id,
                    workspace_id=tenant.workspace_id,
                    user_id=tenant.user_id,
                    provider=EnrichmentProvider(name),
                    credentials={"api_key": KEY},
                    fields={"rank": rank, "base_url": self.providers.url},
                    box=resources.secrets,
                    now=resources.clock(),
                )
        await self.world.settle()

    async def queue(self, *emails: str, provider: str | None = None) -> list[UUID]:
        tenant, resources = self.world.tenant, self.world.resources
        async with resources.sessions.begin() as session:
            contacts = [await make_contact(session, tenant, email=email, first_name=None) for email in emails]
            await enrichment.enqueue_all(
                session,
                customer_id=tenant.customer_id,
                contact_ids=[contact.id for contact in contacts],
                provider=EnrichmentProvider(provider) if provider else None,
                priority=1,
                now=resources.clock(),
            )
        await self.world.settle()
        return [contact.id for contact in contacts]

    @property
    def workflow(self) -> WorkflowHandle[Any, None]:
        return self.world.client.get_workflow_handle(f"enrichment-{self.world.tenant.workspace_id}")

    async def rest(self) -> None:
        """Wait until the workflow has ended."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (await self.workflow.describe()).status is WorkflowExecutionStatus.RUNNING:
                await asyncio.sleep(0.05)

    async def statuses(self) -> set[str]:
        async with self.world.sessions() as session:
            listed = await session.execute(enrichment.listing(customer_id=self.world.tenant.customer_id))
            return {str(row.status) for row in listed}

    async def until_asked(self, path: str, times: int = 1) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while self.providers.paths.count(path) < times:
                await asyncio.sleep(0.02)


@pytest.fixture
def providers() -> Iterator[DataProviders]:
    with data_providers() as providers:
        yield providers


@pytest_asyncio.fixture
async def scene(world: World, providers: DataProviders) -> AsyncIterator[Scene]:
    http = outgoing.client(allow_private_addresses=True)
    yield Scene(replace(world, resources=replace(world.resources, http=http)), providers)
    await http.aclose()


async def test_what_is_queued_is_worked_and_the_workflow_ends(scene: Scene) -> None:
    async with scene.world.working():
        await scene.use("hunter", "clearbit")
        contacts = await scene.queue(*(f"someone{n}@acme.example" for n in range(12)))
        await scene.rest()
    assert await scene.statuses() == {"completed"}
    assert scene.providers.paths.count("/combined/find") == scene.providers.paths.count("/email-verifier") == 12
    assert scene.providers.paths.count("/domain-search") == 1
    async with scene.world.sessions() as session:
        assert (await session.get_one(Contact, contacts[0])).last_name == "Hopper"


async def test_it_sleeps_until_the_provider_may_be_asked_again(scene: Scene) -> None:
    answers: Iterator[Any] = iter([(429, {}, {"Retry-After": "86000"})])
    scene.providers.answer = lambda asked: next(answers, None) or documented(asked)
    async with scene.world.working():
        await scene.use("clearbit")
        await scene.queue("grace@acme.example")
        await scene.rest()
    assert await scene.statuses() == {"completed"}
    assert len(scene.providers.asked) == 2
    fired = [
        event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
        async for event in scene.workflow.fetch_history_events()
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED
    ]
    assert max(fired) > timedelta(hours=23)
    assert len(fired) <= 3


async def test_without_a_provider_nothing_polls_and_a_new_one_starts_it_again(scene: Scene) -> None:
    async with scene.world.working():
        await scene.queue("grace@acme.example", provider="clearbit")
        await scene.rest()
        assert await scene.statuses() == {"pending"}
        await scene.use("clearbit")
        await scene.rest()
    assert await scene.statuses() == {"completed"}


async def test_what_is_queued_meanwhile_waits_for_no_other_provider(scene: Scene) -> None:
    def limited(asked: Asked) -> Any:
        return (401, {}, {}) if asked.path == "/person/enrich" else documented(asked)

    scene.providers.answer = limited
    scene.providers.think_seconds = 0.3
    async with scene.world.working():
        await scene.use("linkedin", "clearbit")
        await scene.queue("grace@acme.example", provider="linkedin")
        await scene.until_asked("/person/enrich")
        # The workflow is in the middle of its round.
        await scene.queue("ada@acme.example", provider="clearbit")
        await scene.until_asked("/combined/find")
        await scene.rest()
    assert await scene.statuses() == {"pending", "completed"}


async def test_a_workflow_that_somebody_terminated_is_started_again_from_the_queue(scene: Scene) -> None:
    await scene.use("clearbit")
    await scene.queue("grace@acme.example")
    await scene.workflow.terminate()
    clock = lambda: scene.world.resources.clock() + timedelta(minutes=1)  # noqa: E731
    reconciler = Reconciler(scene.world.sessions, scene.world.client, clock, scene.world.resources.scale)
    await reconciler.reconcile()
    async with scene.world.working():
        await scene.rest()
    assert await scene.statuses() == {"completed"}


async def test_no_key_and_no_personal_data_are_in_the_history(scene: Scene) -> None:
    async with scene.world.working():
        await scene.use("hunter", "clearbit")
        await scene.queue("grace@acme.example")
        await scene.rest()
    history = (await scene.workflow.fetch_history()).to_json()
    for secret in (KEY, "grace", "acme", "Hopper", "Officer"):
        assert secret not in history
