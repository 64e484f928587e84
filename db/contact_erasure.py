"""Contacts are erased here, with everything that the database holds of them and of their addresses.

What outlives them: entries of the suppression list under keyed hashes, and audit events, which never held an address.
"""

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import audit, contact_changes, enrollments, lists, statistics, suppressions
from db.contact_changes import Author
from db.models import Contact, ContactActivity, ContactEnrichmentQueue, EmailMessage, InboundMessage, SequenceEnrollment
from domain.errors import NotFound
from domain.vocabulary import CompletionReason, EnrollmentStatus

_UNSYNCED: dict[str, Any] = {"synchronize_session": False}
# What names a contact but does not go with it by ON DELETE CASCADE.
_BEFORE = (
    text(
        """DELETE FROM provider_events
           WHERE email_message_id IN (SELECT id FROM email_messages WHERE contact_id = ANY(:ids))"""
    ),
    text("DELETE FROM detached_contact_activities WHERE contact_id = ANY(:ids)"),
)
_OWN = (ContactActivity, InboundMessage, ContactEnrichmentQueue, SequenceEnrollment)
# Where an address may stand without the contact being named: what came in unmatched, kept answers, links that were made
# for one recipient, the words of servers, rows of imports that became no contact, and the files themselves.
_ADDRESSES = (
    "DELETE FROM inbound_messages WHERE customer_id = :customer_id AND from_address = ANY(:emails)",
    """UPDATE idempotency_keys SET body = convert_to('{}', 'UTF8')
       WHERE customer_id = :customer_id AND body IS NOT NULL AND convert_from(body, 'UTF8') ~* :pattern""",
    "DELETE FROM tracked_links WHERE customer_id = :customer_id AND url ~* :pattern",
    """UPDATE contact_import_batches SET remarks = CAST(regexp_replace(remarks::text, :pattern, '…', 'gi') AS jsonb)
       WHERE customer_id = :customer_id AND remarks::text ~* :pattern""",
    # Whether it holds the address is not told by looking: it may be packed. Its import is over.
    """WITH over AS (
         UPDATE contact_imports SET file_forgotten_at = :now
         WHERE customer_id = :customer_id AND file_forgotten_at IS NULL
           AND job_id IN (SELECT id FROM jobs WHERE customer_id = :customer_id AND finished_at IS NOT NULL)
         RETURNING id)
       DELETE FROM contact_import_pieces USING over WHERE import_id = over.id""",
    """UPDATE email_accounts SET last_error = regexp_replace(last_error, :pattern, '…', 'gi'),
                                 policy_error = regexp_replace(policy_error, :pattern, '…', 'gi')
       WHERE customer_id = :customer_id AND (last_error ~* :pattern OR policy_error ~* :pattern)""",
)


async def erase(
    session: AsyncSession,
    author: Author,
    *,
    contact_id: UUID,
    now: datetime,
    versions: Collection[str] | None = None,
) -> None:
    """Stop the contact's enrollments, then erase it with all that speaks of it, in the caller's transaction.

    ``versions`` are those that may be erased, if not any. Raises ``NotFound`` and ``Outdated``.
    """
    rows = await _lock(session, author, [contact_id])
    if not rows.contacts:
        raise NotFound("contact", contact_id)
    contact_changes.require_version(rows.contacts[0], versions)
    await _erase(session, author, rows, now)


async def erase_all(
    session: AsyncSession, author: Author, contact_ids: Collection[UUID], *, now: datetime
) -> list[UUID]:
    """``erase`` for many; the ids of those that were there."""
    rows = await _lock(session, author, contact_ids)
    await _erase(session, author, rows, now)
    return [row.id for row in rows.contacts]


async def _lock(session: AsyncSession, author: Author, contact_ids: Collection[UUID]) -> contact_changes.Locked:
    mine = select(Contact.id).where(Contact.id.in_(contact_ids), Contact.customer_id == author.customer_id)
    ids = sorted(await session.scalars(mine))
    # Enrollments first: a send that was not claimed by now finds its enrollment stopped.
    ending = await enrollments.lock_of_contacts(session, ids)
    await statistics.lock(session, ids)
    # From here on nobody adds a row that refers to the contacts. Who held their sequences may have had to.
    held = select(*contact_changes.SEEN).where(Contact.id.in_(ids)).order_by(Contact.id).with_for_update()
    return contact_changes.Locked((await session.execute(held)).all(), ending)


async def _erase(session: AsyncSession, author: Author, rows: contact_changes.Locked, now: datetime) -> None:
    ids = [row.id for row in rows.contacts]
    if not ids:
        return
    emails = await _addresses(session, rows.contacts)
    await lists.leave_all(session, ids)
    # Last of what takes locks, since it takes the planning lock.
    await enrollments.end_among(
        session,
        rows.enrollments,
        now=now,
        status=EnrollmentStatus.STOPPED,
        reason=CompletionReason.MANUAL_STOP,
    )
    async with statistics.changing(session, ids):
        for statement in _BEFORE:
            await session.execute(statement, {"ids": ids})
        for table in _OWN:
            await session.execute(delete(table).where(table.contact_id.in_(ids)).execution_options(**_UNSYNCED))
        # Messages, tasks and the like go with the contact by their ON DELETE CASCADE.
        await session.execute(delete(Contact).where(Contact.id.in_(ids)).execution_options(**_UNSYNCED))
    await _erase_addresses(session, author, emails, now)
    await _record(session, author, rows.contacts, now)


async def _addresses(session: AsyncSession, contacts: Sequence[Row[Any]]) -> list[str]:
    """The addresses of contacts, and those that they had when they were mailed."""
    mailed = select(EmailMessage.to_address).where(EmailMessage.contact_id.in_([row.id for row in contacts]))
    return sorted({*(row.email for row in contacts), *await session.scalars(mailed.distinct())})


async def _erase_addresses(session: AsyncSession, author: Author, emails: Sequence[str], now: datetime) -> None:
    await suppressions.anonymise(session, hashes=author.hashes, customer_id=author.customer_id, emails=emails, now=now)
    # In links an @ may be written %40. An address that is a part of another one is left to that.
    either = "|".join(re.escape(email).replace("@", "(@|%40)") for email in emails)
    pattern = rf"(?<![\w.+-])({either})(?![\w-])"
    values = {"customer_id": author.customer_id, "emails": emails, "pattern": pattern, "now": now}
    for statement in _ADDRESSES:
        bound = {name: value for name, value in values.items() if f":{name}" in statement}
        await session.execute(text(statement), bound)


async def _record(session: AsyncSession, author: Author, contacts: Sequence[Row[Any]], now: datetime) -> None:
    for row in contacts:
        await audit.record(
            session,
            customer_id=author.customer_id,
            workspace_id=author.workspace_id,
            user_id=author.user_id,
            action="contact.erased",
            subject="contact",
            subject_id=row.id,
            address_hash=author.hashes.of(author.customer_id, row.email),
            details={},
            now=now,
        )
