"""Many contacts changed or erased: tried first, then done by a job that goes on where it was."""

import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from activities import contact_bulk
from activities.jobs import HANDLERS
from activities.resources import Resources
from db import jobs
from db.models import AuditEvent, Contact, SequenceEnrollment
from domain.vocabulary import EnrollmentStatus, JobKind
from settings import Settings
from tests.api.arrange import Json, active, answered, contacts, enrolled, refused
from tests.api.conftest import NOW, Tenant
from worker import make_resources

ACME: Json = {
    "operator": "AND",
    "conditions": [{"field": "company_name", "operator": "equals", "value": "Acme"}],
}


@pytest.fixture
def resources(session: AsyncSession, api_settings: Settings) -> Resources:
    return make_resources(api_settings, session.bind, clock=lambda: NOW)  # type: ignore[arg-type]


async def done(session: AsyncSession, tenant: Tenant, resources: Resources, accepted: Json) -> Mapping[str, Any]:
    """The result of the job that a request began."""
    job = await jobs.get(session, customer_id=tenant.customer_id, job_id=uuid.UUID(accepted["id"]))
    return await HANDLERS[JobKind(job.kind)](resources, job)


@pytest.mark.parametrize("action", ["bulk-update", "bulk-delete"])
async def test_a_dry_run_counts_and_shows_and_changes_nothing(
    session: AsyncSession, tenant: Tenant, other_tenant: Tenant, action: str
) -> None:
    mine = await contacts(session, tenant, 12, company_name="Acme")
    await contacts(session, tenant)
    theirs = await contacts(session, other_tenant, company_name="Acme")
    body: Json = {"changes": {"city": "Bonn"}} if action == "bulk-update" else {}
    for chosen, count in (({"filter": ACME}, 12), ({"contact_ids": [*mine[:2], *theirs, str(uuid.uuid4())]}, 2)):
        answer = await tenant.client.post(f"/api/contacts/{action}", json={**body, **chosen, "dry_run": True})
        preview = answered(answer)
        assert (preview["count"], len(preview["sample"])) == (count, min(count, 10))
        assert {row["id"] for row in preview["sample"]} <= set(mine)
    assert await session.scalar(select(func.count()).where(Contact.city == "Bonn")) == 0
    assert answered(await tenant.client.get("/api/jobs"))["data"] == []


async def test_a_change_reaches_everybody_who_fits_once_in_batches(
    session: AsyncSession, tenant: Tenant, other_tenant: Tenant, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_bulk, "BATCH", 3)
    await contacts(session, tenant, 7, company_name="Acme", phone="0228 123456")
    await contacts(session, tenant, 1, company_name="Acme", city="Bonn", country="DE")
    await contacts(session, tenant)
    await contacts(session, other_tenant, company_name="Acme")
    # What they are changed to no longer fits the filter.
    changes = {"company_name": "Apex", "city": "Bonn", "country": "DE", "department": "sales"}
    answer = await tenant.client.post("/api/contacts/bulk-update", json={"filter": ACME, "changes": changes})
    accepted = answered(answer, 202)
    assert answer.headers["location"] == f"/api/jobs/{accepted['id']}"
    assert (accepted["kind"], accepted["total"]) == ("contacts_update", 8)
    assert await done(session, tenant, resources, accepted) == {"found": 8, "updated": 8}
    rows = answered(await tenant.client.get("/api/contacts", params={"q": "Apex"}))["data"]
    assert {(row["city"], row["department"], row["timezone"], row["timezone_source"]) for row in rows} == {
        ("Bonn", "sales", "Europe/Berlin", "derived")
    }
    assert len(rows) == 8
    assert all(row["enrichment_score"] > 0 for row in rows)
    theirs = answered(await other_tenant.client.get("/api/contacts"))["data"]
    assert [row["company_name"] for row in theirs] == ["Acme"]


async def test_a_job_that_broke_off_goes_on_behind_its_last_batch(
    session: AsyncSession, tenant: Tenant, resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_bulk, "BATCH", 2)
    ids = sorted(await contacts(session, tenant, 5))
    body = {"contact_ids": ids, "changes": {"city": "Bonn"}}
    accepted = answered(await tenant.client.post("/api/contacts/bulk-update", json=body), 202)
    job_id = uuid.UUID(accepted["id"])
    await jobs.advance(session, job_id, done=2, cursor={"after": ids[1], "done": 2})
    await session.commit()
    assert await done(session, tenant, resources, accepted) == {"found": 5, "updated": 5}
    changed = select(func.count()).where(Contact.customer_id == tenant.customer_id, Contact.city == "Bonn")
    assert await session.scalar(changed) == 3


async def test_those_who_become_unsubscribed_leave_their_sequences_and_are_suppressed(
    session: AsyncSession, tenant: Tenant, resources: Resources
) -> None:
    ids = await contacts(session, tenant, 3, company_name="Acme")
    enrollments = await enrolled(tenant.client, await active(tenant.client), ids)
    body = {"filter": ACME, "changes": {"status": "unsubscribed"}}
    accepted = answered(await tenant.client.post("/api/contacts/bulk-update", json=body), 202)
    await done(session, tenant, resources, accepted)
    rows = select(SequenceEnrollment.status).where(SequenceEnrollment.id.in_([uuid.UUID(id) for id in enrollments]))
    assert set(await session.scalars(rows)) == {EnrollmentStatus.UNSUBSCRIBED}
    assert len(answered(await tenant.client.get("/api/suppressions"))["data"]) == 3


async def test_everybody_who_fits_is_erased_and_it_stays_known_who_did_it(
    session: AsyncSession, tenant: Tenant, other_tenant: Tenant, resources: Resources
) -> None:
    await contacts(session, tenant, 3, company_name="Acme")
    kept = await contacts(session, tenant)
    theirs = await contacts(session, other_tenant, company_name="Acme")
    accepted = answered(await tenant.client.post("/api/contacts/bulk-delete", json={"filter": ACME}), 202)
    assert await done(session, tenant, resources, accepted) == {"found": 3, "deleted": 3}
    assert [row["id"] for row in answered(await tenant.client.get("/api/contacts"))["data"]] == kept
    assert [row["id"] for row in answered(await other_tenant.client.get("/api/contacts"))["data"]] == theirs
    events = select(AuditEvent.action).where(
        AuditEvent.customer_id == tenant.customer_id, AuditEvent.action.like("contact%")
    )
    actions = sorted(await session.scalars(events))
    assert actions == ["contact.erased"] * 3 + ["contacts.bulk_deleted"]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"changes": {"city": "Bonn"}}, {""}),
        ({"filter": ACME, "contact_ids": [str(uuid.uuid4())], "changes": {"city": "Bonn"}}, {""}),
        ({"filter": ACME, "changes": {}}, {"/changes"}),
        ({"filter": ACME, "changes": {"email": "bob@example.com"}}, {"/changes/email"}),
        ({"filter": ACME}, {"/changes"}),
    ],
)
async def test_what_is_wrong_is_told_before_anything_is_done(tenant: Tenant, body: Json, pointers: set[str]) -> None:
    assert refused(await tenant.client.post("/api/contacts/bulk-update", json=body), 422, "request.invalid") == pointers


async def test_a_status_that_contradicts_itself_is_told_at_once(tenant: Tenant) -> None:
    body = {"filter": ACME, "changes": {"status": "active", "do_not_contact": True}}
    refused(await tenant.client.post("/api/contacts/bulk-update", json=body), 422, "contact.contradiction")
