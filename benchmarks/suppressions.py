"""What it costs an import that addresses which were erased are known again: against a look for the plain addresses.

``python -m benchmarks --only suppressions``. Half of the addresses are in the suppression list.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks.figures import Figure
from benchmarks.servers import Servers
from clock import utc_now
from db import api_keys, suppressions
from db.engine import create_engine, session_factory
from domain.profiles.address_hashes import AddressHashes
from settings import Settings

NUMBER: Final = 200_000
_HASHES = AddressHashes("a key for the benchmark alone")
_NAME: Final = "Suppressions"
_LEGIBLE = text(
    """INSERT INTO contact_suppression_lists (customer_id, workspace_id, suppression_type, email)
       SELECT workspace.customer_id, workspace.id, 'manual', email
       FROM workspaces AS workspace, unnest(CAST(:emails AS text[])) AS email
       WHERE workspace.customer_id = :customer_id"""
)
_ERASED = text(
    """INSERT INTO contact_suppression_lists (customer_id, workspace_id, suppression_type, email, erased_at)
       SELECT customer_id, id, 'manual', 'hmac-sha256:' || n, now() FROM workspaces, generate_series(1, 1000) AS n
       WHERE customer_id = :customer_id"""
)
_LOOK_UP = text("SELECT email FROM contact_suppression_lists WHERE customer_id = :customer_id AND email = ANY(:emails)")


async def measure(servers: Servers, number: int | None, repetitions: int) -> list[Figure]:
    """Seconds for all addresses, in a transaction that is never committed."""
    emails = [f"user{n}@mail.company{n % 5000}.example" for n in range(number or NUMBER)]
    engine = create_engine(Settings(database_url=SecretStr(servers.running.database_url)))
    try:
        async with session_factory(engine)() as session:
            customer_id = await _customer(session)
            await session.execute(_LEGIBLE, {"customer_id": customer_id, "emails": emails[::2]})
            await session.execute(text("ANALYZE contact_suppression_lists"))
            none = await _pairs(session, customer_id, emails, repetitions)
            await session.execute(_ERASED, {"customer_id": customer_id})
            some = await _pairs(session, customer_id, emails, repetitions)
    finally:
        await engine.dispose()
    return [
        Figure(f"{len(emails):,} addresses looked for among {what}", "s", *pairs, "looked for as they are")
        for what, pairs in (("no erased ones", none), ("1,000 erased ones", some))
    ]


async def _customer(session: AsyncSession) -> UUID:
    await api_keys.create(session, _NAME, "Sales", "ann@sender.example", utc_now())
    found = await session.execute(text("SELECT id FROM customers WHERE name = :name"), {"name": _NAME})
    id: UUID = found.scalar_one()
    return id


async def _pairs(
    session: AsyncSession, customer_id: UUID, emails: list[str], repetitions: int
) -> tuple[list[float], list[float]]:
    """Ours and the bare look-up in turns."""
    ours, bare = [], []
    given = {"customer_id": customer_id, "emails": emails}
    for _ in range(repetitions):
        ours.append(
            await _timed(
                lambda: suppressions.recognise(session, hashes=_HASHES, customer_id=customer_id, emails=emails)
            )
        )
        bare.append(await _timed(lambda: session.execute(_LOOK_UP, given)))
    return ours, bare


async def _timed(work: Callable[[], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    await work()
    return time.perf_counter() - begun
