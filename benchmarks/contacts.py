"""Pages of contacts, the first and a deep one, over the HTTP API at a million contacts."""

import base64
import json
import time
from typing import Any

import asyncpg

from benchmarks.figures import Figure
from benchmarks.servers import Servers
from demo.client import Client

CONTACTS = 1_000_000
LIMIT = 50
DEEP = 18_000
"""The page of which the deep one is asked for, if there are as many contacts; else the last but one."""
REQUESTS = 40
ORDERS = {"created_at": "-created_at", "company_name": "company_name"}

_FILL = """
    INSERT INTO contacts (customer_id, workspace_id, email, first_name, last_name, company_name, company_domain,
                          country, created_at)
    SELECT customer_id, id, 'paged' || n || '@prospect.example', 'Grace' || n % 500, 'Hopper' || n % 9973,
           'Company ' || lpad((n::bigint * 7919 % 60000)::text, 5, '0'), 'company' || n % 60000 || '.example', 'Spain',
           now() - n * interval '1 second'
    FROM workspaces, generate_series(1, $1::int) AS n
"""
_PLACES = {
    "created_at": "SELECT created_at, id FROM contacts ORDER BY created_at DESC, id DESC OFFSET $1 LIMIT 1",
    "company_name": """SELECT company_name, id FROM contacts WHERE company_name IS NOT NULL
                       ORDER BY company_name, id OFFSET $1 LIMIT 1""",
}


async def measure(servers: Servers, number: int | None, repetitions: int) -> list[Figure]:
    """How long page 18,000 takes against the first one, in milliseconds, in each order."""
    contacts = max(number or CONTACTS, 4 * LIMIT)
    await servers.database.execute(_FILL, contacts)
    await servers.database.execute("VACUUM ANALYZE contacts")
    page = min(DEEP, contacts // LIMIT - 1)
    figures = []
    for name, sort in ORDERS.items():
        first = {"sort": sort, "limit": LIMIT}
        deep = first | {"cursor": await _cursor(servers.database, name, sort, (page - 1) * LIMIT - 1)}
        at_first, at_depth = [], []
        for _ in range(repetitions):
            at_first.append(await _milliseconds(servers.api, first))
            at_depth.append(await _milliseconds(servers.api, deep))
        title = f"page {page:,} by {name}, {contacts:,} contacts"
        figures.append(Figure(title, "ms", at_depth, at_first, "page 1 of the same list"))
    return figures


async def _cursor(database: asyncpg.Connection, name: str, sort: str, offset: int) -> str:
    """The cursor behind a row, as its page's ``next_cursor`` would be: the way there page by page takes an hour."""
    value, id = await database.fetchrow(_PLACES[name], offset)
    text = value if isinstance(value, str) else value.isoformat()
    return base64.urlsafe_b64encode(json.dumps([sort, text, str(id)]).encode()).decode().rstrip("=")


async def _milliseconds(api: Client, query: dict[str, Any]) -> float:
    started = time.perf_counter()
    for _ in range(REQUESTS):
        await api.get("contacts", **query)
    return 1000 * (time.perf_counter() - started) / REQUESTS
