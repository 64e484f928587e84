"""Unsubscribe links: a GET changes nothing, a POST works at once, twice, and after the sequence is gone."""

import asyncio
import uuid
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser

import httpx2
import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from db import messages
from db import unsubscribes as unsubscribing
from db.models import Contact, ContactActivity, ContactSuppressionList, EmailMessage
from domain import tokens
from domain.vocabulary import ActivityType, ContactStatus, SuppressionType
from settings import Settings
from tests.api.arrange import Json, active, answered, contacts, enrolled, letters, message
from tests.api.conftest import NOW, Tenant

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A send to a contact, and the link in it."""

    sequence: Json
    enrollment: str
    message: EmailMessage
    link: str


@pytest.fixture
async def sent(client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, api_settings: Settings) -> Sent:
    sequence = await active(client)
    (enrollment,) = await enrolled(client, sequence, await contacts(session, tenant))
    row = await message(session, tenant, enrollment, sequence["default_email_account_id"])
    token = tokens.sign(api_settings.require_secret_key(), "unsubscribe", row.id)
    return Sent(sequence, enrollment, row, f"/u/{token}")


async def the_contact(session: AsyncSession, sent: Sent) -> Contact:
    return await session.get_one(Contact, sent.message.contact_id, populate_existing=True)


async def unsubscribes(session: AsyncSession, sent: Sent) -> list[ContactActivity]:
    statement = select(ContactActivity).where(
        ContactActivity.contact_id == sent.message.contact_id,
        ContactActivity.activity_type == ActivityType.EMAIL_UNSUBSCRIBED,
    )
    return list(await session.scalars(statement))


async def suppressions(session: AsyncSession, tenant: Tenant) -> list[ContactSuppressionList]:
    statement = select(ContactSuppressionList).where(ContactSuppressionList.customer_id == tenant.customer_id)
    return list(await session.scalars(statement.execution_options(populate_existing=True)))


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("HEAD", 200), ("OPTIONS", 405), ("PUT", 405)])
async def test_following_the_link_changes_nothing(
    anonymous: httpx2.AsyncClient,
    client: httpx2.AsyncClient,
    session: AsyncSession,
    tenant: Tenant,
    sent: Sent,
    method: str,
    status: int,
) -> None:
    for _ in range(2):
        assert (await anonymous.request(method, sent.link)).status_code == status
    assert (await the_contact(session, sent)).status is ContactStatus.ACTIVE
    assert await suppressions(session, tenant) == []
    assert await unsubscribes(session, sent) == []
    assert answered(await client.get(f"/api/enrollments/{sent.enrollment}"))["status"] == "active"


async def test_the_page_asks_with_a_form_and_says_nothing_of_the_contact(
    anonymous: httpx2.AsyncClient, session: AsyncSession, sent: Sent
) -> None:
    page = await anonymous.get(sent.link)
    seen: list[tuple[str, dict[str, str | None]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append((tag, dict(attrs)))

    Reader().feed(page.text)
    assert ("html", {"lang": "en"}) in seen
    assert ("form", {"method": "post"}) in seen
    assert "button" in [tag for tag, _ in seen]
    assert not {"img", "script", "link", "a", "iframe"} & {tag for tag, _ in seen}
    assert (await the_contact(session, sent)).email not in page.text
    assert page.headers["content-type"].startswith("text/html")
    assert (page.headers["cache-control"], page.headers["referrer-policy"]) == ("no-store", "no-referrer")


@pytest.mark.parametrize(("form", "subtype"), [(ONE_CLICK, "one_click"), ({"from": "page"}, "link"), (None, "link")])
async def test_a_post_unsubscribes(
    anonymous: httpx2.AsyncClient,
    client: httpx2.AsyncClient,
    session: AsyncSession,
    tenant: Tenant,
    sent: Sent,
    form: dict[str, str] | None,
    subtype: str,
) -> None:
    answer = await anonymous.post(sent.link, data=form)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    contact = await the_contact(session, sent)
    assert (contact.status, contact.unsubscribed_at) == (ContactStatus.UNSUBSCRIBED, NOW)
    (entry,) = await suppressions(session, tenant)
    assert (entry.email, entry.suppression_type) == (contact.email, SuppressionType.UNSUBSCRIBE)
    (activity,) = await unsubscribes(session, sent)
    assert (str(activity.sequence_id), activity.email_message_id) == (sent.sequence["id"], sent.message.message_id)
    assert activity.activity_subtype == subtype
    enrollment = answered(await client.get(f"/api/enrollments/{sent.enrollment}"))
    assert (enrollment["status"], enrollment["completion_reason"]) == ("unsubscribed", "unsubscribed")
    assert await letters(session, sent.enrollment) == ["enrollment.start", "enrollment.event"]
    sequence = answered(await client.get(f"/api/sequences/{sent.sequence['id']}"))
    assert (sequence["total_unsubscribed"], sequence["updated_at"]) == (1, sent.sequence["updated_at"])
    assert "<form" not in (await anonymous.get(sent.link)).text


async def test_a_multipart_post_unsubscribes(anonymous: httpx2.AsyncClient, session: AsyncSession, sent: Sent) -> None:
    files = {"List-Unsubscribe": (None, "One-Click")}
    assert (await anonymous.post(sent.link, files=files)).status_code == 200
    assert (await the_contact(session, sent)).status is ContactStatus.UNSUBSCRIBED


async def test_doing_it_again_changes_nothing(
    anonymous: httpx2.AsyncClient, client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, sent: Sent
) -> None:
    answers = await asyncio.gather(*(anonymous.post(sent.link, data=ONE_CLICK) for _ in range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert len(await unsubscribes(session, sent)) == len(await suppressions(session, tenant)) == 1
    assert answered(await client.get(f"/api/sequences/{sent.sequence['id']}"))["total_unsubscribed"] == 1
    assert await letters(session, sent.enrollment) == ["enrollment.start", "enrollment.event"]


async def test_it_works_after_enrollment_and_sequence_are_gone(
    anonymous: httpx2.AsyncClient, client: httpx2.AsyncClient, session: AsyncSession, sent: Sent
) -> None:
    answered(await client.post(f"/api/sequences/{sent.sequence['id']}/stop"))
    assert (await client.delete(f"/api/enrollments/{sent.enrollment}")).status_code == 204
    assert (await client.delete(f"/api/sequences/{sent.sequence['id']}")).status_code == 204
    assert (await anonymous.get(sent.link)).status_code == 200
    assert (await anonymous.post(sent.link, data=ONE_CLICK)).status_code == 200
    assert (await the_contact(session, sent)).status is ContactStatus.UNSUBSCRIBED
    assert len(await unsubscribes(session, sent)) == 1


async def test_every_sequence_of_the_contact_ends_that_stops_on_an_unsubscribe(
    anonymous: httpx2.AsyncClient, client: httpx2.AsyncClient, sent: Sent
) -> None:
    contact = str(sent.message.contact_id)
    (other,) = await enrolled(client, await active(client), [contact])
    (lasting,) = await enrolled(client, await active(client, stop_on_unsubscribe=False), [contact])
    await anonymous.post(sent.link, data=ONE_CLICK)
    assert answered(await client.get(f"/api/enrollments/{other}"))["status"] == "unsubscribed"
    assert answered(await client.get(f"/api/enrollments/{lasting}"))["status"] == "active"


async def test_the_address_mailed_and_the_present_one_are_both_suppressed_for_good(
    anonymous: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, sent: Sent
) -> None:
    contact = await the_contact(session, sent)
    mailed, contact.email = contact.email, f"{uuid.uuid4().hex}@new.example"
    session.add(
        ContactSuppressionList(
            customer_id=tenant.customer_id,
            workspace_id=tenant.workspace_id,
            email=mailed,
            suppression_type=SuppressionType.UNSUBSCRIBE,
            expires_at=NOW + timedelta(days=1),
        )
    )
    await session.commit()
    await anonymous.post(sent.link, data=ONE_CLICK)
    entries = await suppressions(session, tenant)
    assert {(entry.email, entry.expires_at) for entry in entries} == {(mailed, None), (contact.email, None)}


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_link_that_we_did_not_make_does_nothing(
    anonymous: httpx2.AsyncClient, session: AsyncSession, api_settings: Settings, sent: Sent, method: str
) -> None:
    key, id = api_settings.require_secret_key(), sent.message.id
    wrong = [
        "x",
        "%00",
        "ä",
        sent.link.removeprefix("/u/")[:-1],
        tokens.sign(key, "open", id),
        tokens.sign("another key of ours", "unsubscribe", id),
        tokens.sign(key, "unsubscribe", uuid.uuid4()),
    ]
    for token in wrong:
        answer = await anonymous.request(method, f"/u/{token}")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert (await the_contact(session, sent)).status is ContactStatus.ACTIVE


async def test_an_erased_contact_has_nothing_to_unsubscribe(
    anonymous: httpx2.AsyncClient, client: httpx2.AsyncClient, session: AsyncSession, sent: Sent
) -> None:
    assert (await client.delete(f"/api/enrollments/{sent.enrollment}")).status_code == 204
    await session.execute(delete(Contact).where(Contact.id == sent.message.contact_id))
    await session.commit()
    assert (await anonymous.post(sent.link, data=ONE_CLICK)).status_code == 404


@pytest.mark.parametrize(
    ("source", "kind"), [("mailto", "unsubscribe"), ("provider", "unsubscribe"), ("complaint", "complaint")]
)
async def test_an_unsubscribe_from_elsewhere_keeps_where_it_came_from(
    session: AsyncSession, tenant: Tenant, sent: Sent, source: str, kind: str
) -> None:
    assert await unsubscribing.unsubscribe(session, message_id=sent.message.id, now=NOW, source=source)
    await session.commit()
    (entry,) = await suppressions(session, tenant)
    assert (entry.source, entry.suppression_type) == (source, kind)
    (activity,) = await unsubscribes(session, sent)
    assert activity.activity_subtype == source
    with pytest.raises(ValueError, match="pigeon"):
        await unsubscribing.unsubscribe(session, message_id=sent.message.id, now=NOW, source="pigeon")


async def test_no_sequence_claims_a_send_after_the_answer(
    anonymous: httpx2.AsyncClient, client: httpx2.AsyncClient, session: AsyncSession, sent: Sent
) -> None:
    contact = str(sent.message.contact_id)
    (lasting,) = await enrolled(client, await active(client, stop_on_unsubscribe=False), [contact])
    assert (await anonymous.post(sent.link, data=ONE_CLICK)).status_code == 200
    row = (
        await session.execute(
            text("SELECT current_step_id FROM sequence_enrollments WHERE id = :id"), {"id": uuid.UUID(lasting)}
        )
    ).one()
    claimed = await messages.claim(
        session,
        enrollment_id=uuid.UUID(lasting),
        step_id=row.current_step_id,
        account_id=sent.message.email_account_id,
        message_id=f"<{uuid.uuid4()}@customer.example>",
        token=uuid.uuid4(),
        subject="Hello",
        body_text="Hello",
        body_html="<p>Hello</p>",
        in_reply_to=None,
        now=NOW,
    )
    assert not claimed
