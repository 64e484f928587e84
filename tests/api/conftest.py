"""The API on a real database: one per module, with fresh tenants for each test."""

import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx2
import pytest
import pytest_asyncio
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.app import create_app
from db import api_keys
from db.models import ApiKey
from settings import Settings
from tests.conftest import new_migrated_database

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


class Clock:
    """The API's clock: it stands at ``now`` until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, slots=True)
class Tenant:
    """A customer with a key, and a client that sends it."""

    client: httpx2.AsyncClient
    key: str
    customer_id: uuid.UUID
    workspace_id: uuid.UUID
    user_id: uuid.UUID


@pytest_asyncio.fixture(scope="module")
async def api_database_url(postgres_url: str) -> str:
    return await new_migrated_database(postgres_url)


@pytest_asyncio.fixture(scope="module")
async def api_settings(api_database_url: str) -> Settings:
    return Settings(
        database_url=SecretStr(api_database_url),
        secret_key=SecretStr("0123456789abcdef"),
        max_body_bytes=4 * 1024 * 1024,
    )


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture(scope="module")
async def app(api_settings: Settings, clock: Clock) -> AsyncIterator[FastAPI]:
    app = create_app(api_settings, clock=clock)
    async with app.router.lifespan_context(app):
        yield app


@pytest_asyncio.fixture
async def session(app: FastAPI) -> AsyncIterator[AsyncSession]:
    """A session on the API's database, to arrange and to look."""
    async with app.state.sessions() as session:
        yield session


@pytest_asyncio.fixture
async def clients() -> AsyncIterator[AsyncExitStack]:
    """Closes what is opened in it when the test ends."""
    async with AsyncExitStack() as stack:
        yield stack


@pytest_asyncio.fixture
async def anonymous(app: FastAPI, clients: AsyncExitStack) -> httpx2.AsyncClient:
    """A client without a key."""
    return await clients.enter_async_context(_client(app))


@pytest_asyncio.fixture
async def tenant(app: FastAPI, clients: AsyncExitStack) -> Tenant:
    return await _new_tenant(app, clients)


@pytest_asyncio.fixture
async def other_tenant(app: FastAPI, clients: AsyncExitStack) -> Tenant:
    return await _new_tenant(app, clients)


@pytest.fixture
def client(tenant: Tenant) -> httpx2.AsyncClient:
    return tenant.client


@pytest.fixture
def other_tenant_client(other_tenant: Tenant) -> httpx2.AsyncClient:
    return other_tenant.client


@pytest.fixture
def key(tenant: Tenant) -> str:
    return tenant.key


async def _new_tenant(app: FastAPI, clients: AsyncExitStack) -> Tenant:
    async with app.state.sessions() as session:
        key = await api_keys.create(session, f"Customer {uuid.uuid4()}", "Sales", "ann@customer.example", NOW)
        row = (await session.execute(select(ApiKey).where(ApiKey.prefix == key[:11]))).scalar_one()
        await session.commit()
    client = await clients.enter_async_context(_client(app, key))
    return Tenant(client, key, row.customer_id, row.workspace_id, row.user_id)


def _client(app: FastAPI, key: str | None = None) -> httpx2.AsyncClient:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    transport = httpx2.ASGITransport(app=app)
    return httpx2.AsyncClient(transport=transport, base_url="http://api.test", headers=headers)
