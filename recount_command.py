"""`opendoors recount`: statistics counted again from the rows, what differs shown and, if asked, put right."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from db import statistics
from db.engine import create_engine, session_factory
from db.statistics import Drift
from domain.errors import NotFound
from progress_bars import progress_bars
from settings import Settings

MOST_ROWS = 60
"""Differences that are shown one by one; of more, only their number."""
_CUSTOMER = text("SELECT EXISTS (SELECT FROM customers WHERE id = :id)")


def run(settings: Settings, *, customer_id: UUID | None, mend: bool) -> int:
    """Count again and show what differs: 0 when nothing does, else 1, also where it was mended; 2: no such customer."""
    try:
        drift = asyncio.run(recount(settings, customer_id, mend=mend))
    except NotFound as error:
        Console(stderr=True, highlight=False, soft_wrap=True).print(f"opendoors recount: {error}", markup=False)
        return 2
    _show(Console(), drift, mended=mend)
    return 1 if drift else 0


async def recount(settings: Settings, customer_id: UUID | None = None, *, mend: bool = False) -> Sequence[Drift]:
    """What differs in the database of the settings, for one customer or all; raises ``NotFound``."""
    engine = create_engine(settings)
    sessions = session_factory(engine)
    try:
        with progress_bars() as report:
            async with sessions() as session:
                if customer_id is not None and not await session.scalar(_CUSTOMER, {"id": customer_id}):
                    raise NotFound("customer", customer_id)
                if not mend:
                    return await statistics.drift(session, customer_id=customer_id, report=report)
            return await statistics.recount(sessions, customer_id=customer_id, report=report)
    finally:
        await engine.dispose()


def _show(console: Console, drift: Sequence[Drift], *, mended: bool) -> None:
    if not drift:
        console.print("Every statistic is what its rows make it.")
        return
    table = Table(title="Statistics that differ from their rows", title_justify="left")
    for name in ("table", "id", "column", "stored", "counted"):
        table.add_column(name, justify="right" if name in {"stored", "counted"} else "left", overflow="fold")
    for one in drift[:MOST_ROWS]:
        table.add_row(one.table, str(one.id), one.column, _spoken(one.stored), _spoken(one.counted))
    console.print(table)
    if len(drift) > MOST_ROWS:
        console.print(f"… and {len(drift) - MOST_ROWS:,} more.", highlight=False)
    columns = Counter(f"{one.table}.{one.column}" for one in drift)
    console.print(", ".join(f"{name} {count:,}×" for name, count in sorted(columns.items())), highlight=False)
    said = "They were put right." if mended else "Put them right with `opendoors recount --mend`."
    console.print(f"{len(drift):,} differ. {said}", highlight=False)


def _spoken(value: Any) -> str:
    return "–" if value is None else str(value)
