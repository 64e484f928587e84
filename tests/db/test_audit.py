"""Audit events are written in their transaction, found by filters, and never changed."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import DBAPIError

from db import audit
from db.audit import AuditFilter
from tests.db.conftest import DAY, NOW, Scene


async def record(scene: Scene, action: str = "suppression.lifted", **given: Any) -> None:
    fields: dict[str, Any] = {"subject": "suppression", "subject_id": uuid4(), "details": {"n": 1}, "now": NOW, **given}
    async with scene.sessions.begin() as session:
        await audit.record(
            session,
            customer_id=scene.tenant.customer_id,
            workspace_id=scene.tenant.workspace_id,
            user_id=scene.tenant.user_id,
            action=action,
            **fields,
        )


async def actions(scene: Scene, **wanted: Any) -> list[str]:
    async with scene.sessions() as session:
        found = await session.execute(audit.listing(customer_id=scene.tenant.customer_id, wanted=AuditFilter(**wanted)))
        return sorted(row.action for row in found)


async def test_an_event_says_who_did_what_to_which_thing_and_when(scene: Scene) -> None:
    thing = uuid4()
    await record(scene, subject_id=thing, address_hash="hmac-sha256:00")
    row = await scene.one("SELECT * FROM audit_events WHERE customer_id = :customer_id")
    assert (row.user_id, row.workspace_id) == (scene.tenant.user_id, scene.tenant.workspace_id)
    assert (row.action, row.subject, row.subject_id) == ("suppression.lifted", "suppression", thing)
    assert (row.details, row.address_hash, row.occurred_at) == ({"n": 1}, "hmac-sha256:00", NOW)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET details = '{}' WHERE customer_id = :customer_id",
        "DELETE FROM audit_events WHERE customer_id = :customer_id",
        "DELETE FROM audit_events WHERE customer_id <> :customer_id AND false",
        "TRUNCATE audit_events",
        "TRUNCATE users CASCADE",
        """INSERT INTO audit_events (id, customer_id, action, subject, occurred_at)
           SELECT id, customer_id, action, subject, occurred_at FROM audit_events WHERE customer_id = :customer_id
           ON CONFLICT (id) DO UPDATE SET action = 'nothing.happened'""",
    ],
)
async def test_no_statement_of_the_application_changes_an_event(scene: Scene, statement: str) -> None:
    await record(scene)
    with pytest.raises(DBAPIError, match="never changed or deleted"):
        await scene.execute(statement)
    assert await actions(scene) == ["suppression.lifted"]


async def test_what_is_rolled_back_leaves_no_event(scene: Scene) -> None:
    async with scene.sessions() as session:
        await audit.record(
            session,
            customer_id=scene.tenant.customer_id,
            workspace_id=None,
            user_id=None,
            action="contact.erased",
            subject="contact",
            subject_id=None,
            details={},
            now=NOW,
        )
        await session.rollback()
    assert await actions(scene) == []


async def test_each_filter_lets_through_what_it_names(scene: Scene, other: Scene) -> None:
    thing = UUID(int=7)
    await record(scene, "contact.erased", subject="contact", subject_id=thing, now=NOW - DAY)
    await record(scene, "suppression.lifted", address_hash="hmac-sha256:01")
    await record(other, "contacts.exported")
    assert await actions(scene) == ["contact.erased", "suppression.lifted"]
    assert await actions(scene, action="contact.erased") == ["contact.erased"]
    assert await actions(scene, subject="suppression") == ["suppression.lifted"]
    assert await actions(scene, subject_id=thing) == ["contact.erased"]
    assert await actions(scene, since=NOW) == ["suppression.lifted"]
    assert await actions(scene, since=NOW + timedelta(seconds=1)) == []
    assert len(await actions(scene, user_id=scene.tenant.user_id)) == 2
    assert await actions(scene, user_id=uuid4()) == []
    assert await actions(scene, address_hashes=["hmac-sha256:01", "hmac-sha256:02"]) == ["suppression.lifted"]
    assert await actions(scene, address_hashes=[]) == []
