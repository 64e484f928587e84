"""Why an enrollment waits: its rows, and the planner's own ledger without what is planned for it."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import enrollments, planning, slots
from db.contact_zones import KNOWN_ZONE
from db.definitions import HOLIDAY_YEARS
from db.planning import Desk
from db.public_holidays import public_holidays
from domain.enrollments import Standing
from domain.errors import NotFound
from domain.scheduling.chains import Chain
from domain.scheduling.explanations import Explanation, Place, explained, of_states, of_waiting, runs
from domain.scheduling.ledger import Slot
from domain.scheduling.obstacles import Facts, Resource
from domain.scheduling.zones import day_number

# The mailbox is that of the email that comes next; only named columns, for a mailbox's row holds its passwords.
_ROWS = text(
    f"""SELECT {planning.COLUMNS},
         to_jsonb(e) AS enrollment, to_jsonb(workspace) AS workspace,
         to_jsonb(sequence) || jsonb_build_object(
           'sending_window_start', to_char(sequence.sending_window_start, 'HH24:MI'),
           'sending_window_end', to_char(sequence.sending_window_end, 'HH24:MI')) AS sequence,
         CASE WHEN step.id IS NOT NULL THEN to_jsonb(step) || jsonb_build_object('task',
           (SELECT jsonb_build_object('id', id, 'type', task_type, 'title', title) FROM tasks
            WHERE enrollment_id = e.id AND sequence_step_id = step.id AND status = 'open')) END AS step,
         jsonb_build_object('id', contact.id, 'domain', split_part(contact.email, '@', 2),
           'timezone', {KNOWN_ZONE}) AS contact,
         (SELECT to_jsonb(shown) FROM (
            SELECT id, email, status, last_error, daily_limit, min_gap_seconds, gap_jitter_seconds, ramp_up_start,
                   ramp_up_per_day, ramp_up_from, away_from, away_until
            FROM email_accounts
            WHERE id = coalesce(step.email_account_id, e.email_account_id, sequence.default_email_account_id)) AS shown)
           AS email_account
       FROM sequence_enrollments AS e
       JOIN contacts AS contact ON contact.id = e.contact_id
       JOIN sequences AS sequence ON sequence.id = e.sequence_id
       JOIN workspaces AS workspace ON workspace.id = sequence.workspace_id
       LEFT JOIN sequence_steps AS step ON step.id = e.current_step_id
       WHERE e.id = :id AND e.customer_id = :customer_id"""
)
_PLACE = text(
    """SELECT own.email_account_id,
              (SELECT count(*) FROM send_slots AS other
               WHERE other.email_account_id = own.email_account_id AND other.used_at IS NULL
                 AND (other.slot_at, other.id) < (own.slot_at, own.id)) AS ahead
       FROM send_slots AS own JOIN sequence_enrollments AS e ON e.id = own.enrollment_id
       WHERE e.id = :id AND own.sequence_step_id = e.current_step_id AND own.used_at IS NULL"""
)


async def explain(session: AsyncSession, *, customer_id: UUID, enrollment_id: UUID, now: datetime) -> Explanation:
    """How the enrollment stands, and every obstacle before its next step; raises ``NotFound``."""
    row, standing = await _read(session, customer_id, enrollment_id)
    if standing.ended or runs(standing, now):
        return explained(standing, now)
    facts = Facts(_rows(row), _holidays(_rows(row)))
    obstacles = [*of_states(standing, facts)]
    if not standing.held:
        desk, chain = await _without_its_own(session, row, now)
        question = partial(of_waiting, standing, facts, chain, desk.planner, counted=row.delay_from is not None)
        obstacles += await desk.ask(question)
    place = (await session.execute(_PLACE, {"id": enrollment_id})).one_or_none()
    return explained(standing, now, tuple(obstacles), Place(*place) if place else None)


async def _read(session: AsyncSession, customer_id: UUID, enrollment_id: UUID) -> tuple[Row[Any], Standing]:
    """The rows, and how the enrollment stands; read again when it went on in between. Raises ``NotFound``."""
    while True:
        found = await session.execute(_ROWS, {"id": enrollment_id, "customer_id": customer_id})
        row = found.one_or_none()
        if row is None:
            raise NotFound("enrollment", enrollment_id)
        standing = await enrollments.standing(session, enrollment_id)
        if standing.plan is None or standing.plan.due_at == row.next_step_scheduled_at:
            return row, standing


async def _without_its_own(session: AsyncSession, row: Row[Any], now: datetime) -> tuple[Desk, Chain]:
    """A ledger of everybody else's slots, and the chain.

    Nothing is locked, so that a reader keeps no planner waiting. Where the chain's slots were moved while the ledger
    was loaded, all is read again.
    """
    while True:
        desk = await Desk.look(session, row.sequence_id, now)
        chain = await desk.chain(row)
        chain.slots = await _slots_of(session, row.id)
        require = desk.planner.ledger.require
        await desk.ask(partial(require, chain.course.rules, chain.enrollee, chain.slots))
        if await _slots_of(session, row.id) == chain.slots:
            desk.planner.remove(chain)
            return desk, chain


async def _slots_of(session: AsyncSession, enrollment_id: UUID) -> list[Slot]:
    return (await slots.pending(session, [enrollment_id])).get(enrollment_id, [])


def _rows(row: Row[Any]) -> Mapping[Resource, Mapping[str, Any]]:
    return {resource: row._mapping[resource] for resource in Resource if row._mapping[resource] is not None}


def _holidays(rows: Mapping[Resource, Mapping[str, Any]]) -> Mapping[tuple[Resource, str], frozenset[int]]:
    """The days that each field closes."""
    closed: dict[tuple[Resource, str], frozenset[int]] = {}
    for resource in (Resource.SEQUENCE, Resource.WORKSPACE):
        dates, country = rows[resource]["holiday_dates"], rows[resource]["holiday_country"]
        closed[resource, "holiday_dates"] = frozenset(day_number(date.fromisoformat(day)) for day in dates)
        if country is not None:
            closed[resource, "holiday_country"] = frozenset(map(day_number, public_holidays(country, HOLIDAY_YEARS)))
    return closed
