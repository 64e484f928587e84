"""The pixel and the links of emails: they answer whatever comes, lead to stored links alone, and are recorded after."""

from dataclasses import dataclass
from datetime import timedelta

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.hit_recorder import HitRecorder
from api.tracking import PIXEL
from db import tracking
from db.models import Contact, ContactActivity, EmailMessage
from domain import tokens
from domain.tracking.tracking import HONEYPOT, click_url, open_url
from domain.vocabulary import ActivityType
from settings import Settings
from tests.api.arrange import Json, active, answered, contacts, enrolled, message
from tests.api.conftest import NOW, Clock, Tenant

CHROME = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130 Safari/537.36"}
URL = "https://bücher.example/straße?b=2&a=%20#ö"
LOCATION = "https://xn--bcher-kva.example/stra%C3%9Fe?b=2&a=%20#%C3%B6"


@dataclass(frozen=True, slots=True)
class Sent:
    """A send an hour ago, and what it carries."""

    sequence: Json
    enrollment: str
    message: EmailMessage
    pixel: str
    link: str
    honeypot: str


@pytest.fixture
async def sent(client: httpx2.AsyncClient, session: AsyncSession, tenant: Tenant, api_settings: Settings) -> Sent:
    sequence = await active(client)
    (enrollment,) = await enrolled(client, sequence, await contacts(session, tenant))
    row = await message(session, tenant, enrollment, sequence["default_email_account_id"])
    an_hour_ago = NOW - timedelta(hours=1)
    await session.execute(update(EmailMessage).where(EmailMessage.id == row.id).values(sent_at=an_hour_ago))
    links = await tracking.link_ids(session, tenant.customer_id, [URL])
    await session.commit()
    key = api_settings.require_secret_key()
    pages = (click_url("", key, row.id, links[URL]), click_url("", key, row.id, HONEYPOT))
    return Sent(sequence, enrollment, row, open_url("", key, row.id), *pages)


async def recorded(app: FastAPI, session: AsyncSession, sent: Sent) -> list[tuple[str, str | None, str]]:
    """Type, subtype and reason of what was recorded of the send once everything is."""
    recorder: HitRecorder = app.state.hits
    await recorder.flush()
    kinds = (ActivityType.EMAIL_OPENED, ActivityType.EMAIL_CLICKED)
    rows = await session.scalars(
        select(ContactActivity)
        .where(ContactActivity.email_message_id == sent.message.message_id, ContactActivity.activity_type.in_(kinds))
        .order_by(ContactActivity.activity_type, ContactActivity.created_at)
        .execution_options(populate_existing=True)
    )
    return [(row.activity_type.value, row.activity_subtype, (row.metadata_ or {})["reason"]) for row in rows]


async def test_the_pixel_is_a_picture_that_is_kept_by_nobody_and_an_open(
    app: FastAPI, anonymous: httpx2.AsyncClient, client: httpx2.AsyncClient, session: AsyncSession, sent: Sent
) -> None:
    answer = await anonymous.get(sent.pixel, headers=CHROME)
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, PIXEL, "image/gif")
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.headers["referrer-policy"], answer.headers["x-robots-tag"]) == ("no-referrer", "noindex")
    assert await recorded(app, session, sent) == [("email_opened", "human", "mail_program")]
    assert answered(await client.get(f"/api/contacts/{sent.message.contact_id}"))["total_emails_opened"] == 1


async def test_a_click_leads_to_the_link_and_is_recorded(
    app: FastAPI, anonymous: httpx2.AsyncClient, client: httpx2.AsyncClient, session: AsyncSession, sent: Sent
) -> None:
    for _ in range(2):
        answer = await anonymous.get(sent.link, headers=CHROME)
        assert (answer.status_code, answer.headers["location"]) == (302, LOCATION)
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert await recorded(app, session, sent) == [
        ("email_opened", "human", "click"),
        ("email_clicked", "human", "browser"),
        ("email_clicked", "human", "browser"),
    ]
    shown = answered(await client.get(f"/api/contacts/{sent.message.contact_id}/activities"))["data"]
    click = next(one for one in shown if one["activity_type"] == "email_clicked")
    assert click["metadata"]["url"] == URL
    assert answered(await client.get(f"/api/sequences/{sent.sequence['id']}"))["total_clicked"] == 1


async def test_a_head_answers_without_a_body_and_is_a_machines(
    app: FastAPI, anonymous: httpx2.AsyncClient, session: AsyncSession, sent: Sent
) -> None:
    seen = await anonymous.head(sent.pixel, headers=CHROME)
    assert (seen.status_code, seen.content, seen.headers["content-type"]) == (200, b"", "image/gif")
    followed = await anonymous.head(sent.link, headers=CHROME)
    assert (followed.status_code, followed.headers["location"], followed.content) == (302, LOCATION, b"")
    machine = [("email_opened", "machine", "head"), ("email_clicked", "machine", "head")]
    assert await recorded(app, session, sent) == machine


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS"])
async def test_other_methods_are_no_hits(
    app: FastAPI, anonymous: httpx2.AsyncClient, session: AsyncSession, sent: Sent, method: str
) -> None:
    for path in (sent.pixel, sent.link):
        assert (await anonymous.request(method, path)).status_code == 405
    assert await recorded(app, session, sent) == []


async def test_whoever_follows_the_hidden_link_is_a_machine(
    app: FastAPI, anonymous: httpx2.AsyncClient, session: AsyncSession, sent: Sent
) -> None:
    assert (await anonymous.get(sent.link, headers=CHROME)).status_code == 302
    page = await anonymous.get(sent.honeypot, headers=CHROME)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert await recorded(app, session, sent) == [("email_clicked", "machine", "honeypot")] * 2


async def test_a_bad_token_still_gets_a_picture_but_leads_nowhere(
    app: FastAPI, anonymous: httpx2.AsyncClient, session: AsyncSession, api_settings: Settings, sent: Sent
) -> None:
    key, id = api_settings.require_secret_key(), sent.message.id
    wrong = [
        "x", "%00", "ä", tokens.sign(key, "unsubscribe", id), tokens.sign("another key of ours", "open", id),
        tokens.sign("another key of ours", "click", id, b"\x01"), tokens.sign(key, "open", id, b"\x01"),
        tokens.sign(key, "click", id), click_url("", key, id, 2**60).rpartition("/")[2],
    ]  # fmt: skip
    for token in wrong:
        picture = await anonymous.get(f"/t/o/{token}.gif")
        assert (picture.status_code, picture.content) == (200, PIXEL)
        page = await anonymous.get(f"/t/c/{token}", headers=CHROME)
        assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "location" not in page.headers
    # One is a picture for a link and the other way round.
    assert (await anonymous.get(f"/t/c/{sent.pixel.rpartition('/')[2].removesuffix('.gif')}")).status_code == 404
    assert await recorded(app, session, sent) == []


async def test_links_lead_on_after_sequence_contact_and_email_are_gone(
    app: FastAPI, anonymous: httpx2.AsyncClient, client: httpx2.AsyncClient, session: AsyncSession, sent: Sent
) -> None:
    answered(await client.post(f"/api/sequences/{sent.sequence['id']}/stop"))
    assert (await client.delete(f"/api/enrollments/{sent.enrollment}")).status_code == 204
    assert (await client.delete(f"/api/sequences/{sent.sequence['id']}")).status_code == 204
    await session.execute(delete(Contact).where(Contact.id == sent.message.contact_id))
    await session.commit()
    answer = await anonymous.get(sent.link, headers=CHROME)
    assert (answer.status_code, answer.headers["location"]) == (302, LOCATION)
    assert (await anonymous.get(sent.pixel, headers=CHROME)).content == PIXEL
    assert await recorded(app, session, sent) == []


async def test_what_a_client_calls_itself_cannot_hurt(
    app: FastAPI, anonymous: httpx2.AsyncClient, session: AsyncSession, sent: Sent
) -> None:
    for agent in (b"Mozilla/5.0 " + b"x" * 5000, b"Mozilla/5.0 \xff\xfe", b"'; DROP TABLE contacts; --"):
        await anonymous.get(sent.pixel, headers=[(b"User-Agent", agent)])
    assert len(await recorded(app, session, sent)) == 3


# --- the recorder ------------------------------------------------------------------------------------------------


async def test_a_process_that_ends_records_what_waits(
    app: FastAPI, clock: Clock, anonymous: httpx2.AsyncClient, session: AsyncSession, sent: Sent
) -> None:
    ending = HitRecorder(app.state.sessions, clock)
    running, app.state.hits = app.state.hits, ending
    try:
        ending.start()
        for path in (sent.pixel, sent.link):
            await anonymous.get(path, headers=CHROME)
        await ending.stop()
    finally:
        app.state.hits = running
    assert len(await recorded(app, session, sent)) == 2


async def test_hits_wait_while_the_database_refuses_them(
    app: FastAPI, clock: Clock, anonymous: httpx2.AsyncClient, session: AsyncSession, sent: Sent
) -> None:
    waiting = HitRecorder(app.state.sessions, clock)
    running, app.state.hits = app.state.hits, waiting
    await session.execute(text("ALTER TABLE contact_activities RENAME TO elsewhere"))
    await session.commit()
    try:
        await anonymous.get(sent.pixel, headers=CHROME)
        with pytest.raises(Exception, match="contact_activities"):
            await waiting.flush()
        await session.execute(text("ALTER TABLE elsewhere RENAME TO contact_activities"))
        await session.commit()
        assert len(await recorded(app, session, sent)) == 1
        assert len(await recorded(app, session, sent)) == 1
    finally:
        app.state.hits = running


async def test_one_hit_that_cannot_be_recorded_takes_no_other_with_it(
    app: FastAPI, anonymous: httpx2.AsyncClient, session: AsyncSession, sent: Sent
) -> None:
    await session.execute(
        text("ALTER TABLE contact_activities ADD CONSTRAINT no_evil CHECK (user_agent NOT LIKE '%evil%')")
    )
    await session.commit()
    try:
        for agent in ("Mozilla/5.0 good", "Mozilla/5.0 evil", "Mozilla/5.0 good"):
            await anonymous.get(sent.pixel, headers={"User-Agent": agent})
        assert len(await recorded(app, session, sent)) == 2
    finally:
        await session.execute(text("ALTER TABLE contact_activities DROP CONSTRAINT no_evil"))
        await session.commit()


# --- switching it off --------------------------------------------------------------------------------------------


async def test_a_sequence_is_tracked_unless_it_says_otherwise(client: httpx2.AsyncClient) -> None:
    sequence = await active(client)
    assert (sequence["track_opens"], sequence["track_clicks"]) == (True, True)
    path = f"/api/sequences/{sequence['id']}"
    changed = answered(await client.patch(path, json={"track_clicks": False}))
    assert (changed["track_opens"], changed["track_clicks"]) == (True, False)
    off = await active(client, track_opens=False, track_clicks=False)
    assert (off["track_opens"], off["track_clicks"]) == (False, False)
    assert (await client.patch(path, json={"track_opens": None})).status_code == 422
