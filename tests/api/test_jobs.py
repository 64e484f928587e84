"""Jobs over HTTP: read, cancelled, and watched until they end."""

import asyncio
import json
import uuid

import httpx2
from sqlalchemy.ext.asyncio import AsyncSession

from db import jobs
from domain.vocabulary import JobKind, JobStatus
from tests.api.arrange import Json, answered, refused
from tests.api.conftest import NOW, Tenant


async def new_job(session: AsyncSession, tenant: Tenant) -> uuid.UUID:
    row = await jobs.create(
        session,
        customer_id=tenant.customer_id,
        workspace_id=tenant.workspace_id,
        user_id=tenant.user_id,
        kind=JobKind.CONTACT_IMPORT,
        parameters={},
        total=10,
        now=NOW,
    )
    await session.commit()
    return uuid.UUID(str(row.id))


def events(text: str) -> list[tuple[str, Json]]:
    """Name and data of each server-sent event."""
    found = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], json.loads(fields["data"])))
    return found


async def test_a_job_is_read_and_listed(session: AsyncSession, tenant: Tenant) -> None:
    id = await new_job(session, tenant)
    job = answered(await tenant.client.get(f"/api/jobs/{id}"))
    assert (job["status"], job["done"], job["total"], job["kind"]) == ("queued", 0, 10, "contact_import")
    assert answered(await tenant.client.get("/api/jobs", params={"status": "queued"}))["data"] == [job]
    assert answered(await tenant.client.get("/api/jobs", params={"status": "failed"}))["data"] == []


async def test_a_job_is_cancelled_as_long_as_it_has_not_ended(session: AsyncSession, tenant: Tenant) -> None:
    id = await new_job(session, tenant)
    assert answered(await tenant.client.post(f"/api/jobs/{id}/cancel"))["cancel_requested_at"] is not None
    await jobs.end(session, id, JobStatus.CANCELLED, now=NOW)
    await session.commit()
    refused(await tenant.client.post(f"/api/jobs/{id}/cancel"), 409, "job.ended")


async def test_who_watches_a_job_is_told_each_change_and_its_end(session: AsyncSession, tenant: Tenant) -> None:
    id = await new_job(session, tenant)

    async def work() -> None:
        await asyncio.sleep(0.7)
        await jobs.begin(session, id, now=NOW)
        await jobs.advance(session, id, done=5)
        await session.commit()
        await asyncio.sleep(0.7)
        await jobs.end(session, id, JobStatus.COMPLETED, now=NOW, result={"created": 10})
        await session.commit()

    answer, _ = await asyncio.gather(tenant.client.get(f"/api/jobs/{id}/events"), work())
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    told = events(answer.text)
    assert [name for name, _ in told] == ["progress", "progress", "end"]
    assert [data["done"] for _, data in told] == [0, 5, 5]
    assert told[-1][1]["result"] == {"created": 10}


async def test_of_a_job_that_has_ended_the_end_is_told_at_once(session: AsyncSession, tenant: Tenant) -> None:
    id = await new_job(session, tenant)
    await jobs.end(session, id, JobStatus.FAILED, now=NOW, error="The file is empty.")
    await session.commit()
    [(name, data)] = events((await tenant.client.get(f"/api/jobs/{id}/events")).text)
    assert (name, data["error"]) == ("end", "The file is empty.")


async def test_jobs_of_another_customer_do_not_exist(
    session: AsyncSession, tenant: Tenant, other_tenant_client: httpx2.AsyncClient
) -> None:
    id = await new_job(session, tenant)
    for path in (f"/api/jobs/{id}", f"/api/jobs/{id}/events"):
        refused(await other_tenant_client.get(path), 404, "job.not_found")
