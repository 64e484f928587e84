"""Entity tags: reading what is known already, and changing only what is still as it was seen (RFC 9110)."""

import httpx2
import pytest

from tests.api.arrange import Json, answered, refused

BOB: Json = {"email": "bob@example.com", "first_name": "Bob"}


async def made(client: httpx2.AsyncClient) -> tuple[str, str]:
    """The path of a new contact and its tag."""
    answer = await client.post("/api/contacts", json=BOB)
    return f"/api/contacts/{answered(answer, 201)['id']}", answer.headers["etag"]


async def test_a_version_that_is_known_is_not_sent_again(client: httpx2.AsyncClient) -> None:
    path, tag = await made(client)
    assert (await client.get(path)).headers["etag"] == tag
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = await client.get(path, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert (await client.get(path, headers={"If-None-Match": '"other"'})).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_only_the_version_that_was_seen_is_changed(client: httpx2.AsyncClient, method: str) -> None:
    path, seen = await made(client)
    first = await client.request(method, path, json={"last_name": "Ray"}, headers={"If-Match": seen})
    assert answered(first)["full_name"] == "Bob Ray"
    assert first.headers["etag"] not in {seen, ""}
    late = await client.request(method, path, json={"last_name": "Roe"}, headers={"If-Match": seen})
    refused(late, 412, "contact.changed")
    assert answered(await client.get(path))["full_name"] == "Bob Ray"
    either = {"If-Match": f'"other", {first.headers["etag"]}'}
    answered(await client.request(method, path, json={"last_name": "Roe"}, headers=either))
    answered(await client.request(method, path, json={"last_name": "Poe"}, headers={"If-Match": "*"}))


async def test_a_weak_tag_permits_no_change(client: httpx2.AsyncClient) -> None:
    path, tag = await made(client)
    refused(
        await client.patch(path, json={"last_name": "Ray"}, headers={"If-Match": f"W/{tag}"}), 412, "contact.changed"
    )


async def test_only_the_version_that_was_seen_is_erased(client: httpx2.AsyncClient) -> None:
    path, seen = await made(client)
    tag = (await client.patch(path, json={"last_name": "Ray"})).headers["etag"]
    refused(await client.delete(path, headers={"If-Match": seen}), 412, "contact.changed")
    assert (await client.delete(path, headers={"If-Match": tag})).status_code == 204


async def test_what_only_counts_changes_the_version_too(client: httpx2.AsyncClient) -> None:
    path, tag = await made(client)
    opened = {"contact_id": path.rsplit("/", 1)[1], "activity_type": "email_opened"}
    answered(await client.post("/api/activities", json=opened), 201)
    assert (await client.get(path)).headers["etag"] != tag


@pytest.mark.parametrize("header", ["abc", '"a" "b"', '"a', "W/abc"])
async def test_a_header_that_holds_no_tags_is_told(client: httpx2.AsyncClient, header: str) -> None:
    path, _ = await made(client)
    refused(await client.patch(path, json={"last_name": "Ray"}, headers={"If-Match": header}), 422, "etag.invalid")
    refused(await client.get(path, headers={"If-None-Match": header}), 422, "etag.invalid")
