"""Moving the counts of enrollments, contacts, sequences and steps: gathered first, then added, each row once.

Rows are locked in one order everywhere: enrollment, contact, message, sequence, step, each in the order of ids.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

ENROLLMENT = ("total_emails_sent", "total_opens", "total_clicks", "total_replies")
CONTACT = ("total_emails_received", "total_emails_opened", "total_links_clicked", "total_replies")
LAST = ("last_contacted_at", "last_opened_at", "last_clicked_at", "last_replied_at", "last_seen_at")
STEP = ("times_executed", "times_failed", "times_bounced")
SEQUENCE = (
    "total_enrolled",
    "total_sent",
    "total_delivered",
    "total_opened",
    "total_clicked",
    "total_replied",
    "total_bounced",
    "total_unsubscribed",
)


def success_rate(executed: str, failed: str, bounced: str) -> str:
    """SQL: how many per cent of a step's executions neither failed nor bounced; NULL when there are none."""
    return f"round(100.0 * ({executed} - ({bounced})) / nullif({executed} + {failed}, 0), 2)"


def _sum(column: str) -> str:
    return f"(one.{column} + more.{column})"


def _adding(table: str, counters: tuple[str, ...], *, last: tuple[str, ...] = (), also: str = "") -> TextClause:
    """An UPDATE that adds an array of numbers to each counter."""
    changes = [f"{column} = coalesce(one.{column}, 0) + more.{column}" for column in counters]
    changes += [f"{column} = greatest(one.{column}, more.{column})" for column in last]
    arrays = ["CAST(:ids AS uuid[])", *(f"CAST(:{column} AS bigint[])" for column in counters)]
    arrays += [f"CAST(:{column} AS timestamptz[])" for column in last]
    names = ", ".join(("id", *counters, *last))
    return text(
        f"""UPDATE {table} AS one SET {", ".join(changes)}{also}
            FROM unnest({", ".join(arrays)}) AS more ({names}) WHERE one.id = more.id"""
    )


def _locking(table: str) -> TextClause:
    return text(f"SELECT id FROM {table} WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")


_ENROLLMENTS = _adding("sequence_enrollments", ENROLLMENT)
_CONTACTS = _adding("contacts", CONTACT, last=LAST)
_STEPS = _adding("sequence_steps", STEP, also=f", success_rate = {success_rate(*(_sum(column) for column in STEP))}")
_SEQUENCES = _adding("sequences", SEQUENCE)
_LOCK_SEQUENCES, _LOCK_STEPS = _locking("sequences"), _locking("sequence_steps")


def _counters() -> defaultdict[UUID, Counter[str]]:
    return defaultdict(Counter)


@dataclass(frozen=True, slots=True)
class Moves:
    """What is to be added to which row, by its id and the names of its columns; and the latest instants of contacts."""

    enrollments: defaultdict[UUID, Counter[str]] = field(default_factory=_counters)
    contacts: defaultdict[UUID, Counter[str]] = field(default_factory=_counters)
    steps: defaultdict[UUID, Counter[str]] = field(default_factory=_counters)
    sequences: defaultdict[UUID, Counter[str]] = field(default_factory=_counters)
    last: defaultdict[UUID, dict[str, datetime]] = field(default_factory=lambda: defaultdict(dict))

    def saw(self, contact_id: UUID, column: str, at: datetime) -> None:
        """An instant for one of the contact's ``last_*_at``, of which the latest stays."""
        instants = self.last[contact_id]
        instants[column] = max(at, instants.get(column, at))


async def apply(session: AsyncSession, moves: Moves) -> None:
    """Add everything, with one statement for each table of which something moves.

    The caller holds the enrollments and contacts. Several sequences or steps are locked here, by a statement before:
    the one that adds meets them in any order.
    """
    await _add(session, _ENROLLMENTS, ENROLLMENT, moves.enrollments)
    await _add(session, _CONTACTS, CONTACT, moves.contacts, last=moves.last)
    await _add(session, _SEQUENCES, SEQUENCE, moves.sequences, lock=_LOCK_SEQUENCES)
    await _add(session, _STEPS, STEP, moves.steps, lock=_LOCK_STEPS)


async def _add(
    session: AsyncSession,
    statement: TextClause,
    names: tuple[str, ...],
    counters: Mapping[UUID, Counter[str]],
    *,
    last: Mapping[UUID, Mapping[str, datetime]] | None = None,
    lock: TextClause | None = None,
) -> None:
    moving = {id for id, counter in counters.items() if any(counter.values())}
    ids = sorted(moving | (last or {}).keys())
    if not ids:
        return
    if lock is not None and len(ids) > 1:
        await session.execute(lock, {"ids": ids})
    arrays: dict[str, Sequence[object]] = {"ids": ids}
    arrays |= {name: [counters[id][name] if id in counters else 0 for id in ids] for name in names}
    if last is not None:
        arrays |= {name: [last[id].get(name) if id in last else None for id in ids] for name in LAST}
    await session.execute(statement, arrays)
