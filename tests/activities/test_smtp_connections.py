"""Connections to SMTP servers: kept for the next message, a few for each mailbox, renewed when their time is over."""

import asyncio
import time

import pytest
from pydantic import SecretStr

from activities.smtp_errors import SmtpDeferred, SmtpRefused
from db.engine import create_engine
from settings import Settings
from tests.activities.smtp_server import SILENCE, Sender, Server, running
from worker import make_resources


async def test_a_connection_is_kept_and_goes_on_after_a_refusal() -> None:
    async with running(Server({"RCPT": ["550 5.1.1 user unknown"]})) as server:
        sender = Sender(server)
        with pytest.raises(SmtpRefused):
            await sender.send()
        for _ in range(3):
            await sender.send()
        assert (server.connections, len(server.messages)) == (1, 3)
        await sender.connections.close()


@pytest.mark.parametrize("ending", ["close", "421 4.4.2 idle too long"])
async def test_a_kept_connection_that_its_server_ended_is_replaced_unseen(ending: str) -> None:
    async with running(Server()) as server:
        sender = Sender(server)
        await sender.send()
        if ending == "close":
            server.writers[0].close()
            await asyncio.sleep(0.02)
        else:
            server.script["MAIL"] = [ending]
        await sender.send()
        assert (server.connections, len(server.messages)) == (2, 2)
        await sender.connections.close()


async def test_a_kept_connection_whose_server_says_later_is_not_asked_for_ever() -> None:
    async with running(Server()) as server:
        sender = Sender(server)
        await sender.send()
        server.script["MAIL"] = "451 4.7.1 too fast"
        async with asyncio.timeout(2):
            with pytest.raises(SmtpDeferred):
                await sender.send()
        assert server.verbs.count("MAIL") == 2
        await sender.connections.close()


async def test_a_kept_connection_whose_login_has_expired_is_replaced_unseen() -> None:
    async with running(Server()) as server:
        sender = Sender(server)
        await sender.send(username="ann")
        server.script["MAIL"] = ["530 5.7.57 Client not authenticated to send mail"]
        await sender.send(username="ann")
        assert (server.verbs.count("AUTH"), server.connections, len(server.messages)) == (2, 2, 2)
        await sender.connections.close()


@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
async def test_a_kept_connection_whose_server_leaves_before_the_message_is_replaced_unseen(verb: str) -> None:
    async with running(Server()) as server:
        sender = Sender(server)
        await sender.send()
        server.script[verb] = ["421 4.7.0 enough for this connection"]
        await sender.send()
        assert (server.connections, len(server.messages)) == (2, 2)
        await sender.connections.close()


async def test_a_fresh_connection_whose_server_leaves_puts_the_message_off() -> None:
    async with running(Server({"RCPT": "421 4.7.0 too busy"})) as server:
        with pytest.raises(SmtpDeferred, match="rcpt: 421"):
            await Sender(server).send()
        assert (server.connections, server.messages) == (1, [])


async def test_a_connection_is_renewed_after_its_number_of_messages() -> None:
    async with running(Server({"RCPT": ["250 ok", "550 5.1.1 user unknown"]})) as server:
        sender = Sender(server, messages_per_connection=2)
        await sender.send()
        with pytest.raises(SmtpRefused):
            await sender.send()
        for _ in range(3):
            await sender.send()
        await asyncio.sleep(0.02)
        assert (server.connections, server.verbs.count("QUIT"), len(server.messages)) == (3, 2, 4)
        await sender.connections.close()


async def test_a_connection_that_was_idle_too_long_is_not_used_though_its_timer_did_not_ring() -> None:
    async with running(Server()) as server:
        sender = Sender(server, idle_seconds=0.05)
        await sender.send()
        # As when the machine slept: the time is over, and the loop had no turn to ring.
        time.sleep(0.1)
        await sender.send()
        assert (server.connections, len(server.messages)) == (2, 2)
        await sender.connections.close()


async def test_an_idle_connection_is_left_after_its_time() -> None:
    async with running(Server()) as server:
        sender = Sender(server, idle_seconds=0.05)
        await sender.send()
        await asyncio.sleep(0.15)
        assert server.verbs[-1] == "QUIT"


async def test_twenty_sends_at_once_share_a_few_connections_and_arrive_once_each() -> None:
    async with running(Server()) as server:
        sender = Sender(server, per_login=3)
        bodies = [b"Subject: %d\r\n\r\nx\r\n" % number for number in range(20)]
        await asyncio.gather(*(sender.send(body) for body in bodies))
        assert sorted(server.messages) == sorted(bodies)
        assert server.connections <= 3
        await sender.connections.close()


async def test_the_settings_of_a_worker_reach_its_connections() -> None:
    settings = Settings(
        secret_key=SecretStr("0123456789abcdef"),
        smtp_connections_per_mailbox=1,
        smtp_messages_per_connection=2,
        smtp_timeout_seconds=0.2,
    )
    async with running(Server()) as server:
        sender = Sender(server)
        sender.connections = make_resources(settings, create_engine(settings)).smtp
        await asyncio.gather(*(sender.send() for _ in range(4)))
        assert (server.connections, len(server.messages)) == (2, 4)
        server.script["connect"] = SILENCE
        async with asyncio.timeout(2):
            with pytest.raises(SmtpDeferred, match="connect"):
                await sender.send()
        await sender.connections.close()
