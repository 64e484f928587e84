"""An import is undone as long as nothing was sent, and what others did since stays."""

import pytest

from db import import_undo
from domain.errors import Conflict
from domain.importing.contact_imports import ImportOptions, OnConflict
from tests.db.conftest import NOW
from tests.db.importing import Importing, importing
from tests.factories import email_step

__all__ = ["importing"]

UPDATE = ImportOptions(on_conflict=OnConflict.UPDATE)


async def test_created_contacts_go_and_updated_ones_have_their_former_values(importing: Importing) -> None:
    await importing.scene.contact(email="a@x.example", first_name="Old", last_name=None, custom_fields={"plan": "old"})
    text = "email,first_name,last_name,plan,country\na@x.example,New,Name,new,Spain\nb@x.example,Bob,,,\n"
    import_id, _ = await importing.imported(text, UPDATE)
    more = (await importing.contact("a@x.example")).enrichment_score
    await importing.scene.suppress("b@x.example")
    assert await importing.undone(import_id) == {"removed": 1, "kept": 0, "restored": 1, "changed_since": 0}
    assert await importing.scene.column("SELECT email FROM contacts WHERE customer_id = :customer_id") == [
        "a@x.example"
    ]
    a = await importing.contact("a@x.example")
    assert (a.first_name, a.last_name, a.country, a.custom_fields) == ("Old", None, None, {"plan": "old"})
    assert (a.timezone, a.timezone_source) == ("UTC", "unknown")
    assert 0 < a.enrichment_score < more
    assert await importing.scene.count("contact_suppression_lists") == 1
    verdicts = await importing.verdicts(import_id)
    assert [row.email for row in verdicts] == ["a@x.example", None]


async def test_what_somebody_changed_since_stays(importing: Importing) -> None:
    await importing.scene.contact(email="a@x.example", first_name="Old", last_name="Old")
    import_id, _ = await importing.imported("email,first_name,last_name\na@x.example,New,New\n", UPDATE)
    await importing.scene.execute("UPDATE contacts SET first_name = 'Mine' WHERE customer_id = :customer_id")
    assert await importing.undone(import_id) == {"removed": 0, "kept": 0, "restored": 1, "changed_since": 1}
    a = await importing.contact("a@x.example")
    assert (a.first_name, a.last_name) == ("Mine", "Old")


async def test_a_withdrawal_that_came_by_the_import_is_not_taken_back(importing: Importing) -> None:
    await importing.scene.contact(email="a@x.example")
    import_id, _ = await importing.imported("email,opt_out\na@x.example,yes\n", UPDATE)
    await importing.undone(import_id)
    a = await importing.contact("a@x.example")
    assert (a.status, a.do_not_contact) == ("do_not_contact", True)


async def test_a_contact_that_is_enrolled_stays(importing: Importing) -> None:
    import_id, _ = await importing.imported("email\na@x.example\nb@x.example\n")
    sequence = await importing.scene.sequence(email_step("Hello"))
    await importing.scene.enroll(sequence, await importing.contact("a@x.example"))  # type: ignore[arg-type]
    assert (await importing.undone(import_id))["removed"] == 1
    assert await importing.scene.column("SELECT email FROM contacts WHERE customer_id = :customer_id") == [
        "a@x.example"
    ]


async def test_once_something_was_sent_an_import_stays_and_says_to_how_many(importing: Importing) -> None:
    import_id, _ = await importing.imported("email\na@x.example\nb@x.example\n")
    sequence = await importing.scene.sequence(email_step("Hello"))
    [enrollment] = await importing.scene.enroll(sequence, await importing.contact("a@x.example"))  # type: ignore[arg-type]
    await importing.scene.sent(enrollment)
    with pytest.raises(Conflict) as refused:
        await importing.undone(import_id)
    assert refused.value.code == "import.sent"
    assert "Something was sent to 1 of the contacts" in refused.value.detail


async def test_asked_again_it_is_the_same_undo(importing: Importing) -> None:
    import_id, _ = await importing.imported("email\na@x.example\n")
    await importing.undone(import_id)
    tenant = importing.scene.tenant
    async with importing.scene.sessions.begin() as session:
        again = await import_undo.request(
            session, customer_id=tenant.customer_id, import_id=import_id, user_id=tenant.user_id, now=NOW
        )
    assert again.status == "completed"
    assert await importing.scene.count("jobs") == 2


async def test_counts_of_lists_follow_an_undo(importing: Importing) -> None:
    list_id = await importing.list_named("Fair")
    import_id, _ = await importing.imported("email\na@x.example\nb@x.example\n", ImportOptions(list_id=list_id))
    await importing.undone(import_id)
    row = await importing.scene.one(
        "SELECT total_contacts, active_contacts FROM contact_lists WHERE id = :id", id=list_id
    )
    assert tuple(row) == (0, 0)
