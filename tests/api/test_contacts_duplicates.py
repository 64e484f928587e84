"""Likely duplicates of a contact, and merging them by the API; what follows from the fields that are written."""

import uuid

import httpx2
from sqlalchemy.ext.asyncio import AsyncSession

from tests.api.arrange import Json, answered, contacts, refused
from tests.api.conftest import Tenant


async def test_duplicates_are_found_with_their_reasons_the_surest_first(
    session: AsyncSession, tenant: Tenant, other_tenant: Tenant
) -> None:
    known: Json = {
        "first_name": "Bob",
        "last_name": "Ray",
        "company_domain": "acme.example",
        "phone": "+34600000000",
        "linkedin_profile": "https://www.linkedin.com/in/bob-ray/",
    }
    [bob] = await contacts(session, tenant, 1, email="bob+news@acme.example", **known)
    [twin] = await contacts(session, tenant, email="bob@acme.example", phone="+34600000000")
    [tagged] = await contacts(session, tenant, email="bob+old@acme.example")
    [profile] = await contacts(session, tenant, linkedin_profile="linkedin.com/in/Bob-Ray?trk=1")
    name = {"first_name": "bob", "last_name": "RAY", "company_domain": "acme.example"}
    [namesake] = await contacts(session, tenant, 1, **name)
    await contacts(session, tenant, email="bobby@acme.example", first_name="Bob", last_name="Ray")
    await contacts(session, other_tenant, email="bob@acme.example", **known)
    found = answered(await tenant.client.get(f"/api/contacts/{bob}/duplicates"))["data"]
    assert {one["contact"]["id"]: one["reasons"] for one in found} == {
        twin: ["mailbox", "phone"],
        tagged: ["mailbox"],
        profile: ["linkedin_profile"],
        namesake: ["name_and_company"],
    }
    assert found[0]["contact"]["id"] == twin


async def test_dots_make_no_difference_at_gmail_alone(session: AsyncSession, tenant: Tenant) -> None:
    [bob] = await contacts(session, tenant, email="bob.ray@gmail.com")
    [same] = await contacts(session, tenant, email="b.obray+x@googlemail.com")
    await contacts(session, tenant, email="bobray@acme.example")
    [dotted] = await contacts(session, tenant, email="bob.ray@acme.example")
    found = answered(await tenant.client.get(f"/api/contacts/{bob}/duplicates"))["data"]
    assert [one["contact"]["id"] for one in found] == [same]
    assert answered(await tenant.client.get(f"/api/contacts/{dotted}/duplicates"))["data"] == []


async def test_a_merge_answers_the_survivor(session: AsyncSession, tenant: Tenant, other_tenant: Tenant) -> None:
    survivor, duplicate = await contacts(session, tenant, 2)
    [theirs] = await contacts(session, other_tenant)
    path = f"/api/contacts/{survivor}/merge"
    answer = await tenant.client.post(path, json={"duplicate_ids": [duplicate]})
    assert answered(answer)["id"] == survivor
    assert answer.headers["etag"] == (await tenant.client.get(f"/api/contacts/{survivor}")).headers["etag"]
    refused(await tenant.client.get(f"/api/contacts/{duplicate}"), 404, "contact.not_found")
    for wrong, code in (
        (theirs, "reference.not_found"),
        (survivor, "merge.self"),
        (str(uuid.uuid4()), "reference.not_found"),
    ):
        answer = await tenant.client.post(path, json={"duplicate_ids": [wrong]})
        assert refused(answer, 422, code) == {"/duplicate_ids/0"}
    twice = {"duplicate_ids": [theirs, theirs]}
    refused(await tenant.client.post(path, json=twice), 422, "request.invalid")


async def test_what_is_written_is_completed(client: httpx2.AsyncClient) -> None:
    place = {"country": "DE", "city": "Bonn", "phone": "0228 123456"}
    contact = answered(await client.post("/api/contacts", json={"email": "bob@example.com", **place}), 201)
    path = f"/api/contacts/{contact['id']}"
    assert (contact["phone"], contact["timezone"], contact["timezone_source"]) == (
        "+49228123456",
        "Europe/Berlin",
        "derived",
    )
    assert contact["enrichment_score"] > 0

    async def zone(**body: object) -> tuple[str | None, str]:
        changed = answered(await client.patch(path, json=body))
        return changed["timezone"], changed["timezone_source"]

    assert await zone(country="ES", city="Madrid") == ("Europe/Madrid", "derived")
    assert await zone(timezone="Asia/Tokyo") == ("Asia/Tokyo", "given")
    assert await zone(country="DE", city=None) == ("Asia/Tokyo", "given")
    assert await zone(timezone=None) == ("Europe/Berlin", "derived")
    assert await zone(country=None) == ("UTC", "unknown")
    kept = answered(await client.patch(path, json={"phone": "ask at the desk"}))
    assert kept["phone"] == "ask at the desk"
