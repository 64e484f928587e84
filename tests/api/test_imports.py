"""Imports of files over HTTP: uploaded, looked at, started once, told row by row, undone."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from activities.jobs import HANDLERS
from activities.resources import Resources
from db import jobs
from domain.vocabulary import JobStatus
from settings import Settings
from tests.api.arrange import Json, answered, contacts, refused
from tests.api.conftest import NOW, Tenant
from worker import make_resources

FILE = "E-mail;Vorname;Plan\nAnn@X.example;Änn;trial\nnobody;;\nbob@x.example;Bob;=1+1\n"
CSV = {"Content-Type": "text/csv"}


@pytest_asyncio.fixture
async def resources(app: FastAPI, api_settings: Settings) -> AsyncIterator[Resources]:
    resources = make_resources(api_settings, app.state.engine, clock=lambda: NOW)
    yield resources
    await resources.close()


async def upload(client: httpx2.AsyncClient, content: str | bytes = FILE, **query: Any) -> Json:
    return answered(await client.post("/api/imports", content=content, headers=CSV, params=query), 201)


async def done(resources: Resources, job_id: str) -> None:
    """The job, done without Temporal."""
    async with resources.sessions.begin() as session:
        job = await jobs.begin(session, uuid.UUID(job_id), now=NOW)
    assert job is not None
    result = await HANDLERS[job.kind](resources, job)
    async with resources.sessions.begin() as session:
        await jobs.end(session, job.id, JobStatus.COMPLETED, now=NOW, result=result)


async def run(client: httpx2.AsyncClient, resources: Resources, made: Json, **body: Any) -> Json:
    """The import after it was started so and done."""
    job = answered(await client.post(f"/api/imports/{made['id']}/start", json=body), 202)
    await done(resources, job["id"])
    return answered(await client.get(f"/api/imports/{made['id']}"))


async def test_an_upload_tells_what_it_is_and_its_first_rows_and_imports_nothing(
    session: AsyncSession, tenant: Tenant
) -> None:
    headers = {"Content-Type": "text/csv; charset=windows-1252"}
    answer = await tenant.client.post("/api/imports", content=FILE.encode("cp1252"), headers=headers)
    made = answered(answer, 201)
    assert answer.headers["Location"] == f"/api/imports/{made['id']}"
    assert (made["state"], made["told"]["format"], made["told"]["encoding"]) == ("uploaded", "csv", "cp1252")
    assert [(one["name"], one["field"]) for one in made["told"]["columns"]] == [
        ("E-mail", "email"), ("Vorname", "first_name"), ("Plan", "custom_fields.Plan"),
    ]  # fmt: skip
    first, broken, _ = made["preview"]
    assert (first["line"], first["contact"]["email"], first["contact"]["first_name"]) == (2, "ann@x.example", "Änn")
    assert first["contact"]["custom_fields"] == {"Plan": "trial"}
    assert broken["contact"] is None
    assert "is not an email address" in broken["remark"]
    count = text("SELECT count(*) FROM contacts WHERE customer_id = :id")
    assert await session.scalar(count, {"id": tenant.customer_id}) == 0


async def test_a_form_is_as_good_as_a_body(client: httpx2.AsyncClient) -> None:
    made = answered(await client.post("/api/imports", files={"file": ("fair.csv", FILE.encode(), "text/csv")}), 201)
    assert (made["file_name"], made["size"]) == ("fair.csv", len(FILE.encode()))
    refused(await client.post("/api/imports", files={"note": (None, "no file")}), 422, "import.no_file")


async def test_a_started_import_lands_and_tells_the_verdict_of_each_row(
    client: httpx2.AsyncClient, resources: Resources
) -> None:
    made = await upload(client)
    found = await run(client, resources, made)
    assert [found[name] for name in ("state", "created", "updated", "skipped", "invalid")] == ["completed", 2, 0, 0, 1]
    answer = await client.get(f"/api/imports/{made['id']}/rows.csv")
    lines = answer.text.splitlines()
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert lines[0] == "line,email,verdict,contact_id,reason"
    assert [line.split(",")[:3] for line in lines[1:]] == [
        ["2", "ann@x.example", "created"], ["3", "nobody", "invalid"], ["4", "bob@x.example", "created"],
    ]  # fmt: skip
    only = await client.get(f"/api/imports/{made['id']}/rows.csv", params={"verdict": "invalid"})
    assert len(only.text.splitlines()) == 2
    again = await client.post(f"/api/imports/{made['id']}/start", json={})
    refused(again, 409, "import.started")


async def test_a_cell_of_the_verdicts_is_no_formula(client: httpx2.AsyncClient, resources: Resources) -> None:
    made = await upload(client, "email\n=cmd|calc\n")
    await run(client, resources, made)
    answer = await client.get(f"/api/imports/{made['id']}/rows.csv")
    assert answer.text.splitlines()[1].startswith("2,'=cmd")


async def test_a_dry_run_shows_what_would_change(session: AsyncSession, tenant: Tenant, resources: Resources) -> None:
    [known] = await contacts(session, tenant, email="ann@x.example", first_name="Old")
    made = await upload(tenant.client)
    found = await run(tenant.client, resources, made, on_conflict="update", dry_run=True)
    assert [found[name] for name in ("state", "created", "updated", "invalid")] == ["tried", 1, 1, 1]
    [change] = found["changes"]
    assert (change["contact_id"], change["email"]) == (known, "ann@x.example")
    assert (change["before"]["first_name"], change["after"]["first_name"]) == ("Old", "Änn")
    found = await run(tenant.client, resources, made, on_conflict="update")
    assert [found[name] for name in ("state", "created", "updated")] == ["completed", 1, 1]


async def test_a_mapping_says_which_column_is_which_and_is_checked_at_once(
    client: httpx2.AsyncClient, resources: Resources
) -> None:
    made = await upload(client)
    path = f"/api/imports/{made['id']}/start"
    wrong = {"E-mail": "email", "Vorname": "colour", "Name": "last_name"}
    pointers = refused(await client.post(path, json={"mapping": wrong}), 422, "import.mapping")
    assert pointers == {"/mapping/Name", "/mapping/Vorname"}
    await run(client, resources, made, mapping={"E-mail": "email", "Vorname": "last_name"})
    [ann] = answered(await client.get("/api/contacts", params={"email": "ann@x.example"}))["data"]
    assert (ann["first_name"], ann["last_name"], ann["custom_fields"]) == (None, "Änn", {})


async def test_one_request_uploads_and_starts(client: httpx2.AsyncClient, resources: Resources) -> None:
    made = await upload(client, start="true", on_conflict="fill_empty")
    assert (made["state"], made["options"]["on_conflict"]) == ("queued", "fill_empty")
    await done(resources, made["job_id"])
    assert answered(await client.get(f"/api/imports/{made['id']}"))["created"] == 2


async def test_the_same_key_with_the_same_file_is_one_import(client: httpx2.AsyncClient) -> None:
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    form = {"file": ("fair.csv", FILE.encode(), "text/csv")}
    first = await client.post("/api/imports", files=form, headers=headers)
    again = await client.post("/api/imports", files=form, headers=headers)
    assert answered(first, 201) == answered(again, 201)
    other = {"file": ("fair.csv", FILE.encode() + b"eve@x.example;;\n", "text/csv")}
    refused(await client.post("/api/imports", files=other, headers=headers), 422, "idempotency.mismatch")
    assert len(answered(await client.get("/api/imports"))["data"]) == 1


async def test_a_file_without_addresses_or_of_too_many_bytes_is_refused(
    app: FastAPI, client: httpx2.AsyncClient
) -> None:
    refused(await client.post("/api/imports", content="name\nBob\n", headers=CSV), 422, "import.mapping")
    refused(await client.post("/api/imports", content="", headers=CSV), 422, "csv.empty")
    kept = app.state.settings
    app.state.settings = kept.model_copy(update={"max_import_bytes": 2_000})
    try:
        refused(await client.post("/api/imports", content=FILE * 100, headers=CSV), 413, "request.too_large")
    finally:
        app.state.settings = kept
    assert answered(await client.get("/api/imports"))["data"] == []


async def test_nobody_without_a_key_uploads(anonymous: httpx2.AsyncClient) -> None:
    refused(await anonymous.post("/api/imports", content=FILE, headers=CSV), 401, "key.missing")


async def test_a_list_of_another_customer_does_not_exist(
    client: httpx2.AsyncClient, other_tenant_client: httpx2.AsyncClient
) -> None:
    theirs = answered(await other_tenant_client.post("/api/lists", json={"name": "Theirs"}), 201)
    made = await upload(client)
    answer = await client.post(f"/api/imports/{made['id']}/start", json={"list_id": theirs["id"]})
    refused(answer, 422, "reference.not_found")


async def test_an_import_is_undone(client: httpx2.AsyncClient, resources: Resources) -> None:
    made = await upload(client)
    refused(await client.post(f"/api/imports/{made['id']}/undo"), 409, "import.not_ended")
    await run(client, resources, made)
    answer = await client.post(f"/api/imports/{made['id']}/undo")
    job = answered(answer, 202)
    assert answer.headers["Location"] == f"/api/jobs/{job['id']}"
    await done(resources, job["id"])
    assert answered(await client.get(f"/api/imports/{made['id']}"))["state"] == "undone"
    assert answered(await client.get("/api/contacts"))["data"] == []
    assert answered(await client.get(f"/api/jobs/{job['id']}"))["result"]["removed"] == 2
