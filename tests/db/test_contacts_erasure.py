"""An erased contact is nowhere in the database, and is not mailed when it is imported again."""

import json
from typing import Any
from uuid import uuid4

from sqlalchemy import text

from db import contact_erasure, contacts, suppressions
from db.enrolling import Verdict
from domain.profiles.address_hashes import AddressHashes
from domain.vocabulary import SuppressionType
from tests.db.conftest import NOW, Scene
from tests.db.lists import author
from tests.factories import email_step

HASHES = AddressHashes("0123456789abcdef")
COLUMNS = text(
    """SELECT c.relname, a.attname, format_type(a.atttypid, NULL) AS type
       FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
       WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
         AND format_type(a.atttypid, NULL) IN (
           'text', 'character varying', 'jsonb', 'bytea', 'text[]', 'character varying[]', 'json')"""
)


async def places(scene: Scene, address: str) -> list[str]:
    """Every column of every table that holds the address."""
    found = []
    async with scene.sessions() as session:
        for table, column, kind in (await session.execute(COLUMNS)).all():
            value = f"encode({column}, 'escape')" if kind == "bytea" else f"{column}::text"
            asked = text(f"SELECT EXISTS (SELECT FROM {table} WHERE strpos(lower({value}), :address) > 0)")
            if await session.scalar(asked, {"address": address}):
                found.append(f"{table}.{column}")
    return found


async def leave_traces(scene: Scene, address: str) -> Any:
    """A contact with the address, of whom everything is held that can be."""
    contact = await scene.contact(email=address, custom_fields={"also": address})
    sequence = await scene.sequence(email_step("Hello"))
    [enrollment] = await scene.enroll(sequence, contact)
    message = await scene.sent(enrollment)
    mine = {"contact_id": contact.id, "email": address, "message_id": message.id, "mailbox_id": scene.mailbox.id}
    mine |= {"workspace_id": scene.tenant.workspace_id, "other_id": uuid4(), "json": json.dumps({"to": address})}
    for statement in TRACES:
        typed = statement.replace(":email", "CAST(:email AS text)").replace(":json", "CAST(:json AS text)")
        await scene.execute(typed, **{name: value for name, value in mine.items() if f":{name}" in statement})
    async with scene.sessions.begin() as session:
        await suppressions.ensure(
            session,
            customer_id=scene.tenant.customer_id,
            workspace_id=scene.tenant.workspace_id,
            suppression_type=SuppressionType.UNSUBSCRIBE,
            email=address,
            source="api",
            reason=f"{address} asked",
            now=NOW,
        )
    return contact


TRACES = (
    """INSERT INTO inbound_messages (customer_id, email_account_id, uidvalidity, uid, received_at, from_address, kind,
         contact_id, body_text, raw)
       VALUES (:customer_id, :mailbox_id, 1, 1, now(), :email, 'reply', :contact_id, :email,
         convert_to(:email, 'UTF8'))""",
    """INSERT INTO inbound_messages (customer_id, email_account_id, uidvalidity, uid, received_at, from_address, kind)
       VALUES (:customer_id, :mailbox_id, 1, 2, now(), :email, 'reply')""",
    """INSERT INTO provider_events (customer_id, workspace_id, provider, external_id, event_type, occurred_at,
         received_at, email_message_id, payload)
       VALUES (:customer_id, :workspace_id, 'sendgrid', '1', 'delivered', now(), now(), :message_id,
         CAST(:json AS jsonb))""",
    """INSERT INTO tracked_links (customer_id, url, url_hash)
       VALUES (:customer_id, 'https://x.example/?for=' || :email, sha256(convert_to(:email, 'UTF8'))),
              (:customer_id, 'https://x.example/?for=' || replace(:email, '@', '%40'), '\\x01')""",
    """INSERT INTO idempotency_keys (customer_id, key, method, path, request_hash, status_code, body)
       VALUES (:customer_id, 'a', 'POST', '/api/contacts', '\\x00', 201, convert_to(:json, 'UTF8'))""",
    """UPDATE email_accounts SET last_error = '550 <' || :email || '> unknown', policy_error = :email
       WHERE id = :mailbox_id""",
    """INSERT INTO detached_contact_activities (id, contact_id, customer_id, activity_type, occurred_at, metadata)
       VALUES (:other_id, :contact_id, :customer_id, 'email_sent', now(), CAST(:json AS jsonb))""",
    """INSERT INTO contact_enrichment_queue (contact_id, customer_id, error_message)
       VALUES (:contact_id, :customer_id, :email)""",
    """INSERT INTO enrichment_answers (customer_id, provider, lookup, asked_hash, contact_id, fields, fetched_at,
         expires_at)
       VALUES (:customer_id, 'hunter', 'person', '\\x00', :contact_id, CAST(:json AS jsonb), now(), now())""",
    """WITH job AS (INSERT INTO jobs (customer_id, workspace_id, kind, status, finished_at)
                    VALUES (:customer_id, :workspace_id, 'contact_import', 'completed', now()) RETURNING id),
            import AS (INSERT INTO contact_imports (customer_id, workspace_id, job_id)
                       SELECT :customer_id, :workspace_id, id FROM job RETURNING id),
            piece AS (INSERT INTO contact_import_pieces (import_id, number, customer_id, content)
                      SELECT id, 0, :customer_id, convert_to('email' || chr(10) || :email, 'UTF8') FROM import),
            batch AS (INSERT INTO contact_import_batches (import_id, number, customer_id, lines, verdicts, contact_ids,
                        remarks, landed_at)
                      SELECT id, 0, :customer_id, '{2}', '{invalid}', '{null}', CAST(:json AS jsonb), now() FROM import)
       INSERT INTO contact_import_changes (import_id, contact_id, customer_id, before, after)
       SELECT id, :contact_id, :customer_id, CAST(:json AS jsonb), '{}' FROM import""",
)


async def test_no_table_holds_the_address_of_an_erased_contact(scene: Scene) -> None:
    address = f"bob.{uuid4().hex}@prospect.example"
    contact = await leave_traces(scene, address)
    assert len(await places(scene, address)) > 15
    async with scene.sessions.begin() as session:
        await contact_erasure.erase(session, author(scene), contact_id=contact.id, now=NOW)
    assert await places(scene, address) == []
    links = await scene.column("SELECT url FROM tracked_links WHERE customer_id = :customer_id")
    assert links == []


async def test_an_erasure_leaves_everybody_elses_rows(scene: Scene, other: Scene) -> None:
    address = f"bob.{uuid4().hex}@prospect.example"
    contact = await leave_traces(scene, address)
    await leave_traces(other, address)
    before = await places(scene, address)
    neighbour = await scene.contact(email=f"jim{address}")
    async with scene.sessions.begin() as session:
        await contact_erasure.erase(session, author(scene), contact_id=contact.id, now=NOW)
    assert await places(scene, address) == before
    assert await scene.column("SELECT id FROM contacts WHERE customer_id = :customer_id") == [neighbour.id]


async def test_an_erased_address_is_not_mailed_when_it_comes_again(scene: Scene) -> None:
    address = f"bob.{uuid4().hex}@prospect.example"
    contact = await leave_traces(scene, address)
    async with scene.sessions.begin() as session:
        await contact_erasure.erase(session, author(scene), contact_id=contact.id, now=NOW)
    tenant = scene.tenant
    async with scene.sessions.begin() as session:
        again = await contacts.create(
            session,
            customer_id=tenant.customer_id,
            workspace_id=tenant.workspace_id,
            user_id=tenant.user_id,
            fields={"email": address},
            hashes=HASHES,
            now=NOW,
        )
    [verdict] = await scene.verdicts(await scene.sequence(email_step("Hello")), again.id)
    assert verdict.verdict is Verdict.SUPPRESSED


async def test_erasing_many_erases_each_and_passes_over_strangers(scene: Scene, other: Scene) -> None:
    mine, theirs = await scene.contacts(3), await other.contact()
    async with scene.sessions.begin() as session:
        ids = [*(one.id for one in mine), theirs.id, uuid4()]
        assert sorted(await contact_erasure.erase_all(session, author(scene), ids, now=NOW)) == sorted(ids[:3])
    assert await scene.column("SELECT id FROM contacts WHERE customer_id = :customer_id") == []
    assert await other.column("SELECT id FROM contacts WHERE customer_id = :customer_id") == [theirs.id]
    audited = "SELECT count(*) FROM audit_events WHERE customer_id = :customer_id AND action = 'contact.erased'"
    assert await scene.column(audited) == [3]
