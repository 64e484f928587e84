"""Counts of activities, of which those of whole days that are over are kept."""

import hashlib
import json
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from api.caches import Cache
from db import activity_summaries
from db.activity_summaries import Count, Days, Question


async def counts(session: AsyncSession, cache: Cache, question: Question, *, now: datetime, limit: int) -> list[Count]:
    """More than ``limit`` of them only if there are more; exact at the moment of one statement, whoever writes.

    That statement reads the version of the days with all that is not of them, so the days need to be read only when
    no counts of this version are kept; they are then read with all else once more.
    """
    days = question.days_before(now)
    if days is None:
        return await activity_summaries.counts(session, question, limit=limit)
    read = await activity_summaries.parts(session, question, days, with_days=False, limit=limit)
    kept = await cache.get(_key(question, days, read.version))
    if kept is not None:
        return activity_summaries.added(read.rest, (Count(*one) for one in kept))
    read = await activity_summaries.parts(session, question, days, with_days=True, limit=limit)
    await cache.keep(_key(question, days, read.version), read.of_days)
    return activity_summaries.added(read.rest, read.of_days)


def _key(question: Question, days: Days, version: str) -> str:
    """All that the counts of the days depend on; edges after the days are not part of it, nor are the first and last
    instant of the question, so that the same question asked later that day finds them.
    """
    cuts = [edge for edge in question.edges[1:] if edge < days.end]
    asked = [at.astimezone(UTC).isoformat() for at in (*days, *cuts)]
    text = json.dumps([question.group_by, str(question.sequence_id), *asked])
    return f"{question.customer_id}:activities:{version}:{hashlib.sha256(text.encode()).hexdigest()}"
