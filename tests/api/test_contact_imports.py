"""Imports: every row has its verdict, broken ones keep no other out, and nothing is taken back."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from db.models import Contact, ContactActivity
from domain.vocabulary import ActivityType
from tests.api.arrange import Json, answered, refused
from tests.api.conftest import Tenant

BULK = "/api/contacts/bulk"


async def import_rows(client: httpx2.AsyncClient, rows: list[Json], **options: Any) -> Json:
    return answered(await client.post(BULK, json={"contacts": rows, **options}))


async def import_csv(client: httpx2.AsyncClient, text: str | bytes, kind: str = "text/csv", **query: str) -> Json:
    return answered(await client.post(BULK, content=text, headers={"Content-Type": kind}, params=query))


async def read(client: httpx2.AsyncClient, email: str) -> Json:
    [contact] = answered(await client.get("/api/contacts", params={"email": email}))["data"]
    return dict(contact)


def verdicts(result: Json) -> list[tuple[int, str]]:
    return [(row["line"], row["verdict"]) for row in result["results"]]


async def test_broken_rows_have_their_line_and_reason_and_the_others_are_imported(client: httpx2.AsyncClient) -> None:
    result = await import_rows(
        client,
        [
            {"email": "Ann@Example.com", "first_name": "Ann", "custom_fields": {"plan": "trial"}},
            {"email": "nobody"},
            {"email": "bob@example.com", "timezone": "Mars"},
            {"email": "bob@example.com", "colour": "red"},
            {"first_name": "Eve"},
            {"email": "eve@example.com", "industry": "farming"},
            {"email": "ANN@example.com"},
            {"email": "zoe@example.com", "timezone": "Europe/Madrid"},
        ],
    )
    invalid = [(line, "invalid") for line in range(2, 7)]
    assert verdicts(result) == [(1, "created"), *invalid, (7, "skipped"), (8, "created")]
    assert [result[kind] for kind in ("created", "updated", "skipped", "invalid")] == [2, 0, 1, 5]
    reasons = [row["reason"] for row in result["results"]]
    assert reasons[2] == "timezone: 'Mars' is not an IANA time zone, such as Europe/Madrid"
    assert reasons[3] == "colour: is not a field of contacts"
    assert reasons[4] == "email: is required"
    assert reasons[6] == "the same address as line 1"
    ann = await read(client, "ann@example.com")
    assert (ann["source"], ann["custom_fields"], ann["timezone"]) == ("api", {"plan": "trial"}, "UTC")
    assert ann["id"] == result["results"][0]["contact_id"] == result["results"][6]["contact_id"]


@pytest.mark.parametrize(
    ("on_conflict", "verdict", "expected"),
    [
        ("skip", "skipped", {"first_name": "Ann", "city": None, "custom_fields": {"a": 1}}),
        ("update", "updated", {"first_name": "Anna", "city": "Rome", "custom_fields": {"a": 2, "b": 2}}),
        ("fill_empty", "updated", {"first_name": "Ann", "city": "Rome", "custom_fields": {"a": 1, "b": 2}}),
    ],
)
async def test_a_known_address_is_treated_as_on_conflict_says(
    client: httpx2.AsyncClient, on_conflict: str, verdict: str, expected: Json
) -> None:
    known = {"email": "ann@example.com", "first_name": "Ann", "phone": "1", "timezone": "Europe/Paris"}
    await import_rows(client, [known | {"custom_fields": {"a": 1}}])
    row = {"email": "ann@example.com", "first_name": "Anna", "city": "Rome", "custom_fields": {"a": 2, "b": 2}}
    assert verdicts(await import_rows(client, [row], on_conflict=on_conflict)) == [(1, verdict)]
    after = await read(client, "ann@example.com")
    assert {name: after[name] for name in expected} == expected
    assert (after["phone"], after["timezone"]) == ("1", "Europe/Paris")
    assert verdicts(await import_rows(client, [row], on_conflict=on_conflict)) == [(1, "skipped")]


async def test_an_import_records_what_it_made_and_changed(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    await import_rows(client, [{"email": f"p{number}@example.com"} for number in range(3)])
    rows = [{"email": f"p{number}@example.com", "city": "Rome"} for number in range(1, 5)]
    await import_rows(client, rows, on_conflict="update")
    statement = (
        select(ContactActivity.activity_type, func.count().label("number"))
        .where(ContactActivity.customer_id == tenant.customer_id)
        .group_by(ContactActivity.activity_type)
    )
    counts = {row.activity_type: row.number for row in await session.execute(statement)}
    assert counts == {ActivityType.CONTACT_CREATED: 5, ActivityType.CONTACT_UPDATED: 2}


@pytest.mark.parametrize("on_conflict", ["skip", "update", "fill_empty"])
async def test_an_unsubscribed_or_suppressed_address_stays_so(client: httpx2.AsyncClient, on_conflict: str) -> None:
    gone = {"email": "gone@example.com", "status": "unsubscribed"}
    answered(await client.post("/api/contacts", json=gone), 201)
    answered(await client.post("/api/suppressions", json={"email": "Eve@example.com"}), 201)
    answered(
        await client.post("/api/suppressions", json={"email": "@acme.example", "suppression_type": "domain_block"}), 201
    )
    emails = ["gone@example.com", "EVE@example.com", "any@acme.example", "fine@example.com"]
    rows = [{"email": email, "city": "Rome", "do_not_contact": False} for email in emails]
    result = await import_rows(client, rows, on_conflict=on_conflict)
    assert [row["mailable"] for row in result["results"]] == [False, False, False, True]
    assert (await read(client, "gone@example.com"))["status"] == "unsubscribed"


async def test_an_import_can_withdraw_a_contact_and_the_counts_of_its_lists_follow(client: httpx2.AsyncClient) -> None:
    result = await import_rows(client, [{"email": "ann@example.com"}, {"email": "bob@example.com"}])
    ids = [row["contact_id"] for row in result["results"]]
    trials = answered(await client.post("/api/lists", json={"name": "Trials"}), 201)
    answered(await client.post(f"/api/lists/{trials['id']}/contacts", json={"contact_ids": ids}))
    await import_rows(client, [{"email": "ann@example.com", "do_not_contact": True}], on_conflict="update")
    assert (await read(client, "ann@example.com"))["status"] == "do_not_contact"
    after = answered(await client.get(f"/api/lists/{trials['id']}"))
    assert (after["total_contacts"], after["active_contacts"]) == (2, 1)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
async def test_a_csv_is_read_whatever_its_delimiter_and_line_ends(
    client: httpx2.AsyncClient, delimiter: str, ending: str
) -> None:
    lines = [
        ["E-Mail", "First Name", "Company", "Industry", "Time Zone", "Favourite colour", "Opt-out"],
        ["Ann@Example.com", '"A""nn"', f'"Acme{delimiter} Ltd"', "Real Estate", "Europe/Rome", "red", "no"],
    ]
    text = ending.join(delimiter.join(line) for line in lines)
    result = await import_csv(client, text.encode("utf-8-sig"))
    assert verdicts(result) == [(2, "created")]
    contact = await read(client, "ann@example.com")
    names = ("first_name", "company_name", "industry", "timezone", "custom_fields", "source", "do_not_contact")
    assert [contact[name] for name in names] == [
        'A"nn',
        f"Acme{delimiter} Ltd",
        "real_estate",
        "Europe/Rome",
        {"Favourite colour": "red"},
        "csv_import",
        False,
    ]


async def test_broken_lines_of_a_csv_are_told_and_hide_no_others(client: httpx2.AsyncClient) -> None:
    text = (
        "email,first_name,notes\n"
        'ann@example.com,Ann,"two\nlines"\n'
        "bob@example.com,Bob\n"
        "\n"
        'eve@example.com,Eve,"open\n'
        "zoe@example.com,Zoe,\n"
        'max@example.com,"Max"x,\n'
        "tom@example.com,,\n"
        "not-an-address,Tim,\n"
    )
    result = await import_csv(client, text)
    assert verdicts(result) == [
        (2, "created"),
        (4, "invalid"),
        (6, "invalid"),
        (7, "created"),
        (8, "invalid"),
        (9, "created"),
        (10, "invalid"),
    ]
    assert result["results"][1]["reason"] == "the line has 2 cells, the header 3"
    assert (await read(client, "ann@example.com"))["custom_fields"] == {"notes": "two\nlines"}


async def test_a_csv_in_another_charset_is_read_when_it_is_named(client: httpx2.AsyncClient) -> None:
    text = "email,first_name\nann@example.com,Zoë\n".encode("cp1252")
    refused(await client.post(BULK, content=text, headers={"Content-Type": "text/csv"}), 422, "csv.encoding")
    await import_csv(client, text, "text/csv; charset=windows-1252")
    assert (await read(client, "ann@example.com"))["first_name"] == "Zoë"


async def test_a_csv_says_on_conflict_in_its_query(client: httpx2.AsyncClient) -> None:
    await import_csv(client, "email\nann@example.com\n")
    result = await import_csv(client, "email,city\nann@example.com,Rome\n", on_conflict="update")
    assert result["updated"] == 1


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        ("", "text/csv", 422, "csv.empty"),
        ("name\nAnn\n", "text/csv", 422, "csv.no_email"),
        ("email,E-Mail\na@b.com,a@b.com\n", "text/csv", 422, "csv.header"),
        ('email,"first\nann@example.com', "text/csv", 422, "csv.header"),
        ("email\n", "text/csv; charset=klingon", 422, "csv.encoding"),
        ("email\n", "text/csv; charset=zlib", 422, "csv.encoding"),
        ("email\n" + "a@b.com\n" * 10_001, "text/csv", 422, "import.too_many"),
        ("<x/>", "application/xml", 415, "request.media_type"),
        ('{"contacts": [], "mode": 1}', "application/json", 422, "request.invalid"),
        ('{"contacts": [1], "on_conflict": "burn"}', "application/json", 422, "request.invalid"),
        ("{", "application/json", 422, "request.invalid"),
    ],
)
async def test_a_body_that_is_no_import_is_a_problem(
    client: httpx2.AsyncClient, content: str, kind: str, status: int, code: str
) -> None:
    answer = await client.post(BULK, content=content.encode(), headers={"Content-Type": kind})
    refused(answer, status, code)


async def test_the_pointers_of_a_bulk_body_lead_to_the_place(client: httpx2.AsyncClient) -> None:
    answer = await client.post(BULK, json={"contacts": [{}, 5], "on_conflict": "burn", "x": 1})
    assert refused(answer, 422, "request.invalid") == {"/contacts/1", "/on_conflict", "/x"}


async def test_two_imports_of_the_same_rows_at_once_make_each_contact_once(
    client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant
) -> None:
    rows = [{"email": f"p{number}@example.com", "city": "Rome"} for number in range(300)]
    results = await asyncio.gather(
        import_rows(client, rows, on_conflict="update"), import_rows(client, rows[::-1], on_conflict="update")
    )
    assert sum(result["created"] for result in results) == 300
    mine = select(func.count()).select_from(Contact).where(Contact.customer_id == tenant.customer_id)
    assert await session.scalar(mine) == 300


async def test_ten_thousand_rows_go_in_one_call(client: httpx2.AsyncClient) -> None:
    lines = [f"p{number}@example.com,Ann,Acme,Europe/Rome" for number in range(10_000)]
    result = await import_csv(client, "\n".join(["email,first_name,company,timezone", *lines]))
    assert (result["created"], len(result["results"])) == (10_000, 10_000)
