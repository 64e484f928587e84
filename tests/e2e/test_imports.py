"""A worker killed -9 in the middle of an import: another goes on, and no row comes twice."""

import asyncio
import os
import signal
from typing import Any

import asyncpg
import pytest

from tests.e2e.conftest import Product

ROWS = 60_000
PATIENCE_SECONDS = 120


async def job_of(product: Product, id: str) -> dict[str, Any]:
    answer = await product.http.get(f"/api/jobs/{id}")
    job: dict[str, Any] = answer.json()
    return job


@pytest.mark.timeout(200)
async def test_another_worker_goes_on_and_no_row_comes_twice(product: Product) -> None:
    lines = ["email,first_name,company_name", *(f"p{i}@x.example,First{i},Company {i % 500}" for i in range(ROWS))]
    answer = await product.http.post(
        "/api/imports?start=true", content="\n".join(lines), headers={"Content-Type": "text/csv"}
    )
    made = answer.json()
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (job := await job_of(product, made["job_id"]))["done"] > 0:
            await asyncio.sleep(0.02)
        assert job["status"] == "running"
        os.kill(product.running.pids["worker"], signal.SIGKILL)
        while (job := await job_of(product, made["job_id"]))["status"] in {"queued", "running"}:
            await asyncio.sleep(0.2)
    assert (job["status"], job["done"], job["result"]["created"]) == ("completed", ROWS, ROWS)
    database = await asyncpg.connect(product.running.database_url)
    try:
        assert await database.fetchval("SELECT count(*) FROM contacts WHERE email LIKE 'p%@x.example'") == ROWS
        once = await database.fetchrow(
            """SELECT count(*), count(DISTINCT contact_id) FROM contact_activities
               WHERE metadata->>'import_id' = $1 AND activity_type = 'contact_created'""",
            made["id"],
        )
        assert tuple(once) == (ROWS, ROWS)
        landed = "SELECT sum(cardinality(lines)) FROM contact_import_batches WHERE import_id = $1::text::uuid"
        assert await database.fetchval(landed, made["id"]) == ROWS
    finally:
        await database.close()
