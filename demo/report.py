"""What the demo shows: where to look, how it goes while it runs, and what came of it."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from demo.checks import Check, Evidence
from demo.client import Row
from demo.prospects import Habit
from embedded.dev import DevServices

_BAR = 30
_LOOK_SECONDS = 1.0
_LINE_EVERY = 5
_SHOWN_DISAGREEMENTS = 10


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How far a run is: contacts by where they stand, in the order of the sequence, and counts of mail."""

    day: float
    places: Mapping[str, int]
    received: int
    answered: int
    over: bool


def places(steps: Sequence[Row], enrollments: Sequence[Row]) -> dict[str, int]:
    """How many contacts wait for each step that is waited for, and how many ended for each reason."""
    waiting = Counter(
        one["current_step"]["step_order"] for one in enrollments if one["status"] == "active" and one["current_step"]
    )
    ended = Counter(one["completion_reason"] or one["status"] for one in enrollments if one["status"] != "active")
    shown = {
        f"waiting for step {step['step_order']} ({step['step_type']})": waiting[step["step_order"]] for step in steps
    }
    return shown | {reason: ended.pop(reason, 0) for reason in ("replied", "bounced", "finished")} | dict(ended)


def show_places_to_look(console: Console, services: DevServices) -> None:
    """The addresses of what runs."""
    table = Table(title="Look while it runs", show_header=False, title_justify="left")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("API", f"{services.api_url}/docs")
    table.add_row("API key", services.api_key)
    table.add_row("Temporal UI", services.temporal_ui_url)
    table.add_row("Web inbox", services.mail_ui_url)
    console.print(table)


async def show_progress(console: Console, look: Callable[[], Awaitable[Snapshot]]) -> None:
    """Show what `look` sees until it says that the run is over: a table in place, or lines where no terminal is."""
    live = Live(console=console, auto_refresh=False) if console.is_terminal else None
    looks = 0
    with live or nullcontext():
        while True:
            snapshot = await look()
            if live:
                live.update(_table(snapshot), refresh=True)
            elif looks % _LINE_EVERY == 0 or snapshot.over:
                console.print(_line(snapshot), soft_wrap=True, highlight=False)
            if snapshot.over:
                return
            looks += 1
            await asyncio.sleep(_LOOK_SECONDS)


def show_results(console: Console, evidence: Evidence) -> None:
    """What each step did, and what became of the contacts."""
    console.print(_steps_table(evidence))
    console.print(_outcomes_table(evidence))


def show_checks(console: Console, checks: Sequence[Check]) -> None:
    """Each rule with its verdict, and below it each disagreement."""
    console.print(
        "\n[bold]What the product says, against what the mail server received and the prospects did[/bold]",
        soft_wrap=True,
    )
    for check in checks:
        mark = "[red]✗[/red]" if check.disagreements else "[green]✓[/green]"
        console.print(f" {mark} {check.rule}", highlight=False, soft_wrap=True)
        for sentence in check.disagreements[:_SHOWN_DISAGREEMENTS]:
            console.print(f"     {escape(sentence)}", highlight=False, soft_wrap=True)
        if len(check.disagreements) > _SHOWN_DISAGREEMENTS:
            console.print(f"     … and {len(check.disagreements) - _SHOWN_DISAGREEMENTS} more", highlight=False)


def _table(snapshot: Snapshot) -> Table:
    everybody = max(sum(snapshot.places.values()), 1)
    title = f"Day {snapshot.day:.1f}: {snapshot.received} emails received, {snapshot.answered} answered"
    table = Table(title=title, show_header=False, title_justify="left")
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(width=_BAR)
    for place, contacts in snapshot.places.items():
        table.add_row(place, str(contacts), "━" * round(contacts / everybody * _BAR))
    return table


def _line(snapshot: Snapshot) -> str:
    filled = ", ".join(f"{contacts} {place}" for place, contacts in snapshot.places.items() if contacts)
    return f"day {snapshot.day:4.1f}  {snapshot.received} received, {snapshot.answered} answered; {filled}"


def _steps_table(evidence: Evidence) -> Table:
    table = Table(title="What each step did", title_justify="left")
    for name in ("Step", "Type", "Executed", "Sent", "Received", "Refused"):
        table.add_column(name, justify="left" if name == "Type" else "right")
    for step in evidence.sequence["steps"]:
        messages = [one for one in evidence.messages if one["sequence_step_id"] == step["id"]]
        received = sum(len(evidence.deliveries.get(one["message_id"], ())) for one in messages)
        counts = Counter(one["status"] for one in messages)
        mail = (
            (str(counts["sent"]), str(received), str(counts["failed"])) if step["step_type"] == "email" else ("",) * 3
        )
        table.add_row(str(step["step_order"]), step["step_type"], str(step["times_executed"]), *mail)
    return table


def _outcomes_table(evidence: Evidence) -> Table:
    table = Table(title="What became of the contacts", title_justify="left")
    table.add_column("A contact who")
    table.add_column("Contacts", justify="right")
    table.add_column("Their enrollments ended as")
    for habit in Habit:
        addresses = [address for address, one in evidence.habits.items() if one is habit]
        ends = Counter(_end(evidence.enrollment_of.get(address)) for address in addresses)
        told = ", ".join(f"{count} {end}" for end, count in ends.most_common())
        table.add_row(str(habit), str(len(addresses)), told)
    return table


def _end(enrollment: Row | None) -> str:
    return "none" if enrollment is None else str(enrollment["completion_reason"] or enrollment["status"])
