"""Contacts are enriched: every provider is asked as documented, once, and each of its errors has its state."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import text

from activities.enrichment import EnrichmentActivities
from activities.resources import Resources
from db import contact_erasure, enrichment, enrichment_providers
from db.contact_changes import Author
from db.engine import create_engine
from db.enrichment_queue import LEASE
from db.models import Contact, ContactEnrichmentQueue
from domain.enriching.enrichment import EnrichmentOrder, EnrichmentRound
from domain.enriching.enrichment_scores import WEIGHTS, score
from domain.profiles.address_hashes import AddressHashes
from domain.vocabulary import EnrichmentProvider, TimezoneSource
from settings import Settings
from tests.activities.data_providers import COMBINED, NO_MATCH, Asked, DataProviders, data_providers, documented
from tests.conftest import new_migrated_database
from tests.factories import MONDAY_MORNING, Tenant, make_contact, make_tenant
from worker import make_resources

HOUR = timedelta(hours=1)
KEYS = {
    "hunter": {"api_key": "the-hunter-key"},
    "clearbit": {"api_key": "the-clearbit-key"},
    "linkedin": {"api_key": "the-pdl-key"},
    "zoominfo": {"username": "the-user-name", "password": "the-password"},
}


@dataclass
class Scene:
    """A workspace, its providers, and a worker at a time that stands still."""

    resources: Resources
    tenant: Tenant
    providers: DataProviders
    now: datetime = MONDAY_MORNING

    def __post_init__(self) -> None:
        self.worker = EnrichmentActivities(self.resources)

    async def use(self, *names: str, **settings: Any) -> None:
        """Use the providers; the first has the best rank."""
        for rank, name in enumerate(names):
            fields = {"rank": rank, "base_url": self.providers.url, "enabled": True, **settings}
            async with self.resources.sessions.begin() as session:
                await enrichment_providers.put(
                    session,
                    customer_id=self.tenant.customer_id,
                    workspace_id=self.tenant.workspace_id,
                    user_id=self.tenant.user_id,
                    provider=EnrichmentProvider(name),
                    credentials=KEYS[name],
                    fields=fields,
                    box=self.resources.secrets,
                    now=self.now,
                )

    async def contact(self, email: str = "grace@acme.example", **columns: Any) -> UUID:
        async with self.resources.sessions.begin() as session:
            blank = {"email": email, "first_name": None, "last_name": None}
            return (await make_contact(session, self.tenant, **{**blank, **columns})).id

    async def queue(self, contact_id: UUID, provider: str | None = None, priority: int = 1) -> UUID:
        async with self.resources.sessions.begin() as session:
            row = await enrichment.enqueue(
                session,
                customer_id=self.tenant.customer_id,
                contact_id=contact_id,
                provider=EnrichmentProvider(provider) if provider else None,
                priority=priority,
                now=self.now,
            )
        return UUID(str(row.id))

    async def round(self, after: timedelta = timedelta(0)) -> EnrichmentRound:
        self.now += after
        return await self.worker.ask_providers(EnrichmentOrder(self.tenant.workspace_id, self.now))

    async def run(self) -> None:
        """Rounds, each when it is due, until nothing is due within the minute."""
        for _ in range(50):
            done = await self.round()
            if done.again_in_seconds is None or done.again_in_seconds > 60:
                return
            self.now += timedelta(seconds=done.again_in_seconds)
        raise AssertionError("the queue does not come to rest")

    async def found(self, contact_id: UUID) -> Contact:
        async with self.resources.sessions() as session:
            return await session.get_one(Contact, contact_id)

    async def entry(self, id: UUID) -> ContactEnrichmentQueue:
        async with self.resources.sessions() as session:
            return await session.get_one(ContactEnrichmentQueue, id)

    async def one(self, statement: str, **parameters: Any) -> Any:
        values = {"customer_id": self.tenant.customer_id, "workspace_id": self.tenant.workspace_id, **parameters}
        async with self.resources.sessions.begin() as session:
            result = await session.execute(text(statement), values)
            return result.one_or_none() if "SELECT" in statement[:6] else None

    async def state(self, provider: str) -> Any:
        return await self.one(
            "SELECT state, state_detail, available_at, failures FROM enrichment_providers"
            " WHERE workspace_id = :workspace_id AND provider = CAST(:provider AS enrichment_provider_enum)",
            provider=provider,
        )

    async def credits(self) -> int:
        return int(
            (await self.one("SELECT sum(credits) FROM enrichment_calls WHERE customer_id = :customer_id"))[0] or 0
        )


@pytest_asyncio.fixture(scope="module")
async def resources(postgres_url: str) -> AsyncIterator[Resources]:
    settings = Settings(
        database_url=SecretStr(await new_migrated_database(postgres_url)),
        secret_key=SecretStr("0123456789abcdef"),
        allow_private_addresses=True,
    )
    engine = create_engine(settings)
    resources = make_resources(settings, engine, lambda: MONDAY_MORNING)
    yield resources
    await resources.close()
    await engine.dispose()


@pytest.fixture
def providers() -> Iterator[DataProviders]:
    with data_providers() as providers:
        yield providers


@pytest_asyncio.fixture
async def scene(resources: Resources, providers: DataProviders) -> Scene:
    async with resources.sessions.begin() as session:
        tenant = await make_tenant(session)
    return Scene(resources, tenant, providers)


async def test_hunter_verifies_the_address_and_tells_of_the_company(scene: Scene) -> None:
    await scene.use("hunter")
    contact = await scene.contact()
    entry = await scene.queue(contact, "hunter")
    await scene.run()
    row = await scene.found(contact)
    assert (row.email_verified, row.email_verification_date) == (True, MONDAY_MORNING)
    assert (row.company_name, row.company_domain) == ("Acme", "acme.example")
    assert (row.company_size, row.industry) == ("51-200", "technology")
    verify, search = scene.providers.asked
    assert (verify.path, verify.query) == ("/email-verifier", {"email": "grace@acme.example"})
    assert (search.path, search.query) == ("/domain-search", {"domain": "acme.example", "limit": "1"})
    assert verify.headers["x-api-key"] == search.headers["x-api-key"] == "the-hunter-key"
    assert (await scene.entry(entry)).status == "completed"
    assert await scene.credits() == 2
    # Nothing of other people at the company is kept.
    kept = await scene.one("SELECT string_agg(fields::text, '') FROM enrichment_answers WHERE lookup = 'company'")
    assert "someone" not in kept[0].lower()


async def test_clearbit_tells_of_person_and_company_by_one_request(scene: Scene) -> None:
    await scene.use("clearbit")
    contact = await scene.contact()
    await scene.queue(contact)
    await scene.run()
    row = await scene.found(contact)
    assert (row.full_name, row.job_title) == ("Grace Hopper", "Chief Technology Officer")
    assert (row.seniority, row.department) == ("c_suite", "engineering")
    assert (row.company_name, row.company_size, row.industry) == ("Acme", "201-500", "technology")
    assert (row.city, row.timezone, row.timezone_source) == ("New York", "America/New_York", TimezoneSource.DERIVED)
    assert row.linkedin_profile == "https://www.linkedin.com/in/gracehopper"
    assert row.facebook_profile is None
    [asked] = scene.providers.asked
    assert (asked.path, asked.query) == ("/combined/find", {"email": "grace@acme.example"})
    assert asked.headers["authorization"] == "Basic dGhlLWNsZWFyYml0LWtleTo="
    assert row.field_sources is not None
    assert set(row.field_sources.values()) == {"clearbit"}
    assert row.enrichment_score == score({name: getattr(row, name) for name in WEIGHTS})
    assert row.last_enriched_at == MONDAY_MORNING
    activity = await scene.one("SELECT metadata FROM contact_activities WHERE contact_id = :id", id=contact)
    assert activity[0]["provider"] == "clearbit"
    assert "Hopper" not in str(activity[0])


async def test_linkedin_profiles_come_from_people_data_labs(scene: Scene) -> None:
    await scene.use("linkedin")
    contact = await scene.contact(linkedin_profile="linkedin.com/in/gracehopper")
    await scene.queue(contact)
    await scene.run()
    row = await scene.found(contact)
    assert (row.first_name, row.job_title, row.seniority, row.department) == (
        "Grace",
        "Rear Admiral",
        "c_suite",
        "operations",
    )
    # The plan does not include the number: it only says that there is one.
    assert row.phone is None
    assert row.linkedin_profile == "linkedin.com/in/gracehopper"
    # It tells no zone, but the place does.
    assert (row.state, row.timezone, row.timezone_source) == ("Virginia", "America/New_York", TimezoneSource.DERIVED)
    [asked] = scene.providers.asked
    assert asked.path == "/person/enrich"
    assert asked.query == {
        "email": "grace@acme.example",
        "profile": "linkedin.com/in/gracehopper",
        "min_likelihood": "6",
        "titlecase": "true",
    }
    assert asked.headers["x-api-key"] == "the-pdl-key"


async def test_zoominfo_is_logged_in_to_once_in_an_hour(scene: Scene) -> None:
    await scene.use("zoominfo")
    ids = [await scene.contact(f"{name}@acme.example") for name in ("grace", "ada", "jean")]
    for contact in ids:
        await scene.queue(contact)
    await scene.run()
    assert scene.providers.paths.count("/authenticate") == 1
    login, *asked = scene.providers.asked
    assert login.body == {"username": "the-user-name", "password": "the-password"}
    assert {one.headers["authorization"] for one in asked} == {"Bearer header.payload.signature"}
    assert {one.body["matchPersonInput"][0]["emailAddress"] for one in asked} == {
        "grace@acme.example",
        "ada@acme.example",
        "jean@acme.example",
    }
    row = await scene.found(ids[0])
    assert (row.seniority, row.department, row.company_domain) == ("c_suite", "executive", "acme.example")
    # The direct number is not to be called.
    assert row.phone == "+12125550199"


async def test_a_token_of_zoominfo_that_is_refused_is_replaced_once(scene: Scene) -> None:
    await scene.use("zoominfo")
    await scene.queue(await scene.contact("ada@acme.example"))
    await scene.run()
    tokens = iter(range(2, 9))

    def expired(asked: Asked) -> Any:
        if asked.path == "/authenticate":
            return 200, {"jwt": f"token-{next(tokens)}"}, {}
        old = asked.headers["authorization"] == "Bearer header.payload.signature"
        return (401, {"error": "expired"}, {}) if old else documented(asked)

    scene.providers.answer = expired
    entry = await scene.queue(await scene.contact())
    await scene.run()
    assert (await scene.entry(entry)).status == "completed"
    assert scene.providers.paths[2:] == ["/enrich/contact", "/authenticate", "/enrich/contact"]


async def test_somebody_whom_zoominfo_does_not_know_costs_nothing(scene: Scene) -> None:
    scene.providers.answer = lambda asked: documented(asked) if asked.path == "/authenticate" else (200, NO_MATCH, {})
    await scene.use("zoominfo")
    entry = await scene.queue(await scene.contact())
    await scene.run()
    row = await scene.entry(entry)
    assert (row.status, row.error_code) == ("failed", "not_found")
    assert await scene.credits() == 0


async def test_higher_priority_goes_first_and_then_who_has_waited_longest(scene: Scene) -> None:
    await scene.use("linkedin")
    for name, priority in [("a", 1), ("b", 5), ("c", 1), ("d", 9)]:
        await scene.queue(await scene.contact(f"{name}@acme.example"), priority=priority)
        scene.now += timedelta(seconds=1)
    scene.worker = EnrichmentActivities(scene.resources)
    for _ in range(4):
        await scene.one("UPDATE enrichment_providers SET available_at = :now", now=scene.now)
        # One at a time, so that the order in which they arrive is that in which they were taken.
        await _take_one(scene)
    assert [one.query["email"][0] for one in scene.providers.asked] == ["d", "b", "a", "c"]


async def _take_one(scene: Scene) -> None:
    await scene.one(
        "UPDATE contact_enrichment_queue SET next_try_at = next_try_at + interval '1 day' WHERE id NOT IN ("
        " SELECT id FROM contact_enrichment_queue WHERE customer_id = :customer_id AND status = 'pending'"
        " ORDER BY priority DESC, queued_at LIMIT 1) AND status = 'pending'"
    )
    await scene.round()
    await scene.one(
        "UPDATE contact_enrichment_queue SET next_try_at = queued_at"
        " WHERE customer_id = :customer_id AND status = 'pending'"
    )


async def test_a_company_is_looked_up_once_for_all_who_work_there(scene: Scene) -> None:
    await scene.use("hunter")
    for name in ("grace", "ada", "jean"):
        await scene.queue(await scene.contact(f"{name}@acme.example"))
    await scene.run()
    assert scene.providers.paths.count("/domain-search") == 1
    assert scene.providers.paths.count("/email-verifier") == 3


async def test_an_answer_is_used_again_until_it_expires(scene: Scene) -> None:
    await scene.use("clearbit")
    contact = await scene.contact()
    for after, calls in [(timedelta(0), 1), (timedelta(days=89), 1), (timedelta(days=2), 2)]:
        scene.now += after
        await scene.queue(contact, "clearbit")
        await scene.run()
        assert len(scene.providers.asked) == calls


async def test_that_nothing_is_known_is_remembered_for_a_shorter_time(scene: Scene) -> None:
    scene.providers.always(404, {"error": {"type": "not_found"}})
    await scene.use("linkedin")
    contact = await scene.contact()
    for after, calls in [(timedelta(0), 1), (timedelta(days=13), 1), (timedelta(days=2), 2)]:
        scene.now += after
        entry = await scene.queue(contact)
        await scene.run()
        assert len(scene.providers.asked) == calls
        assert (await scene.entry(entry)).error_code == "not_found"


@pytest.mark.parametrize(
    ("status", "headers", "code", "state", "wait"),
    [
        (401, {}, "unauthorised", "unauthorised", None),
        (403, {}, "unauthorised", "unauthorised", None),
        (402, {}, "out_of_credits", "out_of_credits", timedelta(hours=6)),
        (429, {"Retry_After": "120"}, "rate_limited", "rate_limited", timedelta(minutes=2)),
        (429, {"X_RateLimit_Reset": "300"}, "rate_limited", "rate_limited", timedelta(minutes=5)),
        (500, {}, "unavailable", "unavailable", timedelta(seconds=30)),
        (503, {"Retry_After": "600"}, "unavailable", "unavailable", timedelta(minutes=10)),
    ],
)
async def test_an_entry_waits_for_a_provider_that_cannot_be_asked(
    scene: Scene, status: int, headers: dict[str, str], code: str, state: str, wait: timedelta | None
) -> None:
    scene.providers.always(status, {"error": "the-pdl-key"}, **headers)
    await scene.use("linkedin")
    entry = await scene.queue(await scene.contact())
    done = await scene.round()
    row, provider = await scene.entry(entry), await scene.state("linkedin")
    assert (row.status, row.error_code, provider.state) == ("pending", code, state)
    assert row.error_message
    assert "the-pdl-key" not in f"{row.error_message}{provider.state_detail}"
    if wait is None:
        assert done.again_in_seconds is None
        scene.providers.answer = documented
        await scene.use("linkedin")
    else:
        assert done.again_in_seconds == pytest.approx(wait.total_seconds())
        assert (await scene.round(wait - timedelta(seconds=1))).taken == 0
        scene.providers.answer = documented
        scene.now += timedelta(seconds=1)
    await scene.run()
    assert len(scene.providers.asked) == 2
    assert (await scene.entry(entry)).status == "completed"
    assert (await scene.state("linkedin"))[:2] == ("ok", None)
    assert await scene.credits() == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [(400, {}), (422, {}), (302, ""), (200, "<html>"), (200, []), (200, {"data": 7}), (200, "[" * 9_000)],
)
async def test_what_the_provider_refuses_or_cannot_be_read_fails_and_is_not_asked_again(
    scene: Scene, status: int, body: Any
) -> None:
    scene.providers.always(status, body, Location=scene.providers.url)
    await scene.use("linkedin")
    entry = await scene.queue(await scene.contact())
    await scene.run()
    row = await scene.entry(entry)
    assert (row.status, row.error_code) == ("failed", "refused")
    assert len(scene.providers.asked) == 1
    assert (await scene.state("linkedin")).state == "ok"


async def test_a_lookup_that_is_not_ready_is_made_again_and_paid_once(scene: Scene) -> None:
    answers: Iterator[Any] = iter([(202, {}, {}), (202, {}, {}), (200, COMBINED, {})])
    scene.providers.answer = lambda asked: next(answers)
    await scene.use("clearbit")
    entry = await scene.queue(await scene.contact())
    await scene.round()
    row = await scene.entry(entry)
    assert (row.status, row.error_code, row.next_try_at) == ("pending", "not_ready", scene.now + timedelta(seconds=30))
    await scene.run()
    assert (await scene.entry(entry)).status == "completed"
    assert await scene.credits() == 1


async def test_a_server_that_fails_over_an_entry_again_and_again_ends_it(scene: Scene) -> None:
    scene.providers.always(500, "")
    await scene.use("linkedin")
    entry = await scene.queue(await scene.contact())
    for _ in range(8):
        await scene.round(HOUR)
    row = await scene.entry(entry)
    assert (row.status, row.error_code) == ("failed", "unavailable")


async def test_a_provider_that_is_rate_limited_holds_up_no_other(scene: Scene) -> None:
    def limited(asked: Asked) -> Any:
        return (429, {}, {"Retry-After": "3600"}) if asked.path == "/combined/find" else documented(asked)

    scene.providers.answer = limited
    await scene.use("clearbit", "hunter")
    blocked = [await scene.queue(await scene.contact(f"c{n}@acme.example"), "clearbit", 9) for n in range(15)]
    free = [await scene.queue(await scene.contact(f"h{n}@acme.example"), "hunter") for n in range(6)]
    await scene.run()
    assert {(await scene.entry(id)).status for id in blocked} == {"pending"}
    assert {(await scene.entry(id)).status for id in free} == {"completed"}
    # Those of one round were under way when the first answer came.
    assert scene.providers.paths.count("/combined/find") <= 10
    scene.providers.answer = documented
    scene.now += HOUR
    await scene.run()
    assert {(await scene.entry(id)).status for id in blocked} == {"completed"}


async def test_workers_at_the_same_time_ask_about_each_contact_once(scene: Scene) -> None:
    await scene.use("hunter", "clearbit")
    for n in range(12):
        await scene.queue(await scene.contact(f"c{n}@acme.example"))
    order = EnrichmentOrder(scene.tenant.workspace_id, scene.now)
    workers = [EnrichmentActivities(scene.resources) for _ in range(4)]
    await asyncio.gather(*(worker.ask_providers(order) for worker in workers))
    await scene.run()
    asked = [(one.path, *one.query.values()) for one in scene.providers.asked if one.path != "/domain-search"]
    assert len(asked) == len(set(asked)) == 24


async def test_the_budget_of_the_workspace_is_never_exceeded(scene: Scene) -> None:
    await scene.use("clearbit", daily_budget=3, monthly_budget=5)
    entries = [await scene.queue(await scene.contact(f"c{n}@acme.example")) for n in range(8)]
    await scene.run()
    assert len(scene.providers.asked) == 3
    assert (await scene.state("clearbit")).state == "over_budget"
    scene.now = MONDAY_MORNING.replace(hour=0) + timedelta(days=1)
    await scene.run()
    assert len(scene.providers.asked) == 5
    assert (await scene.state("clearbit")).available_at == MONDAY_MORNING.replace(month=12, day=1, hour=0)
    assert [str((await scene.entry(id)).status) for id in entries].count("pending") == 3
    assert await scene.credits() == 5


async def test_a_worker_that_dies_between_answer_and_record_has_nobody_asked_twice(scene: Scene) -> None:
    scene.providers.think_seconds = 0.5
    await scene.use("clearbit")
    entry = await scene.queue(await scene.contact(), "clearbit")
    dying = asyncio.create_task(scene.round())
    while not scene.providers.asked:
        await asyncio.sleep(0.01)
    dying.cancel()
    with pytest.raises(asyncio.CancelledError):
        await dying
    scene.worker = EnrichmentActivities(scene.resources)
    done = await scene.round()
    assert (done.taken, done.again_in_seconds) == (0, LEASE.total_seconds())
    await scene.round(LEASE)
    row = await scene.entry(entry)
    assert (row.status, row.error_code) == ("failed", "unknown")
    assert len(scene.providers.asked) == 1
    # It may have been paid for.
    assert await scene.credits() == 1


async def test_an_answer_that_was_recorded_is_applied_after_a_death_without_asking_again(scene: Scene) -> None:
    await scene.use("clearbit")
    contact = await scene.contact()
    entry = await scene.queue(contact, "clearbit")
    await scene.run()
    # As it stands when the worker dies after it has recorded the answer, and before it applies it.
    await scene.one("UPDATE contacts SET first_name = NULL, field_sources = NULL WHERE id = :id", id=contact)
    await scene.one(
        "UPDATE contact_enrichment_queue SET status = 'processing', asked = '{}', next_try_at = :at WHERE id = :id",
        id=entry,
        at=scene.now + LEASE,
    )
    await scene.round(LEASE)
    assert (await scene.found(contact)).first_name == "Grace"
    assert (await scene.entry(entry)).status == "completed"
    assert len(scene.providers.asked) == 1


async def test_a_provider_that_does_not_answer_is_not_asked_again_by_itself(scene: Scene) -> None:
    scene.providers.always(200, "x" * 300_000)
    await scene.use("linkedin")
    entry = await scene.queue(await scene.contact())
    await scene.run()
    row = await scene.entry(entry)
    assert (row.status, row.error_code) == ("failed", "unknown")
    assert len(scene.providers.asked) == 1
    assert (await scene.state("linkedin")).state == "unavailable"


async def test_a_provider_that_cannot_be_reached_is_tried_again(scene: Scene) -> None:
    await scene.use("linkedin", base_url="http://127.0.0.1:1")
    entry = await scene.queue(await scene.contact())
    await scene.round()
    assert (await scene.entry(entry)).error_code == "unavailable"
    await scene.use("linkedin")
    await scene.run()
    assert (await scene.entry(entry)).status == "completed"


async def test_a_private_address_is_not_asked(scene: Scene) -> None:
    settings = scene.resources.settings.model_copy(update={"allow_private_addresses": False})
    engine = create_engine(settings)
    resources = make_resources(settings, engine, lambda: MONDAY_MORNING)
    strict = replace(scene, resources=resources)
    await strict.use("linkedin")
    entry = await strict.queue(await strict.contact())
    await strict.round()
    assert (await strict.entry(entry)).error_code == "unavailable"
    assert scene.providers.asked == []
    await resources.close()
    await engine.dispose()


async def test_nobody_is_asked_who_could_write_nothing(scene: Scene) -> None:
    await scene.use("hunter", fields=["company_name"])
    contact = await scene.contact(company_name="Acme Ltd")
    entry = await scene.queue(contact)
    await scene.run()
    assert scene.providers.asked == []
    assert (await scene.entry(entry)).status == "completed"


async def test_what_a_person_entered_stays_and_a_better_rank_wins(scene: Scene) -> None:
    await scene.use("clearbit", "linkedin")
    contact = await scene.contact(first_name="Gracie")
    await scene.queue(contact, "linkedin")
    await scene.run()
    assert (await scene.found(contact)).job_title == "Rear Admiral"
    await scene.queue(contact, "clearbit")
    await scene.run()
    row = await scene.found(contact)
    assert (row.first_name, row.job_title) == ("Gracie", "Chief Technology Officer")
    assert row.field_sources is not None
    assert row.field_sources["job_title"] == "clearbit"
    assert "first_name" not in row.field_sources
    await scene.queue(contact, "linkedin")
    await scene.run()
    assert (await scene.found(contact)).job_title == "Chief Technology Officer"


async def test_an_entry_without_a_name_is_for_all_and_completed_if_one_has_found_something(scene: Scene) -> None:
    def one_knows(asked: Asked) -> Any:
        return (404, {}, {}) if asked.path == "/person/enrich" else documented(asked)

    scene.providers.answer = one_knows
    await scene.use("clearbit", "linkedin", "hunter")
    entry = await scene.queue(await scene.contact())
    await scene.run()
    row = await scene.entry(entry)
    assert (row.status, row.error_code, set(row.asked)) == ("completed", None, {"clearbit", "linkedin", "hunter"})


async def test_an_entry_without_a_name_does_not_wait_for_keys_or_credits(scene: Scene) -> None:
    def unpaid(asked: Asked) -> Any:
        return (402, {}, {}) if asked.path == "/combined/find" else documented(asked)

    scene.providers.answer = unpaid
    await scene.use("clearbit", "hunter")
    entry = await scene.queue(await scene.contact())
    await scene.run()
    row = await scene.entry(entry)
    assert (row.status, row.asked) == ("completed", ["hunter"])


async def test_an_undeliverable_address_is_told_and_nothing_else(scene: Scene) -> None:
    verdict = {"data": {"result": "undeliverable", "status": "invalid", "score": 0}}
    scene.providers.answer = lambda asked: (200, verdict, {}) if "verifier" in asked.path else documented(asked)
    await scene.use("hunter")
    contact = await scene.contact(email_verified=True)
    await scene.queue(contact)
    await scene.run()
    row = await scene.found(contact)
    assert (row.email_verified, row.email_verification_date, row.status) == (False, MONDAY_MORNING, "active")
    none = await scene.one("SELECT id FROM contact_suppression_lists WHERE customer_id = :customer_id")
    assert none is None


async def test_what_is_known_of_a_person_goes_with_the_contact(scene: Scene) -> None:
    await scene.use("hunter", "clearbit")
    contact = await scene.contact()
    await scene.queue(contact)
    await scene.run()
    async with scene.resources.sessions.begin() as session:
        await _erase(session, scene, contact)
    left = await scene.one(
        "SELECT array_agg(DISTINCT lookup::text) FROM enrichment_answers WHERE customer_id = :customer_id"
    )
    assert left[0] == ["company"]
    # What it has cost is still known.
    assert await scene.credits() == 3


async def _erase(session: Any, scene: Scene, contact: UUID) -> None:
    tenant, hashes = scene.tenant, AddressHashes("0123456789abcdef")
    author = Author(
        customer_id=tenant.customer_id, workspace_id=tenant.workspace_id, user_id=tenant.user_id, hashes=hashes
    )
    await contact_erasure.erase(session, author, contact_id=contact, now=scene.now)


async def test_a_contact_that_is_erased_while_a_provider_is_asked_leaves_nothing(scene: Scene) -> None:
    scene.providers.think_seconds = 0.4
    await scene.use("clearbit")
    contact = await scene.contact()
    await scene.queue(contact)
    working = asyncio.create_task(scene.round())
    while not scene.providers.asked:
        await asyncio.sleep(0.01)
    async with scene.resources.sessions.begin() as session:
        await _erase(session, scene, contact)
    await working
    assert (await scene.one("SELECT count(*) FROM enrichment_answers WHERE customer_id = :customer_id"))[0] == 0


async def test_no_key_is_ever_seen(
    scene: Scene, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    await scene.use("hunter", "clearbit", "linkedin", "zoominfo")
    scene.providers.answer = lambda asked: (401, {"error": str(asked)}, {})
    await scene.queue(await scene.contact())
    await scene.run()
    scene.providers.answer = documented
    await scene.use("hunter", "clearbit", "linkedin", "zoominfo")
    await scene.run()
    rows = await scene.one(
        "SELECT (SELECT string_agg(q::text, '') FROM contact_enrichment_queue q WHERE customer_id = :customer_id)"
        " || (SELECT string_agg(p::text, '') FROM enrichment_providers p WHERE customer_id = :customer_id)"
        " || (SELECT string_agg(a::text, '') FROM audit_events a WHERE customer_id = :customer_id)"
    )
    seen = f"{rows[0]}{caplog.text}{capsys.readouterr().out}{[one.query for one in scene.providers.asked]}"
    assert "enrichment.asked" in seen
    for secret in (value for keys in KEYS.values() for value in keys.values()):
        assert secret not in seen
    assert "header.payload.signature" not in seen


async def test_credentials_that_cannot_be_opened_any_more_are_as_good_as_wrong(scene: Scene) -> None:
    await scene.use("hunter", "zoominfo")
    await scene.one("UPDATE enrichment_providers SET credentials_encrypted = 'x' WHERE workspace_id = :workspace_id")
    entry = await scene.queue(await scene.contact(), "zoominfo")
    await scene.run()
    assert (await scene.entry(entry)).error_code == "unauthorised"
    assert scene.providers.asked == []
