"""Opens and clicks as they are seen: stored links, hits recorded in batches with their class, and who hears of them."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import engagements, hit_revisions, outbox
from db.engagements import Engagement
from db.outbox import Topic
from domain.tracking.hit_classes import Hit, HitClass, HitKind, Surroundings, Verdict, classify
from domain.tracking.tracking import HONEYPOT
from domain.vocabulary import ActivityType

ACTIVITY_OF = {HitKind.OPEN: ActivityType.EMAIL_OPENED, HitKind.CLICK: ActivityType.EMAIL_CLICKED}

_KNOWN_LINKS = text("SELECT id, url FROM tracked_links WHERE customer_id = :customer_id AND url_hash = ANY(:hashes)")
_NEW_LINKS = text(
    """INSERT INTO tracked_links (customer_id, url, url_hash)
       SELECT :customer_id, url, hash
       FROM unnest(CAST(:urls AS text[]), CAST(:hashes AS bytea[])) AS link (url, hash) ORDER BY hash
       ON CONFLICT (customer_id, url_hash) DO NOTHING"""
)
_SENDS = text(
    """SELECT id, customer_id, contact_id, enrollment_id, sequence_id, sequence_step_id, email_account_id, message_id,
              coalesce(sent_at, sending_at) AS sent_at, opened_at, clicked_at
       FROM email_messages WHERE id = ANY(:ids)"""
)
_URLS = text("SELECT id, url FROM tracked_links WHERE id = ANY(:ids)")
_AWAKE = text(
    """SELECT message.id, message.enrollment_id, message.customer_id, message.opened_at, message.clicked_at,
              step.step_order, EXISTS (
                SELECT FROM sequence_steps AS asking WHERE asking.sequence_id = e.sequence_id
                  AND CAST(asking.conditions AS text) LIKE '%"include_machine"%') AS hears_machines
       FROM email_messages AS message
       JOIN sequence_enrollments AS e ON e.id = message.enrollment_id AND e.status IN ('active', 'paused')
       LEFT JOIN sequence_steps AS step ON step.id = message.sequence_step_id
       WHERE message.id = ANY(:ids) AND EXISTS (
         SELECT FROM sequence_steps AS branch
         WHERE branch.sequence_id = e.sequence_id AND branch.step_type = 'conditional')
       ORDER BY message.enrollment_id"""
)
"""Sends whose workflows may wait for an event: a sequence without a conditional step waits for none."""


async def link_ids(session: AsyncSession, customer_id: UUID, urls: Collection[str]) -> Mapping[str, int]:
    """The ids of the customer's links to ``urls``, which are stored where they are not known.

    Known ones are only read. A new one that another transaction stores, too, is waited for: call this in a short
    transaction of its own, which holds no other row.
    """
    hashes = {_hash(url): url for url in urls}
    known = await _known_links(session, customer_id, hashes)
    missing = {hash: url for hash, url in hashes.items() if url not in known}
    if not missing:
        return known
    new = {"customer_id": customer_id, "urls": list(missing.values()), "hashes": list(missing)}
    await session.execute(_NEW_LINKS, new)
    return {**known, **await _known_links(session, customer_id, missing)}


async def url_of(session: AsyncSession, link_id: int) -> str | None:
    """Where a click on the link leads; None when it is not stored."""
    found = await session.scalar(text("SELECT url FROM tracked_links WHERE id = :id"), {"id": link_id})
    return None if found is None else str(found)


async def record(session: AsyncSession, hits: Sequence[Hit], *, recent: Sequence[Hit] = (), now: datetime) -> None:
    """Record a batch of hits with their classes and counts, and tell the workflows that may wait for them.

    ``recent`` are clicks of the last minute that were recorded before: what the batch shows of them is taken back.
    A person's click is an open, too, where none was counted: images are often blocked. Hits of sends that are gone
    are left out. The number of statements does not depend on that of hits.
    """
    found = await session.execute(_SENDS, {"ids": list({hit.message_id for hit in hits})})
    sends = {row.id: row for row in found}
    hits = [hit for hit in hits if hit.message_id in sends]
    if not hits:
        return
    stored = await hit_revisions.stored_clicks(session, _suspects(hits, recent), hits)
    around = Surroundings([*hits, *recent, *(one.hit for one in stored)])
    urls = await _urls(session, hits)
    judged = [(hit, classify(hit, sent_at=sends[hit.message_id].sent_at, around=around)) for hit in hits]
    made = [_engagement(sends[hit.message_id], hit, verdict, urls) for hit, verdict in judged]
    await engagements.record(session, [*made, *_implied(sends, judged)], now=now)
    await hit_revisions.revise(session, hit_revisions.changes(stored, around), now=now)
    await _tell(session, sends, hits)


def _suspects(hits: Iterable[Hit], recent: Iterable[Hit]) -> set[UUID]:
    """The sends of which a click that was recorded may prove to be a machine's by these hits."""
    clicks = [hit for hit in hits if hit.kind is HitKind.CLICK]
    trapped = {hit.client for hit in clicks if hit.link_id == HONEYPOT} - {None}
    return {hit.message_id for hit in clicks} | {hit.message_id for hit in recent if hit.client in trapped}


def _engagement(send: Row[Any], hit: Hit, verdict: Verdict, urls: Mapping[int, str]) -> Engagement:
    seen: dict[str, Any] = {"reason": verdict.reason, "method": hit.method}
    if hit.link_id is not None:
        seen |= {"link_id": hit.link_id, "url": urls.get(hit.link_id)}
    return Engagement(
        message=send,
        activity_type=ACTIVITY_OF[hit.kind],
        occurred_at=hit.at,
        subtype=verdict.subtype,
        metadata=seen,
        ip_address=hit.ip,
        user_agent=hit.user_agent,
    )


def _implied(sends: Mapping[UUID, Row[Any]], judged: Sequence[tuple[Hit, Verdict]]) -> Iterator[Engagement]:
    """An open for each email that a person clicks and that no person was seen to open."""
    human = [hit for hit, verdict in judged if verdict.subtype is HitClass.HUMAN]
    opened = {hit.message_id for hit in human if hit.kind is HitKind.OPEN}
    for hit in human:
        if hit.message_id not in opened and sends[hit.message_id].opened_at is None:
            opened.add(hit.message_id)
            yield Engagement(
                message=sends[hit.message_id],
                activity_type=ActivityType.EMAIL_OPENED,
                occurred_at=hit.at,
                subtype=HitClass.HUMAN,
                metadata=hit_revisions.IMPLIED,
                ip_address=hit.ip,
                user_agent=hit.user_agent,
            )


async def _tell(session: AsyncSession, before: Mapping[UUID, Row[Any]], hits: Sequence[Hit]) -> None:
    """An email's first open and first click that count, and machines' hits where a condition asks for them."""
    seen = {(hit.message_id, hit.kind) for hit in hits}
    for row in await session.execute(_AWAKE, {"ids": list(before)}):
        was = before[row.id]
        for kind, first, earlier in (
            (HitKind.OPEN, row.opened_at, was.opened_at),
            (HitKind.CLICK, row.clicked_at, was.clicked_at),
        ):
            if (first and not earlier) or (row.hears_machines and (row.id, kind) in seen):
                await outbox.put(
                    session,
                    customer_id=row.customer_id,
                    topic=Topic.ENROLLMENT_EVENT,
                    subject_id=row.enrollment_id,
                    payload={"kind": ACTIVITY_OF[kind].value, "step_order": row.step_order},
                )


async def _urls(session: AsyncSession, hits: Iterable[Hit]) -> dict[int, str]:
    ids = {hit.link_id for hit in hits if hit.link_id}
    return {row.id: row.url for row in await session.execute(_URLS, {"ids": list(ids)})} if ids else {}


async def _known_links(session: AsyncSession, customer_id: UUID, hashes: Collection[bytes]) -> dict[str, int]:
    if not hashes:
        return {}
    found = await session.execute(_KNOWN_LINKS, {"customer_id": customer_id, "hashes": list(hashes)})
    return {row.url: row.id for row in found}


def _hash(url: str) -> bytes:
    return hashlib.sha256(url.encode()).digest()
