"""Sequences as the engine sees them: a sequence with its steps as one value of ``domain.sequences``."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import NotFound
from domain.schedule import Delay, SendingWindow
from domain.sequences import Sequence, Step
from domain.vocabulary import ConditionOperator, SequenceStatus, StepType

_STEP_COLUMNS = """step.id AS step_id, step.step_order, step.step_type, step.delay_days, step.delay_hours,
              step.delay_minutes, step.conditions, step.condition_operator, step.subject_template, step.body_template,
              step.email_account_id"""
_LOAD_STEP = text(f"SELECT {_STEP_COLUMNS} FROM sequence_steps AS step WHERE step.id = :id")
_LOAD = text(
    f"""SELECT sequence.status, sequence.sending_timezone, sequence.use_contact_timezone, sequence.sending_window_start,
              sequence.sending_window_end, sequence.sending_days, sequence.default_email_account_id,
              {_STEP_COLUMNS}
       FROM sequences AS sequence LEFT JOIN sequence_steps AS step ON step.sequence_id = sequence.id
       WHERE sequence.id = :id ORDER BY step.step_order, step.id"""
)


async def load(session: AsyncSession, sequence_id: UUID) -> Sequence:
    """The sequence with its steps in their order; raises ``NotFound``."""
    rows = (await session.execute(_LOAD, {"id": sequence_id})).all()
    if not rows:
        raise NotFound("sequence", sequence_id)
    first = rows[0]
    return Sequence(
        id=sequence_id,
        status=SequenceStatus(first.status),
        steps=tuple(_step(row) for row in rows if row.step_id is not None),
        sending_timezone=first.sending_timezone,
        use_contact_timezone=first.use_contact_timezone,
        window=SendingWindow(
            start=first.sending_window_start,
            end=first.sending_window_end,
            days=tuple(first.sending_days or SendingWindow().days),
        ),
        default_email_account_id=first.default_email_account_id,
    )


async def load_step(session: AsyncSession, step_id: UUID) -> Step | None:
    """One step by itself; None when it is gone."""
    row = (await session.execute(_LOAD_STEP, {"id": step_id})).one_or_none()
    return None if row is None else _step(row)


def _step(row: Row[Any]) -> Step:
    return Step(
        id=row.step_id,
        step_order=row.step_order,
        step_type=StepType(row.step_type),
        delay=Delay(days=row.delay_days or 0, hours=row.delay_hours or 0, minutes=row.delay_minutes or 0),
        conditions=row.conditions,
        condition_operator=ConditionOperator(row.condition_operator or ConditionOperator.AND),
        subject_template=row.subject_template,
        body_template=row.body_template,
        email_account_id=row.email_account_id,
    )
