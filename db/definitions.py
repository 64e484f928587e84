"""Sequences as the engine sees them: a sequence with its steps as one value of ``domain.sequences``."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db.public_holidays import public_holidays
from domain.errors import NotFound
from domain.scheduling.hours import SendingHours, parse_hours
from domain.scheduling.schedule import Delay
from domain.sequences import Sequence, Step
from domain.vocabulary import ConditionOperator, SequenceStatus, StepType

_STEP_COLUMNS = """step.id AS step_id, step.step_order, step.step_type, step.delay_days, step.delay_hours,
              step.delay_minutes, step.conditions, step.condition_operator, step.subject_template, step.body_template,
              step.email_account_id"""
_LOAD_STEP = text(f"SELECT {_STEP_COLUMNS} FROM sequence_steps AS step WHERE step.id = :id")
_LOAD = text(
    f"""SELECT sequence.status, sequence.sending_timezone, sequence.use_contact_timezone, sequence.sending_window_start,
              sequence.sending_window_end, sequence.sending_days, sequence.sending_hours, sequence.follow_up_hours,
              sequence.max_emails_per_day, sequence.throttle_delay_minutes, sequence.default_email_account_id,
              ARRAY(SELECT email_account_id FROM sequence_email_accounts
                    WHERE sequence_id = sequence.id ORDER BY email_account_id) AS email_account_ids,
              ARRAY[sequence.holiday_country, workspace.holiday_country] AS holiday_countries,
              sequence.holiday_dates, workspace.holiday_dates AS workspace_holiday_dates,
              {_STEP_COLUMNS}
       FROM sequences AS sequence JOIN workspaces AS workspace ON workspace.id = sequence.workspace_id
       LEFT JOIN sequence_steps AS step ON step.sequence_id = sequence.id
       WHERE sequence.id = :id ORDER BY step.step_order, step.id"""
)
HOLIDAY_YEARS = range(2020, 2051)
"""The years whose public holidays are known to planning."""


async def load(session: AsyncSession, sequence_id: UUID, *, instead: Mapping[str, Any] | None = None) -> Sequence:
    """The sequence with its steps in their order; raises ``NotFound``.

    ``instead`` has columns of the sequence that are taken for other than they are, and ``email_account_ids``.
    """
    rows = (await session.execute(_LOAD, {"id": sequence_id})).all()
    if not rows:
        raise NotFound("sequence", sequence_id)
    first = SimpleNamespace(**{**rows[0]._mapping, **(instead or {})})
    hours, follow_up_hours = _hours(first)
    return Sequence(
        id=sequence_id,
        status=SequenceStatus(first.status),
        steps=tuple(_step(row) for row in rows if row.step_id is not None),
        sending_timezone=first.sending_timezone,
        use_contact_timezone=first.use_contact_timezone,
        hours=hours,
        follow_up_hours=follow_up_hours,
        max_emails_per_day=first.max_emails_per_day,
        throttle_delay_minutes=first.throttle_delay_minutes or 0,
        default_email_account_id=first.default_email_account_id,
        email_account_ids=tuple(first.email_account_ids),
    )


def _hours(row: SimpleNamespace) -> tuple[SendingHours, SendingHours]:
    """The hours of first emails and of follow-ups, closed on the sequence's holidays and the workspace's."""
    days = row.sending_days or (True,) * 7
    hours = SendingHours.daily(row.sending_window_start, row.sending_window_end, days)
    if row.sending_hours is not None:
        hours = parse_hours(row.sending_hours)
    follow_up_hours = hours if row.follow_up_hours is None else parse_hours(row.follow_up_hours)
    holidays = {*row.holiday_dates, *row.workspace_holiday_dates}
    for country in {country for country in row.holiday_countries if country is not None}:
        holidays |= public_holidays(country, HOLIDAY_YEARS)
    return hours.on_holidays(holidays), follow_up_hours.on_holidays(holidays)


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
