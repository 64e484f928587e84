"""Reading a real mailbox by IMAP: what is new, once, byte for byte."""

import smtplib
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from activities.imap import ImapAuthenticationFailed, ImapInbox, ImapLogin, ImapUnavailable
from domain.vocabulary import ConnectionSecurity
from embedded.mail import MailServer


@pytest_asyncio.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[MailServer]:
    server = MailServer(tmp_path_factory.mktemp("mail"))
    await server.start()
    yield server
    await server.stop()


def login(server: MailServer, address: str, *, password: str | None = None) -> ImapLogin:
    return ImapLogin(server.host, server.imap_port, ConnectionSecurity.NONE, address, password or server.password)


def deliver(server: MailServer, address: str, subject: str) -> bytes:
    message = f"From: a@b.example\r\nTo: {address}\r\nSubject: {subject}\r\n\r\nLine one\r\n.\r\nLine two\r\n".encode()
    with smtplib.SMTP(server.host, server.smtp_port) as client:
        client.sendmail("a@b.example", [address], message)
    return message


@pytest.fixture
def address() -> str:
    return f"{uuid4().hex[:10]}@reader.example"


async def test_new_messages_come_in_their_order_and_byte_for_byte(server: MailServer, address: str) -> None:
    inbox = ImapInbox(login(server, address))
    uidvalidity, last_uid = await inbox.start()
    sent = [deliver(server, address, f"No. {n}") for n in range(3)]
    fetched = await inbox.fetch_new(uidvalidity, last_uid)
    await inbox.close()
    assert [raw for _, raw in fetched.messages] == sent
    assert [uid for uid, _ in fetched.messages] == sorted(uid for uid, _ in fetched.messages)


async def test_mail_that_lay_there_before_the_start_is_not_read(server: MailServer, address: str) -> None:
    deliver(server, address, "Old")
    inbox = ImapInbox(login(server, address))
    state = await inbox.start()
    assert (await inbox.fetch_new(*state)).messages == ()
    new = deliver(server, address, "New")
    fetched = await inbox.fetch_new(*state)
    await inbox.close()
    assert [raw for _, raw in fetched.messages] == [new]


async def test_a_changed_uidvalidity_reads_from_the_start(server: MailServer, address: str) -> None:
    old = deliver(server, address, "Old")
    inbox = ImapInbox(login(server, address))
    uidvalidity, last_uid = await inbox.start()
    fetched = await inbox.fetch_new(uidvalidity + 1, last_uid)
    await inbox.close()
    assert fetched.uidvalidity == uidvalidity
    assert [raw for _, raw in fetched.messages] == [old]


async def test_a_lost_connection_is_opened_again(server: MailServer, address: str) -> None:
    inbox = ImapInbox(login(server, address))
    state = await inbox.start()
    await server.stop()
    await server.start()
    new = deliver(server, address, "New")
    fetched = await inbox.fetch_new(*state)
    await inbox.close()
    assert [raw for _, raw in fetched.messages] == [new]


async def test_a_wrong_password_is_an_authentication_failure(server: MailServer, address: str) -> None:
    with pytest.raises(ImapAuthenticationFailed):
        await ImapInbox(login(server, address, password="wrong")).start()


async def test_a_server_that_is_down_is_unavailable(address: str) -> None:
    nowhere = ImapLogin("127.0.0.1", 9, ConnectionSecurity.NONE, address, "secret")
    with pytest.raises(ImapUnavailable):
        await ImapInbox(nowhere).start()
