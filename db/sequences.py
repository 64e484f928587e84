"""Sequences: made, found, changed, moved through their states and deleted."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, any_, delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from db import contact_activities, definitions, enrollments, outbox, references
from db.models import Sequence, SequenceEmailAccount, SequenceEnrollment, SequenceStep
from db.outbox import Topic
from domain.errors import Conflict, Invalid, NotFound
from domain.lifecycle import move_sequence
from domain.scheduling.hours import settings_problems
from domain.sequences import activation_problems
from domain.vocabulary import SequenceStatus

_POOL = "email_account_ids"
"""The field of a body that is no column."""
_RUNNING = frozenset({SequenceStatus.ACTIVE, SequenceStatus.PAUSED})


def listing(
    *,
    customer_id: UUID,
    status: SequenceStatus | None = None,
    folder_id: UUID | None = None,
    owner_id: UUID | None = None,
    tag: str | None = None,
    name: str | None = None,
) -> Select[Sequence]:
    """The customer's sequences that fit every filter that is given; ``name`` is a part of it, in any case."""
    statement = select(Sequence).where(Sequence.customer_id == customer_id)
    if status is not None:
        statement = statement.where(Sequence.status == status)
    if folder_id is not None:
        statement = statement.where(Sequence.folder_id == folder_id)
    if owner_id is not None:
        statement = statement.where(Sequence.owner_id == owner_id)
    if tag is not None:
        statement = statement.where(any_(Sequence.tags) == tag)
    if name is not None:
        statement = statement.where(Sequence.name.icontains(name, autoescape=True))
    return statement


async def get(session: AsyncSession, *, customer_id: UUID, sequence_id: UUID) -> Sequence:
    """The sequence; raises ``NotFound``."""
    return await _find(session, _one(customer_id, sequence_id), sequence_id)


async def pools(session: AsyncSession, sequence_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The mailboxes in the pool of each sequence, the oldest first (ids of mailboxes are ordered by time)."""
    found: dict[UUID, list[UUID]] = {id: [] for id in sequence_ids}
    if found:
        pooled = select(SequenceEmailAccount).where(SequenceEmailAccount.sequence_id.in_(found))
        for row in await session.scalars(pooled.order_by(SequenceEmailAccount.email_account_id)):
            found[row.sequence_id].append(row.email_account_id)
    return found


async def lock(session: AsyncSession, *, customer_id: UUID, sequence_id: UUID) -> Sequence:
    """The sequence as it is now, held against every other change of it or its steps until the commit.

    Enrollments may still be written meanwhile. Raises ``NotFound``.
    """
    return await _find(session, _one(customer_id, sequence_id).with_for_update(key_share=True), sequence_id)


async def create(
    session: AsyncSession,
    *,
    customer_id: UUID,
    workspace_id: UUID,
    user_id: UUID,
    fields: Mapping[str, Any],
    now: datetime,
) -> Sequence:
    """A draft, owned by the user unless ``fields`` name another ``owner_id``.

    ``email_account_ids`` are its pool. Raises ``Invalid`` for references and hours.
    """
    _require_hours(fields)
    await references.check(session, customer_id=customer_id, fields=fields)
    columns = {name: value for name, value in fields.items() if name != _POOL}
    sequence = Sequence(
        customer_id=customer_id,
        workspace_id=workspace_id,
        created_by=user_id,
        created_at=now,
        updated_at=now,
        **({"owner_id": user_id} | columns),
    )
    session.add(sequence)
    await session.flush()
    await _write_pool(session, sequence, fields.get(_POOL, ()))
    return sequence


async def change(
    session: AsyncSession,
    *,
    customer_id: UUID,
    sequence_id: UUID,
    user_id: UUID,
    fields: Mapping[str, Any],
    now: datetime,
) -> Sequence:
    """Write ``fields`` and leave the others; ``email_account_ids`` are the whole pool.

    Raises ``Invalid`` for references and hours, and when a running sequence would not be ready.
    """
    _require_hours(fields)
    sequence = await lock(session, customer_id=customer_id, sequence_id=sequence_id)
    await references.check(session, customer_id=customer_id, fields=fields)
    for name, value in fields.items():
        if name != _POOL:
            setattr(sequence, name, value)
    if _POOL in fields:
        await _write_pool(session, sequence, fields[_POOL])
    await touch(session, sequence, user_id=user_id, now=now, new_zone="sending_timezone" in fields)
    return sequence


async def touch(
    session: AsyncSession, sequence: Sequence, *, user_id: UUID, now: datetime, new_zone: bool = False
) -> None:
    """Note who changed the sequence or its steps; one that runs must still be ready, else ``Invalid``.

    A paused one runs too in this sense: contacts are enrolled in it, and their next steps are planned; they are
    planned again.
    """
    sequence.updated_by, sequence.updated_at = user_id, now
    await session.flush()
    if sequence.status in _RUNNING:
        await _require_ready(session, sequence.id)
        await outbox.put(
            session,
            customer_id=sequence.customer_id,
            topic=Topic.PLAN_SEQUENCE,
            subject_id=sequence.id,
            payload={"new_zone": new_zone},
        )


async def move(
    session: AsyncSession,
    *,
    customer_id: UUID,
    sequence_id: UUID,
    target: SequenceStatus,
    user_id: UUID,
    now: datetime,
) -> Sequence:
    """Move the sequence to ``target`` and its enrollments with it.

    Those that waited for it to go on are planned again; what is stopped or archived stops those that are
    open. Raises ``Conflict`` for a move that is not in the state machine, and ``Invalid`` ``sequence.not_ready``.
    """
    if target not in _RUNNING:
        # Rows are locked in the order enrollment, sequence; those that are enrolled meanwhile are stopped below.
        await get(session, customer_id=customer_id, sequence_id=sequence_id)
        await enrollments.stop_all(session, sequence_id=sequence_id, now=now)
    sequence = await lock(session, customer_id=customer_id, sequence_id=sequence_id)
    before = sequence.status or SequenceStatus.DRAFT
    sequence.status = move_sequence(before, target)
    if target is SequenceStatus.ACTIVE:
        sequence.running_since, sequence.pause_reason = now, None
    await touch(session, sequence, user_id=user_id, now=now)
    if target not in _RUNNING:
        await enrollments.stop_all(session, sequence_id=sequence_id, now=now)
    return sequence


async def resume(
    session: AsyncSession, *, customer_id: UUID, sequence_id: UUID, user_id: UUID, now: datetime
) -> Sequence:
    """``move`` to active for a paused sequence; a draft was never begun, so it raises ``Conflict``."""
    sequence = await lock(session, customer_id=customer_id, sequence_id=sequence_id)
    if sequence.status is SequenceStatus.DRAFT:
        detail = "This sequence is draft and cannot become active by resuming it; activate it."
        raise Conflict("sequence.wrong_state", detail)
    return await move(
        session,
        customer_id=customer_id,
        sequence_id=sequence_id,
        target=SequenceStatus.ACTIVE,
        user_id=user_id,
        now=now,
    )


async def remove(session: AsyncSession, *, customer_id: UUID, sequence_id: UUID) -> None:
    """Delete a sequence that does not run and in which nobody is enrolled; raises ``Conflict`` otherwise.

    Contacts' activities and sent messages outlive it and no longer name it.
    """
    sequence = await _find(session, _one(customer_id, sequence_id).with_for_update(), sequence_id)
    if sequence.status in _RUNNING:
        detail = f"This sequence is {sequence.status} and cannot be deleted; stop it, then archive it."
        raise Conflict("sequence.running", detail)
    if await session.scalar(select(exists().where(SequenceEnrollment.sequence_id == sequence_id))):
        detail = (
            f"This sequence is {sequence.status} and contacts are enrolled in it; archive it to keep their history."
        )
        raise Conflict("sequence.has_enrollments", detail)
    steps = select(SequenceStep.id).where(SequenceStep.sequence_id == sequence_id)
    for table in contact_activities.EVERY_TABLE:
        spoken_of = (table.c.sequence_id == sequence_id) | table.c.sequence_step_id.in_(steps)
        await session.execute(update(table).where(spoken_of).values(sequence_id=None, sequence_step_id=None))
    await session.execute(delete(Sequence).where(Sequence.id == sequence_id))


def _require_hours(fields: Mapping[str, Any]) -> None:
    problems = tuple(settings_problems(fields))
    if problems:
        raise Invalid("sequence.invalid", "The sending hours are wrong; see the fields.", problems)


async def _write_pool(session: AsyncSession, sequence: Sequence, email_account_ids: Collection[UUID]) -> None:
    """Make the pool hold these mailboxes and no others."""
    of_sequence = SequenceEmailAccount.sequence_id == sequence.id
    left_out = SequenceEmailAccount.email_account_id.not_in(email_account_ids)
    await session.execute(delete(SequenceEmailAccount).where(of_sequence, left_out))
    if email_account_ids:
        columns = {"sequence_id": sequence.id, "customer_id": sequence.customer_id}
        rows = [columns | {"email_account_id": id} for id in email_account_ids]
        await session.execute(insert(SequenceEmailAccount).values(rows).on_conflict_do_nothing())


async def _require_ready(session: AsyncSession, sequence_id: UUID) -> None:
    problems = tuple(activation_problems(await definitions.load(session, sequence_id)))
    if problems:
        detail = "The sequence is not ready to run; the pointers are into the sequence as it would be."
        raise Invalid("sequence.not_ready", detail, problems)


def _one(customer_id: UUID, sequence_id: UUID) -> Select[Sequence]:
    return select(Sequence).where(Sequence.id == sequence_id, Sequence.customer_id == customer_id)


async def _find(session: AsyncSession, statement: Select[Sequence], sequence_id: UUID) -> Sequence:
    sequence = await session.scalar(statement.execution_options(populate_existing=True))
    if sequence is None:
        raise NotFound("sequence", sequence_id)
    return sequence
