"""Imports of files: every row has its verdict, is imported once, and takes nothing back."""

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from activities import import_files
from activities.contact_imports import import_contacts
from db import contact_imports
from domain.errors import Conflict
from domain.importing.contact_imports import ImportOptions, OnConflict
from domain.vocabulary import ImportVerdict
from tests.db.conftest import DAY, NOW
from tests.db.importing import Importing, importing

__all__ = ["importing"]

CREATED, UPDATED, SKIPPED, INVALID = ImportVerdict
UPDATE = ImportOptions(on_conflict=OnConflict.UPDATE)
FILL = ImportOptions(on_conflict=OnConflict.FILL_EMPTY)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows a transaction."""
    monkeypatch.setattr(import_files, "BATCH_ROWS", 2)


async def test_each_row_has_its_verdict_and_broken_ones_keep_no_other_out(importing: Importing) -> None:
    await importing.scene.contact(email="known@x.example")
    text = (
        "E-mail,First Name,Phone,Country,Plan\n"
        "Ann@X.example,Ann,0612345678,France,trial\n"
        "nobody,,,,\n"
        "known@x.example,New,,,\n"
        "bob@x.example,Bob,call me,,\n"
        "ANN@x.example,Again,,,\n"
        f"eve@x.example,{'E' * 256},,,\n"
        "zoe@x.example,Zoë\n"
    )
    import_id, result = await importing.imported(text)
    assert result == {"created": 2, "updated": 0, "skipped": 2, "invalid": 3}
    rows = await importing.verdicts(import_id)
    assert [(row.line, row.verdict) for row in rows] == [
        (2, CREATED), (3, INVALID), (4, SKIPPED), (5, CREATED), (6, SKIPPED), (7, INVALID), (8, INVALID),
    ]  # fmt: skip
    assert [row.email for row in rows[:5]] == [
        "ann@x.example", "nobody", "known@x.example", "bob@x.example", "ann@x.example",
    ]  # fmt: skip
    reasons = [row.reason or "" for row in rows]
    assert "is not an email address" in reasons[1]
    assert reasons[2] == "the address is a contact already"
    assert reasons[3] == "phone: call me cannot be read as a number and was kept as it is"
    assert reasons[4] == "the same address as line 2"
    assert reasons[5] == "first_name: has 256 characters; 255 are the most"
    ann = await importing.contact("ann@x.example")
    assert (ann.first_name, ann.phone, ann.custom_fields) == ("Ann", "+33612345678", {"Plan": "trial"})
    assert (ann.timezone, ann.timezone_source) == ("Europe/Paris", "derived")
    assert (ann.source, ann.status, ann.phone_type) == ("csv_import", "active", "work")
    assert ann.enrichment_score > 0
    bob = await importing.contact("bob@x.example")
    assert (bob.phone, bob.timezone, bob.timezone_source) == ("call me", "UTC", "unknown")
    assert await importing.activities("contact_created") == ["ann@x.example", "bob@x.example"]


async def test_of_rows_with_one_address_the_first_counts_also_in_another_batch(
    importing: Importing, small_batches: None
) -> None:
    lines = [
        "email,first_name",
        *(f"p{i}@x.example,First{i}" for i in range(5)),
        "P0@x.example,Second",
        "p9@x.example,",
    ]
    import_id, result = await importing.imported("\n".join(lines), UPDATE)
    assert result == {"created": 6, "updated": 0, "skipped": 1, "invalid": 0}
    assert (await importing.verdicts(import_id))[5].reason == "the same address as line 2"
    assert (await importing.contact("p0@x.example")).first_name == "First0"


async def test_update_writes_what_is_given_and_fill_empty_what_is_missing(importing: Importing) -> None:
    for name in ("a", "b"):
        await importing.scene.contact(
            email=f"{name}@x.example", first_name="Old", last_name=None, custom_fields={"plan": "old", "kept": 1}
        )
    text = "email,first_name,last_name,plan,country\n{}@x.example,New,Name,new,Spain\n"
    import_id, result = await importing.imported(text.format("a"), UPDATE)
    assert (result["updated"], (await importing.verdicts(import_id))[0].verdict) == (1, UPDATED)
    a = await importing.contact("a@x.example")
    assert (a.first_name, a.last_name, a.custom_fields) == ("New", "Name", {"plan": "new", "kept": 1})
    assert (a.timezone, a.timezone_source) == ("Europe/Madrid", "derived")
    await importing.imported(text.format("b"), FILL)
    b = await importing.contact("b@x.example")
    assert (b.first_name, b.last_name, b.custom_fields) == ("Old", "Name", {"plan": "old", "kept": 1})
    assert a.enrichment_score == b.enrichment_score > 0
    assert await importing.activities("contact_updated") == ["a@x.example", "b@x.example"]
    _, again = await importing.imported(text.format("b"), FILL)
    assert again == {"created": 0, "updated": 0, "skipped": 1, "invalid": 0}


async def test_a_zone_that_somebody_gave_is_not_replaced_by_a_derived_one(importing: Importing) -> None:
    await importing.imported("email,timezone\na@x.example,Asia/Tokyo\n")
    await importing.imported("email,country\na@x.example,Spain\n", UPDATE)
    a = await importing.contact("a@x.example")
    assert (a.country, a.timezone, a.timezone_source) == ("Spain", "Asia/Tokyo", "given")


async def test_who_may_not_be_mailed_stays_so_and_who_may_can_be_withdrawn(importing: Importing) -> None:
    await importing.scene.contact(email="gone@x.example", status="unsubscribed")
    await importing.scene.contact(email="dont@x.example", status="do_not_contact", do_not_contact=True)
    await importing.scene.contact(email="may@x.example")
    text = "email,opt_out\ngone@x.example,no\ndont@x.example,no\nmay@x.example,yes\nnew@x.example,yes\n"
    await importing.imported(text, UPDATE)
    found = {name: await importing.contact(f"{name}@x.example") for name in ("gone", "dont", "may", "new")}
    assert {name: (row.status, row.do_not_contact) for name, row in found.items()} == {
        "gone": ("unsubscribed", False),
        "dont": ("do_not_contact", True),
        "may": ("do_not_contact", True),
        "new": ("do_not_contact", True),
    }


async def test_a_dry_run_tells_the_difference_and_writes_no_contact(importing: Importing) -> None:
    await importing.scene.contact(email="a@x.example", first_name="Old")
    text = "email,first_name\na@x.example,New\nb@x.example,Bob\nnobody,\n"
    import_id, result = await importing.imported(text, ImportOptions(on_conflict=OnConflict.UPDATE, dry_run=True))
    assert result == {"created": 1, "updated": 1, "skipped": 0, "invalid": 1}
    assert await importing.scene.count("contacts") == 1
    assert (await importing.contact("a@x.example")).first_name == "Old"
    assert [row.email for row in await importing.verdicts(import_id)] == ["a@x.example", "b@x.example", "nobody"]
    changes = await importing.scene.one(
        "SELECT before, after FROM contact_import_changes WHERE import_id = :id", id=import_id
    )
    assert tuple(changes) == ({"first_name": "Old"}, {"first_name": "New"})
    assert await importing.activities("contact_updated") == []


class DyingClock:
    """A clock that stands for the death of the process in its third batch."""

    def __init__(self) -> None:
        self._asked = 0

    def __call__(self) -> datetime:
        self._asked += 1
        if self._asked == 3:
            raise OSError("the machine is gone")
        return NOW


async def test_a_job_that_is_taken_up_again_goes_on_behind_its_last_batch(
    importing: Importing, small_batches: None
) -> None:
    job = await importing.begun("\n".join(["email", *(f"p{i}@x.example" for i in range(7)), "p1@x.example"]))
    dying = replace(importing.resources, clock=DyingClock())
    with pytest.raises(OSError, match="gone"):
        await import_contacts(dying, job)
    assert await importing.scene.count("contacts") == 4
    job = await importing.again(job)
    assert (job.done, job.cursor) == (4, {"batches": 2})
    assert await import_contacts(importing.resources, job) == {"created": 7, "updated": 0, "skipped": 1, "invalid": 0}
    # Once more, as if the end itself had not been noted.
    await import_contacts(importing.resources, await importing.again(job))
    assert await importing.scene.count("contacts") == 7
    assert len(await importing.activities("contact_created")) == 7


async def test_what_landed_before_a_cancellation_stays_and_has_its_activities(
    importing: Importing, small_batches: None
) -> None:
    job = await importing.begun("email\na@x.example\nb@x.example\nc@x.example\n")
    await importing.scene.execute("UPDATE jobs SET cancel_requested_at = now() WHERE id = :id", id=job.id)
    assert await importing.cancelled(job)
    assert await importing.scene.count("contacts") == 0
    await importing.scene.execute("UPDATE jobs SET cancel_requested_at = NULL WHERE id = :id", id=job.id)
    await importing.scene.execute(
        """CREATE OR REPLACE FUNCTION cancel_soon() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN NEW.cancel_requested_at = now(); RETURN NEW; END $$"""
    )
    await importing.scene.execute(
        "CREATE TRIGGER cancel_soon BEFORE UPDATE OF cursor ON jobs FOR EACH ROW WHEN (OLD.done = 2) "
        "EXECUTE FUNCTION cancel_soon()"
    )
    assert await importing.cancelled(job)
    await importing.scene.execute("DROP TRIGGER cancel_soon ON jobs")
    assert await importing.activities("contact_created") == ["a@x.example", "b@x.example"]


async def test_imports_of_the_same_addresses_at_once_make_each_contact_once(importing: Importing) -> None:
    emails = [f"p{i:04}@x.example" for i in range(2_000)]
    texts = ["\n".join(["email,first_name", *(f"{email},{who}" for email in order)])
             for who, order in (("A", emails), ("B", emails[::-1]), ("C", emails))]  # fmt: skip
    jobs = [await importing.begun(text, UPDATE) for text in texts]
    results = await asyncio.gather(*(import_contacts(importing.resources, job) for job in jobs))
    assert sum(result["created"] for result in results) == 2_000
    assert await importing.scene.count("contacts") == 2_000
    assert len(await importing.activities("contact_created")) == 2_000


async def test_members_join_the_list_with_those_that_were_known(importing: Importing) -> None:
    await importing.scene.contact(email="known@x.example")
    list_id = await importing.list_named("Fair")
    await importing.imported("email\nknown@x.example\nnew@x.example\nbroken\n", ImportOptions(list_id=list_id))
    row = await importing.scene.one(
        "SELECT total_contacts, active_contacts FROM contact_lists WHERE id = :id", id=list_id
    )
    assert tuple(row) == (2, 2)
    sources = await importing.scene.column(
        "SELECT source::text FROM contact_list_memberships WHERE list_id = :id", id=list_id
    )
    assert sources == ["bulk_import"] * 2


async def test_an_import_is_begun_once_and_a_dry_run_before_it_as_often_as_one_likes(importing: Importing) -> None:
    import_id, _ = await importing.imported("email\na@x.example\n", ImportOptions(dry_run=True))
    tenant = importing.scene.tenant
    who = {"customer_id": tenant.customer_id, "user_id": tenant.user_id, "import_id": import_id}
    for options in (ImportOptions(dry_run=True), ImportOptions()):
        async with importing.scene.sessions.begin() as session:
            job = await contact_imports.start(session, options=options, now=NOW, **who)
        await import_contacts(importing.resources, await importing.again(job))
        await importing.end(job)
    async with importing.scene.sessions.begin() as session:
        with pytest.raises(Conflict) as refused:
            await contact_imports.start(session, options=ImportOptions(), now=NOW, **who)
    assert refused.value.code == "import.started"
    assert await importing.scene.count("contacts") == 1


async def test_files_are_forgotten_some_days_after_the_end_and_verdicts_stay(importing: Importing) -> None:
    import_id, _ = await importing.imported("email\na@x.example\n")
    for before, pieces in ((NOW, 1), (NOW + DAY, 0)):
        async with importing.scene.sessions.begin() as session:
            await contact_imports.forget_files(session, before=before, now=NOW)
        assert await importing.scene.count("contact_import_pieces") == pieces
    assert [row.email for row in await importing.verdicts(import_id)] == ["a@x.example"]
