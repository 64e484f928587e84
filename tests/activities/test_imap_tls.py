"""Reading by IMAP over TLS: certificates are checked, and word of new mail comes through as it does in the clear."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from activities.imap import ImapInbox, ImapLogin, ImapUnavailable
from domain.vocabulary import ConnectionSecurity
from embedded.mail import MailServer
from tests.activities.test_imap import deliver, server, waited
from tests.activities.test_smtp_login import Certificates, certificates

__all__ = ["certificates", "server"]


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()


@asynccontextmanager
async def behind_tls(server: MailServer, certificates: Certificates) -> AsyncIterator[int]:
    """The port at which the server's IMAP is reached by TLS."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(server.host, server.imap_port)
        await asyncio.gather(_pass_on(reader, inner_writer), _pass_on(inner_reader, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=certificates.server) as proxy:
        yield proxy.sockets[0].getsockname()[1]


def login(server: MailServer, port: int, address: str) -> ImapLogin:
    return ImapLogin("127.0.0.1", port, ConnectionSecurity.TLS, address, server.password)


async def test_new_mail_ends_the_waiting_over_tls(server: MailServer, certificates: Certificates) -> None:
    address = f"{uuid4().hex[:10]}@reader.example"
    async with behind_tls(server, certificates) as port:
        inbox = ImapInbox(login(server, port, address), tls_context=certificates.trusting)
        state = await inbox.start()
        await inbox.fetch_new(*state)
        waiting = asyncio.create_task(waited(inbox, 3600))
        for n in range(2):
            await asyncio.sleep(0.3)
            assert not waiting.done()
            new = await asyncio.to_thread(deliver, server, address, f"No. {n}")
            await asyncio.wait_for(waiting, 2)
            fetched = await inbox.fetch_new(*state)
            assert fetched.messages[-1].content == new
            waiting = asyncio.create_task(waited(inbox, 3600))
        waiting.cancel()
        await inbox.close()


async def test_an_unknown_authority_gets_no_password(server: MailServer, certificates: Certificates) -> None:
    async with behind_tls(server, certificates) as port:
        with pytest.raises(ImapUnavailable, match="certificate"):
            await ImapInbox(login(server, port, "ann@reader.example")).start()
