"""Contacts changed and erased by the thousand: jobs that go on where they were, a transaction for each batch."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from activities.resources import Resources
from db import contact_changes, contact_erasure, jobs
from db.contact_changes import Author
from db.contact_selections import Selection

BATCH = 500
"""Contacts that are held at once."""
Work = Callable[[AsyncSession, Author, Sequence[UUID]], Awaitable[int]]
"""Does something to contacts, and answers to how many of them."""


async def update(resources: Resources, job: Row[Any]) -> Mapping[str, Any]:
    """Write ``changes`` to the contacts that are chosen; how many there were and how many of them differed."""
    fields = contact_changes.typed(job.parameters["changes"])

    async def work(session: AsyncSession, author: Author, ids: Sequence[UUID]) -> int:
        rows = await contact_changes.lock(session, customer_id=author.customer_id, contact_ids=ids, fields=fields)
        now = resources.clock()
        return len(await contact_changes.write(session, rows, user_id=author.user_id, fields=fields, now=now))

    found, changed = await _each_batch(resources, job, work)
    return {"found": found, "updated": changed}


async def delete(resources: Resources, job: Row[Any]) -> Mapping[str, Any]:
    """Erase the contacts that are chosen; how many there were."""

    async def work(session: AsyncSession, author: Author, ids: Sequence[UUID]) -> int:
        return len(await contact_erasure.erase_all(session, author, ids, now=resources.clock()))

    found, erased = await _each_batch(resources, job, work)
    return {"found": found, "deleted": erased}


async def _each_batch(resources: Resources, job: Row[Any], work: Work) -> tuple[int, int]:
    """Do the work batch by batch in the order of ids, from the job's cursor on; contacts found, and done to."""
    author = Author(
        customer_id=job.customer_id,
        workspace_id=job.workspace_id,
        user_id=job.created_by,
        hashes=resources.settings.address_hashes,
    )
    cursor = job.cursor or {"after": None, "done": 0}
    found, done = job.done, cursor["done"]
    after = cursor["after"] and UUID(cursor["after"])
    while True:
        async with resources.sessions.begin() as session:
            chosen = await _selection(session, job)
            ids = await chosen.next_ids(session, after, BATCH)
            if not ids:
                return found, done
            done += await work(session, author, ids)
            found, after = found + len(ids), ids[-1]
            await jobs.advance(session, job.id, done=found, cursor={"after": str(after), "done": done})


async def _selection(session: AsyncSession, job: Row[Any]) -> Selection:
    return await Selection.of(
        session,
        job.parameters,
        customer_id=job.customer_id,
        workspace_id=job.workspace_id,
        # The rules' dates are those of the request, however long the job takes.
        now=job.created_at,
    )
