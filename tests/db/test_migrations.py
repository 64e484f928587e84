"""Migrating: forth, back, and by several at once."""

import asyncio
import sys

import asyncpg
import pytest
from alembic import command

from db.migrations import alembic_config, upgrade
from tests.db.test_catalog import enums_of, tables_of

UPGRADE_PROGRAM = "import sys; from db.migrations import upgrade; upgrade(sys.argv[1])"


async def test_each_revision_is_printed_and_a_second_run_has_none(
    empty_database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    await asyncio.to_thread(upgrade, empty_database_url)
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "applied 0001", "applied 0002", "applied 0003", "applied 0004", "applied 0005",
        "applied 0006",
        "applied 0007", "applied 0008", "applied 0009", "applied 0010", "applied 0011", "applied 0012", "applied 0013",
        "applied 0014",
    ]  # fmt: skip
    await asyncio.to_thread(upgrade, empty_database_url)
    assert capsys.readouterr().out == ""


async def test_processes_that_migrate_at_once_take_turns(empty_database_url: str) -> None:
    async def migrate() -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", UPGRADE_PROGRAM, empty_database_url,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
        return process.returncode, said.decode()

    results = await asyncio.gather(migrate(), migrate(), migrate())
    assert [code for code, _ in results] == [0, 0, 0], results
    assert sorted(said.count("applied") for _, said in results) == [0, 0, 14]


async def test_the_way_back_drops_everything(database_url: str) -> None:
    await asyncio.to_thread(command.downgrade, alembic_config(database_url), "base")
    assert await tables_of(database_url) == {}
    assert await enums_of(database_url) == {}


async def test_the_revisions_go_back_and_forth(database_url: str) -> None:
    before = await tables_of(database_url)
    await asyncio.to_thread(command.downgrade, alembic_config(database_url), "base")
    await asyncio.to_thread(upgrade, database_url)
    assert await tables_of(database_url) == before


ROWS_OF_0005 = """
    WITH customer AS (INSERT INTO customers (name) VALUES ('Acme') RETURNING id),
         workspace AS (INSERT INTO workspaces (customer_id, name) SELECT id, 'Sales' FROM customer RETURNING *),
         person AS (INSERT INTO users (customer_id, email) SELECT id, 'ann@acme.example' FROM customer RETURNING id),
         mailbox AS (INSERT INTO email_accounts (customer_id, workspace_id, email, smtp_host, smtp_port)
                     SELECT customer_id, id, 'ann@acme.example', 'smtp.acme.example', 587 FROM workspace),
         contact AS (INSERT INTO contacts (customer_id, workspace_id, email)
                     SELECT customer_id, id, 'bob@prospect.example' FROM workspace RETURNING id),
         sequence AS (INSERT INTO sequences (customer_id, workspace_id, name, owner_id, created_by, status)
                      SELECT workspace.customer_id, workspace.id, 'Welcome', person.id, person.id, 'active'
                      FROM workspace, person RETURNING id, customer_id)
    INSERT INTO sequence_enrollments (sequence_id, contact_id, customer_id)
    SELECT sequence.id, contact.id, sequence.customer_id FROM sequence, contact
"""
ROWS_OF_0006 = """
    SELECT timezone, gap_jitter_seconds, ramp_up_start, away_from, sending_hours, sequences.holiday_dates,
           running_since, delay_from
    FROM workspaces, email_accounts, sequences, sequence_enrollments
"""


async def test_rows_that_were_there_before_the_slot_ledger_get_settings_that_change_nothing(
    empty_database_url: str,
) -> None:
    await asyncio.to_thread(command.upgrade, alembic_config(empty_database_url), "0005")
    connection = await asyncpg.connect(empty_database_url)
    await connection.execute(ROWS_OF_0005)
    await asyncio.to_thread(upgrade, empty_database_url)
    [row] = await connection.fetch(ROWS_OF_0006)
    assert tuple(row) == ("UTC", 0, None, None, None, [], None, None)
    await connection.execute("UPDATE sequence_enrollments SET waiting_reason = 'no_slot'")
    await asyncio.to_thread(command.downgrade, alembic_config(empty_database_url), "0005")
    [row] = await connection.fetch("SELECT status, waiting_reason FROM sequence_enrollments")
    assert tuple(row) == ("active", None)
    await connection.close()


async def test_a_server_with_another_zone_gets_partitions_of_utc_months(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    name = empty_database_url.rsplit("/", 1)[1]
    await connection.execute(f"ALTER DATABASE {name} SET timezone = 'Asia/Kathmandu'")
    await connection.close()
    await asyncio.to_thread(upgrade, empty_database_url)
    connection = await asyncpg.connect(empty_database_url, server_settings={"timezone": "UTC"})
    bounds = await connection.fetch(
        "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname ~ '^contact_activities_y' AND relkind = 'r'"
    )
    await connection.close()
    assert len(bounds) == 5
    assert all(bound[0].count("-01 00:00:00+00'") == 2 for bound in bounds), bounds
