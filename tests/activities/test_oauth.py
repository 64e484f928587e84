"""Access tokens: bought when they are due, once for all, and no secret is ever seen."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from activities import outgoing
from activities.oauth import AccessTokens, TokenRefused, TokenUnavailable
from db.engine import create_engine, session_factory
from db.models import EmailAccount
from db.secrets import SecretBox
from domain.vocabulary import MailboxAuth
from settings import Settings
from tests.activities.token_provider import Provider, token_provider
from tests.conftest import new_migrated_database
from tests.factories import MONDAY_MORNING, make_mailbox, make_tenant

BOX = SecretBox("0123456789abcdef")
REFRESH_TOKEN, CLIENT_SECRET = "1//the-refresh-token", "GOCSPX-the-client-secret"
MINUTE = timedelta(minutes=1)


@dataclass
class Scene:
    """A mailbox at a provider, and the workers that buy for it."""

    sessions: async_sessionmaker[AsyncSession]
    provider: Provider
    id: UUID
    now: datetime = MONDAY_MORNING
    allow_private: bool = True
    tokens: AccessTokens = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.worker()

    def worker(self) -> AccessTokens:
        http = outgoing.client(allow_private_addresses=self.allow_private)
        return AccessTokens(self.sessions, BOX, http, lambda: self.now)

    async def row(self) -> EmailAccount:
        async with self.sessions() as session:
            return await session.get_one(EmailAccount, self.id)

    async def change(self, **columns: Any) -> None:
        async with self.sessions.begin() as session:
            row = await session.get_one(EmailAccount, self.id)
            for name, value in columns.items():
                setattr(row, name, value)

    async def refresh_token(self) -> str:
        return BOX.decrypt((await self.row()).oauth_refresh_token_encrypted or b"")


@pytest_asyncio.fixture(scope="module")
async def sessions(postgres_url: str) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    url = await new_migrated_database(postgres_url)
    engine = create_engine(Settings(database_url=SecretStr(url), database_pool_size=10))
    yield session_factory(engine)
    await engine.dispose()


@pytest.fixture
def provider() -> Iterator[Provider]:
    with token_provider() as provider:
        yield provider


@pytest_asyncio.fixture
async def scene(sessions: async_sessionmaker[AsyncSession], provider: Provider) -> Scene:
    async with sessions.begin() as session:
        mailbox = await make_mailbox(
            session,
            await make_tenant(session),
            auth_method=MailboxAuth.XOAUTH2,
            oauth_token_url=provider.url,
            oauth_client_id="opendoors",
            oauth_client_secret_encrypted=BOX.encrypt(CLIENT_SECRET),
            oauth_scope="https://mail.google.com/",
            oauth_refresh_token_encrypted=BOX.encrypt(REFRESH_TOKEN),
        )
    return Scene(sessions, provider, mailbox.id)


async def test_a_token_is_bought_as_rfc_6749_says(scene: Scene) -> None:
    assert await scene.tokens.token(scene.id) == "access-1"
    assert scene.provider.forms == [
        {
            "grant_type": "refresh_token",
            "client_id": "opendoors",
            "client_secret": CLIENT_SECRET,
            "refresh_token": REFRESH_TOKEN,
            "scope": "https://mail.google.com/",
        }
    ]
    row = await scene.row()
    assert row.oauth_expires_at == scene.now + timedelta(hours=1)
    assert row.oauth_access_token_encrypted is not None
    assert b"access-1" not in row.oauth_access_token_encrypted
    assert BOX.decrypt(row.oauth_access_token_encrypted) == "access-1"


async def test_a_client_without_secret_or_scope_sends_none(scene: Scene) -> None:
    await scene.change(oauth_client_secret_encrypted=None, oauth_scope=None)
    await scene.tokens.token(scene.id)
    assert set(scene.provider.forms[0]) == {"grant_type", "client_id", "refresh_token"}


async def test_it_is_used_until_its_last_minute(scene: Scene) -> None:
    bought = scene.now
    for after, token in [(0, "access-1"), (58, "access-1"), (59, "access-2"), (60, "access-2")]:
        scene.now = bought + after * MINUTE
        assert await scene.worker().token(scene.id) == token


async def test_a_new_refresh_token_replaces_the_old_one(scene: Scene) -> None:
    await scene.tokens.token(scene.id)
    assert await scene.refresh_token() == "refresh-1"
    scene.now += timedelta(hours=2)
    await scene.tokens.token(scene.id)
    assert scene.provider.forms[1]["refresh_token"] == "refresh-1"
    assert await scene.refresh_token() == "refresh-2"


async def test_without_a_new_refresh_token_the_old_one_stays(scene: Scene) -> None:
    scene.provider.answer = lambda form, number: (200, {"access_token": "a", "expires_in": "3599"})
    assert await scene.tokens.token(scene.id) == "a"
    assert await scene.refresh_token() == REFRESH_TOKEN
    assert (await scene.row()).oauth_expires_at == scene.now + timedelta(seconds=3599)


async def test_a_refresh_token_that_a_person_enters_meanwhile_is_not_overwritten(scene: Scene) -> None:
    scene.provider.think_seconds = 0.3
    purchase = asyncio.create_task(scene.tokens.token(scene.id))
    while not scene.provider.forms:
        await asyncio.sleep(0.01)
    await scene.change(oauth_refresh_token_encrypted=BOX.encrypt("entered"), oauth_access_token_encrypted=None)
    assert await purchase == "access-1"
    assert await scene.refresh_token() == "entered"
    assert (await scene.row()).oauth_access_token_encrypted is None


async def test_many_callers_in_many_processes_buy_once(scene: Scene) -> None:
    scene.provider.think_seconds = 0.1
    workers = [scene.worker() for _ in range(4)]
    tokens = await asyncio.gather(*(workers[i % 4].token(scene.id) for i in range(40)))
    assert set(tokens) == {"access-1"}
    assert len(scene.provider.forms) == 1


async def test_a_token_that_the_mail_server_refused_is_replaced_once(scene: Scene) -> None:
    first = await scene.tokens.token(scene.id)
    workers = [scene.worker() for _ in range(3)]
    tokens = await asyncio.gather(*(workers[i % 3].token(scene.id, refused=first) for i in range(12)))
    assert set(tokens) == {"access-2"}
    assert len(scene.provider.forms) == 2


async def test_a_caller_who_is_cancelled_loses_no_token(scene: Scene) -> None:
    scene.provider.think_seconds = 0.2
    caller = asyncio.create_task(scene.tokens.token(scene.id))
    while not scene.provider.forms:
        await asyncio.sleep(0.01)
    caller.cancel()
    assert await scene.tokens.token(scene.id) == "access-1"
    assert await scene.refresh_token() == "refresh-1"


async def test_nobody_who_sends_waits_for_the_provider(scene: Scene) -> None:
    scene.provider.think_seconds = 1.0
    purchase = asyncio.create_task(scene.tokens.token(scene.id))
    while not scene.provider.forms:
        await asyncio.sleep(0.01)
    async with asyncio.timeout(0.5):
        await scene.change(last_error="nothing")
    assert not purchase.done()
    await purchase


@pytest.mark.parametrize(
    ("status", "content", "error"),
    [
        (400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}, TokenRefused),
        (401, {"error": "invalid_client"}, TokenRefused),
        (400, {"error": "invalid_scope"}, TokenRefused),
        (403, "<html>", TokenRefused),
        (404, "", TokenRefused),
        (302, "", TokenRefused),
        (400, {"error": "temporarily_unavailable"}, TokenUnavailable),
        (408, "", TokenUnavailable),
        (429, {"error": "rate_limited"}, TokenUnavailable),
        (500, "oops", TokenUnavailable),
        (503, {"error": "invalid_grant"}, TokenUnavailable),
        (200, "", TokenUnavailable),
        (200, "[" * 10_000, TokenUnavailable),
        (200, {"token_type": "Bearer"}, TokenUnavailable),
        (200, {"access_token": "a\r\nRCPT TO:<eve@evil.example>"}, TokenUnavailable),
        (200, {"access_token": 7}, TokenUnavailable),
        (200, "x" * 1_000_000, TokenUnavailable),
    ],
)
async def test_what_an_error_means(scene: Scene, status: int, content: Any, error: type[Exception]) -> None:
    scene.provider.headers = {"Location": scene.provider.url}
    scene.provider.answer = lambda form, number: (status, content)
    with pytest.raises(error) as raised:
        await scene.tokens.token(scene.id)
    assert type(raised.value) is error
    if isinstance(content, dict) and "error" in content:
        assert content["error"] in str(raised.value)
        assert content.get("error_description", "") in str(raised.value)
    assert len(scene.provider.forms) == 1
    assert len(str(raised.value)) < 400
    scene.provider.answer = lambda form, number: (200, {"access_token": "later", "expires_in": 3600})
    assert await scene.tokens.token(scene.id) == "later"


async def test_a_provider_that_is_away_is_passing(scene: Scene) -> None:
    await scene.change(oauth_token_url="http://127.0.0.1:1/token")
    with pytest.raises(TokenUnavailable, match="cannot be reached"):
        await scene.tokens.token(scene.id)
    await scene.change(oauth_token_url="https://nowhere.invalid/token")
    with pytest.raises(TokenUnavailable, match=r"nowhere\.invalid could not be looked up"):
        await scene.tokens.token(scene.id)


async def test_no_secret_is_seen_even_when_the_provider_repeats_it(
    scene: Scene, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    scene.provider.answer = lambda form, number: (400, {"error": "invalid_grant", "error_description": str(form)})
    with pytest.raises(TokenRefused) as raised:
        await scene.tokens.token(scene.id)
    scene.provider.answer = lambda form, number: (200, {"access_token": "the-access-token", "expires_in": 3600})
    await scene.tokens.token(scene.id)
    seen = f"{raised.value} {raised.value!r} {raised.value.__context__!r} {caplog.text} {capsys.readouterr().out}"
    assert "mailbox.token_bought" in seen
    for secret in (REFRESH_TOKEN, CLIENT_SECRET, "the-access-token"):
        assert secret not in seen


async def test_a_mailbox_that_lacks_something_is_refused(scene: Scene) -> None:
    await scene.change(oauth_refresh_token_encrypted=None)
    with pytest.raises(TokenRefused, match="oauth_refresh_token"):
        await scene.tokens.token(scene.id)
    await scene.change(oauth_refresh_token_encrypted=SecretBox("another key, which is lost").encrypt("x"))
    with pytest.raises(TokenRefused, match="another OPENDOORS_SECRET_KEY"):
        await scene.tokens.token(scene.id)
    await scene.change(auth_method=MailboxAuth.PASSWORD)
    with pytest.raises(TokenRefused, match="XOAUTH2"):
        await scene.tokens.token(scene.id)
    with pytest.raises(TokenRefused):
        await scene.tokens.token(uuid4())
    assert scene.provider.forms == []


async def test_a_private_address_is_not_asked(scene: Scene) -> None:
    scene.allow_private = False
    port = scene.provider.url.rsplit(":", 1)[1]
    for url in (scene.provider.url, f"https://127.0.0.1:{port}", f"https://127.1:{port}", f"https://localhost:{port}"):
        await scene.change(oauth_token_url=url)
        with pytest.raises(TokenRefused, match=r"oauth_token_url: .*(private|https)"):
            await scene.worker().token(scene.id)
    assert scene.provider.forms == []
