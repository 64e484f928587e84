"""The outbox: what Temporal has to be told, written in the transaction that changed the rows.

A crash between the commit and the telling loses nothing: the row stays until a relay has told Temporal
(at least once, in the order of ids for each subject; whatever is told is idempotent).
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

CHANNEL = "opendoors_outbox"
"""Postgres channel on which a commit that wrote to the outbox notifies the relays."""


class Topic(StrEnum):
    ENROLLMENT_START = "enrollment.start"
    ENROLLMENT_PAUSE = "enrollment.pause"
    ENROLLMENT_RESUME = "enrollment.resume"
    ENROLLMENT_STOP = "enrollment.stop"
    ENROLLMENT_EVENT = "enrollment.event"
    MAILBOX_START = "mailbox.start"
    JOB_START = "job.start"
    ENRICHMENT_WORK = "enrichment.work"
    PLAN_FILL = "plan.fill"
    PLAN_SEQUENCE = "plan.sequence"
    PLAN_MAILBOX = "plan.mailbox"
    PLAN_WORKSPACE = "plan.workspace"


PLANNING = frozenset({Topic.PLAN_FILL, Topic.PLAN_SEQUENCE, Topic.PLAN_MAILBOX, Topic.PLAN_WORKSPACE})
"""Topics that are told to the re-planner, and not to Temporal: room was given back, or settings have changed."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A row of the outbox."""

    id: int
    customer_id: UUID
    topic: Topic
    subject_id: UUID
    payload: Mapping[str, Any]
    attempts: int


async def put(
    session: AsyncSession,
    *,
    customer_id: UUID,
    topic: str,
    subject_id: UUID,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Tell ``topic`` of ``subject_id`` once this transaction has committed."""
    await put_all(session, customer_id=customer_id, topic=topic, subject_ids=[subject_id], payload=payload)


async def put_all(
    session: AsyncSession,
    *,
    customer_id: UUID,
    topic: str,
    subject_ids: Sequence[UUID],
    payload: Mapping[str, Any] | None = None,
) -> None:
    """``put`` for many subjects in one statement."""
    if not subject_ids:
        return
    await session.execute(
        text(
            """INSERT INTO outbox (customer_id, topic, subject_id, payload)
               SELECT :customer_id, :topic, subject, CAST(:payload AS jsonb)
               FROM unnest(CAST(:subjects AS uuid[])) AS subject"""
        ),
        {
            "customer_id": customer_id,
            "topic": topic,
            "subjects": list(subject_ids),
            "payload": json.dumps(payload or {}),
        },
    )
    await session.execute(text(f"SELECT pg_notify('{CHANNEL}', '')"))


async def pending(session: AsyncSession, topics: Collection[Topic], *, now: datetime, limit: int) -> list[Letter]:
    """The letters of these topics to be told now, oldest first; one that failed keeps its subject's later ones."""
    rows = await session.execute(
        text(
            """SELECT id, customer_id, topic, subject_id, payload, attempts FROM outbox AS letter
               WHERE topic = ANY(:topics) AND next_attempt_at <= :now AND NOT EXISTS (
                 SELECT FROM outbox AS earlier
                 WHERE earlier.subject_id = letter.subject_id AND earlier.id < letter.id
                   AND earlier.topic = ANY(:topics) AND earlier.next_attempt_at > :now)
               ORDER BY id LIMIT :limit"""
        ),
        {"topics": [str(topic) for topic in topics], "now": now, "limit": limit},
    )
    return [
        Letter(row.id, row.customer_id, Topic(row.topic), row.subject_id, row.payload, row.attempts) for row in rows
    ]


async def has_letters(session: AsyncSession, subject_id: UUID, topic: Topic) -> bool:
    """Whether a letter of this topic about the subject is still to be told."""
    letters = text("SELECT EXISTS (SELECT FROM outbox WHERE subject_id = :subject_id AND topic = :topic)")
    return bool(await session.scalar(letters, {"subject_id": subject_id, "topic": topic}))


async def told(session: AsyncSession, ids: Sequence[int]) -> None:
    """Temporal knows: the letters go."""
    await session.execute(text("DELETE FROM outbox WHERE id = ANY(:ids)"), {"ids": list(ids)})


async def failed(session: AsyncSession, id: int, *, error: str, retry_at: datetime) -> None:
    """Temporal could not be told: try again at ``retry_at``."""
    await session.execute(
        text(
            """UPDATE outbox SET attempts = attempts + 1, last_error = :error, next_attempt_at = :retry_at
               WHERE id = :id"""
        ),
        {"id": id, "error": error[:1000], "retry_at": retry_at},
    )
