"""Reading a real mailbox by IMAP: what is new, once, byte for byte."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
import pytest_asyncio

from activities import imap
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


@asynccontextmanager
async def answering(**changed: bytes | None) -> AsyncIterator[ImapInbox]:
    """The inbox of a server with three messages that answers a command (``uid_fetch``) as told; None hangs up."""
    told = {command.replace("_", " ").upper().encode(): answer for command, answer in changed.items()}
    usual: dict[bytes, bytes | None] = {
        b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\nTAG OK done\r\n",
        b"SELECT": b"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] so\r\nTAG OK done\r\n",
        b"STATUS": b"* STATUS INBOX (UIDVALIDITY 7 UIDNEXT 4)\r\nTAG OK done\r\n",
        b"UID SEARCH": b"* SEARCH 1 2 3\r\nTAG OK done\r\n",
        b"UID FETCH": b"* 1 FETCH (UID 1 BODY[] {3}\r\nabc)\r\nTAG OK done\r\n",
        b"LOGOUT": b"* BYE bye\r\nTAG OK done\r\n",
    }

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        while line := (await reader.readline()).strip():
            tag, _, command = line.partition(b" ")
            answers = (*told.items(), *usual.items())
            answer = next((answer for name, answer in answers if command.upper().startswith(name)), b"TAG OK done\r\n")
            if answer is None:
                break
            writer.write(answer.replace(b"TAG", tag))
        writer.close()

    async with await asyncio.start_server(converse, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        inbox = ImapInbox(ImapLogin(host, port, ConnectionSecurity.NONE, "reader", "secret"))
        try:
            yield inbox
        finally:
            await inbox.close()


async def test_a_message_that_the_server_does_not_hand_over_now_is_not_passed_over() -> None:
    async with answering(uid_fetch_2=b"TAG NO [SERVERBUG] later\r\n") as inbox:
        with pytest.raises(ImapUnavailable):
            await inbox.fetch_new(7, 0)


async def test_a_message_that_was_deleted_meanwhile_is_passed_over() -> None:
    async with answering(uid_fetch_2=b"TAG OK done\r\n") as inbox:
        assert [uid for uid, _ in (await inbox.fetch_new(7, 0)).messages] == [1, 3]


async def test_one_call_fetches_no_more_than_memory_bears(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "BATCH_BYTES", 4)
    async with answering() as inbox:
        assert [uid for uid, _ in (await inbox.fetch_new(7, 0)).messages] == [1, 2]


@pytest.mark.parametrize("answer", [None, b"* BYE shutting down\r\n", b"TAG NO [UNAVAILABLE] later\r\n"])
async def test_a_login_that_breaks_off_or_fails_for_now_says_nothing_of_the_password(answer: bytes | None) -> None:
    async with answering(login=answer) as inbox:
        with pytest.raises(ImapUnavailable):
            await inbox.start()


@pytest.mark.parametrize("command", ["select", "status", "uid_search"])
async def test_a_command_that_is_refused_leaves_the_mailbox_unavailable(command: str) -> None:
    async with answering(**{command: b"TAG NO [SERVERBUG] later\r\n"}) as inbox:
        with pytest.raises(ImapUnavailable):
            await inbox.fetch_new(7, 0)


async def test_a_name_or_password_beyond_ascii_logs_in(server: MailServer) -> None:
    inbox = ImapInbox(login(server, "jürgen@reader.example"))
    assert (await inbox.start())[1] == 0
    await inbox.close()
    with pytest.raises(ImapAuthenticationFailed):
        await ImapInbox(login(server, "jürgen@reader.example", password="wröng")).start()
