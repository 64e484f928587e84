"""`opendoors recount` shows what differs, exits with 1 while anything does, and mends when asked."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio
from pydantic import SecretStr

import recount_command
from db.engine import create_engine, session_factory
from settings import Settings
from tests.db.conftest import Scene
from tests.factories import make_mailbox, make_tenant


@pytest_asyncio.fixture
async def settings(database_url: str) -> Settings:
    return Settings(database_url=SecretStr(database_url))


@pytest_asyncio.fixture
async def alone(settings: Settings) -> AsyncIterator[Scene]:
    """A tenant on a database of its own."""
    engine = create_engine(settings)
    sessions = session_factory(engine)
    async with sessions.begin() as session:
        tenant = await make_tenant(session)
        scene = Scene(sessions, tenant, await make_mailbox(session, tenant))
    yield scene
    await engine.dispose()


async def test_drift_is_shown_then_mended_then_gone(
    alone: Scene, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async def recount(*, mend: bool = False) -> tuple[int, str]:
        customer_id = alone.tenant.customer_id
        code = await asyncio.to_thread(recount_command.run, settings, customer_id=customer_id, mend=mend)
        return code, capsys.readouterr().out

    contact = await alone.contact()
    assert await recount() == (0, "Every statistic is what its rows make it.\n")
    await alone.execute("UPDATE contacts SET total_replies = 7 WHERE id = :id", id=contact.id)
    for mend, said in ((False, "--mend"), (True, "They were put right.")):
        code, shown = await recount(mend=mend)
        assert code == 1
        assert "contacts.total_replies 1×" in shown
        assert said in shown
    assert (await recount())[0] == 0


async def test_a_customer_that_there_is_not_is_said(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert await asyncio.to_thread(recount_command.run, settings, customer_id=uuid4(), mend=False) == 2
    assert "customer" in capsys.readouterr().err
