"""Contacts leave here: many as a CSV of constant memory, one with everything that is held of the person."""

import io
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from defusedcsv import csv  # type: ignore[import-untyped]
from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from db.models import Contact
from domain.errors import NotFound
from domain.importing.csv_cells import cell

COLUMNS = tuple(column.name for column in Contact.__table__.columns if column.name not in {"customer_id"})
"""What an export may hold, beside ``custom_fields.<name>``."""
CUSTOM = "custom_fields."
BOM = "\ufeff"
"""Tells Excel that the file is UTF-8."""
_AT_ONCE = 1000

_PERSON: Mapping[str, str] = {
    "memberships": """SELECT list.name AS list, membership.* FROM contact_list_memberships AS membership
        JOIN contact_lists AS list ON list.id = membership.list_id WHERE membership.contact_id = :id""",
    "list_changes": "SELECT * FROM contact_list_changes WHERE contact_id = :id ORDER BY changed_at",
    "activities": """SELECT * FROM contact_activities WHERE contact_id = :id
        UNION ALL SELECT * FROM detached_contact_activities WHERE contact_id = :id ORDER BY occurred_at""",
    "messages": """SELECT id, status, message_id, in_reply_to, to_address, subject, body_text, body_html, claimed_at,
        sent_at, failed_at, smtp_code, smtp_response, opened_at, clicked_at,
        replied_at, bounced_at, sequence_id, enrollment_id
        FROM email_messages WHERE contact_id = :id ORDER BY claimed_at""",
    "inbound_messages": """SELECT id, message_id, received_at, from_address, subject, kind, body_text, email_message_id
        FROM inbound_messages WHERE contact_id = :id OR customer_id = :customer_id AND from_address = :email
        ORDER BY received_at""",
    "provider_events": """SELECT * FROM provider_events
        WHERE email_message_id IN (SELECT id FROM email_messages WHERE contact_id = :id) ORDER BY occurred_at""",
    "tasks": "SELECT * FROM tasks WHERE contact_id = :id ORDER BY created_at",
    "enrollments": """SELECT sequence.name AS sequence, enrollment.* FROM sequence_enrollments AS enrollment
        JOIN sequences AS sequence ON sequence.id = enrollment.sequence_id WHERE enrollment.contact_id = :id""",
    "suppressions": """SELECT * FROM contact_suppression_lists
        WHERE customer_id = :customer_id AND email = :email""",
    "enrichment_queue": "SELECT * FROM contact_enrichment_queue WHERE contact_id = :id ORDER BY queued_at",
    "enrichment_answers": """SELECT provider, lookup, fields, fetched_at, expires_at FROM enrichment_answers
        WHERE contact_id = :id ORDER BY fetched_at""",
    "import_changes": "SELECT import_id, before, after FROM contact_import_changes WHERE contact_id = :id",
}
"""What is held of a person, by the name that it has in the export."""


async def lines(
    sessions: async_sessionmaker[AsyncSession],
    condition: ColumnElement[bool],
    columns: Sequence[str],
    *,
    bom: bool,
) -> AsyncIterator[str]:
    """The CSV (RFC 4180) of the contacts for which the condition holds, in pieces, read by a cursor of the server."""
    wanted = [_expression(name) for name in columns]
    yield (BOM if bom else "") + _csv([columns])
    statement = select(*wanted).where(condition).order_by(Contact.id).execution_options(yield_per=_AT_ONCE)
    async with sessions() as session:
        result = await session.stream(statement)
        async for rows in result.partitions():
            yield _csv([[cell(value) for value in row] for row in rows])


def _expression(name: str) -> ColumnElement[Any]:
    if name.startswith(CUSTOM):
        return Contact.custom_fields[name.removeprefix(CUSTOM)].label(name)
    column: ColumnElement[Any] = Contact.__table__.c[name]
    return column


def _csv(rows: Iterable[Iterable[object]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()


async def person(session: AsyncSession, *, customer_id: UUID, contact_id: UUID) -> dict[str, Any]:
    """Everything that is held of a person (GDPR, articles 15 and 20), as JSON values. Raises ``NotFound``."""
    named = {"id": contact_id, "customer_id": customer_id}
    own = "SELECT to_jsonb(contact) FROM contacts AS contact WHERE id = :id AND customer_id = :customer_id"
    contact = await session.scalar(text(own), named)
    if contact is None:
        raise NotFound("contact", contact_id)
    held: dict[str, Any] = {"contact": contact}
    for name, statement in _PERSON.items():
        gathered = text(f"SELECT coalesce(jsonb_agg(to_jsonb(one)), '[]') FROM ({statement}) AS one")
        values = {key: value for key, value in {**named, "email": contact["email"]}.items() if f":{key}" in statement}
        held[name] = await session.scalar(gathered, values)
    return held
