"""`opendoors reclassify`: who opened and clicked, human or machine, judged again by the rules of this version."""

import asyncio
from datetime import datetime

from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from clock import clock_of
from db import hit_revisions
from db.engine import create_engine, session_factory
from progress_bars import progress_bars
from settings import Settings


def run(settings: Settings, *, since: datetime) -> int:
    """Class the hits since then, which is aware, with the statistics that they count in; progress on standard error.

    It may be stopped at any moment and run again: each thousand hits are a transaction, and what is right stays.
    """
    done = asyncio.run(_reclassify(settings, since))
    Console().print(f"{done.seen:,} opens and clicks, {done.changed:,} classed anew.", highlight=False)
    return 0


async def _reclassify(settings: Settings, since: datetime) -> hit_revisions.Progress:
    engine = create_engine(settings)
    try:
        return await reclassify(session_factory(engine), since=since, now=clock_of(settings)())
    finally:
        await engine.dispose()


async def reclassify(
    sessions: async_sessionmaker[AsyncSession], *, since: datetime, now: datetime
) -> hit_revisions.Progress:
    """Class all hits since then; how many there were, and how many have another class or reason now."""
    with progress_bars() as report:
        async with sessions() as session:
            total = await hit_revisions.tracked(session, since)
        done, further = hit_revisions.beginning(since), True
        while further:
            async with sessions.begin() as session:
                after = await hit_revisions.reclassify(session, done, now=now)
            further, done = after is not None, after or done
            report("opens and clicks", done.seen, total)
    return done
