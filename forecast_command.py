"""`opendoors forecast`: what is to come of a sequence, by day and mailbox, and every send as CSV."""

import asyncio
import csv as csv_format
import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from rich.bar import Bar
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import text

from api.forecast_bodies import ForecastBody
from api.problems import pointer
from clock import clock_of
from db import forecasts
from db.engine import create_engine, session_factory
from db.forecasts import Outlook
from domain.errors import Invalid, NotFound, OpenDoorsError
from domain.scheduling.forecasts import Day, Forecast
from domain.scheduling.schedule import moment
from domain.scheduling.zones import date_of
from progress_bars import progress_bars
from settings import Settings

MOST_ROWS = 60
"""Days that are shown by mailbox; more are left to the CSV."""
MOST_BARS = 40
_WIDTHS = (1, 7, 28, 364)
_THURSDAY = 3
"""1970-01-01, counted from Monday."""
_MAILBOXES = text("SELECT id, email FROM email_accounts WHERE customer_id = :customer_id")
_CUSTOMER = text("SELECT customer_id FROM sequences WHERE id = :id")
_COLUMNS = (
    "at",
    "enrollment_id",
    "contact_id",
    "step_order",
    "step_id",
    "email_account_id",
    "mailbox",
    "follow_up",
    "waits_for",
)


def run(
    settings: Settings, sequence_id: UUID, body: Mapping[str, Any], *, what_if: str | None, csv: Path | None
) -> int:
    """Forecast and show; 2 when something of what was asked is wrong, which is said on standard error."""
    try:
        asked = ForecastBody.model_validate({**body, "what_if": json.loads(what_if) if what_if else None})
        outlook, mailboxes = asyncio.run(_forecast(settings, sequence_id, asked))
    except (OpenDoorsError, ValidationError, json.JSONDecodeError) as error:
        errors = Console(stderr=True, highlight=False, soft_wrap=True)
        for sentence in _sentences(error):
            errors.print(f"opendoors forecast: {sentence}", markup=False)
        return 2
    _show(Console(), outlook, mailboxes)
    if csv is not None:
        _write(csv, outlook.changed or outlook.forecast, mailboxes)
    return 0


def _sentences(error: Exception) -> Sequence[str]:
    if isinstance(error, ValidationError):
        return [f"{pointer(one['loc'])}: {one['msg'].removeprefix('Value error, ')}" for one in error.errors()]
    if isinstance(error, Invalid):
        return [f"{one.pointer}: {one.detail}" for one in error.fields]
    return [f"--what-if is not JSON: {error}" if isinstance(error, json.JSONDecodeError) else str(error)]


async def _forecast(settings: Settings, sequence_id: UUID, asked: ForecastBody) -> tuple[Outlook, dict[UUID, str]]:
    """The forecast, and the addresses of the mailboxes."""
    engine, now = create_engine(settings), clock_of(settings)()
    try:
        async with session_factory(engine)() as session:
            customer_id = await session.scalar(_CUSTOMER, {"id": sequence_id})
            if customer_id is None:
                raise NotFound("sequence", sequence_id)
            mailboxes = {row.id: row.email for row in await session.execute(_MAILBOXES, {"customer_id": customer_id})}
            with progress_bars() as report:
                outlook = await forecasts.forecast(
                    session,
                    customer_id=customer_id,
                    sequence_id=sequence_id,
                    newcomers=asked.newcomers(now),
                    now=now,
                    what_if=asked.what_if.wanted() if asked.what_if else None,
                    report=report,
                )
            return outlook, mailboxes
    finally:
        await engine.dispose()


# --- what is shown ---------------------------------------------------------------------------------------------


def _show(console: Console, outlook: Outlook, mailboxes: Mapping[UUID, str]) -> None:
    forecast, changed = outlook.forecast, outlook.changed
    console.print(_summary(outlook))
    if not forecast.sends and not (changed and changed.sends):
        return
    console.print(_chart(forecast, changed))
    console.print(_by_mailbox(forecast, changed, mailboxes))
    rows = {(day.day, day.mailbox_id) for one in (forecast, changed) if one for day in one.days}
    if len(rows) > MOST_ROWS:
        console.print(f"… and {len(rows) - MOST_ROWS:,} more rows; --csv FILE has every send.", highlight=False)


def _summary(outlook: Outlook) -> Table:
    forecast, changed, difference = outlook.forecast, outlook.changed, outlook.difference
    table = Table(title="What is to come", title_justify="left", show_header=changed is not None)
    table.add_column("")
    table.add_column("as it is", justify="right")
    rows = _facts(forecast)
    if outlook.left_out:
        rows["contacts left out"] = str(outlook.left_out)
    if changed is None:
        for name, value in rows.items():
            table.add_row(name, value)
        return table
    table.add_column("with the other settings", justify="right")
    others = _facts(changed)
    for name, value in rows.items():
        table.add_row(name, value, others.get(name, value))
    assert difference is not None
    table.add_row("emails that move", "", f"{difference.moved:,}")
    return table


def _facts(forecast: Forecast) -> dict[str, str]:
    people = forecast.people
    facts = {
        "enrollments": f"{len(people.present):,}",
        "more": f"{people.more:,}",
        "emails": f"{forecast.sends:,}",
        "first email": _spoken(forecast.first_send_at),
        "last email": _spoken(forecast.last_send_at),
    }
    if forecast.misses is not None:
        facts["contacts after the deadline"] = f"{forecast.misses:,}"
    if forecast.unplaced:
        facts["contacts without room"] = f"{forecast.unplaced:,}"
    return facts


def _spoken(t: int | None) -> str:
    return "–" if t is None else f"{moment(t):%Y-%m-%d %H:%M:%S} UTC"


def _chart(forecast: Forecast, changed: Forecast | None) -> Table:
    """A bar for each day; days become weeks or months where they would be too many."""
    days, other = _per_day(forecast), _per_day(changed)
    width = _days_of_a_bar(days.keys() | other.keys())
    bars, others = _gathered(days, width), _gathered(other, width)
    most = max([*bars.values(), *others.values()])
    table = Table(title=f"Emails per {_period(width)}", title_justify="left", box=None)
    table.add_column("from")
    table.add_column("emails", justify="right")
    table.add_column("", ratio=1)
    for day in sorted(bars.keys() | others.keys()):
        table.add_row(_day(day), f"{bars[day]:,}", Bar(most, 0, bars[day], color="cyan"))
        if changed is not None:
            table.add_row("", f"{others[day]:,}", Bar(most, 0, others[day], color="magenta"))
    return table


def _per_day(forecast: Forecast | None) -> Counter[int]:
    counted: Counter[int] = Counter()
    for day in forecast.days if forecast else ():
        counted[day.day] += day.sends
    return counted


def _days_of_a_bar(days: Collection[int]) -> int:
    span = max(days) - min(days) + 1
    return next((width for width in _WIDTHS if span <= width * MOST_BARS), _WIDTHS[-1])


def _gathered(days: Mapping[int, int], width: int) -> Counter[int]:
    """The counts of ``width`` days each, by the first of them; weeks begin on Monday."""
    gathered: Counter[int] = Counter()
    for day, sends in days.items():
        gathered[day - (day + _THURSDAY) % width] += sends
    return gathered


def _period(width: int) -> str:
    return {1: "day", 7: "week"}.get(width, f"{width // 7} weeks")


def _by_mailbox(forecast: Forecast, changed: Forecast | None, mailboxes: Mapping[UUID, str]) -> Table:
    table = Table(title="By day and mailbox", title_justify="left")
    for name in ("day", "mailbox", "emails", "first", "follow-ups"):
        table.add_column(name, justify="left" if name in {"day", "mailbox"} else "right")
    if changed is not None:
        table.add_column("with the other settings", justify="right")
    counted = {(day.day, day.mailbox_id): day for day in forecast.days}
    others = {(day.day, day.mailbox_id): day.sends for day in changed.days} if changed else {}
    for day, mailbox_id in sorted(counted.keys() | others.keys())[:MOST_ROWS]:
        one = counted.get((day, mailbox_id), Day(day, mailbox_id, 0, 0))
        other = () if changed is None else (f"{others.get((day, mailbox_id), 0):,}",)
        numbers = (f"{number:,}" for number in (one.sends, one.first_emails, one.follow_ups))
        table.add_row(_day(day), escape(mailboxes[mailbox_id]), *numbers, *other)
    return table


def _day(day: int) -> str:
    return f"{date_of(day):%a %Y-%m-%d}"


def _write(path: Path, forecast: Forecast, mailboxes: Mapping[UUID, str]) -> None:
    """Every send, the earliest first."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv_format.writer(file)
        writer.writerow(_COLUMNS)
        for send in forecast.each_send():
            slot = send.slot
            writer.writerow(
                (
                    f"{moment(slot.at):%Y-%m-%dT%H:%M:%SZ}",
                    send.enrollment_id or "",
                    send.contact_id or "",
                    slot.step_order,
                    slot.step_id,
                    slot.mailbox_id,
                    mailboxes[slot.mailbox_id],
                    str(slot.follow_up).lower(),
                    slot.blocker or "",
                )
            )
