"""What the triggers that queue contacts for dynamic lists, and those that count activities, cost whoever writes.

The same statements with these triggers and without, in turns, on a database of its own: contacts copied in bulk, for a
customer without dynamic lists and with ten, and what a send writes of its activity and its contact, one by one.
"""

import time
from collections.abc import Awaitable, Callable
from uuid import UUID

import asyncpg

from benchmarks.figures import Figure
from benchmarks.lists import NOW, Place, place
from benchmarks.servers import Servers
from db.driver import driver_connection

CONTACTS = 100_000
LISTS = 10
SENDS = 500
_TRIGGERS = {"contacts": ("queue_for_lists_on_insert", "queue_for_lists_on_update"),
             "contact_activities": ("queue_for_lists_on_insert", "count_added")}  # fmt: skip
_ACTIVITY = """INSERT INTO contact_activities (contact_id, customer_id, activity_type, occurred_at)
    VALUES ($1, $2, 'email_sent', $3)"""
_COUNT = "UPDATE contacts SET total_emails_received = total_emails_received + 1, last_contacted_at = $2 WHERE id = $1"

Measured = Callable[[Place, asyncpg.Connection], Awaitable[float]]


async def measure(servers: Servers, number: int | None, repetitions: int) -> list[Figure]:
    """``number`` is that of the contacts copied."""

    async def copied(there: Place, connection: asyncpg.Connection) -> float:
        return await _copy(there, connection, number or CONTACTS)

    async with place(servers.running.database_url, 1) as there, driver_connection(there.engine) as connection:
        figures = []
        for lists in (0, LISTS):
            for index in range(lists):
                city = {"field": "city", "operator": "equals", "value": f"City {index}"}
                await there.list(f"List {index}", {"conditions": [city]})
            told = f"of a customer with {lists} dynamic lists"
            figures += [
                await _compared(f"Contacts copied, {told}", "s", copied, there, connection, repetitions),
                await _compared(f"A send's activity and counts, {told}", "ms", _send, there, connection, repetitions),
            ]
    return figures


async def _compared(
    name: str, unit: str, measured: Measured, place: Place, connection: asyncpg.Connection, repetitions: int
) -> Figure:
    with_triggers: list[float] = []
    without: list[float] = []
    for round in range(repetitions + 1):
        turns = [(with_triggers, "ENABLE"), (without, "DISABLE")]
        # Who comes first finds other pages than who comes second.
        for seconds, said in turns if round % 2 else reversed(turns):
            await _set_triggers(connection, said)
            seconds.append(await measured(place, connection))
    await _set_triggers(connection, "ENABLE")
    return Figure(name, unit, with_triggers[1:], without[1:], "without the triggers")


async def _set_triggers(connection: asyncpg.Connection, said: str) -> None:
    for table, names in _TRIGGERS.items():
        for name in names:
            await connection.execute(f"ALTER TABLE {table} {said} TRIGGER {name}")


async def _copy(place: Place, connection: asyncpg.Connection, number: int) -> float:
    """Seconds in which new contacts are copied; they are gone afterwards."""
    rows = [(place.customer_id, place.workspace_id, f"new{n}@prospect.example", "Grace") for n in range(number)]
    columns = ["customer_id", "workspace_id", "email", "first_name"]
    await connection.execute("CHECKPOINT")
    started = time.perf_counter()
    await connection.copy_records_to_table("contacts", records=rows, columns=columns)
    seconds = time.perf_counter() - started
    await connection.execute("TRUNCATE contacts, contact_list_queue CASCADE")
    return seconds


async def _send(place: Place, connection: asyncpg.Connection) -> float:
    """Milliseconds that a send's two statements take on average, within one transaction, which is taken back."""
    transaction = connection.transaction()
    await transaction.start()
    contact_id: UUID = await connection.fetchval(
        "INSERT INTO contacts (customer_id, workspace_id, email) VALUES ($1, $2, 'ann@prospect.example') RETURNING id",
        place.customer_id,
        place.workspace_id,
    )
    started = time.perf_counter()
    for _ in range(SENDS):
        await connection.execute(_ACTIVITY, contact_id, place.customer_id, NOW)
        await connection.execute(_COUNT, contact_id, NOW)
    milliseconds = (time.perf_counter() - started) * 1000 / SENDS
    await transaction.rollback()
    return milliseconds
